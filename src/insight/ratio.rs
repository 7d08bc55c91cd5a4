//! The ratios of advertising and of web analytics, each defined once.
//!
//! Every function answers `None` when an operand is unknown or the denominator is not above zero. Amounts stay integers
//! of micros, rounded half away from zero, so that they can be compared and shown exactly; only shares without a unit
//! are floats.

use rows::Micros;

/// Impressions that a price "per mille" counts.
const MILLE: i128 = 1_000;
/// One whole conversion.
const CONVERSION_MICROS: i128 = 1_000_000;

/// Click-through rate: clicks / impressions; 0.02 is 2 %. Above 1 where a network counts several clicks on one
/// impression.
pub fn ctr(clicks: Option<i64>, impressions: Option<i64>) -> Option<f64> {
    share(clicks?, impressions?)
}

/// Cost per click: spend / clicks, in the currency of the spend.
pub fn cpc(spend: Option<Micros>, clicks: Option<i64>) -> Option<Micros> {
    per(spend?, 1, clicks?.into())
}

/// Cost per thousand impressions: spend / impressions × 1000, in the currency of the spend.
pub fn cpm(spend: Option<Micros>, impressions: Option<i64>) -> Option<Micros> {
    per(spend?, MILLE, impressions?.into())
}

/// Cost per conversion: spend / conversions, in the currency of the spend. Conversions may be fractional.
pub fn cost_per_conversion(spend: Option<Micros>, conversions: Option<Micros>) -> Option<Micros> {
    per(spend?, CONVERSION_MICROS, conversions?.0.into())
}

/// Return on ad spend: conversion value / spend; 2.0 means that each unit spent brought two. Both amounts must be in the
/// same currency, which the caller has to see to. Where no conversion carries a value there is no return to speak of:
/// networks write 0 for conversions that nobody gave a value.
pub fn roas(conversion_value: Option<Micros>, spend: Option<Micros>) -> Option<f64> {
    share(conversion_value.filter(|value| value.0 != 0)?.0, spend?.0)
}

/// Average length of a session in seconds: session seconds / sessions.
pub fn session_duration_seconds(session_seconds: Option<i64>, sessions: Option<i64>) -> Option<f64> {
    share(session_seconds?, sessions?)
}

/// Share of sessions that reached a goal: converting sessions / sessions; 0.02 is 2 %.
pub fn session_conversion_ratio(converting_sessions: Option<i64>, sessions: Option<i64>) -> Option<f64> {
    share(converting_sessions?, sessions?)
}

/// `numerator / denominator`, when there is something to divide by.
pub(super) fn share(numerator: i64, denominator: i64) -> Option<f64> {
    (denominator > 0).then(|| float(numerator) / float(denominator))
}

/// `amount × factor / divisor`, rounded half away from zero.
fn per(amount: Micros, factor: i128, divisor: i128) -> Option<Micros> {
    if divisor <= 0 {
        return None;
    }
    let scaled = i128::from(amount.0) * factor;
    let half = if scaled < 0 { -(divisor / 2) } else { divisor / 2 };
    i64::try_from((scaled + half) / divisor).ok().map(Micros)
}

/// For ratios only: exact up to 2^53, beyond that to 16 digits.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than a float's digits")]
pub(super) const fn float(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ratios_by_hand() {
        assert_eq!(ctr(Some(3), Some(120)), Some(0.025));
        assert_eq!(cpc(Some(Micros(10_000_000)), Some(3)), Some(Micros(3_333_333)));
        assert_eq!(cpm(Some(Micros(24_870_000)), Some(4_000)), Some(Micros(6_217_500)));
        assert_eq!(
            cost_per_conversion(Some(Micros(9_000_000)), Some(Micros(1_500_000))),
            Some(Micros(6_000_000))
        );
        assert_eq!(roas(Some(Micros(30)), Some(Micros(12))), Some(2.5));
        assert_eq!(session_duration_seconds(Some(90), Some(4)), Some(22.5));
        assert_eq!(session_conversion_ratio(Some(1), Some(4)), Some(0.25));
        assert_eq!(cpc(Some(Micros(-5)), Some(2)), Some(Micros(-3)), "half goes away from zero");
    }

    #[test]
    fn what_is_unknown_or_has_nothing_to_divide_by_has_no_ratio() {
        assert_eq!(ctr(None, Some(1)), None);
        assert_eq!(ctr(Some(1), None), None);
        assert_eq!(ctr(Some(1), Some(0)), None);
        assert_eq!(session_duration_seconds(Some(0), Some(0)), None);
        assert_eq!(session_conversion_ratio(None, Some(4)), None);
        assert_eq!(cpc(Some(Micros(1)), Some(0)), None);
        assert_eq!(cpm(None, Some(1)), None);
        assert_eq!(cost_per_conversion(Some(Micros(1)), Some(Micros(0))), None);
        assert_eq!(roas(Some(Micros(1)), Some(Micros(0))), None);
        assert_eq!(roas(Some(Micros(0)), Some(Micros(5))), None, "no conversion carries a value");
        assert_eq!(cpm(Some(Micros(i64::MAX)), Some(1)), None, "does not fit");
        assert_eq!(ctr(Some(0), Some(5)), Some(0.0), "a zero that is known stays a zero");
    }

    proptest! {
        #[test]
        fn a_price_times_its_count_gives_the_spend_back(spend in 0_i64..1_000_000_000_000_000, clicks in 1_i64..1_000_000_000) {
            let price = cpc(Some(Micros(spend)), Some(clicks)).unwrap();
            let back = i128::from(price.0) * i128::from(clicks);
            prop_assert!((back - i128::from(spend)).abs() * 2 <= i128::from(clicks));
        }

        #[test]
        fn ratios_never_panic_and_are_finite(a in any::<i64>(), b in any::<i64>()) {
            for ratio in [ctr(Some(a), Some(b)), roas(Some(Micros(a)), Some(Micros(b)))].into_iter().flatten() {
                prop_assert!(ratio.is_finite());
            }
            let _ = (cpc(Some(Micros(a)), Some(b)), cpm(Some(Micros(a)), Some(b)));
            let _ = cost_per_conversion(Some(Micros(a)), Some(Micros(b)));
        }
    }
}
