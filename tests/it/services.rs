//! What the series of web analytics and streaming services must be, by queries on the tables. Every day of the windows
//! has been read, and every set today.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::engine::status::ConnectionStatus;
use dynamoi::telemetry::{
    Exposition, Metrics, Publisher,
    figures::{
        CampaignFigures, FigureError, FigureSource, MusicFigures, PaymentFigures, RoyaltyFigures, SetAside,
        StatusSource, Touched, WebFigures,
    },
};
use futures::future::BoxFuture;
use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Clock, DayRange, Micros, Row,
    checkpoint::{Checkpoint, DaysProgress, Progress, SnapshotProgress},
    clock::SystemClock,
    day::{day_at, plus_days},
    music::{
        ArtistAudience, CounterReading, Granularity, MeasureClass, MusicEntity, PlaylistPlacement,
        TrackPerformance,
    },
    sink::{Commit, ConnectionRecord, Sink},
    state::State,
    web::{WebAnalytics, WebConversions, WebOrigin},
};
use serde_json::Value;
use store::{Store, StoreOptions};

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
        let today = day_at(now, &rows::zone::zone(text(&row, "time_zone")).unwrap());
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

/// `dynamoi_track_popularity`, `dynamoi_reading`, `dynamoi_artist_followers`, `dynamoi_playlist_placements`.
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
        expected.insert(format!("dynamoi_reading{{{labels}}}"), row["value"].to_string());
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

/// The store's web analytics and streaming services, and nothing else.
struct Source(Store);

