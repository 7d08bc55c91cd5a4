//! From what Spotify Ads sends to the project's rows.

use std::collections::BTreeMap;

use ::rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdCampaign, AdLevel, AdMetrics, AdSet},
    money::RawSpend,
};
use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use serde_json::value::RawValue;

use super::wire;
use crate::{
    account::Account,
    failure::Failure,
    reading::{
        accounts::Called,
        ads::{self, Definitions},
        dates::instant,
        elements::{Named, Unreadable},
        wire::{Count, Exact, Id, Identified, not_empty},
    },
};

/// How ad accounts are called.
pub const CALLED: Called = Called { provider: "Spotify", word: "ad account " };
/// What `video_views` counts: views of three seconds.
const THREE_SECONDS: &str = "3s";
/// The fields of a report that the table has, beside conversions.
const FIELDS: [&str; 7] = ["IMPRESSIONS", "CLICKS", "SPEND", "VIDEO_VIEWS", "COMPLETES", "REACH", "REVENUE"];

/// Whose rows these are, and what they count.
pub type Owner<'a> = ads::Owner<&'a Counted>;

/// What is counted: shared by all rows of a connection.
#[derive(Debug)]
pub struct Counted {
    /// The fields that are added to conversions.
    pub conversions: Vec<String>,
    definitions: Definitions,
}

// === impl Counted ===

impl Counted {
    /// What counts as a conversion: fields of a report.
    pub fn new(conversions: Vec<String>) -> Self {
        let definitions = Definitions::new(&conversions.join("+"), THREE_SECONDS);
        Self { conversions, definitions }
    }
}

/// Of an account that the check found.
pub fn owner<'a>(account: &Account, counted: &'a Counted) -> Result<Owner<'a>, Failure> {
    Owner::of(account, CALLED, counted, counted.definitions.clone())
}

/// A campaign.
pub fn campaign(wire: wire::Campaign, owner: &Owner<'_>) -> Result<Row, Unreadable> {
    Ok(Row::AdCampaign(AdCampaign {
        name: not_empty(wire.name),
        status: not_empty(wire.status),
        objective: not_empty(wire.objective),
        created_at: instant(wire.created_at.as_deref(), "created_at")?,
        updated_at: instant(wire.updated_at.as_deref(), "updated_at")?,
        ..owner.campaign(wire.id.0)
    }))
}

/// An ad set.
pub fn ad_set(wire: wire::AdSet, owner: &Owner<'_>) -> Result<Row, Unreadable> {
    let wire::Budget { micro_amount, kind, currency } = wire.budget.unwrap_or_default();
    if not_empty(currency).is_some_and(|code| Currency::parse(&code) != Ok(owner.currency)) {
        return Err(Unreadable::Currency("budget.currency"));
    }
    let budget = |of: &str| {
        let micros = micro_amount.filter(|_| kind.as_deref() == Some(of));
        micros.map(|Count(micros)| Micros(micros))
    };
    Ok(Row::AdSet(AdSet {
        name: not_empty(wire.name),
        status: not_empty(wire.status),
        optimization_goal: not_empty(wire.delivery_goal),
        billing_event: not_empty(wire.cost_model),
        daily_budget: budget("DAILY"),
        lifetime_budget: budget("LIFETIME"),
        start_at: instant(wire.start_time.as_deref(), "start_time")?,
        end_at: instant(wire.end_time.as_deref(), "end_time")?,
        created_at: instant(wire.created_at.as_deref(), "created_at")?,
        updated_at: instant(wire.updated_at.as_deref(), "updated_at")?,
        ..owner.ad_set(wire.campaign_id.0, wire.id.0)
    }))
}

/// An ad. `campaign_of` tells the campaign of an ad set.
pub fn ad(
    wire: wire::Ad,
    owner: &Owner<'_>,
    campaign_of: impl Fn(&str) -> Result<String, Unreadable>,
) -> Result<Row, Unreadable> {
    let campaign_id = campaign_of(&wire.ad_set_id.0)?;
    Ok(Row::Ad(Ad {
        name: not_empty(wire.name),
        status: not_empty(wire.status),
        created_at: instant(wire.created_at.as_deref(), "created_at")?,
        updated_at: instant(wire.updated_at.as_deref(), "updated_at")?,
        ..owner.ad(campaign_id, wire.ad_set_id.0, wire.id.0)
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
    let Id(id) = wire.entity_id;
    if level == AdLevel::Campaign {
        return Ok(owner.campaign_day(id, date, metrics));
    }
    let Identified { id: Id(ad_set) } = wire.parent_entity.ok_or(Unreadable::Missing("parent_entity"))?;
    Ok(owner.ad_day([campaign_of(&ad_set)?, ad_set, id], date, metrics))
}

/// Spotify's word for what a level's rows are of. Reports by ad set are not read.
pub fn entity_type(level: AdLevel) -> &'static str {
    if level == AdLevel::Campaign { "CAMPAIGN" } else { "AD" }
}

/// The fields that a report is asked for: those of the table, and what counts as a conversion.
pub fn fields(counted: &Counted) -> impl Iterator<Item = &str> {
    let more = counted.conversions.iter().map(String::as_str).filter(|field| !FIELDS.contains(field));
    FIELDS.into_iter().chain(more)
}

/// A row's numbers. What it leaves out, and what is masked, is unknown.
fn metrics(stats: &[wire::Stat], conversions: &[String]) -> Result<AdMetrics, Unreadable> {
    let told: BTreeMap<&str, Exact> =
        stats.iter().filter_map(|stat| Some((stat.field_type.as_str(), stat.field_value?))).collect();
    let unmasked = |field: &str| told.get(field).filter(|Exact(number)| !number.is_negative());
    let count = |field| unmasked(field).map(|number| number.whole(field)).transpose();
    let amount = |number: Option<&Exact>, field| number.map(|number| number.micros(field)).transpose();
    let converted = conversions.iter().map(|field| amount(unmasked(field), "conversions"));
    let converted: Vec<Option<Micros>> = converted.collect::<Result<_, _>>()?;
    Ok(AdMetrics {
        impressions: count("IMPRESSIONS")?,
        clicks: count("CLICKS")?,
        spend: amount(told.get("SPEND"), "SPEND")?.map(RawSpend),
        conversions: ads::sum_of_amounts("conversions", converted)?,
        conversion_value: amount(unmasked("REVENUE"), "REVENUE")?,
        video_views: count("VIDEO_VIEWS")?,
        video_completions: count("COMPLETES")?,
        reach: count("REACH")?,
        ..AdMetrics::default()
    })
}

/// The day that a row begins with, of which it must not go beyond.
fn day(wire: &wire::ReportRow) -> Result<Day, Unreadable> {
    let time = |text: &str, field| text.parse::<Timestamp>().map_err(|_| Unreadable::Date(field));
    let start = time(&wire.start_time, "start_time")?;
    let end = wire.end_time.as_deref().map_or(Ok(start), |end| time(end, "end_time"))?;
    let local = start.to_zoned_datetime(TimeZone::UTC);
    let is_one_day =
        (SignedDuration::ZERO..=SignedDuration::from_hours(24)).contains(&end.duration_since(start));
    let is_day = is_one_day && local.time() == Time::midnight();
    is_day.then(|| local.date()).ok_or(Unreadable::Date("start_time"))
}

/// What may be repeated of an element that cannot be read: its ids and its day.
pub fn named(raw: &RawValue) -> Named {
    Named::of(raw, &["id", "campaign_id", "ad_set_id", "entity_id"], "start_time")
}
