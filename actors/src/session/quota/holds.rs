//! How long a gate stands still because a provider said so, here or to another worker; and how a person ends that.

use std::time::Duration;

use jiff::SignedDuration;
use rows::cache;

use crate::session::said::SaidWait;

/// Shorter holds are over before other workers hear of them.
const TOLD_MIN: Duration = Duration::from_secs(1);

/// A person's words are this far apart. What comes back through the cache is off by its delays, and must not pass for a
/// new one.
const LIFTS_APART: SignedDuration = SignedDuration::from_secs(2);

/// A point on the stopwatch; negative = before it was started.
pub type Moment = SignedDuration;

/// Every hold of a gate. All times are readings of one monotonic clock.
#[derive(Debug, Default)]
pub struct Holds {
    /// What the provider told this worker …
    told: Hold,
    /// … and others.
    heard: Hold,
    /// Holds that were told until then are over: a person said to ask again.
    lifted_at: Option<Moment>,
}

#[derive(Debug, Default)]
struct Hold {
    until: Duration,
    at: Moment,
    said: SaidWait,
}

// === impl Holds ===

impl Holds {
    /// The provider said to wait; a hold is never shortened by another.
    pub fn tell(&mut self, now: Duration, said: SaidWait) {
        let until = now.saturating_add(said.wait());
        if until > self.told.until {
            self.told = Hold { until, at: moment(now), said };
        }
    }

    /// The provider told another worker, as was learned from a request sent at `asked_at`.
    pub fn hear(&mut self, now: Duration, asked_at: Duration, hold: cache::Hold) {
        let said = SaidWait::new(hold.left);
        let until = now.saturating_add(said.wait());
        let at = before(asked_at, hold.age);
        if until > self.heard.until && self.lifted_at.is_none_or(|lifted_at| at > lifted_at) {
            self.heard = Hold { until, at, said };
        }
    }

    /// A person said then to ask again: what was told before is over. True if that is new.
    pub fn lift(&mut self, at: Moment) -> bool {
        if self.lifted_at.is_some_and(|before| before + LIFTS_APART >= at) {
            return false;
        }
        self.lifted_at = Some(at);
        for hold in [&mut self.told, &mut self.heard] {
            if hold.at <= at {
                *hold = Hold::default();
            }
        }
        true
    }

    /// How long ago a person last said to ask again.
    pub fn lifted(&self, now: Duration) -> Option<Duration> {
        Duration::try_from(moment(now).saturating_sub(self.lifted_at?)).ok()
    }

    /// The rest of the longest; none = none.
    pub fn left(&self, now: Duration) -> Option<SaidWait> {
        let longest = if self.told.until >= self.heard.until { &self.told } else { &self.heard };
        let left = longest.until.checked_sub(now).filter(|left| !left.is_zero())?;
        Some(longest.said.left(left))
    }

    /// When the longest ends or ended; zero = there was none.
    pub fn end(&self) -> Duration {
        self.told.until.max(self.heard.until)
    }

    /// What others must know of what was told here.
    pub fn to_tell(&self, now: Duration) -> Option<cache::Hold> {
        let left = self.told.until.checked_sub(now).filter(|left| *left >= TOLD_MIN)?;
        let age = Duration::try_from(moment(now).saturating_sub(self.told.at)).unwrap_or_default();
        Some(cache::Hold { left, age })
    }
}

fn moment(time: Duration) -> Moment {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

/// So long before `now`.
pub fn before(now: Duration, age: Duration) -> Moment {
    moment(now).saturating_sub(moment(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    #[test]
    fn nothing_holds_for_longer_than_a_day() {
        let mut holds = Holds::default();
        let decades = Duration::from_hours(24 * 365 * 57);
        holds.tell(NOW, SaidWait::new(decades));
        let left = holds.left(NOW).unwrap();
        assert_eq!(left.wait(), Duration::from_hours(24));
        assert!(left.note().to_string().contains("taken as a day"));
        assert_eq!(holds.to_tell(NOW).unwrap().left, Duration::from_hours(24));
        let mut hears = Holds::default();
        hears.hear(NOW, NOW, cache::Hold { left: decades, age: Duration::ZERO });
        assert_eq!(hears.left(NOW).unwrap().wait(), Duration::from_hours(24));
    }

    #[test]
    fn a_person_lifts_what_was_told_before_and_nothing_later() {
        let mut holds = Holds::default();
        holds.tell(NOW, SaidWait::new(Duration::from_mins(10)));
        holds.lift(before(NOW, Duration::from_secs(2_000)));
        assert!(holds.left(NOW).is_some(), "an older word");
        let later = NOW + Duration::from_secs(5);
        assert!(holds.lift(before(later, Duration::from_secs(1))));
        assert_eq!(holds.left(later), None);
        assert_eq!(holds.lifted(later), Some(Duration::from_secs(1)));
        assert!(!holds.lift(before(later, Duration::from_millis(900))), "the same word, delayed");
        let stale = cache::Hold { left: Duration::from_mins(9), age: Duration::from_secs(5) };
        holds.hear(later, later, stale);
        assert_eq!(holds.left(later), None, "another worker has not heard of it yet");
        holds.tell(later, SaidWait::new(Duration::from_mins(1)));
        assert!(holds.left(later).is_some(), "the provider has said it again");
    }

    /// A person's word from before the start counts for what others were told before it.
    #[test]
    fn times_before_the_start_are_kept_apart() {
        let mut holds = Holds::default();
        let now = Duration::from_secs(1);
        assert!(holds.lift(before(now, Duration::from_mins(30))));
        let heard = |age| cache::Hold { left: Duration::from_mins(9), age };
        holds.hear(now, now, heard(Duration::from_hours(1)));
        assert_eq!(holds.left(now), None);
        holds.hear(now, now, heard(Duration::from_mins(20)));
        assert!(holds.left(now).is_some());
    }
}
