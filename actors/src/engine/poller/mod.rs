//! What one connection does next: a state machine without I/O. It is asked for [`Poller::step`], told what became of
//! each job, and says when to be asked again.

mod accounts;
mod backfills;
mod holes;
mod shown;
mod trouble;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rows::{
    Clock, DayRange,
    checkpoint::{Checkpoint, DaysProgress, Progress, SnapshotProgress},
    sink::{BackfillRequest, SinkError},
    state::State,
};

pub use self::{accounts::Restated, backfills::BackfillState};
use self::{
    accounts::{Named, configured},
    holes::Holes,
    trouble::Trouble,
};
use super::{
    cycle::{CycleError, Done, Outcome, Task},
    schedule::{self, Plan, Work},
};
use crate::{
    failure::Failure,
    integration::{Account, ConnectionSpec, Integration},
    limits,
    session::{quota::Urgency, retry::Delays},
    stream::Stream,
};

/// One stream of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: &'static str,
}

/// Something to run as a task.
#[derive(Debug, Clone)]
pub enum Job {
    /// Ask the provider which accounts there are.
    Check,
    /// Run a cycle.
    Cycle {
        /// Of what.
        key: Key,
        /// The cycle's task.
        task: Box<Task>,
        /// How long after it was due it begins.
        lateness: Duration,
    },
}

/// What to do now.
#[derive(Debug, Default)]
pub struct Step {
    /// To start.
    pub jobs: Vec<Job>,
    /// When to ask again, if nothing happens before.
    pub wake_in: Option<Duration>,
    /// A single run has come to its end: whether everything went well.
    pub finished: Option<bool>,
}

/// A single run: everything is read once, all of history, due or not. One that was killed is taken up.
#[derive(Debug, Clone, Copy)]
pub struct Once {
    /// When it began.
    pub since: Timestamp,
    /// How long it may wait, all in all, for limits and passing failures.
    pub wait_max: Duration,
}

/// The state machine of one connection.
pub struct Poller {
    spec: Arc<ConnectionSpec>,
    integration: &'static str,
    streams: Vec<Arc<Stream>>,
    clock: Arc<dyn Clock>,
    once: Option<Once>,
    /// When this poller was made, by the monotonic clock.
    made_at: Duration,
    /// What the configuration says about accounts.
    named: Named,
    /// Those that are read: at first as the store knows them.
    accounts: Vec<Account>,
    /// What stands in the way of single accounts, those among them that are read nevertheless included.
    unusable: BTreeMap<String, Trouble>,
    /// Boxed: most connections have few, and a tree makes room for eleven at once.
    checkpoints: BTreeMap<Key, Box<Checkpoint>>,
    /// Ledgers of accounts and streams that are not read now.
    stored: Vec<Checkpoint>,
    running: HashMap<Key, Work>,
    checking: bool,
    /// When to ask again, by the monotonic clock; `None` before the first answer.
    check_at: Option<Duration>,
    check_trouble: Option<Box<Trouble>>,
    troubles: BTreeMap<Key, Trouble>,
    holes: BTreeMap<Key, Holes>,
    reauth: Option<(String, Duration)>,
    paused: bool,
    stopped: Option<String>,
    backfills: Vec<BackfillRequest>,
    poll_requested_at: Option<Timestamp>,
    news_at: Option<Timestamp>,
    last_success_at: Option<Timestamp>,
    next_poll_at: Option<Timestamp>,
    failed: bool,
}

/// Failures of one stream in a single run after which it gives up.
const ONCE_FAILURES_MAX: u32 = 3;
/// Never sleeps longer than this, whatever is due: the wall clock may jump.
const SLEEP_MAX: Duration = Duration::from_mins(1);

// === impl Poller ===

impl Poller {
    /// For a connection whose store gave `ledgers`.
    pub fn new(
        spec: Arc<ConnectionSpec>,
        integration: &dyn Integration,
        streams: Vec<Stream>,
        checkpoints: Vec<Checkpoint>,
        paused: bool,
        once: Option<Once>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let streams = configured(streams, &spec);
        let named = Named::of(&spec, integration);
        let mut poller = Self {
            spec,
            integration: integration.id(),
            streams,
            made_at: clock.elapsed(),
            clock,
            once,
            named,
            accounts: Vec::new(),
            unusable: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            stored: checkpoints,
            running: HashMap::new(),
            checking: false,
            check_at: None,
            check_trouble: None,
            troubles: BTreeMap::new(),
            holes: BTreeMap::new(),
            reauth: None,
            paused,
            stopped: None,
            backfills: Vec::new(),
            poll_requested_at: None,
            news_at: None,
            last_success_at: None,
            next_poll_at: None,
            failed: false,
        };
        poller.recall();
        poller
    }

