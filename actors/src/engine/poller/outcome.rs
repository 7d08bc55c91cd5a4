//! What became of a cycle, and what follows from it.

use rows::{DayRange, sink::SinkError, state::State};

use super::{Key, Poller, holes::Holes, trouble::Trouble};
use crate::{
    engine::{
        cycle::{CycleError, Done, Outcome},
        schedule::Work,
    },
    failure::Failure,
    limits,
    session::retry::Delays,
};

impl Poller {
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
