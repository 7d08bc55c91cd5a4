//! What Google writes, and what becomes of it.

use std::time::Duration;

use ::rows::{
    Currency, Micros,
    content::{ContentDimension, ContentPerformance, ContentType},
    music::MusicEntity,
};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

use super::{
    mapping::{About, Cells},
    *,
};
use crate::{
    failure::{Failure, Wait},
    integration::AnyIntegration,
    reading::{
        elements::{self, Unreadable},
        table::Columns,
    },
    session::Meaning,
    testing,
};

const CHANNEL: &str = "UC_x5XG1OV2P6uZZ5FSM9Ttw";
const VIDEO: &str = "dQw4w9WgXcQ";
/// Four in the morning in California.
const NOON: &str = "2026-11-21T12:00:00Z";

fn counted(json: &str) -> Vec<(String, i64)> {
    let rows =
        mapping::readings(MusicEntity::Channel, serde_json::from_str(json).unwrap(), date(2026, 11, 21));
    let reading = |row| match row {
        ::rows::Row::CounterReading(row) => (row.counter, row.value),
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(reading).collect()
}

#[test]
fn counters_are_texts_and_hidden_ones_are_none() {
    let json = r#"{"kind":"youtube#channel","id":"UC1","statistics":{"viewCount":"9007199254740993",
        "subscriberCount":"1230","hiddenSubscriberCount":false,"videoCount":"7"}}"#;
    let (views, subscribers, videos) = ("views".to_owned(), "subscribers".to_owned(), "videos".to_owned());
    let shown = [(views.clone(), 9_007_199_254_740_993), (subscribers, 1_230), (videos.clone(), 7)];
    assert_eq!(counted(json), shown);
    let hidden = json.replace("false", "true").replace("1230", "0");
    assert_eq!(counted(&hidden), [(views, 9_007_199_254_740_993), (videos, 7)]);
    assert_eq!(counted(r#"{"id":"UC1"}"#), []);
    let negative = serde_json::from_str::<wire::Counted>(&json.replace("1230", "-1"));
    assert!(negative.is_err());
}

fn about(dimension: ContentDimension) -> About<'static> {
    About { id: CHANNEL, dimension, day: None, currency: Currency::parse("USD").unwrap() }
}

/// The only row of a report.
fn row(report: &Value, about: &About<'_>) -> Result<ContentPerformance, Unreadable> {
    let text = report.to_string();
    let report: wire::Report<'_> = serde_json::from_str(&text).unwrap();
    about.row(&Cells::read(&report.column_headers, report.rows.unwrap()[0])?)
}

fn report(columns: &[&str], values: &Value) -> Value {
    let header = |name: &&str| json!({ "name": name, "columnType": "DIMENSION", "dataType": "STRING" });
    let headers: Vec<Value> = columns.iter().map(header).collect();
    json!({ "kind": "youtubeAnalytics#resultTable", "columnHeaders": headers, "rows": [values] })
}

#[test]
fn a_day_becomes_a_row_whose_columns_go_by_their_names() {
    let columns = [
        "likes",
        "day",
        "views",
        "estimatedMinutesWatched",
        "comments",
        "shares",
        "subscribersGained",
        "subscribersLost",
    ];
    let values = json!([3, "2026-11-18", 1_234, 567, 4, 5, 6, 7]);
    let read = row(&report(&columns, &values), &about(ContentDimension::Total)).unwrap();
    assert_eq!(
        (read.content_type, read.content_id.as_str(), read.date),
        (ContentType::Channel, CHANNEL, date(2026, 11, 18))
    );
    assert_eq!((read.views, read.watch_seconds, read.likes), (Some(1_234), Some(34_020), Some(3)));
    assert_eq!((read.comments, read.shares), (Some(4), Some(5)));
    assert_eq!((read.subscribers_gained, read.subscribers_lost), (Some(6), Some(7)));
    assert_eq!((read.revenue, read.currency, read.dimension_value.as_str()), (None, None, ""));
    let of_video = About { id: VIDEO, ..about(ContentDimension::Total) };
    assert_eq!(of_video.content_type(), ContentType::Video);
}

