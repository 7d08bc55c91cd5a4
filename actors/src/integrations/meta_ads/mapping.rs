//! From what Meta sends to the project's rows.

use std::sync::Arc;

use jiff::Timestamp;
use rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdCampaign, AdMetrics, AdSet},
    instant::said,
    money::RawSpend,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    paged_list::ListPage,
    wire::{self, ActionStats},
};
use crate::{
    failure::Failure,
    reading::{
        accounts::Told,
        ads::{self, Definitions},
        elements::{Elements, Named, Unreadable},
        wire::{Asked, Count, Scalar as _, Text},
    },
};

/// `2024-03-12T15:02:47-0700`: no colon in the offset.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%z";
/// The action type of a video view of three seconds: what `video_views` counts.
pub const VIDEO_VIEW: &str = "video_view";
/// The action type of likes, comments, shares, clicks and views of a post, as Meta sums them.
const POST_ENGAGEMENT: &str = "post_engagement";
/// The country of people whose country Meta does not know, and our word for it.
const UNKNOWN_COUNTRY: (&str, &str) = ("unknown", "ZZ");
/// Currencies without minor unit: their budgets are in whole units.
const OFFSET_ONE_CURRENCIES: [&str; 11] =
    ["CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"];

/// Whose rows these are. What they count is said by report.
pub type Owner = ads::Owner<()>;

/// How rows of a report are read.
#[derive(Debug, Clone)]
pub struct InsightsMapping {
    /// Whose they are.
    pub owner: Owner,
    /// Level of the rows, and whether they are broken down by country.
    pub shape: Shape,
    /// Whether reach was asked for.
    pub reach: bool,
    /// The action type that counts as a conversion.
    pub conversion: Option<Arc<str>>,
    /// The action type that counts as a view.
    pub view: Arc<str>,
}

/// What a row of a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A campaign.
    Campaign,
    /// An ad.
    Ad,
    /// A campaign in a country.
    Country,
}

/// Reads a page; `place` names it. Gives the cursor of the next page, too, if there is one.
pub fn read_page<'a, T: Deserialize<'a>>(
    place: &str,
    page: &'a ListPage,
    read: impl Fn(T) -> Result<Row, Unreadable>,
) -> Result<(Elements<Row>, Option<String>), Failure> {
    page.read(place, |raw| Named::of(raw, &["id", "campaign_id", "adset_id", "ad_id"], "date_start"), read)
}

/// An ad account, described.
pub fn told(id: String, wire: wire::AdAccount) -> Told {
    let wire::AdAccount { name, account_status: status, currency, timezone_name: time_zone, .. } = wire;
    Told { id, name, status: status.map(|code| account_status(&code.0)), currency, time_zone }
}

/// The id of an element of a list, as far as it can be read, without decoration.
pub fn element_id(raw: &RawValue) -> Option<String> {
    let (_, id) = Named::of(raw, &["id"], "").fields.pop()?;
    let id = id.strip_prefix("act_").unwrap_or(&id);
    id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.to_owned())
}

/// Meta's name of an account status; a code that is not known stays a number.
fn account_status(code: &str) -> String {
    match code {
        "1" => "ACTIVE",
        "2" => "DISABLED",
        "3" => "UNSETTLED",
        "7" => "PENDING_RISK_REVIEW",
        "8" => "PENDING_SETTLEMENT",
        "9" => "IN_GRACE_PERIOD",
        "100" => "PENDING_CLOSURE",
        "101" => "CLOSED",
        "201" => "ANY_ACTIVE",
        "202" => "ANY_CLOSED",
        other => other,
    }
    .to_owned()
}

/// An object of `/campaigns`.
pub fn campaign(wire: wire::Campaign<'_>, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::AdCampaign(AdCampaign {
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        objective: wire.objective,
        daily_budget: budget("daily_budget", wire.daily_budget.as_ref(), owner.currency)?,
        lifetime_budget: budget("lifetime_budget", wire.lifetime_budget.as_ref(), owner.currency)?,
        start_at: time("start_time", wire.start_time.as_deref())?,
        end_at: time("stop_time", wire.stop_time.as_deref())?,
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
        ..owner.campaign(wire.id.0)
    }))
}

