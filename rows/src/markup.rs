//! From what an ad network charged to what a client is shown: a percentage, dated.

use std::collections::BTreeMap;

use crate::{
    Day, Decimal, Micros,
    day::DayRange,
    money::{DisplaySpend, RawSpend},
};

/// A percentage from 0 to 1000, with up to four decimals: exact, in parts per million.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

/// What is added, from which days on. Before the first of them nothing is.
///
/// Each account day's spend is marked up by itself, by what holds on that day, and rounded to whole micros, half away from zero.
/// A sum over days is the sum of these, so that sums, days and reports agree to the last digit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(Vec<(Day, Percent)>);

/// By tenant. Of tenants that are not here nothing can be displayed.
pub type Markups = BTreeMap<String, Markup>;

/// Decimals of a percentage: parts per million are percentages with four.
const DECIMALS: u32 = 4;
const PARTS_PER_PERCENT: i64 = 10_i64.pow(DECIMALS);
const PERCENT_MAX: i64 = 1_000;
const MILLION: i128 = 1_000_000;

// === impl Percent ===

impl Percent {
    /// Reads decimal text: `15`, `12.5`, `0.0001`. None for what is no percentage from 0 to 1000 with up to four decimals.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = Decimal::parse(text).ok()?.times(PARTS_PER_PERCENT)?.whole()?;
        (0..=PERCENT_MAX * PARTS_PER_PERCENT).contains(&parts).then(|| u32::try_from(parts).ok().map(Self))?
    }
}

// === impl Markup ===

impl Markup {
    /// Of these steps; none unless each begins later than the one before.
    pub fn new(steps: Vec<(Day, Percent)>) -> Option<Self> {
        steps.is_sorted_by(|(a, _), (b, _)| a < b).then_some(Self(steps))
    }

    /// What a client is shown of what was charged on this account day; none where that does not fit.
    pub fn shown(&self, RawSpend(Micros(raw)): RawSpend, day: Day) -> Option<DisplaySpend> {
        let scaled = i128::from(raw) * (MILLION + i128::from(self.on(day).0));
        let half = if scaled < 0 { -(MILLION / 2) } else { MILLION / 2 };
        i64::try_from((scaled + half) / MILLION).ok().map(Micros).map(DisplaySpend::of)
    }

    /// What a client is shown of what was charged over these days together, where nothing is added on any of them.
    pub fn shown_as_is(&self, RawSpend(raw): RawSpend, days: DayRange) -> Option<DisplaySpend> {
        let begun = self.0.iter().rev().find(|(from, _)| *from <= days.first).into_iter();
        let within = self.0.iter().filter(|(from, _)| days.contains(*from));
        begun.chain(within).all(|(_, percent)| percent.0 == 0).then_some(DisplaySpend::of(raw))
    }

