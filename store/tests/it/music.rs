//! Cases about streaming services.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp, civil::date};
use rows::{
    Day, DayRange, Micros, Row, Table,
    checkpoint::{Checkpoint, DaysProgress, Progress, SnapshotProgress},
    music::{
        Album, Artist, ArtistAudience, CounterReading, Granularity, MeasureClass, MusicEntity, Playlist,
        PlaylistPlacement, Track, TrackPerformance,
    },
    quarantine::Quarantined,
    sink::{Commit, Committed, Vanish},
};

use crate::{
    samples::{day, days},
    support::{Bench, at},
};

fn commit(stream: &str, epoch: i64, rows: Vec<Row>) -> Commit {
    Commit {
        connection: "deezer".into(),
        integration: "deezer".into(),
        epoch,
        stream: stream.into(),
        rows,
        ..Commit::default()
    }
}

fn checkpoint(commit: &Commit, progress: Progress) -> Checkpoint {
    Checkpoint {
        account_id: commit.account_id.clone(),
        stream: commit.stream.clone(),
        time_zone: "UTC".into(),
        currency: None,
        progress,
        forbidden: None,
    }
}

/// The whole set was read at that instant.
fn read(mut commit: Commit, read_at: &str) -> Commit {
    let progress = SnapshotProgress { read_at: Some(at(read_at)), ..SnapshotProgress::default() };
    commit.checkpoint = Some(checkpoint(&commit, Progress::Snapshot(progress)));
    commit
}

fn track(id: &str) -> Track {
    Track {
        service: "deezer".into(),
        track_id: id.into(),
        title: Some("Night Drive".into()),
        isrc: Some("USUM71703861".into()),
        artist_id: Some("27".into()),
        artist_name: Some("Band".into()),
        album_id: None,
        duration_seconds: Some(224),
        released_on: Some(day(1)),
    }
}

fn playlist(id: &str) -> Playlist {
    Playlist {
        service: "deezer".into(),
        playlist_id: id.into(),
        name: Some("Hits".into()),
        owner_id: None,
        owner_name: Some("Deezer".into()),
        track_count: Some(50),
        followers: Some(1_000),
        public: Some(true),
        created_at: Some(at("2020-01-01T00:00:00Z")),
    }
}

fn reading(entity: MusicEntity, id: &str, counter: &str, date: Day, value: i64) -> Row {
    let (service, id, counter) = ("deezer".into(), id.into(), counter.into());
    let measure_class = MeasureClass::PublicCounter;
    Row::CounterReading(CounterReading { service, entity, id, counter, date, value, measure_class })
}

fn performance(id: &str, date: Day) -> TrackPerformance {
    TrackPerformance {
        service: "deezer".into(),
        track_id: id.into(),
        date,
        granularity: Granularity::Day,
        country: String::new(),
        segment: String::new(),
        measure_class: MeasureClass::PublicCounter,
        streams: None,
        listeners: None,
        saves: None,
        skips: Some(0),
        playlist_adds: None,
        popularity: Some(Micros(87_654_321)),
        period_end: None,
    }
}

fn audience(date: Day, followers: i64) -> Row {
    Row::ArtistAudience(ArtistAudience {
        service: "deezer".into(),
        artist_id: "27".into(),
        date,
        measure_class: MeasureClass::PublicCounter,
        followers: Some(followers),
        monthly_listeners: None,
        popularity: None,
        streams: None,
        listeners: None,
        monthly_active_listeners: None,
        super_listeners: None,
        saves: None,
        playlist_adds: None,
    })
}

fn placement(playlist: &str, track: &str, date: Day, position: i64) -> Row {
    Row::PlaylistPlacement(PlaylistPlacement {
        service: "deezer".into(),
        playlist_id: playlist.into(),
        track_id: track.into(),
        date,
        position: Some(position),
        followers: Some(1_000),
        added_at: Some(at("2026-11-20T08:30:00Z")),
        title: Some("Night Drive".into()),
        artist_name: None,
        streams: None,
        listeners: None,
    })
}

