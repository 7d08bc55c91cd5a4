//! Decimal numbers as reports write them, exactly: amounts from 1e-12 to 38 digits, added without rounding.

use std::fmt;

use rows::Micros;

/// A decimal number of up to 38 digits. 17 bytes, because millions are held at once.
#[derive(Clone, Copy)]
pub struct Exact {
    /// An `i128`, little endian, so that the type needs no alignment.
    mantissa: [u8; 16],
    /// Digits behind the point, at most [`SCALE_MAX`].
    scale: u8,
}

/// How a layout writes numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
pub enum Decimal {
    /// `1,234.5`
    #[default]
    #[serde(rename = ".")]
    Point,
    /// `1.234,5`
    #[serde(rename = ",")]
    Comma,
}

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not decimal digits, or thousands that are not in threes.
    #[error("is not a decimal number")]
    NotDecimal,
    /// More than 38 digits.
    #[error("has more than 38 digits")]
    TooLong,
}

/// Longest text that is looked at.
const TEXT_LENGTH_MAX: usize = 100;
/// Digits behind the point that are kept: as many as 128 bits hold.
const SCALE_MAX: u8 = 38;
const MICROS_SCALE: u8 = 6;

// === impl Exact ===

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self::new(0, 0);

    /// `mantissa × 10^-scale`; a scale of at most [`SCALE_MAX`].
    pub(super) const fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa: mantissa.to_le_bytes(), scale }
    }

    /// Its digits.
    pub(super) const fn mantissa(self) -> i128 {
        i128::from_le_bytes(self.mantissa)
    }

    /// A whole number.
    pub const fn whole(value: i64) -> Self {
        Self::new(value as i128, 0)
    }

    /// Reads `1,234.50`, `(0.12)`, `-3`, `$4`, `1.5E-7`, `1 234`. Separators of thousands must stand in threes.
    pub fn parse(text: &str, decimal: Decimal) -> Result<Self, NumberError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || "$€£¥\"".contains(c));
        if text.is_empty() || text.len() > TEXT_LENGTH_MAX {
            return Err(NumberError::NotDecimal);
        }
        let (mut negative, inner) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => (true, inner),
            None => (false, text),
        };
        let unsigned = match inner.strip_prefix(['-', '−']) {
            Some(rest) if !negative => {
                negative = true;
                rest
            }
            Some(_) => return Err(NumberError::NotDecimal),
            None => inner.strip_prefix('+').unwrap_or(inner),
        };
        let unsigned = unsigned.trim_matches(|c: char| c.is_whitespace() || "$€£¥".contains(c));
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => {
                (digits, exponent.parse::<i32>().map_err(|_| NumberError::NotDecimal)?)
            }
            None => (unsigned, 0),
        };
        let point = if decimal == Decimal::Point { '.' } else { ',' };
        let (whole, fraction) = digits.split_once(point).unwrap_or((digits, ""));
        let whole = without_thousands(whole, point).ok_or(NumberError::NotDecimal)?;
        if whole.is_empty() && fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NumberError::NotDecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|value| value.checked_add(i128::from(digit - b'0')))
                .ok_or(NumberError::TooLong)?;
        }
        let scale = i32::try_from(fraction.len()).ok().and_then(|length| length.checked_sub(exponent));
        let scale = scale.ok_or(NumberError::TooLong)?;
        let signed = if negative { -mantissa } else { mantissa };
        Self::scaled(signed, scale).ok_or(NumberError::TooLong)
    }

    /// `mantissa × 10^-scale`.
    fn scaled(mut mantissa: i128, mut scale: i32) -> Option<Self> {
        if mantissa == 0 {
            return Some(Self::ZERO);
        }
        if scale < 0 {
            mantissa = mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
            scale = 0;
        }
        while scale > i32::from(SCALE_MAX) && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= SCALE_MAX)?;
        Some(Self::new(mantissa, scale))
    }

    /// The same number without zeros at its end.
    fn shortest(self) -> (i128, u8) {
        let (mut mantissa, mut scale) = (self.mantissa(), self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }

    /// The exact sum, or `None` when it has more than 38 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = |a: (i128, u8), b: (i128, u8)| {
            let scale = a.1.max(b.1);
            let raise = |(mantissa, from): (i128, u8)| {
                mantissa.checked_mul(10_i128.checked_pow(u32::from(scale - from))?)
            };
            Some(Self::new(raise(a)?.checked_add(raise(b)?)?, scale))
        };
        sum((self.mantissa(), self.scale), (other.mantissa(), other.scale))
            .or_else(|| sum(self.shortest(), other.shortest()))
    }

    /// The exact product, or `None` when it has more than 38 digits.
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        let (mantissa, scale) = self.shortest();
        Some(Self::new(mantissa.checked_mul(i128::from(factor))?, scale))
    }

    /// One at the last of so many digits behind the point.
    pub const fn last_place(decimals: u8) -> Self {
        Self::new(1, if decimals > SCALE_MAX { SCALE_MAX } else { decimals })
    }

    /// How many digits it has behind the point, without zeros at their end.
    pub const fn decimals(self) -> u8 {
        self.scale
    }

    /// With the other sign.
    #[must_use]
    pub const fn minus(self) -> Self {
        Self::new(self.mantissa().saturating_neg(), self.scale)
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa() < 0
    }

    /// The same distance below zero.
    #[must_use]
    pub const fn negative(self) -> Self {
        Self::new(-self.mantissa().saturating_abs(), self.scale)
    }

    /// Millionths, rounded half away from zero; `None` beyond ±9.2 × 10¹².
    pub fn to_micros(self) -> Option<Micros> {
        let rounded = if self.scale <= MICROS_SCALE {
            self.mantissa().checked_mul(10_i128.checked_pow(u32::from(MICROS_SCALE - self.scale))?)?
        } else {
            let divisor = 10_i128.checked_pow(u32::from(self.scale - MICROS_SCALE))?;
            let (whole, rest) = (self.mantissa() / divisor, self.mantissa() % divisor);
            // At least half, without doubling, which could overflow.
            let up = rest.abs() >= divisor - rest.abs();
            whole + if up { rest.signum() } else { 0 }
        };
        i64::try_from(rounded).ok().map(Micros)
    }

    /// A whole number, rounded half away from zero; `None` beyond 64 bits.
    pub fn round(self) -> Option<i64> {
        let (mantissa, scale) = self.shortest();
        let divisor = 10_i128.checked_pow(u32::from(scale))?;
        let (whole, rest) = (mantissa / divisor, mantissa % divisor);
        let up = rest != 0 && rest.abs() >= divisor - rest.abs();
        i64::try_from(whole + if up { rest.signum() } else { 0 }).ok()
    }

    /// A count: `None` when it is not whole or beyond 64 bits.
    pub fn to_count(self) -> Option<i64> {
        let (mantissa, scale) = self.shortest();
        (scale == 0).then(|| i64::try_from(mantissa).ok()).flatten()
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.shortest() == other.shortest()
    }
}