    /// When a cycle last succeeded, for a worker before this one.
    pub const fn remember(&mut self, last_success_at: Option<Timestamp>) {
        self.last_success_at = last_success_at;
    }

    /// What to do now. `agreed_now` is the time on which this machine and the provider agree.
    pub fn step(&mut self, agreed_now: Timestamp) -> Step {
        let elapsed = self.clock.elapsed();
        let mut step = Step::default();
        self.next_poll_at = None;
        if self.stopped.is_some() {
            step.finished = self.once.map(|_| false);
            return step;
        }
        if let Some((_, until)) = self.reauth {
            if self.once.is_some() {
                step.finished = self.running.is_empty().then_some(false);
                return step;
            }
            if elapsed < until {
                let wait = until.saturating_sub(elapsed);
                self.next_poll_at = Some(later(self.clock.now(), wait));
                step.wake_in = Some(sleep(wait));
                return step;
            }
            self.reauth = None;
            self.check_at = None;
        }
        if self.paused && self.once.is_none() {
            return step;
        }
        if let Some(wait) = self.check(elapsed, &mut step) {
            step.wake_in = Some(sleep(wait));
            return step;
        }
        self.cycles(agreed_now, elapsed, &mut step);
        // People have our clock.
        let lag = self.clock.now().duration_since(agreed_now);
        self.next_poll_at = self.next_poll_at.map(|at| at.checked_add(lag).unwrap_or(at));
        step
    }

    /// Starts the check when it is time. Gives how long to wait when nothing else can run before it.
    fn check(&mut self, elapsed: Duration, step: &mut Step) -> Option<Duration> {
        // Before the first answer nothing is read, whatever the store remembers: an account may have changed.
        let is_first = self.check_at.is_none();
        if self.checking {
            return is_first.then_some(SLEEP_MAX);
        }
        if self.check_at.is_some_and(|at| elapsed < at) || self.has_given_up_checking() {
            return None;
        }
        if is_first && self.is_overdue() {
            step.finished = Some(false);
            return Some(SLEEP_MAX);
        }
        self.checking = true;
        step.jobs.push(Job::Check);
        is_first.then_some(SLEEP_MAX)
    }

    /// A single run has asked for the accounts often enough.
    fn has_given_up_checking(&self) -> bool {
        let is_troubled = self.check_trouble.is_some() || !self.unusable.is_empty();
        self.once.is_some() && is_troubled && !self.awaits_accounts()
    }

    /// A single run has asked for this stream often enough.
    fn has_given_up(&self, key: &Key, holes: Option<&Holes>) -> bool {
        let failures = self.troubles.get(key).map_or(0, |trouble| trouble.failures);
        let is_hopeless = holes.is_some_and(Holes::is_hopeless);
        self.once.is_some() && (is_hopeless || failures >= ONCE_FAILURES_MAX)
    }

    fn deep_running(&self) -> usize {
        self.running.values().filter(|work| work.urgency() == Urgency::Deep).count()
    }

