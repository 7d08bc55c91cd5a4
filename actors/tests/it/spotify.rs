//! What is particular to Spotify: what an app may read, tokens, a quota of hours, and lists that move while they are read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use actors::{
    integration::{ConnectionSpec, StreamOverride},
    integrations::spotify::Spotify,
    observer::Observer,
};
use parking_lot::Mutex;
use rows::{Clock, Row, Table, clock::SimulatedClock, state::State};
use sandbox::{
    oauth::Rotation,
    spotify::{
        CLIENT_ID, CLIENT_SECRET, Change, EDITORIAL_PLAYLIST, EMPTY_PLAYLIST, FOREIGN_PLAYLIST,
        LONG_PLAYLIST, Mode, ODD_PLAYLIST, PRIVATE_PLAYLIST, REFRESH_TOKEN, SHARED_ISRC, SHARED_ISRC_TRACKS,
        SHARED_UPC, Spotify as World, SpotifyError,
    },
};
use serde_json::{Value, json};

use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    wire::{ImitationWire, Seen},
};

const NOON: &str = "2026-11-21T12:00:00Z";
const NAME: &str = "label-a-spotify";
const TRACK: &str = "1track0000000000000010";
const ARTIST: &str = "3artist000000000000000";
const TOKEN: &str = "/api/token";
/// Everything that needs more than development mode, as the metric names it.
const FIELDS: [&str; 4] = ["artist.followers", "artist.popularity", "playlist.followers", "track.popularity"];

/// Remembers which fields were said to be unavailable.
#[derive(Default)]
struct Fields(Mutex<BTreeSet<&'static str>>);

impl Observer for Fields {
    fn field_unavailable(&self, integration: &'static str, field: &'static str) {
        assert_eq!(integration, "spotify");
        self.0.lock().insert(field);
    }
}

struct Bench {
    clock: SimulatedClock,
    wire: ImitationWire,
    sink: MemorySink,
    fields: Arc<Fields>,
    spec: ConnectionSpec,
}

impl Bench {
    /// An app by itself.
    fn new(mode: Mode, settings: Value) -> Self {
        let clock = SimulatedClock::new(NOON.parse().unwrap());
        let mut world = World::new(1, clock.now());
        world.set_mode(mode);
        world.freeze();
        let wire = ImitationWire::new(Box::new(world), Arc::new(clock.clone()), 1);
        let every = StreamOverride { every: Some(Duration::from_mins(20)), ..StreamOverride::default() };
        let spec = ConnectionSpec {
            name: NAME.to_owned(),
            integration: "spotify".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: "2026-10-01".parse().unwrap(),
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("token".to_owned(), format!("http://imitation.invalid{TOKEN}").parse().unwrap())]
                .into(),
            api_version: "v1".to_owned(),
            credentials: BTreeMap::from([
                ("client_id".to_owned(), CLIENT_ID.into()),
                ("client_secret".to_owned(), CLIENT_SECRET.into()),
            ]),
            settings,
            quotas: None,
            streams: ["tracks", "albums", "artists", "playlists"]
                .map(|stream| (stream.to_owned(), every.clone()))
                .into(),
        };
        Self { clock, wire, sink: MemorySink::default(), fields: Arc::default(), spec }
    }

    /// With the user's word.
    fn of_user(mode: Mode, settings: Value) -> Self {
        let mut bench = Self::new(mode, settings);
        bench.spec.credentials.insert("refresh_token".to_owned(), REFRESH_TOKEN.into());
        bench
    }

    fn driver(&self) -> Driver {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (transport, sink) = (Arc::new(self.wire.clone()), Arc::new(self.sink.clone()));
        Driver::new(self.spec.clone(), Arc::new(Spotify), transport, clock, self.fields.clone(), sink)
    }

    async fn once(&self) -> End {
        self.driver().once().await
    }

    async fn read(&self) {
        let end = self.once().await;
        assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    }

    /// Polls for an hour, in which everything is read several times; `change` happens after the first time.
    async fn hour(&self, change: impl FnOnce(&mut World)) -> End {
        let changed = async {
            self.clock.sleep(Duration::from_mins(10)).await;
            self.world(change);
        };
        let driver = self.driver();
        tokio::join!(driver.daemon(Duration::from_hours(1)), changed).0
    }

    fn world<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        self.wire.world(with)
    }

    fn table(&self, table: Table) -> Vec<Row> {
        self.sink.table(NAME, table)
    }

    /// How many entries each playlist has, as its row says.
    fn counts(&self) -> BTreeMap<String, Option<i64>> {
        let rows = self.table(Table::Playlists).into_iter();
        rows.map(|row| match row {
            Row::Playlist(row) => (row.playlist_id, row.track_count),
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

    fn track_ids(&self) -> BTreeSet<String> {
        let rows = self.table(Table::Tracks).into_iter();
        rows.map(|row| match row {
            Row::Track(row) => row.track_id,
            row => panic!("{row:?}"),
        })
        .collect()
    }

    fn set_aside(&self) -> Vec<&'static str> {
        self.sink.0.lock().quarantined.iter().map(|aside| aside.reason).collect()
    }

    fn unavailable(&self) -> Vec<&'static str> {
        self.fields.0.lock().iter().copied().collect()
    }
}

