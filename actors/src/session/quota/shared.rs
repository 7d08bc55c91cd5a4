//! Quota shared with other workers: each takes a part of every scope that it uses, and all parts together are at most
//! the whole.
//!
//! Parts are leased ahead and renewed in the background, so that no request ever waits for the cache's answer: a
//! slow cache costs nothing, and one that is gone leaves each worker with an equal part. A worker that cannot renew is
//! missed by the others when its lease ends; they leave it its equal part, which it takes from then on.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use rows::{Cache, Clock, cache::Claims};
use tokio::sync::Notify;

use super::gate::Gate;
use crate::limits;

/// Leases are renewed so often.
const RENEWAL: Duration = Duration::from_millis(400);
/// … or, when a scope is new to this worker, at once, but not more often than this.
const RENEWAL_MIN: Duration = Duration::from_millis(20);
/// How long a lease holds.
const LEASE: Duration = Duration::from_millis(1_500);
/// How long after its lease ended the others have surely noticed: a renewal and the wait for its answer.
const NOTICE: Duration = Duration::from_millis(800);
/// How long the part of a worker that fell silent is left alone.
const SILENCE: Duration = Duration::from_secs(30);
/// After the cache came back, perhaps empty, others may need so long to be seen again.
const REUNION: Duration = Duration::from_secs(3);
/// A scope that was not used for so long is given back.
const IDLE: Duration = Duration::from_secs(5);
/// Scopes in one exchange: the cache serves nobody else meanwhile.
const SCOPES_MAX: usize = 200;

/// This worker among those that share its providers' limits.
pub struct Sharing {
    cache: Arc<dyn Cache>,
    clock: Arc<dyn Clock>,
    worker: String,
    workers_min: u32,
    used: Mutex<Vec<Arc<Gate>>>,
    contact: Mutex<Contact>,
    wake: Notify,
}

/// What is known of the others.
#[derive(Debug, Clone, Copy)]
struct Contact {
    /// When the last renewal that was answered was sent.
    renewed_at: Option<Duration>,
    /// Whether the last one was answered.
    answered: bool,
    /// Workers at that time, this one included.
    workers: u32,
    /// Until when the others may not have been seen again.
    reunion_until: Duration,
}

// === impl Sharing ===

impl Sharing {
    /// `worker` is this process, unlike any other. `workers_min` = workers that there are at least, seen or not.
    pub fn new(cache: Arc<dyn Cache>, clock: Arc<dyn Clock>, worker: String, workers_min: u32) -> Arc<Self> {
        let workers_min = workers_min.max(1);
        let contact = Contact {
            renewed_at: None,
            answered: false,
            workers: workers_min,
            reunion_until: Duration::ZERO,
        };
        Arc::new(Self {
            cache,
            clock,
            worker,
            workers_min,
            used: Mutex::default(),
            contact: Mutex::new(contact),
            wake: Notify::new(),
        })
    }

    /// Meets the others. To be awaited before the first request; takes no longer than the cache's timeouts.
    pub async fn begin(&self) {
        self.exchange().await;
    }

    /// Renews for ever.
    pub async fn run(&self) {
        loop {
            tokio::select! {
                () = self.clock.sleep(RENEWAL) => {}
                () = self.wake.notified() => self.clock.sleep(RENEWAL_MIN).await,
            }
            self.exchange().await;
        }
    }

    /// Gives everything back.
    pub async fn end(&self) {
        self.cache.leave(&self.worker).await;
    }

    /// A gate is used again: its part until the next renewal; nothing = none yet.
    pub(super) fn entered(&self, gate: Arc<Gate>) -> Option<f64> {
        let part = self.part_alone(None);
        self.used.lock().push(gate);
        self.wake.notify_one();
        part
    }

    /// Something about a gate is news for the others.
    pub(super) fn news(&self) {
        self.wake.notify_one();
    }

    /// The part that this worker may take of what it had, as far as the last contact tells; nothing = none.
    fn part_alone(&self, had: Option<f64>) -> Option<f64> {
        let contact = *self.contact.lock();
        let equal = 1.0 / f64::from(contact.workers.max(self.workers_min));
        let missed = contact.renewed_at.is_none_or(|at| self.clock.elapsed() > at + LEASE + NOTICE);
        if missed && !contact.answered { Some(equal) } else { had.map(|had| had.min(equal)) }
    }

    async fn exchange(&self) {
        let gates = self.gates();
        let mut parts = gates.chunks(SCOPES_MAX);
        // Without any scope, too: to be seen.
        let mut next = Some(parts.next().unwrap_or_default());
        while let Some(gates) = next {
            if !self.renew(gates).await {
                break;
            }
            next = parts.next();
        }
        if !self.contact.lock().answered {
            for gate in &gates {
                gate.share(self.part_alone(gate.part()));
            }
        }
    }

    /// The gates in use. Others are let go: their next use begins with [`Sharing::entered`].
    fn gates(&self) -> Vec<Arc<Gate>> {
        let now = self.clock.elapsed();
        let mut used = self.used.lock();
        used.retain(|gate| !gate.leaves(now.saturating_sub(IDLE)));
        used.clone()
    }

    async fn renew(&self, gates: &[Arc<Gate>]) -> bool {
        let sent_at = self.clock.elapsed();
        let before = *self.contact.lock();
        let known = before.workers.max(self.workers_min);
        let apart = !before.answered || sent_at < before.reunion_until;
        let claims = Claims {
            worker: self.worker.clone(),
            workers_min: self.workers_min,
            share_max: if apart { 1.0 / f64::from(known) } else { 1.0 },
            ttl: LEASE,
            silence: SILENCE,
            hold_max: limits::SAID_WAIT_MAX,
            scopes: gates.iter().map(|gate| gate.claim()).collect(),
        };
        let told: Vec<_> = claims.scopes.iter().map(|claim| claim.learned).collect();
        let answer = self.cache.share(claims).await;
        let answer = answer.filter(|shares| shares.scopes.len() == gates.len());
        // An answer that comes when the lease has ended says nothing.
        let answer = answer.filter(|_| self.clock.elapsed() < sent_at + LEASE);
        let Some(shares) = answer else {
            for (gate, learned) in gates.iter().zip(told) {
                gate.untold(learned);
            }
            let was_answered = std::mem::replace(&mut self.contact.lock().answered, false);
            if was_answered {
                tracing::warn!(
                    workers = known,
                    "other workers cannot be reached: each takes an equal part of every limit"
                );
            }
            return false;
        };
        {
            let mut contact = self.contact.lock();
            if !before.answered {
                contact.reunion_until = sent_at + REUNION;
                tracing::info!(workers = shares.workers, "limits are shared through the cache");
            }
            // Who was there before the cache went is thought to be there until all had time to come back.
            let known = if sent_at < contact.reunion_until { known } else { self.workers_min };
            contact.workers = shares.workers.max(known);
            contact.answered = true;
            contact.renewed_at = Some(sent_at);
        }
        for (gate, share) in gates.iter().zip(&shares.scopes) {
            gate.hear(sent_at, share);
        }
        true
    }
}

impl std::fmt::Debug for Sharing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sharing").field("worker", &self.worker).finish_non_exhaustive()
    }
}
