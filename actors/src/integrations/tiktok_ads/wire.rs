//! What TikTok sends: only the fields that are used. A number comes as text, as JSON number, as `null` or as `-`; the last two,
//! and what is left out, are unknown.
#![expect(clippy::struct_field_names, reason = "fields are called as TikTok calls them")]

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Listing,
    wire::{Count, Dashed, Exact, NumericId, Whole},
};

/// Every answer, errors too.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    /// 0 is good.
    pub code: Whole,
    /// What TikTok's support asks for.
    pub request_id: Option<String>,
}

/// An answer with a list.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Answer<T> {
    code: Whole,
    data: Data<T>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Data<T> {
    list: Vec<T>,
    page_info: Option<PageInfo>,
}

/// What an answer says beside its list.
#[derive(Debug)]
pub struct Tail {
    /// 0, or another one that is good.
    pub code: i64,
    /// None where a list has no pages.
    pub page_info: Option<PageInfo>,
}

/// Where a page stands.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PageInfo {
    /// Elements of all pages.
    pub total_number: Count,
    /// Pages.
    pub total_page: Count,
}

/// `oauth2/access_token/`
#[derive(Deserialize)]
pub struct Authorised {
    pub data: Token,
}

/// A long-term token.
#[derive(Deserialize)]
pub struct Token {
    pub access_token: SecretString,
}

/// `oauth2/advertiser/get/`
#[derive(Debug, Deserialize)]
pub struct Listed {
    pub advertiser_id: NumericId,
}

/// `advertiser/info/`
#[derive(Debug, Deserialize)]
pub struct Advertiser {
    pub advertiser_id: NumericId,
    pub name: Option<String>,
    pub status: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA, `Etc/GMT+8` (eight hours behind UTC) among them.
    pub timezone: Option<String>,
}

/// `campaign/get/`
#[derive(Debug, Deserialize)]
pub struct Campaign {
    pub campaign_id: NumericId,
    pub campaign_name: Option<String>,
    pub objective_type: Option<String>,
    #[serde(default)]
    pub budget: Dashed<Exact>,
    pub budget_mode: Option<String>,
    pub operation_status: Option<String>,
    pub secondary_status: Option<String>,
}

/// `adgroup/get/`
#[derive(Debug, Deserialize)]
pub struct AdGroup {
    pub campaign_id: NumericId,
    pub adgroup_id: NumericId,
    pub adgroup_name: Option<String>,
    pub optimization_goal: Option<String>,
    pub billing_event: Option<String>,
    #[serde(default)]
    pub budget: Dashed<Exact>,
    pub budget_mode: Option<String>,
    pub operation_status: Option<String>,
    pub secondary_status: Option<String>,
}

/// `ad/get/`
#[derive(Debug, Deserialize)]
pub struct Ad {
    pub campaign_id: NumericId,
    pub adgroup_id: NumericId,
    pub ad_id: NumericId,
    pub ad_name: Option<String>,
    /// The post that a Spark Ad shows.
    #[serde(default)]
    pub tiktok_item_id: Dashed<NumericId>,
    pub video_id: Option<String>,
    pub operation_status: Option<String>,
    pub secondary_status: Option<String>,
}

/// A row of a report.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub dimensions: Dimensions,
    pub metrics: Metrics,
}

/// What a row is about: those that were asked for.
#[derive(Debug, Clone, Deserialize, Hash)]
pub struct Dimensions {
    pub campaign_id: Option<NumericId>,
    pub ad_id: Option<NumericId>,
    /// `2026-11-21 00:00:00`
    pub stat_time_day: Option<String>,
    /// `None` and nothing: not known.
    pub country_code: Option<String>,
}

/// What a row says: what was asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metrics {
    pub campaign_id: Option<NumericId>,
    pub adgroup_id: Option<NumericId>,
    pub spend: Dashed<Exact>,
    pub impressions: Dashed<Count>,
    pub clicks: Dashed<Count>,
    pub reach: Dashed<Count>,
    pub video_watched_2s: Dashed<Count>,
    pub video_views_p100: Dashed<Count>,
    pub likes: Dashed<Count>,
    pub comments: Dashed<Count>,
    pub shares: Dashed<Count>,
    pub follows: Dashed<Count>,
    pub conversion: Dashed<Exact>,
    pub result: Dashed<Exact>,
    pub complete_payment: Dashed<Exact>,
    pub total_purchase: Dashed<Exact>,
    pub onsite_shopping: Dashed<Exact>,
    /// A value, whatever its name says.
    pub total_complete_payment_rate: Dashed<Exact>,
    pub total_purchase_value: Dashed<Exact>,
    pub total_onsite_shopping_value: Dashed<Exact>,
}

// === impl Answer ===

impl<'a, T: Deserialize<'a>> Listing<'a> for Answer<T> {
    type Element = T;
    type Unread = Answer<&'a RawValue>;
    type Tail = Tail;

    fn into_parts(self) -> (Vec<T>, Tail) {
        (self.data.list, Tail { code: self.code.0, page_info: self.data.page_info })
    }
}
