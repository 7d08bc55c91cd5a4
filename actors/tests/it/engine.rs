//! Supervision: what one connection does must not touch another.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use actors::{
    engine::{Engine, EngineOptions, poller::Once},
    integration::{AnyIntegration, ConnectionSpec},
    observer::{Observer, Silent},
    session::{
        LinkServices,
        quota::{Caller, Scope},
    },
};
use jiff::civil::date;
use rows::{Clock, DayRange, Table, clock::SystemClock, state::State};
use tokio::runtime::Handle as Runtime;

use crate::support::{
    memory::MemorySink,
    scripted::{Behaviour, Handle, Scripted, Wire},
};

fn spec(name: &str, integration: &str) -> ConnectionSpec {
    ConnectionSpec {
        name: name.to_owned(),
        integration: integration.to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: date(2026, 10, 1),
        base_url: "http://127.0.0.1:9".parse().unwrap(),
        endpoints: std::collections::BTreeMap::new(),
        api_version: String::new(),
        credentials: std::collections::BTreeMap::new(),
        settings: serde_json::Value::Null,
        quotas: None,
        streams: std::collections::BTreeMap::new(),
    }
}

fn options(sink: &MemorySink, scripted: &[Arc<Scripted>]) -> EngineOptions {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let observer = Arc::new(Silent);
    let services = LinkServices::alone(Arc::new(Wire("this is no JSON")), clock, observer);
    let integrations = scripted
        .iter()
        .map(|scripted| Arc::new(Handle(Arc::clone(scripted))) as Arc<dyn AnyIntegration>)
        .collect();
    EngineOptions {
        page_timeout: Duration::from_millis(200),
        controls_every: Duration::from_millis(50),
        ..EngineOptions::new(integrations, services, Arc::new(sink.clone()), Runtime::current())
    }
}

