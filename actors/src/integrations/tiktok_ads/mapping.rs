//! From what TikTok sends to the project's rows.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
};

use rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdAccount, AdCampaign, AdCountry, AdLevel, AdMetrics, AdPerformance, AdSet, REMOVED},
    money::RawSpend,
    zone::zone,
};
use serde_json::value::RawValue;

use super::{settings::Conversion, wire};
use crate::{
    account::Account,
    failure::Failure,
    reading::{
        elements::{Named, Unreadable},
        unplaced::UNKNOWN,
        wire::{Count, Dashed, Exact, NumericId},
    },
};

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
#[derive(Debug, Clone)]
pub struct Owner {
    account_id: String,
    currency: Currency,
    conversion: Conversion,
    /// Its name, and that of what counts as a view: shared by all rows.
    definitions: [Arc<str>; 2],
}

/// A row, and what its element is known by among all of its list.
pub type Keyed<R = Row> = (u64, R);

// === impl Owner ===

impl Owner {
    /// Of an account that `check` found.
    pub fn of(account: &Account, conversion: Conversion) -> Result<Self, Failure> {
        let currency = account.currency.ok_or_else(|| Failure::Permanent {
            reason: format!("advertiser {}: its currency is not known", account.id),
        })?;
        let definitions = [conversion.as_str(), TWO_SECONDS].map(Arc::from);
        Ok(Self { account_id: account.id.clone(), currency, conversion, definitions })
    }

    fn definitions(&self) -> (Option<Arc<str>>, Option<Arc<str>>) {
        let [conversion, view] = self.definitions.clone();
        (Some(conversion), Some(view))
    }
}

/// The advertiser as a row. What nobody knows is unknown.
pub fn account(wire: wire::Advertiser) -> Row {
    Row::AdAccount(AdAccount {
        account_id: wire.advertiser_id.0,
        name: wire.name,
        status: wire.status,
        currency: wire.currency.and_then(|code| Currency::parse(&code).ok()),
        time_zone: wire.timezone.filter(|name| zone(name).is_some()),
    })
}

/// A campaign. The zone of its times is not known, so that they are left out.
pub fn campaign(wire: wire::Campaign, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let (daily_budget, lifetime_budget) = budgets(wire.budget, wire.budget_mode.as_deref())?;
    let key = key(&wire.campaign_id);
    let row = Row::AdCampaign(AdCampaign {
        account_id: owner.account_id.clone(),
        campaign_id: wire.campaign_id.0,
        name: wire.campaign_name,
        status,
        effective_status,
        objective: wire.objective_type,
        daily_budget,
        lifetime_budget,
        currency: Some(owner.currency),
        start_at: None,
        end_at: None,
        created_at: None,
        updated_at: None,
        learning: None,
    });
    Ok((key, row))
}

/// An ad group.
pub fn ad_group(wire: wire::AdGroup, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let (daily_budget, lifetime_budget) = budgets(wire.budget, wire.budget_mode.as_deref())?;
    let key = key(&wire.adgroup_id);
    let row = Row::AdSet(AdSet {
        account_id: owner.account_id.clone(),
        campaign_id: wire.campaign_id.0,
        ad_set_id: wire.adgroup_id.0,
        name: wire.adgroup_name,
        status,
        effective_status,
        optimization_goal: wire.optimization_goal,
        billing_event: wire.billing_event,
        daily_budget,
        lifetime_budget,
        currency: Some(owner.currency),
        start_at: None,
        end_at: None,
        created_at: None,
        updated_at: None,
        learning: None,
    });
    Ok((key, row))
}

/// An ad. What it shows is a post where it is a Spark Ad, else a video.
pub fn ad(wire: wire::Ad, owner: &Owner) -> Keyed {
    let (status, effective_status) = statuses(wire.operation_status, wire.secondary_status);
    let key = key(&wire.ad_id);
    let post = wire.tiktok_item_id.0.map(|NumericId(post)| post);
    let row = Row::Ad(Ad {
        account_id: owner.account_id.clone(),
        campaign_id: wire.campaign_id.0,
        ad_set_id: wire.adgroup_id.0,
        ad_id: wire.ad_id.0,
        name: wire.ad_name,
        status,
        effective_status,
        creative_id: post.or(wire.video_id).filter(|id| !id.is_empty()),
        created_at: None,
        updated_at: None,
    });
    (key, row)
}

