//! From what Deezer sends to rows.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rows::{
    Micros, Row,
    music::{CounterReading, Granularity, MeasureClass, MusicEntity},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    contents::{add, is_whole},
    mapping, wire,
};
use crate::reading::contents::{Contents, List};

const DAY: Date = date(2026, 11, 21);

const TRACK: &str = r#"{
    "id": 3135556, "readable": true, "title": "Harder, Better, Faster, Stronger", "isrc": "gb-duw-00-00059",
    "duration": 224, "rank": 956167, "release_date": "2001-03-07", "bpm": 123.4, "available_countries": ["AE"],
    "artist": {"id": 27, "name": "Daft Punk"}, "album": {"id": 302127, "title": "Discovery"}, "type": "track"
}"#;

fn parse<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

fn track(text: &str) -> Vec<Row> {
    mapping::track(parse(text), DAY).unwrap()
}

#[test]
fn a_track_gives_its_description_its_rank_and_its_popularity() {
    let rows = track(TRACK);
    let [Row::Track(described), Row::CounterReading(reading), Row::TrackPerformance(performance)] = &rows[..]
    else {
        panic!("{rows:?}")
    };
    assert_eq!(described.track_id, "3135556");
    assert_eq!(described.isrc.as_deref(), Some("GBDUW0000059"));
    assert_eq!(described.artist_id.as_deref(), Some("27"));
    assert_eq!(described.artist_name.as_deref(), Some("Daft Punk"));
    assert_eq!(described.album_id.as_deref(), Some("302127"));
    assert_eq!(described.duration_seconds, Some(224));
    assert_eq!(described.released_on, Some(date(2001, 3, 7)));
    let expected = CounterReading {
        service: "deezer".to_owned(),
        entity: MusicEntity::Track,
        id: "3135556".to_owned(),
        counter: "rank".to_owned(),
        date: DAY,
        value: 956_167,
        measure_class: MeasureClass::PublicCounter,
    };
    assert_eq!(*reading, expected);
    assert_eq!(performance.popularity, Some(Micros::parse("95.6167").unwrap()));
    assert_eq!((performance.date, performance.granularity), (DAY, Granularity::Day));
    assert_eq!(performance.measure_class, MeasureClass::PublicCounter);
    // Popularity is not plays.
    assert_eq!((performance.streams, performance.listeners), (None, None));
}

