//! What campaigns did over a range of days, for people: as a table, a spreadsheet, JSON or a page. What was paid for sales:
//! [`royalties`].
//!
//! Days are those of each campaign's account. Spend is what the networks charged, or in a tenant's report what it is shown of that;
//! never both. What is not known is left out, never a
//! zero; days that were not read are counted beside the sums, which are of the days that were.

mod budget;
mod campaign;
mod csv;
mod grid;
mod html;
mod question;
pub mod royalties;
mod table;
mod total;
mod visits;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rows::{
    Day,
    markup::Markup,
    money::{Basis, DisplaySpend, RawSpend, Spend},
};
use serde::Serialize;
use store::{Store, StoreError, read::CampaignVisits};

use self::question::Asked;
pub use self::{
    budget::BudgetReport,
    campaign::{CampaignReport, DayReport},
    csv::Dialect,
    question::{Question, QuestionError},
    total::Total,
    visits::{GoalReport, VisitReport},
};
use crate::{
    audience::{Amount, Audience, written},
    settings::{Campaign, Member},
    worker::marketing::shown,
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// What was asked for does not exist.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Campaigns over a range of days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct Report<M = RawSpend> {
    /// When it was made.
    pub at: Timestamp,
    /// The first day.
    pub from: Day,
    /// The last day, included.
    pub to: Day,
    /// `raw`: what the networks charged. `display`: what the tenant is shown of that.
    pub spend_basis: &'static str,
    /// By currency: amounts in different ones are never added.
    pub totals: Vec<Total<M>>,
    /// Configured marketing campaigns, by name.
    pub marketing_campaigns: Vec<MarketingReport<M>>,
    /// The networks' campaigns, most spend first within a currency.
    pub campaigns: Vec<CampaignReport<M>>,
}

/// A marketing campaign across networks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct MarketingReport<M = RawSpend> {
    /// Its configured name.
    pub name: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Its members on the networks, by currency.
    pub totals: Vec<Total<M>>,
    /// What it may cost, and how far that is spent: compared with what the networks charged, so that tenants' reports have none.
    pub budget: Option<BudgetReport>,
    /// Visits that links with its `utm_campaign` brought: observed by the web analytics, whose sessions are not the networks'
    /// clicks.
    pub visits: Vec<VisitReport>,
    /// Configured members of which nothing has been read in this range.
    pub members_without_data: Vec<String>,
}

/// What a report is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Table {
        /// How many columns it has; all are shown where that is not known.
        width: Option<usize>,
    },
    /// For spreadsheets: a line for each campaign and day.
    Csv(Dialect),
    /// For programs.
    Json,
    /// For reading and printing: one file that needs nothing else.
    Html,
}

// === impl Report ===

impl Report {
    /// Reads it from the database, for operators.
    pub async fn read(
        store: &Store,
        configured: &BTreeMap<String, Campaign>,
        question: &Question,
        now: Timestamp,
    ) -> Result<Self, ReportError> {
        let history = store.campaign_history(question.days, now).await?;
        let asked = question.choose(configured, &history)?;
        let mut report = Self::of(store, configured, question, &asked, now).await?;
        let marketing = shown(configured);
        for (of, (name, campaign)) in report.marketing_campaigns.iter_mut().zip(&asked.marketing) {
            if let Some(marketing) = marketing.iter().find(|marketing| marketing.campaign == **name) {
                of.budget = budget::read(store, campaign, marketing, now).await?;
            }
        }
        Ok(report)
    }
}

impl Report<DisplaySpend> {
    /// Reads it from the database, for the tenant that the question is about, whose markup this is.
    pub async fn read_displayed(
        store: &Store,
        configured: &BTreeMap<String, Campaign>,
        question: &Question,
        markup: &Markup,
        now: Timestamp,
    ) -> Result<Self, ReportError> {
        let mut history = store.campaign_history(question.days, now).await?;
        // Nothing of others gets near it, not even into a hint.
        let is_own = |tenant: &str| question.tenant.as_deref() == Some(tenant);
        history.retain(|history| is_own(&history.tenant));
        let configured: BTreeMap<String, Campaign> = configured
            .iter()
            .filter(|(_, of)| is_own(&of.tenant))
            .map(|(name, of)| (name.clone(), of.clone()))
            .collect();
        let Asked { campaigns, marketing } = question.choose(&configured, &history)?;
        let campaigns = campaigns.into_iter().map(|history| history.displayed(markup)).collect();
        Self::of(store, &configured, question, &Asked { campaigns, marketing }, now).await
    }
}

