//! What is true in the world, for tests to compare with what a client made of it. Computed without the API.

use jiff::ToSpan;
use jiff::civil::Date;

use super::TikTokAds;
use super::numbers::Counts;
use super::world::{Advertiser, Budget, Level, Status, Subject};
use crate::seed::share;

/// A country as the provider writes it, its share in parts per million. Two of them say that it is not known.
const PLACES: [(&str, u64); 4] = [("US", 560_000), ("GB", 240_000), ("None", 130_000), ("", 70_000)];
/// Metrics that are not told now and then.
const SOMETIMES_UNKNOWN: [&str; 6] =
    ["reach", "conversion", "result", "total_purchase_value", "video_views_p100", "likes"];
/// Where no report tells the numbers without being asked for it.
const TOP_VIEW: &str = "RESERVATION_TOP_VIEW";

/// One advertiser.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthAdvertiser {
    pub advertiser_id: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub time_zone: String,
    /// Whether it may be read.
    pub is_readable: bool,
    /// The day it is there now.
    pub today: Date,
}

/// One campaign of an advertiser that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthCampaign {
    pub advertiser_id: &'static str,
    pub campaign_id: String,
    pub name: String,
    pub objective: &'static str,
    pub status: Status,
    pub budget: Budget,
    /// Decimals of the budget's currency.
    pub exponent: u8,
    /// `AUCTION`, `RESERVATION_RF`, `RESERVATION_TOP_VIEW`.
    pub buying_type: &'static str,
}

/// One ad with its ad group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthAd {
    pub advertiser_id: &'static str,
    pub campaign_id: String,
    pub ad_group_id: String,
    pub ad_id: String,
    /// It, or something above it.
    pub ad_is_deleted: bool,
    pub ad_group_is_deleted: bool,
    /// The campaign's.
    pub buying_type: &'static str,
}

/// A campaign, ad group or ad on one day of its advertiser, in one country where countries were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The advertiser's id.
    pub advertiser_id: &'static str,
    /// The campaign's id.
    pub campaign_id: String,
    /// Empty at campaign level.
    pub ad_group_id: String,
    /// Empty above ad level.
    pub ad_id: String,
    /// Names of campaign, ad group and ad.
    pub(super) names: [String; 3],
    /// The advertiser's day.
    pub day: Date,
    /// As the provider writes it: `None` and nothing mean that it is not known. Empty where countries were not asked for.
    pub country: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// Its decimals.
    pub exponent: u8,
    /// All numbers that add up.
    pub counts: Counts,
    /// People reached, which does not add up.
    pub reach: u64,
    /// Metrics of this row that are not told.
    pub unknown: Vec<&'static str>,
    /// Told only to those who ask for what is deleted.
    pub is_deleted: bool,
}

impl TikTokAds {
    /// All advertisers, those that may not be read too.
    pub fn truth_advertisers(&self) -> Vec<TruthAdvertiser> {
        let truth = |advertiser: &Advertiser| TruthAdvertiser {
            advertiser_id: advertiser.id,
            name: advertiser.name,
            currency: advertiser.currency,
            time_zone: advertiser.zone_name.clone(),
            is_readable: !self.world.refused.contains_key(advertiser.id),
            today: advertiser.today(self.time.now()),
        };
        self.world.advertisers.iter().map(truth).collect()
    }