/// Polls `status` for at most `seconds`.
async fn eventually(seconds: u64, what: &str, mut status: impl FnMut() -> bool) {
    let deadline = std::time::Duration::from_secs(seconds);
    let clock = SystemClock::new();
    while !status() {
        assert!(clock.elapsed() < deadline, "not within {seconds} s: {what}");
        clock.sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_neighbours_disturb_nobody() {
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let panics = Scripted::new("panics", Behaviour::Panics);
    let hangs = Scripted::new("hangs", Behaviour::Hangs);
    let garbage = Scripted::new("garbage", Behaviour::Garbage);
    let all = [good.clone(), panics.clone(), hangs.clone(), garbage.clone()];
    let mut specs: Vec<_> = all.iter().map(|scripted| spec(scripted.id, scripted.id)).collect();
    let mut engine = Engine::start(options(&sink, &all), specs.clone()).await.unwrap();
    let statuses = engine.statuses().clone();
    let state = |name: &str| statuses.get(name).map(|status| status.state);

    eventually(20, "the hanging one backs off", || state("hangs") == Some(State::BackingOff)).await;
    eventually(20, "the one that answers garbage backs off", || state("garbage") == Some(State::BackingOff))
        .await;
    // Five crashes with full-jitter delays of at most 1, 2, 4 and 8 seconds between.
    eventually(30, "the panicking one is parked", || state("panics") == Some(State::Parked)).await;
    assert!(panics.asked.load(Ordering::Relaxed) >= 5, "it was rebuilt in between");
    let before = good.asked.load(Ordering::Relaxed);
    eventually(5, "the good one goes on", || good.asked.load(Ordering::Relaxed) > before + 10).await;
    assert!(matches!(state("good"), Some(State::Idle | State::Polling)));
    assert_eq!(sink.table("good", Table::AdPerformanceDaily).len(), {
        let today = rows::day::day_at(SystemClock::new().now(), &jiff::tz::TimeZone::UTC);
        usize::try_from(rows::day::days_between(date(2026, 10, 1), today) + 1).unwrap()
    });
    // It is tried again in an hour, and at once when its configuration changes; one that stays as it was is left alone.
    let before = panics.asked.load(Ordering::Relaxed);
    engine.run(specs.clone()).await;
    SystemClock::new().sleep(Duration::from_millis(300)).await;
    assert_eq!(panics.asked.load(Ordering::Relaxed), before);
    specs[1].start_date = date(2026, 10, 2);
    engine.run(specs).await;
    eventually(5, "it is tried again", || panics.asked.load(Ordering::Relaxed) > before).await;
    engine.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_run_ends_and_tells_how() {
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let panics = Scripted::new("panics", Behaviour::Panics);
    let all = [good.clone(), panics.clone()];
    let mut options = options(&sink, &all);
    let once = || Some(Once { since: SystemClock::new().now(), wait_max: Duration::from_secs(30) });
    options.once = once();
    let specs: Vec<_> = all.iter().map(|scripted| spec(scripted.id, scripted.id)).collect();
    let mut engine = Engine::start(options.clone(), specs.clone()).await.unwrap();
    let progress = tokio::time::timeout(Duration::from_secs(20), engine.finished()).await.unwrap();
    assert_eq!(progress.finished.get("good"), Some(&true));
    assert_eq!(progress.finished.get("panics"), Some(&false));
    engine.stop(Duration::from_secs(5)).await;
    let first = sink.dump();
    assert!(!first.is_empty());

    // A second run changes nothing.
    options.once = once();
    let mut engine = Engine::start(options, vec![specs[0].clone()]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), engine.finished()).await.unwrap();
    engine.stop(Duration::from_secs(5)).await;
    assert_eq!(sink.dump(), first);
}

/// Notes who came back.
#[derive(Default)]
struct Returned(parking_lot::Mutex<Vec<String>>);

impl Observer for Returned {
    fn returned(&self, connection: &str) {
        self.0.lock().push(connection.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_comes_back_is_told() {
    let sink = MemorySink::default();
    let good = [Scripted::new("good", Behaviour::Good)];
    let observer = Arc::new(Returned::default());
    let mut options = options(&sink, &good);
    options.services.observer = observer.clone();
    let mut specs = vec![spec("first", "good")];
    let mut engine = Engine::start(options, specs.clone()).await.unwrap();
    let statuses = engine.statuses().clone();
    let idle = |name: &str| statuses.get(name).is_some_and(|status| status.state == State::Idle);
    eventually(10, "the first reads", || idle("first")).await;
    assert_eq!(*observer.0.lock(), Vec::<String>::new());
    sink.0.lock().returned = true;
    specs.push(spec("second", "good"));
    engine.run(specs).await;
    eventually(10, "the second reads", || idle("second")).await;
    assert_eq!(*observer.0.lock(), ["second"]);
    engine.stop(Duration::from_secs(5)).await;
}

/// They are no rows of the window, and neither are they silently nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_other_days_are_left_out_and_told() {
    let sink = MemorySink::default();
    let scripted = [Scripted::new("other-days", Behaviour::OtherDays)];
    let mut options = options(&sink, &scripted);
    options.once = Some(Once { since: SystemClock::new().now(), wait_max: Duration::from_secs(30) });
    let mut engine = Engine::start(options, vec![spec("other-days", "other-days")]).await.unwrap();
    let progress = tokio::time::timeout(Duration::from_secs(20), engine.finished()).await.unwrap();
    assert_eq!(progress.finished.get("other-days"), Some(&true));
    engine.stop(Duration::from_secs(5)).await;
    let rows = sink.table("other-days", Table::AdPerformanceDaily);
    assert!(rows.len() > 28 && rows.iter().all(|row| row.day() > Some(date(2020, 1, 1))), "{}", rows.len());
    let stored = sink.0.lock();
    let told: std::collections::BTreeSet<_> =
        stored.quarantined.iter().map(|one| (one.reason, &*one.hash)).collect();
    assert_eq!(told.len(), 1, "one entry, however often: {told:?}");
    let one = &stored.quarantined[0];
    assert_eq!(one.reason, "date_outside_window");
    assert!(
        one.detail.ends_with("found 1 rows dated 2020-01-01 to 2020-01-01: they were left out"),
        "{}",
        one.detail
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_pause_and_resume() {
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let engine =
        Engine::start(options(&sink, std::slice::from_ref(&good)), vec![spec("good", "good")]).await.unwrap();
    let statuses = engine.statuses().clone();
    let state = || statuses.get("good").map(|status| status.state);
    eventually(5, "it polls", || good.asked.load(Ordering::Relaxed) > 3).await;
    sink.0.lock().controls = vec![rows::sink::Control {
        connection: "good".to_owned(),
        paused: true,
        withheld: None,
        poll_requested_at: None,
        backfills: Vec::new(),
    }];
    eventually(5, "it is paused", || state() == Some(State::Paused)).await;
    sink.0.lock().controls.clear();
    eventually(5, "it goes on", || matches!(state(), Some(State::Idle | State::Polling))).await;
    engine.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_ends_what_is_gone_and_starts_what_is_new() {
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let mut engine =
        Engine::start(options(&sink, std::slice::from_ref(&good)), vec![spec("a", "good")]).await.unwrap();
    let statuses = engine.statuses().clone();
    assert!(statuses.get("a").is_some(), "what is started shows at once");
    eventually(5, "a polls", || statuses.get("a").is_some_and(|status| status.last_success_at.is_some()))
        .await;
    engine.run(vec![spec("b", "good")]).await;
    assert!(statuses.get("b").is_some(), "what is new shows at once");
    eventually(5, "b polls", || statuses.get("b").is_some_and(|status| status.last_success_at.is_some()))
        .await;
    eventually(5, "a is gone", || statuses.get("a").is_none()).await;
    engine.stop(Duration::from_secs(5)).await;
}

/// Whatever a connection waits for, its end does not: an answer that never comes, or a provider's word to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_no_provider() {
    let sink = MemorySink::default();
    let hangs = Scripted::new("hangs", Behaviour::Hangs);
    let waits = Scripted::new("waits", Behaviour::Garbage);
    let deaf = Scripted::new("deaf", Behaviour::Deaf);
    let all = [hangs.clone(), waits.clone(), deaf.clone()];
    let mut options = options(&sink, &all);
    options.page_timeout = Duration::from_mins(5);
    let caller =
        Caller { integration: "waits", connection: "waits", account: "", endpoint: "x", host: "127.0.0.1" };
    options.services.quotas.hold(&caller, &[], Scope::Project, Duration::from_secs(80));
    let engine = Engine::start(options, all.iter().map(|scripted| spec(scripted.id, scripted.id)).collect())
        .await
        .unwrap();
    eventually(30, "all are asked", || all.iter().all(|scripted| scripted.asked.load(Ordering::Relaxed) > 0))
        .await;
    let clock = SystemClock::new();
    engine.stop(Duration::from_secs(20)).await;
    // Without this, it takes all of its grace.
    assert!(clock.elapsed() < Duration::from_secs(10), "the end took {:?}", clock.elapsed());
}

/// A request for days of a connection that is paused ends with the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_of_a_paused_connection_are_refused_with_the_reason() {
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let days = DayRange::new(date(2026, 10, 1), date(2026, 10, 2)).unwrap();
    let requested_at = SystemClock::new().now();
    sink.0.lock().controls = vec![rows::sink::Control {
        connection: "good".to_owned(),
        paused: true,
        withheld: None,
        poll_requested_at: None,
        backfills: vec![rows::sink::BackfillRequest { id: 3, days, requested_at }],
    }];
    let engine =
        Engine::start(options(&sink, std::slice::from_ref(&good)), vec![spec("good", "good")]).await.unwrap();
    let ended = || sink.0.lock().backfills_ended.get(&3).cloned();
    eventually(5, "the request ends", || ended().is_some()).await;
    assert!(ended().unwrap().contains("`dynamoi resume --connection good`"), "{:?}", ended());
    engine.stop(Duration::from_secs(5)).await;
}

/// A slow word that a few days are left must not stand behind the quick one that none are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_word_on_a_backfill_stands() {
    const SLOW: Duration = Duration::from_millis(300);
    let sink = MemorySink::default();
    let good = Scripted::new("good", Behaviour::Good);
    let engine =
        Engine::start(options(&sink, std::slice::from_ref(&good)), vec![spec("good", "good")]).await.unwrap();
    let statuses = engine.statuses().clone();
    eventually(10, "it reads", || statuses.get("good").is_some_and(|status| status.state == State::Idle))
        .await;
    let days = DayRange::new(date(2026, 10, 1), date(2026, 10, 2)).unwrap();
    let requested_at = SystemClock::new().now();
    {
        let mut stored = sink.0.lock();
        stored.slow_progress = Some(SLOW);
        stored.controls = vec![rows::sink::Control {
            connection: "good".to_owned(),
            paused: false,
            withheld: None,
            poll_requested_at: None,
            backfills: vec![rows::sink::BackfillRequest { id: 3, days, requested_at }],
        }];
    }
    let left = || sink.0.lock().backfills_left.get(&3).copied();
    eventually(10, "its end is told", || left() == Some(0)).await;
    SystemClock::new().sleep(SLOW * 2).await;
    assert_eq!(left(), Some(0));
    engine.stop(Duration::from_secs(5)).await;
}
