//! A gate: a pace and the queue before it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rows::{Clock, cache};
use tokio::sync::{Notify, oneshot};

use super::{
    QuotaRule, Urgency,
    holds::{self, Moment},
    pace::Pace,
    queue::{Queue, Waiter},
    shared::Sharing,
};
use crate::session::said::SaidWait;

/// One scope's gate. Requests pass at its pace, in turn.
pub struct Gate {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Something changed for those who wait: a new one, a hold.
    changed: Notify,
    /// Where its scope is shared with other workers.
    common: Option<Common>,
}

/// A gate's side of sharing.
struct Common {
    sharing: Arc<Sharing>,
    /// The scope, as all workers call it.
    name: String,
    /// Whether its part is being renewed.
    entered: AtomicBool,
    /// Nanoseconds.
    used_at: AtomicU64,
}

struct State {
    pace: Pace,
    queue: Queue,
    /// A dispatcher is serving the queue.
    serving: bool,
}

// === impl Gate ===

impl Gate {
    /// An open gate at the rule's pace.
    pub fn new(clock: Arc<dyn Clock>, rule: Option<QuotaRule>) -> Self {
        let state = State { pace: Pace::new(rule), queue: Queue::default(), serving: false };
        Self { clock, state: Mutex::new(state), changed: Notify::new(), common: None }
    }

    /// A gate whose scope other workers use, too. A scope without a rule has nothing to share.
    pub fn shared(
        clock: Arc<dyn Clock>,
        rule: Option<QuotaRule>,
        name: String,
        sharing: Arc<Sharing>,
    ) -> Self {
        let common = rule.is_some().then(|| Common {
            sharing,
            name,
            entered: AtomicBool::new(false),
            used_at: AtomicU64::new(0),
        });
        Self { common, ..Self::new(clock, rule) }
    }

    /// Always this part of the rule.
    pub fn part_of(clock: Arc<dyn Clock>, rule: Option<QuotaRule>, part: f64) -> Self {
        let gate = Self::new(clock, rule);
        gate.share(Some(part));
        gate
    }

    /// Waits for a turn. Gives the rest of a hold that lasts longer than `patience`.
    pub async fn pass(
        self: &Arc<Self>,
        connection: &str,
        urgency: Urgency,
        cost: u32,
        patience: Duration,
    ) -> Result<(), SaidWait> {
        self.enter();
        let turn = {
            let now = self.clock.elapsed();
            let mut state = self.state.lock();
            if let Some(held) = state.pace.held(now).filter(|held| held.wait() > patience) {
                return Err(held);
            }
            if !state.serving && state.pace.pass(now, cost, urgency == Urgency::Deep).is_ok() {
                return Ok(());
            }
            let (turn, receiver) = oneshot::channel();
            state.queue.push(connection, urgency, Waiter { cost, since: now, turn });
            if !state.serving {
                state.serving = true;
                tokio::spawn(Arc::clone(self).serve());
            }
            receiver
        };
        self.changed.notify_one();
        tokio::pin!(turn);
        loop {
            tokio::select! {
                biased;
                passed = &mut turn => {
                    if passed.is_ok() {
                        return Ok(());
                    }
                    // The dispatcher is gone (its runtime shuts down): nobody will call us.
                    std::future::pending::<()>().await;
                }
                () = self.clock.sleep(Duration::from_secs(1)) => {
                    // A hold may have come meanwhile that is longer than we wait.
                    if let Some(held) = self.held().filter(|held| held.wait() > patience) {
                        return Err(held);
                    }
                }
            }
        }
    }

    /// How long a hold lasts.
    pub fn held(&self) -> Option<SaidWait> {
        self.state.lock().pace.held(self.clock.elapsed())
    }

    /// See [`Pace::refused`].
    pub fn refused(&self, wait: Option<SaidWait>, sent_at: Duration) -> SaidWait {
        let held = self.change(|pace, now| pace.refused(now, wait, sent_at));
        self.news();
        held
    }

    /// See [`Pace::used`].
    pub fn used(&self, ratio: f64) {
        self.change(|pace, now| pace.used(now, ratio));
    }

    /// See [`Pace::hold`].
    pub fn hold(&self, wait: SaidWait) {
        self.change(|pace, now| pace.hold(now, wait));
        self.news();
    }

