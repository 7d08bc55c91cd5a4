//! What is particular to Apple Music: storefronts, songs that are asked for together, links that are paths, and plays with a key of
//! their own.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, SetupError},
    integrations::apple_music::AppleMusic,
    observer::Silent,
};
use rows::{Clock, Row, Table, clock::SimulatedClock, music::MeasureClass, state::State};
use sandbox::apple_music::{
    ANALYTICS_KEY, ANALYTICS_KEY_ID, ANALYTICS_PATH, AppleMusic as World, BIG_SONG, Change, DEMO_KEY,
    EMPTY_PLAYLIST, GERMAN_PLAYLIST, ISSUER_ID, KEY_ID, LONG_PLAYLIST, MusicError, ODD_PLAYLIST, SHARED_ISRC,
    TEAM_ID,
};
use serde_json::{Value, json};

use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    wire::ImitationWire,
};

const NOON: &str = "2026-11-21T12:00:00Z";
const NAME: &str = "label-a-apple";
/// In every storefront; only abroad; only in Japan.
const SONG: &str = "1500000000";
const ABROAD: &str = "1500000051";
const IN_JAPAN: &str = "1500000054";
const NOWHERE: &str = "77";
const ARTIST: &str = "900000001";

struct Bench {
    clock: SimulatedClock,
    wire: ImitationWire,
    sink: MemorySink,
    spec: ConnectionSpec,
}

impl Bench {
    /// A connection with these settings, beside whose key it is.
    fn new(settings: &Value) -> Self {
        let clock = SimulatedClock::new(NOON.parse().unwrap());
        let mut world = World::new(1, 9, clock.now());
        world.freeze();
        let wire = ImitationWire::new(Box::new(world), Arc::new(clock.clone()), 1);
        let mut all = json!({ "team_id": TEAM_ID, "key_id": KEY_ID });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let endpoint = format!("http://imitation.invalid{ANALYTICS_PATH}");
        let spec = ConnectionSpec {
            name: NAME.to_owned(),
            integration: "apple_music".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: "2026-11-10".parse().unwrap(),
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("analytics".to_owned(), endpoint.parse().unwrap())].into(),
            api_version: "v1".to_owned(),
            credentials: BTreeMap::from([
                ("private_key".to_owned(), DEMO_KEY.into()),
                ("analytics_key".to_owned(), ANALYTICS_KEY.into()),
            ]),
            settings: all,
            quotas: None,
            streams: BTreeMap::new(),
        };
        Self { clock, wire, sink: MemorySink::default(), spec }
    }

    fn driver(&self) -> Driver {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (transport, sink) = (Arc::new(self.wire.clone()), Arc::new(self.sink.clone()));
        Driver::new(self.spec.clone(), Arc::new(AppleMusic), transport, clock, Arc::new(Silent), sink)
    }

    async fn once(&self) -> End {
        self.driver().once().await
    }

    async fn read(&self) {
        let end = self.once().await;
        assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    }

    fn world<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        self.wire.world(with)
    }

    fn table(&self, table: Table) -> Vec<Row> {
        self.sink.table(NAME, table)
    }

    /// Ids and titles of the tracks.
    fn tracks(&self) -> BTreeMap<String, String> {
        let rows = self.table(Table::Tracks).into_iter();
        rows.map(|row| match row {
            Row::Track(row) => (row.track_id, row.title.unwrap_or_default()),
            row => panic!("{row:?}"),
        })
        .collect()
    }

    /// Position and track of everything that stands on a list, in its order.
    fn on(&self, playlist: &str) -> Vec<(i64, String)> {
        let rows = self.table(Table::PlaylistPlacements).into_iter();
        let placed = rows.filter_map(|row| match row {
            Row::PlaylistPlacement(row) if row.playlist_id == playlist => {
                Some((row.position.unwrap(), row.track_id))
            }
            _ => None,
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort();
        placed
    }

    /// The same by the world's own account.
    fn true_on(&self, playlist: &str) -> Vec<(i64, String)> {
        let all = self.world(|world| world.truth_playlists(&["us", "de"]));
        let list = all.into_iter().find(|list| list.id == playlist).unwrap();
        let places = list.places.into_iter();
        places.map(|(song, position)| (i64::try_from(position).unwrap(), song)).collect()
    }

    fn set_aside(&self) -> Vec<&'static str> {
        self.sink.0.lock().quarantined.iter().map(|aside| aside.reason).collect()
    }

    /// Paths that were asked for below a version's root, with their queries.
    fn asked(&self) -> Vec<String> {
        let seen = self.wire.take_seen().into_iter();
        let text = |(name, value): &(String, String)| format!("{name}={value}");
        seen.map(|seen| {
            let query: Vec<_> = seen.query.iter().map(text).collect();
            format!("{} {}", seen.path.trim_start_matches("/v1/catalog/"), query.join("&"))
                .trim_end()
                .to_owned()
        })
        .collect()
    }
}

