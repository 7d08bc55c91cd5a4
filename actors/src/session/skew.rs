//! The provider's clock beside ours, as its answers tell it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::limits;

/// Where a provider's clock stands. Of several servers the slowest one counts, so that times do not jump with whoever
/// answers.
#[derive(Debug, Default)]
pub struct ProviderClock {
    /// How far it is ahead of ours, as far as it is believed.
    skew: Option<Seen>,
    /// How far a clock that is not believed is ahead.
    doubted: Option<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    skew: SignedDuration,
    /// On our stopwatch.
    at: Duration,
}

/// What an answer's clock is worth saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkewNotice {
    /// It differs from ours.
    Differs(SignedDuration),
    /// It differs by so much that it is not believed.
    Doubted(SignedDuration),
}

// === impl ProviderClock ===

impl ProviderClock {
    /// An answer came at `now` by our stopwatch, from a clock so far ahead of ours.
    pub fn note(&mut self, skew: SignedDuration, now: Duration) -> Option<SkewNotice> {
        let seen = Seen { skew, at: now };
        let is_old = |before: &Seen| before.at + limits::SKEW_KEPT < now;
        if skew.abs() > limits::CLOCK_SKEW_BELIEVED_MAX {
            let is_news = self.doubted.as_ref().is_none_or(is_old);
            self.doubted = Some(seen);
            return is_news.then_some(SkewNotice::Doubted(skew));
        }
        self.doubted = self.doubted.filter(|doubted| !is_old(doubted));
        let before = self.skew;
        if before.is_none_or(|before| skew <= before.skew || is_old(&before)) {
            self.skew = Some(seen);
        }
        let was_off = before.is_some_and(|before| before.skew.abs() > limits::CLOCK_SKEW_MAX);
        (skew.abs() > limits::CLOCK_SKEW_MAX && !was_off).then_some(SkewNotice::Differs(skew))
    }

    /// The time on which both agree: see [`super::Link::agreed_now`].
    pub fn agreed(&self, now: Timestamp) -> Timestamp {
        match self.skew {
            Some(Seen { skew, .. }) if skew < -limits::CLOCK_SKEW_MAX => now.checked_add(skew).unwrap_or(now),
            _ => now,
        }
    }

    /// For people: that a clock is not believed, or holds the turn of the day.
    pub fn doubt(&self) -> Option<String> {
        const ADVICE: &str = "check the time synchronisation here, and what stands between (a proxy that answers from a cache?)";
        if let Some(Seen { skew, .. }) = self.doubted {
            let days = skew.abs().as_hours() / 24;
            let way = if skew.is_negative() { "behind" } else { "ahead of" };
            return Some(format!(
                "the provider's clock is {days} days {way} this machine's and is not believed: {ADVICE}"
            ));
        }
        let Seen { skew, .. } = self.skew.filter(|seen| seen.skew < -limits::CLOCK_SKEW_MAX)?;
        let minutes = skew.abs().as_mins();
        let (hours, minutes) = (minutes / 60, minutes % 60);
        Some(format!(
            "the provider's clock is {hours} h {minutes} min behind this machine's: days turn when both agree; {ADVICE}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: &str = "2026-11-21T12:00:00Z";

    #[test]
    fn the_slowest_of_several_clocks_counts_until_it_has_been_gone_for_an_hour() {
        let now: Timestamp = NOON.parse().unwrap();
        let mut clock = ProviderClock::default();
        let behind = SignedDuration::from_hours(-2);
        let first = clock.note(behind, Duration::ZERO);
        assert_eq!(first, Some(SkewNotice::Differs(behind)));
        for minute in 1..=60 {
            clock.note(SignedDuration::ZERO, Duration::from_mins(minute));
            assert_eq!(clock.agreed(now), now + behind, "after {minute} minutes");
        }
        assert!(clock.doubt().unwrap().contains("is 2 h 0 min behind"));
        clock.note(SignedDuration::ZERO, Duration::from_mins(61));
        assert_eq!((clock.agreed(now), clock.doubt()), (now, None));
    }

    #[test]
    fn more_than_a_day_is_not_believed_and_said_once() {
        let now: Timestamp = NOON.parse().unwrap();
        for off in [-365 * 24, -25, 25, 57 * 365 * 24] {
            let mut clock = ProviderClock::default();
            let off = SignedDuration::from_hours(off);
            assert_eq!(clock.note(off, Duration::ZERO), Some(SkewNotice::Doubted(off)));
            assert_eq!(clock.note(off, Duration::from_secs(1)), None);
            assert_eq!(clock.agreed(now), now);
            assert!(clock.doubt().unwrap().contains("not believed"));
            clock.note(SignedDuration::ZERO, Duration::from_mins(62));
            assert_eq!(clock.doubt(), None);
        }
    }

    proptest! {
        /// Whatever clocks say, the agreed time is within a day behind ours and never ahead.
        #[test]
        fn agreed_time_is_near(skews in proptest::collection::vec(any::<i64>(), 0..20)) {
            let now: Timestamp = NOON.parse().unwrap();
            let mut clock = ProviderClock::default();
            for (second, skew) in (0..).zip(skews) {
                clock.note(SignedDuration::from_secs(skew), Duration::from_secs(second));
                let agreed = clock.agreed(now);
                prop_assert!(agreed <= now && agreed >= now - limits::CLOCK_SKEW_BELIEVED_MAX);
            }
        }
    }
}
