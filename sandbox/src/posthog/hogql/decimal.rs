//! Decimal numbers of a fixed scale.

use std::cmp::Ordering;
use std::fmt;

/// `units` times ten to the power of minus `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    units: i128,
    scale: u32,
}

/// The largest scale of a 64-bit decimal.
pub(crate) const SCALE_LIMIT: u32 = 18;

impl Decimal {
    /// Reads decimal text; digits beyond the scale are cut off. `None` where it is no such text or does not fit.
    pub(crate) fn parse(text: &str, scale: u32) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
            return None;
        }
        let kept = fraction.get(..fraction.len().min(scale as usize))?;
        let padding = "0".repeat((scale as usize).saturating_sub(kept.len()));
        let units: i128 = format!("0{whole}{kept}{padding}").parse().ok()?;
        Some(Self { units: if negative { -units } else { units }, scale })
    }

    pub(crate) fn scale(self) -> u32 {
        self.scale
    }

    #[expect(clippy::cast_precision_loss, reason = "what is shown as a JSON number is one")]
    pub(crate) fn to_float(self) -> f64 {
        // Read back from its text, so that the result is the nearest there is.
        self.to_string().parse().unwrap_or(self.units as f64)
    }

    /// The sum, in the larger scale.
    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let units = self.rescaled(scale)?.checked_add(other.rescaled(scale)?)?;
        Some(Self { units, scale })
    }

    pub(crate) fn negated(self) -> Self {
        Self { units: -self.units, ..self }
    }

    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        Some(self.rescaled(scale)?.cmp(&other.rescaled(scale)?))
    }

    fn rescaled(self, scale: u32) -> Option<i128> {
        self.units.checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }
}

impl fmt::Display for Decimal {
    /// Without trailing zeros, as the database writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0width$}", self.units.abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.units < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let tenth = Decimal::parse("0.1", 6).unwrap();
        let sum = (0..9).fold(tenth, |sum, _| sum.add(tenth).unwrap());
        assert_eq!(sum.to_string(), "1");
        assert_eq!(Decimal::parse("-12.3456789", 6).unwrap().to_string(), "-12.345678");
        assert_eq!(Decimal::parse("free", 6), None);
        assert!((Decimal::parse("19.99", 2).unwrap().to_float() - 19.99).abs() < 1e-12);
    }
}
