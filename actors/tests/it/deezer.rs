//! What is particular to Deezer: lists that move while they are read, and the ways in which something is not there.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    integrations::deezer::Deezer,
    observer::Silent,
};
use jiff::Timestamp;
use rows::{Clock, Row, Table, clock::SimulatedClock, state::State};
use sandbox::exchange::{Answer, Imitation, Request};
use serde_json::{Value, json};

use crate::support::{
    drive::{Driver, End},
    memory::MemorySink,
    wire::ImitationWire,
};

const NOON: &str = "2026-11-21T12:00:00Z";
const NAME: &str = "label-a-deezer";
const ERROR_GONE: i64 = 800;
const ERROR_UNAVAILABLE: i64 = 901;
const ERROR_BUSY: i64 = 700;
const ERROR_TOKEN: i64 = 300;

type Change = Box<dyn FnMut(&mut Shelf) + Send>;

/// A Deezer of a few shelves: objects and lists by path, and errors instead of them.
#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Value>,
    lists: BTreeMap<String, Vec<Value>>,
    /// By path, or by path and index of one page.
    errors: BTreeMap<String, i64>,
    /// Tracks that are on lists, and not delivered.
    hidden: BTreeSet<i64>,
    /// What happens after each answer to this path.
    after: Option<(String, Change)>,
}

impl Shelf {
    fn new() -> Self {
        let mut shelf = Self::default();
        for id in [1, 2] {
            shelf.set_track(id, id * 100_000);
        }
        shelf.objects.insert("/track/isrc:GBDUW0000001".to_owned(), shelf.objects["/track/1"].clone());
        shelf
            .objects
            .insert("/artist/27".to_owned(), json!({ "id": 27, "name": "A", "nb_album": 3, "nb_fan": 9 }));
        shelf.set_playlist(7, 1..=150);
        shelf.set_playlist(8, 1..=3);
        shelf.lists.insert("/chart/0/tracks".to_owned(), (1..=100).map(entry).collect());
        shelf
    }

    fn set_track(&mut self, id: i64, rank: i64) {
        let track = json!({ "id": id, "title": format!("T{id}"), "isrc": "GBDUW0000001", "rank": rank });
        self.objects.insert(format!("/track/{id}"), track);
    }

    fn set_playlist(&mut self, id: i64, tracks: impl IntoIterator<Item = i64>) {
        let tracks: Vec<Value> = tracks.into_iter().map(entry).collect();
        let checksum = format!("{:?}", tracks.iter().map(|track| track["id"].clone()).collect::<Vec<_>>());
        let first: Vec<_> = tracks.iter().take(2).cloned().collect();
        let playlist = json!({ "id": id, "title": format!("P{id}"), "public": true, "nb_tracks": tracks.len(), "fans": 40,
            "checksum": checksum, "creator": { "id": 5, "name": "Editors" }, "tracks": { "data": first } });
        self.objects.insert(format!("/playlist/{id}"), playlist);
        self.lists.insert(format!("/playlist/{id}/tracks"), tracks);
    }

    fn respond(&self, request: &Request) -> Value {
        let path = request.path.as_str();
        let page = format!("{path}?index={}", request.param("index").unwrap_or_default());
        if let Some(code) = self.errors.get(path).or_else(|| self.errors.get(&page)) {
            return json!({ "error": { "type": "Exception", "message": "no", "code": code } });
        }
        if let Some(object) = self.objects.get(path) {
            return object.clone();
        }
        let Some(list) = self.lists.get(path) else {
            return json!({ "error": { "type": "DataException", "message": "no data", "code": ERROR_GONE } });
        };
        let number = |name| request.param(name).and_then(|text| text.parse().ok());
        let (index, limit): (usize, usize) =
            (number("index").unwrap_or(0), number("limit").unwrap_or(25).min(100));
        let shown = |entry: &&Value| entry["id"].as_i64().is_none_or(|id| !self.hidden.contains(&id));
        let data: Vec<_> = list.iter().skip(index).take(limit).filter(shown).collect();
        let mut body = json!({ "data": data, "total": list.len() });
        if index + limit < list.len() {
            // Whoever follows it leaves the house.
            body["next"] = json!(format!("https://elsewhere.invalid{path}?index={}", index + limit));
        }
        body
    }
}

fn entry(id: i64) -> Value {
    json!({ "id": id, "title": format!("T{id}"), "artist": { "id": 27, "name": "A" }, "time_add": 1_700_000_000 + id })
}

