//! What an insights request asks for.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::errors::MetaError;
use super::fields::{BREAKDOWNS, INSIGHTS_FIELDS, WINDOWS};
use super::params::{Filter, Params, top_level_names};
use super::seeding::days_before;
use super::world::Account;

/// History that insights reach back.
const HISTORY_MONTHS: i64 = 37;

/// What one row describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The account.
    Account,
    /// A campaign.
    Campaign,
    /// An ad set.
    AdSet,
    /// An ad.
    Ad,
}

impl Level {
    fn read(word: &str) -> Option<Self> {
        match word {
            "account" => Some(Self::Account),
            "campaign" => Some(Self::Campaign),
            "adset" => Some(Self::AdSet),
            "ad" => Some(Self::Ad),
            _ => None,
        }
    }
}

/// A checked insights request.
#[derive(Debug, Clone)]
pub(crate) struct InsightsQuery {
    pub(crate) level: Level,
    pub(crate) fields: Vec<String>,
    /// First and last day of every row asked for, both included.
    pub(crate) periods: Vec<(Date, Date)>,
    pub(crate) by_country: bool,
    pub(crate) windows: Vec<String>,
    pub(crate) filters: Vec<Filter>,
}

#[derive(Deserialize)]
struct Range {
    since: Date,
    until: Date,
}

impl InsightsQuery {
    /// Reads and checks the parameters, `level` being the one without a parameter of that name.
    pub(crate) fn read(
        params: &Params,
        account: &Account,
        level: Level,
        now: Timestamp,
    ) -> Result<Self, MetaError> {
        let today = now.to_zoned_datetime(account.zone.clone()).date();
        let (since, until) = range(params, today)?;
        let oldest = today.checked_sub(HISTORY_MONTHS.months()).unwrap_or(Date::MIN);
        if since < oldest {
            let message =
                "(#3018) The start date of the time range cannot be beyond 37 months from the current date";
            return Err(MetaError::new(400, 3018, message));
        }
        let level = match params.get("level") {
            None => level,
            Some(word) => Level::read(word).ok_or_else(|| {
                let message = "Param level must be one of {ad, adset, campaign, account}";
                MetaError::parameter(message)
            })?,
        };
        let breakdowns = params.list("breakdowns")?.unwrap_or_default();
        if let Some(unknown) = breakdowns.iter().find(|name| *name != "country") {
            let message = format!("breakdowns: {unknown} cannot be combined or is not imitated");
            return Err(MetaError::new(400, 2, message).subcode(1_504_041));
        }
        Ok(Self {
            level,
            fields: fields(params)?,
            periods: periods(since, until, params.get("time_increment").unwrap_or("all_days"))?,
            by_country: !breakdowns.is_empty(),
            windows: windows(params)?,
            filters: params.filters()?,
        })
    }

    /// First and last day asked for.
    pub(crate) fn range(&self) -> Option<(Date, Date)> {
        Some((self.periods.first()?.0, self.periods.last()?.1))
    }
}

fn fields(params: &Params) -> Result<Vec<String>, MetaError> {
    let asked = params.field_list();
    let names = top_level_names(if asked.is_empty() { "account_id,impressions,spend" } else { &asked });
    for name in &names {
        if BREAKDOWNS.contains(&name.as_str()) {
            let message = format!("{name} is a breakdown and is not valid for fields param.");
            return Err(MetaError::parameter(message));
        }
        if !INSIGHTS_FIELDS.contains(&name.as_str()) {
            return Err(MetaError::parameter(format_args!("{name} is not valid for fields param.")));
        }
    }
    Ok(names)
}

fn windows(params: &Params) -> Result<Vec<String>, MetaError> {
    let windows = params.list("action_attribution_windows")?.unwrap_or_default();
    if let Some(unknown) = windows.iter().find(|window| !WINDOWS.contains(&window.as_str())) {
        let message = format!("Param action_attribution_windows: {unknown} is not a valid window");
        return Err(MetaError::parameter(message));
    }
    Ok(windows)
}

fn range(params: &Params, today: Date) -> Result<(Date, Date), MetaError> {
    if let Some(text) = params.get("time_range") {
        let range = serde_json::from_str::<Range>(text).map_err(|_| {
            MetaError::parameter("Param time_range must be an object with since and until as dates")
        })?;
        if range.since > range.until {
            return Err(MetaError::parameter("Param time_range: since must not be after until"));
        }
        return Ok((range.since, range.until));
    }
    let yesterday = days_before(today, 1);
    match params.get("date_preset").unwrap_or("last_30d") {
        "today" => Ok((today, today)),
        "yesterday" => Ok((yesterday, yesterday)),
        "this_month" => Ok((today.first_of_month(), today)),
        "maximum" | "data_maximum" => {
            Ok((today.checked_sub(HISTORY_MONTHS.months()).unwrap_or(Date::MIN), today))
        }
        preset => {
            let days = preset.strip_prefix("last_").and_then(|rest| rest.strip_suffix('d'));
            match days.and_then(|days| days.parse::<u32>().ok()) {
                Some(days @ (3 | 7 | 14 | 28 | 30 | 90)) => Ok((days_before(today, days), yesterday)),
                _ => Err(MetaError::parameter(format_args!("Param date_preset: {preset} is not imitated"))),
            }
        }
    }
}

fn periods(since: Date, until: Date, increment: &str) -> Result<Vec<(Date, Date)>, MetaError> {
    if increment == "all_days" {
        return Ok(vec![(since, until)]);
    }
    let monthly = increment == "monthly";
    let days = increment.parse::<i64>().ok().filter(|days| (1..=90).contains(days));
    if !monthly && days.is_none() {
        return Err(MetaError::parameter("Param time_increment must be 1 to 90, monthly or all_days"));
    }
    let days = days.unwrap_or(1);
    let mut periods = Vec::new();
    let mut start = since;
    while start <= until {
        let last = if monthly {
            start.last_of_month()
        } else {
            start.checked_add((days - 1).days()).unwrap_or(until)
        };
        periods.push((start, last.min(until)));
        let Ok(next) = last.tomorrow() else { break };
        start = next;
    }
    Ok(periods)
}
