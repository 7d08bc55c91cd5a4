//! What keeps a stream from being read, and for how long.

use std::time::Duration;

use rows::{sink::SinkError, state::State};

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

impl Trouble {
    /// A reading is stored, and something was not to be had. It is read again when it is due: until then nobody can do more.
    pub(super) fn lacking(error: String, now: Duration) -> Self {
        let delays = Delays::new(limits::BACKOFF_INITIAL, limits::BACKOFF_MAX);
        Self { state: State::BackingOff, error, until: now, delays, failures: 0 }
    }
}

impl Poller {
    pub(super) fn trouble(&self, before: Option<Trouble>, error: &CycleError) -> Trouble {
        let (mut delays, failures) = before.map_or_else(
            || (Delays::new(limits::BACKOFF_INITIAL, limits::BACKOFF_MAX), 0),
            |before| (before.delays, before.failures),
        );
        let now = self.clock.elapsed();
        let said = |at| until(self.clock.now(), at).min(limits::SAID_WAIT_MAX);
        let (state, said, failures) = match error {
            CycleError::Source(Failure::RateLimited { until, .. } | Failure::OverBudget { until, .. }) => {
                (State::WaitingQuota, said(*until), failures)
            }
            CycleError::Source(Failure::Down { until, .. }) => {
                (State::BackingOff, said(*until), failures + 1)
            }
            // What the store says with the next look at what operators want decides whether it lasts.
            CycleError::Sink(SinkError::Withheld(_)) => (State::Stopped, Duration::ZERO, failures),
            _ => (State::BackingOff, Duration::ZERO, failures + 1),
        };
        // Our own delay is the least, whatever a provider says. Full jitter may draw nearly nothing: a floor keeps a failing
        // provider from being hammered.
        let wait = delays.next_delay().max(Duration::from_secs(1)).max(said);
        Trouble { state, error: error.to_string(), until: now + wait, delays, failures }
    }

    pub(super) fn needs_reauth(&mut self, advice: String) {
        self.failed = true;
        self.reauth = Some((advice, self.clock.elapsed() + limits::PROBE));
    }
}
