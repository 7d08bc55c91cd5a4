//! The connection's `settings` table.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::integration::SetupError;

/// Largest page that is asked for.
const PAGE_SIZE_MAX: u32 = 500;
/// Windows that Meta no longer answers for (since 2026-01-12): asking for them would show silence as zeros.
const RETIRED_WINDOWS: [&str; 2] = ["7d_view", "28d_view"];
/// Windows that the Insights API knows, beside `skan_…`.
const WINDOWS: [&str; 7] = ["1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default", "dda"];

/// Settings of a `meta_ads` connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as configured")]
pub struct Settings {
    /// What counts as a conversion: one `action_type`, such as `offsite_conversion.custom.702345678901234`, `lead` or
    /// `omni_purchase`. Without it, conversions are unknown (NULL), not zero.
    pub conversion: Option<String>,
    /// Attribution windows in which actions are counted: `1d_click`, `7d_click`, `28d_click`, `1d_view`, `1d_ev`,
    /// `dda`, `skan_…`.
    pub attribution_windows: Vec<String>,
    /// Whether campaigns are also read by country.
    pub countries: bool,
    /// Whether ads and their daily numbers are read, beside campaigns and ad sets.
    pub ad_level: bool,
    /// Whether reach is asked for.
    pub reach: bool,
    /// Whether archived and deleted objects keep their history in the reports.
    pub include_deleted: bool,
    /// Objects or rows on one page, 1 to 500.
    pub page_size: u32,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            conversion: None,
            attribution_windows: vec!["7d_click".to_owned(), "1d_view".to_owned()],
            countries: false,
            ad_level: true,
            reach: true,
            include_deleted: true,
            page_size: 100,
        }
    }
}

impl Settings {
    /// Refuses what the schema cannot express.
    pub fn check(&self) -> Result<(), SetupError> {
        let refuse = |key: &str, problem: String| Err(SetupError::Setting { key: key.to_owned(), problem });
        if self.conversion.as_deref().is_some_and(|action_type| action_type.trim().is_empty()) {
            return refuse(
                "conversion",
                "is empty: name one action_type, such as \"lead\", or leave it out".to_owned(),
            );
        }
        for window in &self.attribution_windows {
            if RETIRED_WINDOWS.contains(&window.as_str()) {
                return refuse(
                    "attribution_windows",
                    format!(
                        "{window:?} returns nothing since 2026-01-12: take it out (\"1d_view\" is the view window left)"
                    ),
                );
            }
            if !WINDOWS.contains(&window.as_str()) && !window.starts_with("skan_") {
                return refuse(
                    "attribution_windows",
                    format!("{window:?} is not a window: expected {} or skan_…", WINDOWS.join(", ")),
                );
            }
        }
        if !(1..=PAGE_SIZE_MAX).contains(&self.page_size) {
            return refuse("page_size", format!("{} is not between 1 and {PAGE_SIZE_MAX}", self.page_size));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_window(window: &str) -> Settings {
        Settings { attribution_windows: vec![window.to_owned()], ..Settings::default() }
    }

    #[test]
    fn the_defaults_are_accepted() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn retired_and_unknown_windows_are_refused_with_their_name() {
        for window in ["7d_view", "28d_view", "2d_click"] {
            let error = with_window(window).check().unwrap_err().to_string();
            assert!(error.contains(window), "{error}");
        }
        assert_eq!(with_window("skan_view").check(), Ok(()));
    }

    #[test]
    fn pages_have_a_sensible_size() {
        for page_size in [0, 501] {
            assert!(Settings { page_size, ..Settings::default() }.check().is_err());
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"convresion":"lead"}"#).is_err());
    }
}
