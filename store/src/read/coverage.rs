//! Whether the days that a window needs have been read.

use rows::{
    Day, DayRange,
    checkpoint::{Checkpoint, DaysProgress, Progress},
    day::plus_days,
    figures::{Unread, Windows},
};

use super::window_days;

/// What a window that ends with `today` or before still needs; none when it has been read.
///
/// A single day needs itself. Several days need every day before today, from the first day of what they speak of, where
/// that is known and later than the window's; today may still be missing. What began today needs today.
pub fn unread(progress: &DaysProgress, days: DayRange, today: Day, own_first: Option<Day>) -> Option<Unread> {
    let needed = if days.first == days.last {
        days
    } else {
        let first = own_first.map_or(days.first, |own| own.max(days.first));
        DayRange::new(first, plus_days(today, -1)).unwrap_or(DayRange::day(today))
    };
    let mut missing = needed.days().filter(|day| progress.read_at(*day).is_none());
    let first = missing.next()?;
    let (last, days) = missing.fold((first, 1), |(_, days), day| (day, days + 1));
    Some(Unread { first, last, days })
}

/// What each of the windows that end with `today` still needs.
pub fn unread_windows(progress: &DaysProgress, today: Day, own_first: Option<Day>) -> Windows<Unread> {
    let days = window_days(today);
    Windows::of(|number| unread(progress, days[number], today, own_first))
}

/// Which of the windows that end with `today` have been read. When what a stream speaks of began is not known: every day is
/// needed.
pub fn known_windows(checkpoint: &Checkpoint, today: Day) -> [bool; 4] {
    match &checkpoint.progress {
        Progress::Days(days) => window_days(today).map(|window| unread(days, window, today, None).is_none()),
        // What a set shows is of the moment, not of a day.
        Progress::Feed(_) | Progress::Snapshot(_) | Progress::Files(_) => [false; 4],
    }
}

/// How many of these days have been read.
pub fn days_read(progress: &DaysProgress, days: DayRange) -> usize {
    days.days().filter(|day| progress.read_at(*day).is_some()).count()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Day = date(2026, 11, 24);

    fn read(days: &[(i8, i8)]) -> DaysProgress {
        let mut progress = DaysProgress::default();
        for (first, last) in days {
            let days = DayRange::new(date(2026, 11, *first), date(2026, 11, *last)).unwrap();
            progress.mark(days, "2026-11-24T00:00:00Z".parse().unwrap());
        }
        progress
    }

    fn known(progress: &DaysProgress, own_first: Option<Day>) -> [bool; 4] {
        window_days(TODAY).map(|window| unread(progress, window, TODAY, own_first).is_none())
    }

    #[test]
    fn a_window_needs_every_day_of_it_but_today() {
        assert_eq!(known(&read(&[]), None), [false; 4]);
        assert_eq!(known(&read(&[(23, 23)]), None), [false, true, false, false]);
        assert_eq!(known(&read(&[(18, 23)]), None), [false, true, true, false]);
        assert_eq!(known(&read(&[(18, 24)]), None), [true, true, true, false]);
        assert_eq!(
            known(&read(&[(1, 24)]), None),
            [true, true, true, false],
            "four days of October are missing"
        );
        let mut whole = read(&[(1, 23)]);
        let october = DayRange::new(date(2026, 10, 28), date(2026, 10, 31)).unwrap();
        whole.mark(october, "2026-11-24T00:00:00Z".parse().unwrap());
        assert_eq!(known(&whole, None), [false, true, true, true]);
        assert_eq!(known(&read(&[(1, 15), (17, 24)]), Some(date(2026, 11, 10))), [true, true, true, false]);
    }

    #[test]
    fn what_is_younger_than_a_window_is_whole_from_its_own_first_day() {
        let progress = read(&[(22, 23)]);
        assert_eq!(known(&progress, Some(date(2026, 11, 22))), [false, true, true, true]);
        assert_eq!(known(&progress, Some(date(2026, 11, 21))), [false, true, false, false]);
        assert_eq!(known(&progress, Some(TODAY)), [false, true, false, false], "of today nothing is known");
        assert_eq!(known(&read(&[(24, 24)]), Some(TODAY)), [true, false, true, true]);
        assert_eq!(known(&read(&[(24, 24)]), Some(plus_days(TODAY, 9))), [true, false, true, true]);
    }

    #[test]
    fn what_is_missing_is_told() {
        let windows = unread_windows(&read(&[(20, 22)]), TODAY, None);
        let missing = |first, last, days| Some(Unread { first, last, days });
        assert_eq!(windows.today, missing(TODAY, TODAY, 1));
        assert_eq!(windows.last_7_days, missing(date(2026, 11, 18), date(2026, 11, 23), 3));
        assert_eq!(windows.last_28_days, missing(date(2026, 10, 28), date(2026, 11, 23), 24));
    }

    proptest! {
        /// Whatever was read, a window of several days is known exactly when a plain look at each day says so.
        #[test]
        fn it_agrees_with_the_definition(read in prop::collection::btree_set(0_i64..40, 0..40), own in prop::option::of(0_i64..40)) {
            let mut progress = DaysProgress::default();
            for back in &read {
                progress.mark(DayRange::day(plus_days(TODAY, -back)), "2026-11-24T00:00:00Z".parse().unwrap());
            }
            for (window, length) in window_days(TODAY).into_iter().zip([1, 2, 7, 28]).skip(2) {
                let oldest = own.map_or(length - 1, |own| own.min(length - 1));
                let expected = if oldest == 0 { read.contains(&0) } else { (1..=oldest).all(|back| read.contains(&back)) };
                let own_first = own.map(|own| plus_days(TODAY, -own));
                prop_assert_eq!(unread(&progress, window, TODAY, own_first).is_none(), expected);
            }
        }
    }
}
