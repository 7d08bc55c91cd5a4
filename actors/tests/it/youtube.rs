//! What is particular to YouTube: batches and what is not in them, keys and tokens, reports that end days before today, money that
//! needs a scope of its own, units of a day, playlists that move while they are read.

use std::time::Duration;

use actors::{
    integrations::youtube::YouTube,
    session::quota::{BudgetRule, Quota, Scope},
};
use jiff::ToSpan;
use rows::{
    Clock, Day, Row, Table,
    budget::{Period, Resets, Term},
    checkpoint::Progress,
    state::State,
};
use sandbox::{
    google::TokenEndpoint,
    youtube::{
        API_KEY, CONTENT_OWNER, Change, FOREIGN, Kind, LONG, MIXED, OWN, SHY, YouTube as World, YouTubeError,
    },
};
use serde_json::{Value, json};

use crate::{
    compliance::{
        bench::Bench,
        cases::youtube::{CASE, performance},
        fact::{Facts, collect, difference},
    },
    support::{drive::End, wire::Seen},
};

const VIDEO: &str = "v-_00000001";

fn bench(settings: Value) -> Bench {
    let mut bench = Bench::new(&CASE);
    bench.spec.settings = settings;
    bench
}

fn with_key(mut bench: Bench) -> Bench {
    bench.spec.credentials = [("api_key".to_owned(), API_KEY.into())].into();
    bench
}

fn of(facts: Facts, table: Table) -> Facts {
    facts.into_iter().filter(|(place, _)| place.0 == table).collect()
}

/// The days of these channels and videos are as the imitation says.
#[track_caller]
fn assert_days(bench: &Bench, ids: &[&str], has_money: bool) {
    let truth = bench.wire.world(|world: &mut World| {
        let days = ids.iter().flat_map(|id| world.truth_days(id));
        collect(days.map(|day| performance(&day, has_money)).collect::<Vec<_>>())
    });
    let stored = of(bench.stored(), Table::ContentPerformanceDaily);
    assert!(truth.len() > 20);
    assert_eq!(difference(&truth, &stored), "");
}

/// The counters of everything that is shown are as the imitation says.
#[track_caller]
fn assert_counters(bench: &Bench, left_out: &str) {
    let truth = bench.wire.world(|world: &mut World| world.truth_readings());
    let truth = truth.iter().filter(|reading| reading.id != left_out);
    let mut truth: Vec<_> =
        truth.map(|reading| (reading.id.clone(), reading.counter.to_owned(), reading.value)).collect();
    let readings = bench.sink.table(&bench.spec.name, Table::CounterReadingsDaily).into_iter();
    let mut stored: Vec<_> = readings
        .map(|row| match row {
            Row::CounterReading(row) => (row.id, row.counter, row.value.unsigned_abs()),
            other => panic!("{other:?}"),
        })
        .collect();
    truth.sort();
    stored.sort();
    assert!(truth.len() > 150);
    assert_eq!(stored, truth);
}

fn state(end: &End, stream: &str) -> Option<(State, String)> {
    let found = end.status.streams.iter().find(|shown| shown.stream == stream);
    found.map(|shown| (shown.state, shown.error.clone().unwrap_or_default()))
}

fn asked<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn with_a_key_everything_public_is_read_in_batches_and_analytics_are_off() {
    let bench = bench(json!({}));
    let mut videos = bench.wire.world(|world: &mut World| world.public_videos());
    videos.extend(["nobodys-vid".to_owned(), "v-_00000050".to_owned()]);
    let mut bench = with_key(bench);
    bench.spec.settings =
        json!({ "channels": [OWN, FOREIGN, SHY], "videos": videos, "playlists": [LONG, MIXED] });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    assert_counters(&bench, "");
    let seen = bench.wire.take_seen();
    let of_videos: Vec<_> = seen.iter().filter(|seen| seen.path.ends_with("/videos")).collect();
    assert_eq!(of_videos.len(), 2, "fifty videos are one request");
    assert!(seen.iter().all(|seen| seen.path.starts_with("/youtube/v3/")), "{seen:#?}");
    let streams: Vec<_> = end.status.streams.iter().map(|shown| shown.stream).collect();
    assert_eq!(streams, ["channels", "playlists", "videos"]);
    // What YouTube leaves out is named; it says of no channel how many subscribers it hides.
    let named: Vec<_> = bench.sink.0.lock().quarantined.iter().map(|row| row.place.clone()).collect();
    assert_eq!(named, ["video nobodys-vid", "video v-_00000050"]);
}

