//! A gate: a pace and the queue before it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use rows::Clock;
use tokio::sync::{Notify, oneshot};

use super::{
    QuotaRule, Urgency,
    pace::Pace,
    queue::{Queue, Waiter},
};

/// One scope's gate. Requests pass at its pace, in turn.
pub struct Gate {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Something changed for those who wait: a new one, a hold.
    changed: Notify,
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
        Self { clock, state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits for a turn. Gives the rest of a hold that lasts longer than `patience`.
    pub async fn pass(
        self: &Arc<Self>,
        connection: &str,
        urgency: Urgency,
        cost: u32,
        patience: Duration,
    ) -> Result<(), Duration> {
        let turn = {
            let now = self.clock.elapsed();
            let mut state = self.state.lock();
            if let Some(wait) = state.pace.held(now).filter(|wait| *wait > patience) {
                return Err(wait);
            }
            if !state.serving && state.pace.pass(now, cost, urgency == Urgency::Deep).is_ok() {
                return Ok(());
            }
            let (turn, receiver) = oneshot::channel();
            state.queue.push(connection, urgency, Waiter { cost, turn });
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
                    if let Some(wait) = self.held().filter(|wait| *wait > patience) {
                        return Err(wait);
                    }
                }
            }
        }
    }

    /// How long a hold lasts.
    pub fn held(&self) -> Option<Duration> {
        self.state.lock().pace.held(self.clock.elapsed())
    }

    /// See [`Pace::refused`].
    pub fn refused(&self, wait: Option<Duration>, sent_at: Duration) -> Duration {
        self.change(|pace, now| pace.refused(now, wait, sent_at))
    }

    /// See [`Pace::used`].
    pub fn used(&self, ratio: f64) {
        self.change(|pace, now| pace.used(now, ratio));
    }

    /// See [`Pace::hold`].
    pub fn hold(&self, wait: Duration) {
        self.change(|pace, now| pace.hold(now, wait));
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

    /// Serves the queue until it is empty.
    async fn serve(self: Arc<Self>) {
        loop {
            let wait = {
                let now = self.clock.elapsed();
                let mut state = self.state.lock();
                let state = &mut *state;
                let Some((urgency, cost)) = state.queue.peek() else {
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
