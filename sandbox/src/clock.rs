//! The sandbox's clock: wall time, or a time that tests set and move. The only place here that reads or waits for real time.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// Where the sandbox's clock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// The machine's wall clock, running.
    #[default]
    Wall,
    /// This time, standing still until it is moved.
    Fixed(Timestamp),
}

/// A clock that runs with the wall clock (possibly shifted) or stands still.
#[derive(Debug)]
pub(crate) struct Clock {
    hand: Mutex<Hand>,
    started: Instant,
}

#[derive(Debug)]
enum Hand {
    /// Wall time plus this shift.
    Running(SignedDuration),
    Still(Timestamp),
}

impl Clock {
    pub(crate) fn new(start: Start) -> Self {
        let hand = match start {
            Start::Wall => Hand::Running(SignedDuration::ZERO),
            Start::Fixed(now) => Hand::Still(now),
        };
        Self { hand: Mutex::new(hand), started: instant() }
    }

    /// The sandbox's wall time.
    pub(crate) fn now(&self) -> Timestamp {
        match *self.hand.lock() {
            Hand::Running(shift) => shifted(wall(), shift),
            Hand::Still(now) => now,
        }
    }

    /// Stops the clock at `now`.
    pub(crate) fn set(&self, now: Timestamp) {
        *self.hand.lock() = Hand::Still(now);
    }

    /// Moves the clock, running or not.
    pub(crate) fn shift(&self, by: SignedDuration) {
        let mut hand = self.hand.lock();
        match &mut *hand {
            Hand::Running(shift) => *shift = shift.saturating_add(by),
            Hand::Still(now) => *now = shifted(*now, by),
        }
    }

    /// Real time since the sandbox started, whatever the hand shows.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

fn shifted(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}

#[expect(clippy::disallowed_methods, reason = "the sandbox depends on no other room; this is its own clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the sandbox depends on no other room; this is its own clock")]
fn instant() -> Instant {
    Instant::now()
}

/// Waits in real time: slow bodies are slow for real clients.
#[expect(clippy::disallowed_methods, reason = "the sandbox depends on no other room; this is its own clock")]
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
