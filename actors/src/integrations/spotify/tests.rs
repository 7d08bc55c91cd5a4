//! From what Spotify sends to rows, and what its answers mean.

use std::time::Duration;

use ::rows::{
    Micros, Row,
    music::{CounterReading, MeasureClass, MusicEntity},
};
use bytes::Bytes;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    contents::add,
    errors::{self, CONTENTS, CONTENTS_OTHERWISE, Quota},
    mapping, wire,
};
use crate::{
    failure::Wait,
    reading::contents::{Contents, List},
    session::{Meaning, Response, Signal, quota::Scope},
};

const DAY: Date = date(2026, 11, 21);

/// An app in development mode, fields as in the specification.
const TRACK: &str = r#"{"id":"11dFghVXANMlKmJXsNCbNl","name":"Song","type":"track","uri":"spotify:track:11dF","duration_ms":207959,
    "explicit":false,"disc_number":1,"track_number":1,"is_local":false,"external_ids":{"isrc":"us-um7-17-03861"},
    "artists":[{"id":"6sFI","name":"A","type":"artist"},{"id":"7","name":"B"}],
    "album":{"id":"0tGP","name":"Al","album_type":"single","total_tracks":1,"release_date":"2017-05-26","release_date_precision":"day"}}"#;

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> T {
    serde_json::from_str(text).unwrap()
}

fn track(text: &str, asked: Option<&str>) -> Vec<Row> {
    mapping::track(parse(text), asked, DAY).unwrap()
}

/// The sample with other fields.
fn with(changes: &Value) -> String {
    let mut track: Value = parse(TRACK);
    let changes = changes.as_object().unwrap().clone();
    track.as_object_mut().unwrap().extend(changes);
    track.to_string()
}

#[test]
fn a_track_in_development_mode_is_described_and_nothing_is_counted() {
    let rows = track(TRACK, None);
    let [Row::Track(track)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&*track.service, &*track.track_id), ("spotify", "11dFghVXANMlKmJXsNCbNl"));
    assert_eq!((track.title.as_deref(), track.isrc.as_deref()), (Some("Song"), Some("USUM71703861")));
    assert_eq!((track.artist_id.as_deref(), track.artist_name.as_deref()), (Some("6sFI"), Some("A")));
    assert_eq!((track.album_id.as_deref(), track.duration_seconds), (Some("0tGP"), Some(207)));
    assert_eq!(track.released_on, Some(date(2017, 5, 26)));
}

