//! From what Spotify Ads sends to the project's rows.

use std::{collections::BTreeMap, sync::Arc};

use ::rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdAccount, AdCampaign, AdLevel, AdMetrics, AdPerformance, AdSet},
    instant::said,
    money::RawSpend,
};
use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use serde_json::value::RawValue;

use super::wire;
use crate::{
    failure::Failure,
    integration::Account,
    reading::{
        elements::{Named, Unreadable},
        wire::{Count, Exact, Id},
    },
};

/// What `video_views` counts: views of three seconds.
const THREE_SECONDS: &str = "3s";
/// Letters of a date.
const DATE_LENGTH: usize = 10;

/// Whose rows these are, and what they count.
#[derive(Debug)]
pub struct Owner<'a> {
    pub account_id: &'a str,
    pub currency: Currency,
    pub counted: &'a Counted,
}

/// What is counted: shared by all rows of a connection.
#[derive(Debug)]
pub struct Counted {
    /// The fields that are added to conversions.
    pub conversions: Vec<String>,
    conversion_definition: Arc<str>,
    view_definition: Arc<str>,
}

// === impl Counted ===

impl Counted {
    /// What counts as a conversion: fields of a report.
    pub fn new(conversions: Vec<String>) -> Self {
        let conversion_definition = conversions.join("+").into();
        Self { conversions, conversion_definition, view_definition: THREE_SECONDS.into() }
    }
}

// === impl Owner ===

impl<'a> Owner<'a> {
    /// Of an account that the check found.
    pub fn of(account: &'a Account, counted: &'a Counted) -> Result<Self, Failure> {
        let currency = account.currency.ok_or_else(|| Failure::Permanent {
            reason: format!("ad account {}: its currency is not known", account.id),
        })?;
        Ok(Self { account_id: &account.id, currency, counted })
    }
}

/// The account as a row.
pub fn account(wire: wire::AdAccount) -> Row {
    Row::AdAccount(AdAccount {
        account_id: wire.id.0,
        name: text(wire.name),
        status: text(wire.status),
        currency: wire.currency_code.and_then(|code| Currency::parse(&code).ok()),
        time_zone: Some(super::TIME_ZONE.to_owned()),
    })
}

/// A campaign.
pub fn campaign(wire: wire::Campaign, owner: &Owner<'_>) -> Result<Row, Unreadable> {
    Ok(Row::AdCampaign(AdCampaign {
        account_id: owner.account_id.to_owned(),
        campaign_id: wire.id.0,
        name: text(wire.name),
        status: text(wire.status),
        effective_status: None,
        objective: text(wire.objective),
        daily_budget: None,
        lifetime_budget: None,
        currency: Some(owner.currency),
        start_at: None,
        end_at: None,
        created_at: time("created_at", wire.created_at)?,
        updated_at: time("updated_at", wire.updated_at)?,
        learning: None,
    }))
}

/// An ad set.
pub fn ad_set(wire: wire::AdSet, owner: &Owner<'_>) -> Result<Row, Unreadable> {
    let budget = |kind: &str| -> Option<Micros> {
        let budget = wire.budget.as_ref().filter(|budget| budget.kind.as_deref() == Some(kind))?;
        budget.micro_amount.map(|Count(micros)| Micros(micros))
    };
    let (daily_budget, lifetime_budget) = (budget("DAILY"), budget("LIFETIME"));
    let budget_currency = wire.budget.and_then(|budget| text(budget.currency));
    if budget_currency.is_some_and(|code| Currency::parse(&code) != Ok(owner.currency)) {
        return Err(Unreadable::Currency("budget.currency"));
    }
    Ok(Row::AdSet(AdSet {
        account_id: owner.account_id.to_owned(),
        campaign_id: wire.campaign_id.0,
        ad_set_id: wire.id.0,
        name: text(wire.name),
        status: text(wire.status),
        effective_status: None,
        optimization_goal: text(wire.delivery_goal),
        billing_event: text(wire.cost_model),
        daily_budget,
        lifetime_budget,
        currency: Some(owner.currency),
        start_at: time("start_time", wire.start_time)?,
        end_at: time("end_time", wire.end_time)?,
        created_at: time("created_at", wire.created_at)?,
        updated_at: time("updated_at", wire.updated_at)?,
        learning: None,
    }))
}

/// An ad. `campaign_of` tells the campaign of an ad set.
pub fn ad(
    wire: wire::Ad,
    owner: &Owner<'_>,
    campaign_of: impl Fn(&str) -> Result<String, Unreadable>,
) -> Result<Row, Unreadable> {
    Ok(Row::Ad(Ad {
        account_id: owner.account_id.to_owned(),
        campaign_id: campaign_of(&wire.ad_set_id.0)?,
        ad_set_id: wire.ad_set_id.0,
        ad_id: wire.id.0,
        name: text(wire.name),
        status: text(wire.status),
        effective_status: None,
        creative_id: None,
        created_at: time("created_at", wire.created_at)?,
        updated_at: time("updated_at", wire.updated_at)?,
    }))
}

