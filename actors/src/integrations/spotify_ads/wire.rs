//! What Spotify Ads sends: only the fields that are used. Statuses, goals and kinds are open sets of words.
#![expect(clippy::struct_field_names, reason = "fields are called as Spotify calls them")]

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Listing,
    wire::{Count, Exact, Id, Identified, not_empty},
};

/// Every list: of businesses, accounts, campaigns, ad sets and ads, and the rows of a report.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T> {
    #[serde(
        alias = "businesses",
        alias = "ad_accounts",
        alias = "campaigns",
        alias = "ad_sets",
        alias = "ads",
        alias = "rows"
    )]
    elements: Vec<T>,
    /// Of lists of objects.
    paging: Option<Paging>,
    /// Of reports: null, empty or left out on the last page.
    continuation_token: Option<String>,
}

/// How many objects there are.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Paging {
    total_results: Count,
}

/// What a list says beside its elements.
#[derive(Debug)]
pub struct Tail {
    /// How many objects there are, on whatever pages.
    pub total: Option<u64>,
    /// Where a report goes on.
    pub continuation_token: Option<String>,
}

/// An ad account. It has no time zone: its days are UTC.
#[derive(Debug, Deserialize)]
pub struct AdAccount {
    pub id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    /// ISO 4217.
    pub currency_code: Option<String>,
}

/// A campaign. Budgets stand on ad sets.
#[derive(Debug, Deserialize)]
pub struct Campaign {
    pub id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    pub objective: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

/// An ad set.
#[derive(Debug, Deserialize)]
pub struct AdSet {
    pub id: Id,
    pub campaign_id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    pub delivery_goal: Option<String>,
    pub cost_model: Option<String>,
    pub budget: Option<Budget>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

/// An ad set's budget.
#[derive(Debug, Default, Deserialize)]
pub struct Budget {
    /// In micros.
    pub micro_amount: Option<Count>,
    /// `DAILY` or `LIFETIME`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// An ad. Of what is above it, it names the ad set.
#[derive(Debug, Deserialize)]
pub struct Ad {
    pub id: Id,
    pub ad_set_id: Id,
    pub name: Option<String>,
    pub status: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
}

/// A row of an aggregate report: an entity on one day.
#[derive(Debug, Deserialize)]
pub struct ReportRow {
    /// `CAMPAIGN` or `AD`.
    pub entity_type: String,
    pub entity_id: Id,
    /// Of an ad: its ad set.
    pub parent_entity: Option<Identified>,
    /// The day's first instant, UTC.
    pub start_time: String,
    /// The next day's.
    pub end_time: Option<String>,
    pub stats: Vec<Stat>,
}

/// A field of a report.
#[derive(Debug, Deserialize)]
pub struct Stat {
    pub field_type: String,
    /// Money in whole units. A count may be written `15234.0`, or `1.5234E7`; what is below 0 is masked.
    pub field_value: Option<Exact>,
}

/// One of an error's codes.
#[derive(Debug, Deserialize)]
pub struct ErrorCode {
    pub code: String,
}

// === impl List ===

impl<'a, T: Deserialize<'a>> Listing<'a> for List<T> {
    type Element = T;
    type Unread = List<&'a RawValue>;
    type Tail = Tail;

    fn into_parts(self) -> (Vec<T>, Tail) {
        let total = self.paging.map(|paging| paging.total_results.0.unsigned_abs());
        (self.elements, Tail { total, continuation_token: not_empty(self.continuation_token) })
    }
}
