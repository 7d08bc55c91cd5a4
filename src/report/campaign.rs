//! One of the networks' campaigns, day by day.

use rows::{
    Currency, Day,
    figures::CampaignWindow,
    money::{RawSpend, Spend},
};
use serde::Serialize;
use store::read::{CampaignHistory, DayTold};

use crate::{
    insight::figures::{Counts, Figures},
    telemetry::figures::MarketingCampaign,
};

/// One of a network's campaigns.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct CampaignReport<M = RawSpend> {
    /// The network.
    pub provider: String,
    /// Its account there.
    pub account_id: String,
    /// The network's id.
    pub campaign_id: String,
    /// Its name.
    pub name: Option<String>,
    /// The connection that reads it.
    pub connection: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// The configured marketing campaigns that it belongs to.
    pub marketing_campaigns: Vec<String>,
    /// ISO 4217: the currency of every amount.
    pub currency: Option<Currency>,
    /// IANA zone of its days.
    pub time_zone: String,
    /// Days of the range that have begun there.
    pub days: usize,
    /// How many of them were read: the sums are of these.
    pub days_read: usize,
    /// Whether days are missing on which it ran or may have run.
    pub incomplete: bool,
    /// Whether the network may still change the numbers.
    pub provisional: bool,
    /// Sums over the days, and their ratios.
    #[serde(flatten)]
    pub figures: Figures<M>,
    /// Day by day.
    pub daily: Vec<DayReport<M>>,
    /// The last day whose numbers are final.
    pub settled_through: Option<Day>,
    /// Days of it were read, and none of them has a row: it adds nothing to a total.
    #[serde(skip)]
    pub quiet: bool,
}

/// A campaign's day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct DayReport<M = RawSpend> {
    /// The account's own day.
    pub date: Day,
    /// Whether it was read; if not, nothing is known of it.
    pub read: bool,
    /// Whether the network may still change the numbers.
    pub provisional: bool,
    /// What it counts.
    #[serde(flatten)]
    pub counts: Counts<M>,
}

// === impl CampaignReport ===

impl<M: Spend> CampaignReport<M> {
    pub(super) fn new(history: CampaignHistory<M>, marketing: &[MarketingCampaign]) -> Self {
        let settled_through = history.settled_through;
        let is_provisional = |day: Day| settled_through.is_none_or(|settled| settled < day);
        let daily: Vec<DayReport<M>> = history
            .days
            .iter()
            .map(|(date, told)| DayReport {
                date: *date,
                read: *told != DayTold::Unread,
                provisional: is_provisional(*date),
                counts: told.figures().map(Counts::from).unwrap_or_default(),
            })
            .collect();
        let days_read = daily.iter().filter(|day| day.read).count();
        let told: Vec<CampaignWindow<M>> = history
            .days
            .iter()
            .filter_map(|(_, told)| match told {
                DayTold::Told(window) => Some(*window),
                DayTold::Quiet | DayTold::Unread => None,
            })
            .collect();
        let quiet = days_read > 0 && told.is_empty();
        let figures = if quiet { CampaignWindow::QUIET.into() } else { Figures::sum(told.into_iter()) };
        let CampaignHistory { provider, tenant, campaign_id, name, .. } = &history;
        let of_it = marketing.iter().filter(|of| of.holds(tenant, provider, campaign_id, name.as_deref()));
        Self {
            marketing_campaigns: of_it.map(|of| of.campaign.clone()).collect(),
            days: daily.len(),
            days_read,
            incomplete: history.days.iter().any(|(day, told)| {
                *told == DayTold::Unread && history.first.is_none_or(|first| first <= *day)
            }),
            provisional: daily.last().is_none_or(|day| day.provisional),
            figures,
            daily,
            settled_through,
            quiet,
            provider: history.provider,
            account_id: history.account_id,
            campaign_id: history.campaign_id,
            name: history.name,
            connection: history.connection,
            tenant: history.tenant,
            currency: history.currency,
            time_zone: history.time_zone,
        }
    }

    /// Its name, or its id where it has none.
    pub(super) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.campaign_id)
    }
}
