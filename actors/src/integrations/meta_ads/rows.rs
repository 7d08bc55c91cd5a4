//! From what Meta sends to the project's rows.

use std::{fmt::Write as _, sync::Arc};

use jiff::Timestamp;
use rows::{
    Currency, Day, Micros, Row,
    ads::{Ad, AdAccount, AdCampaign, AdCountry, AdLevel, AdMetrics, AdPerformance, AdSet},
    instant::said,
    money::RawSpend,
    quarantine::Quarantined,
    zone::zone,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{
    edge::EdgePage,
    wire::{self, ActionStats, Asked, Scalar, Text},
};
use crate::{failure::Failure, integration::Account};

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
/// Ids are numbers of up to 18 digits; whatever is longer is not repeated in quarantine.
const ID_LENGTH_MAX: usize = 32;

/// Whose rows these are.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Without `act_`.
    pub account_id: String,
    /// The account's.
    pub currency: Currency,
}

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

/// Why a row cannot be read. Texts hold field names, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not the documented shape.
    #[error("not the documented shape ({0})")]
    Malformed(String),
    /// A field without which the row has no key.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Not a decimal number, or too large.
    #[error("{0} is not a decimal number that fits")]
    Money(&'static str),
    /// Not a whole number of at least 0.
    #[error("{0} is not a whole number of at least 0")]
    Count(&'static str),
    /// Not a day, or not exactly one.
    #[error("{0} is not the date of one day")]
    Date(&'static str),
    /// Not a point in time.
    #[error("{0} is not a time such as 2024-03-12T15:02:47-0700")]
    Time(&'static str),
    /// Amounts in another currency than the account's.
    #[error("account_currency is not the account's currency")]
    Currency,
}

// === impl Owner ===

impl Owner {
    /// Of an account that `check` found.
    pub fn of(account: &Account) -> Result<Self, Failure> {
        let currency = account.currency.ok_or_else(|| Failure::Permanent {
            reason: format!("ad account act_{}: its currency is not known", account.id),
        })?;
        Ok(Self { account_id: account.id.clone(), currency })
    }
}

// === impl Unreadable ===

impl Unreadable {
    /// The word for the metric's label.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Missing(_) => "missing_field",
            Self::Money(_) => "money",
            Self::Count(_) => "count",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::Currency => "currency",
        }
    }
}

/// What a page holds.
#[derive(Debug)]
pub struct Elements {
    /// What was understood.
    pub rows: Vec<Row>,
    /// What was not.
    pub quarantined: Vec<Quarantined>,
    /// The cursor of the next page, if there is one.
    pub after: Option<String>,
}

/// Reads a page: in one go, or, where an element of it cannot be read, each on its own; that one is then kept aside.
/// `place` names the page.
pub fn read_page<'a, T: Deserialize<'a>>(
    place: &str,
    page: &'a EdgePage,
    read: impl Fn(T) -> Result<Row, Unreadable>,
) -> Result<Elements, Failure> {
    if let Some(listing) = page.at_once()
        && let Ok(rows) = listing.data.into_iter().map(&read).collect()
    {
        return Ok(Elements { rows, quarantined: Vec::new(), after: page.after(listing.paging)? });
    }
    let listing = page.elements()?;
    let mut rows = Vec::with_capacity(listing.data.len());
    let mut quarantined = Vec::new();
    for (index, raw) in listing.data.iter().enumerate() {
        match parse(raw).and_then(&read) {
            Ok(row) => rows.push(row),
            Err(unreadable) => quarantined.push(quarantine(place, index, raw, &unreadable)),
        }
    }
    Ok(Elements { rows, quarantined, after: page.after(listing.paging)? })
}

fn quarantine(place: &str, index: usize, raw: &RawValue, unreadable: &Unreadable) -> Quarantined {
    let named: wire::Named = serde_json::from_str(raw.get()).unwrap_or_default();
    let fields = [
        ("id", &named.id),
        ("campaign_id", &named.campaign_id),
        ("adset_id", &named.adset_id),
        ("ad_id", &named.ad_id),
    ];
    Quarantined {
        reason: unreadable.reason(),
        detail: unreadable.to_string(),
        place: format!("{place}, element {index}"),
        hash: hex(&Sha256::digest(raw.get().as_bytes())),
        fields: fields
            .into_iter()
            .filter_map(|(name, raw)| Some((name, id_text(raw.as_deref()?)?)))
            .collect(),
        day: named.date_start.and_then(|raw| serde_json::from_str::<&str>(raw.get()).ok()?.parse().ok()),
    }
}

/// An id, if it looks like one: nothing else of a row that cannot be read is repeated.
fn id_text(raw: &RawValue) -> Option<String> {
    let text = raw.get().trim_matches('"');
    (!text.is_empty() && text.len() <= ID_LENGTH_MAX && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Unreadable> {
    serde_json::from_str(raw.get()).map_err(|error| {
        // Category and position only: the error's own text may quote the row.
        Unreadable::Malformed(format!("{:?} error at column {}", error.classify(), error.column()))
    })
}

/// An ad account.
pub fn account(id: &str, wire: wire::AdAccount) -> Row {
    Row::AdAccount(AdAccount {
        account_id: id.to_owned(),
        name: wire.name,
        status: wire.account_status.map(|code| account_status(&code.0)),
        currency: wire.currency.and_then(|code| Currency::parse(&code).ok()),
        time_zone: wire.timezone_name.filter(|name| zone(name).is_some()),
    })
}

/// The id of an element of a list, as far as it can be read, without decoration.
pub fn element_id(raw: &RawValue) -> Option<String> {
    let named: wire::Named = serde_json::from_str(raw.get()).ok()?;
    let text: Scalar = serde_json::from_str(named.id?.get()).ok()?;
    let id = text.0.strip_prefix("act_").unwrap_or(&text.0);
    (!id.is_empty() && id.len() <= ID_LENGTH_MAX && id.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| id.to_owned())
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
pub fn campaign(wire: wire::Campaign, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::AdCampaign(AdCampaign {
        account_id: owner.account_id.clone(),
        campaign_id: id("id", Some(wire.id))?,
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        objective: wire.objective,
        daily_budget: budget("daily_budget", wire.daily_budget.as_ref(), owner.currency)?,
        lifetime_budget: budget("lifetime_budget", wire.lifetime_budget.as_ref(), owner.currency)?,
        currency: Some(owner.currency),
        start_at: time("start_time", wire.start_time.as_deref())?,
        end_at: time("stop_time", wire.stop_time.as_deref())?,
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
        learning: None,
    }))
}

/// An object of `/adsets`.
pub fn ad_set(wire: wire::AdSet, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::AdSet(AdSet {
        account_id: owner.account_id.clone(),
        campaign_id: id("campaign_id", Some(wire.campaign_id))?,
        ad_set_id: id("id", Some(wire.id))?,
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        optimization_goal: wire.optimization_goal,
        billing_event: wire.billing_event,
        daily_budget: budget("daily_budget", wire.daily_budget.as_ref(), owner.currency)?,
        lifetime_budget: budget("lifetime_budget", wire.lifetime_budget.as_ref(), owner.currency)?,
        currency: Some(owner.currency),
        start_at: time("start_time", wire.start_time.as_deref())?,
        end_at: time("end_time", wire.end_time.as_deref())?,
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
        learning: None,
    }))
}

/// An object of `/ads`.
pub fn ad(wire: wire::Ad, owner: &Owner) -> Result<Row, Unreadable> {
    Ok(Row::Ad(Ad {
        account_id: owner.account_id.clone(),
        campaign_id: id("campaign_id", Some(wire.campaign_id))?,
        ad_set_id: id("adset_id", Some(wire.adset_id))?,
        ad_id: id("id", Some(wire.id))?,
        name: wire.name,
        status: wire.status,
        effective_status: wire.effective_status,
        creative_id: wire.creative.map(|creative| creative.id.0),
        created_at: time("created_time", wire.created_time.as_deref())?,
        updated_at: time("updated_time", wire.updated_time.as_deref())?,
    }))
}

/// A row of `/insights`.
pub fn insights(wire: wire::Insights<'_>, mapping: &InsightsMapping) -> Result<Row, Unreadable> {
    if let Some(currency) = &wire.account_currency
        && Currency::parse(&currency.0) != Ok(mapping.owner.currency)
    {
        return Err(Unreadable::Currency);
    }
    let metrics = metrics(&wire, mapping)?;
    let date = day(wire.date_start.as_ref(), wire.date_stop.as_ref())?;
    let campaign_id = id("campaign_id", owned(wire.campaign_id))?;
    let Owner { account_id, currency } = mapping.owner.clone();
    let (conversion_definition, view_definition) = (mapping.conversion.clone(), Some(mapping.view.clone()));
    let (level, ad_set_id, ad_id) = match mapping.shape {
        Shape::Campaign => (AdLevel::Campaign, String::new(), String::new()),
        Shape::Ad => (AdLevel::Ad, id("adset_id", owned(wire.adset_id))?, id("ad_id", owned(wire.ad_id))?),
        Shape::Country => {
            return Ok(Row::AdCountry(AdCountry {
                account_id,
                campaign_id,
                country: country(owned(wire.country).map(|Scalar(country)| country))?,
                date,
                currency,
                metrics,
                conversion_definition,
                view_definition,
            }));
        }
    };
    Ok(Row::AdPerformance(AdPerformance {
        account_id,
        level,
        campaign_id,
        ad_set_id,
        ad_id,
        date,
        currency,
        metrics,
        conversion_definition,
        view_definition,
    }))
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
    Micros::parse(&value.0).map_err(|_| Unreadable::Money(field))
}

/// `512` and `512.0` are whole numbers.
fn count(field: &'static str, value: &Text<'_>) -> Result<i64, Unreadable> {
    // As micros, the largest counts would not fit.
    if let Some(whole) = value.0.parse::<i64>().ok().filter(|whole| *whole >= 0) {
        return Ok(whole);
    }
    let micros = decimal(field, value).map_err(|_| Unreadable::Count(field))?;
    let whole = micros.0 >= 0 && micros.0 % Micros::ONE.0 == 0;
    whole.then_some(micros.0 / Micros::ONE.0).ok_or(Unreadable::Count(field))
}

/// A budget: minor units, unlike spend. Of the two kinds that there are, the one that is not used is 0 or absent.
fn budget(
    field: &'static str,
    value: Option<&Scalar>,
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

fn owned(text: Option<Text<'_>>) -> Option<Scalar> {
    text.map(|text| Scalar(text.0.into_owned()))
}

fn id(field: &'static str, id: Option<Scalar>) -> Result<String, Unreadable> {
    id.map(|Scalar(id)| id).filter(|id| !id.is_empty()).ok_or(Unreadable::Missing(field))
}

fn country(country: Option<String>) -> Result<String, Unreadable> {
    let country = country.filter(|country| !country.is_empty()).ok_or(Unreadable::Missing("country"))?;
    let (unknown, ours) = UNKNOWN_COUNTRY;
    Ok(match country.len() {
        _ if country.eq_ignore_ascii_case(unknown) => ours.to_owned(),
        2 => country.to_ascii_uppercase(),
        _ => country,
    })
}

#[cfg(test)]
mod tests;
