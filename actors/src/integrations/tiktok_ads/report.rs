//! What is asked for: objects, and numbers by day.

use rows::{DayRange, ads::AdLevel};
use serde_json::json;

use super::settings::Conversion;
use crate::session::Call;

/// What every report has. All are valid at every level and by country.
const METRICS: [&str; 13] = [
    "spend",
    "impressions",
    "clicks",
    "reach",
    "video_watched_2s",
    "video_views_p100",
    "likes",
    "comments",
    "shares",
    "follows",
    "total_complete_payment_rate",
    "total_purchase_value",
    "total_onsite_shopping_value",
];

/// Objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// Campaigns of auction and reservation.
    Campaign,
    /// Their ad groups.
    AdGroup,
    /// The ads in these.
    Ad,
}

/// Numbers by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// By campaign: the truth.
    Campaigns,
    /// By ad: detail.
    Ads,
    /// By campaign and country.
    Countries,
}

// === impl Object ===

impl Object {
    /// The first part of its path, and what it is called for quota and labels.
    pub const fn path(self) -> (&'static str, &'static str) {
        match self {
            Self::Campaign => ("campaign", "campaign.get"),
            Self::AdGroup => ("adgroup", "adgroup.get"),
            Self::Ad => ("ad", "ad.get"),
        }
    }

    /// The filters of its lists, which together have all that there is, deleted ones too. `RESERVATION_TOP_VIEW` is
    /// refused beside another buying type.
    pub fn filters(self) -> Vec<serde_json::Value> {
        match self {
            Self::Campaign => {
                let of = |types: &[&str]| json!({ "secondary_status": "CAMPAIGN_STATUS_ALL", "buying_types": types });
                vec![of(&["AUCTION", "RESERVATION_RF"]), of(&["RESERVATION_TOP_VIEW"])]
            }
            Self::AdGroup => vec![json!({ "secondary_status": "ADGROUP_STATUS_ALL" })],
            Self::Ad => vec![json!({ "secondary_status": "AD_STATUS_ALL" })],
        }
    }
}

// === impl Report ===

impl Report {
    /// The level of its rows in `ad_performance_daily`.
    pub const fn level(self) -> Option<AdLevel> {
        match self {
            Self::Campaigns => Some(AdLevel::Campaign),
            Self::Ads => Some(AdLevel::Ad),
            Self::Countries => None,
        }
    }

    /// Adds what asks for these days of the advertiser. Lists are JSON within a parameter.
    pub fn ask(self, call: Call, advertiser: &str, days: DayRange, conversion: Conversion) -> Call {
        let (level, status, dimensions): (_, _, &[&str]) = match self {
            Self::Campaigns => ("AUCTION_CAMPAIGN", "campaign_status", &["campaign_id", "stat_time_day"]),
            Self::Ads => ("AUCTION_AD", "ad_status", &["ad_id", "stat_time_day"]),
            Self::Countries => {
                ("AUCTION_CAMPAIGN", "campaign_status", &["campaign_id", "stat_time_day", "country_code"])
            }
        };
        let mut metrics = METRICS.to_vec();
        metrics.extend(conversion.metrics());
        if self == Self::Ads {
            // As dimensions they are refused.
            metrics.extend(["campaign_id", "adgroup_id"]);
        }
        // What is deleted has spent, too. The status is the report's own level's.
        let filtering =
            json!([{ "field_name": status, "filter_type": "IN", "filter_value": "[\"STATUS_ALL\"]" }]);
        call.query("advertiser_id", advertiser)
            .query("report_type", "BASIC")
            .query("service_type", "AUCTION")
            .query("data_level", level)
            .query("dimensions", json!(dimensions).to_string())
            .query("metrics", json!(metrics).to_string())
            .query("start_date", days.first.to_string())
            .query("end_date", days.last.to_string())
            .query("filtering", filtering.to_string())
    }
}
