//! What a connection may set.

use jiff::tz::TimeZone;
use rows::zone::zone;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::integration::SetupError;

use super::currency::UGX_EXPONENT;

/// Settings of a Stripe connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// IANA name of the zone in which days of revenue are counted. Stripe has none of its own.
    pub time_zone: String,
    /// Keeps billing profiles: name, e-mail, address, and brand, last four digits and expiry of the card, all encrypted.
    /// Needs an encryption key; without one it is off.
    pub billing_profiles: bool,
    /// Reads this connected account (`acct_…`) of a platform, by the header Stripe-Account.
    pub stripe_account: Option<String>,
    /// Keeps objects of test mode. Default: when the key is a test key.
    pub test_mode: Option<bool>,
    /// Decimals of amounts in UGX, where Stripe's documentation contradicts itself.
    #[schemars(range(min = 0, max = 3))]
    pub ugx_exponent: u8,
    /// How many days back charges, refunds, disputes, invoices, their payments and balance transactions are listed
    /// again, once a day.
    #[schemars(range(min = 1, max = 3650))]
    pub relist_days: u32,
}

/// Days that are listed again unless the settings say otherwise: a month, and what its end leaves open.
pub const RELIST_DAYS: u32 = 35;

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            billing_profiles: false,
            stripe_account: None,
            test_mode: None,
            ugx_exponent: UGX_EXPONENT,
            relist_days: RELIST_DAYS,
        }
    }
}

impl Settings {
    /// Checks what the schema cannot.
    pub fn check(&self) -> Result<TimeZone, SetupError> {
        let refuse = |key: &str, problem: &str| SetupError::Setting {
            key: key.to_owned(),
            problem: problem.to_owned(),
        };
        if self.ugx_exponent > 3 {
            return Err(refuse("ugx_exponent", "expected 0, 2 or 3 decimals"));
        }
        if self.relist_days == 0 {
            return Err(refuse("relist_days", "expected at least 1 day"));
        }
        if self.stripe_account.as_ref().is_some_and(|account| !account.starts_with("acct_")) {
            return Err(refuse("stripe_account", "expected the id of a connected account: acct_…"));
        }
        zone(&self.time_zone)
            .ok_or_else(|| refuse("time_zone", "expected an IANA name such as Europe/Berlin"))
    }

    /// Whether objects of test mode are kept: as set, else by the key's kind.
    pub fn keeps_test_mode(&self, key: &SecretString) -> bool {
        self.test_mode.unwrap_or_else(|| key.expose_secret().contains("_test_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_kind_decides_unless_set() {
        let settings = Settings::default();
        assert!(settings.keeps_test_mode(&SecretString::from("rk_test_1")));
        assert!(!settings.keeps_test_mode(&SecretString::from("rk_live_1")));
        let settings = Settings { test_mode: Some(false), ..settings };
        assert!(!settings.keeps_test_mode(&SecretString::from("rk_test_1")));
    }

    #[test]
    fn mistakes_are_told_apart() {
        let key = |settings: Settings| match settings.check() {
            Err(SetupError::Setting { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        let good = Settings::default;
        assert!(good().check().is_ok());
        assert_eq!(key(Settings { time_zone: "Berlin".to_owned(), ..good() }), "time_zone");
        assert_eq!(key(Settings { relist_days: 0, ..good() }), "relist_days");
        assert_eq!(key(Settings { stripe_account: Some("label-a".to_owned()), ..good() }), "stripe_account");
        assert!(serde_json::from_str::<Settings>(r#"{"timezone":"UTC"}"#).is_err());
    }
}
