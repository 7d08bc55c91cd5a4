//! A user, as stored.

use std::fmt;

use jiff::Timestamp;
use rows::{Day, personal::Personal};

use super::AgeStatement;

/// The personal columns of `users`, in the order in which a person's values are kept.
pub const PERSONAL_COLUMNS: [&str; 4] = ["name", "email", "account", "birth_date"];

/// A day of birth. It does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate(Day);

/// Where a user stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStatus {
    /// As any other.
    Active,
    /// The person has left: nothing rests on a consent any more. What is stored stays until it is erased.
    Withdrawn,
    /// Nothing personal is left.
    Erased,
}

/// Which user is meant.
#[derive(Debug, Clone)]
pub enum Who {
    /// By the id here.
    Id(String),
    /// By the id at the tenant.
    External(String),
    /// By e-mail address, if it is one user's only.
    Email(Personal),
}

/// A user, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id here.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// The id at the tenant.
    pub external_id: Option<String>,
    /// Name.
    pub name: Option<Personal>,
    /// E-mail address.
    pub email: Option<Personal>,
    /// An account that the person named.
    pub account: Option<Personal>,
    /// Day of birth.
    pub birth_date: Option<BirthDate>,
    /// What the person said of their age.
    pub age_statement: Option<AgeStatement>,
    /// Where the user stands.
    pub status: PersonStatus,
    /// When the person was first known.
    pub created_at: Timestamp,
    /// When something last changed.
    pub updated_at: Timestamp,
}

/// What may be listed of a user: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The id here.
    pub id: String,
    /// The id at the tenant.
    pub external_id: Option<String>,
    /// Where the user stands.
    pub status: PersonStatus,
    /// When the person was first known.
    pub created_at: Timestamp,
    /// When something last changed.
    pub updated_at: Timestamp,
}

// === impl BirthDate ===

impl BirthDate {
    /// Reads `YYYY-MM-DD`, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == "YYYY-MM-DD".len()).then(|| text.parse().ok().map(Self))?
    }

    /// The day itself: for who compares it, or shows it to somebody who may see it.
    pub const fn reveal(self) -> Day {
        self.0
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(hidden)")
    }
}

// === impl PersonStatus ===

impl PersonStatus {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Withdrawn, Self::Erased].into_iter().find(|status| status.as_str() == text)
    }
}

// === impl Person ===

impl Person {
    /// What is known of the person, by the name of its column: for who may see it.
    pub fn fields(&self) -> [(&'static str, Option<String>); 11] {
        let text = |value: &Option<Personal>| value.as_ref().map(|value| value.reveal().to_owned());
        [
            ("id", Some(self.id.clone())),
            ("tenant", Some(self.tenant.clone())),
            ("external_id", self.external_id.clone()),
            ("status", Some(self.status.as_str().to_owned())),
            ("name", text(&self.name)),
            ("email", text(&self.email)),
            ("account", text(&self.account)),
            ("birth_date", self.birth_date.map(|day| day.reveal().to_string())),
            ("age_statement", self.age_statement.map(AgeStatement::as_str).map(str::to_owned)),
            ("created_at", Some(self.created_at.to_string())),
            ("updated_at", Some(self.updated_at.to_string())),
        ]
    }

    /// The personal values, in the order of [`PERSONAL_COLUMNS`].
    pub(super) fn personal(&self) -> [Option<Personal>; 4] {
        let birth_date = self.birth_date.and_then(|day| Personal::of(&day.reveal().to_string()));
        [self.name.clone(), self.email.clone(), self.account.clone(), birth_date]
    }
}