impl FigureSource for Source {
    fn campaigns(
        &self,
        _touched: Touched,
        _now: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<CampaignFigures>, FigureError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn payments(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<PaymentFigures>, FigureError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn web(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<WebFigures>, FigureError>> {
        Box::pin(async move { Ok(self.0.web_windows(now).await.unwrap()) })
    }

    fn music(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<MusicFigures>, FigureError>> {
        Box::pin(async move { Ok(self.0.music(now).await.unwrap()) })
    }

    fn royalties(&self, _now: Timestamp) -> BoxFuture<'_, Result<Vec<RoyaltyFigures>, FigureError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<Vec<SetAside>, FigureError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Connections(Vec<Arc<ConnectionStatus>>);

impl StatusSource for Connections {
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>> {
        self.0.clone()
    }
}

fn status(connection: &str, integration: &'static str) -> Arc<ConnectionStatus> {
    Arc::new(ConnectionStatus {
        connection: connection.to_owned(),
        integration,
        tenant: "label-a".to_owned(),
        start_date: jiff::civil::date(2026, 1, 1),
        paused: false,
        state: State::Idle,
        last_success_at: None,
        next_poll_at: None,
        error: None,
        streams: Vec::new(),
    })
}

async fn commit(store: &Store, connection: &str, integration: &str, rows: Vec<Row>, progress: Progress) {
    let (name, tenant) = (connection.to_owned(), "label-a".to_owned());
    let record = ConnectionRecord { name, integration: integration.to_owned(), tenant, once_since: None };
    let commit = Commit {
        epoch: store.register(record).await.unwrap().epoch,
        connection: connection.to_owned(),
        integration: integration.to_owned(),
        stream: "all".to_owned(),
        account_id: "1".to_owned(),
        rows,
        checkpoint: Some(Checkpoint {
            account_id: "1".to_owned(),
            stream: "all".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: None,
            progress,
            forbidden: None,
        }),
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
}

fn web_rows(today: rows::Day) -> Vec<Row> {
    let mut rows = Vec::new();
    // Every third day, so that windows have days without a row.
    for number in (0..40).step_by(3) {
        let (account_id, origin, date) = ("1".to_owned(), WebOrigin::total(), plus_days(today, -number));
        rows.push(Row::WebAnalytics(WebAnalytics {
            account_id: account_id.clone(),
            origin: origin.clone(),
            date,
            page_views: Some(number * 7),
            sessions: Some(number + 3),
            session_seconds: Some(number * 61),
            users: None,
            revenue: None,
            currency: None,
        }));
        rows.push(Row::WebConversions(WebConversions {
            account_id,
            goal: "signed_up".to_owned(),
            origin,
            date,
            conversions: Some(Micros(number * 500_000)),
            converting_sessions: Some(number / 2),
        }));
    }
    rows
}

/// What a connection that reads these tracks and playlists sees today.
fn music_rows(today: rows::Day, tracks: &[&str], playlists: &[&str]) -> Vec<Row> {
    let service = || "deezer".to_owned();
    let mut rows = vec![Row::ArtistAudience(ArtistAudience {
        service: service(),
        artist_id: "27".to_owned(),
        date: today,
        measure_class: MeasureClass::PublicCounter,
        followers: Some(4_444),
        monthly_listeners: None,
        popularity: None,
        streams: None,
        listeners: None,
        monthly_active_listeners: None,
        super_listeners: None,
        saves: None,
        playlist_adds: None,
    })];
    for track in tracks {
        rows.push(Row::TrackPerformance(TrackPerformance {
            service: service(),
            track_id: (*track).to_owned(),
            date: today,
            granularity: Granularity::Day,
            country: String::new(),
            segment: String::new(),
            measure_class: MeasureClass::PublicCounter,
            streams: None,
            listeners: None,
            saves: None,
            skips: None,
            playlist_adds: None,
            popularity: Some(Micros(87_654_300)),
            period_end: None,
        }));
        rows.push(Row::CounterReading(CounterReading {
            service: service(),
            entity: MusicEntity::Track,
            id: (*track).to_owned(),
            counter: "rank".to_owned(),
            date: today,
            value: 876_543,
            measure_class: MeasureClass::PublicCounter,
        }));
    }
    for (playlist, position) in playlists.iter().zip(1..) {
        rows.push(Row::PlaylistPlacement(PlaylistPlacement {
            service: service(),
            playlist_id: (*playlist).to_owned(),
            track_id: "1".to_owned(),
            date: today,
            position: Some(position),
            followers: None,
            added_at: None,
            title: None,
            artist_name: None,
            streams: None,
            listeners: None,
        }));
    }
    rows
}

/// Two connections read the same track, and different playlists that it stands on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_of_stored_rows_equal_queries() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/services.db", directory.path().display());
    let clock = Arc::new(SystemClock::new());
    let store = Store::connect(&url, StoreOptions::default(), clock.clone()).await.unwrap();
    store.migrate_up().await.unwrap();
    let now = clock.now();
    let today = day_at(now, &TimeZone::UTC);
    let mut days = DaysProgress::default();
    days.mark(DayRange::new(plus_days(today, -60), today).unwrap(), now);
    commit(&store, "posthog", "posthog", web_rows(today), Progress::Days(days)).await;
    let read = || Progress::Snapshot(SnapshotProgress { read_at: Some(now), ..SnapshotProgress::default() });
    let one = music_rows(today, &["1", "2"], &["9", "chart:0"]);
    commit(&store, "deezer-a", "deezer", one, read()).await;
    let other = music_rows(today, &["1"], &["8", "chart:0"]);
    commit(&store, "deezer-b", "deezer", other, read()).await;

    let metrics = Arc::new(Metrics::new("1", clock.clone()).unwrap());
    let exposition = Arc::new(Exposition::new(metrics, clock.clone()));
    let of = [("deezer-a", "deezer"), ("deezer-b", "deezer"), ("posthog", "posthog")];
    let connections = Connections(of.map(|(name, integration)| status(name, integration)).into());
    let publisher = Publisher::new(Arc::new(Source(store)), Arc::new(connections), exposition.clone());
    let publishing = tokio::spawn(async move { publisher.run().await });
    let mut lines = Vec::new();
    for _ in 0..200 {
        clock.sleep(Duration::from_millis(50)).await;
        let text = exposition.scrape(false).unwrap().concat();
        let text = String::from_utf8(text).unwrap();
        let ours =
            ["dynamoi_web_", "dynamoi_track_", "dynamoi_artist_", "dynamoi_reading{", "dynamoi_playlist_"];
        let is_ours =
            |line: &&str| ours.iter().any(|name| line.starts_with(name)) && !line.contains("_info{");
        lines = text.lines().filter(is_ours).map(str::to_owned).collect();
        if !lines.is_empty() {
            break;
        }
    }
    publishing.abort();
    let shown: Series = lines
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(series, value)| (series.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(shown.len(), lines.len(), "a series twice: {lines:#?}");
    let eyes = Eyes::open(&url).await;
    let mut expected = Series::new();
    web(&eyes, now, &mut expected).await;
    music(&eyes, &mut expected).await;
    assert_eq!(shown, expected);
    let placements = "dynamoi_playlist_placements{provider=\"deezer\",service=\"deezer\",track_id=\"1\"}";
    assert_eq!(shown.get(placements).map(String::as_str), Some("3"));
    assert!(shown.len() > 20, "{shown:#?}");
}