/// An object of `/adsets`.
pub fn ad_set(wire: wire::AdSet<'_>, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::AdSet(AdSet {
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        optimization_goal: wire.optimization_goal,
        billing_event: wire.billing_event,
        daily_budget: budget("daily_budget", wire.daily_budget.as_ref(), owner.currency)?,
        lifetime_budget: budget("lifetime_budget", wire.lifetime_budget.as_ref(), owner.currency)?,
        start_at: time("start_time", wire.start_time.as_deref())?,
        end_at: time("end_time", wire.end_time.as_deref())?,
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
        ..owner.ad_set(wire.campaign_id.0, wire.id.0)
    }))
}

/// An object of `/ads`.
pub fn ad(wire: wire::Ad, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::Ad(Ad {
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        creative_id: wire.creative.map(|creative| creative.id.0),
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
        ..owner.ad(wire.campaign_id.0, wire.adset_id.0, wire.id.0)
    }))
}

/// A row of `/insights`.
pub fn insights(wire: wire::Insights<'_>, mapping: &InsightsMapping) -> Result<Row, Unreadable> {
    if let Some(currency) = &wire.account_currency
        && Currency::parse(&currency.0) != Ok(mapping.owner.currency)
    {
        return Err(Unreadable::Currency("account_currency"));
    }
    let metrics = metrics(&wire, mapping)?;
    let date = day(wire.date_start.as_ref(), wire.date_stop.as_ref())?;
    let campaign_id = id("campaign_id", wire.campaign_id)?;
    let definitions =
        Definitions { conversion: mapping.conversion.clone(), view: Some(Arc::clone(&mapping.view)) };
    let owner = Owner { definitions, ..mapping.owner.clone() };
    Ok(match mapping.shape {
        Shape::Campaign => owner.campaign_day(campaign_id, date, metrics),
        Shape::Ad => {
            let (ad_set_id, ad_id) = (id("adset_id", wire.adset_id)?, id("ad_id", wire.ad_id)?);
            owner.ad_day([campaign_id, ad_set_id, ad_id], date, metrics)
        }
        Shape::Country => {
            Row::AdCountry(owner.country_day(campaign_id, country(wire.country)?, date, metrics))
        }
    })
}

/// The numbers. Meta leaves metrics without data out of a delivered row: what was asked for and is absent is zero. What it
/// says is `null` is unknown.
fn metrics(wire: &wire::Insights<'_>, mapping: &InsightsMapping) -> Result<AdMetrics, Unreadable> {
    let (conversions, conversion_value) = match &mapping.conversion {
        // Without a definition nobody knows what a conversion is.
        None => (None, None),
        Some(action_type) => (
            conversion("actions", action_type, [&wire.actions, &wire.conversions])?,
            conversion("action_values", action_type, [&wire.action_values, &wire.conversion_values])?,
        ),
    };
    Ok(AdMetrics {
        impressions: metric(&wire.impressions, 0, |text| count("impressions", text))?,
        clicks: metric(&wire.inline_link_clicks, 0, |text| count("inline_link_clicks", text))?,
        clicks_all: metric(&wire.clicks, 0, |text| count("clicks", text))?,
        spend: metric(&wire.spend, Micros::ZERO, |text| decimal("spend", text))?.map(RawSpend),
        conversions,
        conversion_value,
        video_views: action_count("actions", &mapping.view, &wire.actions)?,
        video_completions: action_count(
            "video_p100_watched_actions",
            VIDEO_VIEW,
            &wire.video_p100_watched_actions,
        )?,
        engagements: action_count("actions", POST_ENGAGEMENT, &wire.actions)?,
        reach: if mapping.reach { metric(&wire.reach, 0, |text| count("reach", text))? } else { None },
    })
}