/// What these rows show of the day is all there is.
fn complete(mut commit: Commit, day: Day) -> Commit {
    let seen: HashSet<_> = commit.rows.iter().filter_map(|row| Some((row.entity(), row.day()?))).collect();
    let (seen, days) = ([(Table::PlaylistPlacements, seen)].into(), DayRange::day(day));
    commit.vanish = Some(Vanish::Days { days, level: None, seen, spared: BTreeSet::new(), confirmed: true });
    commit
}

pub async fn objects_of_services_are_marked_and_come_back(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let album = Album {
        service: "deezer".into(),
        album_id: "1".into(),
        title: Some("LP".into()),
        upc: Some("724384960650".into()),
        artist_id: None,
        artist_name: None,
        label: Some("Label".into()),
        record_type: Some("album".into()),
        track_count: Some(12),
        released_on: Some(day(1)),
        followers: Some(0),
    };
    let artist = Artist {
        service: "deezer".into(),
        artist_id: "27".into(),
        name: Some("Band".into()),
        album_count: Some(3),
        followers: None,
    };
    let mut elsewhere = track("1");
    elsewhere.service = "spotify".into();
    let rows = vec![
        Row::Track(track("1")),
        Row::Track(elsewhere),
        Row::Album(album),
        Row::Artist(artist),
        Row::Playlist(playlist("9")),
    ];
    let whole = commit("objects", epoch, rows);
    bench.commit(whole.clone()).await;
    let stored = bench.one("SELECT * FROM tracks WHERE service = 'deezer'").await;
    assert_eq!((&stored["isrc"], &stored["duration_seconds"]), (&"USUM71703861".into(), &224.into()));
    assert_eq!((&stored["released_on"], &stored["album_id"]), (&"2026-11-01".into(), &None::<String>.into()));
    let stored = bench.one("SELECT upc, record_type, track_count, followers FROM albums").await;
    let expected =
        serde_json::json!({"upc": "724384960650", "record_type": "album", "track_count": 12, "followers": 0});
    assert_eq!(stored, expected);
    let stored = bench.one("SELECT name, followers, provider FROM artists").await;
    assert_eq!(stored, serde_json::json!({"name": "Band", "followers": null, "provider": "deezer"}));
    let stored = bench.one("SELECT * FROM playlists").await;
    assert!(stored["created_at"].as_str().unwrap().starts_with("2020-01-01T00:00:00"), "{stored}");
    for (table, id) in
        [(Table::Tracks, "1"), (Table::Albums, "1"), (Table::Artists, "27"), (Table::Playlists, "9")]
    {
        let mut gone = commit("objects", epoch, vec![]);
        gone.tombstones = vec![(table, id.into()), (table, "unknown".into())];
        assert_eq!(bench.commit(gone.clone()).await.vanished, 1, "{table:?}");
        let removed = format!("{} WHERE status = 'removed' AND revision = 1", table.name());
        assert_eq!(bench.count(&removed).await, 1, "{table:?}");
        let before = bench.dump().await;
        assert_eq!(bench.commit(gone).await, Committed::default(), "gone only once");
        assert_eq!(bench.dump().await, before);
    }
    assert_eq!(bench.count("tracks WHERE status IS NULL AND service = 'spotify'").await, 1);
    // A later row says that they are there again.
    assert_eq!(bench.commit(whole).await.restated, 4);
    assert_eq!(bench.count("tracks WHERE status IS NULL").await, 2);
    let mut vanish = commit("objects", epoch, vec![]);
    let seen = [Row::Track(track("1")).entity()].into();
    vanish.vanish = Some(Vanish::Objects { table: Table::Tracks, seen });
    assert_eq!(bench.commit(vanish).await.vanished, 1);
    assert_eq!(bench.one("SELECT service FROM tracks WHERE status = 'removed'").await["service"], "spotify");
}

