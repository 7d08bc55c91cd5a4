//! From what TikTok sends to the project's rows.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher as _},
};

use rows::{
    Day, Micros, Row,
    ads::{Ad, AdCampaign, AdCountry, AdLevel, AdMetrics, AdSet},
    money::RawSpend,
};
use serde_json::value::RawValue;

use super::{settings::Conversion, wire};
use crate::{
    account::Account,
    failure::Failure,
    reading::{
        accounts::Called,
        ads::{self, Definitions},
        elements::{Named, Unreadable},
        unplaced::UNKNOWN,
        wire::{Count, Dashed, Exact, NumericId},
    },
};

/// How advertisers are called.
pub const CALLED: Called = Called { provider: "TikTok", word: "advertiser " };
/// What `video_views` counts: views of two seconds.
const TWO_SECONDS: &str = "2s";
/// How a status ends that says that an object, or what it is in, is deleted.
const DELETED: &str = "_DELETE";
/// Letters of `2026-11-21`.
const DATE_LENGTH: usize = 10;

/// What a row that cannot be read is known by.
pub const CAMPAIGN: &str = "campaign_id";
/// Its country, where it has one.
pub const COUNTRY: &str = "country_code";

/// Whose rows these are, and what they count.
pub type Owner = ads::Owner<Conversion>;

/// A row, and what its element is known by among all of its list.
pub type Keyed<R = Row> = (u64, R);

/// Of an account that the check found.
pub fn owner(account: &Account, conversion: Conversion) -> Result<Owner, Failure> {
    let definitions = Definitions::new(conversion.as_str(), TWO_SECONDS);
    Owner::of(account, CALLED, conversion, definitions)
}

/// A campaign. The zone of its times is not known, so that they are left out.
pub fn campaign(wire: wire::Campaign, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let (daily_budget, lifetime_budget) = budgets(wire.budget, wire.budget_mode.as_deref())?;
    let key = key(&wire.campaign_id);
    let row = Row::AdCampaign(AdCampaign {
        name: wire.campaign_name,
        status,
        effective_status,
        objective: wire.objective_type,
        daily_budget,
        lifetime_budget,
        ..owner.campaign(wire.campaign_id.0)
    });
    Ok((key, row))
}

/// An ad group.
pub fn ad_group(wire: wire::AdGroup, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let (daily_budget, lifetime_budget) = budgets(wire.budget, wire.budget_mode.as_deref())?;
    let key = key(&wire.adgroup_id);
    let row = Row::AdSet(AdSet {
        name: wire.adgroup_name,
        status,
        effective_status,
        optimization_goal: wire.optimization_goal,
        billing_event: wire.billing_event,
        daily_budget,
        lifetime_budget,
        ..owner.ad_set(wire.campaign_id.0, wire.adgroup_id.0)
    });
    Ok((key, row))
}

/// An ad. What it shows is a post where it is a Spark Ad, else a video.
pub fn ad(wire: wire::Ad, owner: &Owner) -> Keyed {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let key = key(&wire.ad_id);
    let post = wire.tiktok_item_id.0.map(|NumericId(post)| post);
    let row = Row::Ad(Ad {
        name: wire.ad_name,
        status,
        effective_status,
        creative_id: post.or(wire.video_id).filter(|id| !id.is_empty()),
        ..owner.ad(wire.campaign_id.0, wire.adgroup_id.0, wire.ad_id.0)
    });
    (key, row)
}

/// A campaign, or an ad, on one day.
pub fn performance(line: wire::Line, level: AdLevel, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (key, date) = (key(&line.dimensions), date(&line.dimensions)?);
    let metrics = metrics(&line.metrics, owner.counted)?;
    let row = match level {
        // What is above an ad stands among its metrics.
        AdLevel::Ad => {
            let campaign = id("metrics.campaign_id", line.metrics.campaign_id)?;
            let ad_group = id("metrics.adgroup_id", line.metrics.adgroup_id)?;
            owner.ad_day([campaign, ad_group, id("ad_id", line.dimensions.ad_id)?], date, metrics)
        }
        AdLevel::Campaign | AdLevel::AdSet => {
            owner.campaign_day(id("campaign_id", line.dimensions.campaign_id)?, date, metrics)
        }
    };
    Ok((key, row))
}

/// A campaign in a country on one day.
pub fn in_country(line: wire::Line, owner: &Owner) -> Result<Keyed<AdCountry>, Unreadable> {
    let (key, date) = (key(&line.dimensions), date(&line.dimensions)?);
    let metrics = metrics(&line.metrics, owner.counted)?;
    let campaign_id = id("campaign_id", line.dimensions.campaign_id)?;
    let country = country(line.dimensions.country_code.as_deref()).unwrap_or_else(|| UNKNOWN.to_owned());
    Ok((key, owner.country_day(campaign_id, country, date, metrics)))
}

