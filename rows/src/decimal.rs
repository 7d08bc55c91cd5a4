//! Decimal numbers as providers write them: exact, never through a float.

use std::fmt;

use crate::Micros;

/// A decimal number, exactly as it was written: `4.7e-05`, `0.000000000001`, `-12.50`. Up to 38 digits; every operation is
/// checked, and what does not fit is none, never a wrong number.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    digits: i128,
    exponent: i32,
}

/// Text that is no number, or one that does not fit. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Of another form.
    #[error("not a number of the expected form")]
    NotNumber,
    /// Beyond what can be kept.
    #[error("a number that is too large")]
    TooLarge,
}

/// A sum of decimals of which some may be unknown. What is unknown is no zero: it is counted beside what is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    known: Option<Decimal>,
    unknown: u64,
    is_too_large: bool,
}

/// Longest text that is read; longer text is refused before any work.
const TEXT_LENGTH_MAX: usize = 64;
/// Largest exponent, either way: those of 64-bit floats end at 324.
const EXPONENT_MAX: i32 = 400;
/// Decimal digits of a [`Micros`].
const MICROS_DIGITS: i32 = 6;

// === impl Decimal ===

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { digits: 0, exponent: 0 };

    /// Reads decimal text: `24.87`, `-3`, `+.5`, `7.`, `1.5E-4`.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        if text.len() > TEXT_LENGTH_MAX {
            return Err(NumberError::NotNumber);
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i32>().map_err(|_| NumberError::NotNumber)?)
            }
            None => (text, 0),
        };
        let (negative, number) = match mantissa.as_bytes() {
            [b'-', ..] => (true, &mantissa[1..]),
            [b'+', ..] => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(NumberError::NotNumber);
        }
        let mut digits: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(NumberError::NotNumber);
            }
            digits = digits
                .checked_mul(10)
                .and_then(|digits| digits.checked_add(i128::from(digit - b'0')))
                .ok_or(NumberError::TooLarge)?;
        }
        if exponent.unsigned_abs() > EXPONENT_MAX.unsigned_abs() {
            return Err(NumberError::TooLarge);
        }
        let fraction_digits = i32::try_from(fraction.len()).map_err(|_| NumberError::TooLarge)?;
        Ok(Self { digits: if negative { -digits } else { digits }, exponent: exponent - fraction_digits })
    }

    /// A whole number.
    pub const fn from_whole(number: i64) -> Self {
        Self { digits: number as i128, exponent: 0 }
    }

    /// Millionths.
    pub const fn from_micros(Micros(digits): Micros) -> Self {
        Self { digits: digits as i128, exponent: -MICROS_DIGITS }
    }

    /// Whether it is below 0.
    pub const fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// As millionths, rounded half away from zero.
    pub fn micros(self) -> Option<Micros> {
        i64::try_from(self.scaled(MICROS_DIGITS)?).ok().map(Micros)
    }

    /// The nearest number with so many decimals (0 to 6), half away from zero: rounded once, where rounding millionths again
    /// could be off by one.
    pub fn with_decimals(self, decimals: u8) -> Option<Micros> {
        let decimals = i32::from(decimals).min(MICROS_DIGITS);
        let unit = 10_i128.checked_pow((MICROS_DIGITS - decimals).unsigned_abs())?;
        i64::try_from(self.scaled(decimals)?.checked_mul(unit)?).ok().map(Micros)
    }

    /// The nearest whole number, half away from zero.
    pub fn round(self) -> Option<i64> {
        i64::try_from(self.scaled(0)?).ok()
    }

    /// The whole number that it is (`512.0`, `1e3`); none where it has a fraction.
    pub fn whole(self) -> Option<i64> {
        let Self { digits, exponent } = self.shortest();
        if exponent < 0 {
            return None;
        }
        i64::try_from(digits.checked_mul(10_i128.checked_pow(exponent.unsigned_abs())?)?).ok()
    }

    /// `self × number`.
    pub fn times(self, number: i64) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(i128::from(number))?, exponent: self.exponent })
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let raised = |number: Self| match number.digits {
            0 => Some(0),
            digits => digits.checked_mul(10_i128.checked_pow(number.exponent.abs_diff(exponent))?),
        };
        Some(Self { digits: raised(self)?.checked_add(raised(other)?)?, exponent })
    }

    /// Numerator and denominator, not in lowest terms.
    pub fn fraction(self) -> Option<(i128, i128)> {
        let power = 10_i128.checked_pow(self.exponent.unsigned_abs())?;
        if self.exponent < 0 {
            Some((self.digits, power))
        } else {
            Some((self.digits.checked_mul(power)?, 1))
        }
    }

    /// `self × 10^exponent`, rounded half away from zero.
    fn scaled(self, exponent: i32) -> Option<i128> {
        if self.digits == 0 {
            return Some(0);
        }
        let shift = self.exponent.checked_add(exponent)?;
        let power = 10_i128.checked_pow(shift.unsigned_abs());
        if shift >= 0 {
            return self.digits.checked_mul(power?);
        }
        // Beyond 38 digits, what is left is less than half.
        let Some(divisor) = power else { return Some(0) };
        let half = if self.digits < 0 { -(divisor / 2) } else { divisor / 2 };
        Some(self.digits.checked_add(half)? / divisor)
    }

    /// The same number without trailing zeros.
    #[must_use]
    pub fn shortest(self) -> Self {
        let Self { mut digits, mut exponent } = self;
        if digits == 0 {
            return Self::ZERO;
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }
}

