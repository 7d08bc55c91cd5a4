//! Users in answers. What tells of a person stands in [`UserAnswer`] alone.

use jiff::Timestamp;
use rows::personal::Personal;
use schemars::JsonSchema;
use serde::Serialize;
use store::people::{AgeStatement, Consent, Listed, Person};

use super::super::schema;

/// A tenant's users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Users {
    /// Whose.
    tenant: String,
    /// In the order in which they were first known.
    users: Vec<ListedUser>,
}

/// A user without anything personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct ListedUser {
    /// The id here.
    id: String,
    /// The id at the tenant.
    external_id: Option<String>,
    /// `active`, `withdrawn` or `erased`.
    status: &'static str,
    /// When the person was first known.
    #[schemars(schema_with = "schema::instant")]
    created_at: Timestamp,
    /// When something last changed.
    #[schemars(schema_with = "schema::instant")]
    updated_at: Timestamp,
}

/// A user, opened.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserAnswer {
    /// The id here.
    id: String,
    /// Whose.
    tenant: String,
    /// The id at the tenant.
    external_id: Option<String>,
    /// `active`, `withdrawn` or `erased`.
    status: &'static str,
    /// Name.
    name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// An account that the person named.
    account: Option<String>,
    /// `YYYY-MM-DD`.
    birth_date: Option<String>,
    /// What the person said of their age.
    age_statement: Option<&'static str>,
    /// When the person was first known.
    #[schemars(schema_with = "schema::instant")]
    created_at: Timestamp,
    /// When something last changed.
    #[schemars(schema_with = "schema::instant")]
    updated_at: Timestamp,
}

/// A user that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Added {
    /// The id here.
    pub id: String,
}

/// Where a user stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Standing {
    /// The id here.
    id: String,
    /// `active`, `withdrawn` or `erased`.
    status: &'static str,
}

/// A word was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Noted {
    /// By which version of the policy.
    pub policy_version: String,
}

/// All that a user ever said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Consents {
    /// The latest word about a purpose holds.
    consents: Vec<ConsentAnswer>,
}

/// A word about a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Consent")]
struct ConsentAnswer {
    /// By which version of the policy.
    policy_version: String,
    /// To what.
    purpose: String,
    /// Agreed, or taken back.
    granted: bool,
    /// When.
    #[schemars(schema_with = "schema::instant")]
    given_at: Timestamp,
    /// Where it was said.
    source: String,
}

// === impl Users ===

impl Users {
    /// Of this tenant.
    pub fn new(tenant: &str, users: Vec<Listed>) -> Self {
        let listed = |user: Listed| ListedUser {
            id: user.id,
            external_id: user.external_id,
            status: user.status.as_str(),
            created_at: user.created_at,
            updated_at: user.updated_at,
        };
        Self { tenant: tenant.to_owned(), users: users.into_iter().map(listed).collect() }
    }
}

// === impl UserAnswer ===

impl From<Person> for UserAnswer {
    fn from(person: Person) -> Self {
        let text = |value: Option<Personal>| value.map(|value| value.reveal().to_owned());
        Self {
            id: person.id,
            tenant: person.tenant,
            external_id: person.external_id,
            status: person.status.as_str(),
            name: text(person.name),
            email: text(person.email),
            account: text(person.account),
            birth_date: person.birth_date.map(|day| day.reveal().to_string()),
            age_statement: person.age_statement.map(AgeStatement::as_str),
            created_at: person.created_at,
            updated_at: person.updated_at,
        }
    }
}

// === impl Standing ===

impl Standing {
    /// Of this user.
    pub fn of(person: Person) -> Self {
        Self { id: person.id, status: person.status.as_str() }
    }
}

// === impl Consents ===

impl Consents {
    /// As stored.
    pub fn new(consents: Vec<Consent>) -> Self {
        let answer = |one: Consent| ConsentAnswer {
            policy_version: one.version,
            purpose: one.purpose,
            granted: one.granted,
            given_at: one.given_at,
            source: one.source,
        };
        Self { consents: consents.into_iter().map(answer).collect() }
    }
}