    fn on(&self, day: Day) -> Percent {
        self.0.iter().rev().find(|(from, _)| *from <= day).map(|(_, percent)| *percent).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::{day::plus_days, money::Spend};

    fn percent(text: &str) -> Percent {
        Percent::parse(text).unwrap()
    }

    fn micros(markup: &Markup, raw: i64, day: Day) -> Option<i64> {
        markup.shown(RawSpend(Micros(raw)), day).map(|shown| shown.micros().0)
    }

    #[test]
    fn a_percentage_is_read_exactly() {
        for (text, parts) in [
            ("0", 0),
            ("15", 150_000),
            ("12.5", 125_000),
            ("0.0001", 1),
            ("1000", 10_000_000),
            ("1e2", 1_000_000),
        ] {
            assert_eq!(Percent::parse(text), Some(Percent(parts)), "{text}");
        }
        for text in ["", "-1", "-0.0001", "1000.0001", "0.00001", "15 %", "NaN", "1e40"] {
            assert_eq!(Percent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_holds_is_what_began_last() {
        let first = date(2026, 11, 10);
        let markup = Markup::new(vec![(first, percent("15")), (date(2026, 12, 1), percent("20"))]).unwrap();
        for (day, shown) in [
            (date(2026, 11, 9), 10_000_000),
            (first, 11_500_000),
            (date(2026, 11, 30), 11_500_000),
            (date(2026, 12, 1), 12_000_000),
            (date(2030, 1, 1), 12_000_000),
        ] {
            assert_eq!(micros(&markup, 10_000_000, day), Some(shown), "{day}");
        }
        assert_eq!(micros(&Markup::default(), 7, first), Some(7), "no markup is none");
        assert_eq!(Markup::new(vec![(first, percent("1")), (first, percent("2"))]), None, "which of them?");
        assert_eq!(Markup::new(vec![(first, percent("1")), (date(2026, 1, 1), percent("2"))]), None);
    }

    #[test]
    fn halves_go_away_from_zero_and_what_does_not_fit_is_none() {
        let day = date(2026, 11, 10);
        let half = Markup::new(vec![(day, percent("50"))]).unwrap();
        assert_eq!((micros(&half, 1, day), micros(&half, -1, day)), (Some(2), Some(-2)));
        assert_eq!((micros(&half, i64::MAX, day), micros(&half, i64::MIN, day)), (None, None));
    }

    #[test]
    fn nothing_is_added_to_a_sum_only_where_nothing_is_on_any_of_its_days() {
        let days = DayRange::new(date(2026, 11, 1), date(2026, 11, 28)).unwrap();
        let as_is = |steps: Vec<(Day, Percent)>| {
            Markup::new(steps).unwrap().shown_as_is(RawSpend(Micros(7)), days).is_some()
        };
        assert!(as_is(Vec::new()));
        assert!(as_is(vec![(date(2026, 11, 29), percent("5"))]), "from the day after on");
        assert!(!as_is(vec![(date(2026, 11, 28), percent("5"))]));
        assert!(!as_is(vec![(date(2026, 1, 1), percent("5"))]));
        assert!(as_is(vec![(date(2026, 1, 1), percent("5")), (date(2026, 11, 1), percent("0"))]));
        assert!(!as_is(vec![(date(2026, 1, 1), percent("5")), (date(2026, 11, 2), percent("0"))]));
    }

    proptest! {
        /// Against the definition: of all whole numbers the nearest to raw × (100 + percent) / 100, of two the one farther from zero.
        #[test]
        fn it_is_the_nearest_whole_number(raw in any::<i64>(), parts in 0_u32..=10_000_000) {
            let day = date(2026, 11, 10);
            let markup = Markup::new(vec![(day, Percent(parts))]).unwrap();
            let exact = i128::from(raw) * (1_000_000 + i128::from(parts));
            match micros(&markup, raw, day) {
                Some(shown) => {
                    let off = i128::from(shown) * 1_000_000 - exact;
                    prop_assert!(off.abs() <= 500_000);
                    prop_assert!(off.abs() < 500_000 || off.signum() == exact.signum(), "half goes away from zero");
                }
                None => prop_assert!(exact.abs() >= i128::from(i64::MAX) * 1_000_000),
            }
        }

        #[test]
        fn a_percentage_reads_back(parts in 0_u32..=10_000_000) {
            let text = Decimal::from_whole(i64::from(parts)).to_string();
            let shown = format!("{text:0>5}");
            let (whole, decimals) = shown.split_at(shown.len() - 4);
            prop_assert_eq!(Percent::parse(&format!("{whole}.{decimals}")), Some(Percent(parts)));
        }

        #[test]
        fn a_sum_to_which_nothing_is_added_is_the_sum_of_its_days(
            from in -40_i64..40, zero_from in -40_i64..40, raw in prop::collection::vec(0_i64..1_000_000, 28),
        ) {
            let days = DayRange::new(date(2026, 11, 1), date(2026, 11, 28)).unwrap();
            let at = |offset| plus_days(days.first, offset);
            prop_assume!(from < zero_from);
            let markup = Markup::new(vec![(at(from), percent("5")), (at(zero_from), percent("0"))]).unwrap();
            if let Some(shown) = markup.shown_as_is(RawSpend(Micros(raw.iter().sum())), days) {
                let each = days.days().zip(&raw).map(|(day, raw)| micros(&markup, *raw, day).unwrap());
                prop_assert_eq!(shown.micros().0, each.sum::<i64>());
            }
        }
    }
}