#[test]
fn with_extended_quota_popularity_is_a_number_of_the_day_and_no_streams() {
    let rows = track(&with(&json!({ "popularity": 96 })), None);
    let [Row::Track(_), Row::TrackPerformance(performance)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(performance.popularity, Some(Micros::parse("96").unwrap()));
    assert_eq!((performance.date, performance.granularity.as_str(), &*performance.country), (DAY, "day", ""));
    assert_eq!(performance.measure_class, MeasureClass::PublicCounter);
    assert_eq!((performance.streams, performance.listeners, performance.saves), (None, None, None));
    // Zero is zero; what is absent, null or outside the scale is no row of zeros.
    assert_eq!(track(&with(&json!({ "popularity": 0 })), None).len(), 2);
    for popularity in [json!(null), json!(101), json!(9_007_199_254_740_993_u64)] {
        assert_eq!(track(&with(&json!({ "popularity": popularity })), None).len(), 1, "{popularity}");
    }
}

#[test]
fn a_track_that_is_given_for_another_is_kept_under_the_other() {
    let key = |text: &str, asked: Option<&str>| match &track(text, asked)[0] {
        Row::Track(track) => track.track_id.clone(),
        row => panic!("{row:?}"),
    };
    let linked = with(&json!({ "linked_from": { "id": "first", "type": "track" } }));
    assert_eq!(key(&linked, Some("asked")), "first");
    assert_eq!(key(&linked, None), "first");
    // In development mode it is not said for which.
    assert_eq!(key(TRACK, Some("asked")), "asked");
    assert_eq!(key(TRACK, None), "11dFghVXANMlKmJXsNCbNl");
}

#[test]
fn what_is_absent_or_null_is_unknown_and_a_month_is_no_day() {
    for text in [
        r#"{"id":"1"}"#,
        r#"{"id":"1","name":null,"duration_ms":null,"popularity":null,"external_ids":null,"artists":null,"album":null,
            "linked_from":null}"#,
        r#"{"id":"1","linked_from":{}}"#,
        r#"{"id":"1","external_ids":{},"artists":[],"album":{"id":null,"release_date":"2017"}}"#,
        r#"{"id":"1","external_ids":{"isrc":" - "},"album":{"release_date":"2017-05"}}"#,
        r#"{"id":"1","album":{"release_date":"2017-05-01","release_date_precision":"month"}}"#,
        r#"{"id":"1","album":{"release_date":"0000-00-00","release_date_precision":"day"}}"#,
        r#"{"id":"1","album":{"release_date":"0000"}}"#,
    ] {
        let rows = track(text, None);
        let [Row::Track(track)] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((&track.title, &track.isrc, &track.artist_id), (&None, &None, &None), "{text}");
        assert_eq!((track.duration_seconds, track.released_on), (None, None), "{text}");
    }
    for text in [
        r#"{"name":"no id"}"#,
        r#"{"id":""}"#,
        r#"{"id":null}"#,
        r#"{"id":"1","popularity":"seven"}"#,
        r#"{"id":"1","popularity":-1}"#,
        r#"{"id":"1","name":["a"]}"#,
    ] {
        assert!(serde_json::from_str::<wire::Track>(text).is_err(), "{text}");
    }
    for date in ["last summer", "2017-13-01", "26-05-2017x", "-"] {
        let text = with(&json!({ "album": { "release_date": date } }));
        assert!(mapping::track(parse(&text), None, DAY).is_err(), "{date}");
    }
}