impl Eq for Exact {}

impl fmt::Display for Exact {
    /// Plain decimal text without zeros at its end: what `revenue_exact` stores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mantissa, scale) = self.shortest();
        let digits = mantissa.unsigned_abs().to_string();
        let sign = if mantissa < 0 { "-" } else { "" };
        let scale = usize::from(scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The digits of `1,234,567`, `1 234` or `1'234`; `None` where something else stands, or groups are not of three.
fn without_thousands(text: &str, point: char) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else { return Some(text.to_owned()) };
    let is_known = matches!(separator, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
        || separator == if point == '.' { ',' } else { '.' };
    let mut groups = text.split(separator);
    let first = groups.next()?;
    let is_first = (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
    let are_others = groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
    (is_known && is_first && are_others).then(|| text.split(separator).collect())
}

/// Whether a cell says nothing: blank, a dash, `n/a`.
pub fn is_blank(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || matches!(text, "-" | "–" | "—")
        || ["n/a", "na", "null", "none"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text, Decimal::Point).unwrap()
    }

    #[test]
    fn numbers_are_read_as_reports_write_them() {
        for (text, shown) in [
            ("1,234,567.5", "1234567.5"),
            ("(1.23)", "-1.23"),
            ("$0.10", "0.1"),
            ("-$0.10", "-0.1"),
            ("1e-7", "0.0000001"),
            ("1.2345678901234567E-7", "0.00000012345678901234567"),
            ("0.00412345678901234", "0.00412345678901234"),
            ("12 345", "12345"),
            ("+7.", "7"),
            (".5", "0.5"),
            ("2E3", "2000"),
            ("0E900", "0"),
        ] {
            assert_eq!(exact(text).to_string(), shown, "{text}");
        }
        for (text, shown) in [("1.234,5", "1234.5"), ("0,001", "0.001"), ("-3", "-3"), ("1.234", "1234")] {
            assert_eq!(Exact::parse(text, Decimal::Comma).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        for text in [
            "0,5",
            "1,23",
            "12,34,567",
            "1.2.3",
            "--1",
            "(-1)",
            "1 23",
            "",
            "$",
            "NaN",
            "0x1",
            "1e",
            "1234,567",
        ] {
            assert_eq!(Exact::parse(text, Decimal::Point), Err(NumberError::NotDecimal), "{text}");
        }
        for text in
            ["1e40", "1e-60", "123456789012345678901234567890123456789012", "1e2147483647", "1e-2147483648"]
        {
            assert_eq!(Exact::parse(text, Decimal::Point), Err(NumberError::TooLong), "{text}");
        }
    }

    #[test]
    fn rounding_happens_once_half_away_from_zero() {
        for (text, micros) in
            [("0.0000005", 1), ("-0.0000005", -1), ("0.00000049999999999999999", 0), ("1.5", 1_500_000)]
        {
            assert_eq!(exact(text).to_micros(), Some(Micros(micros)), "{text}");
        }
        // A million lines of 4e-7: 0.4 together, and 0 if each were rounded.
        let sum = (0..1_000_000).fold(Exact::ZERO, |sum, _| sum.checked_add(exact("0.0000004")).unwrap());
        assert_eq!(sum.to_micros(), Some(Micros(400_000)));
        assert_eq!(exact("99999999999999999999").to_micros(), None);
        assert_eq!((exact("2.5").round(), exact("-2.4").round()), (Some(3), Some(-2)));
        assert_eq!((exact("3.0").to_count(), exact("3.5").to_count()), (Some(3), None));
    }

    #[test]
    fn sums_that_do_not_fit_are_none_and_not_wrong() {
        let large = exact("99999999999999999999999999999999999999");
        assert_eq!(large.checked_add(large), None);
        assert_eq!(large.checked_add(exact("0.1")), None);
        assert_eq!(exact("1.000").checked_add(exact("0.1")), Some(exact("1.1")));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,120}") {
            let _ = Exact::parse(&text, Decimal::Point);
            let _ = Exact::parse(&text, Decimal::Comma);
        }

        #[test]
        fn what_is_shown_reads_back(mantissa in any::<i64>(), scale in 0_u8..30) {
            let value = Exact::new(i128::from(mantissa), scale);
            prop_assert_eq!(exact(&value.to_string()), value);
        }

        #[test]
        fn order_does_not_matter(values in prop::collection::vec((any::<i64>(), 0_u8..18), 0..30)) {
            let values: Vec<Exact> = values.into_iter().map(|(m, s)| Exact::new(i128::from(m), s)).collect();
            let sum = |values: &mut dyn Iterator<Item = &Exact>| {
                values.fold(Exact::ZERO, |sum, value| sum.checked_add(*value).unwrap())
            };
            prop_assert_eq!(sum(&mut values.iter()), sum(&mut values.iter().rev()));
        }
    }
}
