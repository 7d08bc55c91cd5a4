//! What the series of web analytics and streaming services must be, by queries on the tables. Every day of the windows
//! has been read, and every set today.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use rows::{Micros, day::day_at};
use serde_json::Value;

use crate::{metrics::windows, support::sql::Eyes};

/// Series by name and labels as written.
type Series = BTreeMap<String, String>;

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}

fn ratio(numerator: &Value, denominator: &Value) -> Option<String> {
    let (numerator, denominator) = (numerator.as_f64()?, denominator.as_f64()?);
    (denominator > 0.0).then(|| (numerator / denominator).to_string())
}

/// `dynamoi_web_*`.
pub async fn web(eyes: &Eyes, now: Timestamp, expected: &mut Series) {
    let connections = eyes
        .query(
            "SELECT DISTINCT connection, provider, time_zone FROM web_analytics_daily WHERE scope = 'total'",
        )
        .await;
    for row in connections {
        let connection = text(&row, "connection");
        let labels = format!("connection=\"{connection}\",provider=\"{}\"", text(&row, "provider"));
        let today = day_at(now, &TimeZone::get(text(&row, "time_zone")).unwrap());
        for (window, first, last) in windows(today) {
            let within = format!(
                "scope = 'total' AND connection = '{connection}' AND date BETWEEN '{first}' AND '{last}'"
            );
            let visits = eyes
                .query(&format!(
                    "SELECT CAST(COALESCE(SUM(sessions), 0) AS bigint) AS sessions, \
                     CAST(COALESCE(SUM(page_views), 0) AS bigint) AS page_views, \
                     CAST(COALESCE(SUM(session_seconds), 0) AS bigint) AS seconds \
                     FROM web_analytics_daily WHERE {within}"
                ))
                .await
                .remove(0);
            let mut add = |name: &str, more: &str, value: Option<String>| {
                if let Some(value) = value {
                    let series = format!("dynamoi_web_{name}{{{labels},{more}window=\"{window}\"}}");
                    expected.insert(series, value);
                }
            };
            add("sessions", "", Some(visits["sessions"].to_string()));
            add("page_views", "", Some(visits["page_views"].to_string()));
            add("session_duration_seconds", "", ratio(&visits["seconds"], &visits["sessions"]));
            let goals = eyes
                .query(&format!(
                    "SELECT goal, CAST(COALESCE(ROUND(SUM(CASE WHEN {within} THEN conversions END) * 1000000), 0) AS bigint) \
                     AS conversions, CAST(COALESCE(SUM(CASE WHEN {within} THEN converting_sessions END), 0) AS bigint) \
                     AS converting FROM web_conversions_daily WHERE scope = 'total' AND connection = '{connection}' \
                     AND date > '{}' GROUP BY goal",
                    rows::day::plus_days(today, -28)
                ))
                .await;
            for goal in goals {
                let more = format!("goal=\"{}\",", text(&goal, "goal"));
                let conversions = Micros(goal["conversions"].as_i64().unwrap()).to_string();
                add("conversions", &more, Some(conversions));
                add("conversion_ratio", &more, ratio(&goal["converting"], &visits["sessions"]));
            }
        }
    }
}

/// `dynamoi_track_popularity`, `dynamoi_counter`, `dynamoi_artist_followers`, `dynamoi_playlist_placements`.
pub async fn music(eyes: &Eyes, expected: &mut Series) {
    let latest =
        |view: &str| format!("date = (SELECT MAX(date) FROM {view} l WHERE l.connection = r.connection)");
    let whole = "granularity = 'day' AND country = '' AND segment = ''";
    let tracks = eyes
        .query(&format!(
            "SELECT provider, service, track_id, CAST(ROUND(popularity * 1000000) AS bigint) AS popularity, \
             (SELECT CAST(COUNT(DISTINCT p.playlist_id) AS bigint) FROM playlist_placements p \
              WHERE p.provider = r.provider AND p.service = r.service AND p.track_id = r.track_id AND p.date = r.date) \
             AS playlists, (SELECT CAST(COUNT(*) AS bigint) FROM playlist_placements p \
              WHERE p.provider = r.provider AND p.service = r.service) AS placements \
             FROM track_performance_daily r WHERE {whole} AND {}",
            latest("track_performance_daily")
        ))
        .await;
    let of_service =
        |row: &Value| format!("provider=\"{}\",service=\"{}\"", text(row, "provider"), text(row, "service"));
    for row in tracks {
        let labels = format!("{},track_id=\"{}\"", of_service(&row), text(&row, "track_id"));
        if let Some(popularity) = row["popularity"].as_i64() {
            let series = format!("dynamoi_track_popularity{{{labels}}}");
            expected.insert(series, Micros(popularity).to_string());
        }
        if row["placements"].as_i64() > Some(0) {
            let series = format!("dynamoi_playlist_placements{{{labels}}}");
            expected.insert(series, row["playlists"].to_string());
        }
    }
    let counters = eyes
        .query(&format!(
            "SELECT provider, service, entity, id, counter, value FROM counter_readings_daily r WHERE {}",
            latest("counter_readings_daily")
        ))
        .await;
    for row in counters {
        let (entity, id, counter) = (text(&row, "entity"), text(&row, "id"), text(&row, "counter"));
        let labels = format!("{},entity=\"{entity}\",id=\"{id}\",counter=\"{counter}\"", of_service(&row));
        expected.insert(format!("dynamoi_counter{{{labels}}}"), row["value"].to_string());
    }
    let artists = eyes
        .query(&format!(
            "SELECT provider, service, artist_id, followers FROM artist_audience_daily r WHERE {}",
            latest("artist_audience_daily")
        ))
        .await;
    for row in artists.iter().filter(|row| !row["followers"].is_null()) {
        let labels = format!("{},artist_id=\"{}\"", of_service(row), text(row, "artist_id"));
        expected.insert(format!("dynamoi_artist_followers{{{labels}}}"), row["followers"].to_string());
    }
}