impl PartialEq for Decimal {
    /// `1.50` and `1.5` are one number.
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.shortest(), other.shortest());
        (ours.digits, ours.exponent) == (theirs.digits, theirs.exponent)
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    /// Without an exponent, with the zeros that it was written with: `0.000047`, `12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let zeros = usize::try_from(self.exponent.unsigned_abs()).unwrap_or_default();
        if self.exponent >= 0 {
            let zeros = if self.digits == 0 { 0 } else { zeros };
            return write!(f, "{sign}{digits}{:0<zeros$}", "");
        }
        let digits = format!("{digits:0>width$}", width = zeros + 1);
        let (whole, fraction) = digits.split_at(digits.len() - zeros);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

// === impl Sum ===

impl Sum {
    /// Adds a part that stands for so many; an unknown one is counted by them.
    pub fn add(&mut self, part: Option<Decimal>, count: u64) {
        let unknown = if part.is_none() { count } else { 0 };
        self.merge(Self { known: part, unknown, is_too_large: false });
    }

    /// Adds all parts of another.
    pub fn merge(&mut self, other: Self) {
        self.unknown = self.unknown.saturating_add(other.unknown);
        let sum = match (self.known, other.known) {
            (Some(ours), Some(theirs)) => ours.plus(theirs),
            (ours, theirs) => ours.or(theirs),
        };
        let is_lost = sum.is_none() && (self.known.is_some() || other.known.is_some());
        self.is_too_large |= other.is_too_large || is_lost;
        self.known = sum;
    }

    /// What the known parts come to; none where no part is known, or where their sum does not fit.
    pub fn known(&self) -> Option<Decimal> {
        self.known.filter(|_| !self.is_too_large)
    }

    /// The sum, where every part is known.
    pub fn whole(&self) -> Option<Decimal> {
        self.known().filter(|_| self.unknown == 0)
    }

