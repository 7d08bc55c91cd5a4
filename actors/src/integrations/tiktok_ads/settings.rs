//! The `settings` table of a connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a connection reads and counts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What counts as a conversion.
    pub conversion: Conversion,
    /// Also read campaigns by country (`ad_country_daily`).
    pub countries: bool,
}

/// What counts as a conversion.
#[expect(clippy::enum_variant_names, reason = "the settings' own words")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// `conversion`: the events that ads are optimised for.
    #[default]
    Conversion,
    /// `result`: what each campaign's own goal counts.
    Result,
    /// Purchases on websites, in apps and in shops on TikTok, added.
    Purchases,
}

// === impl Conversion ===

impl Conversion {
    /// As in `conversion_definition`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversion => "conversion",
            Self::Result => "result",
            Self::Purchases => "purchases",
        }
    }

    /// The metrics that are added.
    pub const fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Conversion => &["conversion"],
            Self::Result => &["result"],
            Self::Purchases => &["complete_payment", "total_purchase", "onsite_shopping"],
        }
    }
}
