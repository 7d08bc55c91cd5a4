//! What Google sends, as far as it is read. Every value of a report is a text, whatever its type.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::wire::{Count, Text};

/// `RunReportResponse`. Rows and their number are left out when there are none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    #[serde(default)]
    pub dimension_headers: Vec<Header>,
    #[serde(default)]
    pub metric_headers: Vec<Header>,
    #[serde(borrow, default)]
    pub rows: Vec<&'a RawValue>,
    /// Rows of the whole report, on whatever pages.
    pub row_count: Option<Count>,
    #[serde(default)]
    pub metadata: Metadata,
}

/// What a column is.
#[derive(Debug, Deserialize)]
pub struct Header {
    pub name: String,
}

/// A row: values in the order of the headers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'a> {
    #[serde(borrow, default)]
    pub dimension_values: Vec<Value<'a>>,
    #[serde(borrow, default)]
    pub metric_values: Vec<Value<'a>>,
}

/// One of its values.
#[derive(Debug, Deserialize)]
pub struct Value<'a> {
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

/// What is to be known of a report's numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub currency_code: Option<String>,
    pub time_zone: Option<String>,
    /// Rows of few people are withheld.
    pub subject_to_thresholding: bool,
    /// Rare values are one row, `(other)`.
    pub data_loss_from_other_row: bool,
    /// There where only a part of the events was counted.
    pub sampling_metadatas: Vec<serde::de::IgnoredAny>,
    /// There where days or metrics are cut.
    pub data_truncation_reasons: Vec<serde::de::IgnoredAny>,
    pub schema_restriction_response: Restrictions,
}

/// Which metrics the user may not see: they come as zeros.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Restrictions {
    pub active_metric_restrictions: Vec<Restriction>,
}

/// One of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Restriction {
    pub metric_name: String,
}

/// What rides on a report beside its rows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Beside {
    pub metadata: Metadata,
    pub property_quota: Option<PropertyQuota>,
}

/// What the property has left. The other quotas are not ours to use up: requests at once, and requests for groups of people.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PropertyQuota {
    pub tokens_per_day: Option<QuotaStatus>,
    pub tokens_per_hour: Option<QuotaStatus>,
    pub tokens_per_project_per_hour: Option<QuotaStatus>,
    pub server_errors_per_project_per_hour: Option<QuotaStatus>,
}

/// `QuotaStatus`: what is zero is left out.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct QuotaStatus {
    #[serde(default)]
    pub remaining: Option<Count>,
}

/// `CheckCompatibilityResponse`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Compatibility {
    pub dimension_compatibilities: Vec<Compatible>,
    pub metric_compatibilities: Vec<Compatible>,
}

/// A field, and whether it goes with those that were asked about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compatible {
    #[serde(alias = "dimensionMetadata", alias = "metricMetadata")]
    pub field: Field,
    #[serde(default)]
    pub compatibility: String,
}

/// Its description.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    pub api_name: String,
}

/// A property, as the Admin API describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    pub display_name: Option<String>,
    pub time_zone: Option<String>,
    pub currency_code: Option<String>,
}

// === impl Compatibility ===

impl Compatibility {
    /// Names of the fields that do not go with the others.
    pub fn incompatible(&self) -> impl Iterator<Item = &str> {
        let all = self.dimension_compatibilities.iter().chain(&self.metric_compatibilities);
        all.filter(|field| field.compatibility == "INCOMPATIBLE").map(|field| &*field.field.api_name)
    }
}
