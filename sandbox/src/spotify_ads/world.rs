//! Businesses, their ad accounts and what is in them. Plain values; numbers of days are in `numbers`.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::errors::AdsError;
use super::numbers::{Numbers, Progress, delivered};
use crate::seed::Seed;

/// All that the imitation knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    pub(super) accounts: Vec<Account>,
    /// Accounts and businesses that answer with an error, whoever asks.
    pub(super) refused: BTreeMap<String, AdsError>,
    /// What an ad delivered on a day, where a test has said so.
    pub(super) restated: HashMap<(String, Date), Numbers>,
    /// Days of a campaign without any row.
    pub(super) vanished: HashSet<(String, Date)>,
}

/// An ad account. Everything below has the UUIDs of its place in the world.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: &'static str,
    pub(super) business: &'static str,
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    pub(super) country: &'static str,
    pub(super) status: &'static str,
    pub(super) campaigns: Vec<Campaign>,
}

#[derive(Debug)]
pub(super) struct Campaign {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) objective: &'static str,
    /// `AUDIO` or `VIDEO`: the latter tells views.
    pub(super) format: &'static str,
    /// What it spends on an ordinary day, in billionths of the account's currency.
    pub(super) daily_nanos: u64,
    pub(super) first_day: Date,
    /// The last day on which it delivered, when it no longer does.
    pub(super) last_day: Option<Date>,
    pub(super) ad_sets: Vec<AdSet>,
}

#[derive(Debug)]
pub(super) struct AdSet {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    pub(super) budget: Budget,
    pub(super) ads: Vec<Ad>,
}

#[derive(Debug)]
pub(super) struct Ad {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    /// Its part of the campaign's spend, in parts per million.
    pub(super) share: u64,
}

/// An ad set's budget, in micros of the account's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Type `DAILY`.
    Daily(u64),
    /// Type `LIFETIME`.
    Lifetime(u64),
}

/// An entity of which a report tells numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's words")]
pub enum Level {
    AdAccount,
    Campaign,
    AdSet,
    Ad,
}

/// What a report tells numbers of: an account, or something in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entity<'w> {
    pub(super) account: &'w Account,
    pub(super) campaign: Option<&'w Campaign>,
    pub(super) ad_set: Option<&'w AdSet>,
    pub(super) ad: Option<&'w Ad>,
}

impl World {
    pub(super) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// What an entity delivered on a day; none where there is no row.
    pub(super) fn day(&self, entity: Entity<'_>, day: Date, now: Timestamp) -> Option<Numbers> {
        let progress = Progress::of(day, now)?;
        let mut sum: Option<Numbers> = None;
        let mut ads = 0;
        for (campaign, ad) in entity.ads() {
            if self.vanished.contains(&(campaign.id.clone(), day)) {
                continue;
            }
            let restated = self.restated.get(&(ad.id.clone(), day)).copied();
            let Some(numbers) = restated.or_else(|| delivered(self.seed, campaign, ad, day, progress)) else {
                continue;
            };
            ads += 1;
            sum = Some(sum.map_or(numbers, |sum| sum.plus(numbers)));
        }
        // Who was reached by two ads is one person above them.
        sum.map(|sum| if ads > 1 { Numbers { reach: sum.reach - sum.reach / 5, ..sum } } else { sum })
    }
}

impl Account {
    /// What there is at a level, in the account's order.
    pub(super) fn entities(&self, level: Level) -> Vec<Entity<'_>> {
        let whole = Entity { account: self, campaign: None, ad_set: None, ad: None };
        let campaigns = self.campaigns.iter().map(|campaign| Entity { campaign: Some(campaign), ..whole });
        match level {
            Level::AdAccount => vec![whole],
            Level::Campaign => campaigns.collect(),
            Level::AdSet | Level::Ad => {
                let mut all = Vec::new();
                for of in campaigns {
                    for ad_set in of.campaign.into_iter().flat_map(|campaign| &campaign.ad_sets) {
                        let of = Entity { ad_set: Some(ad_set), ..of };
                        match level {
                            Level::Ad => {
                                all.extend(ad_set.ads.iter().map(|ad| Entity { ad: Some(ad), ..of }));
                            }
                            _ => all.push(of),
                        }
                    }
                }
                all
            }
        }
    }

    /// The day on which its first campaign began.
    pub(super) fn first_day(&self) -> Option<Date> {
        self.campaigns.iter().map(|campaign| campaign.first_day).min()
    }
}

impl<'w> Entity<'w> {
    pub(super) fn id(&self) -> &'w str {
        let ad_set = self.ad_set.map(|ad_set| ad_set.id.as_str());
        let campaign = self.campaign.map(|campaign| campaign.id.as_str());
        self.ad.map(|ad| ad.id.as_str()).or(ad_set).or(campaign).unwrap_or(self.account.id)
    }

    pub(super) fn name(&self) -> &'w str {
        let ad_set = self.ad_set.map(|ad_set| ad_set.name);
        let campaign = self.campaign.map(|campaign| campaign.name.as_str());
        self.ad.map(|ad| ad.name).or(ad_set).or(campaign).unwrap_or(self.account.name)
    }

    pub(super) fn status(&self) -> &'w str {
        let ad_set = self.ad_set.map(|ad_set| ad_set.status);
        let campaign = self.campaign.map(|campaign| campaign.status.as_str());
        self.ad.map(|ad| ad.status).or(ad_set).or(campaign).unwrap_or(self.account.status)
    }

    /// What it is in.
    pub(super) fn parent(&self) -> Self {
        match (self.ad, self.ad_set) {
            (Some(_), _) => Self { ad: None, ..*self },
            (None, Some(_)) => Self { ad_set: None, ..*self },
            _ => Self { campaign: None, ..*self },
        }
    }

    /// The ads that it consists of.
    fn ads(&self) -> Vec<(&'w Campaign, &'w Ad)> {
        let id = self.id();
        let is_part = |part: &Entity<'_>| {
            let mut place = *part;
            while place.id() != id && place.campaign.is_some() {
                place = place.parent();
            }
            place.id() == id
        };
        let all = self.account.entities(Level::Ad).into_iter().filter(is_part);
        all.filter_map(|part| part.campaign.zip(part.ad)).collect()
    }
}

/// The UTC day at a time.
pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

/// Every day from one to another, both included.
pub(super) fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |day| *day <= to)
}
