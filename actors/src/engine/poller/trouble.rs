//! What keeps a stream from being read, and for how long.

use std::time::Duration;

use rows::state::State;

use super::{Poller, until};
use crate::{engine::cycle::CycleError, failure::Failure, limits, session::retry::Delays};

/// Why a stream (or the check) does not run now.
#[derive(Debug)]
pub(super) struct Trouble {
    pub state: State,
    pub error: String,
    /// By the monotonic clock.
    pub until: Duration,
    pub delays: Delays,
    pub failures: u32,
}

impl Poller {
    pub(super) fn trouble(&self, before: Option<Trouble>, error: &CycleError) -> Trouble {
        let mut delays = before.map_or_else(
            || (Delays::new(limits::BACKOFF_INITIAL, limits::BACKOFF_MAX), 0),
            |before| (before.delays, before.failures),
        );
        let now = self.clock.elapsed();
        if let CycleError::Source(Failure::RateLimited { until: at }) = error {
            let wait = until(self.clock.now(), *at);
            let (delays, failures) = delays;
            let state = State::WaitingQuota;
            return Trouble { state, error: error.to_string(), until: now + wait, delays, failures };
        }
        // Full jitter may draw nearly nothing: a floor keeps a failing provider from being hammered.
        let wait = delays.0.next_delay().max(Duration::from_secs(1));
        let (delays, failures) = delays;
        Trouble {
            state: State::BackingOff,
            error: error.to_string(),
            until: now + wait,
            delays,
            failures: failures + 1,
        }
    }

    pub(super) fn needs_reauth(&mut self, advice: String) {
        self.failed = true;
        self.reauth = Some((advice, self.clock.elapsed() + limits::PROBE));
    }
}
