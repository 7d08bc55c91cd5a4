//! Which rows an insights request has: every entity of its level, in every period, with what was delivered.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::delivery::{Counts, Progress, day_number, delivered, overlapped};
use super::errors::MetaError;
use super::params::Filter;
use super::query::{InsightsQuery, Level};
use super::world::{Account, Ad, AdSet, Campaign};
use crate::seed::Seed;

/// Once in so many campaign days, the campaign's own row has one conversion more than its ads have together.
const CONVERSION_DIFFERENCE_ONCE_IN: u64 = 13;

/// What tests changed about the days.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// An ad's numbers on a day, in place of those that would have been.
    pub(crate) restated: HashMap<(u64, Date), Counts>,
    /// A campaign's days that have vanished.
    pub(crate) vanished: HashSet<(u64, Date)>,
}

/// The object whose insights are asked for, below its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Account,
    Campaign(u64),
    AdSet(u64),
    Ad(u64),
}

/// One row before it is put into the provider's words.
#[derive(Debug, Clone)]
pub(crate) struct Row<'w> {
    pub(crate) account: &'w Account,
    pub(crate) campaign: Option<&'w Campaign>,
    pub(crate) ad_set: Option<&'w AdSet>,
    pub(crate) ad: Option<&'w Ad>,
    pub(crate) since: Date,
    pub(crate) until: Date,
    pub(crate) country: Option<&'w str>,
    pub(crate) counts: Counts,
}

/// Everything that decides about an account's rows.
pub(crate) struct Ledger<'w> {
    pub(crate) seed: Seed,
    pub(crate) edits: &'w Edits,
    pub(crate) account: &'w Account,
    pub(crate) now: Timestamp,
    /// Rows about archived and deleted objects are left out unless a filter names effective statuses.
    pub(crate) hides_archived: bool,
}

/// Numbers being added up.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    counts: Counts,
    parts: u64,
}

impl Sum {
    fn add(&mut self, counts: &Counts) {
        if counts.is_delivered() {
            self.counts.add(counts);
            self.parts += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        self.counts.add(&other.counts);
        self.parts += other.parts;
    }

    fn total(mut self) -> Counts {
        overlapped(&mut self.counts, self.parts);
        self.counts
    }
}

/// A row's place: its entity and period.
#[derive(Clone, Copy)]
struct Place<'w> {
    campaign: Option<&'w Campaign>,
    ad_set: Option<&'w AdSet>,
    ad: Option<&'w Ad>,
    period: (Date, Date),
}

