//! Rows of ad networks. `None` is "the source does not say"; 0 is "the source says zero". Status texts are kept as
//! the network writes them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros, RawSpend},
    row::TableRow,
};

/// The status of an object that its network no longer returns.
pub const REMOVED: &str = "removed";

/// An advertising account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdAccount {
    /// The network's id, without decoration such as `act_`.
    pub account_id: String,
    /// Its name.
    pub name: Option<String>,
    /// The network's word for its state.
    pub status: Option<String>,
    /// Currency of every amount below this account.
    pub currency: Option<Currency>,
    /// IANA name of the zone in which its days are counted.
    pub time_zone: Option<String>,
}

/// A campaign as its network describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdCampaign {
    /// Account.
    pub account_id: String,
    /// Campaign.
    pub campaign_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// What it is optimised for.
    pub objective: Option<String>,
    /// Budget a day, in `currency`.
    pub daily_budget: Option<Micros>,
    /// Budget for its whole life, in `currency`.
    pub lifetime_budget: Option<Micros>,
    /// Currency of the budgets.
    pub currency: Option<Currency>,
    /// When it starts delivering.
    pub start_at: Option<Timestamp>,
    /// When it stops.
    pub end_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When the network last saw a change.
    pub updated_at: Option<Timestamp>,
    /// Whether it is in its learning phase, where the network says so.
    pub learning: Option<bool>,
}

/// An ad set (ad group).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdSet {
    /// Account.
    pub account_id: String,
    /// The campaign above it.
    pub campaign_id: String,
    /// Ad set.
    pub ad_set_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// What it is optimised for.
    pub optimization_goal: Option<String>,
    /// What is billed.
    pub billing_event: Option<String>,
    /// Budget a day, in `currency`.
    pub daily_budget: Option<Micros>,
    /// Budget for its whole life, in `currency`.
    pub lifetime_budget: Option<Micros>,
    /// Currency of the budgets.
    pub currency: Option<Currency>,
    /// When it starts delivering.
    pub start_at: Option<Timestamp>,
    /// When it stops.
    pub end_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When the network last saw a change.
    pub updated_at: Option<Timestamp>,
    /// Whether it is in its learning phase, where the network says so.
    pub learning: Option<bool>,
}

/// An ad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ad {
    /// Account.
    pub account_id: String,
    /// The campaign above it.
    pub campaign_id: String,
    /// The ad set above it.
    pub ad_set_id: String,
    /// Ad.
    pub ad_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// The creative it shows.
    pub creative_id: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When the network last saw a change.
    pub updated_at: Option<Timestamp>,
}

/// At which level of the hierarchy a performance row speaks. The campaign level is the truth, the others are detail:
/// they are never added together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdLevel {
    /// A campaign.
    Campaign,
    /// An ad set.
    AdSet,
    /// An ad.
    Ad,
}

/// What a performance row counts. Additive over days and entities, but for `reach`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdMetrics {
    /// Times shown.
    pub impressions: Option<i64>,
    /// Clicks on the link.
    pub clicks: Option<i64>,
    /// Clicks anywhere on the ad.
    pub clicks_all: Option<i64>,
    /// What the network charged, in the row's currency.
    pub spend: Option<RawSpend>,
    /// Conversions by `conversion_definition`; may be fractional.
    pub conversions: Option<Micros>,
    /// Value of those conversions, in the row's currency.
    pub conversion_value: Option<Micros>,
    /// Views by `view_definition`.
    pub video_views: Option<i64>,
    /// Views to the end.
    pub video_completions: Option<i64>,
    /// Likes, comments, shares and the like, as the network sums them.
    pub engagements: Option<i64>,
    /// People reached. NOT additive over days, ads or accounts.
    pub reach: Option<i64>,
}

/// One entity on one account-local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdPerformance {
    /// Account.
    pub account_id: String,
    /// Level at which this row speaks.
    pub level: AdLevel,
    /// Campaign.
    pub campaign_id: String,
    /// Ad set; `""` at campaign level.
    pub ad_set_id: String,
    /// Ad; `""` above ad level.
    pub ad_id: String,
    /// The account's own calendar day.
    pub date: Day,
    /// Currency of the amounts.
    pub currency: Currency,
    /// The numbers.
    pub metrics: AdMetrics,
    /// What counts as a conversion: one definition, from the configuration.
    pub conversion_definition: Option<Arc<str>>,
    /// What counts as a view.
    pub view_definition: Option<Arc<str>>,
}

/// A campaign in a country on one account-local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdCountry {
    /// Account.
    pub account_id: String,
    /// Campaign.
    pub campaign_id: String,
    /// ISO 3166-1 alpha-2 in upper case; `ZZ` = the source's "unknown".
    pub country: String,
    /// The account's own calendar day.
    pub date: Day,
    /// Currency of the amounts.
    pub currency: Currency,
    /// The numbers.
    pub metrics: AdMetrics,
    /// What counts as a conversion.
    pub conversion_definition: Option<Arc<str>>,
    /// What counts as a view.
    pub view_definition: Option<Arc<str>>,
}

// === impl AdLevel ===

impl AdLevel {
    /// As stored: `campaign`, `ad_set`, `ad`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "ad_set",
            Self::Ad => "ad",
        }
    }
}

// === impl AdMetrics ===

impl AdMetrics {
    /// Both together. A sum is unknown where a part of it is, and where it does not fit; so is `reach`, which does not add up.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |ours: Option<i64>, theirs: Option<i64>| ours?.checked_add(theirs?);
        let micros =
            |ours: Option<Micros>, theirs: Option<Micros>| ours?.0.checked_add(theirs?.0).map(Micros);
        let spend = |metrics: &Self| metrics.spend.map(|RawSpend(spend)| spend);
        Self {
            impressions: sum(self.impressions, other.impressions),
            clicks: sum(self.clicks, other.clicks),
            clicks_all: sum(self.clicks_all, other.clicks_all),
            spend: micros(spend(self), spend(other)).map(RawSpend),
            conversions: micros(self.conversions, other.conversions),
            conversion_value: micros(self.conversion_value, other.conversion_value),
            video_views: sum(self.video_views, other.video_views),
            video_completions: sum(self.video_completions, other.video_completions),
            engagements: sum(self.engagements, other.engagements),
            reach: None,
        }
    }
}

// === rows ===

impl TableRow for AdAccount {
    fn table(&self) -> Table {
        Table::AdAccounts
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.account_id])
    }
}

impl TableRow for AdCampaign {
    fn table(&self) -> Table {
        Table::AdCampaigns
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.account_id, &self.campaign_id])
    }
}

impl TableRow for AdSet {
    fn table(&self) -> Table {
        Table::AdSets
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.account_id, &self.ad_set_id])
    }
}

impl TableRow for Ad {
    fn table(&self) -> Table {
        Table::Ads
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.account_id, &self.ad_id])
    }
}

impl TableRow for AdPerformance {
    fn table(&self) -> Table {
        Table::AdPerformanceDaily
    }

    fn entity(&self) -> Fingerprint {
        let Self { account_id, level, campaign_id, ad_set_id, ad_id, .. } = self;
        Fingerprint::of(&[account_id, level.as_str(), campaign_id, ad_set_id, ad_id])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

impl TableRow for AdCountry {
    fn table(&self) -> Table {
        Table::AdCountryDaily
    }

    fn entity(&self) -> Fingerprint {
        Fingerprint::of(&[&self.account_id, &self.campaign_id, &self.country])
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}
