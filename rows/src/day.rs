//! Calendar days. A day belongs to an account's own zone; it is a date, never a timestamp.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A calendar day in an account's zone.
pub type Day = civil::Date;

/// Days from `first` to `last`, both included. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DayRange {
    /// The earliest day.
    pub first: Day,
    /// The latest day, included.
    pub last: Day,
}

// === impl DayRange ===

impl DayRange {
    /// The range, or nothing when `last` is before `first`.
    pub fn new(first: Day, last: Day) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// One day.
    pub const fn day(day: Day) -> Self {
        Self { first: day, last: day }
    }

    /// How many days, at least 1.
    pub fn len_days(&self) -> u32 {
        u32::try_from(days_between(self.first, self.last) + 1).unwrap_or(1)
    }

    /// Whether the day is inside.
    pub fn contains(&self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }

    /// Every day, oldest first.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = Day> + use<> {
        let first = self.first;
        (0..i64::from(self.len_days())).map(move |offset| plus_days(first, offset))
    }

    /// The days that both ranges hold.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }

    /// The older and the newer half; nothing for a single day.
    pub fn halves(&self) -> Option<(Self, Self)> {
        let length = i64::from(self.len_days());
        if length < 2 {
            return None;
        }
        let middle = plus_days(self.first, length / 2);
        Some((
            Self { first: self.first, last: plus_days(middle, -1) },
            Self { first: middle, last: self.last },
        ))
    }
}

/// The day `days` after (before, when negative) `day`; the calendar's end when beyond it.
pub fn plus_days(day: Day, days: i64) -> Day {
    day.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// Days from `from` to `to`, negative when `to` is earlier.
pub fn days_between(from: Day, to: Day) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The day in `zone` at this instant.
pub fn day_at(instant: Timestamp, zone: &TimeZone) -> Day {
    zone.to_datetime(instant).date()
}

/// The instant at which the day begins in `zone` (not always midnight: some zones skip it at a clock change).
pub fn start_of(day: Day, zone: &TimeZone) -> Timestamp {
    day.to_zoned_datetime(zone.clone())
        .and_then(|midnight| midnight.start_of_day())
        .map_or(Timestamp::MAX, |start| start.timestamp())
}

/// The instant at which the day is over in `zone`: the start of the next one.
pub fn end_of(day: Day, zone: &TimeZone) -> Timestamp {
    start_of(plus_days(day, 1), zone)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        crate::zone::zone(name).unwrap()
    }

    #[test]
    fn a_day_with_a_clock_change_has_its_own_length() {
        let berlin = zone("Europe/Berlin");
        let spring = date(2026, 3, 29);
        let length = end_of(spring, &berlin).duration_since(start_of(spring, &berlin));
        assert_eq!(length.as_hours(), 23);
    }

    #[test]
    fn zones_on_both_ends_of_the_world_disagree_about_today() {
        let instant: Timestamp = "2026-11-24T11:00:00Z".parse().unwrap();
        assert_eq!(day_at(instant, &zone("Pacific/Kiritimati")), date(2026, 11, 25));
        assert_eq!(day_at(instant, &zone("Etc/GMT+12")), date(2026, 11, 23));
    }

    proptest! {
        #[test]
        fn halves_cover_the_range_once(start in 0_i64..10_000, length in 1_i64..400) {
            let first = plus_days(date(2000, 1, 1), start);
            let range = DayRange::new(first, plus_days(first, length - 1)).unwrap();
            prop_assert_eq!(i64::from(range.len_days()), length);
            prop_assert_eq!(range.days().count(), usize::try_from(length).unwrap());
            if let Some((older, newer)) = range.halves() {
                prop_assert_eq!(older.first, range.first);
                prop_assert_eq!(newer.last, range.last);
                prop_assert_eq!(plus_days(older.last, 1), newer.first);
            } else {
                prop_assert_eq!(length, 1);
            }
        }

        #[test]
        fn an_instant_lies_inside_its_day(seconds in 0_i64..4_000_000_000, which in 0_usize..6) {
            let names = ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati", "America/Sao_Paulo", "Australia/Lord_Howe"];
            let zone = zone(names[which]);
            let instant = Timestamp::from_second(seconds).unwrap();
            let day = day_at(instant, &zone);
            prop_assert!(start_of(day, &zone) <= instant);
            prop_assert!(instant < end_of(day, &zone));
        }
    }
}