#[test]
fn parts_have_their_word_and_money_its_currency() {
    let source =
        report(&["day", "insightTrafficSourceType", "views"], &json!(["2026-11-18", "QUANTUM_LINK", 0]));
    let read = row(&source, &about(ContentDimension::TrafficSource)).unwrap();
    assert_eq!(
        (read.dimension_value.as_str(), read.views, read.watch_seconds, read.likes),
        ("QUANTUM_LINK", Some(0), None, None)
    );
    let country = report(&["country", "views"], &json!(["DE", null]));
    let of_day = About { day: Some(date(2026, 11, 18)), ..about(ContentDimension::Country) };
    let read = row(&country, &of_day).unwrap();
    assert_eq!((read.dimension_value.as_str(), read.date, read.views), ("DE", date(2026, 11, 18), None));
    let money = report(&["day", "estimatedRevenue"], &json!(["2026-11-18", 12.345_678]));
    let read = row(&money, &about(ContentDimension::Total)).unwrap();
    assert_eq!((read.revenue, read.currency), (Some(Micros(12_345_678)), Currency::parse("USD").ok()));
}

#[test]
fn what_cannot_be_right_is_set_aside_by_name() {
    let read = |columns: &[&str], values: Value, dimension| {
        row(&report(columns, &values), &about(dimension)).map(drop).unwrap_err().to_string()
    };
    let total = ContentDimension::Total;
    assert_eq!(read(&["day", "views"], json!(["yesterday", 1]), total), "day is not the date of one day");
    assert!(read(&["day", "views"], json!(["2026-11-18", -1]), total).starts_with("views is no"));
    assert_eq!(read(&["views"], json!([1]), total), "day is missing");
    assert_eq!(read(&["day", "views"], json!(["2026-11-18"]), total), "1 values in 2 columns");
    let minutes = json!(["2026-11-18", i64::MAX]);
    assert_eq!(
        read(&["day", "estimatedMinutesWatched"], minutes, total),
        "estimatedMinutesWatched is too large"
    );
    let lower = json!(["2026-11-18", "de"]);
    assert_eq!(
        read(&["day", "country"], lower, ContentDimension::Country),
        "country is no code of a country"
    );
}

#[test]
fn an_entry_counts_from_one_and_needs_its_video() {
    let entry = json!({ "snippet": { "position": 0, "publishedAt": "2026-11-01T10:00:00Z", "title": "Deleted video",
        "resourceId": { "kind": "youtube#video", "videoId": VIDEO } } });
    let placed = |entry: &Value| mapping::placed(serde_json::from_str(&entry.to_string())?);
    let (position, read) = placed(&entry).unwrap();
    assert_eq!((position, read.track_id.as_str(), read.title.as_deref()), (1, VIDEO, Some("Deleted video")));
    assert_eq!(read.added_at.map(|at| at.to_string()).as_deref(), Some("2026-11-01T10:00:00Z"));
    for (field, why) in [("position", "position is missing"), ("resourceId", "videoId is missing")] {
        let mut lacking = entry.clone();
        lacking["snippet"].as_object_mut().unwrap().remove(field);
        assert_eq!(placed(&lacking).unwrap_err().to_string(), why);
    }
}

fn meaning(endpoint: &'static str, status: u16, reason: &str, detail: &str, message: &str) -> Meaning {
    let mut body = json!({ "error": { "code": status, "message": format!("{message} planted"),
        "errors": [{ "message": "planted", "domain": "youtube", "reason": reason }] } });
    if !detail.is_empty() {
        body["error"]["details"] = json!([{ "@type": "ErrorInfo", "reason": detail }]);
    }
    let mut response = testing::response(endpoint, status, &[], body.to_string());
    response.received_at = NOON.parse().unwrap();
    errors::meaning(&response)
}