#[test]
fn what_is_absent_or_null_is_unknown() {
    for text in [
        r#"{"id": 1}"#,
        r#"{"id": 1, "title": null, "isrc": null, "rank": null, "duration": null, "release_date": null,
            "artist": null, "album": {"id": null}}"#,
        r#"{"id": 1, "isrc": "", "release_date": "0000-00-00"}"#,
        r#"{"id": 1, "isrc": " - ", "release_date": "2001-00-00"}"#,
    ] {
        let rows = track(text);
        let [Row::Track(track)] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((&track.title, &track.isrc, &track.album_id), (&None, &None, &None));
        assert_eq!((track.duration_seconds, track.released_on), (None, None));
    }
    // Zero is zero.
    assert!(track(r#"{"id": 1, "rank": 0}"#).len() == 3);
    assert_eq!(mapping::artist(parse(r#"{"id": 27}"#), DAY).len(), 1);
    assert_eq!(mapping::artist(parse(r#"{"id": 27, "nb_fan": 0}"#), DAY).len(), 3);
}

#[test]
fn numbers_come_as_text_too_and_lose_nothing() {
    for id in ["18446744073709551615", "\"18446744073709551615\"", "9007199254740993", "-9007199254740993"] {
        let rows = track(&format!(r#"{{"id": {id}, "rank": "9007199254740993", "duration": "224"}}"#));
        let [Row::Track(track), Row::CounterReading(reading), Row::TrackPerformance(performance)] = &rows[..]
        else {
            panic!("{rows:?}")
        };
        assert_eq!(track.track_id, id.trim_matches('"'));
        assert_eq!(track.duration_seconds, Some(224));
        assert_eq!(reading.value, 9_007_199_254_740_993);
        assert_eq!(performance.popularity, None, "beyond the scale");
    }
}

#[test]
fn what_is_wrong_is_refused_and_not_guessed() {
    for text in [
        r#"{"title": "no id"}"#,
        r#"{"id": 1.5}"#,
        r#"{"id": 1e3}"#,
        r#"{"id": ""}"#,
        r#"{"id": "1 OR 1"}"#,
        r#"{"id": 1, "rank": "seven"}"#,
        r#"{"id": 1, "rank": 9223372036854775808}"#,
        r#"{"id": 1, "title": ["a"]}"#,
    ] {
        assert!(serde_json::from_str::<wire::Track>(text).is_err(), "{text}");
    }
    assert!(mapping::track(parse(r#"{"id": 1, "release_date": "last summer"}"#), DAY).is_err());
    assert!(mapping::playlist(parse(r#"{"id": 1, "creation_date": "2014-06-27T25:00"}"#), DAY).is_err());
}

#[test]
fn albums_artists_and_playlists_have_fans() {
    let album = json!({ "id": 302_127, "title": "Discovery", "upc": "0724384960650", "label": "Daft Life", "fans": 7,
        "nb_tracks": 14, "release_date": "2001-03-07", "record_type": "album", "artist": { "id": 27, "name": "Daft Punk" } });
    let rows = mapping::album(parse(&album.to_string()), DAY).unwrap();
    let [Row::Album(album), Row::CounterReading(reading)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        (album.upc.as_deref(), album.track_count, album.followers),
        (Some("0724384960650"), Some(14), Some(7))
    );
    assert_eq!((reading.entity, &*reading.counter, reading.value), (MusicEntity::Album, "fans", 7));

    let rows =
        mapping::artist(parse(r#"{"id": 27, "name": "Daft Punk", "nb_album": 36, "nb_fan": 4500000}"#), DAY);
    let [Row::Artist(artist), Row::CounterReading(reading), Row::ArtistAudience(audience)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!((artist.album_count, artist.followers), (Some(36), Some(4_500_000)));
    assert_eq!((reading.value, audience.followers), (4_500_000, Some(4_500_000)));

    let playlist = json!({ "id": 908_622_995, "title": "Bain moussant", "public": true, "nb_tracks": 50, "fans": 18_179,
        "checksum": "1cd5", "creation_date": "2014-06-27 09:09:31", "creator": { "id": "1687950", "name": "Editors" },
        "tracks": { "data": [{ "id": "a part that is passed over" }] } });
    let rows = mapping::playlist(parse(&playlist.to_string()), DAY).unwrap();
    let [Row::Playlist(playlist), Row::CounterReading(_)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(playlist.owner_id.as_deref(), Some("1687950"));
    assert_eq!(
        (playlist.track_count, playlist.followers, playlist.public),
        (Some(50), Some(18_179), Some(true))
    );
    assert_eq!(playlist.created_at, Some("2014-06-27T09:09:31Z".parse().unwrap()));
}

fn listing(ids: &[u64], total: u64) -> wire::Listing {
    let data: Vec<_> = ids.iter().map(|id| json!({ "id": id, "time_add": 1_700_000_000 + id })).collect();
    parse(&json!({ "data": data, "total": total }).to_string())
}

#[test]
fn a_track_has_its_first_place_counted_from_one_over_all_pages() {
    let mut contents = Contents::default();
    let first: Vec<u64> = (1..=100).collect();
    add(&mut contents, &listing(&first, 102), 0, "/playlist/1/tracks");
    add(&mut contents, &listing(&[2, 900], 102), 100, "/playlist/1/tracks");
    assert!(!contents.torn && contents.has_doubles());
    let list = List { service: "deezer", playlist_id: "1", day: DAY, followers: Some(5) };
    let placed: Vec<_> = contents
        .placements(list)
        .map(|row| match row {
            Row::PlaylistPlacement(row) => {
                (row.track_id, row.position, row.added_at.map(jiff::Timestamp::as_second))
            }
            row => panic!("{row:?}"),
        })
        .collect();
    assert_eq!(placed.len(), 101);
    assert_eq!(placed[1], ("2".to_owned(), Some(2), Some(1_700_000_002)));
    assert_eq!(placed[100], ("900".to_owned(), Some(102), Some(1_700_000_900)));
}

#[test]
fn a_list_that_is_not_whole_is_noticed() {
    let full: Vec<u64> = (1..=100).collect();
    let torn = |pages: &[(&[u64], u64)]| {
        let mut contents = Contents::default();
        for (index, (ids, total)) in pages.iter().enumerate() {
            add(&mut contents, &listing(ids, *total), index as u64 * 100, "/");
        }
        !is_whole(&contents)
    };
    assert!(!torn(&[(&[], 0)]));
    assert!(!torn(&[(&full, 101), (&[101], 101)]));
    assert!(torn(&[(&full, 101), (&[101], 102)]), "the total moved");
    assert!(torn(&[(&full, 250), (&[], 250), (&full[..50], 250)]), "a page was missing");
    assert!(torn(&[(&full[..30], 100)]), "most of it did not come");
    assert!(torn(&[(&[], 60)]), "nothing of it came");
    assert!(torn(&[(&[1, 2], 1)]), "more than there are");
}

#[test]
fn hidden_tracks_are_left_out_of_pages_and_counted_in_the_total() {
    let full: Vec<u64> = (1..=100).collect();
    for (pages, total) in [
        (vec![&full[..59]], 60),
        (vec![&full[..94]], 100),
        (vec![&full[..97], &full[..92], &full[..54]], 260),
        (vec![&full[..], &[]], 101),
    ] {
        let mut contents = Contents::default();
        for (index, ids) in pages.iter().enumerate() {
            add(&mut contents, &listing(ids, total), index as u64 * 100, "/");
        }
        assert!(is_whole(&contents), "{total}");
        let delivered: usize = pages.iter().map(|ids| ids.len()).sum();
        let positions: Vec<_> = contents.places.iter().map(|(position, _)| *position).collect();
        let expected: Vec<_> = (1..=i64::try_from(delivered).unwrap()).collect();
        assert_eq!(positions, expected, "without holes");
    }
}

#[test]
fn an_unreadable_element_keeps_its_position() {
    let mut contents = Contents::default();
    let text = r#"{"data": [{"id": 1}, {"id": "ada@example.com"}, {"id": 3, "time_add": 0},
        {"id": 4, "time_add": 9223372036854775807}], "total": 4}"#;
    add(&mut contents, &parse(text), 0, "/playlist/1/tracks");
    let positions: Vec<_> =
        contents.places.iter().map(|(position, placed)| (*position, placed.added_at)).collect();
    assert_eq!(positions, [(1, None), (3, None)]);
    assert_eq!(contents.quarantined.len(), 2);
    assert_eq!(contents.displaced, ["4".to_owned()].into(), "its later places are not its first");
    assert!(!contents.torn);
    assert!(!format!("{:?}", contents.quarantined).contains("ada"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = serde_json::from_slice::<wire::Track>(&bytes).map(|track| mapping::track(track, DAY));
        let _ = serde_json::from_slice::<wire::Listing>(&bytes);
    }

    #[test]
    fn any_values_are_read_or_refused(id in any::<u64>(), count in any::<i64>(), text in any::<String>()) {
        let object = json!({ "id": id, "title": text, "name": text, "isrc": text, "upc": text, "rank": count, "fans": count,
            "nb_fan": count, "release_date": text, "creation_date": text, "time_add": count, "checksum": text }).to_string();
        let _ = mapping::track(parse(&object), DAY);
        let _ = mapping::album(parse(&object), DAY);
        let _ = mapping::artist(parse(&object), DAY);
        let _ = mapping::playlist(parse(&object), DAY);
        let mut contents = Contents::default();
        add(&mut contents, &parse(&format!(r#"{{"data": [{object}], "total": 1}}"#)), 0, "/");
        prop_assert_eq!(contents.places.len() + contents.quarantined.len(), 1);
    }
}
