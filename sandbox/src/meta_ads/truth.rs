//! What is true in the world, for tests to compare with what a client made of it. Own types, shared with no client.

use jiff::ToSpan;
use jiff::civil::Date;

use super::MetaAds;
use super::delivery::Counts;
use super::insights::{Row, Scope};
use super::params::Filter;
use super::query::{InsightsQuery, Level};
use super::world::{Account, Budget, Status, major};

/// One entity on one account-local day, in one country where countries were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The account's number, without `act_`.
    pub account_id: String,
    /// Empty at account level.
    pub campaign_id: String,
    /// Empty above ad set level.
    pub ad_set_id: String,
    /// Empty above ad level.
    pub ad_id: String,
    /// The account's day.
    pub day: Date,
    /// As the provider writes it; empty without a breakdown.
    pub country: String,
    /// ISO 4217.
    pub currency: String,
    /// The campaign's effective status; empty at account level.
    pub effective_status: String,
    /// Spend in major units, as decimal text.
    pub spend: String,
    /// Purchase value in major units, as decimal text.
    pub purchase_value: String,
    /// All numbers.
    pub counts: Counts,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthCampaign {
    /// The account's number, without `act_`.
    pub account_id: String,
    /// The campaign's id.
    pub campaign_id: String,
    /// Its name.
    pub name: String,
    /// Its objective, in the provider's words.
    pub objective: String,
    /// Its status; the effective status is the same.
    pub status: Status,
    /// In minor units of the account's currency.
    pub daily_budget_minor: Option<u64>,
    /// In minor units of the account's currency.
    pub lifetime_budget_minor: Option<u64>,
    /// Its first day.
    pub first_day: Date,
    /// Its last day, when it has ended.
    pub last_day: Option<Date>,
    /// ISO 4217.
    pub currency: String,
}

/// One ad and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthAd {
    /// The account's number, without `act_`.
    pub account_id: String,
    /// Its campaign's id.
    pub campaign_id: String,
    /// Its ad set's id.
    pub ad_set_id: String,
    /// Its own id.
    pub ad_id: String,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthAccount {
    /// The account's number, without `act_`.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// The day it is there now.
    pub today: Date,
}

impl MetaAds {
    /// The accounts, in the provider's order.
    pub fn truth_accounts(&self) -> Vec<TruthAccount> {
        let now = self.now();
        let truth = |account: &Account| TruthAccount {
            account_id: account.id.to_string(),
            name: account.name.clone(),
            currency: account.currency.clone(),
            time_zone: account.zone_name.clone(),
            today: now.to_zoned_datetime(account.zone.clone()).date(),
        };
        self.accounts.iter().map(truth).collect()
    }

    /// The campaigns of all accounts, archived and deleted ones too.
    pub fn truth_campaigns(&self) -> Vec<TruthCampaign> {
        let mut all = Vec::new();
        for account in &self.accounts {
            for campaign in &account.campaigns {
                let (daily, lifetime) = match campaign.budget {
                    Budget::Daily(minor) => (Some(minor), None),
                    Budget::Lifetime(minor) => (None, Some(minor)),
                };
                all.push(TruthCampaign {
                    account_id: account.id.to_string(),
                    campaign_id: campaign.id.to_string(),
                    name: campaign.name.clone(),
                    objective: campaign.objective.clone(),
                    status: campaign.status,
                    daily_budget_minor: daily,
                    lifetime_budget_minor: lifetime,
                    first_day: campaign.first_day,
                    last_day: campaign.last_day,
                    currency: account.currency.clone(),
                });
            }
        }
        all
    }

    /// The ads of all accounts, delivered or not.
    pub fn truth_ads(&self) -> Vec<TruthAd> {
        let mut all = Vec::new();
        for account in &self.accounts {
            for campaign in &account.campaigns {
                for ad_set in &campaign.ad_sets {
                    all.extend(ad_set.ads.iter().map(|ad| TruthAd {
                        account_id: account.id.to_string(),
                        campaign_id: campaign.id.to_string(),
                        ad_set_id: ad_set.id.to_string(),
                        ad_id: ad.id.to_string(),
                    }));
                }
            }
        }
        all
    }

    /// Every delivered day of every account, from the first campaign's first day to today, at the world's clock (the time of
    /// the last request or `advance`), archived campaigns too.
    pub fn truth_daily(&self, level: Level) -> Vec<TruthDay> {
        self.truth(level, false)
    }

    /// The same by country.
    pub fn truth_countries(&self, level: Level) -> Vec<TruthDay> {
        self.truth(level, true)
    }

    fn truth(&self, level: Level, by_country: bool) -> Vec<TruthDay> {
        let mut all = Vec::new();
        for account in &self.accounts {
            let query = everything(
                account,
                level,
                by_country,
                self.now().to_zoned_datetime(account.zone.clone()).date(),
            );
            let rows = self.ledger(account, self.now()).rows(&query, Scope::Account);
            all.extend(rows.unwrap_or_default().iter().map(truth_day));
        }
        all
    }
}

/// Every day of an account, by a query that hides nothing.
fn everything(account: &Account, level: Level, by_country: bool, today: Date) -> InsightsQuery {
    let first = account.campaigns.iter().map(|campaign| campaign.first_day).min().unwrap_or(today);
    let days = first.series(1.day()).take_while(|day| *day <= today);
    let statuses = [Status::Active, Status::Paused, Status::Archived, Status::Deleted];
    let filter = Filter {
        field: "campaign.effective_status".to_owned(),
        operator: "IN".to_owned(),
        values: statuses.map(|status| status.word().to_owned()).into(),
    };
    InsightsQuery {
        level,
        fields: Vec::new(),
        periods: days.map(|day| (day, day)).collect(),
        by_country,
        windows: Vec::new(),
        filters: vec![filter],
    }
}

fn truth_day(row: &Row<'_>) -> TruthDay {
    let id = |id: Option<u64>| id.map(|id| id.to_string()).unwrap_or_default();
    TruthDay {
        account_id: row.account.id.to_string(),
        campaign_id: id(row.campaign.map(|campaign| campaign.id)),
        ad_set_id: id(row.ad_set.map(|ad_set| ad_set.id)),
        ad_id: id(row.ad.map(|ad| ad.id)),
        day: row.since,
        country: row.country.unwrap_or_default().to_owned(),
        currency: row.account.currency.clone(),
        effective_status: row.campaign.map(|campaign| campaign.status.word().to_owned()).unwrap_or_default(),
        spend: major(row.counts.spend_minor, row.account.exponent),
        purchase_value: major(row.counts.purchase_value_minor, row.account.exponent),
        counts: row.counts,
    }
}