#[test]
fn errors_say_what_to_do_and_repeat_none_of_googles_words() {
    let says = |meaning: Meaning, kind: &str, words: &str| {
        let text = format!("{meaning:?}");
        assert!(text.starts_with(kind) && text.contains(words) && !text.contains("planted"), "{text}");
    };
    let (videos, reports, money) = (endpoint::VIDEOS, endpoint::REPORT, endpoint::REVENUE);
    says(meaning(videos, 400, "badRequest", "API_KEY_INVALID", ""), "NeedsReauth", "make a new one");
    says(
        meaning(videos, 403, "accessNotConfigured", "SERVICE_DISABLED", ""),
        "Forbidden",
        "YouTube Data API v3",
    );
    says(meaning(videos, 403, "forbidden", "", ""), "Forbidden", "youtube.readonly");
    says(meaning(videos, 401, "authError", "", ""), "NeedsReauth", "set credentials again");
    says(meaning(reports, 403, "forbidden", "", ""), "Forbidden", "yt-analytics.readonly");
    let insufficient = "Insufficient permission to access this report.";
    says(meaning(money, 401, "", "", insufficient), "Forbidden", "yt-analytics-monetary.readonly");
    says(meaning(money, 403, "forbidden", "", insufficient), "Forbidden", "yt-analytics-monetary.readonly");
    says(meaning(money, 401, "authError", "", "Expired"), "NeedsReauth", "set credentials again");
    says(meaning(videos, 404, "playlistNotFound", "", ""), "Gone", "404");
    says(meaning(videos, 400, "badRequest", "", ""), "Permanent", "400");
    says(meaning(videos, 503, "backendError", "", ""), "Transient", "503");
    let until_midnight = Duration::from_hours(20);
    let limited = |wait| Meaning::RateLimited { scope: Scope::Account, wait };
    assert_eq!(meaning(videos, 403, "quotaExceeded", "", ""), limited(Wait::For(until_midnight)));
    assert_eq!(
        meaning(videos, 403, "quotaExceeded", "RATE_LIMIT_EXCEEDED", ""),
        limited(Wait::For(until_midnight))
    );
    assert_eq!(meaning(reports, 403, "rateLimitExceeded", "", ""), limited(Wait::Unsaid));
    assert_eq!(meaning(reports, 429, "", "RATE_LIMIT_EXCEEDED", ""), limited(Wait::Unsaid));
}