/// Streams that are shown as not well, each with a reason.
fn not_well(end: &End) -> Vec<&'static str> {
    let streams = end.status.streams.iter().filter(|shown| shown.state != State::Idle);
    let named: Vec<_> = streams.inspect(|shown| assert!(shown.error.is_some(), "{shown:?}")).collect();
    assert_eq!(end.finished, Some(named.is_empty()));
    named.into_iter().map(|shown| shown.stream).collect()
}

const CHECK: &str = "us/charts types=songs&limit=1";

#[tokio::test(start_paused = true)]
async fn songs_are_asked_for_together_and_those_that_are_not_there_alone() {
    let bench =
        Bench::new(&json!({ "storefronts": ["us", "de"], "tracks": [SONG, ABROAD, NOWHERE, BIG_SONG] }));
    bench.read().await;
    assert_eq!(bench.tracks().keys().collect::<Vec<_>>(), [SONG, ABROAD, BIG_SONG]);
    assert!(bench.set_aside().is_empty(), "of one that never was, the log tells");
    let asked = [
        CHECK.to_owned(),
        format!("us/songs ids={SONG},{ABROAD},{NOWHERE},{BIG_SONG}"),
        format!("us/songs/{ABROAD}"),
        format!("de/songs/{ABROAD}"),
        format!("us/songs/{NOWHERE}"),
        format!("de/songs/{NOWHERE}"),
    ];
    assert_eq!(bench.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn one_bad_id_takes_no_other_with_it() {
    let bench = Bench::new(&json!({ "tracks": [SONG, "1500000003", BIG_SONG] }));
    // The list is refused as a whole, for one of them.
    bench.world(|world| {
        world.fail_next("/songs", vec![MusicError::bad_request("ids")]);
        world.refuse(&format!("/songs/{BIG_SONG}"), Some(MusicError::bad_request("id")));
    });
    bench.read().await;
    assert_eq!(bench.tracks().len(), 2);
    assert_eq!(bench.set_aside(), ["unavailable"]);
    assert_eq!(bench.asked().len(), 1 + 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn the_first_storefront_that_has_it_describes_it_and_it_is_removed_when_none_has() {
    let bench = Bench::new(&json!({ "storefronts": ["us", "de", "jp"], "tracks": [SONG, IN_JAPAN] }));
    bench.read().await;
    let name = |bench: &Bench, id: &str| bench.tracks().get(id).cloned();
    assert_eq!(name(&bench, SONG).as_deref(), Some("Song 0001"));
    assert_eq!(name(&bench, IN_JAPAN).as_deref(), Some("Song 0019 (日本)"), "one object, whoever has it");
    assert!(bench.world(|world| world.withdraw(SONG, "us")));
    bench.read().await;
    assert_eq!(bench.tracks().len(), 2);
    // Two say that it is not there, and the third says nothing: that is no word.
    bench.world(|world| {
        assert!(world.delete(SONG));
        world.refuse(&format!("jp/songs/{SONG}"), Some(MusicError::forbidden()));
    });
    bench.read().await;
    assert_eq!((bench.tracks().len(), bench.set_aside()), (2, vec!["unavailable"]));
    bench.world(|world| world.refuse(&format!("jp/songs/{SONG}"), None));
    bench.read().await;
    assert_eq!(bench.tracks().keys().collect::<Vec<_>>(), [IN_JAPAN]);
}

#[tokio::test(start_paused = true)]
async fn a_code_leads_to_every_song_that_has_it_in_any_storefront() {
    let bench = Bench::new(
        &json!({ "storefronts": ["us", "jp"], "tracks": [format!("isrc:{SHARED_ISRC}"), "isrc:QZNB29999999"] }),
    );
    bench.read().await;
    let tracks = bench.tracks();
    assert_eq!(tracks.len(), 3);
    assert_eq!(tracks["1500000060"], "Song 0021", "of two storefronts, the first one describes it");
    assert_eq!(tracks[IN_JAPAN], "Song 0019 (日本)");
    assert_eq!(bench.set_aside(), ["gone"], "a code that leads nowhere");
}

#[tokio::test(start_paused = true)]
async fn what_a_code_led_to_is_looked_for_by_itself_when_it_is_lost() {
    let bench = Bench::new(&json!({ "tracks": [format!("isrc:{SHARED_ISRC}")] }));
    let changed = async {
        bench.clock.sleep(Duration::from_hours(1)).await;
        bench.world(|world| assert!(world.delete("1500000060")));
    };
    let driver = bench.driver();
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(13)), changed);
    assert!(end.failures.is_empty(), "{:?}", end.failures);
    assert_eq!(bench.tracks().len(), 1);
    let noted: Vec<_> = bench.sink.0.lock().changes.iter().map(ToString::to_string).collect();
    assert_eq!(noted, [format!("isrc of track {SHARED_ISRC}: 1500000093, was 1500000060")]);
}

#[tokio::test(start_paused = true)]
async fn places_count_music_videos_and_a_song_has_its_first_one() {
    let lists = [LONG_PLAYLIST, ODD_PLAYLIST, EMPTY_PLAYLIST, GERMAN_PLAYLIST];
    let bench = Bench::new(&json!({ "storefronts": ["us", "de"], "playlists": lists }));
    bench.read().await;
    let placed = |places: &[(i64, &str)]| -> Vec<(i64, String)> {
        places.iter().map(|(position, song)| (*position, (*song).to_owned())).collect()
    };
    let odd = [(2, SONG), (4, "1500000003"), (6, BIG_SONG)];
    assert_eq!(bench.on(ODD_PLAYLIST), placed(&odd));
    assert_eq!(bench.on(EMPTY_PLAYLIST), []);
    for list in lists {
        assert_eq!(bench.on(list), bench.true_on(list), "{list}");
    }
    let counts: BTreeMap<_, _> = bench
        .table(Table::Playlists)
        .into_iter()
        .map(|row| match row {
            Row::Playlist(row) => (row.playlist_id, row.track_count),
            row => panic!("{row:?}"),
        })
        .collect();
    assert_eq!((counts[ODD_PLAYLIST], counts[EMPTY_PLAYLIST]), (Some(6), Some(0)));
    assert!(bench.set_aside().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_is_read_again_and_one_that_never_stands_still_keeps_its_placements() {
    let bench = Bench::new(&json!({ "playlists": [LONG_PLAYLIST, ODD_PLAYLIST] }));
    bench.world(|world| assert!(world.change_while_read(LONG_PLAYLIST, 1, Change::Reverse)));
    bench.read().await;
    assert_eq!(bench.on(LONG_PLAYLIST), bench.true_on(LONG_PLAYLIST));
    let before = bench.on(LONG_PLAYLIST);
    bench.world(|world| {
        for _ in 0..20 {
            assert!(world.change_while_read(LONG_PLAYLIST, 1, Change::RemoveFirst));
        }
    });
    let end = bench.once().await;
    assert_eq!(not_well(&end), ["playlists"]);
    assert_eq!(bench.on(LONG_PLAYLIST), before, "neither deleted nor mixed");
    assert_eq!((bench.set_aside(), bench.on(ODD_PLAYLIST).len()), (vec!["moved"], 3));
}

#[tokio::test(start_paused = true)]
async fn a_link_is_a_path_of_the_same_list_or_the_list_is_malformed() {
    for link in [
        "https://elsewhere.invalid/v1/catalog/us/playlists/x/tracks?offset=100",
        "//elsewhere.invalid/x?offset=100",
        "@elsewhere.invalid/",
        "/v1/catalog/us/songs?ids=1",
        "",
    ] {
        let bench = Bench::new(&json!({ "playlists": [LONG_PLAYLIST, ODD_PLAYLIST] }));
        bench.wire.set_tamper(move |path, body| {
            if path.ends_with(&format!("{LONG_PLAYLIST}/tracks")) {
                body["next"] = json!(link);
            }
        });
        let end = bench.once().await;
        assert_eq!(not_well(&end), ["playlists"], "{link}");
        assert_eq!(bench.set_aside(), ["malformed"], "{link}");
        assert_eq!((bench.on(LONG_PLAYLIST).len(), bench.on(ODD_PLAYLIST).len()), (0, 3));
        assert!(bench.asked().iter().all(|asked| !asked.contains("elsewhere")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_keeps_its_place_and_its_track_keeps_its_row() {
    let bench = Bench::new(&json!({ "playlists": [ODD_PLAYLIST] }));
    bench.read().await;
    let before = bench.on(ODD_PLAYLIST);
    bench.wire.set_tamper(|path, body| {
        if path.ends_with("/tracks") {
            // The first place of a song that stands there twice.
            body["data"][1]["attributes"]["artistName"] = json!(["ada@example.com"]);
        }
    });
    bench.read().await;
    assert_eq!(bench.on(ODD_PLAYLIST), before, "its second place is not its first");
    assert_eq!(bench.set_aside(), ["malformed"]);
    assert!(!format!("{:?}", bench.sink.0.lock().quarantined).contains("ada"));
}

#[tokio::test(start_paused = true)]
async fn charts_are_read_to_their_end_storefront_by_storefront() {
    let bench = Bench::new(&json!({ "storefronts": ["us", "de"], "charts": true }));
    bench.read().await;
    for storefront in ["us", "de"] {
        let chart: Vec<_> = bench.on(&format!("chart:{storefront}:all:songs")).into_iter().collect();
        let truth = bench.world(|world| world.truth_chart(storefront));
        assert_eq!(chart, (1..).zip(truth).collect::<Vec<_>>());
    }
    assert_eq!(
        bench.asked().iter().filter(|asked| asked.starts_with("de/charts")).count(),
        4,
        "the last is a 404"
    );
    // A chart that moves between its pages has a song twice.
    bench.wire.set_tamper(|path, body| {
        if let ("/v1/catalog/us/charts", Some(first)) =
            (path, body.pointer("/results/songs/0/data/0").cloned())
        {
            body["results"]["songs"][0]["data"].as_array_mut().unwrap().push(first);
        }
    });
    let end = bench.once().await;
    assert_eq!((not_well(&end), bench.set_aside()), (vec!["charts"], vec!["moved"]));
    assert_eq!(bench.on("chart:us:all:songs").len(), 50);
}

fn with_plays() -> Value {
    json!({ "artists": [ARTIST], "analytics": { "issuer_id": ISSUER_ID, "key_id": ANALYTICS_KEY_ID } })
}

#[tokio::test(start_paused = true)]
async fn plays_are_measured_and_listeners_that_are_not_told_are_unknown() {
    let bench = Bench::new(&with_plays());
    bench.world(|world| assert!(world.restate(SONG, "de", 2, 60, 20)));
    bench.read().await;
    let truth = bench.world(|world| world.truth_plays(&[ARTIST]));
    let rows = bench.table(Table::TrackPerformanceDaily);
    assert_eq!(rows.len(), truth.len());
    let mut unknown = 0;
    for row in rows {
        let Row::TrackPerformance(row) = row else { panic!("{row:?}") };
        assert_eq!((row.measure_class, &*row.service), (MeasureClass::Measured, "apple_music"));
        let is_it = |plays: &&sandbox::apple_music::TruthPlays| {
            let country = plays.storefront.as_deref().unwrap_or_default().to_uppercase();
            (&plays.song_id, plays.date.as_str(), country)
                == (&row.track_id, &*row.date.to_string(), row.country.clone())
        };
        let plays = truth.iter().find(is_it).unwrap_or_else(|| panic!("{row:?}"));
        let number = |count: u64| i64::try_from(count).unwrap();
        assert_eq!((row.streams, row.listeners), (Some(number(plays.plays)), plays.listeners.map(number)));
        unknown += usize::from(row.listeners.is_none());
    }
    assert!(unknown > 0, "the case is of no use");
}

#[tokio::test(start_paused = true)]
async fn one_artist_whose_plays_are_refused_hides_no_other() {
    let mut settings = with_plays();
    let others = "900000004";
    settings["artists"] = json!([ARTIST, others]);
    let bench = Bench::new(&settings);
    // The query for both, then that for the second alone: together, and by storefront.
    bench.world(|world| {
        let refused = MusicError::forbidden;
        world.fail_next("audience", vec![refused()]);
    });
    let end = bench.once().await;
    assert!(end.failures.is_empty(), "{:?}", end.failures);
    let truth = bench.world(|world| world.truth_plays(&[ARTIST, others]));
    assert_eq!(bench.table(Table::TrackPerformanceDaily).len(), truth.len());
    let queries = bench.asked().iter().filter(|asked| asked.contains("audience")).count();
    assert!(queries > 3, "each artist by itself: {queries}");
}

#[tokio::test(start_paused = true)]
async fn plays_have_a_key_of_their_own_and_are_off_without_it() {
    let bench = Bench::new(&with_plays());
    bench.world(World::revoke_analytics_key);
    let end = bench.once().await;
    assert_eq!(not_well(&end), ["plays"], "the catalogue goes on");
    assert_eq!(bench.table(Table::Artists).len(), 1);
    assert!(
        end.failures.iter().any(|failure| failure.contains("credentials.analytics_key")),
        "{:?}",
        end.failures
    );

    let bench = Bench::new(&json!({ "artists": [ARTIST] }));
    bench.read().await;
    assert!(bench.asked().iter().all(|asked| !asked.contains("audience")), "nothing is sent there");
}

#[tokio::test(start_paused = true)]
async fn a_line_of_plays_that_cannot_be_read_is_set_aside_and_nothing_is_deleted() {
    let bench = Bench::new(&with_plays());
    bench.read().await;
    let before = bench.table(Table::TrackPerformanceDaily).len();
    let yesterday = bench.world(|world| world.day(1));
    let line = format!("Ada\t{yesterday}\t50\t50");
    // Beside a line that cannot be read, a song that is missing may be the one that it was.
    bench.world(|world| {
        world.set_odd_line(Some(&line));
        assert!(world.restate(SONG, "us", 1, 0, 0) && world.restate(SONG, "de", 1, 0, 0));
        assert!(world.restate(SONG, "jp", 1, 0, 0));
    });
    bench.read().await;
    assert_eq!(bench.table(Table::TrackPerformanceDaily).len(), before);
    assert!(bench.set_aside().contains(&"malformed"));
    assert!(!format!("{:?}", bench.sink.0.lock().quarantined).contains("Ada"));
    bench.world(|world| world.set_odd_line(None));
    bench.read().await;
    assert!(bench.table(Table::TrackPerformanceDaily).len() < before, "nobody played it, after all");
}

#[test]
fn mistakes_in_the_settings_say_what_was_expected() {
    let connect = |change: &dyn Fn(&mut ConnectionSpec)| -> SetupError {
        let mut bench = Bench::new(&with_plays());
        change(&mut bench.spec);
        let driver = bench.driver();
        AppleMusic.connected(&bench.spec, &driver.services.services()).err().unwrap()
    };
    let said = |key: &str, value: Value| {
        connect(&|spec: &mut ConnectionSpec| spec.settings[key] = value.clone()).to_string()
    };
    for (key, value, words) in [
        ("team_id", json!(""), "settings.team_id: "),
        ("key_id", json!("AB CD"), "settings.key_id: "),
        ("storefronts", json!(["US"]), "two small letters"),
        ("storefronts", json!([]), "at least one"),
        ("artists", json!([]), "settings.analytics: "),
        ("artists", json!(["isrc:QZNB20000001"]), "settings.artists: "),
        ("tracks", json!(["https://music.apple.com/us/song/1440857781"]), "settings.tracks: "),
        ("playlists", json!(["pl.x/../me"]), "settings.playlists: "),
        ("song", json!([]), "unknown field"),
    ] {
        let text = said(key, value);
        assert!(text.contains(words), "{text}");
    }
    let no_key = connect(&|spec: &mut ConnectionSpec| drop(spec.credentials.remove("analytics_key")));
    assert!(no_key.to_string().contains("credentials.analytics_key is missing"), "{no_key}");
    let bad_key = connect(&|spec: &mut ConnectionSpec| {
        spec.credentials.insert("private_key".to_owned(), "planted".into());
    });
    assert!(
        bad_key.to_string().starts_with("credentials.private_key: ")
            && !bad_key.to_string().contains("planted")
    );
}