pub async fn numbers_of_services_read_back_through_the_views(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let mut german = performance("1", day(23));
    german.country = "DE".into();
    german.segment = "premium".into();
    let rows = vec![
        Row::TrackPerformance(performance("1", day(23))),
        Row::TrackPerformance(german),
        Row::TrackPerformance(performance("1", day(24))),
        audience(day(24), 5_000_000_000),
        reading(MusicEntity::Track, "1", "rank", day(24), 876_543),
        placement("chart:0", "1", day(24), 3),
    ];
    let whole = read(commit("all", epoch, rows), "2026-11-24T09:30:00Z");
    let written = [
        (Table::TrackPerformanceDaily, 3),
        (Table::ArtistAudienceDaily, 1),
        (Table::CounterReadingsDaily, 1),
        (Table::PlaylistPlacements, 1),
    ];
    assert_eq!(bench.commit(whole.clone()).await.written, written);
    let before = bench.dump().await;
    bench.clock.set("2026-11-24T11:00:00Z");
    assert_eq!(bench.commit(whole).await, Committed::default());
    assert_eq!(bench.dump().await, before);
    let stored = bench.query("SELECT * FROM track_performance_daily WHERE country = '' ORDER BY date").await;
    assert_eq!(
        (&stored[0]["granularity"], &stored[0]["measure_class"]),
        (&"day".into(), &"public_counter".into())
    );
    assert!(stored[0]["streams"].is_null() && stored[0]["skips"] == 0, "{stored:?}");
    assert!(stored[0]["popularity"].to_string().trim_matches('"').starts_with("87.654321"), "{stored:?}");
    // The day on which the set was last read is not over: a later reading may change it.
    let provisional = |row: &serde_json::Value| row["provisional"] == true || row["provisional"] == 1;
    assert_eq!((provisional(&stored[0]), provisional(&stored[1])), (false, true), "{stored:?}");
    let stored = bench.one("SELECT followers, monthly_listeners FROM artist_audience_daily").await;
    assert_eq!(stored, serde_json::json!({"followers": 5_000_000_000_i64, "monthly_listeners": null}));
    let stored = bench.one("SELECT service, entity, id, counter, value FROM counter_readings_daily").await;
    let expected = serde_json::json!({
        "service": "deezer", "entity": "track", "id": "1", "counter": "rank", "value": 876_543
    });
    assert_eq!(stored, expected);
    let stored = bench.one("SELECT * FROM playlist_placements").await;
    assert_eq!((&stored["position"], &stored["followers"]), (&3.into(), &1_000.into()));
    assert!(stored["added_at"].as_str().unwrap().starts_with("2026-11-20T08:30:00"), "{stored}");
    assert_eq!((&stored["title"], &stored["artist_name"]), (&"Night Drive".into(), &None::<String>.into()));
}

pub async fn a_counter_differs_from_the_day_before_or_says_nothing(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let fans = |number, value| reading(MusicEntity::Artist, "27", "fans", day(number), value);
    let rows = vec![
        fans(1, 100),
        fans(2, 130),
        fans(3, 130),
        fans(4, 120),
        fans(6, 150),
        fans(7, 151),
        reading(MusicEntity::Artist, "28", "fans", day(5), 1),
        reading(MusicEntity::Album, "27", "fans", day(5), 1),
    ];
    bench.commit(commit("artists", epoch, rows)).await;
    let deltas = bench
        .query("SELECT delta FROM counter_deltas_daily WHERE entity = 'artist' AND id = '27' ORDER BY date")
        .await;
    let deltas: Vec<Option<i64>> = deltas.iter().map(|row| row["delta"].as_i64()).collect();
    // First, more, none, fewer, a gap, more.
    assert_eq!(deltas, [None, Some(30), Some(0), None, None, Some(1)]);
    assert_eq!(bench.count("counter_deltas_daily WHERE delta < 0").await, 0);
    // Over the end of a month.
    let rows = vec![reading(MusicEntity::Track, "1", "rank", "2026-10-31".parse().unwrap(), 1)];
    bench.commit(commit("tracks", epoch, rows)).await;
    let rows = vec![reading(MusicEntity::Track, "1", "rank", day(1), 5)];
    bench.commit(commit("tracks", epoch, rows)).await;
    let delta =
        bench.one("SELECT delta FROM counter_deltas_daily WHERE id = '1' AND date = '2026-11-01'").await;
    assert_eq!(delta["delta"], 4);
}

