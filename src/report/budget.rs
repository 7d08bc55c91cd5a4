//! How far a marketing campaign's budget is spent.

use jiff::Timestamp;
use rows::{
    Currency, Day, DayRange, Micros,
    day::{day_at, end_of, plus_days, start_of},
    money::RawSpend,
    zone::zone,
};
use serde::Serialize;
use store::{
    Store, StoreError,
    read::{CampaignHistory, DayTold},
};

use crate::{
    audience::Amount,
    insight::pacing,
    settings::{Budget, Campaign},
    telemetry::figures::{MarketingCampaign, Member},
};

/// A marketing campaign's budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetReport {
    /// What it may cost.
    #[serde(rename = "amount_micros")]
    pub amount: Amount<RawSpend>,
    /// Of what.
    pub currency: Currency,
    /// Its first day.
    pub from: Day,
    /// Its last day, included.
    pub to: Day,
    /// What its members have spent of it; null unless every day until yesterday was read of every one that is configured, in
    /// this currency.
    #[serde(rename = "spend_micros")]
    pub spend: Option<Amount<RawSpend>>,
    /// Spend against even spending of the budget until now; 1 = on plan.
    pub pacing: Option<f64>,
    /// By how much more was spent; null when it was not, or when spend is not known.
    #[serde(rename = "overspent_micros")]
    pub overspent: Option<Amount<RawSpend>>,
}

/// The budget, where there is one. Its days need not be the report's, and so its members' are read for themselves: one that
/// ended before the report begins has spent, too.
pub async fn read(
    store: &Store,
    campaign: &Campaign,
    marketing: &MarketingCampaign,
    now: Timestamp,
) -> Result<Option<BudgetReport>, StoreError> {
    let Some(budget) = campaign.budget else { return Ok(None) };
    let mut report = BudgetReport {
        amount: amount(budget.amount),
        currency: budget.currency,
        from: budget.from,
        to: budget.to,
        spend: None,
        pacing: None,
        overspent: None,
    };
    let Some(days) = DayRange::new(budget.from, budget.to) else { return Ok(Some(report)) };
    let mut history = store.campaign_history(days, now).await?;
    history.retain(|of| marketing.holds(&of.tenant, &of.provider, &of.campaign_id, of.name.as_deref()));
    let spent = spent(&history, marketing, budget.currency, now).map(Micros);
    report.spend = spent.map(amount);
    report.overspent = pacing::overspent(spent, Some(budget.amount)).map(amount);
    if let Some(first) = history.first() {
        report.pacing = paced(&budget, spent, &first.time_zone, now);
    }
    Ok(Some(report))
}

/// It is compared with what the networks charged, and so is of that kind.
const fn amount(micros: Micros) -> Amount<RawSpend> {
    Amount(RawSpend(micros))
}

fn spent(
    history: &[CampaignHistory],
    marketing: &MarketingCampaign,
    currency: Currency,
    now: Timestamp,
) -> Option<i64> {
    // A network that is not connected has spent nobody knows what.
    let is_there = |member: &Member| {
        history.iter().any(|of| member.is(&of.provider, &of.campaign_id, of.name.as_deref()))
    };
    let is_known = |of: &CampaignHistory| {
        let Some(zone) = zone(&of.time_zone) else { return false };
        let yesterday = plus_days(day_at(now, &zone), -1);
        let is_said = |(day, told): &(Day, DayTold)| match told {
            DayTold::Told(window) => window.spend.is_some(),
            DayTold::Quiet => true,
            DayTold::Unread => *day > yesterday || of.first.is_some_and(|first| *day < first),
        };
        of.currency == Some(currency) && of.days.iter().all(is_said)
    };
    if history.is_empty() || !marketing.members.iter().all(is_there) || !history.iter().all(is_known) {
        return None;
    }
    let mut spend = history.iter().flat_map(|of| &of.days).filter_map(|(_, told)| told.figures()?.spend);
    spend.try_fold(0_i64, |sum, RawSpend(Micros(spend))| sum.checked_add(spend))
}

fn paced(budget: &Budget, spend: Option<Micros>, zone_name: &str, now: Timestamp) -> Option<f64> {
    let zone = zone(zone_name)?;
    let (start, end) = (start_of(budget.from, &zone), end_of(budget.to, &zone));
    pacing::lifetime(spend, Some(budget.amount), Some(start), Some(end), now)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{insight::NamePattern, telemetry::figures::MemberRule};
    use rows::figures::CampaignWindow;

    /// A campaign's days from the 20th on.
    fn campaign(currency: &str, spend: &[Option<i64>]) -> CampaignHistory {
        let day = |(at, spend): (i64, &Option<i64>)| {
            let told = |spend| {
                let spend = Some(RawSpend(Micros(spend)));
                DayTold::Told(CampaignWindow { spend, ..CampaignWindow::QUIET })
            };
            (plus_days(date(2026, 11, 20), at), spend.map_or(DayTold::Unread, told))
        };
        CampaignHistory {
            connection: "meta".to_owned(),
            provider: "meta_ads".to_owned(),
            tenant: "label-a".to_owned(),
            account_id: "1".to_owned(),
            campaign_id: "1".to_owned(),
            name: Some("Night Drive".to_owned()),
            currency: Currency::parse(currency).ok(),
            time_zone: "UTC".to_owned(),
            settled_through: None,
            first: None,
            days: (0..).zip(spend).map(day).collect(),
        }
    }

    #[test]
    fn what_was_spent_is_known_only_where_all_of_it_is() {
        let usd = Currency::parse("USD").unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let member = |provider: &str| Member {
            provider: provider.to_owned(),
            which: MemberRule::NameMatches(NamePattern::new("*")),
        };
        let marketing = |members: Vec<Member>| MarketingCampaign {
            campaign: "night-drive".to_owned(),
            tenant: "label-a".to_owned(),
            members,
        };
        let meta = marketing(vec![member("meta_ads")]);
        let spent_of = |history: &[CampaignHistory]| spent(history, &meta, usd, now);
        let whole = || campaign("USD", &[Some(3), Some(0), Some(4)]);
        assert_eq!(
            spent_of(&[whole(), campaign("USD", &[Some(1), Some(1), None])]),
            Some(9),
            "today may be missing"
        );
        assert_eq!(spent_of(&[whole(), campaign("USD", &[Some(1), None, Some(1)])]), None, "a hole");
        assert_eq!(spent_of(&[whole(), campaign("EUR", &[Some(1)])]), None, "currencies are never added");
        assert_eq!(spent_of(&[campaign("USD", &[Some(i64::MAX), Some(1)])]), None, "does not fit");
        assert_eq!(spent_of(&[]), None, "nothing was read");
        let mut unsaid = whole();
        unsaid.days[1].1 = DayTold::Told(CampaignWindow { spend: None, ..CampaignWindow::QUIET });
        assert_eq!(spent_of(&[unsaid]), None, "the source does not say");
        let mut young = campaign("USD", &[None, Some(2), Some(3)]);
        assert_eq!(spent_of(std::slice::from_ref(&young)), None);
        young.first = Some(date(2026, 11, 21));
        assert_eq!(spent_of(&[young]), Some(5), "before it began there is no day to read");
        let both = marketing(vec![member("meta_ads"), member("google_ads")]);
        assert_eq!(spent(&[whole()], &both, usd, now), None, "one network is not connected");
    }
}