#[test]
fn what_is_not_in_googles_words_makes_nothing_gone() {
    let of = |status, body: &str| errors::meaning(&testing::response(endpoint::PLAYLISTS, status, &[], body));
    assert_eq!(of(200, r#"{"items":[]}"#), Meaning::Ok);
    assert!(matches!(of(404, "<html>"), Meaning::Permanent { .. }));
    assert!(matches!(of(404, r#"{"error":{"code":404}}"#), Meaning::Permanent { .. }));
    assert!(matches!(of(200, "<html>"), Meaning::Transient { .. }));
    assert!(matches!(of(200, r#"{"error":{"code":0}}"#), Meaning::Transient { .. }));
    assert!(matches!(of(502, "<html>"), Meaning::Transient { .. }));
}

fn refused(secrets: &[(&str, &str)], settings: Value) -> Option<String> {
    let mut spec = testing::spec(&YouTube, ("api_key", "k"), settings);
    spec.credentials = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    spec.endpoints = [("token".to_owned(), google::TOKEN.url.parse().unwrap())].into();
    let connected = YouTube.connected(&spec, &testing::services(NOON.parse().unwrap()));
    connected.err().map(|error| error.to_string())
}

#[test]
fn settings_that_make_no_sense_say_what_was_expected() {
    let key = [("api_key", "planted-key")];
    let oauth = [("client_id", "a"), ("client_secret", "b"), ("refresh_token", "planted")];
    let both = [key[0], oauth[0], oauth[1], oauth[2]];
    let good = json!({ "channels": [CHANNEL, CHANNEL], "videos": [VIDEO], "playlists": ["PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI"] });
    for secrets in [&key[..], &oauth, &both] {
        assert_eq!(refused(secrets, good.clone()), None);
    }
    assert_eq!(refused(&oauth, json!({})), None);
    for (secrets, settings, words) in [
        (&[][..], good, "credentials.api_key is missing"),
        (&key, json!({}), "nothing to read"),
        (&both, json!({ "videos": [VIDEO] }), "settings.channels: beside an API key"),
        (&oauth[..2], json!({}), "credentials.refresh_token is missing"),
        (&key, json!({ "channels": ["@night"] }), "settings.channels: \"@night\" is no channel"),
        (&key, json!({ "videos": ["dQw4w9WgXc,"] }), "is no video"),
        (&key, json!({ "playlists": ["PL/1"] }), "is no playlist"),
        (&oauth, json!({ "content_owner": "a;b", "channels": [CHANNEL] }), "settings.content_owner"),
        (&oauth, json!({ "content_owner": "abc" }), "settings.channels"),
        (&key, json!({ "video": [VIDEO] }), "unknown field"),
    ] {
        let error = refused(secrets, settings).unwrap_or_default();
        assert!(error.contains(words) && !error.contains("planted"), "{error}");
    }
}

#[test]
fn what_the_credentials_do_not_go_with_is_off() {
    let settings = json!({ "channels": [CHANNEL], "revenue": true });
    let on = |secrets: &[(&str, &str)]| {
        let mut spec = testing::spec(&YouTube, ("api_key", "k"), settings.clone());
        spec.credentials =
            secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        spec.endpoints = [("token".to_owned(), google::TOKEN.url.parse().unwrap())].into();
        let connected = YouTube.connected(&spec, &testing::services(NOON.parse().unwrap())).unwrap();
        let on = connected.streams.iter().filter(|stream| stream.enabled);
        on.map(|stream| stream.name).collect::<Vec<_>>()
    };
    assert_eq!(on(&[("api_key", "k")]), ["channels"]);
    let oauth = [("client_id", "a"), ("client_secret", "b"), ("refresh_token", "c")];
    assert_eq!(on(&oauth), ["channels", "performance", "traffic_sources", "countries", "revenue"]);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), status in 100_u16..600) {
        let _ = errors::meaning(&testing::response(endpoint::REVENUE, status, &[], &bytes));
        let _ = serde_json::from_slice::<wire::Report<'_>>(&bytes);
        let read: Result<_, Failure> = elements::read::<wire::List<wire::Counted>, _>(&bytes, "/", mapping::named, |counted| {
            Ok(mapping::readings(MusicEntity::Video, counted, date(2026, 11, 21)))
        });
        drop(read);
    }

    /// Every row of a report is a row or is set aside.
    #[test]
    fn any_row_is_answered(values in prop::collection::vec(
        prop_oneof![Just("null"), Just("\"2026-11-18\""), Just("\"DE\""), Just("7"), Just("1e400"), Just("-0.5"), Just("[]"), Just("{}")], 0..5,
    )) {
        let raw = RawValue::from_string(format!("[{}]", values.join(","))).unwrap();
        let names = ["day", "country", "views", "estimatedRevenue"].map(str::to_owned);
        let columns = Columns::from(Vec::from(names));
        let about = about(ContentDimension::Country);
        let read = elements::each([&*raw], "/", |raw| about.named(&columns, raw), |raw| about.row(&Cells::read(&columns, raw)?));
        prop_assert_eq!(read.rows.len() + read.quarantined.len(), 1);
    }

    /// Whatever is accepted is a harmless part of a path, list or filter.
    #[test]
    fn ids_separate_nothing(text in "\\PC{0,30}|UC[A-Za-z0-9_,;=-]{22}") {
        let settings = Settings { channels: vec![text.clone()], videos: vec![text.clone()], playlists: vec![text], ..Settings::default() };
        if let Ok(wanted) = settings.wanted() {
            for name in wanted.names() {
                prop_assert!(!name.contains([',', ';', '=', '/', '&']), "{name}");
            }
        }
    }
}