/// What may be repeated of an element that cannot be read: its ids, its day and its country.
pub fn named(raw: &RawValue) -> Named {
    const IDS: [&str; 3] = [CAMPAIGN, "adgroup_id", "ad_id"];
    let mut parts: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let (dimensions, metrics) = (parts.remove("dimensions"), parts.remove("metrics"));
    let mut named = Named::of(dimensions.unwrap_or(raw), &IDS, "");
    for (name, id) in metrics.map(|raw| Named::of(raw, &IDS, "").fields).unwrap_or_default() {
        if !named.fields.iter().any(|(known, _)| *known == name) {
            named.fields.push((name, id));
        }
    }
    let dimensions: Option<wire::Dimensions> =
        dimensions.and_then(|raw| serde_json::from_str(raw.get()).ok());
    named.day = dimensions.as_ref().and_then(|dimensions| date(dimensions).ok());
    let country = dimensions.and_then(|dimensions| country(dimensions.country_code.as_deref()));
    named.fields.extend(country.map(|country| (COUNTRY, country)));
    named
}

fn metrics(wire: &wire::Metrics, conversion: Conversion) -> Result<AdMetrics, Unreadable> {
    let count = |said: Dashed<Count>| said.0.map(|Count(count)| count);
    let wire::Metrics {
        conversion: converted,
        result,
        complete_payment,
        total_purchase,
        onsite_shopping,
        ..
    } = *wire;
    let conversions = match conversion {
        Conversion::Conversion => amount("conversion", [converted]),
        Conversion::Result => amount("result", [result]),
        Conversion::Purchases => amount("purchases", [complete_payment, total_purchase, onsite_shopping]),
    };
    let values =
        [wire.total_complete_payment_rate, wire.total_purchase_value, wire.total_onsite_shopping_value];
    let engagements = [wire.likes, wire.comments, wire.shares, wire.follows].map(count);
    Ok(AdMetrics {
        impressions: count(wire.impressions),
        clicks: count(wire.clicks),
        clicks_all: None,
        spend: amount("spend", [wire.spend])?.map(RawSpend),
        conversions: conversions?,
        conversion_value: amount("conversion_value", values)?,
        video_views: count(wire.video_watched_2s),
        video_completions: count(wire.video_views_p100),
        engagements: ads::sum("engagements", engagements)?,
        reach: count(wire.reach),
    })
}

/// Decimal numbers, added exactly.
fn amount<const N: usize>(
    field: &'static str,
    parts: [Dashed<Exact>; N],
) -> Result<Option<Micros>, Unreadable> {
    let parts = parts.into_iter().map(|Dashed(said)| said.map(|exact| exact.micros(field)).transpose());
    ads::sum_of_amounts(field, parts.collect::<Result<Vec<_>, _>>()?)
}

/// A day's and a life's budget, of which there is one at most. `BUDGET_MODE_INFINITE` is none.
fn budgets(said: Dashed<Exact>, mode: Option<&str>) -> Result<(Option<Micros>, Option<Micros>), Unreadable> {
    let budget = amount("budget", [said])?.filter(|budget| *budget > Micros::ZERO);
    Ok(match mode {
        Some("BUDGET_MODE_DAY" | "BUDGET_MODE_DYNAMIC_DAILY_BUDGET") => (budget, None),
        Some("BUDGET_MODE_TOTAL") => (None, budget),
        _ => (None, None),
    })
}

/// What TikTok calls deleted is removed.
fn statuses(operation: Option<String>, secondary: Option<String>) -> (Option<String>, Option<String>) {
    ads::statuses(operation, secondary, |word| word.ends_with(DELETED) || word == "DELETE")
}

/// The two letters; `None`, nothing and whatever is no code are no country.
fn country(said: Option<&str>) -> Option<String> {
    let is_code = |code: &&str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    said.filter(is_code).map(str::to_ascii_uppercase).filter(|code| code != UNKNOWN)
}

fn date(dimensions: &wire::Dimensions) -> Result<Day, Unreadable> {
    let said = dimensions.stat_time_day.as_deref().ok_or(Unreadable::Missing("stat_time_day"))?;
    let day = said.get(..DATE_LENGTH).and_then(|day| day.parse().ok());
    day.ok_or(Unreadable::Date("stat_time_day"))
}

fn id(field: &'static str, id: Option<NumericId>) -> Result<String, Unreadable> {
    id.map(|NumericId(id)| id).ok_or(Unreadable::Missing(field))
}

/// What an element is known by within one reading.
fn key(ids: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    ids.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
