//! The imitated business: its advertising accounts and what is in them. Plain values; numbers of days are in `delivery`.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// An advertising account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) currency: String,
    /// Decimals of the currency: 2, or 0 where the provider's offset is 1.
    pub(crate) exponent: u32,
    pub(crate) zone_name: String,
    pub(crate) zone: TimeZone,
    pub(crate) campaigns: Vec<Campaign>,
    /// Campaigns ever made here: the next one's number.
    pub(crate) campaigns_made: u64,
}

/// A campaign with its ad sets.
#[derive(Debug, Clone)]
pub(crate) struct Campaign {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) objective: String,
    pub(crate) optimization_goal: String,
    pub(crate) bid_strategy: String,
    pub(crate) status: Status,
    pub(crate) budget: Budget,
    /// What it spends on an ordinary day, in minor units.
    pub(crate) daily_minor: u64,
    pub(crate) first_day: Date,
    /// The last day on which it delivered, when it no longer does.
    pub(crate) last_day: Option<Date>,
    /// Where it delivers, with shares in parts per million that add up to a million.
    pub(crate) countries: Vec<(String, u64)>,
    pub(crate) ad_sets: Vec<AdSet>,
}

/// An ad set with its ads.
#[derive(Debug, Clone)]
pub(crate) struct AdSet {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// Its part of the campaign's spend, in parts per million.
    pub(crate) share: u64,
    pub(crate) ads: Vec<Ad>,
}

/// An ad.
#[derive(Debug, Clone)]
pub(crate) struct Ad {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) creative_id: u64,
    /// Its part of the ad set's spend, in parts per million.
    pub(crate) share: u64,
}

/// What an owner set on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Runs.
    Active,
    /// Stopped for now.
    Paused,
    /// Put away; left out of lists unless asked for.
    Archived,
    /// Gone for its owner; left out of lists unless asked for.
    Deleted,
}

impl Status {
    /// The provider's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Archived => "ARCHIVED",
            Self::Deleted => "DELETED",
        }
    }

    /// Whether lists show it without being asked to.
    pub(crate) fn is_listed(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }
}

/// A campaign's budget, in minor units of the account's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Budget {
    Daily(u64),
    Lifetime(u64),
}

impl Campaign {
    /// The effective status of its ad sets: their own is always active.
    pub(crate) fn ad_set_status(&self) -> &'static str {
        if self.status == Status::Paused { "CAMPAIGN_PAUSED" } else { self.status.word() }
    }

    /// Whether it delivers on this day at all.
    pub(crate) fn runs_on(&self, day: Date) -> bool {
        day >= self.first_day && self.last_day.is_none_or(|last| day <= last)
    }
}

/// The number in `act_123` or `123`.
pub(crate) fn account_number(id: &str) -> Option<u64> {
    id.strip_prefix("act_").unwrap_or(id).parse().ok()
}

/// An amount as decimal text in major units: `2487` minor with two decimals is `24.87`.
pub(crate) fn major(minor: u64, exponent: u32) -> String {
    let unit = 10_u64.pow(exponent);
    if unit == 1 {
        return minor.to_string();
    }
    let width = usize::try_from(exponent).unwrap_or_default();
    format!("{}.{:0width$}", minor / unit, minor % unit)
}
