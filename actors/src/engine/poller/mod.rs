//! What one connection does next: a state machine without I/O. It is asked for [`Poller::step`], told what became of
//! each job, and says when to be asked again.

mod accounts;
mod backfills;
mod holes;
mod outcome;
mod shown;
mod step;
mod trouble;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rows::{Clock, checkpoint::Checkpoint, sink::BackfillRequest};

pub use self::{accounts::Restated, backfills::BackfillState};
use self::{
    accounts::{Named, configured},
    holes::Holes,
    trouble::Trouble,
};
use super::{
    cycle::Task,
    schedule::{Plan, Work},
};
use crate::{
    account::Account, integration::AnyIntegration, reader::BoundStream, spec::ConnectionSpec, stream::Stream,
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
    streams: Vec<Arc<BoundStream>>,
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
    /// Checkpoints of accounts and streams that are not read now.
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
    /// Why nothing may be read: a person's consent does not hold.
    withheld: Option<String>,
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
    /// For a connection whose store gave `checkpoints`.
    pub fn new(
        spec: Arc<ConnectionSpec>,
        integration: &dyn AnyIntegration,
        streams: Vec<BoundStream>,
        checkpoints: Vec<Checkpoint>,
        paused: bool,
        once: Option<Once>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let streams = configured(streams, &spec);
        let named = Named::of(&spec, integration);
        let mut poller = Self {
            spec,
            integration: integration.manifest().id,
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
            withheld: None,
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

    /// Whether a single run has used up the time in which it may wait.
    pub fn is_overdue(&self) -> bool {
        self.once.is_some_and(|once| self.clock.elapsed().saturating_sub(self.made_at) > once.wait_max)
    }

    /// Why nothing may be read from now on, because a person's consent does not hold; nothing when it does. In a single run,
    /// too: no operator can want it otherwise.
    pub fn withhold(&mut self, reason: Option<String>) {
        if self.withheld.is_some() && reason.is_none() {
            // What was refused meanwhile says nothing of the provider.
            self.troubles.clear();
        }
        self.withheld = reason;
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

    /// Whether another worker has taken the connection.
    pub const fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The provider said by itself that there is something new. That is no probe: troubles are waited out all the same.
    pub fn has_news(&mut self) {
        self.news_at = Some(self.clock.now());
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

    fn stream(&self, key: &Key) -> Option<&Arc<BoundStream>> {
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