impl<'w> Ledger<'w> {
    /// The rows of a query, in the provider's order.
    pub(crate) fn rows(&self, query: &InsightsQuery, scope: Scope) -> Result<Vec<Row<'w>>, MetaError> {
        let known = self.known_days(query);
        let ads = self.admitted_ads(query, scope)?;
        let mut rows = Vec::new();
        for period in &query.periods {
            let days = known.iter().filter(|(day, _)| (period.0..=period.1).contains(day)).copied();
            let days = days.collect::<Vec<_>>();
            if !days.is_empty() {
                self.period_rows(query, *period, &days, &ads, &mut rows);
            }
        }
        Ok(rows)
    }

    /// What an ad has delivered on a day, edits included.
    pub(crate) fn ad_day(&self, place: (&Campaign, &AdSet, &Ad), day: Date, progress: Progress) -> Counts {
        if self.edits.vanished.contains(&(place.0.id, day)) {
            return Counts::default();
        }
        match self.edits.restated.get(&(place.2.id, day)) {
            Some(counts) => *counts,
            None => delivered(self.seed, self.account.exponent, place, day, progress),
        }
    }

    fn known_days(&self, query: &InsightsQuery) -> Vec<(Date, Progress)> {
        let Some((since, until)) = query.range() else {
            return Vec::new();
        };
        let today = self.now.to_zoned_datetime(self.account.zone.clone()).date();
        let first = self.account.campaigns.iter().map(|campaign| campaign.first_day).min().unwrap_or(today);
        let days = since.max(first).series(1.day()).take_while(|day| *day <= until.min(today));
        days.filter_map(|day| Some((day, Progress::of(day, &self.account.zone, self.now)?))).collect()
    }

    fn period_rows(
        &self,
        query: &InsightsQuery,
        period: (Date, Date),
        days: &[(Date, Progress)],
        ads: &HashSet<u64>,
        rows: &mut Vec<Row<'w>>,
    ) {
        let level = query.level;
        let nowhere = Place { campaign: None, ad_set: None, ad: None, period };
        let mut account_sum = Sum::default();
        let mut account_countries = BTreeMap::<&'w str, Sum>::new();
        for campaign in &self.account.campaigns {
            let in_campaign = Place { campaign: Some(campaign), ..nowhere };
            let mut campaign_sum = Sum::default();
            for ad_set in &campaign.ad_sets {
                let in_ad_set = Place { ad_set: Some(ad_set), ..in_campaign };
                let mut ad_set_sum = Sum::default();
                for ad in ad_set.ads.iter().filter(|ad| ads.contains(&ad.id)) {
                    let mut ad_sum = Sum::default();
                    for (day, progress) in days {
                        ad_sum.add(&self.ad_day((campaign, ad_set, ad), *day, *progress));
                    }
                    if level == Level::Ad {
                        self.push(rows, query, Place { ad: Some(ad), ..in_ad_set }, ad_sum);
                    }
                    ad_set_sum.merge(ad_sum);
                }
                if level == Level::AdSet {
                    self.push(rows, query, in_ad_set, ad_set_sum);
                }
                campaign_sum.merge(ad_set_sum);
            }
            campaign_sum.counts.conversions +=
                self.conversion_difference(campaign, days, &campaign_sum.counts);
            if level == Level::Campaign {
                self.push(rows, query, in_campaign, campaign_sum);
            }
            account_sum.merge(campaign_sum);
            if level == Level::Account && query.by_country {
                for (country, counts) in by_country(campaign, &campaign_sum.total()) {
                    account_countries.entry(country).or_default().add(&counts);
                }
            }
        }
        if level == Level::Account && query.by_country {
            for (country, sum) in account_countries {
                rows.extend(self.row(nowhere, Some(country), sum.total()));
            }
        } else if level == Level::Account {
            self.push(rows, query, nowhere, account_sum);
        }
    }

    fn push(&self, rows: &mut Vec<Row<'w>>, query: &InsightsQuery, place: Place<'w>, sum: Sum) {
        let counts = sum.total();
        match place.campaign {
            Some(campaign) if query.by_country => {
                let split = by_country(campaign, &counts);
                rows.extend(split.filter_map(|(country, part)| self.row(place, Some(country), part)));
            }
            _ => rows.extend(self.row(place, None, counts)),
        }
    }

    fn row(&self, place: Place<'w>, country: Option<&'w str>, counts: Counts) -> Option<Row<'w>> {
        counts.is_delivered().then_some(Row {
            account: self.account,
            campaign: place.campaign,
            ad_set: place.ad_set,
            ad: place.ad,
            since: place.period.0,
            until: place.period.1,
            country,
            counts,
        })
    }

    fn conversion_difference(&self, campaign: &Campaign, days: &[(Date, Progress)], counts: &Counts) -> u64 {
        if counts.conversions == 0 {
            return 0;
        }
        let seed = self.seed.at(campaign.id);
        let differs = |day: Date| {
            let place = seed.at(day_number(day));
            campaign.runs_on(day)
                && place.once_in(CONVERSION_DIFFERENCE_ONCE_IN)
                && !self.edits.vanished.contains(&(campaign.id, day))
        };
        days.iter().map(|(day, _)| u64::from(differs(*day))).sum()
    }

    /// The ads that scope and filters let through.
    fn admitted_ads(&self, query: &InsightsQuery, scope: Scope) -> Result<HashSet<u64>, MetaError> {
        let names_statuses = query.filters.iter().any(|filter| filter.field.ends_with("effective_status"));
        let mut admitted = HashSet::new();
        for campaign in &self.account.campaigns {
            let hidden = self.hides_archived && query.level != Level::Account && scope == Scope::Account;
            if hidden && !names_statuses && !campaign.status.is_listed() {
                continue;
            }
            for ad_set in &campaign.ad_sets {
                for ad in &ad_set.ads {
                    let in_scope = match scope {
                        Scope::Account => true,
                        Scope::Campaign(id) => campaign.id == id,
                        Scope::AdSet(id) => ad_set.id == id,
                        Scope::Ad(id) => ad.id == id,
                    };
                    if in_scope && admits_all(&query.filters, (campaign, ad_set, ad))? {
                        admitted.insert(ad.id);
                    }
                }
            }
        }
        Ok(admitted)
    }
}

fn admits_all(
    filters: &[Filter],
    (campaign, ad_set, ad): (&Campaign, &AdSet, &Ad),
) -> Result<bool, MetaError> {
    for filter in filters {
        let admitted = match filter.field.as_str() {
            "campaign.id" => filter.admits(&campaign.id.to_string()),
            "adset.id" => filter.admits(&ad_set.id.to_string()),
            "ad.id" => filter.admits(&ad.id.to_string()),
            "campaign.effective_status" => filter.admits(campaign.status.word()),
            "adset.effective_status" | "ad.effective_status" => filter.admits(campaign.ad_set_status()),
            _ => Err(filter.unsupported(&filter.operator)),
        };
        if !admitted? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A campaign's numbers by country; the parts add up to the whole.
fn by_country<'w>(campaign: &'w Campaign, counts: &Counts) -> impl Iterator<Item = (&'w str, Counts)> {
    let counts = *counts;
    let mut from = 0;
    campaign.countries.iter().map(move |(country, share)| {
        let part = counts.part(from, from + share);
        from += share;
        (country.as_str(), part)
    })
}
