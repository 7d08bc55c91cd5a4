//! From what Apple sends to rows, and what its answers mean.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rows::{Row, day::DayRange};
use serde_json::{json, value::RawValue};

use super::{
    analytics::table,
    contents::follow,
    errors::{self, CHART, CONTENTS, PLAYS, SONGS},
    mapping,
    wire::List,
};
use crate::{
    failure::Wait,
    reading::{contents::Contents, subjects::Subject},
    session::{Call, Meaning, quota::Scope},
    testing::response,
};

/// Fields as documented.
const SONG: &str = r#"{"id":"1440857781","type":"songs","href":"/v1/catalog/us/songs/1440857781","attributes":{"albumName":"Evolve",
    "artistName":"Imagine Dragons","artwork":{"width":3000},"discNumber":1,"durationInMillis":204346,"genreNames":["Alternative"],
    "isrc":"us-um7-17-03861","name":"Believer","playParams":{"id":"1440857781","kind":"song"},"releaseDate":"2017-02-01","trackNumber":3,
    "url":"https://music.apple.com/us/album/x","contentRating":"clean"},"relationships":{"artists":{"href":"/v1/x","data":[{"id":"358714030",
    "type":"artists"}]},"albums":{"data":[{"id":"1440857774","type":"albums"}]}}}"#;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn of(subject: Subject, text: &str) -> Row {
    mapping::row(subject, raw(text)).unwrap()
}

#[test]
fn songs_albums_and_artists_become_rows() {
    let Row::Track(song) = of(Subject::Track, SONG) else { panic!("no track") };
    assert_eq!((&*song.service, &*song.track_id), ("apple_music", "1440857781"));
    assert_eq!((song.title.as_deref(), song.isrc.as_deref()), (Some("Believer"), Some("USUM71703861")));
    assert_eq!(
        (song.artist_id.as_deref(), song.artist_name.as_deref()),
        (Some("358714030"), Some("Imagine Dragons"))
    );
    assert_eq!((song.album_id.as_deref(), song.duration_seconds), (Some("1440857774"), Some(204)));
    assert_eq!(song.released_on, Some(date(2017, 2, 1)));

    let album = r#"{"id":"2","attributes":{"name":"Evolve","artistName":"A","upc":"00602557631234","recordLabel":"KIDinaKORNER",
        "trackCount":9007199254740993,"releaseDate":"2017"},"relationships":{"artists":{"data":[{"id":"7"}]}}}"#;
    let Row::Album(album) = of(Subject::Album, album) else { panic!("no album") };
    assert_eq!(
        (album.upc.as_deref(), album.label.as_deref()),
        (Some("00602557631234"), Some("KIDinaKORNER"))
    );
    assert_eq!(
        (album.track_count, album.released_on),
        (Some(9_007_199_254_740_993), None),
        "a year is no day"
    );
    assert_eq!((album.artist_id.as_deref(), album.followers), (Some("7"), None));

    let Row::Artist(artist) = of(Subject::Artist, r#"{"id":"7","attributes":{"name":"A"}}"#) else {
        panic!("no artist")
    };
    assert_eq!((artist.name.as_deref(), artist.album_count, artist.followers), (Some("A"), None, None));

    let playlist = r#"{"id":"pl.1","attributes":{"name":"Hits","curatorName":"Apple Music Pop","lastModifiedDate":"2026-11-20T01:00:00Z",
        "playlistType":"editorial"},"relationships":{"curator":{"data":[{"id":"976439548"}]},"tracks":{"data":"passed over"}}}"#;
    let mapping::Described { playlist, modified } = mapping::playlist(raw(playlist)).unwrap();
    assert_eq!(
        (playlist.owner_id.as_deref(), playlist.owner_name.as_deref()),
        (Some("976439548"), Some("Apple Music Pop"))
    );
    assert_eq!((playlist.track_count, playlist.followers, playlist.public), (None, None, None));
    assert_eq!(modified.as_deref(), Some("2026-11-20T01:00:00Z"));
}