    fn cycles(&mut self, agreed_now: Timestamp, elapsed: Duration, step: &mut Step) {
        let mut found: Vec<(Key, Task, Duration)> = Vec::new();
        let mut wake_in = SLEEP_MAX;
        let mut waiting = false;
        let mut holes = std::mem::take(&mut self.holes);
        for (key, checkpoint) in &self.checkpoints {
            if self.running.contains_key(key) {
                continue;
            }
            let (Some(stream), Some(account)) = (self.stream(key), self.account(key)) else { continue };
            let plan = self.plan(stream, agreed_now);
            let works = schedule::due(checkpoint, &plan);
            let mut hole_until = None;
            let work = if let Some(holes) = holes.get_mut(key) {
                let choice = holes.choose(works, elapsed);
                hole_until = choice.waits_until;
                choice.work
            } else {
                works.into_iter().next()
            };
            if self.has_given_up(key, holes.get(key)) {
                self.failed = true;
                continue;
            }
            if let Some(trouble) = self.troubles.get(key)
                && elapsed < trouble.until
            {
                waiting |= work.is_some() || hole_until.is_some();
                wake_in = wake_in.min(trouble.until.saturating_sub(elapsed));
                sooner(&mut self.next_poll_at, later(agreed_now, trouble.until.saturating_sub(elapsed)));
                continue;
            }
            let Some(work) = work else {
                let mut next = schedule::next_at(checkpoint, &plan);
                if holes.get(key).is_some_and(|holes| !holes.is_empty()) {
                    // What is due and waits is none of it.
                    next = next.max(later(agreed_now, SLEEP_MAX));
                }
                if let Some(at) = hole_until {
                    next = next.min(later(agreed_now, at.saturating_sub(elapsed)));
                }
                // A single run waits for nothing but reports that it asked for itself, and days that may be had yet.
                let report = matches!(
                    &checkpoint.progress,
                    Progress::Days(DaysProgress { resume: Some(_), .. })
                        | Progress::Snapshot(SnapshotProgress { resume: Some(_), .. })
                );
                waiting |= report || hole_until.is_some();
                wake_in = wake_in.min(until(agreed_now, next));
                sooner(&mut self.next_poll_at, next);
                continue;
            };
            let lateness = schedule::lateness(checkpoint, &plan, &work);
            let task = Task {
                account: account.clone(),
                stream: Arc::clone(stream),
                work,
                checkpoint: Checkpoint::clone(checkpoint),
                urgent: self.once.is_some(),
            };
            found.push((key.clone(), task, lateness));
        }
        self.holes = holes;
        // What is most urgent first; within, what waits longest.
        found.sort_by_key(|(_, task, lateness)| (task.work.rank(), std::cmp::Reverse(*lateness)));
        let pending = !found.is_empty();
        for (key, task, lateness) in found {
            if self.running.len() >= limits::CYCLES_PER_CONNECTION_MAX {
                break;
            }
            // Cycles of an account that is held wait within their calls: they leave places to those of the others.
            let of_account =
                self.running.keys().filter(|running| running.account_id == key.account_id).count();
            if self.accounts.len() > 1 && of_account >= limits::CYCLES_PER_ACCOUNT_MAX {
                continue;
            }
            let deep = task.work.urgency() == Urgency::Deep;
            // One place stays free for fresh work, unless a person waits for all of it.
            if deep && self.once.is_none() && self.deep_running() + 1 >= limits::CYCLES_PER_CONNECTION_MAX {
                continue;
            }
            self.running.insert(key.clone(), task.work.clone());
            step.jobs.push(Job::Cycle { key, task: Box::new(task), lateness });
        }
        let is_whole = self.check_trouble.is_none() && self.unusable.is_empty();
        if self.once.is_some() {
            // What may pass is asked for again before the run ends without it.
            waiting |= self.awaits_accounts();
            let exhausted = waiting && self.is_overdue();
            if self.running.is_empty() && !self.checking && !pending && (!waiting || exhausted) {
                step.finished = Some(!self.failed && !waiting && is_whole);
            }
        }
        // While it is under way, its end wakes.
        if let Some(at) = self.check_at
            && !self.checking
            && !self.has_given_up_checking()
        {
            wake_in = wake_in.min(at.saturating_sub(elapsed));
            // Until there are accounts, that is what comes next.
            if self.checkpoints.is_empty() {
                self.next_poll_at = Some(later(agreed_now, at.saturating_sub(elapsed)));
            }
        }
        step.wake_in = Some(sleep(wake_in));
    }

    /// Whether a single run has used up the time in which it may wait.
    pub fn is_overdue(&self) -> bool {
        self.once.is_some_and(|once| self.clock.elapsed().saturating_sub(self.made_at) > once.wait_max)
    }

    /// A cycle ended.
    pub fn done(&mut self, key: &Key, outcome: Outcome) {
        let days = match self.running.remove(key) {
            Some(Work::Window { days, .. }) => Some(days),
            _ => None,
        };
        if self.account(key).is_some() {
            self.checkpoints.insert(key.clone(), Box::new(outcome.checkpoint));
        } else {
            self.put_away(outcome.checkpoint);
        }
        match outcome.result {
            Ok(Done::Unconfirmed) if self.once.is_none() => {
                // The second reading comes after a pause: what confused the provider may pass.
                let until = self.clock.elapsed() + limits::BACKOFF_INITIAL * 6;
                let delays = Delays::new(limits::BACKOFF_INITIAL, limits::BACKOFF_MAX);
                let error = "a window shrank by half or to nothing: a second reading decides".to_owned();
                let trouble = Trouble { state: State::Idle, error, until, delays, failures: 0 };
                self.troubles.insert(key.clone(), trouble);
            }
            Ok(done) => {
                self.troubles.remove(key);
                if let Some(holes) = self.holes.get_mut(key) {
                    holes.read(days.filter(|_| done == Done::Complete));
                }
                self.last_success_at = Some(self.clock.now());
            }
            Err(CycleError::Source(Failure::NeedsReauth { advice })) => self.needs_reauth(advice),
            Err(CycleError::Source(Failure::Forbidden { .. })) => {
                self.troubles.remove(key);
                self.failed = true;
            }
            Err(CycleError::Lacking(error)) => {
                let trouble = Trouble::lacking(error, self.clock.elapsed());
                self.troubles.insert(key.clone(), trouble);
                self.last_success_at = Some(self.clock.now());
                self.failed = true;
            }
            Err(CycleError::Sink(SinkError::Outdated(name))) => {
                self.stopped = Some(SinkError::Outdated(name).to_string());
            }
            Err(error) => {
                let before = self.troubles.remove(key);
                let mut trouble = self.trouble(before, &error);
                if let Some(failure) = days.zip(of_the_days(&error)) {
                    if self.window_failed(key, failure) {
                        return;
                    }
                    // Counted by window.
                    trouble.failures = 0;
                }
                self.troubles.insert(key.clone(), trouble);
            }
        }
    }

