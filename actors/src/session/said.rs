//! What a provider says about when to come back: bounded before anything relies on it.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::limits;

/// From this number on, seconds are no wait but a Unix time (2001), and from the other on one in milliseconds.
const EPOCH_SECONDS_MIN: u64 = 1_000_000_000;
const EPOCH_MILLIS_MIN: u64 = 1_000_000_000_000;

/// A wait that a provider asked for, at most [`limits::SAID_WAIT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SaidWait {
    wait: Duration,
    asked: Duration,
}

// === impl SaidWait ===

impl SaidWait {
    /// As long as it was asked for, as far as that is believed.
    pub fn new(asked: Duration) -> Self {
        Self { wait: asked.min(limits::SAID_WAIT_MAX), asked }
    }

    /// Until `at`, seen from `now`.
    pub fn until(at: Timestamp, now: Timestamp) -> Self {
        Self::new(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    }

    /// How long to wait.
    pub const fn wait(self) -> Duration {
        self.wait
    }

    /// What was asked for, believed or not.
    pub const fn asked(self) -> Duration {
        self.asked
    }

    /// The rest of it, when it is waited for no longer than this.
    #[must_use]
    pub fn left(self, left: Duration) -> Self {
        Self { wait: left.min(self.wait), ..self }
    }

    /// When it is over.
    pub fn end(self, now: Timestamp) -> Timestamp {
        let wait = SignedDuration::try_from(self.wait).unwrap_or(SignedDuration::MAX);
        now.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// For people, where less is believed than was asked for; else empty.
    pub fn note(self) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            if self.asked <= limits::SAID_WAIT_MAX {
                return Ok(());
            }
            let days = self.asked.as_secs() / 86_400;
            write!(f, "; the provider asked for {days} days, taken as a day: `dynamoi poll` asks it sooner")
        })
    }
}

/// Reads `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3), or, as some servers send it, a Unix time.
/// Instants are relative to `now`, which is best the provider's own; those that are past are no wait.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let at = http_date(text)?;
        return Some(Duration::try_from(at.duration_since(now)).unwrap_or_default());
    }
    // Digits that do not fit are more than anything that is believed.
    let number = text.parse().unwrap_or(u64::MAX);
    let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Some(match number {
        EPOCH_MILLIS_MIN.. => Duration::from_millis(number.saturating_sub(now)),
        EPOCH_SECONDS_MIN.. => Duration::from_millis((number * 1_000).saturating_sub(now)),
        _ => Duration::from_secs(number),
    })
}

/// Reads an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`), the form that servers must send. RFC 9110, section 5.6.7.
pub fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
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
        assert_eq!(retry_after("", now), None);
    }

    #[test]
    fn a_unix_time_is_an_instant() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let (seconds, millis) = (now.as_second() + 90, now.as_millisecond() + 90_000);
        for text in [seconds.to_string(), millis.to_string()] {
            assert_eq!(retry_after(&text, now), Some(Duration::from_secs(90)), "{text}");
        }
        assert_eq!(retry_after(&(now.as_second() - 1).to_string(), now), Some(Duration::ZERO));
    }

    #[test]
    fn more_than_a_day_is_cut_and_said() {
        let said = SaidWait::new(Duration::from_hours(24 * 365));
        assert_eq!(said.wait(), Duration::from_hours(24));
        assert!(said.note().to_string().contains("asked for 365 days, taken as a day"), "{}", said.note());
        assert_eq!(SaidWait::new(Duration::from_hours(24)).note().to_string(), "");
    }

    proptest! {
        #[test]
        fn any_header_is_answered_and_bounded(text in "([0-9]{0,40}|.{0,60})") {
            for now in [Timestamp::UNIX_EPOCH, Timestamp::MAX, Timestamp::MIN] {
                let said = retry_after(&text, now).map(SaidWait::new).unwrap_or_default();
                prop_assert!(said.wait() <= limits::SAID_WAIT_MAX);
                let _ = (said.end(now), said.note().to_string());
            }
        }
    }
}