#[test]
fn what_is_absent_or_null_is_unknown_and_what_is_no_resource_is_refused() {
    for text in [
        r#"{"id":"1","attributes":{}}"#,
        r#"{"id":"1","attributes":{"name":null,"isrc":null,"durationInMillis":null,"releaseDate":null},"relationships":null}"#,
        r#"{"id":"1","attributes":{"isrc":" - ","releaseDate":""},"relationships":{"artists":null,"albums":{"data":[]}}}"#,
    ] {
        let Row::Track(song) = of(Subject::Track, text) else { panic!("{text}") };
        assert_eq!((song.title, song.isrc, song.duration_seconds), (None, None, None), "{text}");
        assert_eq!((song.artist_id, song.album_id, song.released_on), (None, None, None), "{text}");
    }
    for text in [
        r#"{"attributes":{"name":"no id"}}"#,
        r#"{"id":"1"}"#,
        r#"{"id":"","attributes":{}}"#,
        r#"{"id":"1","attributes":{"durationInMillis":"seven"}}"#,
        r#"{"id":"1","attributes":{"durationInMillis":-1}}"#,
        r#"{"id":"1","attributes":{"name":["a"]}}"#,
        r#"{"id":"1","attributes":{"releaseDate":"last summer"}}"#,
        "7",
    ] {
        assert!(mapping::row(Subject::Track, raw(text)).is_err(), "{text}");
    }
}