impl<M: Spend> Report<M> {
    /// Of what was chosen; without budgets.
    async fn of(
        store: &Store,
        configured: &BTreeMap<String, Campaign>,
        question: &Question,
        asked: &Asked<'_, M>,
        now: Timestamp,
    ) -> Result<Self, ReportError> {
        let days = question.days;
        let names: BTreeSet<String> =
            asked.marketing.iter().flat_map(|(_, campaign)| visits::utm_names(campaign)).collect();
        let visits = store.campaign_visits(&names, days, now).await?;
        let marketing = shown(configured);
        let campaigns = asked.campaigns.iter().cloned();
        let mut campaigns: Vec<CampaignReport<M>> =
            campaigns.map(|history| CampaignReport::new(history, &marketing)).collect();
        campaigns.sort_by(|a, b| {
            let spend =
                |campaign: &CampaignReport<M>| campaign.figures.counts.spend.map(|Amount(spend)| spend);
            (a.currency, spend(b), &a.provider, &a.account_id, &a.campaign_id).cmp(&(
                b.currency,
                spend(a),
                &b.provider,
                &b.account_id,
                &b.campaign_id,
            ))
        });
        let marketing_report = |(name, campaign): &(&String, &Campaign)| {
            let members = campaigns.iter().filter(|of| of.marketing_campaigns.contains(name));
            let members: Vec<&CampaignReport<M>> = members.collect();
            MarketingReport {
                name: (*name).clone(),
                tenant: campaign.tenant.clone(),
                totals: Total::by_currency(members.iter().copied()),
                budget: None,
                visits: VisitReport::of(campaign, &visits),
                members_without_data: without_data(campaign, &members, &visits),
            }
        };
        let marketing_campaigns = asked.marketing.iter().map(marketing_report).collect();
        Ok(Self {
            at: now,
            from: days.first,
            to: days.last,
            spend_basis: M::BASIS.as_str(),
            totals: Total::by_currency(&campaigns),
            marketing_campaigns,
            campaigns,
        })
    }

    /// Prints it for this audience; an error where it is not for it.
    pub fn print(&self, format: Format, audience: &Audience) -> Result<String, String> {
        let text = written(|| match format {
            Format::Table { width } => Ok(table::print(self, width)),
            Format::Csv(dialect) => Ok(csv::print(self, dialect)),
            Format::Json => serde_json::to_string_pretty(self)
                .map(|text| format!("{text}\n"))
                .map_err(|error| error.to_string()),
            Format::Html => Ok(html::print(self)),
        });
        text.for_audience(audience).map_err(|error| error.to_string())?
    }

    /// What its spend is, in words.
    const fn spend_is() -> &'static str {
        match M::BASIS {
            Basis::Raw => "Spend is what the networks charged",
            Basis::Display => "Spend is by the agreed terms",
        }
    }
}

/// In words: what the configuration names and nothing was read of.
fn without_data<M>(
    campaign: &Campaign,
    members: &[&CampaignReport<M>],
    visits: &[CampaignVisits],
) -> Vec<String> {
    let names = campaign.members.iter().filter_map(|member| {
        let found = |which: &dyn Fn(&CampaignReport<M>) -> bool| members.iter().any(|of| which(of));
        match member {
            Member::Campaign { integration, campaign } => {
                let has = found(&|of| of.provider == *integration && of.campaign_id == *campaign);
                (!has).then(|| format!("{integration} campaign {campaign}"))
            }
            Member::Name { integration, pattern } => {
                let fits = crate::insight::NamePattern::new(pattern);
                let has = found(&|of| {
                    of.provider == *integration && of.name.as_deref().is_some_and(|name| fits.matches(name))
                });
                (!has).then(|| format!("{integration} campaigns named {pattern}"))
            }
            Member::Utm(name) => {
                let of_it = |visits: &CampaignVisits| {
                    visits.utm_campaign == *name && visits.tenant == campaign.tenant
                };
                (!visits.iter().any(of_it)).then(|| format!("utm_campaign {name}"))
            }
        }
    });
    names.collect()
}
