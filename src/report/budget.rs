//! How far a marketing campaign's budget is spent.

use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Currency, Day, DayRange, Micros,
    day::{day_at, end_of, plus_days, start_of},
    money::RawSpend,
};
use serde::Serialize;
use store::{
    Store, StoreError,
    read::{CampaignHistory, CampaignKey},
};

use super::CampaignReport;
use crate::{
    insight::pacing,
    settings::{Budget, Campaign},
};

/// A marketing campaign's budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetReport {
    /// What it may cost.
    pub amount_micros: i64,
    /// Of what.
    pub currency: Currency,
    /// Its first day.
    pub from: Day,
    /// Its last day, included.
    pub to: Day,
    /// What its members have spent of it; null unless every day until yesterday was read of each, in this currency.
    pub spend_micros: Option<i64>,
    /// Spend against even spending of the budget until now; 1 = on plan.
    pub pacing: Option<f64>,
}

/// The budget, where there is one. Its days need not be the report's.
pub async fn read(
    store: &Store,
    campaign: &Campaign,
    members: &[&CampaignReport],
    now: Timestamp,
) -> Result<Option<BudgetReport>, StoreError> {
    let Some(budget) = campaign.budget else { return Ok(None) };
    let mut report = BudgetReport {
        amount_micros: budget.amount.0,
        currency: budget.currency,
        from: budget.from,
        to: budget.to,
        spend_micros: None,
        pacing: None,
    };
    let (Some(days), Some(first)) = (DayRange::new(budget.from, budget.to), members.first()) else {
        return Ok(Some(report));
    };
    let keys: Vec<CampaignKey> = members.iter().map(|of| of.key()).collect();
    let history = store.campaign_history(days, Some(&keys), now).await?;
    report.spend_micros = spent(&history, budget.currency, now);
    report.pacing = paced(&budget, report.spend_micros, &first.time_zone, now);
    Ok(Some(report))
}

fn spent(members: &[CampaignHistory], currency: Currency, now: Timestamp) -> Option<i64> {
    let is_known = |of: &CampaignHistory| {
        let zone = TimeZone::get(&of.time_zone).unwrap_or(TimeZone::UTC);
        let yesterday = plus_days(day_at(now, &zone), -1);
        of.currency == Some(currency)
            && of.days.iter().all(|(day, window)| window.is_some() || *day > yesterday)
    };
    if !members.iter().all(is_known) {
        return None;
    }
    let spend = members.iter().flat_map(|of| &of.days).filter_map(|(_, window)| window.as_ref()?.spend);
    spend.into_iter().try_fold(0_i64, |sum, RawSpend(Micros(spend))| sum.checked_add(spend))
}

fn paced(budget: &Budget, spend: Option<i64>, zone: &str, now: Timestamp) -> Option<f64> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let (start, end) = (start_of(budget.from, &zone), end_of(budget.to, &zone));
    pacing::lifetime(spend.map(Micros), Some(budget.amount), Some(start), Some(end), now)
}
