//! What tells of a person: it is stored encrypted, and printed never.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::{Table, key::Fingerprint, row::TableRow};

/// Text that tells of a person. It does not print, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct Personal(SecretString);

/// Where a part of a billing profile was read. The order is the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileSource {
    /// The customer: name, e-mail, address, and the card of its default payment method.
    Customer,
    /// The latest subscription: the card of its default payment method.
    Subscription,
    /// The latest invoice: name, e-mail, address as printed on it.
    Invoice,
    /// The latest charge that succeeded: the payer's details and the card.
    Charge,
}

/// What one source says about whom a customer's bills go to. Sources are kept apart: readers get the most trusted
/// answer to each question (name, e-mail, address, card).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingProfile {
    /// The provider's id of the customer.
    pub customer_id: String,
    /// Where this was read.
    pub source: ProfileSource,
    /// The provider's id of the object that it was read from.
    pub source_id: String,
    /// When that object was made: of two objects the later one counts, and of two of one second the greater id.
    pub as_of: Timestamp,
    /// Name.
    pub name: Option<Personal>,
    /// E-mail.
    pub email: Option<Personal>,
    /// Postal address.
    pub address: Address,
    /// What may be kept of a card.
    pub card: Card,
}

/// A postal address. Parts of two addresses are never mixed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// Street and number.
    pub line1: Option<Personal>,
    /// Floor, unit.
    pub line2: Option<Personal>,
    /// City.
    pub city: Option<Personal>,
    /// State, province, county.
    pub state: Option<Personal>,
    /// Postal code.
    pub postal_code: Option<Personal>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Personal>,
}

/// What may be kept of a card. Never its number or fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// `visa`, `mastercard` …
    pub brand: Option<Personal>,
    /// Last four digits.
    pub last4: Option<Personal>,
    /// Month of expiry, 1 to 12, decimal.
    pub exp_month: Option<Personal>,
    /// Year of expiry, four digits.
    pub exp_year: Option<Personal>,
}

// === impl Personal ===

impl Personal {
    /// Takes a text in; nothing when it is blank.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(SecretString::from(text)))
    }

    /// The text itself: for who encrypts it, or shows it to somebody who may see it.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(hidden)")
    }
}

impl PartialEq for Personal {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for Personal {}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretString::deserialize(deserializer).map(Self)
    }
}

// === impl ProfileSource ===

impl ProfileSource {
    /// Every source, the most trusted first.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Subscription, Self::Invoice, Self::Charge];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
            Self::Charge => "charge",
        }
    }
}

// === impl BillingProfile ===

/// The personal columns of a billing profile.
pub const PERSONAL_COLUMNS: [&str; 12] = [
    "name",
    "email",
    "address_line1",
    "address_line2",
    "address_city",
    "address_state",
    "address_postal_code",
    "address_country",
    "card_brand",
    "card_last4",
    "card_exp_month",
    "card_exp_year",
];

impl BillingProfile {
    /// Of a customer, without anything personal yet.
    pub fn blank(customer_id: String, source: ProfileSource, source_id: String, as_of: Timestamp) -> Self {
        Self {
            customer_id,
            source,
            source_id,
            as_of,
            name: None,
            email: None,
            address: Address::default(),
            card: Card::default(),
        }
    }

    /// The personal values, in the order of [`PERSONAL_COLUMNS`].
    pub const fn personal(&self) -> [Option<&Personal>; 12] {
        let Self { name, email, address, card, .. } = self;
        [
            name.as_ref(),
            email.as_ref(),
            address.line1.as_ref(),
            address.line2.as_ref(),
            address.city.as_ref(),
            address.state.as_ref(),
            address.postal_code.as_ref(),
            address.country.as_ref(),
            card.brand.as_ref(),
            card.last4.as_ref(),
            card.exp_month.as_ref(),
            card.exp_year.as_ref(),
        ]
    }
}

impl TableRow for BillingProfile {
    fn table(&self) -> Table {
        Table::BillingProfiles
    }

    /// One object of a source: which of several counts is decided where they are stored.
    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.customer_id, self.source.as_str(), &self.source_id])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_does_not_print() {
        let mut profile = BillingProfile::blank(
            "cus_1".to_owned(),
            ProfileSource::Customer,
            "cus_1".to_owned(),
            Timestamp::UNIX_EPOCH,
        );
        profile.name = Personal::of(" Ada Lovelace ");
        profile.address.line1 = Personal::of("12 Harbour Street");
        profile.card.last4 = Personal::of("4242");
        profile.email = Personal::of("  ");
        let printed = format!("{profile:?} {profile:#?}");
        assert!(!printed.contains("Ada") && !printed.contains("Harbour") && !printed.contains("4242"));
        assert_eq!(profile.personal()[0].map(Personal::reveal), Some("Ada Lovelace"));
        assert_eq!(profile.personal()[1], None);
        let read: Personal = serde_json::from_str(r#""Ada""#).unwrap();
        assert_eq!(format!("{read:?}"), "Personal(hidden)");
    }
}