#[test]
fn lists_are_resources_a_chart_or_the_word_that_nothing_more_is_there() {
    let list =
        |text: &'static str| List::of(text.as_bytes()).map(|list| (list.data.len(), list.next.is_some()));
    assert_eq!(list(r#"{"data":[{},7],"next":"/v1/x","href":"y"}"#), Ok((2, true)));
    let chart =
        |text: &'static str| List::chart(text.as_bytes()).map(|list| (list.data.len(), list.next.is_some()));
    assert_eq!(
        chart(r#"{"results":{"songs":[{"name":"Top Songs","data":[1]},{"data":[]}]}}"#),
        Ok((1, false))
    );
    for read in [list, chart] {
        assert_eq!(read(r#"{"errors":[{"code":"40403"}]}"#), Ok((0, false)));
    }
    // What is no chart is no empty one.
    assert!(chart(r#"{"data":[]}"#).is_err());
    for text in [
        "",
        "{}",
        "[]",
        "7",
        r#"{"data":null}"#,
        r#"{"data":7}"#,
        r#"{"results":{}}"#,
        r#"{"results":{"songs":[]}}"#,
    ] {
        assert!(list(text).is_err() && chart(text).is_err(), "an end that is none: {text}");
    }
}

#[test]
fn a_page_leads_to_another_one_of_its_list_and_nowhere_else() {
    let call = Call::get("/v1/catalog/us/charts", "chart").query("types", "songs");
    let next = |next: Option<&str>, data: &str| {
        let body = json!({ "data": serde_json::from_str::<serde_json::Value>(data).unwrap(), "next": next })
            .to_string();
        follow(&call, &List::of(body.as_bytes()).unwrap())
            .map(|next| next.map(|call| (call.path, call.query)))
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(next(None, "[1]"), Ok(None));
    let expected =
        ("/v1/catalog/us/charts".to_owned(), vec![pair("offset", "20"), pair("types", "songs,a b")]);
    assert_eq!(next(Some("/v1/catalog/us/charts?offset=20&types=songs%2Ca+b"), "[1]"), Ok(Some(expected)));
    for bad in [
        "",
        "?offset=20",
        "/v1/catalog/us/charts?types=songs",
        "/v1/catalog/de/charts?offset=20",
        "//evil.invalid/v1/catalog/us/charts?offset=20",
        "https://evil.invalid/v1/catalog/us/charts?offset=20",
        "@evil.invalid/v1/catalog/us/charts?offset=20",
    ] {
        assert!(next(Some(bad), "[1]").is_err(), "{bad}");
    }
    assert!(next(Some("/v1/catalog/us/charts?offset=20"), "[]").is_err(), "more follows an empty page");
}

#[test]
fn places_count_every_entry_and_only_songs_have_one() {
    let video = r#"{"id":"9","type":"music-videos","attributes":{"name":"Film"}}"#;
    let bad = r#"{"id":"5","type":"songs","attributes":{"name":7}}"#;
    let later = r#"{"id":"5","type":"songs","attributes":{}}"#;
    let entries = [video, SONG, bad, r#"{"no":"type"}"#, later, SONG].map(raw);
    let mut contents = Contents::default();
    contents.extend(entries, "/x", mapping::placed, mapping::id_of);
    let places: Vec<_> =
        contents.places.iter().map(|(position, placed)| (*position, &*placed.track_id)).collect();
    assert_eq!(places, [(2, "1440857781"), (5, "5"), (6, "1440857781")]);
    assert_eq!((contents.quarantined.len(), contents.delivered), (2, 6));
    assert!(contents.displaced.contains("5"), "a later place must not pass for its first");
}

fn error(status: u16, code: &str, endpoint: &'static str) -> Meaning {
    let error = json!({ "id": "Q", "title": "planted", "detail": "planted", "status": status.to_string(), "code": code });
    let body = json!({ "errors": [error] }).to_string();
    errors::meaning(&response(endpoint, status, &[], body.as_bytes()))
}

#[test]
fn errors_mean_what_apple_says_and_its_words_are_not_repeated() {
    assert!(matches!(error(404, "40400", "track"), Meaning::Gone { .. }));
    // A list ends, or is empty.
    assert_eq!(error(404, "40403", CONTENTS), Meaning::Ok);
    assert_eq!(error(404, "40403", CHART), Meaning::Ok);
    assert!(matches!(error(404, "40403", "track"), Meaning::Permanent { .. }), "no word about an object");
    assert!(
        matches!(error(404, "40401", "track"), Meaning::Permanent { reason } if reason.contains("base_url"))
    );
    assert!(
        matches!(error(403, "40300", "track"), Meaning::Forbidden { advice } if advice.contains("MusicKit"))
    );
    assert!(matches!(error(400, "40005", SONGS), Meaning::Permanent { .. }));
    assert_eq!(
        error(429, "42900", SONGS),
        Meaning::RateLimited { scope: Scope::Project, wait: Wait::Unsaid }
    );
    for status in [408, 500, 502, 503] {
        assert!(matches!(error(status, "50000", "track"), Meaning::Transient { .. }), "{status}");
    }
    for status in [400, 401, 403, 404, 429, 500] {
        assert!(!format!("{:?}", error(status, "planted", "track")).contains("planted"), "{status}");
    }
    let refused = errors::meaning(&response("track", 401, &[], b""));
    assert!(
        matches!(refused, Meaning::NeedsReauth { advice } if advice.contains("set credentials.private_key"))
    );
}

#[test]
fn only_apples_own_word_makes_something_gone_good_or_refused() {
    for (status, body) in [
        (404, "<html>not found</html>"),
        (404, "{}"),
        (404, r#"{"errors":[]}"#),
        (404, r#"{"errors":[{"title":"no code"}]}"#),
        (410, ""),
        (401, "<html>"),
        (403, "<html>"),
        (200, "<html>"),
        (200, "[]"),
        (200, r#"{"data": ["#),
        (204, ""),
    ] {
        for endpoint in ["track", CONTENTS, PLAYS] {
            let meaning = errors::meaning(&response(endpoint, status, &[], body.as_bytes()));
            let is_wrong =
                matches!(meaning, Meaning::Gone { .. } | Meaning::Ok | Meaning::NeedsReauth { .. });
            assert!(!is_wrong, "{status} {body}: {meaning:?}");
        }
    }
}

#[test]
fn the_key_of_plays_is_refused_by_itself() {
    for status in [401, 403] {
        let meaning = errors::meaning(&response(PLAYS, status, &[], b""));
        assert!(
            matches!(meaning, Meaning::Forbidden { advice } if advice.contains("credentials.analytics_key"))
        );
    }
    let good = b"song_id\tdate\tplay_count\tlistener_count\r\n1\t2026-11-20\t50\t\r\n";
    assert_eq!(errors::meaning(&response(PLAYS, 200, &[], good)), Meaning::Ok);
    assert!(matches!(errors::meaning(&response(PLAYS, 400, &[], b"")), Meaning::Permanent { .. }));
}

const DAYS: DayRange = DayRange { first: date(2026, 11, 1), last: date(2026, 11, 20) };

#[test]
fn a_table_goes_by_its_columns_names() {
    let text = "date\tlistener_count\tnew\tsong_id\tstorefront\tplay_count\r\n2026-11-20\t\tx\t9007199254740993\tus\t150\r\n\
        2026-11-19\t-\tx\t1\tDE\t0\n";
    let read = table(text.as_bytes(), DAYS, true, "plays").unwrap();
    assert!(read.quarantined.is_empty(), "{read:?}");
    let rows: Vec<_> = read
        .rows
        .into_iter()
        .map(|row| match row {
            Row::TrackPerformance(row) => (row.track_id, row.date, row.country, row.streams, row.listeners),
            row => panic!("{row:?}"),
        })
        .collect();
    let day = |day| -> Date { date(2026, 11, day) };
    let expected = [
        ("9007199254740993".to_owned(), day(20), "US".to_owned(), Some(150), None),
        ("1".to_owned(), day(19), "DE".to_owned(), Some(0), None),
    ];
    assert_eq!(rows, expected);
    for text in ["", "song_id\tdate\tplay_count", "song_id\tdate\tplay_count\tlistener_count"] {
        assert!(table(text.as_bytes(), DAYS, true, "plays").is_err(), "{text}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_set_aside_alone() {
    let lines = [
        "1\t2026-11-20\tus\t50\t50",
        "1\t2026-11-20\tUS\t100\t50",
        "Ada\t2026-11-20\tus\t50\t50",
        "2\t2026-10-31\tus\t50\t50",
        "3\tyesterday\tus\t50\t50",
        "4\t2026-11-20\t143441\t50\t50",
        "5\t2026-11-20\tus\t<50\t50",
        "6\t2026-11-20\tus\t4.7e3\t50",
        "7\t2026-11-20\tus",
        "8\t2026-11-20\tus\t\t100",
    ];
    let text = format!("song_id\tdate\tstorefront\tplay_count\tlistener_count\n{}\n", lines.join("\n"));
    let read = table(text.as_bytes(), DAYS, true, "plays").unwrap();
    assert_eq!(read.rows.len(), 2);
    let reasons: Vec<_> = read.quarantined.iter().map(|aside| aside.reason).collect();
    assert_eq!(
        reasons,
        ["twice", "malformed", "date", "date", "malformed", "malformed", "malformed", "missing_field"]
    );
    assert_eq!(read.quarantined[0].day, Some(date(2026, 11, 20)), "its window deletes nothing");
    assert!(!format!("{read:?}").contains("Ada"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(status in 100_u16..600, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = List::of(&bytes);
        let _ = table(&bytes, DAYS, true, "plays");
        for endpoint in ["track", SONGS, CONTENTS, PLAYS] {
            let _ = errors::meaning(&response(endpoint, status, &[], &bytes));
        }
    }

    #[test]
    fn any_cells_are_rows_or_set_aside(cells in prop::collection::vec("[0-9a-z.\\-éé]{0,12}", 0..8)) {
        let text = format!("song_id\tdate\tplay_count\tlistener_count\n{}", cells.join("\t"));
        let read = table(text.as_bytes(), DAYS, false, "plays").unwrap();
        prop_assert_eq!(read.rows.len() + read.quarantined.len(), usize::from(!cells.join("\t").is_empty()));
    }

    #[test]
    fn any_values_are_read_or_refused(id in "\\PC{1,30}", count in any::<i64>(), text in any::<String>()) {
        let attributes = json!({ "name": text, "artistName": text, "isrc": text, "upc": text, "durationInMillis": count,
            "trackCount": count, "releaseDate": text, "curatorName": text, "lastModifiedDate": text });
        let resource = json!({ "id": id, "type": text, "attributes": attributes }).to_string();
        for subject in [Subject::Track, Subject::Album, Subject::Artist] {
            let _ = mapping::row(subject, raw(&resource));
        }
        let _ = (mapping::playlist(raw(&resource)), mapping::placed(raw(&resource)));
    }
}
