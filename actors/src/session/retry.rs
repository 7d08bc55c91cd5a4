//! Delays between attempts. The only module that knows the `backoff` crate: its interval arithmetic is used, its clock
//! and its sleeping are not, and it can be replaced here alone (it is no longer maintained; see `deny.toml`).

use std::time::Duration;

use backoff::{ExponentialBackoff, backoff::Backoff as _};
use jiff::{Timestamp, fmt::rfc2822};

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

/// Reads `Retry-After`: seconds, or an HTTP date (then relative to `now`; zero when past).
/// RFC 9110, section 10.2.3.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let at = http_date(text)?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

/// Reads an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`), the form that servers must send. RFC 9110, section 5.6.7.
pub fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn retry_after_takes_seconds_and_dates() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(37)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

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
        fn any_header_is_answered(text in ".{0,60}") {
            let _ = retry_after(&text, Timestamp::UNIX_EPOCH);
        }

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