impl Imitation for Shelf {
    fn id(&self) -> &'static str {
        "deezer"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let answer = Answer::json(200, &self.respond(request));
        if let Some((path, mut change)) = self.after.take() {
            if path == request.path {
                change(self);
            }
            self.after = Some((path, change));
        }
        answer
    }

    fn advance(&mut self, _: Timestamp) {}

    fn limited(&self, _: &Request, _: f64, _: Duration) -> Answer {
        let error = json!({ "type": "Exception", "message": "Quota limit exceeded", "code": 4 });
        Answer::json(200, &json!({ "error": error }))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

struct Bench {
    clock: SimulatedClock,
    wire: ImitationWire,
    sink: MemorySink,
    settings: Value,
}

impl Bench {
    fn new(settings: Value) -> Self {
        let clock = SimulatedClock::new(NOON.parse().unwrap());
        let wire = ImitationWire::new(Box::new(Shelf::new()), Arc::new(clock.clone()), 1);
        Self { clock, wire, sink: MemorySink::default(), settings }
    }

    fn driver(&self) -> Driver {
        let spec = ConnectionSpec {
            name: NAME.to_owned(),
            integration: "deezer".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: "2026-10-01".parse().unwrap(),
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: BTreeMap::new(),
            settings: self.settings.clone(),
            quotas: None,
            streams: BTreeMap::new(),
        };
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let transport = Arc::new(self.wire.clone());
        Driver::new(spec, Arc::new(Deezer), transport, clock, Arc::new(Silent), Arc::new(self.sink.clone()))
    }

    async fn once(&self) -> End {
        self.driver().once().await
    }

    async fn read(&self) {
        let end = self.once().await;
        assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    }

    fn shelf(&self, change: impl FnOnce(&mut Shelf)) {
        self.wire.world(change);
    }

    fn table(&self, table: Table) -> Vec<Row> {
        self.sink.table(NAME, table)
    }

    /// Track and position of everything that stands on a list, in its order.
    fn on(&self, playlist: &str) -> Vec<(i64, String)> {
        let rows = self.table(Table::PlaylistPlacements);
        let placed = rows.into_iter().filter_map(|row| match row {
            Row::PlaylistPlacement(row) if row.playlist_id == playlist => {
                Some((row.position.unwrap(), row.track_id))
            }
            _ => None,
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort();
        placed
    }

    fn set_aside(&self) -> Vec<&'static str> {
        self.sink.0.lock().quarantined.iter().map(|aside| aside.reason).collect()
    }

    fn asked(&self, path: &str) -> usize {
        self.wire.take_seen().iter().filter(|seen| seen.path == path).count()
    }
}

/// Streams that are shown as not well, each with a reason.
fn not_well(end: &End) -> Vec<&'static str> {
    let streams = end.status.streams.iter().filter(|shown| shown.state != State::Idle);
    let named: Vec<_> = streams.inspect(|shown| assert!(shown.error.is_some(), "{shown:?}")).collect();
    assert_eq!(end.finished, Some(named.is_empty()));
    named.into_iter().map(|shown| shown.stream).collect()
}

fn placed(tracks: impl IntoIterator<Item = i64>) -> Vec<(i64, String)> {
    (1..).zip(tracks).map(|(position, track)| (position, track.to_string())).collect()
}

#[tokio::test(start_paused = true)]
async fn one_track_named_twice_is_one_row() {
    let bench = Bench::new(json!({ "tracks": ["1", "isrc:GBDUW0000001", "2"], "artists": ["27"] }));
    bench.read().await;
    assert_eq!(bench.table(Table::Tracks).len(), 2);
    assert_eq!(bench.table(Table::TrackPerformanceDaily).len(), 2);
    assert_eq!(bench.table(Table::CounterReadingsDaily).len(), 3);
    assert_eq!(bench.table(Table::ArtistAudienceDaily).len(), 1);
    assert!(bench.table(Table::Playlists).is_empty());
    // The check, and what was named: nothing else.
    assert_eq!(bench.wire.take_seen().len(), 1 + 3 + 1);
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_their_end_and_a_chart_is_one() {
    let bench = Bench::new(json!({ "playlists": ["7", "8"], "charts": ["0"] }));
    bench.read().await;
    assert_eq!(bench.on("7"), placed(1..=150));
    assert_eq!(bench.on("8"), placed(1..=3));
    assert_eq!(bench.on("chart:0"), placed(1..=100));
    assert_eq!(bench.table(Table::Playlists).len(), 3);
    assert!(bench.set_aside().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_is_read_again() {
    let bench = Bench::new(json!({ "playlists": ["7"] }));
    let mut moved = false;
    bench.shelf(|shelf| {
        let change = move |shelf: &mut Shelf| {
            // As many tracks as before, but all of them one place further: no page tells.
            if !std::mem::replace(&mut moved, true) {
                shelf.set_playlist(7, [900].into_iter().chain(1..=149));
            }
        };
        shelf.after = Some(("/playlist/7/tracks".to_owned(), Box::new(change)));
    });
    bench.read().await;
    assert_eq!(bench.on("7"), placed([900].into_iter().chain(1..=149)));
    assert!(bench.set_aside().is_empty());
    assert_eq!(bench.asked("/playlist/7"), 3, "before, between, after");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_stands_still_deletes_nothing() {
    let bench = Bench::new(json!({ "playlists": ["7", "8"] }));
    bench.read().await;
    let before = bench.on("7");
    bench.shelf(|shelf| {
        shelf.set_playlist(8, [1]);
        let mut next = 1_000;
        let change = move |shelf: &mut Shelf| {
            next += 1;
            shelf.set_playlist(7, (next..).take(120));
        };
        shelf.after = Some(("/playlist/7/tracks".to_owned(), Box::new(change)));
    });
    bench.wire.take_seen();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "a list that cannot be read whole is not well");
    let shown = end.status.streams.iter().find(|stream| stream.stream == "playlists").unwrap();
    assert_eq!(shown.state, State::BackingOff);
    assert!(shown.error.as_ref().unwrap().contains("playlist 7"), "{shown:?}");
    assert_eq!(bench.on("7"), before, "neither deleted nor mixed");
    assert_eq!(bench.on("8").len(), 3, "nor is anything else of this stream");
    assert_eq!(bench.set_aside(), ["moved"]);
    assert!(bench.wire.take_seen().len() < 20, "and it is not read for ever");
    bench.shelf(|shelf| shelf.after = None);
    bench.read().await;
    assert_eq!(bench.on("7").len(), 120);
    assert_eq!(bench.on("8"), placed([1]));
}

#[tokio::test(start_paused = true)]
async fn a_list_with_a_page_that_is_refused_or_no_list_is_not_well_and_takes_no_other_with_it() {
    type Spoil = fn(&mut Shelf);
    let refused: Spoil = |shelf| {
        shelf.errors.insert("/playlist/7/tracks?index=100".to_owned(), 500);
    };
    let hidden: Spoil = |shelf| {
        shelf.errors.insert("/playlist/7/tracks?index=0".to_owned(), ERROR_UNAVAILABLE);
    };
    let no_list: Spoil = |shelf| {
        shelf.objects.insert("/playlist/7/tracks".to_owned(), json!({ "total": 260 }));
    };
    for (spoil, reason) in [(refused, "unavailable"), (hidden, "unavailable"), (no_list, "malformed")] {
        let bench = Bench::new(json!({ "playlists": ["7", "8"] }));
        bench.shelf(spoil);
        let end = bench.once().await;
        assert_eq!(not_well(&end), ["playlists"]);
        let error = end.status.streams[0].error.as_deref().unwrap_or_default();
        assert!(error.contains("playlist 7"), "{error}");
        assert_eq!(bench.set_aside(), [reason]);
        assert_eq!((bench.on("7"), bench.on("8")), (placed([]), placed(1..=3)));
        assert_eq!(bench.table(Table::Playlists).len(), 2, "what it is called is known");
        assert_eq!(bench.table(Table::CounterReadingsDaily).len(), 2, "and its fans are");
        // After a restart, too, though nothing is due.
        let end = bench.driver().daemon(Duration::from_secs(5)).await;
        assert_eq!(end.status.streams[0].state, State::BackingOff);
        let error = end.status.streams[0].error.as_deref().unwrap_or_default();
        assert!(error.contains("playlist 7"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chart_or_playlist_that_is_not_shown_or_understood_is_not_well() {
    let bench = Bench::new(json!({ "playlists": ["7", "8"], "charts": ["0", "9"] }));
    bench.shelf(|shelf| {
        shelf.objects.insert("/playlist/7".to_owned(), json!({ "title": "no id" }));
        shelf.errors.insert("/chart/9/tracks".to_owned(), 501);
    });
    let end = bench.once().await;
    assert_eq!(not_well(&end), ["charts", "playlists"]);
    assert_eq!((bench.on("8").len(), bench.on("chart:0").len()), (3, 100));
}

#[tokio::test(start_paused = true)]
async fn hidden_tracks_leave_the_others_their_places() {
    let bench = Bench::new(json!({ "playlists": ["7", "8"] }));
    bench.shelf(|shelf| {
        shelf.set_playlist(7, 1..=260);
        // All over the pages, one page's end and the last of all among them.
        shelf.hidden = (1..=260).filter(|id| id % 15 == 5).chain([100, 260]).collect();
    });
    bench.read().await;
    let delivered: Vec<i64> = (1..=260).filter(|id| !(id % 15 == 5 || [100, 260].contains(id))).collect();
    assert_eq!(bench.on("7"), placed(delivered));
    assert_eq!(bench.on("8"), placed(1..=3));
    assert!(bench.set_aside().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_code_that_leads_elsewhere_is_noted_once() {
    let bench = Bench::new(json!({ "tracks": ["isrc:GBDUW0000001"] }));
    bench.read().await;
    bench.read().await;
    let noted = || bench.sink.0.lock().changes.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(noted().is_empty(), "the first time is no change");
    let lead = |id: i64| {
        bench.shelf(|shelf| {
            let track = shelf.objects[&format!("/track/{id}")].clone();
            shelf.objects.insert("/track/isrc:GBDUW0000001".to_owned(), track);
        });
    };
    lead(2);
    bench.read().await;
    bench.read().await;
    assert_eq!(noted(), ["isrc of track GBDUW0000001: 2, was 1"]);
    assert_eq!(bench.table(Table::Tracks).len(), 2, "both stay tied to it");
    lead(1);
    bench.read().await;
    assert_eq!(noted()[1..], ["isrc of track GBDUW0000001: 1, was 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_left_a_list_today_has_no_place_today() {
    let bench = Bench::new(json!({ "playlists": ["8"], "charts": ["0"] }));
    bench.read().await;
    bench.shelf(|shelf| shelf.set_playlist(8, [3, 1]));
    bench.read().await;
    assert_eq!(bench.on("8"), placed([3, 1]));
    assert_eq!(bench.on("chart:0").len(), 100, "another stream's rows");
    // An empty list is believed when the playlist says so, too.
    bench.shelf(|shelf| shelf.lists.insert("/playlist/8/tracks".to_owned(), Vec::new()).map(drop).unwrap());
    assert_eq!(bench.once().await.finished, Some(false));
    assert_eq!(bench.on("8"), placed([3, 1]));
    bench.shelf(|shelf| shelf.set_playlist(8, []));
    bench.read().await;
    assert_eq!(bench.on("8"), []);
}

#[tokio::test(start_paused = true)]
async fn gone_unavailable_and_busy_are_three_things() {
    let bench = Bench::new(json!({ "tracks": ["2", "1"], "playlists": ["7", "8"] }));
    bench.read().await;
    let everything = bench.sink.dump();

    // Busy: the reading fails, nothing that was read changes.
    bench.shelf(|shelf| {
        shelf.errors.insert("/track/1".to_owned(), ERROR_BUSY);
        shelf.errors.insert("/playlist/7/tracks".to_owned(), ERROR_BUSY);
    });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert_eq!(bench.sink.dump(), everything);
    assert_eq!(bench.set_aside(), ["unanswered", "unanswered"], "so that the others are stored");

    // Unavailable: it is set aside and stays as it is, the others are read.
    bench.shelf(|shelf| {
        shelf.errors = BTreeMap::from([
            ("/track/1".to_owned(), ERROR_UNAVAILABLE),
            ("/playlist/7".to_owned(), ERROR_UNAVAILABLE),
        ]);
        shelf.set_track(2, 77);
    });
    let end = bench.once().await;
    assert_eq!(not_well(&end), ["playlists"], "a list of which the tracks are unknown");
    assert_eq!(bench.table(Table::Tracks).len(), 2);
    assert_eq!(bench.on("7").len(), 150);
    assert_eq!(bench.set_aside()[2..], ["unavailable", "unavailable"]);
    assert!(bench.sink.dump().contains("value: 77"));

    // Gone: a tombstone, and no place today.
    bench.shelf(|shelf| {
        shelf.errors =
            BTreeMap::from([("/track/1".to_owned(), ERROR_GONE), ("/playlist/7".to_owned(), ERROR_GONE)]);
    });
    bench.read().await;
    assert_eq!(bench.table(Table::Tracks).len(), 1);
    assert_eq!(bench.table(Table::Playlists).len(), 1);
    assert_eq!(bench.on("7"), []);
    assert_eq!(bench.on("8").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_never_answers_takes_no_other_with_it() {
    let bench = Bench::new(json!({ "tracks": ["1", "2"], "playlists": ["7", "8"] }));
    bench.shelf(|shelf| {
        shelf.errors = BTreeMap::from([
            ("/track/1".to_owned(), ERROR_BUSY),
            ("/playlist/7/tracks".to_owned(), ERROR_BUSY),
        ]);
    });
    let end = bench.once().await;
    assert_eq!(not_well(&end), ["playlists", "tracks"]);
    assert_eq!(bench.table(Table::Tracks).len(), 1);
    assert_eq!(bench.on("8"), placed(1..=3));
    assert_eq!(bench.set_aside(), ["unanswered", "unanswered"]);
    // None of them answers: that is no word about one.
    bench.shelf(|shelf| {
        shelf.errors.insert("/track/2".to_owned(), ERROR_BUSY);
        shelf.errors.insert("/playlist/8".to_owned(), ERROR_BUSY);
    });
    let before = bench.sink.dump();
    let end = bench.driver().daemon(Duration::from_hours(3)).await;
    assert!(end.failures.iter().any(|failure| failure.contains("busy")), "{:?}", end.failures);
    assert_eq!(bench.sink.dump(), before);
    bench.shelf(|shelf| shelf.errors.clear());
    bench.read().await;
    assert_eq!((bench.table(Table::Tracks).len(), bench.on("7").len()), (2, 150));
}

#[tokio::test(start_paused = true)]
async fn what_was_named_by_a_code_is_gone_by_its_id() {
    let bench = Bench::new(json!({ "tracks": ["isrc:GBDUW0000001"] }));
    bench.read().await;
    // A new process knows no id: it asks a person.
    bench.shelf(|shelf| {
        shelf.errors.insert("/track/isrc:GBDUW0000001".to_owned(), ERROR_GONE);
    });
    bench.read().await;
    assert_eq!(bench.table(Table::Tracks).len(), 1);
    assert_eq!(bench.set_aside(), ["gone"]);

    // One that has seen it asks for the track itself.
    bench.shelf(|shelf| shelf.errors.clear());
    let driver = bench.driver();
    let fate = async {
        // What was read above is an hour old by then.
        bench.clock.sleep(Duration::from_mins(90)).await;
        bench.shelf(|shelf| {
            shelf.errors.insert("/track/isrc:GBDUW0000001".to_owned(), ERROR_GONE);
            shelf.set_track(1, 55);
        });
        bench.clock.sleep(Duration::from_hours(1)).await;
        assert!(bench.sink.dump().contains("value: 55"), "the code is gone, the track is not");
        bench.shelf(|shelf| {
            shelf.errors.insert("/track/1".to_owned(), ERROR_GONE);
        });
        bench.clock.sleep(Duration::from_hours(1)).await;
        assert!(bench.table(Table::Tracks).is_empty());
    };
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(4)), fate);
    assert!(end.failures.is_empty(), "{:?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_which_nothing_is_shown_says_so() {
    let bench = Bench::new(json!({ "tracks": ["1", "2"], "artists": ["27"] }));
    bench.shelf(|shelf| {
        shelf.errors.insert("/track/1".to_owned(), ERROR_TOKEN);
        shelf.errors.insert("/track/2".to_owned(), ERROR_TOKEN);
    });
    let end = bench.driver().daemon(Duration::from_mins(10)).await;
    for shown in &end.status.streams {
        let expected = if shown.stream == "tracks" { State::NeedsReauth } else { State::Idle };
        assert_eq!(shown.state, expected, "{shown:?}");
    }
    assert_eq!(bench.table(Table::Artists).len(), 1);
    assert!(end.failures.iter().any(|failure| failure.contains("Make it public")), "{:?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_waited_for_though_its_status_is_200() {
    let bench = Bench::new(json!({ "tracks": ["1", "2"] }));
    bench.wire.script("/track/1", [crate::support::wire::Mishap::Limited]);
    bench.read().await;
    let seen = bench.wire.take_seen();
    let times: Vec<_> = seen.iter().filter(|seen| seen.path == "/track/1").map(|seen| seen.at).collect();
    assert_eq!(times.len(), 2);
    assert!(times[1] >= times[0] + Duration::from_secs(5), "{times:?}");
}

#[test]
fn what_is_read_has_names_of_its_own() {
    let subjects = |settings| Deezer.known_subjects(&settings);
    let named =
        subjects(json!({ "tracks": ["3135556", "isrc:gb-duw-00-00059"], "playlists": ["908622995"] }))
            .unwrap();
    assert_eq!(named, ["track 3135556", "track isrc:GBDUW0000059", "playlist 908622995"]);
    assert_eq!(subjects(json!({ "tracks": ["x"] })), None);
}