pub async fn placements_that_were_not_seen_leave_the_day(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let yesterday = vec![placement("9", "1", day(23), 1), placement("9", "2", day(23), 2)];
    bench.commit(complete(commit("playlists", epoch, yesterday), day(23))).await;
    bench.commit(commit("charts", epoch, vec![placement("chart:0", "2", day(24), 7)])).await;
    let morning = vec![placement("9", "1", day(24), 1), placement("9", "2", day(24), 2)];
    bench.commit(complete(commit("playlists", epoch, morning), day(24))).await;
    let noon = vec![placement("9", "1", day(24), 1)];
    assert_eq!(bench.commit(complete(commit("playlists", epoch, noon), day(24))).await.vanished, 1);
    let left = bench
        .query("SELECT playlist_id, track_id FROM playlist_placements WHERE date = '2026-11-24' ORDER BY 1")
        .await;
    let left: Vec<_> =
        left.iter().map(|row| (row["playlist_id"].as_str(), row["track_id"].as_str())).collect();
    assert_eq!(left, [(Some("9"), Some("1")), (Some("chart:0"), Some("2"))]);
    assert_eq!(bench.count("playlist_placements WHERE date = '2026-11-23'").await, 2);
}

pub async fn music_is_shown_as_last_read(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let now = at("2026-11-24T10:00:00Z");
    assert_eq!(bench.store.music(now).await.unwrap(), []);
    let rows = vec![
        Row::Track(track("1")),
        Row::TrackPerformance(performance("1", day(24))),
        reading(MusicEntity::Track, "1", "rank", day(24), 876_543),
        // No longer configured: read yesterday for the last time.
        Row::Track(track("old")),
        Row::TrackPerformance(performance("old", day(23))),
        reading(MusicEntity::Track, "old", "rank", day(23), 1),
        audience(day(24), 27),
        placement("9", "1", day(24), 1),
        placement("9", "foreign", day(24), 2),
        placement("8", "1", day(23), 1),
        Row::Playlist(playlist("9")),
    ];
    let mut weekly = performance("1", day(24));
    weekly.granularity = Granularity::Week;
    weekly.popularity = Some(Micros(1));
    let rows = [rows, vec![Row::TrackPerformance(weekly)]].concat();
    bench.commit(read(commit("all", epoch, rows), "2026-11-24T09:30:00Z")).await;
    let mut snapshots = bench.store.music(now).await.unwrap();
    assert_eq!(snapshots.len(), 1);
    let snapshot = snapshots.remove(0);
    assert_eq!((&*snapshot.connection, &*snapshot.provider), ("deezer", "deezer"));
    assert_eq!(snapshot.tracks.len(), 1, "{:?}", snapshot.tracks);
    let one = &snapshot.tracks[0];
    assert_eq!((&*one.track_id, one.read_on, one.popularity), ("1", day(24), Some(Micros(87_654_321))));
    assert_eq!((one.title.as_deref(), one.isrc.as_deref()), (Some("Night Drive"), Some("USUM71703861")));
    assert_eq!(one.streams, store::read::Windows::default(), "the service does not say");
    let artist = &snapshot.artists[0];
    assert_eq!((&*artist.artist_id, artist.name.as_deref(), artist.followers), ("27", None, Some(27)));
    assert_eq!(snapshot.counters.len(), 1);
    assert_eq!((&*snapshot.counters[0].counter, snapshot.counters[0].value), ("rank", 876_543));
    let names: Vec<_> =
        snapshot.playlists.iter().map(|one| (&*one.playlist_id, one.name.as_deref())).collect();
    assert_eq!(names, [("9", Some("Hits"))]);
    let pair = |track: &str| (track.to_owned(), "9".to_owned());
    assert_eq!(snapshot.placements["deezer"], [pair("1"), pair("foreign")].into());
    // Read on the next day, all playlists are empty: that is known, and nothing else is current.
    bench.commit(read(commit("all", epoch, vec![]), "2026-11-25T00:05:00Z")).await;
    let snapshot = bench.store.music(at("2026-11-25T00:06:00Z")).await.unwrap().remove(0);
    assert!(snapshot.placements["deezer"].is_empty());
    assert!(snapshot.tracks.is_empty() && snapshot.counters.is_empty() && snapshot.playlists.is_empty());
    // One of them says that it has 50 tracks: which they are is unknown, and not nothing.
    assert_eq!(snapshot.partly_placed, ["deezer".to_owned()].into());
    let none = Playlist { track_count: Some(0), ..playlist("9") };
    let empty = read(commit("all", epoch, vec![Row::Playlist(none)]), "2026-11-25T00:10:00Z");
    bench.commit(empty).await;
    let snapshot = bench.store.music(at("2026-11-25T00:11:00Z")).await.unwrap().remove(0);
    assert!(snapshot.placements["deezer"].is_empty() && snapshot.partly_placed.is_empty());
}

