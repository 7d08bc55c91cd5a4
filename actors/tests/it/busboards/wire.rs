//! What Busboards sends. Only what is used; unknown fields are passed over.

use actors::reading::{
    elements::Listing,
    wire::{Asked, Count, Exact, NumericId},
};
use rows::Day;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `GET /v1/advertiser`: whose token it is.
#[derive(Debug, Deserialize)]
pub struct Advertiser {
    pub id: NumericId,
    pub name: String,
    pub currency: String,
    /// IANA.
    pub time_zone: String,
}

/// Every list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub has_more: bool,
    /// Where the page ended: goes into the next request as `after`.
    pub cursor: Option<String>,
}

/// What a page says beside its elements.
pub struct Paging {
    pub has_more: bool,
    pub cursor: Option<String>,
}

impl<'a, T: Deserialize<'a>> Listing<'a> for Page<T> {
    type Element = T;
    type Unread = Page<&'a RawValue>;
    type Tail = Paging;

    fn into_parts(self) -> (Vec<T>, Paging) {
        let Self { data, has_more, cursor } = self;
        (data, Paging { has_more, cursor })
    }
}

/// An element of `GET /v1/campaigns`.
#[derive(Debug, Deserialize)]
pub struct Campaign {
    pub id: NumericId,
    pub name: Option<String>,
    /// `running`, `paused`, `ended`, and whatever comes.
    pub state: Option<String>,
    /// Decimal text in the advertiser's currency.
    pub daily_budget: Option<Exact>,
}

/// An element of `GET /v1/report`: a campaign on a day of the advertiser's zone. Counts of zero are left out.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub campaign_id: NumericId,
    pub day: Day,
    #[serde(default)]
    pub views: Asked<Count>,
    /// Scans of the code on the poster.
    #[serde(default)]
    pub scans: Asked<Count>,
    /// Decimal text in the advertiser's currency.
    pub cost: Exact,
}

/// The body of errors. Its message is for people, may quote the request, and is not read.
#[derive(Debug, Default, Deserialize)]
pub struct ErrorBody {
    #[serde(default)]
    pub error: ApiError,
}

#[derive(Debug, Default, Deserialize)]
pub struct ApiError {
    #[serde(default)]
    pub code: String,
    /// With `forbidden`: what to grant.
    pub permission: Option<String>,
}
