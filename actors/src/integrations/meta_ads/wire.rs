//! What Meta sends: only the fields that are read. Unknown fields are ignored; enumerations are text.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::reading::{
    elements,
    wire::{Asked, Id, Text},
};

/// A page of an edge: `{"data": […], "paging": {…}}`.
#[derive(Debug, Deserialize)]
pub struct Listing<T> {
    /// Objects or rows.
    pub data: Vec<T>,
    /// Where the page ends.
    pub paging: Option<Paging>,
}

/// Where a page ends.
#[derive(Debug, Deserialize)]
pub struct Paging {
    /// Opaque positions; `after` is there on the last page, too.
    pub cursors: Option<Cursors>,
    /// Address of the next page. Present = there is one. It may carry the token, so its text is not even kept.
    #[serde(default, deserialize_with = "is_present")]
    pub next: bool,
}

/// Opaque, short-lived positions.
#[derive(Debug, Deserialize)]
pub struct Cursors {
    /// After the page's last element.
    pub after: Option<String>,
}

/// `AdAccount`.
#[derive(Debug, Deserialize)]
pub struct AdAccount {
    /// Without `act_`.
    pub account_id: Id,
    pub name: Option<String>,
    /// 1 = ACTIVE, 2 = DISABLED …
    pub account_status: Option<Id>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA.
    pub timezone_name: Option<String>,
}

/// `Campaign`.
#[derive(Debug, Deserialize)]
pub struct Campaign<'a> {
    pub id: Id,
    pub name: Option<String>,
    pub objective: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    /// Minor units.
    #[serde(borrow)]
    pub daily_budget: Option<Text<'a>>,
    /// Minor units.
    #[serde(borrow)]
    pub lifetime_budget: Option<Text<'a>>,
    pub start_time: Option<String>,
    pub stop_time: Option<String>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `AdSet`.
#[derive(Debug, Deserialize)]
pub struct AdSet<'a> {
    pub id: Id,
    pub campaign_id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    pub optimization_goal: Option<String>,
    pub billing_event: Option<String>,
    /// Minor units.
    #[serde(borrow)]
    pub daily_budget: Option<Text<'a>>,
    /// Minor units.
    #[serde(borrow)]
    pub lifetime_budget: Option<Text<'a>>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `Ad`.
#[derive(Debug, Deserialize)]
pub struct Ad {
    pub id: Id,
    pub campaign_id: Id,
    pub adset_id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    pub effective_status: Option<String>,
    pub creative: Option<Creative>,
    pub created_time: Option<String>,
    pub updated_time: Option<String>,
}

/// `creative{id}`.
#[derive(Debug, Deserialize)]
pub struct Creative {
    pub id: Id,
}

/// A row of `/insights`.
#[derive(Debug, Deserialize)]
pub struct Insights<'a> {
    #[serde(borrow)]
    pub account_currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub campaign_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub adset_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub ad_id: Option<Text<'a>>,
    /// In the account's zone. With `time_increment=1`, the same as `date_stop`.
    #[serde(borrow)]
    pub date_start: Option<Text<'a>>,
    #[serde(borrow)]
    pub date_stop: Option<Text<'a>>,
    #[serde(default, borrow)]
    pub impressions: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub reach: Asked<Text<'a>>,
    /// Major units, unlike budgets.
    #[serde(default, borrow)]
    pub spend: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub clicks: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub inline_link_clicks: Asked<Text<'a>>,
    #[serde(default, borrow)]
    pub actions: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub action_values: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub conversions: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub conversion_values: Asked<Vec<ActionStats<'a>>>,
    #[serde(default, borrow)]
    pub video_p100_watched_actions: Asked<Vec<ActionStats<'a>>>,
    /// With `breakdowns=country`.
    #[serde(borrow)]
    pub country: Option<Text<'a>>,
}

/// `AdsActionStats`: one key per attribution window stands beside `value`, which is their total.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct ActionStats<'a> {
    #[serde(borrow)]
    pub action_type: Text<'a>,
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

/// One id, for lists of ids.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "as Meta names them")]
pub struct ObjectId {
    pub campaign_id: Option<Id>,
    pub adset_id: Option<Id>,
    pub ad_id: Option<Id>,
}

/// What a report request answers.
#[derive(Debug, Deserialize)]
pub struct ReportStarted {
    pub report_run_id: Id,
}

/// `AdReportRun`.
#[derive(Debug, Deserialize)]
pub struct ReportRun {
    /// `Job Not Started`, `Job Started`, `Job Running`, `Job Completed`, `Job Failed`, `Job Skipped`.
    pub async_status: Option<String>,
    /// 0 to 100.
    pub async_percent_completion: Option<u64>,
    pub error_code: Option<i64>,
    pub error_subcode: Option<i64>,
    pub error_message: Option<String>,
}

/// An answer that may be an error.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    pub error: Option<GraphError>,
}

/// The error of the Graph API.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GraphError {
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub code: i64,
    pub error_subcode: Option<i64>,
    #[serde(default)]
    pub is_transient: Option<bool>,
    pub fbtrace_id: Option<String>,
}

fn is_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(deserializer)?.is_some())
}

// === impl Listing ===

impl<'a, T: Deserialize<'a>> elements::Listing<'a> for Listing<T> {
    type Element = T;
    type Unread = Listing<&'a RawValue>;
    type Tail = Option<Paging>;

    fn into_parts(self) -> (Vec<T>, Self::Tail) {
        (self.data, self.paging)
    }
}
