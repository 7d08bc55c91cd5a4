//! Time as a port: monotonic for intervals, wall for days.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

/// Where the worker gets its time from. Everything that waits, waits through it, so that tests drive time.
pub trait Clock: Send + Sync {
    /// Wall time: for days and for what is stored.
    fn now(&self) -> Timestamp;

    /// Time since this clock was made; never goes back: for intervals, deadlines and quotas.
    fn elapsed(&self) -> Duration;

    /// Waits this long by [`Clock::elapsed`].
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started: tokio::time::Instant,
}

/// A clock whose wall time starts at a chosen instant and moves with tokio's timer, which a test may pause: then
/// waiting costs no time.
#[derive(Debug, Clone)]
pub struct SimulatedClock {
    start: Timestamp,
    started: tokio::time::Instant,
}

// === impl SystemClock ===

impl SystemClock {
    /// Starts counting now.
    pub fn new() -> Self {
        Self { started: tokio::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

// === impl SimulatedClock ===

impl SimulatedClock {
    /// Wall time begins at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { start, started: tokio::time::Instant::now() }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let elapsed =
            jiff::SignedDuration::try_from(self.started.elapsed()).unwrap_or(jiff::SignedDuration::MAX);
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "a clock of its own, driven by tokio's paused timer")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
