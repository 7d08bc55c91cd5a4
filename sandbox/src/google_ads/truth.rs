//! What is true in the world, for tests to compare with what a client made of it. Computed without the query language.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::GoogleAds;
use super::numbers::{Metrics, Unit};
use super::world::{Budget, Campaign, Customer, Status};

/// How far down numbers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The truth.
    Campaign,
    /// Detail: less than the truth where a campaign has no ad groups.
    Ad,
}

/// Which conversions a client selects: rows in which all that is selected is zero are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversions {
    /// `conversions` and `conversions_value`.
    Primary,
    /// `all_conversions` and `all_conversions_value`.
    All,
}

/// One customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthCustomer {
    pub customer_id: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub time_zone: String,
    /// Whether its campaigns can be read: enabled, no manager, not refused.
    pub is_readable: bool,
    /// The day it is there now.
    pub today: Date,
}

/// One campaign of a customer that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthCampaign {
    pub customer_id: &'static str,
    pub campaign_id: String,
    pub name: String,
    pub status: Status,
    pub primary_status: &'static str,
    /// `advertising_channel_type`.
    pub channel: &'static str,
    pub budget: Budget,
    pub first_day: Date,
    /// `None` while it runs on.
    pub last_day: Option<Date>,
    pub currency: &'static str,
}

/// One ad in one ad group, with what is to be known of both.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthAd {
    pub customer_id: &'static str,
    pub campaign_id: String,
    pub ad_group_id: String,
    pub ad_group_name: &'static str,
    pub ad_group_status: Status,
    pub ad_group_primary_status: &'static str,
    /// The same in every group that it is in.
    pub ad_id: String,
    /// Empty for formats that have none.
    pub ad_name: &'static str,
    pub ad_status: Status,
    pub ad_primary_status: &'static str,
}

/// A campaign, or an ad in a group, on one day of its customer, in one country where countries were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The customer's id.
    pub customer_id: &'static str,
    /// The campaign's id.
    pub campaign_id: String,
    /// Empty at campaign level.
    pub ad_group_id: String,
    /// Empty at campaign level.
    pub ad_id: String,
    /// The customer's day.
    pub day: Date,
    /// ISO 3166, `ZZ` for what the provider numbers otherwise; empty where countries were not asked for.
    pub country: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// All numbers, also those that a client does not select. By country there are no engagements.
    pub metrics: Metrics,
}

impl Conversions {
    /// Whether a table's row says anything but zero.
    fn is_row(self, metrics: &Metrics) -> bool {
        let conversions = match self {
            Self::Primary => [metrics.conversions_millionths, metrics.conversions_value_millionths],
            Self::All => [metrics.all_conversions_millionths, metrics.all_conversions_value_millionths],
        };
        let counts = [metrics.impressions, metrics.clicks, metrics.interactions, metrics.engagements];
        let rest = [metrics.cost_micros, metrics.video_trueview_views];
        conversions.into_iter().chain(counts).chain(rest).any(|number| number > 0)
    }
}

impl GoogleAds {
    /// All customers, managers and cancelled ones too.
    pub fn truth_customers(&self) -> Vec<TruthCustomer> {
        let now = self.time.now();
        let truth = |customer: &Customer| TruthCustomer {
            customer_id: customer.id,
            name: customer.name,
            currency: customer.currency,
            time_zone: customer.zone_name.clone(),
            is_readable: self.is_readable(customer),
            today: customer.today(now),
        };
        self.world.customers.iter().map(truth).collect()
    }

    /// The campaigns of the customers that can be read, removed ones too.
    pub fn truth_campaigns(&self) -> Vec<TruthCampaign> {
        let truth = |(customer, campaign): (&Customer, &Campaign)| TruthCampaign {
            customer_id: customer.id,
            campaign_id: campaign.id.to_string(),
            name: campaign.name.clone(),
            status: campaign.status,
            primary_status: campaign.primary_status(),
            channel: campaign.channel,
            budget: campaign.budget,
            first_day: campaign.first_day,
            last_day: campaign.last_day,
            currency: customer.currency,
        };
        self.readable_campaigns().map(truth).collect()
    }