/// A campaign, or an ad, on one day.
pub fn performance(line: wire::Line, level: AdLevel, owner: &Owner) -> Result<Keyed, Unreadable> {
    let (key, date) = (key(&line.dimensions), date(&line.dimensions)?);
    let metrics = metrics(&line.metrics, owner.conversion)?;
    let (campaign_id, ad_set_id, ad_id) = match level {
        // What is above an ad stands among its metrics.
        AdLevel::Ad => (
            id("metrics.campaign_id", line.metrics.campaign_id)?,
            id("metrics.adgroup_id", line.metrics.adgroup_id)?,
            id("ad_id", line.dimensions.ad_id)?,
        ),
        AdLevel::Campaign | AdLevel::AdSet => {
            (id("campaign_id", line.dimensions.campaign_id)?, String::new(), String::new())
        }
    };
    let (conversion_definition, view_definition) = owner.definitions();
    let row = Row::AdPerformance(AdPerformance {
        account_id: owner.account_id.clone(),
        level,
        campaign_id,
        ad_set_id,
        ad_id,
        date,
        currency: owner.currency,
        metrics,
        conversion_definition,
        view_definition,
    });
    Ok((key, row))
}

/// A campaign in a country on one day.
pub fn in_country(line: wire::Line, owner: &Owner) -> Result<Keyed<AdCountry>, Unreadable> {
    let (key, date) = (key(&line.dimensions), date(&line.dimensions)?);
    let metrics = metrics(&line.metrics, owner.conversion)?;
    let campaign_id = id("campaign_id", line.dimensions.campaign_id)?;
    let country = country(line.dimensions.country_code.as_deref()).unwrap_or_else(|| UNKNOWN.to_owned());
    Ok((key, country_row(campaign_id, country, date, metrics, owner)))
}

/// The same, once its numbers are known.
pub fn country_row(
    campaign_id: String,
    country: String,
    date: Day,
    metrics: AdMetrics,
    owner: &Owner,
) -> AdCountry {
    let (account_id, currency) = (owner.account_id.clone(), owner.currency);
    let (conversion_definition, view_definition) = owner.definitions();
    AdCountry {
        account_id,
        campaign_id,
        country,
        date,
        currency,
        metrics,
        conversion_definition,
        view_definition,
    }
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
        engagements: sum("engagements", engagements)?,
        reach: count(wire.reach),
    })
}

/// Decimal numbers, added exactly.
fn amount<const N: usize>(
    field: &'static str,
    parts: [Dashed<Exact>; N],
) -> Result<Option<Micros>, Unreadable> {
    let mut micros = [None; N];
    for (micros, Dashed(said)) in micros.iter_mut().zip(parts) {
        *micros = said.map(|exact| exact.micros(field)).transpose()?.map(|Micros(micros)| micros);
    }
    Ok(sum(field, micros)?.map(Micros))
}

/// A sum with an unknown part is unknown.
fn sum<const N: usize>(field: &'static str, parts: [Option<i64>; N]) -> Result<Option<i64>, Unreadable> {
    let mut sum = 0_i64;
    for part in parts {
        let Some(part) = part else { return Ok(None) };
        sum = sum.checked_add(part).ok_or(Unreadable::TooLarge(field))?;
    }
    Ok(Some(sum))
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

/// What its owner asked for, and what is really happening. What TikTok calls deleted is removed in both.
fn statuses(operation: Option<String>, secondary: Option<String>) -> (Option<String>, Option<String>) {
    let is_deleted = secondary.as_deref().is_some_and(|status| status.ends_with(DELETED))
        || operation.as_deref() == Some("DELETE");
    if is_deleted {
        return (Some(REMOVED.to_owned()), Some(REMOVED.to_owned()));
    }
    (operation, secondary)
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
