//! Who is given data of people beside the people themselves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use store::people::{Category, DATA_SUBJECT, NewDisclosure, refused_purpose};

use super::{
    document::yes,
    form,
    people::{Privacy, Tenant},
    place::KeyPath,
    review::Review,
};

/// Who is given data of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What for.
    pub purpose: String,
    /// Which kinds of data, and no other.
    pub categories: Vec<Category>,
    /// Where it keeps them.
    pub region: Option<String>,
    /// How it is told that something was corrected or erased.
    pub contact: Option<String>,
    /// Whose people; without: every tenant's.
    pub tenant: Option<String>,
    /// Whether a person must have agreed to the purpose.
    pub rests_on_consent: bool,
    /// Whether it gets data of everybody by other ways than exports.
    pub standing: bool,
}

/// Who is given data of people.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RecipientTable {
    /// What it gets data for. Nothing is sold.
    #[schemars(schema_with = "form::text")]
    pub purpose: String,
    /// Which kinds of data it gets.
    #[schemars(length(min = 1))]
    pub categories: Vec<DataCategory>,
    /// Where it keeps them, such as `eu`.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub region: Option<String>,
    /// How it is told that something was corrected or erased: an address of an office, a URL.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub contact: Option<String>,
    /// Whose people; without: every tenant's.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub tenant: Option<String>,
    /// Whether a person must have agreed to the purpose; `false` where a law demands it, or a contract with the person.
    #[serde(default = "yes")]
    pub rests_on_consent: bool,
    /// Whether it gets data of everybody by other ways than `dynamoi privacy export`: then it is to be told of every correction
    /// and erasure.
    #[serde(default)]
    pub standing: bool,
}

/// A kind of data of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataCategory {
    /// Who somebody is.
    Identity,
    /// What somebody agreed to.
    Consents,
    /// Whom bills go to.
    Billing,
    /// What somebody bought and paid.
    Payments,
}

// === impl DataCategory ===

impl From<DataCategory> for Category {
    fn from(category: DataCategory) -> Self {
        match category {
            DataCategory::Identity => Self::Identity,
            DataCategory::Consents => Self::Consents,
            DataCategory::Billing => Self::Billing,
            DataCategory::Payments => Self::Payments,
        }
    }
}

// === impl Recipient ===

impl Recipient {
    /// Whether people of this tenant's are its concern.
    pub fn is_of(&self, tenant: &str) -> bool {
        self.tenant.as_deref().is_none_or(|own| own == tenant)
    }

    /// As what it gets is recorded.
    pub fn disclosure<'a>(&'a self, name: &'a str, actor: &'a str) -> NewDisclosure<'a> {
        NewDisclosure {
            recipient: name,
            purpose: &self.purpose,
            categories: &self.categories,
            region: self.region.as_deref(),
            actor,
            rests_on_consent: self.rests_on_consent,
        }
    }
}

// === impl Privacy ===

impl Privacy {
    /// Recipients who get a tenant's data by other ways than this program.
    pub fn standing<'a>(&'a self, tenant: &str, actor: &'a str) -> Vec<NewDisclosure<'a>> {
        let standing =
            self.recipients.iter().filter(|(_, recipient)| recipient.standing && recipient.is_of(tenant));
        standing.map(|(name, recipient)| recipient.disclosure(name, actor)).collect()
    }
}

// === impl Review ===

impl Review<'_> {
    /// All recipients.
    pub fn recipients(
        &mut self,
        tables: BTreeMap<String, RecipientTable>,
        tenants: &BTreeMap<String, Tenant>,
    ) -> BTreeMap<String, Recipient> {
        let mut recipients = BTreeMap::new();
        for (name, table) in tables {
            let path = KeyPath::of(["privacy", "recipients", &name]);
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !is_name || name == DATA_SUBJECT {
                let expected = format!(
                    "letters, digits, `-`, `_` and `.`; `{DATA_SUBJECT}` is the person whose data it is"
                );
                self.mistake(&path, "name that cannot be used", &expected, &format!("{name:?}"), None);
            }
            self.refuse_sale(&path.child("purpose"), &table.purpose);
            if let Some(tenant) = table.tenant.as_ref().filter(|tenant| !tenants.contains_key(*tenant)) {
                let expected = format!("[tenants.{tenant}], whose people it is about");
                self.mistake(
                    &path.child("tenant"),
                    "a tenant that is not configured",
                    &expected,
                    "no such section",
                    None,
                );
            }
            let mut categories: Vec<Category> = table.categories.into_iter().map(Category::from).collect();
            categories.sort();
            categories.dedup();
            let RecipientTable { purpose, region, contact, tenant, rests_on_consent, standing, .. } = table;
            let recipient =
                Recipient { purpose, categories, region, contact, tenant, rests_on_consent, standing };
            recipients.insert(name, recipient);
        }
        recipients
    }

    /// Nothing of people is sold, whatever it is called.
    pub fn refuse_sale(&mut self, key: &KeyPath, purpose: &str) {
        if let Some(reason) = refused_purpose(purpose) {
            self.mistake(key, "a purpose that nothing is done for", reason, &format!("{purpose:?}"), None);
        }
    }
}