    /// See [`Pace::lift`]. Whoever lifts may have changed the rule, too.
    pub(super) fn lift(&self, at: Moment, rule: Option<QuotaRule>) {
        let now = self.clock.elapsed();
        {
            let pace = &mut self.state.lock().pace;
            if !pace.lift(at) {
                return;
            }
            pace.configure(now, rule);
        }
        self.changed.notify_one();
        self.news();
    }

    /// See [`Pace::limit`].
    pub fn limit(&self, per_second: f64) {
        self.change(|pace, now| pace.limit(now, per_second));
    }

    /// See [`Pace::succeeded`].
    pub fn succeeded(&self) {
        self.state.lock().pace.succeeded();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pace, Duration) -> T) -> T {
        let result = change(&mut self.state.lock().pace, self.clock.elapsed());
        self.changed.notify_one();
        result
    }

    /// Notes the use; takes part again if it was idle.
    fn enter(self: &Arc<Self>) {
        let Some(common) = &self.common else { return };
        let was_entered = {
            // Not while it is being left: whoever is let in now would wait for a part that nobody renews.
            let _state = self.state.lock();
            common.used_at.store(nanos(self.clock.elapsed()), Ordering::Relaxed);
            common.entered.swap(true, Ordering::Relaxed)
        };
        if !was_entered {
            let part = common.sharing.entered(Arc::clone(self));
            self.share(part);
        }
    }

    /// Whether it has not been used since then: then it gives its part up.
    pub(super) fn leaves(&self, since: Duration) -> bool {
        let Some(common) = &self.common else { return true };
        let mut state = self.state.lock();
        let idle = !state.serving && common.used_at.load(Ordering::Relaxed) < nanos(since);
        if idle {
            state.pace.share(self.clock.elapsed(), None);
            common.entered.store(false, Ordering::Relaxed);
        }
        idle
    }

    /// The scope, as all workers call it.
    pub(super) fn name(&self) -> &str {
        self.common.as_ref().map_or("", |common| &common.name)
    }

    /// See [`Pace::share`].
    pub(super) fn share(&self, part: Option<f64>) {
        self.change(|pace, now| pace.share(now, part));
    }

    /// Its part; nothing = none.
    pub(super) fn part(&self) -> Option<f64> {
        self.state.lock().pace.part()
    }

    /// What the others have to know.
    pub(super) fn claim(&self) -> cache::Claim {
        let now = self.clock.elapsed();
        let pace = &mut self.state.lock().pace;
        let (hold, learned) = pace.tell(now);
        cache::Claim { scope: self.name().to_owned(), hold, lifted: pace.lifted(now), learned }
    }

    /// It could not be told: it stays news.
    pub(super) fn untold(&self, learned: Option<f64>) {
        self.state.lock().pace.untold(learned);
    }

    /// What the others know, as an exchange that began at `asked_at` tells.
    pub(super) fn hear(&self, asked_at: Duration, share: &cache::Share) {
        self.change(|pace, now| {
            pace.share(now, Some(share.part));
            if let Some(age) = share.lifted {
                pace.lift(holds::before(asked_at, age));
            }
            if let Some(hold) = share.hold {
                pace.hear_hold(now, asked_at, hold);
            }
            pace.hear(now, share.learned);
        });
    }

    fn news(&self) {
        if let Some(common) = &self.common {
            common.sharing.news();
        }
    }

    /// Serves the queue until it is empty.
    async fn serve(self: Arc<Self>) {
        loop {
            let wait = {
                let now = self.clock.elapsed();
                let mut state = self.state.lock();
                let state = &mut *state;
                let Some((urgency, cost)) = state.queue.peek(now) else {
                    state.serving = false;
                    return;
                };
                match state.pace.pass(now, cost, urgency == Urgency::Deep) {
                    Ok(()) => {
                        if let Some(waiter) = state.queue.pop(urgency) {
                            // It may have given up in this very moment: its turn is lost, which only slows us.
                            let _ = waiter.turn.send(());
                        }
                        continue;
                    }
                    Err(wait) => wait,
                }
            };
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("rate", &self.state.lock().pace.rate()).finish_non_exhaustive()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
