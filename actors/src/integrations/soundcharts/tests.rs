//! From what Soundcharts sends to rows, what its answers mean, and what can be configured.

use std::time::Duration;

use ::rows::{
    Day, Micros, Row,
    music::{ArtistAudience, MeasureClass, MusicEntity, Playlist, PlaylistPlacement},
};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Soundcharts, errors,
    mapping::{self, ArtistDays, Measure, Of},
    settings::Settings,
    source::SoundchartsSource,
    subject::{SUBJECTS, song_counter},
    wire,
};
use crate::{
    failure::Wait,
    integration::{Integration as _, SetupError},
    reader::StreamOf,
    reading::elements::Unreadable,
    session::{Meaning, Response, Signal, quota::Scope},
    testing::{response, spec},
};

const OF: Of<'static> = Of { service: "spotify", id: "7d53" };

const SONG: &str = r#"{"type": "song", "object": {
    "uuid": "7d534228-5165-11e9-9375-549f35161576", "name": "bad guy", "isrc": {"value": "us-um7-19-00764", "countryCode": "US"},
    "creditName": "Billie Eilish & Justin Bieber", "artists": [{"uuid": "11e81bcc", "slug": "billie-eilish", "name": "Billie Eilish"}],
    "releaseDate": "2019-03-29T00:00:00+01:00", "label": "Darkroom"}, "errors": []}"#;

fn songs(text: &str) -> Result<Vec<Row>, Unreadable> {
    let song: wire::Single<wire::Song> = serde_json::from_str(text)?;
    mapping::tracks(song.object, &["spotify".to_owned(), "line_music".to_owned()])
}

fn song_day(item: &Value) -> Result<Option<(Day, i64)>, Unreadable> {
    let item: wire::SongDay = serde_json::from_str(&item.to_string())?;
    Ok(mapping::song_day(&item, OF, "streams")?.map(|row| match row {
        Row::CounterReading(row) => {
            assert_eq!((row.entity, &*row.id, &*row.counter), (MusicEntity::Track, "7d53", "streams"));
            assert_eq!((&*row.service, row.measure_class), ("spotify", MeasureClass::Estimated));
            (row.date, row.value)
        }
        row => panic!("{row:?}"),
    }))
}

fn artist_days(items: &[(Measure, Value)]) -> Vec<Row> {
    let mut days = ArtistDays::default();
    for (measure, item) in items {
        let item: wire::ArtistDay = serde_json::from_str(&item.to_string()).unwrap();
        days.add(*measure, mapping::artist_day(item, *measure).unwrap());
    }
    days.rows(OF)
}

fn entry(change: impl FnOnce(&mut Value)) -> Result<Option<(PlaylistPlacement, Playlist)>, Unreadable> {
    let mut entry = json!({
        "playlist": { "uuid": "f31d", "name": "Top Hits", "identifier": "37i9", "platform": "spotify",
            "latestCrawlDate": " 2026-11-21T03:08:58+00:00 ", "latestTrackCount": 50, "latestSubscriberCount": 9_007_199_254_740_993_u64,
            "type": "editorial" },
        "position": 3, "peakPosition": 1, "entryDate": "2026-11-02T01:13:52+00:00", "exitDate": null,
        "positionDate": "2026-11-20T00:00:00+01:00",
        "song": { "uuid": "7d53", "name": "bad guy", "creditName": "Billie Eilish" },
    });
    change(&mut entry);
    mapping::placement(serde_json::from_str(&entry.to_string())?, OF)
}

#[test]
fn a_song_is_a_track_of_each_platform() {
    let rows = songs(SONG).unwrap();
    let [Row::Track(track), Row::Track(other)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&*track.service, &*other.service), ("spotify", "line_music"));
    assert_eq!(track.track_id, "7d534228-5165-11e9-9375-549f35161576");
    assert_eq!((track.title.as_deref(), track.isrc.as_deref()), (Some("bad guy"), Some("USUM71900764")));
    assert_eq!(
        (track.artist_id.as_deref(), track.artist_name.as_deref()),
        (Some("11e81bcc"), Some("Billie Eilish"))
    );
    assert_eq!(track.released_on, Some(date(2019, 3, 29)));
}