/// A campaign, or an ad, on one day. `campaign_of` tells the campaign of an ad set.
pub fn performance(
    wire: wire::ReportRow,
    level: AdLevel,
    owner: &Owner<'_>,
    campaign_of: impl Fn(&str) -> Result<String, Unreadable>,
) -> Result<Row, Unreadable> {
    if wire.entity_type != entity_type(level) {
        return Err(Unreadable::Form("entity_type", "level that was asked for"));
    }
    let date = day(&wire)?;
    let metrics = metrics(&wire.stats, &owner.counted.conversions)?;
    let Id(entity_id) = wire.entity_id;
    let (campaign_id, ad_set_id, ad_id) = match level {
        AdLevel::Campaign => (entity_id, String::new(), String::new()),
        AdLevel::AdSet | AdLevel::Ad => {
            let Id(ad_set_id) = wire.parent_entity.ok_or(Unreadable::Missing("parent_entity"))?.id;
            (campaign_of(&ad_set_id)?, ad_set_id, entity_id)
        }
    };
    Ok(Row::AdPerformance(AdPerformance {
        account_id: owner.account_id.to_owned(),
        level,
        campaign_id,
        ad_set_id,
        ad_id,
        date,
        currency: owner.currency,
        metrics,
        conversion_definition: Some(Arc::clone(&owner.counted.conversion_definition)),
        view_definition: Some(Arc::clone(&owner.counted.view_definition)),
    }))
}

/// Spotify's word for what a level's rows are of.
pub const fn entity_type(level: AdLevel) -> &'static str {
    match level {
        AdLevel::Campaign => "CAMPAIGN",
        AdLevel::AdSet => "AD_SET",
        AdLevel::Ad => "AD",
    }
}

/// The fields that a report is asked for: those of the table, and what counts as a conversion.
pub fn fields(counted: &Counted) -> Vec<&str> {
    let mut fields = vec!["IMPRESSIONS", "CLICKS", "SPEND", "VIDEO_VIEWS", "COMPLETES", "REACH", "REVENUE"];
    let more = counted.conversions.iter().map(String::as_str).filter(|field| !fields.contains(field));
    let more: Vec<&str> = more.collect();
    fields.extend(more);
    fields
}

/// A row's numbers. What it leaves out, and what is masked, is unknown.
fn metrics(stats: &[wire::Stat], conversions: &[String]) -> Result<AdMetrics, Unreadable> {
    let told: BTreeMap<&str, Exact> =
        stats.iter().filter_map(|stat| Some((stat.field_type.as_str(), stat.field_value?))).collect();
    let unmasked = |field: &str| told.get(field).filter(|Exact(number)| !number.is_negative());
    let count = |field: &'static str| match unmasked(field) {
        Some(Exact(number)) => number.whole().map(Some).ok_or(Unreadable::Count(field)),
        None => Ok(None),
    };
    let mut sum = Some(Micros::ZERO);
    for field in conversions {
        let part = unmasked(field).map(|part| part.micros("conversions")).transpose()?;
        sum = match sum.zip(part) {
            Some((Micros(sum), Micros(part))) => {
                Some(Micros(sum.checked_add(part).ok_or(Unreadable::TooLarge("conversions"))?))
            }
            None => None,
        };
    }
    Ok(AdMetrics {
        impressions: count("IMPRESSIONS")?,
        clicks: count("CLICKS")?,
        clicks_all: None,
        spend: told.get("SPEND").map(|spend| spend.micros("SPEND").map(RawSpend)).transpose()?,
        conversions: sum,
        conversion_value: unmasked("REVENUE").map(|revenue| revenue.micros("REVENUE")).transpose()?,
        video_views: count("VIDEO_VIEWS")?,
        video_completions: count("COMPLETES")?,
        engagements: None,
        reach: count("REACH")?,
    })
}

/// The day that a row begins with, of which it must not go beyond.
fn day(wire: &wire::ReportRow) -> Result<Day, Unreadable> {
    let not_a_day = || Unreadable::Date("start_time");
    let start: Timestamp = wire.start_time.parse().map_err(|_| not_a_day())?;
    let local = start.to_zoned_datetime(TimeZone::UTC);
    let is_one_day = match &wire.end_time {
        Some(end) => {
            let end: Timestamp = end.parse().map_err(|_| Unreadable::Date("end_time"))?;
            let length = end.duration_since(start);
            !length.is_negative() && length <= SignedDuration::from_hours(24)
        }
        None => true,
    };
    if is_one_day && local.time() == Time::midnight() { Ok(local.date()) } else { Err(not_a_day()) }
}

/// What may be repeated of an element that cannot be read: its ids and its day.
pub fn named(raw: &RawValue) -> Named {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let start = fields.get("start_time").map(|text| text.get().trim_matches('"'));
    Named {
        day: start.and_then(|text| text.get(..DATE_LENGTH)?.parse().ok()),
        ..Named::of(raw, &["id", "campaign_id", "ad_set_id", "entity_id"], "")
    }
}

/// Text that is not there may be empty.
fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn time(field: &'static str, text: Option<String>) -> Result<Option<Timestamp>, Unreadable> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let instant = text.parse().map_err(|_| Unreadable::Time(field))?;
    Ok(said(instant))
}

/// The id of an object.
pub fn id_of(row: &Row) -> Option<&str> {
    match row {
        Row::AdCampaign(campaign) => Some(&campaign.campaign_id),
        Row::AdSet(ad_set) => Some(&ad_set.ad_set_id),
        Row::Ad(ad) => Some(&ad.ad_id),
        _ => None,
    }
}