    /// Whether another worker has taken the connection.
    pub const fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// An operator's word. Gives how long ago a person said to ask in spite of everything, if that is new.
    pub fn control(
        &mut self,
        paused: bool,
        poll_requested_at: Option<Timestamp>,
        backfills: Vec<BackfillRequest>,
    ) -> Option<Duration> {
        let asked = poll_requested_at.filter(|at| Some(*at) > self.poll_requested_at);
        if asked.is_some() {
            // Asking for a poll is asking for a probe.
            self.reauth = None;
            if !self.unusable.is_empty() || self.check_trouble.is_some() {
                self.check_at = self.check_at.map(|_| self.clock.elapsed());
            }
            self.check_trouble = None;
            self.troubles.clear();
            let now = self.clock.elapsed();
            self.holes.values_mut().for_each(|holes| holes.ask_again(now));
        }
        self.paused = paused;
        self.poll_requested_at = poll_requested_at.max(self.poll_requested_at);
        self.backfills = backfills;
        asked.map(|at| until(at, self.clock.now()))
    }

    /// The provider said by itself that there is something new. That is no probe: troubles are waited out all the same.
    pub fn has_news(&mut self) {
        self.news_at = Some(self.clock.now());
    }

    /// Notes that days were not to be had. Gives whether the stream's other days are read at once.
    fn window_failed(&mut self, key: &Key, (days, failure): (DayRange, &Failure)) -> bool {
        let (once, now) = (self.once.is_some(), self.clock.elapsed());
        let holes = self.holes.entry(key.clone()).or_insert_with(|| Holes::new(once));
        let is_final =
            matches!(failure, Failure::Permanent { .. } | Failure::TooMuch { .. } | Failure::Gone { .. });
        let goes_on = holes.failed(days, &failure.to_string(), is_final, now);
        self.failed |= !holes.is_empty();
        goes_on
    }

    fn plan<'a>(&'a self, stream: &'a Stream, now: Timestamp) -> Plan<'a> {
        Plan {
            stream,
            start: self.spec.start_date,
            now,
            lag: self.clock.now().duration_since(now).max(SignedDuration::ZERO),
            once_since: self.once.map(|once| once.since),
            backfills: &self.backfills,
            poll_requested_at: self.poll_requested_at,
            news_at: self.news_at,
        }
    }

    fn stream(&self, key: &Key) -> Option<&Arc<Stream>> {
        self.streams.iter().find(|stream| stream.name == key.stream)
    }

    fn account(&self, key: &Key) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == key.account_id)
    }
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller").field("connection", &self.spec.name).finish_non_exhaustive()
    }
}

/// The failure, where it may be one of the days that were asked for and not of the provider, the account or the store.
const fn of_the_days(error: &CycleError) -> Option<&Failure> {
    match error {
        CycleError::Source(
            failure @ (Failure::Transient { .. }
            | Failure::Permanent { .. }
            | Failure::TooMuch { .. }
            | Failure::Gone { .. }),
        ) => Some(failure),
        _ => None,
    }
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(signed(wait)).unwrap_or(Timestamp::MAX)
}

fn sooner(known: &mut Option<Timestamp>, at: Timestamp) {
    *known = Some(known.map_or(at, |known| known.min(at)));
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// Never spins, and never sleeps long.
fn sleep(wait: Duration) -> Duration {
    wait.clamp(Duration::from_millis(10), SLEEP_MAX)
}