#[test]
fn albums_artists_and_playlists_in_both_modes() {
    let album = r#"{"id":"2","name":"Discovery","album_type":"album","total_tracks":14,"external_ids":{"upc":"0724384960650"},
        "label":"Daft Life","release_date":"2001-03-07","artists":[{"id":"27","name":"Daft Punk"}],"popularity":70}"#;
    let rows = mapping::album(parse(album)).unwrap();
    let [Row::Album(album)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((album.upc.as_deref(), album.label.as_deref()), (Some("0724384960650"), Some("Daft Life")));
    assert_eq!((album.record_type.as_deref(), album.track_count), (Some("album"), Some(14)));
    assert_eq!((album.artist_id.as_deref(), album.released_on), (Some("27"), Some(date(2001, 3, 7))));
    assert_eq!(album.followers, None);

    let artist =
        r#"{"id":"27","name":"A","followers":{"href":null,"total":9007199254740993},"popularity":81}"#;
    let rows = mapping::artist(parse(artist), DAY);
    let [Row::Artist(artist), Row::CounterReading(reading), Row::ArtistAudience(audience)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!((artist.followers, artist.album_count), (Some(9_007_199_254_740_993), None));
    let expected = CounterReading {
        service: "spotify".to_owned(),
        entity: MusicEntity::Artist,
        id: "27".to_owned(),
        counter: "followers".to_owned(),
        date: DAY,
        value: 9_007_199_254_740_993,
        measure_class: MeasureClass::PublicCounter,
    };
    assert_eq!(*reading, expected);
    assert_eq!((audience.followers, audience.monthly_listeners), (Some(9_007_199_254_740_993), None));
    assert_eq!(audience.popularity, Some(Micros::parse("81").unwrap()));
    assert_eq!(mapping::artist(parse(r#"{"id":"27","name":"A","followers":{"total":null}}"#), DAY).len(), 1);

    let playlist = r#"{"id":"3","name":"P","public":null,"owner":{"id":"31maria.muster","display_name":"Maria"},
        "followers":{"total":0},"snapshot_id":"AAAA","tracks":{"total":3}}"#;
    let rows = mapping::playlist(parse(playlist), Some(3), DAY);
    let [Row::Playlist(playlist), Row::CounterReading(reading)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        (playlist.owner_id.as_deref(), playlist.owner_name.as_deref()),
        (Some("31maria.muster"), Some("Maria"))
    );
    assert_eq!((playlist.public, playlist.track_count, playlist.followers), (None, Some(3), Some(0)));
    assert_eq!((reading.entity, reading.value), (MusicEntity::Playlist, 0));
    assert_eq!(mapping::playlist(parse(r#"{"id":"3"}"#), None, DAY).len(), 1);
}

/// Reads pages of entries: tracks with their positions and times, how much was set aside, whether it is torn.
fn entries(pages: &[String]) -> (Vec<(String, i64, Option<i64>)>, Contents) {
    let mut contents = Contents::default();
    for (index, page) in pages.iter().enumerate() {
        let more = add(&mut contents, &parse(page), "/v1/playlists/3/items");
        assert!(!more || index + 1 < pages.len(), "another page is asked for");
    }
    let list = List { service: "spotify", playlist_id: "3", day: DAY, followers: Some(5) };
    let placed = contents.clone().placements(list).map(|row| match row {
        Row::PlaylistPlacement(row) => {
            assert_eq!((row.followers, row.date), (Some(5), DAY));
            (row.track_id, row.position.unwrap(), row.added_at.map(Timestamp::as_second))
        }
        row => panic!("{row:?}"),
    });
    (placed.collect(), contents)
}

fn page(items: &str, total: u32, more: bool) -> String {
    let next = if more { r#""https://elsewhere.invalid/""# } else { "null" };
    format!(
        r#"{{"href":"x","limit":50,"offset":0,"previous":null,"total":{total},"next":{next},"items":[{items}]}}"#
    )
}

#[test]
fn both_shapes_of_entries_are_read_and_every_entry_counts_for_positions() {
    for key in ["item", "track"] {
        let other = if key == "item" { "track" } else { "item" };
        let items = [
            "null".to_owned(),
            format!(
                r#"{{"added_at":"2026-08-01T10:00:00Z","is_local":false,"{key}":{TRACK},"{other}":null}}"#
            ),
            format!(r#"{{"added_at":null,"{key}":null}}"#),
            format!(r#"{{"{key}":{{"id":"9","type":"episode","name":"Talk"}}}}"#),
            format!(
                r#"{{"is_local":true,"{key}":{{"id":null,"type":"track","is_local":true,"name":"Demo"}}}}"#
            ),
            format!(r#"{{"{key}":{{"id":null,"type":"track","is_local":true,"name":"Demo"}}}}"#),
            format!(
                r#"{{"added_at":"1970-01-01T00:00:00Z","{key}":{{"id":"b","linked_from":{{"id":"a"}}}}}}"#
            ),
            format!(r#"{{"added_at":"2026-08-02T10:00:00Z","{key}":{TRACK}}}"#),
            format!(r#"{{"added_at":"1970-12-31T23:00:00Z","{key}":{{"id":"c","type":"track"}}}}"#),
        ];
        let (first, second) = items.split_at(4);
        let pages = [page(&first.join(","), 9, true), page(&second.join(","), 9, false)];
        let (placed, contents) = entries(&pages);
        let expected = [
            ("11dFghVXANMlKmJXsNCbNl".to_owned(), 2, Some(1_785_578_400)),
            ("a".to_owned(), 7, None),
            ("c".to_owned(), 9, None),
        ];
        assert_eq!(placed, expected, "{key}");
        assert!(!contents.torn && contents.quarantined.is_empty(), "{contents:?}");
        assert_eq!((contents.total, contents.delivered), (Some(9), 9));
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_set_aside_alone() {
    let items = r#"{"item":{"id":"a"}},{"added_at":"ada@example.com","item":{"id":"b"}},{"nothing":"of either"},
        {"item":{"name":"no id"}},7,{"item":{"id":"b"}},{"item":{"id":"c"}}"#;
    let (placed, contents) = entries(&[page(items, 7, false)]);
    let found: Vec<_> = placed.iter().map(|(id, position, _)| (id.as_str(), *position)).collect();
    assert_eq!(found, [("a", 1), ("c", 7)], "the second place of b must not pass for its first");
    assert_eq!(contents.quarantined.len(), 4);
    assert!(!contents.torn);
    assert!(!format!("{contents:?}").contains("ada"));
}

#[test]
fn a_list_that_is_not_whole_is_noticed() {
    let item = r#"{"item":{"id":"a"}}"#;
    let two = format!("{item},{item}");
    let torn = |pages: &[String]| entries(pages).1.torn;
    assert!(!torn(&[page("", 0, false)]));
    assert!(!torn(&[page(&two, 3, true), page(item, 3, false)]));
    assert!(torn(&[page(&two, 3, false)]), "a part is missing");
    assert!(torn(&[page("", 3, false)]), "all of it is missing");
    assert!(torn(&[page("", 3, true)]), "more follows, and leads nowhere");
    assert!(torn(&[page(&two, 2, true)]), "more follows behind the end");
    assert!(torn(&[page(&two, 3, true), page(item, 4, false)]), "the total moved");
}

fn answer(status: u16, endpoint: &'static str, body: &[u8]) -> Response {
    Response {
        status,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
        endpoint,
        account: String::new(),
        received_at: Timestamp::UNIX_EPOCH,
    }
}

fn refused(status: u16, message: &str) -> Meaning {
    let body = json!({ "error": { "status": status, "message": message } }).to_string();
    errors::meaning(&answer(status, "playlist", body.as_bytes()), &Quota::default())
}

#[test]
fn errors_mean_what_spotify_says_and_its_words_are_not_repeated() {
    let words = "planted words";
    assert!(
        matches!(refused(401, words), Meaning::NeedsReauth { advice } if advice.contains("set credentials") && !advice.contains(words))
    );
    for (message, part) in [
        (words, "to its owner only"),
        ("Active premium subscription required for the owner of the app.", "Premium"),
        ("Insufficient client scope", "playlist-read-private"),
    ] {
        let Meaning::Forbidden { advice } = refused(403, message) else { panic!("{message}") };
        assert!(advice.contains(part) && !advice.contains(words), "{advice}");
    }
    assert!(
        matches!(refused(404, "Resource not found"), Meaning::Gone { reason } if !reason.contains("found"))
    );
    assert!(
        matches!(refused(404, "Service not found"), Meaning::Permanent { reason } if reason.contains("base_url"))
    );
    assert!(matches!(refused(400, words), Meaning::Permanent { reason } if !reason.contains(words)));
    assert_eq!(refused(429, words), Meaning::RateLimited { scope: Scope::Project, wait: Wait::Unsaid });
    for status in [408, 500, 502, 503] {
        assert!(matches!(refused(status, words), Meaning::Transient { .. }), "{status}");
    }
}

#[test]
fn only_spotifys_own_word_makes_something_gone_or_good() {
    for (status, body) in [
        (404, "<html>not found</html>"),
        (404, "{}"),
        (404, r#"{"error":"not_found"}"#),
        (404, r#"{"error":{"message":"no status"}}"#),
        (410, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, r#"{"items": ["#),
        (204, ""),
    ] {
        let meaning = errors::meaning(&answer(status, "track", body.as_bytes()), &Quota::default());
        assert!(!matches!(meaning, Meaning::Gone { .. } | Meaning::Ok), "{status} {body}: {meaning:?}");
    }
    for status in [200, 401, 403] {
        let meaning = errors::meaning(&answer(status, "track", b"<html>"), &Quota::default());
        assert!(matches!(meaning, Meaning::Transient { .. }), "a proxy's page is no word about credentials");
    }
}

#[test]
fn a_quota_that_is_used_up_is_left_alone_for_hours() {
    let quota = Quota::default();
    let said = |after_seconds: i64, retry_after: Option<&'static str>| {
        let body = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;
        let mut response = answer(429, "track", body.as_bytes());
        response.received_at = Timestamp::from_second(after_seconds).unwrap();
        if let Some(text) = retry_after {
            response.headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
        }
        match errors::meaning(&response, &quota) {
            Meaning::RateLimited { scope: Scope::Project, wait: Wait::For(wait) } => wait,
            other => panic!("{other:?}"),
        }
    };
    let hours = |hours| Duration::from_hours(hours);
    assert_eq!(said(0, Some("7200")), hours(2), "its own word");
    assert_eq!(said(0, Some("5")), hours(1), "five seconds do not fill a day's quota");
    assert_eq!(said(1, None), hours(1), "it was under way");
    assert_eq!(said(3_600, None), hours(2));
    assert_eq!(said(3_600 * 3, Some("0")), hours(4));
    for at in [10, 20, 40, 80] {
        said(3_600 * at, None);
    }
    assert_eq!(said(3_600 * 200, None), hours(24), "no longer than a day");
    assert_eq!(errors::meaning(&answer(200, "track", b"{}"), &quota), Meaning::Ok);
    assert_eq!(said(3_600 * 300, None), hours(1), "it was filled meanwhile");
}

#[test]
fn what_the_app_may_not_read_is_told_from_the_answers() {
    let fields = |status, endpoint, body: &str| -> Vec<&'static str> {
        let signals = errors::unavailable(&answer(status, endpoint, body.as_bytes()));
        let field = |signal| match signal {
            Signal::FieldUnavailable(field) => field,
            other => panic!("{other:?}"),
        };
        signals.into_iter().map(field).collect()
    };
    assert_eq!(fields(200, "track", TRACK), ["track.popularity"]);
    assert!(fields(200, "track", &with(&json!({ "popularity": 0 }))).is_empty());
    assert_eq!(fields(200, "artist", r#"{"id":"1"}"#), ["artist.popularity", "artist.followers"]);
    assert_eq!(fields(200, "artist", r#"{"popularity":1,"followers":{"total":null}}"#), ["artist.followers"]);
    assert!(fields(200, "artist", r#"{"popularity":1,"followers":{"total":0}}"#).is_empty());
    assert_eq!(fields(200, "playlist", r#"{"id":"1"}"#), ["playlist.followers"]);
    let found = |tracks: &str| format!(r#"{{"tracks":{{"total":1,"next":null,"items":[{tracks}]}}}}"#);
    assert_eq!(fields(200, "search", &found(&format!("null,{TRACK}"))), ["track.popularity"]);
    assert!(fields(200, "search", &found(r#"null,{"id":"1","popularity":7}"#)).is_empty());
    assert_eq!(fields(403, CONTENTS_OTHERWISE, "{}"), ["playlist.items"]);
    // The first path may only be the wrong one; and no error says anything of fields.
    for (status, endpoint) in
        [(403, CONTENTS), (429, CONTENTS_OTHERWISE), (500, "track"), (200, "album"), (404, "artist")]
    {
        assert!(fields(status, endpoint, "{}").is_empty(), "{status} {endpoint}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(status in 100_u16..600, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = serde_json::from_slice::<wire::Track>(&bytes).map(|track| mapping::track(track, None, DAY));
        let _ = serde_json::from_slice::<wire::Paging<'_>>(&bytes).map(|page| add(&mut Contents::default(), &page, "/"));
        for endpoint in ["track", "search", "artist", "playlist", CONTENTS_OTHERWISE] {
            let response = answer(status, endpoint, &bytes);
            let _ = (errors::meaning(&response, &Quota::default()), errors::unavailable(&response));
        }
    }

    #[test]
    fn any_values_are_read_or_refused(id in "\\PC{1,30}", count in any::<i64>(), text in any::<String>()) {
        let object = json!({ "id": id, "name": text, "external_ids": { "isrc": text, "upc": text }, "popularity": count,
            "followers": { "total": count }, "duration_ms": count, "total_tracks": count, "release_date": text,
            "album": { "id": text, "release_date": text, "release_date_precision": text }, "snapshot_id": text }).to_string();
        let _ = serde_json::from_str(&object).map(|track| mapping::track(track, Some(&text), DAY));
        let _ = serde_json::from_str(&object).map(mapping::album);
        let _ = serde_json::from_str(&object).map(|artist| mapping::artist(artist, DAY));
        let _ = serde_json::from_str(&object).map(|playlist| mapping::playlist(playlist, Some(count), DAY));
        let entry = format!(r#"{{"added_at":{},"item":{object}}}"#, json!(text));
        let mut contents = Contents::default();
        add(&mut contents, &parse(&page(&entry, 1, false)), "/");
        prop_assert_eq!(contents.places.len() + contents.quarantined.len(), 1);
    }
}