#[tokio::test(start_paused = true)]
async fn one_id_that_is_refused_does_not_take_the_others_with_it() {
    let bench = bench(json!({}));
    let mut bench = with_key(bench);
    let videos = bench.wire.world(|world: &mut World| {
        world.poison(VIDEO);
        world.public_videos()
    });
    bench.spec.settings = json!({ "channels": [OWN, FOREIGN, SHY], "videos": videos });
    bench.read().await;
    assert_counters(&bench, VIDEO);
    let requests = bench.wire.take_seen().iter().filter(|seen| seen.path.ends_with("/videos")).count();
    assert!((8..=14).contains(&requests), "halves find it: {requests}");
    let refused = bench.sink.0.lock().quarantined.clone();
    assert_eq!(refused.iter().map(|row| &*row.place).collect::<Vec<_>>(), [format!("video {VIDEO}")]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_says_so() {
    let bench = with_key(bench(json!({ "channels": [OWN] })));
    bench.wire.world(|world: &mut World| world.set_key("another"));
    let end = bench.once().await;
    assert_eq!((end.finished, end.status.state), (Some(false), State::NeedsReauth));
    assert!(end.status.error.unwrap().contains("API key"));
    assert!(bench.wire.take_seen().len() < 4);
}

#[tokio::test(start_paused = true)]
async fn the_channel_of_the_credentials_is_read_where_none_is_named() {
    let bench = bench(json!({}));
    bench.read().await;
    assert_days(&bench, &[OWN], false);
}

#[tokio::test(start_paused = true)]
async fn a_content_owner_asks_for_its_channels() {
    let bench = bench(json!({ "channels": [OWN], "videos": [VIDEO], "content_owner": CONTENT_OWNER }));
    bench.read().await;
    assert_days(&bench, &[OWN, VIDEO], false);
    let reports = bench.wire.take_seen().into_iter().filter(|seen| seen.path == "/v2/reports");
    for seen in reports {
        assert_eq!(asked(&seen, "ids"), Some(format!("contentOwner=={CONTENT_OWNER}").as_str()));
        assert!(asked(&seen, "filters").is_some_and(|filters| filters.contains("==")));
    }
}

#[tokio::test(start_paused = true)]
async fn anothers_channel_has_counters_and_no_analytics() {
    let mut bench = bench(json!({ "channels": [FOREIGN, OWN] }));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    assert_days(&bench, &[OWN], false);
    let counted = of(bench.stored(), Table::CounterReadingsDaily);
    assert_eq!(counted.keys().filter(|(_, key)| key.contains(FOREIGN)).count(), 3);
    let told = bench.sink.0.lock().quarantined.iter().any(|row| row.detail.contains("owner"));
    assert!(told, "nothing says why it has no analytics");

    // What is taken back of the others goes all the same.
    bench.spec.settings = json!({ "channels": [FOREIGN, OWN], "videos": [VIDEO] });
    bench.once().await;
    assert_days(&bench, &[OWN, VIDEO], false);
    bench.wire.world(|world: &mut World| world.vanish(VIDEO, day("2026-11-16")));
    bench.once().await;
    assert_days(&bench, &[OWN, VIDEO], false);

    bench.spec.settings = json!({ "channels": [FOREIGN] });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    let (shown, advice) = state(&end, "performance").unwrap();
    assert!(shown == State::NeedsReauth && advice.contains("owner"), "{advice}");
    assert_eq!(state(&end, "channels").unwrap().0, State::Idle);
}

#[tokio::test(start_paused = true)]
async fn days_that_have_not_come_are_not_read_and_are_asked_for_until_they_do() {
    let bench = bench(json!({ "channels": [OWN], "videos": [VIDEO] }));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    let through = |bench: &Bench, stream: &str| {
        let checkpoint = bench.checkpoints().into_iter().find(|one| one.stream == stream).unwrap();
        let Progress::Days(days) = &checkpoint.progress else { panic!("{checkpoint:?}") };
        days.data_through_day(&checkpoint.zone().unwrap()).unwrap()
    };
    for stream in ["performance", "traffic_sources", "countries"] {
        assert_eq!(through(&bench, stream), day("2026-11-18"), "{stream}");
        assert_eq!(state(&end, stream).unwrap().0, State::Idle);
    }
    // Where nothing comes at all, days older than four are read, and what is there of them stays or goes with them.
    let rows = bench.stored().len();
    bench.wire.world(|world: &mut World| world.set_lag(30));
    bench.once().await;
    assert_eq!(through(&bench, "performance"), day("2026-11-16"));
    assert!(bench.stored().len() < rows / 2);
    let late = of(bench.stored(), Table::ContentPerformanceDaily)
        .into_keys()
        .filter(|(_, key)| key.ends_with("2026-11-18"));
    assert!(late.count() > 5, "of days that have not come, nothing is gone");
    // They come, all at once.
    bench.wire.world(|world: &mut World| world.set_lag(1));
    bench.daemon(Duration::from_hours(24)).await;
    assert_eq!(through(&bench, "performance"), day("2026-11-20"));
    assert_days(&bench, &[OWN, VIDEO], false);
}

#[tokio::test(start_paused = true)]
async fn days_that_were_missing_when_the_worker_stopped_are_read_when_it_is_back() {
    let bench = bench(json!({ "channels": [OWN] }));
    bench.read().await;
    bench.clock.sleep(Duration::from_hours(24 * 40)).await;
    bench.wire.world(|world: &mut World| world.thaw());
    bench.daemon(Duration::from_mins(90)).await;
    assert_days(&bench, &[OWN], false);
}

#[tokio::test(start_paused = true)]
async fn revenue_stands_beside_the_other_numbers_of_its_day() {
    let bench = bench(json!({ "channels": [OWN], "videos": [VIDEO], "revenue": true }));
    bench.read().await;
    assert_days(&bench, &[OWN, VIDEO], true);
    let before = bench.sink.dump();
    bench.read().await;
    assert!(bench.sink.dump() == before, "two streams that write one row agree");
    for seen in bench.wire.take_seen().iter().filter(|seen| seen.path == "/v2/reports") {
        let metrics = asked(seen, "metrics").unwrap();
        let is_of_money = metrics.contains("estimatedRevenue");
        assert!(!is_of_money || metrics == "estimatedRevenue", "it is asked for by itself: {metrics}");
        assert_eq!(asked(seen, "currency"), is_of_money.then_some("USD"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_scope_for_money_everything_else_is_read() {
    for status in [401, 403] {
        let bench = bench(json!({ "channels": [OWN], "videos": [VIDEO], "revenue": true }));
        bench.wire.world(|world: &mut World| world.set_monetary(false, status));
        let end = bench.once().await;
        assert_eq!(end.finished, Some(false));
        assert_days(&bench, &[OWN, VIDEO], false);
        for shown in &end.status.streams {
            let is_refused = shown.stream == "revenue";
            assert_eq!(shown.state, if is_refused { State::NeedsReauth } else { State::Idle }, "{shown:?}");
        }
        assert!(state(&end, "revenue").unwrap().1.contains("yt-analytics-monetary.readonly"));
        let issued = bench.wire.world(|world: &mut World| TokenEndpoint::issued(world.tokens()));
        assert_eq!(issued, 1, "the token is as good as ever");
        bench.wire.world(|world: &mut World| world.set_monetary(true, status));
        bench.daemon(Duration::from_hours(8)).await;
        assert_days(&bench, &[OWN, VIDEO], true);
    }
}

#[tokio::test(start_paused = true)]
async fn units_of_a_day_are_kept_and_analytics_cost_none() {
    const UNITS: u64 = 12;
    let mut bench = bench(json!({ "channels": [OWN], "videos": [VIDEO], "playlists": [LONG, MIXED] }));
    let pacific = rows::zone::zone("America/Los_Angeles").unwrap();
    let term = Term { per: Period::Day, resets: Resets::Zone(pacific) };
    let budgets = vec![BudgetRule { scope: Scope::Project, limit: UNITS, term, unit: "units" }];
    bench.spec.quotas = Some(Quota { rates: Vec::new(), budgets });
    bench.wire.world(|world: &mut World| world.set_units(Some(UNITS)));
    let driver = bench.driver();
    let end = driver.daemon(Duration::from_hours(12)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:#?}", end.failures);
    let error = end.status.error.unwrap_or_default();
    assert!(error.contains("used 12 of 12 units today") && error.contains("2026-11-22T08:0"), "{error}");
    assert_days(&bench, &[OWN, VIDEO], false);
    let used = bench.wire.world(|world: &mut World| world.units());
    assert_eq!(used, (UNITS, 0), "YouTube never had to refuse one");
    // Granted anew when the day turns in California.
    driver.daemon(Duration::from_hours(12)).await;
    assert_eq!(bench.wire.world(|world: &mut World| world.units()).1, 0);
}

#[tokio::test(start_paused = true)]
async fn a_day_whose_units_are_used_up_by_others_is_over_at_midnight_in_california() {
    let bench = with_key(bench(json!({ "channels": [OWN] })));
    bench.wire.world(|world: &mut World| world.refuse("statistics", Some(YouTubeError::quota_exceeded())));
    let began = bench.clock.now();
    let driver = bench.driver();
    let granted = async {
        bench.clock.sleep(Duration::from_hours(19)).await;
        bench.wire.world(|world: &mut World| world.refuse("statistics", None));
    };
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(21)), granted);
    assert_eq!(end.panics, 0);
    let seen = bench.wire.take_seen();
    let read: Vec<_> = seen.iter().filter(|seen| asked(seen, "part") == Some("id,statistics")).collect();
    assert_eq!(read.iter().filter(|seen| seen.status == Some(403)).count(), 1, "one refusal is believed");
    let first = read.iter().find(|seen| seen.status == Some(200)).unwrap();
    let midnight = "2026-11-22T08:00:00Z".parse::<jiff::Timestamp>().unwrap().duration_since(began);
    assert!(first.at.as_secs().abs_diff(midnight.as_secs().unsigned_abs()) < 300, "{:?}", first.at);
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_moves_while_it_is_read_is_read_again() {
    let bench = with_key(bench(json!({ "playlists": [LONG] })));
    bench.wire.world(|world: &mut World| assert!(world.change_while_read(LONG, 1, Change::RemoveFirst)));
    bench.read().await;
    let places = || {
        let facts = of(bench.stored(), Table::PlaylistPlacements);
        facts.values().map(|values| values["position"].parse::<usize>().unwrap()).max()
    };
    assert_eq!(places(), Some(57), "each video has its first place");
    let before = bench.stored();
    // One that never stands still keeps what was read of it.
    bench.wire.world(|world: &mut World| {
        // Three readings of three pages, and some more.
        for _ in 0..12 {
            assert!(world.change_while_read(LONG, 1, Change::Append(VIDEO.to_owned())));
        }
    });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(end.failures.iter().any(|failure| failure.contains("changed while")), "{:#?}", end.failures);
    let kept = |facts: Facts| of(facts, Table::PlaylistPlacements);
    assert_eq!(difference(&kept(before), &kept(bench.stored())), "");
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_or_private_keeps_its_place() {
    let bench = with_key(bench(json!({ "playlists": [MIXED] })));
    bench.read().await;
    let mut places: Vec<_> = bench
        .sink
        .table(&bench.spec.name, Table::PlaylistPlacements)
        .into_iter()
        .map(|row| match row {
            Row::PlaylistPlacement(row) => (row.position.unwrap(), row.track_id, row.title.unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    places.sort();
    let found: Vec<_> = places.iter().map(|(place, id, title)| (*place, &**id, &**title)).collect();
    assert_eq!(
        found,
        [
            (1, "v-_00000005", "Track 06 夜"),
            (2, "v-_00000050", "Deleted video"),
            (3, "v-_00000007", "Track 08 夜"),
            (4, "v-_00000051", "Private video"),
            (6, "v-_00000009", "Track 10 夜"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn counters_that_are_hidden_have_no_reading() {
    let bench = with_key(bench(json!({ "channels": [SHY], "videos": ["v-_00000002", "v-_00000003"] })));
    bench.wire.world(|world: &mut World| world.set_counter(Kind::Video, VIDEO, "views", Some(0)));
    bench.read().await;
    let keys: Vec<String> =
        of(bench.stored(), Table::CounterReadingsDaily).into_keys().map(|(_, key)| key).collect();
    let today = bench.wire.world(|world: &mut World| world.today()).checked_add(0.days()).unwrap();
    let expected = [
        format!("channel/{SHY}/videos/{today}"),
        format!("channel/{SHY}/views/{today}"),
        format!("video/v-_00000002/comments/{today}"),
        format!("video/v-_00000002/views/{today}"),
        format!("video/v-_00000003/likes/{today}"),
        format!("video/v-_00000003/views/{today}"),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn every_stream_is_declared_whatever_the_settings_are() {
    use actors::integration::AnyIntegration as _;
    let names: Vec<_> = YouTube.known_streams().iter().map(|stream| stream.name).collect();
    let expected =
        ["channels", "videos", "playlists", "performance", "traffic_sources", "countries", "revenue"];
    assert_eq!(names, expected);
}
