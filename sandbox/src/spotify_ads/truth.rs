//! What is true in the world, for tests to compare with what a client made of it. Computed without the API.

use jiff::civil::Date;

use super::SpotifyAds;
use super::numbers::Numbers;
use super::world::{Account, Budget, Entity, Level, days, today};

/// One ad account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthAccount {
    pub account_id: &'static str,
    pub name: &'static str,
    pub status: &'static str,
    pub currency: &'static str,
    /// Whether it can be read: neither it nor its business is refused.
    pub is_readable: bool,
}

/// One campaign of an account that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthCampaign {
    pub account_id: &'static str,
    pub campaign_id: String,
    pub name: String,
    pub status: String,
    pub objective: &'static str,
    pub currency: &'static str,
}

/// One ad, with what is to be known of its ad set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own fields, by their names")]
pub struct TruthAd {
    pub account_id: &'static str,
    pub campaign_id: String,
    pub ad_set_id: String,
    pub ad_set_name: &'static str,
    pub ad_set_status: &'static str,
    pub ad_set_budget: Budget,
    pub ad_id: String,
    pub ad_name: &'static str,
    pub ad_status: &'static str,
}

/// A campaign or an ad on one UTC day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The account's id.
    pub account_id: &'static str,
    /// The campaign's id.
    pub campaign_id: String,
    /// Empty at campaign level.
    pub ad_set_id: String,
    /// Empty at campaign level.
    pub ad_id: String,
    /// The day.
    pub day: Date,
    /// ISO 4217.
    pub currency: &'static str,
    /// All numbers, before anything is masked.
    pub numbers: Numbers,
}

impl SpotifyAds {
    /// All accounts, forbidden ones too.
    pub fn truth_accounts(&self) -> Vec<TruthAccount> {
        let truth = |account: &Account| TruthAccount {
            account_id: account.id,
            name: account.name,
            status: account.status,
            currency: account.currency,
            is_readable: self.is_readable(account),
        };
        self.world.accounts.iter().map(truth).collect()
    }

    /// The campaigns of the accounts that can be read.
    pub fn truth_campaigns(&self) -> Vec<TruthCampaign> {
        let truth = |entity: Entity<'_>| {
            let campaign = entity.campaign?;
            Some(TruthCampaign {
                account_id: entity.account.id,
                campaign_id: campaign.id.clone(),
                name: campaign.name.clone(),
                status: campaign.status.clone(),
                objective: campaign.objective,
                currency: entity.account.currency,
            })
        };
        self.readable(Level::Campaign).filter_map(truth).collect()
    }

    /// Their ads; every ad set has some.
    pub fn truth_ads(&self) -> Vec<TruthAd> {
        let truth = |entity: Entity<'_>| {
            let (campaign, ad_set, ad) = (entity.campaign?, entity.ad_set?, entity.ad?);
            Some(TruthAd {
                account_id: entity.account.id,
                campaign_id: campaign.id.clone(),
                ad_set_id: ad_set.id.clone(),
                ad_set_name: ad_set.name,
                ad_set_status: ad_set.status,
                ad_set_budget: ad_set.budget,
                ad_id: ad.id.clone(),
                ad_name: ad.name,
                ad_status: ad.status,
            })
        };
        self.readable(Level::Ad).filter_map(truth).collect()
    }

    /// Every day with a row of a campaign or an ad, to today, at the world's time (of the last request or `advance`).
    pub fn truth_daily(&self, level: Level) -> Vec<TruthDay> {
        let now = self.time.now();
        let mut all = Vec::new();
        for entity in self.readable(level) {
            let Some(first) = entity.account.first_day() else { continue };
            let ad_set_id = entity.ad_set.map(|ad_set| ad_set.id.clone()).unwrap_or_default();
            for day in days(first, today(now)) {
                all.extend(self.world.day(entity, day, now).map(|numbers| TruthDay {
                    account_id: entity.account.id,
                    campaign_id: entity.campaign.map(|campaign| campaign.id.clone()).unwrap_or_default(),
                    ad_set_id: ad_set_id.clone(),
                    ad_id: entity.ad.map(|ad| ad.id.clone()).unwrap_or_default(),
                    day,
                    currency: entity.account.currency,
                    numbers,
                }));
            }
        }
        all
    }

    fn is_readable(&self, account: &Account) -> bool {
        [account.id, account.business].iter().all(|id| !self.world.refused.contains_key(*id))
    }

    fn readable(&self, level: Level) -> impl Iterator<Item = Entity<'_>> {
        let accounts = self.world.accounts.iter().filter(|account| self.is_readable(account));
        accounts.flat_map(move |account| account.entities(level))
    }
}
