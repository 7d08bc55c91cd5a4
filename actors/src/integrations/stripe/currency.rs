//! How many decimals Stripe's minor unit of a currency has.

use rows::{Currency, money::MoneyError, payments::Minor};

/// Amounts are whole units: 500 is ¥500.
const ZERO_DECIMAL: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];

/// Amounts are thousandths: 5 120 is 5.120 KWD.
const THREE_DECIMAL: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Decimals of UGX unless the settings say otherwise.
///
/// Stripe's list of zero-decimal currencies names UGX, and its list of special cases takes that back: like ISK it has
/// no fractions any more, but its amounts are still written with two decimals that are always 00.
pub const UGX_EXPONENT: u8 = 2;

/// Reads amounts.
#[derive(Debug, Clone, Copy)]
pub struct Currencies {
    /// Decimals of UGX.
    pub ugx_exponent: u8,
}

// === impl Currencies ===

impl Default for Currencies {
    fn default() -> Self {
        Self { ugx_exponent: UGX_EXPONENT }
    }
}

impl Currencies {
    /// Decimals of the currency's minor unit in Stripe's amounts.
    pub fn exponent(self, currency: Currency) -> u8 {
        match currency.as_str() {
            "UGX" => self.ugx_exponent,
            code if ZERO_DECIMAL.contains(&code) => 0,
            code if THREE_DECIMAL.contains(&code) => 3,
            _ => 2,
        }
    }

    /// An amount as Stripe writes it: integer minor units beside a lower-case code.
    pub fn minor(self, amount: i64, currency: &str) -> Result<Minor, MoneyError> {
        let currency = Currency::parse(currency)?;
        Ok(Minor { amount, currency, exponent: self.exponent(currency) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponent(code: &str) -> u8 {
        Currencies::default().exponent(Currency::parse(code).unwrap())
    }

    #[test]
    fn minor_units_follow_stripes_lists() {
        for (code, decimals) in
            [("usd", 2), ("jpy", 0), ("kwd", 3), ("isk", 2), ("ugx", 2), ("huf", 2), ("twd", 2)]
        {
            assert_eq!(exponent(code), decimals, "{code}");
        }
    }

    /// Where the lists agree with ISO 4217, so does what other rooms take for a currency's decimals.
    #[test]
    fn stripe_differs_from_iso_where_it_says_so_only() {
        let iso = |code: &str| Currency::parse(code).unwrap().exponent();
        for code in ZERO_DECIMAL {
            assert_eq!(iso(code), if code == "MGA" { 2 } else { 0 }, "{code}");
        }
        for code in THREE_DECIMAL {
            assert_eq!(iso(code), 3, "{code}");
        }
    }

    #[test]
    fn the_settings_decide_about_ugx() {
        let currencies = Currencies { ugx_exponent: 0 };
        assert_eq!(currencies.minor(500, "ugx").unwrap().exponent, 0);
        assert_eq!(currencies.minor(500, "usd").unwrap().exponent, 2);
    }
}