#[test]
fn an_isrc_is_an_object_a_text_or_unknown() {
    for (isrc, expected) in [
        (r#""USUM71900764""#, Some("USUM71900764")),
        (r#"{"value": "USUM71900764"}"#, Some("USUM71900764")),
        (r#"{"value": null}"#, None),
        ("{}", None),
        ("null", None),
        (r#""""#, None),
    ] {
        let rows =
            songs(&format!(r#"{{"object": {{"uuid": "1", "isrc": {isrc}, "creditName": "A"}}}}"#)).unwrap();
        let [Row::Track(track), _] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((track.isrc.as_deref(), track.artist_name.as_deref()), (expected, Some("A")), "{isrc}");
    }
    for text in [r#"{"object": {}}"#, r#"{"object": null}"#, r#"{"object": {"uuid": "1", "isrc": 7}}"#, "{}"]
    {
        assert_eq!(songs(text).unwrap_err().reason(), "malformed", "{text}");
    }
    let bad = r#"{"object": {"uuid": "1", "releaseDate": "soon"}}"#;
    assert_eq!(songs(bad), Err(Unreadable::Date("releaseDate")));
}

#[test]
fn of_several_versions_the_largest_counts_and_none_is_no_row() {
    let day = |plots: Value| song_day(&json!({ "date": "2026-10-20T00:00:00+02:00", "plots": plots }));
    let on = |value| Ok(Some((date(2026, 10, 20), value)));
    assert_eq!(day(json!([{ "identifier": "a", "value": 5 }, { "identifier": "b", "value": 7 }])), on(7));
    assert_eq!(day(json!([{ "identifier": "a", "value": null }, { "identifier": "b", "value": 0 }])), on(0));
    assert_eq!(day(json!([{ "value": 9_007_199_254_740_993_u64 }])), on(9_007_199_254_740_993));
    assert_eq!((day(json!([])), day(json!([{ "identifier": "a" }]))), (Ok(None), Ok(None)));
    for plots in [json!([{ "value": -1 }]), json!([{ "value": 1.5 }]), json!(7), Value::Null] {
        assert!(day(plots.clone()).is_err(), "{plots}");
    }
    assert_eq!(song_day(&json!({ "date": "soon", "plots": [] })), Err(Unreadable::Date("date")));
    assert!(song_day(&json!({ "date": "2026-10-20" })).is_err(), "without plots, it is another answer");
}

#[test]
fn an_artists_three_lists_make_one_row_a_day() {
    let rows = artist_days(&[
        (
            Measure::Followers,
            json!({ "date": "2026-10-20T00:00:00+00:00", "followerCount": 0, "likeCount": 5 }),
        ),
        (Measure::MonthlyListeners, json!({ "date": "2026-10-20T00:00:00+02:00", "value": 7 })),
        (Measure::Popularity, json!({ "date": "2026-10-20T00:00:00+02:00", "value": 100 })),
        (Measure::Popularity, json!({ "date": "2026-10-21T00:00:00+02:00", "value": 101 })),
        (
            Measure::Followers,
            json!({ "date": "2026-10-22T00:00:00+00:00", "followerCount": null, "likeCount": 6 }),
        ),
    ]);
    let [
        Row::ArtistAudience(row),
        Row::CounterReading(followers),
        Row::CounterReading(likes),
        Row::CounterReading(alone),
    ] = &rows[..]
    else {
        panic!("{rows:?}")
    };
    let ArtistAudience { followers: told, monthly_listeners, popularity, date: day, measure_class, .. } = row;
    assert_eq!((*told, *monthly_listeners, *popularity), (Some(0), Some(7), Some(Micros(100_000_000))));
    assert_eq!((*day, *measure_class), (date(2026, 10, 20), MeasureClass::Estimated));
    assert_eq!((&*followers.counter, followers.value), ("followers", 0), "zero is zero");
    assert_eq!((&*likes.counter, likes.value, likes.entity), ("likes", 5, MusicEntity::Artist));
    // Beyond its scale, popularity says nothing, and nothing is no row.
    assert_eq!((&*alone.counter, alone.date), ("likes", date(2026, 10, 22)));
}

#[test]
fn a_field_that_is_gone_is_noticed() {
    let read = |measure, item: Value| {
        mapping::artist_day(serde_json::from_str(&item.to_string()).unwrap(), measure).map(|(day, _)| day)
    };
    let renamed = || json!({ "date": "2026-10-20T00:00:00+00:00", "count": 5 });
    assert_eq!(read(Measure::Followers, renamed()), Err(Unreadable::Missing("followerCount")));
    assert_eq!(read(Measure::Popularity, renamed()), Err(Unreadable::Missing("value")));
    let mut days = ArtistDays::default();
    let item: wire::ArtistDay =
        serde_json::from_str(r#"{"date": "2026-10-20", "followerCount": 5}"#).unwrap();
    days.add(Measure::Followers, mapping::artist_day(item, Measure::Followers).unwrap());
    days.lacks(date(2026, 10, 20));
    assert_eq!(days.rows(OF), [], "half a day would take away what is known of the other half");
}

#[test]
fn a_place_on_a_playlist_is_dated_when_it_was_seen() {
    let (place, playlist) = entry(|_| ()).unwrap().unwrap();
    assert_eq!((place.date, place.position), (date(2026, 11, 20), Some(3)));
    assert_eq!((&*place.track_id, &*place.playlist_id), ("7d53", "f31d"));
    assert_eq!(place.added_at, Some("2026-11-02T01:13:52Z".parse().unwrap()));
    assert_eq!(
        (place.title.as_deref(), place.artist_name.as_deref()),
        (Some("bad guy"), Some("Billie Eilish"))
    );
    assert_eq!(
        (place.followers, playlist.followers),
        (Some(9_007_199_254_740_993), Some(9_007_199_254_740_993))
    );
    assert_eq!((playlist.name.as_deref(), playlist.track_count), (Some("Top Hits"), Some(50)));
    let gone = entry(|entry| entry["exitDate"] = json!("2026-11-20T00:00:00+00:00"));
    assert_eq!(gone, Ok(None), "a past one");
    let bare = entry(|entry| {
        let fields = entry.as_object_mut().unwrap();
        fields.retain(|field, _| !["position", "entryDate", "song", "exitDate"].contains(&field.as_str()));
    });
    let (place, _) = bare.unwrap().unwrap();
    assert_eq!((place.position, place.added_at, place.title), (None, None, None));
    let midnight = entry(|entry| entry["entryDate"] = json!("2026-10-01T00:00:00+02:00"));
    let (place, _) = midnight.unwrap().unwrap();
    assert_eq!(place.added_at, Some("2026-10-01T00:00:00Z".parse().unwrap()));
    assert_eq!(entry(|entry| entry["entryDate"] = json!("soon")), Err(Unreadable::Time("entryDate")));
    assert_eq!(entry(|entry| entry["positionDate"] = json!("")), Err(Unreadable::Date("positionDate")));
}

#[test]
fn of_two_places_on_one_playlist_the_first_comes_last() {
    let places = [json!(3), Value::Null, json!(1), json!(2)].map(|position| {
        let place = entry(|entry| entry["position"] = position);
        place.unwrap().unwrap()
    });
    let rows = mapping::placements(places.into());
    let positions = rows.iter().filter_map(|row| match row {
        Row::PlaylistPlacement(place) => Some(place.position),
        _ => None,
    });
    assert_eq!(positions.collect::<Vec<_>>(), [None, Some(3), Some(2), Some(1)]);
}

#[test]
fn of_what_cannot_be_read_the_day_is_told_and_nothing_else() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let named = mapping::named(&raw(r#"{"date": "2026-10-20T00:00:00+02:00", "name": "Jane", "plots": 7}"#));
    assert_eq!((named.day, named.fields.len()), (Some(date(2026, 10, 20)), 0));
    for text in ["7", r#"{"date": "someday soon"}"#, r#"{"date": 7}"#, "[]"] {
        assert_eq!(mapping::named(&raw(text)).day, None, "{text}");
    }
}

// --- What answers mean ---

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    response("song", status, headers, body)
}

fn said(status: u16, message: &str) -> Meaning {
    let body = json!({ "errors": [{ "key": "access", "code": status, "message": message }] }).to_string();
    errors::meaning(&answer(status, &[("x-ratelimit-reset", "7")], &body))
}

#[test]
fn only_soundcharts_own_words_make_something_gone() {
    assert_eq!(errors::meaning(&answer(200, &[], r#"{"items": [], "errors": []}"#)), Meaning::Ok);
    assert!(matches!(said(404, "Not found."), Meaning::Gone { .. }));
    let Meaning::Gone { reason } = said(410, "ada@example.com") else { panic!() };
    assert!(reason.contains("blacklisted") && !reason.contains("ada"), "{reason}");
    assert!(
        matches!(said(400, "Invalid platform code"), Meaning::Permanent { reason } if reason.contains("`platforms`"))
    );
    assert!(
        matches!(said(401, "You are not logged in"), Meaning::NeedsReauth { advice } if advice.contains("set credentials"))
    );
    assert!(
        matches!(said(403, "not in your plan"), Meaning::Forbidden { advice } if advice.contains("plan"))
    );
    for (status, body) in [(404, "<html>"), (404, "{}"), (410, ""), (200, "<html>"), (200, "[]"), (503, "")] {
        let meaning = errors::meaning(&answer(status, &[], body));
        assert!(!matches!(meaning, Meaning::Gone { .. } | Meaning::Ok), "{status} {body}: {meaning:?}");
    }
    assert!(matches!(said(503, "An error occurred"), Meaning::Transient { .. }));
}

#[test]
fn a_minutes_limit_says_when_it_is_over_and_a_months_does_not() {
    let limited = |wait| Meaning::RateLimited { scope: Scope::Project, wait };
    let message = "You have reached the maximum request count per minute.";
    assert_eq!(said(429, message), limited(Wait::For(Duration::from_secs(8))));
    assert_eq!(said(429, "Maximum quota reached"), limited(Wait::For(Duration::from_hours(1))));
    let body = json!({ "errors": [{ "message": message }] }).to_string();
    for reset in ["", "soon", "-1"] {
        let meaning = errors::meaning(&answer(429, &[("x-ratelimit-reset", reset)], &body));
        assert_eq!(meaning, limited(Wait::Unsaid), "{reset:?}");
    }
}

#[test]
fn what_is_left_tells_what_is_used_where_it_is_known_how_much_there_is() {
    let ratio = |left: &str, allowance| {
        let signals = errors::signals(&answer(200, &[("x-quota-remaining", left)], "{}"), allowance);
        signals.first().map(|signal| match signal {
            Signal::Used { scope: Scope::Project, ratio } => format!("{ratio:.2}"),
            signal => panic!("{signal:?}"),
        })
    };
    assert_eq!(ratio("750", Some(1_000)).as_deref(), Some("0.25"));
    assert_eq!(
        ratio("2000", Some(1_000)).as_deref(),
        Some("0.00"),
        "there is more than the configuration says"
    );
    assert_eq!((ratio("0", None).as_deref(), ratio("-5", Some(10)).as_deref()), (Some("1.00"), Some("1.00")));
    assert_eq!((ratio("750", None), ratio("many", Some(1)), ratio("", Some(1))), (None, None, None));
}

// --- What can be configured ---

fn connected(credentials: &[(&str, &str)], settings: Value) -> Result<SoundchartsSource, SetupError> {
    let mut spec = spec(&Soundcharts, ("app_id", "x"), Value::Null);
    spec.credentials =
        credentials.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).into())).collect();
    let settings: Settings = serde_json::from_value(settings).unwrap();
    SoundchartsSource::new(&spec, &settings)
}

#[test]
fn one_pair_of_credentials_is_enough_and_two_are_too_many() {
    let settings = || json!({ "artists": ["11e81bcc-9c1c-ce38-b96b-a0369fe50396"] });
    assert!(connected(&[("app_id", "a"), ("api_key", "b")], settings()).is_ok());
    assert!(connected(&[("client_id", "a"), ("client_secret", "b")], settings()).is_ok());
    for (credentials, word) in [
        (&[][..], "client_id is missing"),
        (&[("app_id", "a")], "api_key is missing"),
        (&[("api_key", "b")], "app_id is missing"),
        (&[("client_id", "a")], "client_secret is missing"),
        (&[("app_id", "a"), ("api_key", "b"), ("client_id", "c")], "keep one of the two"),
    ] {
        let error = connected(credentials, settings()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn mistakes_in_settings_say_what_was_expected() {
    for (settings, words) in [
        (json!({}), "settings.tracks: nothing to read"),
        (json!({ "tracks": ["https://app.soundcharts.com/app/song/x"] }), "UUID of a song"),
        (json!({ "tracks": ["isrc:USUM"] }), "isrc:USUM71900764"),
        (json!({ "artists": ["isrc:USUM71900764"] }), "UUID of an artist"),
        (json!({ "artists": ["a"], "platforms": [] }), "settings.platforms: "),
        (json!({ "artists": ["a"], "platforms": ["Spotify"] }), "codes of platforms"),
        (json!({ "artists": ["a"], "platforms": ["../x"] }), "codes of platforms"),
    ] {
        let read: Settings = serde_json::from_value(settings.clone()).unwrap();
        let error = read.wanted().unwrap_err().to_string();
        assert!(error.contains(words), "{settings}: {error}");
    }
    assert!(serde_json::from_value::<Settings>(json!({ "track": ["a"] })).is_err());
}

#[test]
fn streams_are_on_where_there_is_something_to_read() {
    let on = |settings: Value| -> Vec<&'static str> {
        let streams = Soundcharts.streams(&serde_json::from_value(settings).unwrap()).into_iter();
        let streams = streams.map(StreamOf::described).filter(|stream| stream.enabled);
        streams.map(|stream| stream.name).collect()
    };
    assert_eq!(on(json!({ "tracks": ["a"] })), ["tracks", "song_audience", "playlists"]);
    assert_eq!(on(json!({ "artists": ["a"] })), ["artist_audience"]);
    // What Deezer has of a song is no counter of ours.
    assert_eq!(on(json!({ "tracks": ["a"], "platforms": ["deezer"] })), ["tracks", "playlists"]);
    assert_eq!((song_counter("youtube"), song_counter("genius")), (Some("views"), None));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), status in 100_u16..600) {
        let answer = response("song", status, &[], &bytes);
        let _ = (errors::meaning(&answer), errors::signals(&answer, Some(1)));
        let _ = serde_json::from_slice::<wire::Single<wire::Song>>(&bytes);
        let _ = serde_json::from_slice::<wire::Collection<wire::Entry>>(&bytes);
    }

    /// Whatever stands in a field, an element is a row, none, or says why not.
    #[test]
    fn any_field_is_answered(text in "\\PC{0,24}", number in any::<i64>()) {
        let values = [json!(text), json!(number), Value::Null, json!([text]), json!({ "value": number })];
        for value in values {
            let _ = song_day(&json!({ "date": value, "plots": [{ "value": value }] }));
            let _ = song_day(&json!({ "date": "2026-10-20", "plots": value }));
            let _ = entry(|entry| entry["positionDate"] = value.clone());
            let _ = entry(|entry| entry["playlist"] = value.clone());
            let _ = songs(&json!({ "object": { "uuid": value, "isrc": value, "releaseDate": value } }).to_string());
        }
    }

    /// Whatever is accepted is a single, harmless segment of a path.
    #[test]
    fn what_is_accepted_stays_in_its_place(text in "\\PC{0,24}") {
        let settings = Settings { tracks: vec![text.clone()], platforms: vec![text], ..Settings::default() };
        if let Ok(wanted) = settings.wanted() {
            let targets = SUBJECTS.into_iter().flat_map(|subject| wanted.targets(subject));
            for segment in targets.flat_map(|target| [target.object.to_string(), target.platform]) {
                prop_assert!(segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte)), "{segment}");
            }
        }
    }
}
