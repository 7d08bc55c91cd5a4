//! Gates against servers that count: in virtual time, with the network's jitter.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use rows::{
    Cache, Clock,
    cache::{Announcement, Claims, Hold, Lock, Share, Shares},
    clock::SimulatedClock,
};

use super::*;
use crate::observer::Silent;

/// A server that admits so many requests a second, counted in fixed or sliding windows.
struct Server {
    per_second: usize,
    sliding: bool,
    admitted: Mutex<VecDeque<Duration>>,
    served: AtomicU64,
    refused: AtomicU64,
}

impl Server {
    fn new(per_second: usize, sliding: bool) -> Arc<Self> {
        let (served, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { per_second, sliding, admitted: Mutex::default(), served, refused })
    }

    fn admits(&self, now: Duration) -> bool {
        let mut admitted = self.admitted.lock();
        let second = Duration::from_secs(1);
        let sliding = self.sliding;
        admitted.retain(|at| if sliding { *at + second > now } else { at.as_secs() == now.as_secs() });
        let admits = admitted.len() < self.per_second;
        if admits {
            admitted.push_back(now);
        }
        let counter = if admits { &self.served } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        admits
    }
}

/// Sends `total` requests from several connections; gives how long it took.
async fn drive(server: &Arc<Server>, rules: Vec<QuotaRule>, total: u64, urgency: Urgency) -> Duration {
    drive_with(server, rules, total, urgency, 9_000).await
}

