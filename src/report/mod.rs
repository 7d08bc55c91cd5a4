//! What campaigns did over a range of days, for people: as a table, a spreadsheet, JSON or a page. What was paid for sales:
//! [`royalties`].
//!
//! Days are those of each campaign's account. Spend is what the networks charged, or in a tenant's report what it is shown of that;
//! never both. What is not known is left out, never a
//! zero; days that were not read are counted beside the sums, which are of the days that were.

mod budget;
mod csv;
mod grid;
mod html;
mod question;
pub mod royalties;
mod table;
mod visits;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rows::{
    Currency, Day,
    figures::CampaignWindow,
    markup::Markup,
    money::{Basis, DisplaySpend, RawSpend, Spend},
};
use serde::Serialize;
use store::{
    Store, StoreError,
    read::{CampaignHistory, CampaignVisits, DayTold},
};

use self::question::Asked;
pub use self::{
    budget::BudgetReport,
    csv::Dialect,
    question::{Question, QuestionError},
    visits::{GoalReport, VisitReport},
};
use crate::{
    audience::{Amount, Audience, written},
    insight::figures::{Counts, Figures},
    settings::{Campaign, Member},
    telemetry::figures::MarketingCampaign,
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

/// Campaigns of one currency together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct Total<M = RawSpend> {
    /// ISO 4217; null where it is not known.
    pub currency: Option<Currency>,
    /// How many campaigns.
    pub campaigns: usize,
    /// Of how many the spend is not known: they are not in the sums.
    pub spend_unknown: usize,
    /// Of how many days are missing: the sums are of the days that were read.
    pub incomplete: usize,
    /// Sums and ratios of those whose spend is known; null where one of them does not say.
    #[serde(flatten)]
    pub figures: Figures<M>,
}

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
    const fn spend_is(&self) -> &'static str {
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

// === impl CampaignReport ===

impl<M: Spend> CampaignReport<M> {
    fn new(history: CampaignHistory<M>, marketing: &[MarketingCampaign]) -> Self {
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
    fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.campaign_id)
    }
}

// === impl Total ===

impl<M: Spend> Total<M> {
    fn by_currency<'a>(campaigns: impl IntoIterator<Item = &'a CampaignReport<M>>) -> Vec<Self> {
        let mut groups: BTreeMap<Option<Currency>, Vec<&CampaignReport<M>>> = BTreeMap::new();
        for campaign in campaigns {
            groups.entry(campaign.currency).or_default().push(campaign);
        }
        let totals = groups.into_iter().map(|(currency, group)| {
            let campaigns = group.len();
            let known: Vec<_> = group.into_iter().filter(|of| of.figures.counts.spend.is_some()).collect();
            let told = known.iter().filter(|of| !of.quiet).map(|of| of.figures.counts.into());
            let only_quiet = !known.is_empty() && known.iter().all(|of| of.quiet);
            Self {
                currency,
                campaigns,
                spend_unknown: campaigns - known.len(),
                incomplete: known.iter().filter(|of| of.incomplete).count(),
                figures: if only_quiet { CampaignWindow::QUIET.into() } else { Figures::sum(told) },
            }
        });
        totals.collect()
    }
}
