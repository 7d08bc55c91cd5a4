//! The `settings` table of a connection.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::integration::SetupError;

/// What a connection counts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What counts as a conversion: fields of Spotify's reports, added. Where one of them is masked (between 1 and 4), the sum is
    /// unknown.
    pub conversion: Vec<String>,
}

/// The fields of a report that count what people have done. The others are rates, money, or people who would be counted again
/// every day.
const COUNTED: &str = "PAGE_VIEWS, LEADS, ADD_TO_CART, START_CHECKOUT, PURCHASES, PRODUCTS, SIGN_UPS, CUSTOM_EVENT_1, CUSTOM_EVENT_2, \
                       CUSTOM_EVENT_3, CUSTOM_EVENT_4, CUSTOM_EVENT_5, NEW_LISTENERS, NEW_LISTENER_STREAMS, STREAMS, CLICKS, STARTS, \
                       COMPLETES, VIDEO_VIEWS, VIDEO_EXPANDS, UNMUTES, FIRST_QUARTILES, MIDPOINTS, THIRD_QUARTILES";

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self { conversion: ["PURCHASES", "LEADS", "SIGN_UPS"].map(str::to_owned).to_vec() }
    }
}

impl Settings {
    /// The fields that count as conversions, each once.
    pub fn conversions(&self) -> Result<Vec<String>, SetupError> {
        let refuse = |problem: String| SetupError::setting("conversion", problem);
        for (place, field) in self.conversion.iter().enumerate() {
            if !COUNTED.split(", ").any(|counted| counted == field) {
                return Err(refuse(format!("expected fields that count something, of {COUNTED}")));
            }
            if self.conversion[..place].contains(field) {
                return Err(refuse(format!("{field} stands twice, and would count twice")));
            }
        }
        if self.conversion.is_empty() {
            return Err(refuse("expected at least one field, such as PURCHASES".to_owned()));
        }
        Ok(self.conversion.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversions(json: &str) -> Result<Vec<String>, SetupError> {
        serde_json::from_str::<Settings>(json).unwrap().conversions()
    }

    #[test]
    fn conversions_are_counted_fields_each_once() {
        assert_eq!(conversions("{}").unwrap(), ["PURCHASES", "LEADS", "SIGN_UPS"]);
        let artist = r#"{"conversion":["NEW_LISTENERS"]}"#;
        assert_eq!(conversions(artist).unwrap(), ["NEW_LISTENERS"]);
        for (json, word) in [
            (r#"{"conversion":[]}"#, "at least one"),
            (r#"{"conversion":["LEADS","LEADS"]}"#, "LEADS stands twice"),
            (r#"{"conversion":["REVENUE"]}"#, "PURCHASES"),
            (r#"{"conversion":["LISTENERS"]}"#, "PURCHASES"),
            (r#"{"conversion":["purchases&fields=X"]}"#, "PURCHASES"),
        ] {
            let error = conversions(json).unwrap_err().to_string();
            assert!(error.starts_with("settings.conversion: ") && error.contains(word), "{error}");
        }
        assert!(serde_json::from_str::<Settings>(r#"{"conversions":["LEADS"]}"#).is_err());
    }
}
