//! How long rows are kept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use store::retention::{Keep, ProviderTerms, Terms};

use super::{duration, form, known, place::KeyPath, review::Review, suggestion::did_you_mean};

/// How long rows are kept: whole days, or `forever`. What is older is deleted once a day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RetentionTable {
    /// Readings of streams, after their end.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub cycles: Keep,
    /// Rows that could not be read, after they were last seen.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub quarantined_rows: Keep,
    /// Workers, after their end.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub workers: Keep,
    /// Requests for days, after their end.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub backfills: Keep,
    /// Records of who was told of a person, once those who had to be told of a change were.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub disclosures: Keep,
    /// Records of erasures, after their end.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub erasures: Keep,
    /// What is left of erased users, their consents included.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub erased_users: Keep,
    /// Users who left, until they are to be erased.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub withdrawn_users: Keep,
    /// Payments, refunds, disputes, invoices and what belongs to them.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub payments: Keep,
    /// Numbers of advertising by day.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub ads: Keep,
    /// Numbers of web analytics by day.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub web_analytics: Keep,
    /// Numbers of streaming services by day.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub streaming: Keep,
    /// Numbers of smart links by day.
    #[serde(deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub smart_links: Keep,
    /// What providers' terms ask for, by integration.
    #[serde(default)]
    pub integrations: BTreeMap<String, ProviderTermsTable>,
}

/// What a provider's terms ask for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProviderTermsTable {
    /// What was read for the last time so long ago is deleted.
    #[serde(default = "forever", deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub unread: Keep,
    /// Everything of a connection that went from the configuration so long ago is deleted.
    #[serde(default = "forever", deserialize_with = "deserialize")]
    #[schemars(schema_with = "form::keep")]
    pub removed: Keep,
}

const fn forever() -> Keep {
    Keep::Forever
}

/// Reads `30d` or `forever`; nothing when the text is neither, or not whole days.
pub fn parse(text: &str) -> Option<Keep> {
    if text == "forever" {
        return Some(Keep::Forever);
    }
    let seconds = duration::parse(text)?;
    let is_whole = seconds.subsec_nanos() == 0 && seconds.as_secs() % DAY == 0;
    let days = u32::try_from(seconds.as_secs() / DAY).ok().filter(|days| (1..=DAYS_MAX).contains(days))?;
    is_whole.then_some(Keep::Days(days))
}

const DAY: u64 = 86_400;
/// A century. Whoever wants more wants `forever`.
const DAYS_MAX: u32 = 36_500;

fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Keep, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("neither days nor forever"))
}

// === impl Review ===

impl Review<'_> {
    /// The retention section.
    pub fn retention(&mut self) -> Option<Terms> {
        let section = KeyPath::of(["retention"]);
        let table: RetentionTable = self.read(&section)?;
        let mut integrations = BTreeMap::new();
        for (id, ProviderTermsTable { unread, removed }) in table.integrations {
            if !known::INTEGRATIONS.contains(&&*id) {
                let help = did_you_mean(&id, known::INTEGRATIONS.iter().copied());
                let key = section.child("integrations").child(&id);
                let found = super::validation::shown_text(&id);
                self.mistake(&key, "unknown integration", "the id of an integration", &found, help);
            }
            integrations.insert(id, ProviderTerms { unread, removed });
        }
        Some(Terms {
            cycles: table.cycles,
            quarantined_rows: table.quarantined_rows,
            workers: table.workers,
            backfills: table.backfills,
            disclosures: table.disclosures,
            erasures: table.erasures,
            erased_users: table.erased_users,
            withdrawn_users: table.withdrawn_users,
            payments: table.payments,
            ads: table.ads,
            web_analytics: table.web_analytics,
            streaming: table.streaming,
            smart_links: table.smart_links,
            integrations,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_days_are_kept() {
        assert_eq!(parse("forever"), Some(Keep::Forever));
        for (text, days) in [("30d", 30), ("2w", 14), ("48h", 2), ("1d24h", 2), ("36500d", 36_500)] {
            assert_eq!(parse(text), Some(Keep::Days(days)), "{text}");
        }
        for text in ["", "0d", "25h", "90m", "1d1ms", "36501d", "never", "Forever", "30"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