/// As [`drive`], over a network that takes up to so many microseconds to deliver a request.
async fn drive_with(
    server: &Arc<Server>,
    rules: Vec<QuotaRule>,
    total: u64,
    urgency: Urgency,
    jitter_micros: u64,
) -> Duration {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::UNIX_EPOCH));
    let quotas = Arc::new(Quotas::new(clock.clone(), Arc::new(Silent)));
    let left = Arc::new(AtomicU64::new(total));
    let rules = Arc::new(rules);
    let mut tasks = Vec::new();
    for connection in ["a", "b", "c"] {
        for _ in 0..3 {
            let (server, clock, quotas) = (Arc::clone(server), clock.clone(), Arc::clone(&quotas));
            let (left, rules) = (Arc::clone(&left), Arc::clone(&rules));
            tasks.push(tokio::spawn(async move {
                let caller =
                    Caller { integration: "test", connection, account: "1", endpoint: "list", host: "h" };
                while left.load(Ordering::Relaxed) > 0 {
                    let patience = Duration::from_secs(90);
                    quotas.admit(&caller, &rules, urgency, 1, patience).await.unwrap();
                    let sent_at = clock.elapsed();
                    clock.sleep(Duration::from_micros(rand::random_range(500..jitter_micros))).await;
                    let admitted = server.admits(clock.elapsed());
                    clock.sleep(Duration::from_micros(rand::random_range(500..30_000))).await;
                    if admitted {
                        let _ = left
                            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                        quotas.succeeded(&caller, &rules);
                    } else {
                        quotas.refused(&caller, &rules, Scope::Account, Wait::Unsaid, sent_at);
                    }
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    clock.elapsed()
}

fn assert_careful_and_full(server: &Server, took: Duration) {
    let passed = server.served.load(Ordering::Relaxed);
    let refused = server.refused.load(Ordering::Relaxed);
    let allowance = f64::from(u32::try_from(server.per_second).unwrap()) * took.as_secs_f64();
    let used = f64::from(u32::try_from(passed).unwrap()) / allowance;
    println!("served {passed}, refused {refused}, used {used:.3} of the allowance");
    assert!(refused * 100 < passed, "{refused} of {passed} were refused");
    assert!(used >= 0.9, "only {used:.3} of the allowance was used");
}

#[tokio::test(start_paused = true)]
async fn a_configured_limit_is_used_but_not_exceeded() {
    for sliding in [false, true] {
        for burst in [1, 5, 20] {
            let server = Server::new(20, sliding);
            let rules = vec![QuotaRule::per_second(Scope::Account, 20.0, burst)];
            let took = drive(&server, rules, 2_000, Urgency::Fresh).await;
            assert_careful_and_full(&server, took);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rough_network_costs_hardly_anything() {
    for sliding in [false, true] {
        let server = Server::new(20, sliding);
        let rules = vec![QuotaRule::per_second(Scope::Account, 20.0, 5)];
        let took = drive_with(&server, rules, 2_000, Urgency::Fresh, 60_000).await;
        assert_careful_and_full(&server, took);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_limit_is_learned_from_refusals() {
    for sliding in [false, true] {
        let server = Server::new(20, sliding);
        let rules = vec![QuotaRule::per_second(Scope::Account, 60.0, 10)];
        let took = drive(&server, rules, 4_000, Urgency::Fresh).await;
        assert_careful_and_full(&server, took);
    }
}

#[tokio::test(start_paused = true)]
async fn deep_work_takes_at_most_half() {
    let server = Server::new(20, true);
    let rules = vec![QuotaRule::per_second(Scope::Account, 20.0, 1)];
    let took = drive(&server, rules, 400, Urgency::Deep).await;
    assert!(took >= Duration::from_secs(38), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_passes_while_held() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::UNIX_EPOCH));
    let quotas = Quotas::new(clock.clone(), Arc::new(Silent));
    let caller = Caller { integration: "test", connection: "a", account: "1", endpoint: "list", host: "h" };
    quotas.hold(&caller, &[], Scope::App, Duration::from_secs(40));
    let waited = quotas.admit(&caller, &[], Urgency::Fresh, 1, Duration::from_mins(1)).await;
    assert!(waited.unwrap() >= Duration::from_secs(40));
    quotas.hold(&caller, &[], Scope::Endpoint, Duration::from_mins(10));
    let waited = quotas.admit(&caller, &[], Urgency::Fresh, 1, Duration::from_mins(1)).await;
    assert!(waited.is_err(), "a hold beyond the patience is told, not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_comes_while_waiting_is_obeyed() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::UNIX_EPOCH));
    let quotas = Arc::new(Quotas::new(clock.clone(), Arc::new(Silent)));
    let rules = [QuotaRule::per_minute(Scope::App, 6.0, 1)];
    let caller = Caller { integration: "test", connection: "a", account: "1", endpoint: "list", host: "h" };
    quotas.admit(&caller, &rules, Urgency::Fresh, 1, Duration::from_mins(1)).await.unwrap();
    let waiting = {
        let quotas = Arc::clone(&quotas);
        tokio::spawn(async move {
            quotas.admit(&caller, &rules, Urgency::Fresh, 1, Duration::from_secs(90)).await
        })
    };
    clock.sleep(Duration::from_secs(2)).await;
    quotas.hold(&caller, &rules, Scope::Account, Duration::from_secs(50));
    waiting.await.unwrap().unwrap();
    assert!(clock.elapsed() >= Duration::from_secs(52), "{:?}", clock.elapsed());
}

/// A lone request that is refused is no jitter, whatever the rule allows: the waits grow.
#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_everything_is_asked_ever_less() {
    assert!(refused_six_times(Wait::Unsaid).await >= Duration::from_secs(1 + 2 + 4 + 8 + 16 + 32));
}

/// "At once" is believed once.
#[tokio::test(start_paused = true)]
async fn a_provider_that_says_at_once_every_time_is_asked_ever_less() {
    assert!(refused_six_times(Wait::For(Duration::ZERO)).await >= Duration::from_secs(2 + 4 + 8 + 16 + 32));
}

/// How long it takes to send six requests that are refused, and one more.
async fn refused_six_times(said: Wait) -> Duration {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::UNIX_EPOCH));
    let quotas = Quotas::new(clock.clone(), Arc::new(Silent));
    let rules = [QuotaRule::per_second(Scope::App, 2_000.0, 100)];
    let caller = Caller { integration: "test", connection: "a", account: "1", endpoint: "list", host: "h" };
    for _ in 0..6 {
        quotas.admit(&caller, &rules, Urgency::Fresh, 1, Duration::from_mins(2)).await.unwrap();
        let sent_at = clock.elapsed();
        clock.sleep(Duration::from_millis(5)).await;
        quotas.refused(&caller, &rules, Scope::App, said, sent_at);
    }
    quotas.admit(&caller, &rules, Urgency::Fresh, 1, Duration::from_mins(2)).await.unwrap();
    clock.elapsed()
}

/// A cache through which workers meet, as Redis does, that can be away or forget.
struct Meeting {
    clock: Arc<dyn Clock>,
    away: Mutex<bool>,
    /// By scope and worker: its part, and when it was renewed.
    parts: Mutex<HashMap<(String, String), (f64, Duration)>>,
}

impl Cache for Meeting {
    fn share(&self, claims: Claims) -> BoxFuture<'_, Option<Shares>> {
        Box::pin(async move {
            self.clock.sleep(Duration::from_millis(1)).await;
            if *self.away.lock() {
                self.clock.sleep(Duration::from_millis(249)).await;
                return None;
            }
            let now = self.clock.elapsed();
            let mut parts = self.parts.lock();
            parts.retain(|_, (_, at)| *at + claims.ttl > now);
            parts.insert((String::new(), claims.worker.clone()), (0.0, now));
            let workers = parts.keys().filter(|(scope, _)| scope.is_empty()).count();
            let scopes = claims.scopes.iter().map(|claim| {
                let others: Vec<f64> = parts
                    .iter()
                    .filter(|((scope, worker), _)| *scope == claim.scope && *worker != claims.worker)
                    .map(|(_, (part, _))| *part)
                    .collect();
                let equal = 1.0 / f64::from(u32::try_from(others.len() + 1).unwrap());
                let part = equal.min(1.0 - others.iter().sum::<f64>()).min(claims.share_max).max(0.0);
                parts.insert((claim.scope.clone(), claims.worker.clone()), (part, now));
                Share { part, hold: None, lifted: None, learned: None }
            });
            let scopes = scopes.collect();
            Some(Shares { workers: u32::try_from(workers).unwrap(), scopes })
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn leave(&self, _worker: &str) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn get(&self, _key: &str) -> BoxFuture<'_, Option<Vec<u8>>> {
        Box::pin(async { None })
    }

    fn put(&self, _key: &str, _value: Vec<u8>, _ttl: Duration) -> BoxFuture<'_, bool> {
        Box::pin(async { false })
    }

    fn lock(&self, _key: &str, _token: &str, _ttl: Duration) -> BoxFuture<'_, Lock> {
        Box::pin(async { Lock::Unknown })
    }

    fn unlock(&self, _key: &str, _token: &str) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn members(&self, _key: &str) -> BoxFuture<'_, Option<std::collections::BTreeSet<String>>> {
        Box::pin(async { None })
    }

    fn announce(&self, _announcement: Announcement) -> BoxFuture<'_, bool> {
        Box::pin(async { false })
    }
}

/// A worker that sends as much as it may, for ever.
async fn works(
    name: &'static str,
    meeting: Arc<Meeting>,
    server: Arc<Server>,
    clock: Arc<dyn Clock>,
) -> Arc<AtomicU64> {
    let sharing = Sharing::new(meeting, clock.clone(), name.to_owned(), 1);
    sharing.begin().await;
    let quotas =
        Arc::new(Quotas::among(Others::Sharing(Arc::clone(&sharing)), clock.clone(), Arc::new(Silent)));
    tokio::spawn(async move { sharing.run().await });
    let sent = Arc::new(AtomicU64::new(0));
    for _ in 0..3 {
        let (server, clock, quotas) = (Arc::clone(&server), clock.clone(), Arc::clone(&quotas));
        let sent = Arc::clone(&sent);
        tokio::spawn(async move {
            let rules = [QuotaRule::per_second(Scope::App, f64::from(20), 1)];
            let caller =
                Caller { integration: "test", connection: name, account: name, endpoint: "list", host: "h" };
            loop {
                quotas.admit(&caller, &rules, Urgency::Fresh, 1, Duration::from_secs(90)).await.unwrap();
                let sent_at = clock.elapsed();
                clock.sleep(Duration::from_micros(rand::random_range(500..9_000))).await;
                if server.admits(clock.elapsed()) {
                    quotas.succeeded(&caller, &rules);
                    sent.fetch_add(1, Ordering::Relaxed);
                } else {
                    quotas.refused(&caller, &rules, Scope::App, Wait::Unsaid, sent_at);
                }
            }
        });
    }
    sent
}

/// Two workers send as much as they may: never more than the limit, whatever the cache does, and most of it.
#[tokio::test(start_paused = true)]
async fn workers_that_share_stay_within_one_limit() {
    for sliding in [false, true] {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::UNIX_EPOCH));
        let meeting =
            Arc::new(Meeting { clock: clock.clone(), away: Mutex::new(false), parts: Mutex::default() });
        let server = Server::new(20, sliding);
        let first = works("first", Arc::clone(&meeting), Arc::clone(&server), clock.clone()).await;
        clock.sleep(Duration::from_secs(10)).await;
        let alone = first.load(Ordering::Relaxed);
        assert!(alone >= 170, "alone, it has all: {alone}");
        let second = works("second", Arc::clone(&meeting), Arc::clone(&server), clock.clone()).await;
        for round in 0..6 {
            let (first_before, second_before) =
                (first.load(Ordering::Relaxed), second.load(Ordering::Relaxed));
            clock.sleep(Duration::from_secs(10)).await;
            let first = first.load(Ordering::Relaxed) - first_before;
            let second = second.load(Ordering::Relaxed) - second_before;
            println!("round {round}: {first} and {second}");
            assert!(first >= 65 && second >= 65, "round {round}: {first} and {second}");
            // Away in every second round; what it knew is lost.
            let away = round % 2 == 0;
            *meeting.away.lock() = away;
            meeting.parts.lock().clear();
        }
        assert_careful_and_full(&server, clock.elapsed());
    }
}

#[test]
fn a_part_of_a_rule_is_exact() {
    let half = QuotaRule::per_second(Scope::App, 7.0, 5).part(0.5);
    assert_eq!(half, QuotaRule::per_second(Scope::App, 3.5, 2));
    let less_than_one = QuotaRule::per_minute(Scope::App, 1.0, 1).part(0.25);
    assert_eq!(
        (less_than_one.limit, less_than_one.per, less_than_one.burst),
        (1.0, Duration::from_mins(4), 1)
    );
}

/// An hour's rule that is halved and doubled again and again does not forget what was earned.
#[test]
fn a_changing_part_loses_no_time() {
    let mut pace = pace::Pace::new(Some(QuotaRule {
        scope: Scope::App,
        limit: 60.0,
        per: Duration::from_hours(1),
        burst: 1,
    }));
    let (mut now, mut passed) = (Duration::ZERO, 0);
    while now < Duration::from_hours(1) {
        let part = if now.as_secs() % 20 < 10 { 1.0 } else { 0.5 };
        pace.share(now, Some(part));
        passed += u32::from(pace.pass(now, 1, false).is_ok());
        now += Duration::from_secs(1);
    }
    assert!((28..=60).contains(&passed), "{passed}");
    pace.share(now, None);
    assert!(pace.pass(now, 1, false).is_err() && pace.part().is_none());
}

#[test]
fn what_one_worker_is_told_holds_for_the_others() {
    let rule = Some(QuotaRule::per_second(Scope::App, 20.0, 1));
    let (mut told, mut hears) = (pace::Pace::new(rule), pace::Pace::new(rule));
    let now = Duration::from_secs(100);
    told.share(now, Some(0.5));
    hears.share(now, Some(0.25));
    assert_eq!(told.tell(now), (None, None), "nothing yet");
    told.refused(now, Some(SaidWait::new(Duration::from_secs(30))), now);
    let (hold, learned) = told.tell(now);
    let hold = hold.unwrap();
    assert_eq!(hold, Hold { left: Duration::from_secs(30), age: Duration::ZERO });
    assert!(told.tell(now).1.is_none(), "news is told once");
    told.untold(learned);
    assert_eq!(told.tell(now).1, learned, "unless it could not be told");
    let before = hears.rate().unwrap();
    hears.hear_hold(now, now, hold);
    hears.hear(now, learned.map(|pace| (pace, 7)));
    assert_eq!(hears.held(now).map(SaidWait::wait), Some(Duration::from_secs(30)));
    assert_eq!(hears.tell(now), (None, None), "what was heard is not told on");
    let after = hears.rate().unwrap();
    assert!(after < before, "{after} {before}");
    hears.share(now, Some(0.5));
    let doubled = hears.rate().unwrap();
    assert!((doubled - 2.0 * after).abs() < 1e-6, "what was learned changes with the part");
    hears.hear(now, Some((0.1, 7)));
    assert!((hears.rate().unwrap() - doubled).abs() < 1e-9, "old news");
}

/// The next request's time.
fn passed(pace: &mut pace::Pace, mut now: Duration) -> Duration {
    while let Err(wait) = pace.pass(now, 1, false) {
        now += wait.max(Duration::from_millis(1));
    }
    now
}

/// A single refusal, soon after the start, of a rule by the minute: whoever it was about, a minute later all is as before.
#[test]
fn one_refusal_costs_no_hour() {
    let rule = QuotaRule::per_minute(Scope::App, 500.0, 2);
    let mut pace = pace::Pace::new(Some(rule));
    let mut now = Duration::from_secs(5);
    for _ in 0..5 {
        now = passed(&mut pace, now);
    }
    pace.refused(now, None, now);
    assert!(pace.rate().unwrap() > 3.0, "{:?}", pace.rate());
    let until = now + Duration::from_mins(1);
    while now < until {
        now = passed(&mut pace, now);
        pace.succeeded();
    }
    assert!(pace.rate().unwrap() > 0.85 * 500.0 / 60.0, "{:?}", pace.rate());
}

/// Where one request takes long, its wait is waited for once, however the pace recovers meanwhile.
#[test]
fn a_slow_pace_does_not_wait_again_for_what_it_has_waited_for() {
    for period in [Duration::from_mins(1), Duration::from_mins(40)] {
        let rule = QuotaRule { limit: 2.0, per: period, ..QuotaRule::per_second(Scope::App, 1.0, 1) };
        let mut pace = pace::Pace::new(Some(rule));
        let mut now = passed(&mut pace, Duration::from_secs(1));
        now += period * 2;
        pace.refused(now, None, now);
        let rate = pace.rate().unwrap();
        for _ in 0..5 {
            let next = passed(&mut pace, now);
            let wait = next.saturating_sub(now).as_secs_f64();
            assert!(wait < 1.1 / rate, "{wait} s at {rate} a second");
            now = next;
        }
        assert!(pace.rate().unwrap() > rate);
    }
}

/// A limit by the minute that is much lower than the rule costs two refusals, and is known then. One that is lifted again is
/// found out about within half an hour.
#[test]
fn a_second_refusal_is_believed_and_not_for_ever() {
    let mut pace = pace::Pace::new(Some(QuotaRule::per_minute(Scope::App, 500.0, 2)));
    let (mut now, mut sent, mut refusals) = (Duration::ZERO, VecDeque::new(), 0);
    let mut limit = 50;
    let mut run = |pace: &mut pace::Pace, now: &mut Duration, minutes: u64, limit: usize| {
        let until = *now + Duration::from_mins(minutes);
        let mut refused = 0;
        while *now < until {
            *now = passed(pace, *now);
            sent.retain(|at| *at + Duration::from_mins(1) > *now);
            if sent.len() < limit {
                sent.push_back(*now);
                pace.succeeded();
            } else {
                refused += 1;
                pace.refused(*now, None, *now);
            }
        }
        refused
    };
    refusals += run(&mut pace, &mut now, 10, limit);
    assert!((1..=10).contains(&refusals), "{refusals} of about 500");
    assert!(pace.rate().unwrap() < 1.1 * 50.0 / 60.0, "{:?}", pace.rate());
    limit = usize::MAX;
    assert_eq!(run(&mut pace, &mut now, 30, limit), 0);
    assert!(pace.rate().unwrap() > 0.9 * 0.93 * 500.0 / 60.0, "{:?}", pace.rate());
}
