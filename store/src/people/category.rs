//! Kinds of data of people, as exports, recipients and the record of processing name them.

/// What kind of data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Who somebody is: name, e-mail address, account, age.
    Identity,
    /// What somebody agreed to.
    Consents,
    /// Whom bills go to: name, e-mail address, postal address, part of a card.
    Billing,
    /// What somebody bought and paid.
    Payments,
    /// What was done with somebody's data.
    Handling,
}

// === impl Category ===

impl Category {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Identity, Self::Consents, Self::Billing, Self::Payments, Self::Handling];

    /// Its name in configuration, exports and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Consents => "consents",
            Self::Billing => "billing",
            Self::Payments => "payments",
            Self::Handling => "handling",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == text)
    }
}
