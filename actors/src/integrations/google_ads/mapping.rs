//! From what Google Ads sends to the project's rows.

use std::collections::BTreeMap;

use ::rows::{
    Day, Micros, Row,
    ads::{Ad, AdCampaign, AdLevel, AdMetrics, AdSet},
    instant::said,
    money::RawSpend,
    zone::zone,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::value::RawValue;

use super::{criteria, settings::Conversions, wire};
use crate::{
    failure::Failure,
    integration::Account,
    reading::{
        accounts::{Called, Told},
        ads::{self, Definitions},
        elements::{Named, Unreadable},
        unplaced::UNKNOWN,
        wire::{Count, Exact, NumericId, Whole, not_empty},
    },
};

/// How customers are called.
pub const CALLED: Called = Called { provider: "Google", word: "customer " };
/// What `video_views` counts.
const TRUEVIEW: &str = "trueview";
/// Google's word for what its owner has deleted.
const GONE: &str = "REMOVED";
/// A campaign that learns says so.
const LEARNING: &str = "LEARNING";
/// `2026-10-01 00:00:00`
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";
/// A campaign without an end ends in this year.
const ENDLESS_YEAR: i16 = 2037;

/// What a row of a campaign that cannot be read is known by.
pub const CAMPAIGN: &str = "campaign_id";
/// What tells its country.
pub const CRITERION: &str = "country_criterion_id";

/// Whose rows these are, and what they count.
pub type Owner = ads::Owner<Counted>;

/// What a row is read by.
#[derive(Debug, Clone)]
pub struct Counted {
    /// In which the customer's days are counted.
    time_zone: TimeZone,
    /// What counts as a conversion.
    conversions: Conversions,
}

/// Of an account that the check found.
pub fn owner(account: &Account, conversions: Conversions) -> Result<Owner, Failure> {
    let time_zone = zone(&account.time_zone).ok_or_else(|| Failure::Permanent {
        reason: format!("customer {}: its time zone is not known", account.id),
    })?;
    let definitions = Definitions::new(conversions.as_str(), TRUEVIEW);
    Owner::of(account, CALLED, Counted { time_zone, conversions }, definitions)
}

/// The numbers of a row. None is unknown: what a row leaves out is zero.
fn metrics(row: &wire::Row, kind: Conversions) -> Result<AdMetrics, Unreadable> {
    let none = wire::Metrics::default();
    let wire = row.metrics.as_ref().unwrap_or(&none);
    let (conversions, value) = match kind {
        Conversions::Conversions => (wire.conversions, wire.conversions_value),
        Conversions::AllConversions => (wire.all_conversions, wire.all_conversions_value),
    };
    let count = |count: Option<Count>| Some(count.map_or(0, |Count(count)| count));
    let cost = wire.cost_micros.map_or(Micros::ZERO, |Whole(micros)| Micros(micros));
    Ok(AdMetrics {
        impressions: count(wire.impressions),
        clicks: count(wire.clicks),
        clicks_all: count(wire.interactions),
        spend: Some(RawSpend(cost)),
        conversions: Some(decimal("metrics.conversions", conversions)?),
        conversion_value: Some(decimal("metrics.conversions_value", value)?),
        video_views: count(wire.video_trueview_views),
        // Google tells a rate, and people reached only for whole ranges.
        video_completions: None,
        engagements: count(wire.engagements),
        reach: None,
    })
}

/// The customer as a row.
pub fn account(wire: wire::Customer, account_id: &str) -> Row {
    let told = Told {
        id: account_id.to_owned(),
        name: not_empty(wire.descriptive_name),
        status: not_empty(wire.status),
        currency: wire.currency_code,
        time_zone: wire.time_zone,
    };
    told.row()
}

/// A campaign.
pub fn campaign(row: wire::Row, owner: &Owner) -> Result<Row, Unreadable> {
    let wire = row.campaign.ok_or(Unreadable::Missing("campaign"))?;
    let budget = row.campaign_budget.unwrap_or_default();
    let learning = wire.primary_status.as_deref().map(|status| status == LEARNING);
    let (status, effective_status) = statuses(wire.status, wire.primary_status);
    Ok(Row::AdCampaign(AdCampaign {
        name: not_empty(wire.name),
        status,
        effective_status,
        objective: not_empty(wire.advertising_channel_type),
        daily_budget: amount(budget.amount_micros),
        lifetime_budget: amount(budget.total_amount_micros),
        start_at: time("campaign.start_date_time", wire.start_date_time.as_deref(), owner)?,
        end_at: time("campaign.end_date_time", wire.end_date_time.as_deref(), owner)?,
        learning,
        ..owner.campaign(id("campaign.id", wire.id.as_ref())?)
    }))
}

/// An ad group.
pub fn ad_group(row: wire::Row, owner: &Owner) -> Result<Row, Unreadable> {
    let campaign_id = campaign_id(&row)?;
    let wire = row.ad_group.ok_or(Unreadable::Missing("ad_group"))?;
    let learning = wire.primary_status.as_deref().map(|status| status == LEARNING);
    let (status, effective_status) = statuses(wire.status, wire.primary_status);
    Ok(Row::AdSet(AdSet {
        name: not_empty(wire.name),
        status,
        effective_status,
        learning,
        ..owner.ad_set(campaign_id, id("ad_group.id", wire.id.as_ref())?)
    }))
}

/// An ad in an ad group.
pub fn ad(row: wire::Row, owner: &Owner) -> Result<Row, Unreadable> {
    let campaign_id = campaign_id(&row)?;
    let (ad_set_id, ad_id) = ad_key(&row)?;
    let wire = row.ad_group_ad.unwrap_or_default();
    let (status, effective_status) = statuses(wire.status, wire.primary_status);
    Ok(Row::Ad(Ad {
        name: not_empty(wire.ad.and_then(|ad| ad.name)),
        status,
        effective_status,
        ..owner.ad(campaign_id, ad_set_id, ad_id)
    }))
}

/// A campaign, or an ad in an ad group, on one day.
pub fn performance(row: &wire::Row, level: AdLevel, owner: &Owner) -> Result<Row, Unreadable> {
    let (campaign_id, date) = (campaign_id(row)?, date(row)?);
    let metrics = metrics(row, owner.counted.conversions)?;
    if level != AdLevel::Ad {
        return Ok(owner.campaign_day(campaign_id, date, metrics));
    }
    let (ad_set_id, ad_id) = ad_key(row)?;
    Ok(owner.ad_day([campaign_id, ad_set_id, ad_id], date, metrics))
}

/// A campaign in a country on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCountry {
    pub campaign_id: String,
    pub date: Day,
    /// None: Google numbers it otherwise than any country.
    pub country: Option<&'static str>,
    pub metrics: AdMetrics,
}

