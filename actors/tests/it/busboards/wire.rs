//! What Busboards sends. Only what is used; unknown fields are passed over.

use rows::Day;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `GET /v1/advertiser`: whose token it is.
#[derive(Debug, Deserialize)]
pub struct Advertiser {
    pub id: u64,
    pub name: String,
    pub currency: String,
    /// IANA.
    pub time_zone: String,
}

/// Every list. Elements are read one by one, so that a bad one does not take its page with it.
#[derive(Debug, Deserialize)]
pub struct Listing {
    pub data: Vec<Box<RawValue>>,
    pub has_more: bool,
    /// Where the page ended: goes into the next request as `after`.
    pub cursor: Option<String>,
}

/// An element of `GET /v1/campaigns`.
#[derive(Debug, Deserialize)]
pub struct Campaign {
    pub id: u64,
    pub name: Option<String>,
    /// `running`, `paused`, `ended`, and whatever comes.
    pub state: Option<String>,
    /// Decimal text in the advertiser's currency.
    pub daily_budget: Option<String>,
}

/// An element of `GET /v1/report`: a campaign on a day of the advertiser's zone. Counts of zero are left out.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub campaign_id: u64,
    pub day: Day,
    #[serde(default)]
    pub views: i64,
    /// Scans of the code on the poster.
    #[serde(default)]
    pub scans: i64,
    /// Decimal text in the advertiser's currency.
    pub cost: String,
}

/// What may be repeated of an element that cannot be read.
#[derive(Debug, Default, Deserialize)]
pub struct Named {
    pub id: Option<u64>,
    pub campaign_id: Option<u64>,
    pub day: Option<Day>,
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
