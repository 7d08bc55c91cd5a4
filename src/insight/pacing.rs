//! Is a budget spent as fast as it should be?
//!
//! `pacing = spend to date / (budget × share of the time elapsed)`: 1 is on plan, 0.5 is half as fast, 2 twice as fast.
//! The plan is even spending over the day (daily budget) or over the campaign's life (lifetime budget); networks may
//! spend more on one day and less on another, so that a daily ratio is a sign, not a fault. Shortly after the beginning
//! the share is small and the ratio coarse.

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Micros,
    day::{day_at, end_of, start_of},
};

use super::ratio::{float, share};

/// Share of the zone's current calendar day that has passed: from 0 to below 1. A day with a clock change has 23 or 25
/// hours, and the share follows.
pub fn share_of_day_elapsed(now: Timestamp, zone: &TimeZone) -> f64 {
    let day = day_at(now, zone);
    share_between(start_of(day, zone), end_of(day, zone), now).unwrap_or(0.0)
}

/// Pacing of a daily budget: what was spent on the account's current day until `now`, in the currency of the budget.
/// `None` when either is unknown, the budget is not above zero, or the day has only just begun.
pub fn daily(
    spend_today: Option<Micros>,
    daily_budget: Option<Micros>,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<f64> {
    ratio(spend_today?, daily_budget?, share_of_day_elapsed(now, zone))
}

/// Pacing of a lifetime budget: everything spent since `start` until `now`, in the currency of the budget. After `end`
/// the whole budget should be spent. `None` when anything is unknown (a campaign without an end has no plan), the budget
/// is not above zero, or the campaign has not begun.
pub fn lifetime(
    spend_to_date: Option<Micros>,
    lifetime_budget: Option<Micros>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Option<f64> {
    ratio(spend_to_date?, lifetime_budget?, share_between(start?, end?, now)?)
}

/// By how much a budget is overspent, in its currency; none when it is not, or when either is unknown.
pub fn overspent(spend: Option<Micros>, budget: Option<Micros>) -> Option<Micros> {
    let over = spend?.0.saturating_sub(budget?.0);
    (over > 0).then_some(Micros(over))
}

/// Share of the time from `start` to `end` that has passed at `now`, from 0 to 1; nothing when `end` is not after
/// `start`.
fn share_between(start: Timestamp, end: Timestamp, now: Timestamp) -> Option<f64> {
    let length = end.as_second().saturating_sub(start.as_second());
    let passed = now.as_second().saturating_sub(start.as_second());
    share(passed, length).map(|share| share.clamp(0.0, 1.0))
}

fn ratio(spend: Micros, budget: Micros, share_elapsed: f64) -> Option<f64> {
    (budget.0 > 0 && share_elapsed > 0.0).then(|| float(spend.0) / (float(budget.0) * share_elapsed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        rows::zone::zone(name).unwrap()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_day_is_the_accounts_own() {
        let noon_in_tokyo = at("2026-11-24T03:00:00Z");
        assert!(near(share_of_day_elapsed(noon_in_tokyo, &zone("Asia/Tokyo")), 0.5));
        assert!(near(share_of_day_elapsed(noon_in_tokyo, &TimeZone::UTC), 0.125));
    }

    #[test]
    fn a_clock_change_makes_the_day_shorter_or_longer() {
        let berlin = zone("Europe/Berlin");
        // Noon CEST on the day that has 23 hours: 11 have passed.
        assert!(near(share_of_day_elapsed(at("2026-03-29T10:00:00Z"), &berlin), 11.0 / 23.0));
        // Noon CET on the day that has 25 hours: 13 have passed.
        assert!(near(share_of_day_elapsed(at("2026-10-25T11:00:00Z"), &berlin), 13.0 / 25.0));
    }

    #[test]
    fn daily_pacing_by_hand() {
        let noon = at("2026-11-24T12:00:00Z");
        let budget = Some(Micros(50_000_000));
        assert_eq!(daily(Some(Micros(25_000_000)), budget, noon, &TimeZone::UTC), Some(1.0));
        assert_eq!(daily(Some(Micros(0)), budget, noon, &TimeZone::UTC), Some(0.0));
        assert_eq!(daily(None, budget, noon, &TimeZone::UTC), None);
        assert_eq!(daily(Some(Micros(1)), None, noon, &TimeZone::UTC), None);
        assert_eq!(daily(Some(Micros(1)), Some(Micros(0)), noon, &TimeZone::UTC), None);
        assert_eq!(daily(Some(Micros(1)), budget, at("2026-11-24T00:00:00Z"), &TimeZone::UTC), None);
    }

    #[test]
    fn what_is_spent_beyond_a_budget_is_told() {
        let budget = Some(Micros(100));
        assert_eq!(overspent(Some(Micros(107)), budget), Some(Micros(7)));
        assert_eq!(
            [overspent(Some(Micros(100)), budget), overspent(None, budget), overspent(Some(Micros(1)), None)],
            [None; 3]
        );
    }

    #[test]
    fn lifetime_pacing_by_hand() {
        let (start, end) = (Some(at("2026-10-01T00:00:00Z")), Some(at("2026-10-31T00:00:00Z")));
        let (spend, budget) = (Some(Micros(750_000_000)), Some(Micros(1_500_000_000)));
        assert_eq!(lifetime(spend, budget, start, end, at("2026-10-16T00:00:00Z")), Some(1.0));
        assert_eq!(lifetime(spend, budget, start, end, at("2026-12-01T00:00:00Z")), Some(0.5), "over");
        assert_eq!(lifetime(spend, budget, start, end, at("2026-09-01T00:00:00Z")), None, "not begun");
        assert_eq!(lifetime(spend, budget, start, None, at("2026-10-16T00:00:00Z")), None, "no plan");
        assert_eq!(
            lifetime(spend, budget, end, start, at("2026-10-16T00:00:00Z")),
            None,
            "ends before it starts"
        );
    }

    proptest! {
        #[test]
        fn the_share_is_a_share_and_grows_within_a_day(seconds in 0_i64..4_000_000_000, later in 0_i64..7_200, which in 0_usize..5) {
            let names = ["UTC", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati", "America/Sao_Paulo"];
            let zone = zone(names[which]);
            let (first, second) =
                (Timestamp::from_second(seconds).unwrap(), Timestamp::from_second(seconds + later).unwrap());
            let (a, b) = (share_of_day_elapsed(first, &zone), share_of_day_elapsed(second, &zone));
            prop_assert!((0.0..1.0).contains(&a));
            if day_at(first, &zone) == day_at(second, &zone) {
                prop_assert!(a <= b);
            }
        }

        #[test]
        fn an_even_spender_is_on_plan(seconds in 1_i64..86_400, budget in 1_000_000_i64..1_000_000_000_000) {
            let now = Timestamp::from_second(seconds).unwrap();
            let spend = Micros(i64::try_from(i128::from(budget) * i128::from(seconds) / 86_400).unwrap());
            let ratio = daily(Some(spend), Some(Micros(budget)), now, &TimeZone::UTC).unwrap();
            prop_assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
        }

        #[test]
        fn pacing_is_finite_or_absent(spend in any::<i64>(), budget in any::<i64>(), now in 0_i64..4_000_000_000) {
            let now = Timestamp::from_second(now).unwrap();
            if let Some(ratio) = daily(Some(Micros(spend)), Some(Micros(budget)), now, &TimeZone::UTC) {
                prop_assert!(ratio.is_finite());
            }
        }
    }
}