pub async fn a_list_that_was_set_aside_makes_the_others_a_part(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    // What is set aside is noted by the store's own clock.
    let (now, minute) = (at("2026-11-24T10:00:00Z"), SignedDuration::from_mins(1));
    let read_at = |at: Timestamp, quarantined: Vec<Quarantined>| Commit {
        quarantined,
        ..read(commit("playlists", epoch, vec![placement("9", "1", day(24), 1)]), &at.to_string())
    };
    let aside = Quarantined {
        reason: "unavailable",
        detail: "not shown".to_owned(),
        place: "playlist 8".to_owned(),
        hash: "8".to_owned(),
        fields: vec![],
        day: None,
    };
    let partly = async || bench.store.music(now).await.unwrap().remove(0).partly_placed;
    bench.commit(read_at(now - minute, vec![])).await;
    assert!(partly().await.is_empty());
    // Nothing but this tells of playlist 8: it was never read.
    bench.commit(read_at(now - minute, vec![aside.clone()])).await;
    assert_eq!(partly().await, ["deezer".to_owned()].into());
    // Another stream's is no word about lists.
    bench.commit(read_at(now + minute, vec![])).await;
    let tracks = Commit { quarantined: vec![aside], ..commit("tracks", epoch, vec![Row::Track(track("1"))]) };
    bench.commit(read(tracks, &(now - minute).to_string())).await;
    assert!(partly().await.is_empty(), "read well since");
}

pub async fn streams_are_summed_over_days_that_were_read(bench: &Bench) {
    let epoch = bench.register("deezer", "deezer").await.epoch;
    let of = |id: &str, number, streams| {
        let mut row = performance(id, day(number));
        row.streams = streams;
        row.popularity = None;
        row
    };
    let mut german = of("1", 22, Some(9));
    german.country = "DE".into();
    let rows = [of("1", 22, Some(10)), of("1", 2, Some(100)), german, of("2", 22, None)];
    let mut commit = commit("streams", epoch, rows.map(Row::TrackPerformance).into());
    let mut progress = DaysProgress::default();
    progress.mark(days(1, 23), at("2026-11-24T09:30:00Z"));
    commit.checkpoint = Some(checkpoint(&commit, Progress::Days(progress)));
    bench.commit(commit.clone()).await;
    let now = at("2026-11-24T10:00:00Z");
    let snapshot = bench.store.music(now).await.unwrap().remove(0);
    assert_eq!(snapshot.tracks.len(), 1, "{:?}", snapshot.tracks);
    let streams = snapshot.tracks[0].streams;
    assert_eq!((streams.today, streams.yesterday), (None, Some(0)));
    assert_eq!(
        (streams.last_7_days, streams.last_28_days),
        (Some(10), None),
        "four days of October are missing"
    );
    if let Some(Checkpoint { progress: Progress::Days(progress), .. }) = &mut commit.checkpoint {
        progress
            .mark(DayRange::new(date(2026, 10, 28), date(2026, 10, 31)).unwrap(), at("2026-11-24T09:30:00Z"));
    }
    bench.commit(commit).await;
    let streams = bench.store.music(now).await.unwrap().remove(0).tracks[0].streams;
    assert_eq!((streams.last_7_days, streams.last_28_days), (Some(10), Some(110)));
}
