//! What a connection may set.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{integration::SetupError, reading::goals};

/// Goals of one connection: four stand in one report.
const GOALS_MAX: usize = 100;
/// Google's names of events have 40 letters at most.
const GOAL_LENGTH_MAX: usize = 40;
/// Ids have nine or ten digits; a few more are taken.
const PROPERTY_DIGITS_MAX: usize = 20;

/// Settings of a `google_analytics` connection.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The property's number (`"123456"`), from Admin > Property details in Google Analytics. Not the measurement id (`G-…`), which
    /// is a stream's. Required.
    pub property: String,
    /// Key events that are conversions, by name, each counted by itself: `sign_up`, `purchase`.
    pub goals: Vec<String>,
}

// === impl Settings ===

impl Settings {
    /// The property's number: digits only.
    pub fn property(&self) -> Result<String, SetupError> {
        let id = self.property.trim();
        let id = id.strip_prefix("properties/").unwrap_or(id);
        if (1..=PROPERTY_DIGITS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(id.to_owned());
        }
        Err(SetupError::setting(
            "property",
            "expected the property's number, such as \"123456\", from Admin > Property details; a measurement id (G-…) is not it",
        ))
    }

    /// The key events, each once. A name becomes part of a metric's (`keyEvents:sign_up`).
    pub fn goals(&self) -> Result<Vec<String>, SetupError> {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        let is_name =
            |goal: &str| (1..=GOAL_LENGTH_MAX).contains(&goal.chars().count()) && goal.chars().all(is_letter);
        let expected = format!(
            "names of key events, such as sign_up: letters, digits and underscores, at most {GOAL_LENGTH_MAX}"
        );
        goals::each_once(&self.goals, is_name, &expected, GOALS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(json: serde_json::Value) -> Settings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_property_is_its_number_however_it_is_written() {
        for property in ["123456", " properties/123456 "] {
            assert_eq!(settings(json!({ "property": property })).property().unwrap(), "123456");
        }
        for property in ["", "G-ABC123", "12/34", "properties/", "123456789012345678901"] {
            let error = settings(json!({ "property": property })).property().unwrap_err().to_string();
            assert!(error.contains("settings.property") && error.contains("measurement id"), "{error}");
        }
        assert!(Settings::default().property().is_err());
    }

    #[test]
    fn goals_are_names_of_events_each_once() {
        let goals = settings(json!({ "goals": ["sign_up", "kauf_abschluß", "sign_up"] })).goals().unwrap();
        assert_eq!(goals, ["kauf_abschluß", "sign_up"]);
        for goal in ["", "sign up", "a:b", "a\nb", &"a".repeat(41)] {
            assert!(settings(json!({ "goals": [goal] })).goals().is_err(), "{goal:?}");
        }
        assert!(serde_json::from_value::<Settings>(json!({ "goal": "sign_up" })).is_err());
    }
}
