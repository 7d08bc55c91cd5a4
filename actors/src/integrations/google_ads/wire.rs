//! What Google Ads sends: only the fields that are asked for. Enumerations are text; whole numbers come as text, fractions
//! as numbers. Proto3 leaves out what is zero, empty or false, and `null` means the same.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Listing,
    wire::{Count, Exact, NumericId, Whole},
};

/// An answer of `googleAds:search`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Answer<T> {
    /// Rows. Left out when there are none.
    results: Option<Vec<T>>,
    /// Another page follows.
    next_page_token: Option<String>,
    /// Rows of all pages.
    total_results_count: Option<Count>,
}

/// What an answer says beside its rows: the token of the next page, and how many rows all pages have.
pub type Tail = (Option<String>, Option<Count>);

/// `customers:listAccessibleCustomers`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accessible {
    /// `customers/1234567890`.
    #[serde(default)]
    pub resource_names: Vec<serde_json::Value>,
}

/// A row: each query fills some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Row {
    pub customer: Option<Customer>,
    pub customer_client: Option<Customer>,
    pub campaign: Option<Campaign>,
    pub campaign_budget: Option<CampaignBudget>,
    pub ad_group: Option<Described>,
    pub ad_group_ad: Option<AdGroupAd>,
    pub geographic_view: Option<GeographicView>,
    pub segments: Option<Segments>,
    pub metrics: Option<Metrics>,
}

/// `customer` and `customer_client`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Customer {
    pub id: Option<NumericId>,
    pub descriptive_name: Option<String>,
    /// ISO 4217.
    pub currency_code: Option<String>,
    /// IANA.
    pub time_zone: Option<String>,
    pub manager: Option<bool>,
    pub status: Option<String>,
}

/// `campaign`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Campaign {
    pub id: Option<NumericId>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub primary_status: Option<String>,
    pub advertising_channel_type: Option<String>,
    /// `2026-10-01 00:00:00`, in the customer's zone.
    pub start_date_time: Option<String>,
    /// 2037-12-30 where there is no end.
    pub end_date_time: Option<String>,
}

/// `campaign_budget`, in micros of the customer's currency.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CampaignBudget {
    /// A day.
    pub amount_micros: Option<Count>,
    /// For the whole life of the campaign (`CUSTOM_PERIOD`).
    pub total_amount_micros: Option<Count>,
}

/// `ad_group`, and the `ad` of an `ad_group_ad`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Described {
    pub id: Option<NumericId>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub primary_status: Option<String>,
}

/// `ad_group_ad`: an ad in an ad group, where it has a status of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdGroupAd {
    pub ad: Option<Described>,
    pub status: Option<String>,
    pub primary_status: Option<String>,
}

/// `geographic_view`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GeographicView {
    pub country_criterion_id: Option<Whole>,
}

/// `segments`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Segments {
    /// In the customer's zone.
    pub date: Option<String>,
}

/// `metrics`. Of the two kinds of conversions, one is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metrics {
    pub impressions: Option<Count>,
    pub clicks: Option<Count>,
    pub interactions: Option<Count>,
    pub engagements: Option<Count>,
    /// Credits can outweigh a day's cost.
    pub cost_micros: Option<Whole>,
    pub conversions: Option<Exact>,
    pub conversions_value: Option<Exact>,
    pub all_conversions: Option<Exact>,
    pub all_conversions_value: Option<Exact>,
    pub video_trueview_views: Option<Count>,
}

/// An error, whatever its status.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    #[serde(borrow)]
    pub error: ApiError<'a>,
}

/// `google.rpc.Status`.
#[derive(Debug, Deserialize)]
pub struct ApiError<'a> {
    /// Of several types, each to be read on its own.
    #[serde(borrow, default)]
    pub details: Vec<&'a RawValue>,
}

/// One of an error's details: a `GoogleAdsFailure`, or a `google.rpc.RetryInfo`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    #[serde(default)]
    pub errors: Vec<GoogleAdsError>,
    /// `30s`.
    pub retry_delay: Option<String>,
}

/// `GoogleAdsError`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoogleAdsError {
    /// One key, the family: `{"queryError": "UNRECOGNIZED_FIELD"}`.
    #[serde(default)]
    pub error_code: BTreeMap<String, String>,
    pub details: Option<ErrorDetails>,
}

/// `ErrorDetails`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    pub quota_error_details: Option<QuotaErrorDetails>,
}

/// `QuotaErrorDetails`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaErrorDetails {
    /// `ACCOUNT` or `DEVELOPER`.
    pub rate_scope: Option<String>,
    /// `30s`.
    pub retry_delay: Option<String>,
}

// === impl Answer ===

impl<'a, T: Deserialize<'a>> Listing<'a> for Answer<T> {
    type Element = T;
    type Unread = Answer<&'a RawValue>;
    type Tail = Tail;

    fn into_parts(self) -> (Vec<T>, Tail) {
        (self.results.unwrap_or_default(), (self.next_page_token, self.total_results_count))
    }
}
