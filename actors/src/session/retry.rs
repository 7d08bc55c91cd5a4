//! Delays between attempts. The only module that knows the `backoff` crate: its interval arithmetic is used, its clock
//! and its sleeping are not, and it can be replaced here alone (it is no longer maintained; see `deny.toml`).

use std::time::Duration;

use backoff::{ExponentialBackoff, backoff::Backoff as _};

/// A growing delay with full jitter: each is uniform between zero and an interval that doubles up to `max`. It never
/// ends by itself.
#[derive(Debug)]
pub struct Delays(ExponentialBackoff);

// === impl Delays ===

impl Delays {
    /// Delays below `initial` first, and never above `max`.
    pub fn new(initial: Duration, max: Duration) -> Self {
        // The crate spreads an interval by ±randomisation: half the interval with randomisation 1.0 is uniform
        // between zero and the whole. Its own default would end all delays after 15 minutes without a word.
        Self(ExponentialBackoff {
            current_interval: initial / 2,
            initial_interval: initial / 2,
            randomization_factor: 1.0,
            multiplier: 2.0,
            max_interval: max / 2,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        })
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        let max = self.0.max_interval * 2;
        self.0.next_backoff().map_or(max, |delay| delay.min(max))
    }

    /// Starts over: things went well.
    pub fn reset(&mut self) {
        self.0.current_interval = self.0.initial_interval;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delays_never_end() {
        let mut delays = Delays::new(Duration::from_millis(500), Duration::from_secs(32));
        for _ in 0..10_000 {
            assert!(delays.next_delay() <= Duration::from_secs(32));
        }
    }

    #[test]
    fn delays_are_spread_from_zero_to_the_interval() {
        let initial = Duration::from_secs(10);
        let drawn: Vec<_> =
            (0..400).map(|_| Delays::new(initial, Duration::from_mins(5)).next_delay()).collect();
        assert!(drawn.iter().any(|delay| *delay < initial / 4), "full jitter reaches down");
        assert!(drawn.iter().any(|delay| *delay > initial * 3 / 4), "and up");
        assert!(drawn.iter().all(|delay| *delay <= initial));
    }

    proptest! {
        #[test]
        fn delays_stay_below_their_interval(initial_millis in 1_u64..10_000, attempts in 1_usize..20) {
            let initial = Duration::from_millis(initial_millis);
            let max = Duration::from_mins(10);
            let mut delays = Delays::new(initial, max);
            for attempt in 0..attempts {
                let interval = initial.saturating_mul(1 << attempt.min(20)).min(max);
                prop_assert!(delays.next_delay() <= interval + Duration::from_millis(1));
            }
        }
    }
}
