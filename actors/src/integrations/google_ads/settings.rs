//! The `settings` table of a connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::integration::SetupError;

/// What a connection reads and counts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The manager account through which customers are reached, with or without dashes. Without it, each is reached through
    /// the account of the credentials' list under which it was found.
    pub login_customer_id: Option<Id>,
    /// What counts as a conversion: actions that bids are optimised for, or all of them.
    pub conversions: Conversions,
    /// Also read numbers by country (`ad_country_daily`): where people were, not what they looked for.
    pub countries: bool,
}

/// An id: text or a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Id {
    /// `"123-456-7890"`
    Text(String),
    /// `1234567890`
    Number(u64),
}

/// Which conversions are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conversions {
    /// `metrics.conversions`: those of the actions that bids are optimised for.
    #[default]
    Conversions,
    /// `metrics.all_conversions`.
    AllConversions,
}

// === impl Settings ===

impl Settings {
    /// The manager's id, digits only.
    pub fn login(&self) -> Result<Option<String>, SetupError> {
        let Some(id) = &self.login_customer_id else { return Ok(None) };
        let id = match id {
            Id::Text(text) => undashed(text.trim()),
            Id::Number(number) => number.to_string(),
        };
        if is_customer_id(&id) {
            return Ok(Some(id));
        }
        Err(SetupError::Setting {
            key: "login_customer_id".to_owned(),
            problem: "expected the manager's customer id: 10 digits, such as 123-456-7890".to_owned(),
        })
    }
}

// === impl Conversions ===

impl Conversions {
    /// As in `conversion_definition` and in the names of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversions => "conversions",
            Self::AllConversions => "all_conversions",
        }
    }
}

/// `123-456-7890` is 1234567890.
pub fn undashed(id: &str) -> String {
    id.replace('-', "")
}

/// An id becomes part of a path and a header: nothing but digits does.
pub fn is_customer_id(id: &str) -> bool {
    /// Ids have ten digits; a few more are taken.
    const DIGITS_MAX: usize = 20;
    (1..=DIGITS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(json: &str) -> Result<Option<String>, SetupError> {
        serde_json::from_str::<Settings>(json).unwrap().login()
    }

    #[test]
    fn a_manager_is_named_with_dashes_or_without_as_text_or_as_a_number() {
        for json in [
            r#"{"login_customer_id":"123-456-7890"}"#,
            r#"{"login_customer_id":" 1234567890 "}"#,
            r#"{"login_customer_id":1234567890}"#,
        ] {
            assert_eq!(login(json).unwrap().as_deref(), Some("1234567890"), "{json}");
        }
        assert_eq!(login("{}"), Ok(None));
        for id in ["", "customers/1", "123 456", "1234567890123456789012"] {
            let error = login(&format!(r#"{{"login_customer_id":"{id}"}}"#)).unwrap_err().to_string();
            assert!(error.contains("settings.login_customer_id") && error.contains("10 digits"), "{error}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"conversions":"some"}"#).is_err());
        assert!(serde_json::from_str::<Settings>(r#"{"colour":"blue"}"#).is_err());
        let all: Settings = serde_json::from_str(r#"{"conversions":"all_conversions"}"#).unwrap();
        assert_eq!(all.conversions.as_str(), "all_conversions");
    }
}
