//! What Google sends, as far as it is read. Every value of a report is a text, whatever its type.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    table::{Column, Columns},
    wire::{Count, Text},
};

/// `RunReportResponse`. Rows and their number are left out when there are none.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Report<'a> {
    pub dimension_headers: Columns,
    pub metric_headers: Columns,
    #[serde(borrow)]
    pub rows: Vec<&'a RawValue>,
    /// Rows of the whole report, on whatever pages.
    pub row_count: Option<Count>,
    pub metadata: Metadata,
    #[serde(borrow)]
    pub property_quota: Option<&'a RawValue>,
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

/// What is to be known of a report's numbers; in the same words, a property as the Admin API describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Of a property.
    pub display_name: Option<String>,
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
    active_metric_restrictions: Columns,
}

/// What the property has left, by the names of its pools.
pub type PropertyQuota = BTreeMap<String, QuotaStatus>;

/// `QuotaStatus`: what is zero is left out.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct QuotaStatus {
    pub remaining: Option<Count>,
}

/// `CheckCompatibilityResponse`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Compatibility {
    dimension_compatibilities: Vec<Compatible>,
    metric_compatibilities: Vec<Compatible>,
}

/// A field, and whether it goes with those that were asked about.
#[derive(Debug, Deserialize)]
struct Compatible {
    #[serde(alias = "dimensionMetadata", alias = "metricMetadata")]
    field: Column,
    compatibility: Option<String>,
}

// === impl Metadata ===

impl Metadata {
    /// Whether the user may not see this metric.
    pub fn is_blocked(&self, metric: &str) -> bool {
        self.schema_restriction_response.active_metric_restrictions.has(metric)
    }
}

// === impl Compatibility ===

impl Compatibility {
    /// Whether a field does not go with the others.
    pub fn is_incompatible(&self, name: &str) -> bool {
        let mut all = self.dimension_compatibilities.iter().chain(&self.metric_compatibilities);
        all.any(|of| of.compatibility.as_deref() == Some("INCOMPATIBLE") && of.field.name == name)
    }
}
