//! The imitated tree of customers and what is in it. Plain values; numbers of days are in `numbers`.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::errors::AdsError;
use super::numbers::{Metrics, Progress, Unit, delivered};
use crate::seed::{MILLION, Seed};

/// All that the imitation knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    pub(super) customers: Vec<Customer>,
    /// Customers that answer with an error, whoever asks.
    pub(super) refused: BTreeMap<&'static str, AdsError>,
    /// What a unit delivered on a day, where a test has said so.
    pub(super) restated: HashMap<(Unit, Date), Metrics>,
    /// Days of a campaign without any row.
    pub(super) vanished: HashSet<(u64, Date)>,
}

/// A customer: a manager, or an advertising account.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    pub(super) zone_name: String,
    pub(super) zone: TimeZone,
    pub(super) is_manager: bool,
    /// `ENABLED`, `CANCELED`, `SUSPENDED` or `CLOSED`.
    pub(super) status: &'static str,
    /// The manager that it is a client of.
    pub(super) manager: Option<&'static str>,
    pub(super) campaigns: Vec<Campaign>,
}

/// A campaign with its ad groups; one without any delivers by itself.
#[derive(Debug)]
pub(super) struct Campaign {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) status: Status,
    /// `advertising_channel_type`.
    pub(super) channel: &'static str,
    pub(super) budget: Budget,
    /// What it spends on an ordinary day, in micros.
    pub(super) daily_micros: u64,
    pub(super) first_day: Date,
    /// The last day on which it delivered, when it no longer does.
    pub(super) last_day: Option<Date>,
    /// Where it delivers, with shares that add up to a million.
    pub(super) places: &'static [Place],
    pub(super) groups: Vec<AdGroup>,
}

/// A country: Google's criterion id, the name that tables give it, its share in parts per million.
pub(super) type Place = (u64, &'static str, u64);

#[derive(Debug)]
pub(super) struct AdGroup {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) ads: Vec<Ad>,
}

/// An ad within a group: the same id may be in several.
#[derive(Debug)]
pub(super) struct Ad {
    pub(super) id: u64,
    /// Empty for formats that have none.
    pub(super) name: &'static str,
    pub(super) status: Status,
    /// Its part of the campaign's spend, in parts per million.
    pub(super) share: u64,
}

/// What an owner set on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Runs.
    Enabled,
    /// Stopped for now.
    Paused,
    /// Gone for its owner; still in lists.
    Removed,
}

/// A campaign's budget, in micros of the customer's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// `amount_micros`, period `DAILY`.
    Daily(u64),
    /// `total_amount_micros`, period `CUSTOM_PERIOD`.
    Total(u64),
}

impl Status {
    /// The provider's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Paused => "PAUSED",
            Self::Removed => "REMOVED",
        }
    }
}

impl Campaign {
    /// What really is the matter: `primary_status`.
    pub(super) fn primary_status(&self) -> &'static str {
        match (self.status, self.last_day) {
            (Status::Enabled, Some(_)) => "ENDED",
            (Status::Enabled, None) => "ELIGIBLE",
            (status, _) => status.word(),
        }
    }

    /// `primary_status` of something below it.
    pub(super) fn primary_status_below(&self, own: Status) -> &'static str {
        match (own, self.status) {
            (Status::Enabled, Status::Enabled) => "ELIGIBLE",
            (Status::Enabled, _) => "NOT_ELIGIBLE",
            (own, _) => own.word(),
        }
    }

    /// All that delivers, with shares in parts per million.
    pub(super) fn units(&self) -> Vec<(Unit, u64)> {
        let unit = |ad_group, ad| Unit { campaign: self.id, ad_group, ad };
        if self.groups.is_empty() {
            return vec![(unit(0, 0), MILLION)];
        }
        let groups = self.groups.iter();
        groups.flat_map(|group| group.ads.iter().map(move |ad| (unit(group.id, ad.id), ad.share))).collect()
    }
}

impl Customer {
    /// The day it is there.
    pub(super) fn today(&self, now: Timestamp) -> Date {
        now.to_zoned_datetime(self.zone.clone()).date()
    }
}

impl World {
    pub(super) fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    /// A customer and all that is below it, each with its distance.
    pub(super) fn tree(&self, root: &str) -> Vec<(&Customer, u64)> {
        let mut found: Vec<(&Customer, u64)> =
            self.customer(root).map(|root| (root, 0)).into_iter().collect();
        let mut place = 0;
        while let Some((manager, level)) = found.get(place).copied() {
            let clients = self.customers.iter().filter(|customer| customer.manager == Some(manager.id));
            found.extend(clients.map(|client| (client, level + 1)));
            place += 1;
        }
        found
    }

    /// What a unit, with its share, has delivered on a day, as far as it is known.
    pub(super) fn unit_day(
        &self,
        campaign: &Campaign,
        unit: (Unit, u64),
        day: Date,
        progress: Progress,
    ) -> Metrics {
        if self.vanished.contains(&(campaign.id, day)) {
            return Metrics::default();
        }
        let restated = self.restated.get(&(unit.0, day)).copied();
        restated.unwrap_or_else(|| delivered(self.seed, campaign, unit, day, progress))
    }

    /// What the chosen units of a campaign delivered on a day.
    pub(super) fn campaign_day(
        &self,
        (customer, campaign): (&Customer, &Campaign),
        chosen: impl Fn(&Unit) -> bool,
        day: Date,
        now: Timestamp,
    ) -> Metrics {
        let mut sum = Metrics::default();
        if let Some(progress) = Progress::of(day, &customer.zone, now) {
            for unit in campaign.units().into_iter().filter(|(unit, _)| chosen(unit)) {
                sum.add(&self.unit_day(campaign, unit, day, progress));
            }
        }
        sum
    }
}