/// Reads a row of `geographic_view`.
pub fn in_country(row: &wire::Row, owner: &Owner) -> Result<InCountry, Unreadable> {
    let criterion = row.geographic_view.as_ref().and_then(|view| view.country_criterion_id);
    let Whole(criterion) = criterion.unwrap_or(Whole(0));
    Ok(InCountry {
        campaign_id: campaign_id(row)?,
        date: date(row)?,
        country: criteria::of_criterion(criterion),
        // Engagements cannot be asked for by country.
        metrics: AdMetrics { engagements: None, ..metrics(row, owner.counted.conversions)? },
    })
}

// === impl InCountry ===

impl InCountry {
    /// As a row.
    pub fn row(self, owner: &Owner) -> Row {
        let country = self.country.unwrap_or(UNKNOWN).to_owned();
        Row::AdCountry(owner.country_day(self.campaign_id, country, self.date, self.metrics))
    }
}

/// What may be repeated of a row that cannot be read: its ids and its day.
pub fn named(raw: &RawValue) -> Named {
    let parts = |raw: &RawValue| -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_str(raw.get()).unwrap_or_default()
    };
    let row = parts(raw);
    let ad = row.get("adGroupAd").map(|raw| parts(raw)).unwrap_or_default();
    let of = |part: Option<&Box<RawValue>>, field: &'static str| Named::of(part?, &[field], "").fields.pop();
    let ids = [
        ("customer_id", of(row.get("customerClient"), "id")),
        (CAMPAIGN, of(row.get("campaign"), "id")),
        ("ad_group_id", of(row.get("adGroup"), "id")),
        ("ad_id", of(ad.get("ad"), "id")),
        (CRITERION, of(row.get("geographicView"), "countryCriterionId")),
    ];
    Named {
        fields: ids.into_iter().filter_map(|(name, id)| Some((name, id?.1))).collect(),
        day: row.get("segments").and_then(|segments| Named::of(segments, &[], "date").day),
    }
}

fn campaign_id(row: &wire::Row) -> Result<String, Unreadable> {
    id("campaign.id", row.campaign.as_ref().and_then(|campaign| campaign.id.as_ref()))
}

/// The ad group, and the key of the ad in it: one ad can be in several groups.
fn ad_key(row: &wire::Row) -> Result<(String, String), Unreadable> {
    let group = id("ad_group.id", row.ad_group.as_ref().and_then(|group| group.id.as_ref()))?;
    let ad = row.ad_group_ad.as_ref().and_then(|wire| wire.ad.as_ref()?.id.as_ref());
    let key = format!("{group}~{}", id("ad_group_ad.ad.id", ad)?);
    Ok((group, key))
}

fn date(row: &wire::Row) -> Result<Day, Unreadable> {
    let date = row.segments.as_ref().and_then(|segments| segments.date.as_deref());
    let date = date.ok_or(Unreadable::Missing("segments.date"))?;
    date.parse().map_err(|_| Unreadable::Date("segments.date"))
}

/// A number above 0.
pub fn id(field: &'static str, id: Option<&NumericId>) -> Result<String, Unreadable> {
    let NumericId(id) = id.ok_or(Unreadable::Missing(field))?;
    if id.starts_with('-') { Err(Unreadable::Form(field, "id")) } else { Ok(id.clone()) }
}

fn decimal(field: &'static str, said: Option<Exact>) -> Result<Micros, Unreadable> {
    said.map_or(Ok(Micros::ZERO), |Exact(decimal)| decimal.micros().ok_or(Unreadable::Money(field)))
}

/// A budget. Of the two kinds that there are, the one that is not used is 0 or absent.
fn amount(said: Option<Count>) -> Option<Micros> {
    said.filter(|micros| micros.0 > 0).map(|Count(micros)| Micros(micros))
}

/// What Google calls removed is removed.
fn statuses(status: Option<String>, primary: Option<String>) -> (Option<String>, Option<String>) {
    let (status, primary) = ads::statuses(status, primary, |word| word == GONE);
    (not_empty(status), not_empty(primary))
}

/// The customer's local time.
fn time(
    field: &'static str,
    said_text: Option<&str>,
    owner: &Owner,
) -> Result<Option<Timestamp>, Unreadable> {
    let Some(local) = said_text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let local = DateTime::strptime(TIME_FORMAT, local).map_err(|_| Unreadable::Time(field))?;
    if local.year() >= ENDLESS_YEAR {
        return Ok(None);
    }
    let instant =
        local.to_zoned_datetime(owner.counted.time_zone.clone()).map_err(|_| Unreadable::Time(field))?;
    Ok(said(instant.timestamp()))
}

#[cfg(test)]
mod tests;
