//! Stops asking what does not answer.

use std::time::Duration;

use parking_lot::Mutex;

/// After a failure nobody asks for so long; then one does, for all.
const AWAY: Duration = Duration::from_secs(1);
/// So many failures in a row, and the connection itself is given up: the network may have lost it without a word.
const FAILURES_MAX: u32 = 3;

/// Closed while all is well.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before; while somebody tries, nobody else does.
    ask_at: Duration,
}

// === impl Breaker ===

impl Breaker {
    /// Whether to ask, at this elapsed time. Whoever may while there is trouble asks for all.
    pub fn may_ask(&self, now: Duration) -> bool {
        let mut state = self.0.lock();
        if state.failures == 0 {
            return true;
        }
        let may = now >= state.ask_at;
        if may {
            state.ask_at = now + AWAY;
        }
        may
    }

    /// It answered. Gives whether that is news.
    pub fn answered(&self) -> bool {
        std::mem::take(&mut self.0.lock().failures) > 0
    }

    /// It did not answer. Gives whether that is news, and whether to connect anew.
    pub fn failed(&self, now: Duration) -> (bool, bool) {
        let mut state = self.0.lock();
        state.failures = state.failures.saturating_add(1);
        state.ask_at = now + AWAY;
        (state.failures == 1, state.failures.is_multiple_of(FAILURES_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn one_asks_for_all_while_there_is_trouble() {
        let breaker = Breaker::default();
        assert!(breaker.may_ask(ms(0)) && breaker.may_ask(ms(0)));
        assert_eq!(breaker.failed(ms(10)), (true, false));
        assert!(!breaker.may_ask(ms(900)));
        assert!(breaker.may_ask(ms(1_010)) && !breaker.may_ask(ms(1_020)), "one tries");
        assert_eq!(breaker.failed(ms(1_300)), (false, false));
        assert_eq!(breaker.failed(ms(2_300)), (false, true), "a new connection");
        assert!(breaker.may_ask(ms(3_300)));
        assert!(breaker.answered() && !breaker.answered());
        assert!(breaker.may_ask(ms(3_301)) && breaker.may_ask(ms(3_301)));
    }
}