    /// How many are unknown.
    pub const fn unknown(&self) -> u64 {
        self.unknown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn every_form_is_read_and_shown_without_exponent() {
        for (text, shown) in [
            ("1.184623907351294857", "1.184623907351294857"),
            ("4.7e-05", "0.000047"),
            ("1.5E-4", "0.00015"),
            ("-12.5E1", "-125"),
            ("1.25e3", "1250"),
            ("1e+2", "100"),
            ("12.50", "12.50"),
            ("-.5", "-0.5"),
            ("7.", "7"),
            ("0e9", "0"),
            ("0", "0"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1,5", "0x10", "NaN", "inf", "1 ", "1e", "e1", "--1", "1.2.3", "1e1.5"] {
            assert_eq!(Decimal::parse(text), Err(NumberError::NotNumber), "{text:?}");
        }
        for text in ["1e999", "1e-999", "340282366920938463463374607431768211456"] {
            assert_eq!(Decimal::parse(text), Err(NumberError::TooLarge), "{text:?}");
        }
    }

    #[test]
    fn halves_round_away_from_zero_and_only_at_the_end() {
        for (text, rounded) in [("2.5", 3), ("-2.5", -3), ("2.4999999999999999999", 2), ("4.9e-324", 0)] {
            assert_eq!(decimal(text).round(), Some(rounded), "{text}");
        }
        assert_eq!(decimal("0.0000005").micros(), Some(Micros(1)));
        assert_eq!(decimal("-0.0000005").micros(), Some(Micros(-1)));
        // 0.4 seconds a session, three sessions.
        assert_eq!(decimal("0.4").times(3).and_then(Decimal::round), Some(1));
        assert_eq!(decimal("1e30").round(), None);
    }

    #[test]
    fn a_whole_number_is_one_in_every_form() {
        for (text, whole) in
            [("512", Some(512)), ("512.000", Some(512)), ("1e3", Some(1_000)), ("0.5", None), ("1e40", None)]
        {
            assert_eq!(decimal(text).whole(), whole, "{text}");
        }
    }

    #[test]
    fn sums_are_exact_or_none() {
        let sum = decimal("0.00000000000000001").plus(decimal("12345678901.1"));
        assert_eq!(sum.unwrap().to_string(), "12345678901.10000000000000001");
        assert_eq!(decimal("1e38").plus(decimal("1e-30")), None);
        assert_eq!(decimal("0e400").plus(decimal("1e-30")), Some(decimal("1e-30")));
    }

    #[test]
    fn a_sum_keeps_what_is_known_and_counts_what_is_not() {
        let mut sum = Sum::default();
        assert_eq!((sum.known(), sum.whole(), sum.unknown()), (None, None, 0));
        sum.add(Some(decimal("0.00000000000000001")), 2);
        sum.add(Some(decimal("-1.5")), 1);
        let exact = decimal("-1.49999999999999999");
        assert_eq!((sum.known(), sum.whole()), (Some(exact), Some(exact)));
        sum.add(None, 3);
        assert_eq!((sum.known(), sum.whole(), sum.unknown()), (Some(exact), None, 3));
        let mut huge = Sum::default();
        huge.add(Some(decimal("1e38")), 1);
        huge.add(Some(decimal("1e-30")), 1);
        huge.add(Some(decimal("1")), 1);
        assert_eq!((huge.known(), huge.whole()), (None, None), "what does not fit stays unknown");
    }

    #[test]
    fn decimals_are_rounded_once() {
        for (text, decimals, micros) in [
            ("0.0049999996", 2, 0),
            ("0.005", 2, 10_000),
            ("-0.005", 2, -10_000),
            ("1234.5", 0, 1_235_000_000),
            ("0.0000005", 9, 1),
        ] {
            assert_eq!(decimal(text).with_decimals(decimals), Some(Micros(micros)), "{text}");
        }
        assert_eq!(Decimal::from_micros(Micros(-1_500_000)), decimal("-1.5"));
        assert_eq!(decimal("1e30").with_decimals(2), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(digits in any::<i64>(), exponent in -30..10_i32) {
            let number = Decimal { digits: digits.into(), exponent };
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
        }

        #[test]
        fn any_text_is_answered(text in "[-+0-9.eE]{0,20}|.{0,70}") {
            if let Ok(number) = Decimal::parse(&text) {
                prop_assert_eq!(Decimal::parse(&text), Ok(number));
                let _ = (number.micros(), number.round(), number.whole(), number.fraction(), number.to_string());
            }
        }
    }
}