fn count(seen: &[Seen], path: &str) -> usize {
    seen.iter().filter(|seen| seen.path == path).count()
}

/// What the sandbox calls its tracks.
fn track_id(place: usize) -> String {
    format!("1track{place:016}")
}

/// Streams that are shown as not well, each with a reason.
fn not_well(end: &End) -> Vec<&'static str> {
    let streams = end.status.streams.iter().filter(|shown| shown.state != State::Idle);
    streams.inspect(|shown| assert!(shown.error.is_some(), "{shown:?}")).map(|shown| shown.stream).collect()
}

fn everything() -> Value {
    json!({ "tracks": [TRACK], "albums": ["2album0000000000000000"], "artists": [ARTIST],
        "playlists": [ODD_PLAYLIST, EMPTY_PLAYLIST] })
}

// --- What the app may read ---

#[tokio::test(start_paused = true)]
async fn an_app_in_development_mode_says_what_it_may_not_read_and_is_well() {
    let bench = Bench::new(Mode::Development, everything());
    bench.read().await;
    assert_eq!(
        bench.unavailable(),
        [&FIELDS[..2], &["playlist.followers", "playlist.items"], &FIELDS[3..]].concat()
    );
    assert_eq!(bench.counts(), [(ODD_PLAYLIST.to_owned(), None), (EMPTY_PLAYLIST.to_owned(), None)].into());
    for table in [
        Table::PlaylistPlacements,
        Table::TrackPerformanceDaily,
        Table::ArtistAudienceDaily,
        Table::CounterReadingsDaily,
    ] {
        assert!(bench.table(table).is_empty(), "{table:?}: unknown is no row of zeros");
    }
    assert_eq!((bench.table(Table::Tracks).len(), bench.table(Table::Albums).len()), (1, 1));
    assert_eq!((bench.table(Table::Artists).len(), bench.table(Table::Playlists).len()), (1, 2));
    assert!(bench.set_aside().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_app_with_extended_quota_lacks_nothing() {
    let bench = Bench::new(Mode::Extended, everything());
    bench.read().await;
    assert!(bench.unavailable().is_empty(), "{:?}", bench.unavailable());
    assert_eq!(
        bench.counts(),
        [(ODD_PLAYLIST.to_owned(), Some(9)), (EMPTY_PLAYLIST.to_owned(), Some(0))].into()
    );
    // Null, a null track, an episode and a local file have places and no rows; the second place of a track is not its first.
    let placed = [(2, track_id(0)), (5, track_id(4)), (7, track_id(5)), (8, track_id(7))];
    assert_eq!(bench.on(ODD_PLAYLIST), placed);
    assert_eq!(bench.table(Table::TrackPerformanceDaily).len(), 1);
    assert_eq!(bench.table(Table::CounterReadingsDaily).len(), 3);
    // The check and two tokens' worth of nothing: what was asked for is what was named.
    let seen = bench.wire.take_seen();
    assert_eq!((count(&seen, TOKEN), seen.len()), (1, 2 + 3 + 2 * 2));
}

#[tokio::test(start_paused = true)]
async fn the_users_word_opens_the_users_playlists_and_no_others() {
    let settings = json!({ "playlists": [ODD_PLAYLIST, PRIVATE_PLAYLIST, FOREIGN_PLAYLIST] });
    let bench = Bench::of_user(Mode::Development, settings);
    bench.read().await;
    let counts = [(ODD_PLAYLIST, Some(9)), (PRIVATE_PLAYLIST, Some(3)), (FOREIGN_PLAYLIST, None)];
    assert_eq!(bench.counts(), counts.map(|(id, count)| (id.to_owned(), count)).into());
    // In the user's country one track is given for another, and development mode does not tell for which.
    assert_eq!(bench.on(ODD_PLAYLIST)[1], (5, track_id(8)));
    assert_eq!(bench.on(PRIVATE_PLAYLIST), [(1, track_id(9)), (2, track_id(8)), (3, track_id(7))]);
    assert_eq!(bench.unavailable(), ["playlist.followers", "playlist.items"]);
    assert!(bench.set_aside().is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_the_old_path_still_answers_it_is_taken() {
    let bench = Bench::new(Mode::Postponed, json!({ "playlists": [FOREIGN_PLAYLIST] }));
    bench.read().await;
    let placed = [(1, track_id(12)), (2, track_id(4)), (3, track_id(3)), (5, track_id(40))];
    assert_eq!(bench.on(FOREIGN_PLAYLIST), placed);
    assert_eq!(bench.unavailable(), ["playlist.followers"]);
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_closes_is_not_well_and_keeps_its_placements() {
    let bench = Bench::new(Mode::Extended, json!({ "playlists": [ODD_PLAYLIST] }));
    let end = bench.hour(|world| world.set_mode(Mode::Development)).await;
    assert_eq!(not_well(&end), ["playlists"]);
    let error = end.status.streams[0].error.as_deref().unwrap_or_default();
    assert!(error.contains(ODD_PLAYLIST) && error.contains("may not read"), "{error}");
    assert_eq!(bench.on(ODD_PLAYLIST).len(), 4);
    assert!(bench.set_aside().iter().all(|reason| *reason == "unavailable"));
    // The app has never read it since: that is how it is.
    bench.read().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_or_refused_takes_nothing_with_it() {
    let tracks = json!([track_id(1), track_id(2), track_id(3)]);
    let settings = json!({ "tracks": tracks, "playlists": [EDITORIAL_PLAYLIST, ODD_PLAYLIST] });
    let bench = Bench::new(Mode::Extended, settings);
    bench.world(|world| {
        assert!(world.delete(&track_id(1)));
        world.refuse(&track_id(2), Some(SpotifyError::forbidden()));
    });
    bench.read().await;
    assert_eq!(bench.track_ids(), [track_id(3)].into());
    assert_eq!(bench.set_aside(), ["unavailable"]);
    assert_eq!((bench.table(Table::Playlists).len(), bench.on(ODD_PLAYLIST).len()), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_never_answers_takes_no_other_with_it() {
    let bench = Bench::new(Mode::Extended, json!({ "tracks": [track_id(1), track_id(2), track_id(3)] }));
    bench.world(|world| world.refuse(&track_id(2), Some(SpotifyError::server_error(500))));
    let end = bench.once().await;
    assert_eq!((end.finished, not_well(&end)), (Some(false), vec!["tracks"]));
    assert_eq!(bench.track_ids(), [track_id(1), track_id(3)].into());
    assert_eq!(bench.set_aside(), ["unanswered"]);
}

// --- Tokens ---

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_the_middle_costs_one_refresh() {
    // More than goes back to back: it takes seconds.
    let mut settings = everything();
    settings["playlists"] = json!([LONG_PLAYLIST, ODD_PLAYLIST]);
    for bench in
        [Bench::new(Mode::Extended, settings.clone()), Bench::of_user(Mode::Extended, settings.clone())]
    {
        let expire = async {
            bench.clock.sleep(Duration::from_secs(1)).await;
            bench.world(|world| world.tokens().expire());
        };
        let driver = bench.driver();
        let (end, ()) = tokio::join!(driver.once(), expire);
        assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
        let seen = bench.wire.take_seen();
        assert!(
            seen.iter().any(|seen| seen.status == Some(401)),
            "it expired too late: the test is of no use"
        );
        assert_eq!(count(&seen, TOKEN), 2, "one at first, and one more for all who were refused");
        assert_eq!(bench.on(ODD_PLAYLIST).len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_fetched_before_they_expire_and_rotated_ones_are_kept() {
    for rotation in [Rotation::Never, Rotation::AtOnce, Rotation::OnceUsed] {
        let bench = Bench::of_user(Mode::Development, everything());
        bench.world(|world| world.tokens().set_rotation(rotation));
        let end = bench.driver().daemon(Duration::from_hours(5)).await;
        assert!(end.failures.is_empty(), "{rotation:?}: {:#?}", end.failures);
        assert_eq!(not_well(&end), Vec::<&str>::new());
        let seen = bench.wire.take_seen();
        assert!(
            seen.iter().all(|seen| seen.status == Some(200) || seen.path.ends_with("/tracks")),
            "{rotation:?}"
        );
        // At most one for each reading: a token is used until shortly before its hour is over.
        assert!((5..=6).contains(&count(&seen, TOKEN)), "{rotation:?}: {}", count(&seen, TOKEN));
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_throws_the_app_out_is_obeyed() {
    let bench = Bench::of_user(Mode::Development, everything());
    let end = bench.hour(|world| world.tokens().revoke_user()).await;
    assert_eq!(end.status.state, State::NeedsReauth);
    let advice = end.status.error.unwrap_or_default();
    assert!(advice.contains("set credentials") && !advice.contains(REFRESH_TOKEN), "{advice}");
    let seen = bench.wire.take_seen();
    let first_refused = seen.iter().position(|seen| seen.status == Some(401)).unwrap();
    let after = &seen[first_refused..];
    // Those that were under way, and one request for a token at each look; then silence.
    assert!(after.len() <= 8, "{after:#?}");
    assert!(after.iter().all(|seen| seen.status != Some(200)), "{after:#?}");
    let last = after.last().unwrap().at;
    assert!(bench.clock.elapsed().saturating_sub(last) > Duration::from_mins(30), "{after:#?}");
}

// --- Quota ---

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_pauses_for_hours_and_shows() {
    let bench = Bench::new(Mode::Development, everything());
    let hours = Duration::from_hours(5);
    bench.world(|world| world.set_quota(Some((4, hours))));
    let end = bench.driver().daemon(Duration::from_hours(4)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:?}", end.status);
    let shown: Vec<&str> = end.status.streams.iter().filter_map(|shown| shown.error.as_deref()).collect();
    assert!(shown.iter().any(|error| error.contains("allows no requests until 2026-11-21T1")), "{shown:?}");
    let seen = bench.wire.take_seen();
    let refused: Vec<_> = seen.iter().filter(|seen| seen.status == Some(429)).collect();
    let (first, last) = (refused[0].at, seen.last().unwrap().at);
    assert!(refused.len() <= 4, "those that were under way: {refused:#?}");
    assert!(last.saturating_sub(first) < Duration::from_secs(1), "and nothing for hours: {seen:#?}");

    bench.world(|world| world.set_quota(None));
    bench.clock.sleep(Duration::from_hours(2)).await;
    bench.read().await;
    assert_eq!(bench.table(Table::Tracks).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_without_a_word_is_asked_less_and_less() {
    let bench = Bench::new(Mode::Development, json!({ "tracks": [TRACK] }));
    bench.world(|world| world.refuse("/v1/", Some(SpotifyError::quota_exceeded(None))));
    let end = bench.driver().daemon(Duration::from_hours(48)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:?}", end.status);
    let seen = bench.wire.take_seen();
    let asked: Vec<_> = seen.iter().filter(|seen| seen.path != TOKEN).map(|seen| seen.at).collect();
    // After 1, 2, 4, 8, 16 hours: nothing is asked more often, and it is not given up either.
    assert!((5..=7).contains(&asked.len()), "{asked:?}");
    for (place, pair) in asked.windows(2).enumerate() {
        let least = Duration::from_hours(1 << place.min(4));
        assert!(pair[1].saturating_sub(pair[0]) >= least, "{asked:?}");
    }
}

// --- Codes ---

#[tokio::test(start_paused = true)]
async fn a_code_with_many_hits_gives_a_row_for_each_on_pages_as_long_as_the_app_may_have() {
    let settings =
        json!({ "tracks": [format!("isrc:{SHARED_ISRC}")], "albums": [format!("upc:{SHARED_UPC}")] });
    for (mode, limits) in [(Mode::Extended, vec!["10"; 7]), (Mode::Development, vec!["10"; 7])] {
        let bench = Bench::new(mode, settings.clone());
        bench.read().await;
        assert_eq!(bench.table(Table::Tracks).len(), SHARED_ISRC_TRACKS, "{mode:?}");
        assert_eq!(bench.table(Table::Albums).len(), 2, "{mode:?}");
        let of_tracks = |seen: &Seen, name: &str| {
            let value =
                |name: &str| seen.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            (value("type").as_deref() == Some("track")).then(|| value(name)).flatten()
        };
        let seen = bench.wire.take_seen();
        let asked: Vec<_> = seen.iter().filter_map(|seen| of_tracks(seen, "limit")).collect();
        assert_eq!(asked, [vec!["1"], limits].concat(), "{mode:?}: the check, and then the pages");
        let rows = bench.table(Table::Albums);
        assert!(
            rows.iter().all(|row| matches!(row, Row::Album(row) if row.upc.as_deref() == Some(SHARED_UPC)))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_hit_that_is_lost_is_looked_for_by_itself() {
    let bench = Bench::new(Mode::Development, json!({ "tracks": [format!("isrc:{SHARED_ISRC}")] }));
    let lost = [track_id(257), track_id(300)];
    let end = bench.hour(|world| assert!(lost.iter().all(|id| world.delete(id)))).await;
    assert!(end.failures.is_empty(), "{:#?}", end.failures);
    let kept = bench.track_ids();
    assert_eq!(kept.len(), SHARED_ISRC_TRACKS - 2, "the others are there");
    assert!(lost.iter().all(|id| !kept.contains(id)), "both are marked as removed");
    assert!(bench.set_aside().is_empty());
    let noted: Vec<_> = bench.sink.0.lock().changes.iter().map(ToString::to_string).collect();
    let elsewhere = format!("isrc of track {SHARED_ISRC}: {}, was {}", track_id(258), track_id(257));
    assert_eq!(noted, [elsewhere], "of many, the first stands for all");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_leads_nowhere_or_to_something_else_is_told() {
    let bench =
        Bench::new(Mode::Extended, json!({ "tracks": ["isrc:QZNB29999999", "isrc:QZNB20000011", TRACK] }));
    bench.wire.set_tamper(|path, body| {
        if path == "/v1/search" && body["tracks"]["items"][0]["id"] == TRACK {
            body["tracks"]["items"][0]["external_ids"]["isrc"] = json!("GBDUW0000059");
        }
    });
    bench.read().await;
    assert_eq!(bench.set_aside(), ["gone", "other_code"]);
    assert_eq!(bench.track_ids(), [TRACK.to_owned()].into(), "as it was asked for by its id");
}

// --- Lists that move ---

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_is_read_again() {
    let bench = Bench::new(Mode::Extended, json!({ "playlists": [LONG_PLAYLIST] }));
    bench.world(|world| assert!(world.change_while_read(LONG_PLAYLIST, 2, Change::Reverse)));
    bench.read().await;
    let placed: Vec<_> = (1..).zip((0..230).rev().map(track_id)).collect();
    assert_eq!(bench.on(LONG_PLAYLIST), placed);
    assert!(bench.set_aside().is_empty());
    let seen = bench.wire.take_seen();
    let described = count(&seen, &format!("/v1/playlists/{LONG_PLAYLIST}"));
    assert_eq!(described, 1 + 3, "the check; before, between, after");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_stands_still_deletes_nothing() {
    let bench = Bench::new(Mode::Extended, json!({ "playlists": [LONG_PLAYLIST, ODD_PLAYLIST] }));
    bench.read().await;
    let before = bench.on(LONG_PLAYLIST);
    bench.world(|world| {
        assert!(world.change_playlist(ODD_PLAYLIST, &Change::Remove(track_id(0))));
        // Once in the middle of each reading of five pages: no total tells.
        for place in 0..100 {
            let pages = if place == 0 { 2 } else { 5 };
            assert!(world.change_while_read(LONG_PLAYLIST, pages, Change::Reverse));
        }
    });
    let end = bench.once().await;
    assert_eq!((end.finished, not_well(&end)), (Some(false), vec!["playlists"]));
    assert_eq!(bench.on(LONG_PLAYLIST), before, "neither deleted nor mixed");
    assert_eq!(bench.on(ODD_PLAYLIST).len(), 4, "nor is anything else of this stream");
    assert!(bench.set_aside().iter().all(|reason| *reason == "moved"), "{:?}", bench.set_aside());
    assert_eq!(bench.counts()[LONG_PLAYLIST], Some(230), "what it is called and how long it is are known");
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_part_that_is_missing_or_no_list_is_not_well() {
    type Spoil = fn(&mut Value);
    let left_out: Spoil = |body| drop(body["items"].as_array_mut().map(|items| items.remove(0)));
    let no_list: Spoil = |body| body["items"] = json!({ "total": 9 });
    for (spoil, reason) in [(left_out, "moved"), (no_list, "malformed")] {
        let bench = Bench::new(Mode::Extended, json!({ "playlists": [ODD_PLAYLIST, EMPTY_PLAYLIST] }));
        bench.wire.set_tamper(move |path, body| {
            if path.contains(ODD_PLAYLIST) && body.get("id").is_none() {
                spoil(body);
            }
        });
        let end = bench.once().await;
        assert_eq!(not_well(&end), ["playlists"]);
        assert!(bench.on(ODD_PLAYLIST).is_empty());
        assert_eq!(bench.table(Table::Playlists).len(), 2);
        assert!(bench.set_aside().iter().all(|aside| *aside == reason), "{:?}", bench.set_aside());
    }
}

#[tokio::test(start_paused = true)]
async fn what_left_a_list_today_has_no_place_today() {
    let bench = Bench::new(Mode::Extended, json!({ "playlists": [ODD_PLAYLIST, EMPTY_PLAYLIST] }));
    bench.read().await;
    bench.world(|world| {
        assert!(world.change_playlist(ODD_PLAYLIST, &Change::Remove(track_id(0))));
        assert!(world.change_playlist(EMPTY_PLAYLIST, &Change::Append(TRACK.to_owned())));
    });
    bench.read().await;
    assert_eq!(bench.on(ODD_PLAYLIST), [(4, track_id(4)), (6, track_id(5)), (7, track_id(7))]);
    assert_eq!(bench.on(EMPTY_PLAYLIST), [(1, TRACK.to_owned())]);
    bench.world(|world| assert!(world.change_playlist(ODD_PLAYLIST, &Change::Clear)));
    bench.read().await;
    assert!(bench.on(ODD_PLAYLIST).is_empty());
}
