//! Money and fractional counts as integers. No amount ever passes through a float.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::{Decimal, NumberError};

/// Millionths of a unit: of a currency's major unit (`24.87 USD` = 24 870 000) or of a count
/// (1.5 conversions = 1 500 000). Range ±9.2 × 10¹² units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Micros(pub i64);

/// What an ad network charged, before any margin. Never what a client is shown: that is [`DisplaySpend`], so that the two cannot
/// leave through the same door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct RawSpend(pub Micros);

/// What a client is shown of what an ad network charged. Only a [`Markup`](crate::markup::Markup) makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DisplaySpend(Micros);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// What the networks charged.
    Raw,
    /// What a client is shown.
    Display,
}

/// Money spent on advertising, of one kind: what is made of it (sums, prices) is of that kind, too.
pub trait Spend: fmt::Debug + Copy + Ord + Default + Send + Sync + 'static {
    /// Which kind.
    const BASIS: Basis;
    /// Nothing.
    const ZERO: Self;

    /// The amount.
    fn micros(self) -> Micros;

    /// What is made of it, if it fits.
    #[must_use]
    fn map(self, made: impl FnOnce(Micros) -> Option<Micros>) -> Option<Self>;

    /// Both together, if they fit.
    #[must_use]
    fn plus(self, other: Self) -> Option<Self> {
        self.map(|micros| micros.0.checked_add(other.micros().0).map(Micros))
    }
}

/// An ISO 4217 code in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Text that is not an amount or a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a plain decimal number.
    #[error("{0:?} is not a decimal number")]
    NotDecimal(String),
    /// More than 64 bits of millionths.
    #[error("{0:?} is too large for 64 bits of millionths")]
    TooLarge(String),
    /// Not three letters.
    #[error("{0:?} is not a three-letter currency code")]
    NotCurrency(String),
}

// === impl Micros ===

/// Longest text that is repeated in an error.
const TEXT_LENGTH_MAX: usize = 64;

impl Micros {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One whole unit.
    pub const ONE: Self = Self(1_000_000);

    /// Reads decimal text (`24.87`, `-3`, `1.5E-4`). Digits beyond the sixth are rounded half away from zero.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let repeated = || text.chars().take(TEXT_LENGTH_MAX).collect();
        let number = Decimal::parse(text).map_err(|error| match error {
            NumberError::NotNumber => MoneyError::NotDecimal(repeated()),
            NumberError::TooLarge => MoneyError::TooLarge(repeated()),
        })?;
        number.micros().ok_or_else(|| MoneyError::TooLarge(repeated()))
    }

    /// A whole number of units, or nothing when it does not fit.
    pub fn from_units(units: i64) -> Option<Self> {
        units.checked_mul(Self::ONE.0).map(Self)
    }

    /// An amount in minor units with `exponent` decimals (2 500 cents, exponent 2 = 25 units), or nothing when it
    /// does not fit or the exponent is above 6.
    pub fn from_minor(minor: i64, exponent: u8) -> Option<Self> {
        let factor = 10_i64.checked_pow(6_u32.checked_sub(u32::from(exponent))?)?;
        minor.checked_mul(factor).map(Self)
    }
}

impl fmt::Display for Micros {
    /// Decimal text without trailing zeros: `24.87`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / 1_000_000, magnitude % 1_000_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

// === impl RawSpend ===

impl Spend for RawSpend {
    const BASIS: Basis = Basis::Raw;
    const ZERO: Self = Self(Micros::ZERO);

    fn micros(self) -> Micros {
        self.0
    }

    fn map(self, made: impl FnOnce(Micros) -> Option<Micros>) -> Option<Self> {
        made(self.0).map(Self)
    }
}

// === impl DisplaySpend ===

impl DisplaySpend {
    /// For the markup alone.
    pub(crate) const fn of(micros: Micros) -> Self {
        Self(micros)
    }
}

impl Spend for DisplaySpend {
    const BASIS: Basis = Basis::Display;
    const ZERO: Self = Self(Micros::ZERO);

    fn micros(self) -> Micros {
        self.0
    }

    fn map(self, made: impl FnOnce(Micros) -> Option<Micros>) -> Option<Self> {
        made(self.0).map(Self)
    }
}

// === impl Basis ===

impl Basis {
    /// As labels and answers say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Display => "display",
        }
    }
}

// === impl Currency ===

impl Currency {
    /// Reads a code in either case.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::NotCurrency(text.chars().take(TEXT_LENGTH_MAX).collect())),
        }
    }

    /// Decimals of its minor unit by ISO 4217: 2 for cents, 0 for yen.
    pub fn exponent(self) -> u8 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
            | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// The code, upper case.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in, so this cannot fail; an empty code would be visible at once.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_text_is_read_exactly() {
        for (text, micros) in [
            ("24.87", 24_870_000),
            ("0", 0),
            ("-3", -3_000_000),
            (".5", 500_000),
            ("7.", 7_000_000),
            ("1.5E-4", 150),
            ("2e3", 2_000_000_000),
            ("0.0000005", 1),
            ("0.0000004", 0),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(Micros::parse(text), Ok(Micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".", "1,5", "0x10", "NaN", "1 ", "1e", "--1", "9223372036854.775808", "1e40"] {
            assert!(Micros::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn minor_units_follow_the_exponent() {
        assert_eq!(Micros::from_minor(2_500, 2), Some(Micros(25_000_000)));
        assert_eq!(Micros::from_minor(500, 0), Some(Micros(500_000_000)));
        assert_eq!(Micros::from_minor(1, 7), None);
    }

    /// From ISO 4217's list one (<https://www.six-group.com/en/products-services/financial-information/data-standards.html>).
    #[test]
    fn every_currency_has_its_own_decimals() {
        let exponents = |codes: &str, exponent| {
            for code in codes.split(' ') {
                assert_eq!(Currency::parse(code).unwrap().exponent(), exponent, "{code}");
            }
        };
        exponents("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 0);
        exponents("USD EUR GBP UAH BRL INR MXN PLN CZK HUF TWD IDR COP CRC NOK SEK DKK CHF", 2);
        exponents("BHD IQD JOD KWD LYD OMR TND", 3);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(value in any::<i64>()) {
            prop_assert_eq!(Micros::parse(&Micros(value).to_string()), Ok(Micros(value)));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            let _ = Micros::parse(&text);
            let _ = Currency::parse(&text);
        }
    }
}
