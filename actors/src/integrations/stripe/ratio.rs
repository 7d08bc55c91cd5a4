//! Exact fractions, so that a price is rounded once: at the end.

use rows::Decimal;

/// A fraction in lowest terms with a positive denominator. Every operation is checked: an overflow of 128 bits is
/// nothing, never a wrong number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

// === impl Ratio ===

impl Ratio {
    /// 0.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// 1.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// The fraction, or nothing when the denominator is 0.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = greatest_common_divisor(numerator, denominator)?;
        let (numerator, denominator) = (numerator / common, denominator / common);
        if denominator < 0 {
            return Some(Self {
                numerator: numerator.checked_neg()?,
                denominator: denominator.checked_neg()?,
            });
        }
        Some(Self { numerator, denominator })
    }

    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self { numerator: number as i128, denominator: 1 }
    }

    /// A decimal number.
    pub fn of(decimal: Decimal) -> Option<Self> {
        let (numerator, denominator) = decimal.fraction()?;
        Self::new(numerator, denominator)
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator
                .checked_mul(other.denominator)?
                .checked_add(other.numerator.checked_mul(self.denominator)?)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// `self − other`.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { numerator: other.numerator.checked_neg()?, denominator: other.denominator })
    }

    /// `self × other`.
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// `self ÷ other`, or nothing when `other` is 0.
    pub fn over(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.denominator)?,
            self.denominator.checked_mul(other.numerator)?,
        )
    }

    /// 0 where it is negative.
    pub const fn at_least_zero(self) -> Self {
        if self.numerator < 0 { Self::ZERO } else { self }
    }

    /// Whether it is 0.
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The nearest integer, half away from zero.
    pub fn round(self) -> Option<i64> {
        let half = self.denominator / 2;
        let shifted = if self.numerator < 0 {
            self.numerator.checked_sub(half)?
        } else {
            self.numerator.checked_add(half)?
        };
        i64::try_from(shifted / self.denominator).ok()
    }
}

/// At least 1, so that it can divide; nothing where a magnitude has no positive form.
fn greatest_common_divisor(a: i128, b: i128) -> Option<i128> {
    let (mut a, mut b) = (a.checked_abs()?, b.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some(a.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        let ratio = |text| Decimal::parse(text).ok().and_then(Ratio::of);
        assert_eq!(ratio("12.5"), Ratio::new(25, 2));
        assert_eq!(ratio("0.000000000001"), Ratio::new(1, 1_000_000_000_000));
        assert_eq!(ratio("-3"), Some(Ratio::whole(-3)));
        assert_eq!(ratio("1e3"), Some(Ratio::whole(1_000)));
        for text in ["", ".", "-", "NaN", "1,5", "1e-40"] {
            assert_eq!(ratio(text), None, "{text}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(Ratio::new(5, 2).unwrap().round(), Some(3));
        assert_eq!(Ratio::new(-5, 2).unwrap().round(), Some(-3));
        assert_eq!(Ratio::new(7, 3).unwrap().round(), Some(2));
    }

    #[test]
    fn overflow_and_division_by_zero_are_nothing() {
        let large = Ratio::new(i128::MAX, 1).unwrap();
        assert_eq!(large.times(large), None);
        assert_eq!(large.round(), None);
        assert_eq!(Ratio::ONE.over(Ratio::ZERO), None);
        assert_eq!(Ratio::new(i128::MIN, -1), None);
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_itself(a in -1_000_000_i64..1_000_000, b in 1_i64..1_000, c in -1_000_i64..1_000, d in 1_i64..1_000) {
            let left = Ratio::new(a.into(), b.into()).unwrap();
            let right = Ratio::new(c.into(), d.into()).unwrap();
            prop_assert_eq!(left.plus(right).unwrap().minus(right), Some(left));
            if !right.is_zero() {
                prop_assert_eq!(left.times(right).unwrap().over(right), Some(left));
            }
        }
    }
}