fn metric<T>(
    asked: &Asked<Text<'_>>,
    zero: T,
    read: impl Fn(&Text<'_>) -> Result<T, Unreadable>,
) -> Result<Option<T>, Unreadable> {
    match asked {
        Asked::Absent => Ok(Some(zero)),
        Asked::Null => Ok(None),
        Asked::Said(text) => read(text).map(Some),
    }
}

type Actions<'a> = Asked<Vec<ActionStats<'a>>>;

/// The one action of this type. Action types overlap, so they are never summed.
fn action<'a>(action_type: &str, actions: &'a Actions<'a>) -> Option<&'a ActionStats<'a>> {
    let Asked::Said(actions) = actions else { return None };
    actions.iter().find(|action| action.action_type.0 == action_type)
}

/// The configured action from the first list that has it; none has it = zero; it has no `value`, or a list in which it could
/// be is null = unknown.
fn conversion(
    field: &'static str,
    action_type: &str,
    lists: [&Actions<'_>; 2],
) -> Result<Option<Micros>, Unreadable> {
    match lists.into_iter().find_map(|actions| action(action_type, actions)) {
        None if lists.contains(&&Asked::Null) => Ok(None),
        None => Ok(Some(Micros::ZERO)),
        Some(action) => action.value.as_ref().map(|value| decimal(field, value)).transpose(),
    }
}

/// As [`conversion`], in whole numbers.
fn action_count(
    field: &'static str,
    action_type: &str,
    actions: &Actions<'_>,
) -> Result<Option<i64>, Unreadable> {
    match action(action_type, actions) {
        None if *actions == Asked::Null => Ok(None),
        None => Ok(Some(0)),
        Some(action) => action.value.as_ref().map(|value| count(field, value)).transpose(),
    }
}

fn decimal(field: &'static str, value: &Text<'_>) -> Result<Micros, Unreadable> {
    Micros::read(&value.0).map_err(|_| Unreadable::Money(field))
}

/// `512` and `512.0` are whole numbers.
fn count(field: &'static str, value: &Text<'_>) -> Result<i64, Unreadable> {
    Count::read(&value.0).map(|count| count.0).map_err(|_| Unreadable::Count(field))
}

/// A budget: minor units, unlike spend. Of the two kinds that there are, the one that is not used is 0 or absent.
fn budget(
    field: &'static str,
    value: Option<&Text<'_>>,
    currency: Currency,
) -> Result<Option<Micros>, Unreadable> {
    let exponent = if OFFSET_ONE_CURRENCIES.contains(&currency.as_str()) { 0 } else { 2 };
    value
        .map(|value| {
            let minor = value.0.parse().map_err(|_| Unreadable::Money(field))?;
            Micros::from_minor(minor, exponent).ok_or(Unreadable::Money(field))
        })
        .transpose()
        .map(|budget| budget.filter(|budget| budget.0 > 0))
}

/// Meta writes a time that it does not have as the second before 1970, and "for ever" as the end of years; an empty text is none
/// either.
fn time(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    let is_said = |text: &&str| !text.is_empty() && !text.starts_with("0000-") && !text.starts_with("9999-");
    let Some(text) = text.map(str::trim).filter(is_said) else { return Ok(None) };
    let time = Timestamp::strptime(TIME_FORMAT, text).map_err(|_| Unreadable::Time(field))?;
    Ok(said(time))
}

/// With `time_increment=1` a row is one day long.
fn day(start: Option<&Text<'_>>, stop: Option<&Text<'_>>) -> Result<Day, Unreadable> {
    let start = start.ok_or(Unreadable::Missing("date_start"))?;
    if stop.is_some_and(|stop| stop != start) {
        return Err(Unreadable::Date("date_stop"));
    }
    start.0.parse().map_err(|_| Unreadable::Date("date_start"))
}

fn id(field: &'static str, id: Option<Text<'_>>) -> Result<String, Unreadable> {
    id.filter(|id| !id.0.is_empty()).map(|id| id.0.into_owned()).ok_or(Unreadable::Missing(field))
}

fn country(country: Option<Text<'_>>) -> Result<String, Unreadable> {
    let country = id("country", country)?;
    let (unknown, ours) = UNKNOWN_COUNTRY;
    Ok(match country.len() {
        _ if country.eq_ignore_ascii_case(unknown) => ours.to_owned(),
        2 => country.to_ascii_uppercase(),
        _ => country,
    })
}

#[cfg(test)]
mod tests;