    /// Their ads, once for each ad group that they are in; every ad group has some.
    pub fn truth_ads(&self) -> Vec<TruthAd> {
        let mut all = Vec::new();
        for (customer, campaign) in self.readable_campaigns() {
            for group in &campaign.groups {
                all.extend(group.ads.iter().map(|ad| TruthAd {
                    customer_id: customer.id,
                    campaign_id: campaign.id.to_string(),
                    ad_group_id: group.id.to_string(),
                    ad_group_name: group.name,
                    ad_group_status: group.status,
                    ad_group_primary_status: campaign.primary_status_below(group.status),
                    ad_id: ad.id.to_string(),
                    ad_name: ad.name,
                    ad_status: ad.status,
                    ad_primary_status: campaign.primary_status_below(ad.status),
                }));
            }
        }
        all
    }

    /// Every day with a row, from each campaign's first day to today, at the world's time (of the last request or `advance`).
    pub fn truth_daily(&self, level: Level, conversions: Conversions) -> Vec<TruthDay> {
        let mut all = Vec::new();
        for (of, day) in self.readable_days() {
            let units: Vec<Option<Unit>> = match level {
                Level::Campaign => vec![None],
                Level::Ad => of.1.units().into_iter().map(|(unit, _)| Some(unit)).collect(),
            };
            // A campaign without ad groups is a unit of its own, and no ad.
            for unit in units.into_iter().filter(|unit| unit.is_none_or(|unit| unit.ad > 0)) {
                let is_chosen = |other: &Unit| unit.is_none_or(|unit| unit == *other);
                let metrics = self.world.campaign_day(of, is_chosen, day, self.time.now());
                let id = |id: fn(Unit) -> u64| unit.map(|unit| id(unit).to_string()).unwrap_or_default();
                let (ad_group_id, ad_id) = (id(|unit| unit.ad_group), id(|unit| unit.ad));
                all.push(TruthDay { ad_group_id, ad_id, ..truth_day(of, day, "", metrics) });
            }
        }
        all.retain(|row| conversions.is_row(&row.metrics));
        all
    }

    /// The same by country where people were (`LOCATION_OF_PRESENCE`), at campaign level; countries that are `ZZ` are one.
    pub fn truth_countries(&self, conversions: Conversions) -> Vec<TruthDay> {
        let mut all = Vec::new();
        for (of, day) in self.readable_days() {
            let whole = self.world.campaign_day(of, |_| true, day, self.time.now());
            let mut countries: BTreeMap<&'static str, Metrics> = BTreeMap::new();
            let mut from = 0;
            for (_, country, share) in of.1.places {
                let part = Metrics { engagements: 0, ..whole.part(from, from + share) };
                countries.entry(country).or_default().add(&part);
                from += share;
            }
            all.extend(countries.into_iter().map(|(country, metrics)| truth_day(of, day, country, metrics)));
        }
        all.retain(|row| conversions.is_row(&row.metrics));
        all
    }

    fn is_readable(&self, customer: &Customer) -> bool {
        !customer.is_manager && customer.status == "ENABLED" && !self.world.refused.contains_key(customer.id)
    }

    fn readable_campaigns(&self) -> impl Iterator<Item = (&Customer, &Campaign)> {
        let readable = self.world.customers.iter().filter(|customer| self.is_readable(customer));
        readable.flat_map(|customer| customer.campaigns.iter().map(move |campaign| (customer, campaign)))
    }

    fn readable_days(&self) -> impl Iterator<Item = ((&Customer, &Campaign), Date)> {
        self.readable_campaigns().flat_map(|of| {
            let today = of.0.today(self.time.now());
            let days = of.1.first_day.series(1.day()).take_while(move |day| *day <= today);
            days.map(move |day| (of, day))
        })
    }
}

fn truth_day(
    (customer, campaign): (&Customer, &Campaign),
    day: Date,
    country: &'static str,
    metrics: Metrics,
) -> TruthDay {
    TruthDay {
        customer_id: customer.id,
        campaign_id: campaign.id.to_string(),
        ad_group_id: String::new(),
        ad_id: String::new(),
        day,
        country,
        currency: customer.currency,
        metrics,
    }
}