    /// All campaigns of readable advertisers, deleted ones too.
    pub fn truth_campaigns(&self) -> Vec<TruthCampaign> {
        let truth = |subject: Subject<'_>| TruthCampaign {
            advertiser_id: subject.advertiser.id,
            campaign_id: subject.campaign.id.to_string(),
            name: subject.campaign.name.clone(),
            objective: subject.campaign.objective,
            status: subject.campaign.status,
            budget: subject.campaign.budget,
            exponent: subject.advertiser.exponent,
            buying_type: subject.campaign.buying_type,
        };
        self.readable().flat_map(|advertiser| advertiser.subjects(Level::Campaign)).map(truth).collect()
    }

    /// All ads of readable advertisers, deleted ones too.
    pub fn truth_ads(&self) -> Vec<TruthAd> {
        let truth = |subject: Subject<'_>| TruthAd {
            advertiser_id: subject.advertiser.id,
            campaign_id: subject.campaign.id.to_string(),
            ad_group_id: subject.group.map(|group| group.id.to_string()).unwrap_or_default(),
            ad_id: subject.id().to_string(),
            ad_is_deleted: subject.is_deleted(),
            ad_group_is_deleted: Subject { ad: None, ..subject }.is_deleted(),
            buying_type: subject.campaign.buying_type,
        };
        self.readable().flat_map(|advertiser| advertiser.subjects(Level::Ad)).map(truth).collect()
    }

    /// Every day with a row that a report of auction and reservation tells, of the world's time (of the last request or `advance`).
    pub fn truth_daily(&self, level: Level) -> Vec<TruthDay> {
        self.readable()
            .flat_map(|advertiser| self.days(advertiser, level, (Date::MIN, Date::MAX), false))
            .collect()
    }

    /// The same of campaigns by country, as the provider writes it.
    pub fn truth_countries(&self) -> Vec<TruthDay> {
        let whole = (Date::MIN, Date::MAX);
        self.readable().flat_map(|advertiser| self.days(advertiser, Level::Campaign, whole, true)).collect()
    }

    fn readable(&self) -> impl Iterator<Item = &Advertiser> {
        self.world.advertisers.iter().filter(|advertiser| !self.world.refused.contains_key(advertiser.id))
    }

    /// The rows of an advertiser's days, both ends included.
    pub(super) fn days(
        &self,
        advertiser: &Advertiser,
        level: Level,
        (first, last): (Date, Date),
        by_country: bool,
    ) -> Vec<TruthDay> {
        let mut rows = Vec::new();
        let last = last.min(advertiser.today(self.time.now()));
        for subject in advertiser.subjects(level) {
            if subject.campaign.buying_type == TOP_VIEW {
                continue;
            }
            let first = first.max(subject.campaign.first_day);
            for day in first.series(1.day()).take_while(|day| *day <= last) {
                let Some(counts) = self.world.subject_day(&subject, day, self.time.now()) else { continue };
                if !by_country {
                    rows.push(self.row(&subject, day, "", counts));
                    continue;
                }
                let mut from = 0;
                for (country, part) in PLACES {
                    rows.push(self.row(&subject, day, country, counts.part(from, from + part)));
                    from += part;
                }
            }
        }
        rows
    }

    fn row(&self, subject: &Subject<'_>, day: Date, country: &'static str, counts: Counts) -> TruthDay {
        let Subject { advertiser, campaign, group, ad } = subject;
        let ordinal = u64::try_from(day.duration_since(Date::ZERO).as_hours()).unwrap_or_default();
        let chance = self.world.seed.at(subject.id()).at(ordinal).at(country.len() as u64);
        let unknown = (0..).zip(SOMETIMES_UNKNOWN).filter(|(place, _)| chance.at(*place).once_in(29));
        let id = |id: Option<u64>| id.map(|id| id.to_string()).unwrap_or_default();
        let reached = if ad.is_some() { 850_000 } else { 780_000 };
        TruthDay {
            advertiser_id: advertiser.id,
            campaign_id: campaign.id.to_string(),
            ad_group_id: id(group.map(|group| group.id)),
            ad_id: id(ad.map(|ad| ad.id)),
            names: [
                campaign.name.clone(),
                group.map(|group| group.name.to_owned()).unwrap_or_default(),
                ad.map(|ad| ad.name.to_owned()).unwrap_or_default(),
            ],
            day,
            country,
            currency: advertiser.currency,
            exponent: advertiser.exponent,
            counts,
            reach: share(counts.impressions, reached),
            unknown: unknown.map(|(_, name)| name).collect(),
            is_deleted: subject.is_deleted(),
        }
    }
}
