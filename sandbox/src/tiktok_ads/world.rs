//! The imitated advertisers and what is in them. Plain values; numbers of days are in `numbers`.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::errors::TikTokError;
use super::numbers::{Counts, Progress, delivered};
use crate::seed::{Seed, share};

/// All that the imitation knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    pub(super) advertisers: Vec<Advertiser>,
    /// Advertisers that answer with an error, whoever asks.
    pub(super) refused: BTreeMap<&'static str, TikTokError>,
    /// What an ad delivered on a day, where a test has said so.
    pub(super) restated: HashMap<(u64, Date), Counts>,
    /// Days of a campaign without any row.
    pub(super) vanished: HashSet<(u64, Date)>,
}

#[derive(Debug)]
pub(super) struct Advertiser {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    /// Decimals of its currency.
    pub(super) exponent: u8,
    /// What the provider calls its zone …
    pub(super) zone_name: String,
    /// … and what it shows to people.
    pub(super) display_zone: &'static str,
    pub(super) zone: TimeZone,
    pub(super) campaigns: Vec<Campaign>,
}

#[derive(Debug)]
pub(super) struct Campaign {
    pub(super) id: u64,
    pub(super) name: String,
    /// `AUCTION`, `RESERVATION_RF` or `RESERVATION_TOP_VIEW`.
    pub(super) buying_type: &'static str,
    pub(super) objective: &'static str,
    pub(super) status: Status,
    pub(super) budget: Budget,
    /// What it spends on an ordinary day, in minor units.
    pub(super) daily_minor: u64,
    pub(super) first_day: Date,
    /// The last day on which it delivered, when it no longer does.
    pub(super) last_day: Option<Date>,
    pub(super) groups: Vec<AdGroup>,
}

#[derive(Debug)]
pub(super) struct AdGroup {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) ads: Vec<Ad>,
}

#[derive(Debug)]
pub(super) struct Ad {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) status: Status,
    /// Its part of the campaign's spend, in parts per million.
    pub(super) share: u64,
    /// The post that it shows, where it is a Spark Ad.
    pub(super) post: Option<u64>,
}

/// What an owner did with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Runs.
    Enabled,
    /// Stopped for now.
    Disabled,
    /// Gone for its owner; listed for those who ask.
    Deleted,
}

/// A campaign's budget, in minor units of the advertiser's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// `BUDGET_MODE_DAY`.
    Daily(u64),
    /// `BUDGET_MODE_TOTAL`.
    Total(u64),
    /// `BUDGET_MODE_INFINITE`: its ad groups have budgets.
    None,
}

/// What a row of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the provider's own levels, by their names")]
pub enum Level {
    Campaign,
    AdGroup,
    Ad,
}

/// One campaign, ad group or ad.
#[derive(Clone, Copy)]
pub(super) struct Subject<'w> {
    pub(super) advertiser: &'w Advertiser,
    pub(super) campaign: &'w Campaign,
    pub(super) group: Option<&'w AdGroup>,
    pub(super) ad: Option<&'w Ad>,
}

impl Status {
    /// `operation_status`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLE",
            Self::Disabled | Self::Deleted => "DISABLE",
        }
    }
}

impl Budget {
    /// `budget_mode`, and the amount.
    pub(super) fn mode(self) -> (&'static str, u64) {
        match self {
            Self::Daily(minor) => ("BUDGET_MODE_DAY", minor),
            Self::Total(minor) => ("BUDGET_MODE_TOTAL", minor),
            Self::None => ("BUDGET_MODE_INFINITE", 0),
        }
    }
}

impl Advertiser {
    /// The day it is there.
    pub(super) fn today(&self, now: Timestamp) -> Date {
        now.to_zoned_datetime(self.zone.clone()).date()
    }

    /// All that there is of one level, deleted ones too.
    pub(super) fn subjects(&self, level: Level) -> Vec<Subject<'_>> {
        let mut all = Vec::new();
        for campaign in &self.campaigns {
            let whole = Subject { advertiser: self, campaign, group: None, ad: None };
            let groups = campaign.groups.iter().map(|group| Subject { group: Some(group), ..whole });
            match level {
                Level::Campaign => all.push(whole),
                Level::AdGroup => all.extend(groups),
                Level::Ad => all.extend(groups.flat_map(|subject| {
                    let ads = subject.group.into_iter().flat_map(|group| &group.ads);
                    ads.map(move |ad| Subject { ad: Some(ad), ..subject })
                })),
            }
        }
        all
    }
}

impl Subject<'_> {
    pub(super) fn id(&self) -> u64 {
        let group = self.group.map(|group| group.id);
        self.ad.map(|ad| ad.id).or(group).unwrap_or(self.campaign.id)
    }

    fn statuses(&self) -> [Option<Status>; 3] {
        [self.ad.map(|ad| ad.status), self.group.map(|group| group.status), Some(self.campaign.status)]
    }

    /// What its owner set on it.
    pub(super) fn status(&self) -> Status {
        self.statuses().into_iter().flatten().next().unwrap_or(Status::Enabled)
    }

    /// It, or something above it, is deleted.
    pub(super) fn is_deleted(&self) -> bool {
        self.statuses().contains(&Some(Status::Deleted))
    }

    /// `secondary_status`.
    pub(super) fn secondary_status(&self) -> String {
        let (kind, runs) = match (self.group, self.ad) {
            (_, Some(_)) => ("AD", "DELIVERY_OK"),
            (Some(_), None) => ("ADGROUP", "DELIVERY_OK"),
            (None, None) => ("CAMPAIGN", "ENABLE"),
        };
        let [ad, group, campaign] = self.statuses().map(|status| status == Some(Status::Deleted));
        let what = match (self.status(), ad, group, campaign) {
            (Status::Deleted, ..) => "DELETE",
            (_, _, true, _) => "ADGROUP_DELETE",
            (_, _, _, true) => "CAMPAIGN_DELETE",
            (Status::Disabled, ..) => "DISABLE",
            (Status::Enabled, ..) => runs,
        };
        format!("{kind}_STATUS_{what}")
    }

    fn ads(&self) -> impl Iterator<Item = &Ad> {
        let of_group =
            self.campaign.groups.iter().filter(|group| self.group.is_none_or(|own| own.id == group.id));
        of_group.flat_map(|group| &group.ads).filter(|ad| self.ad.is_none_or(|own| own.id == ad.id))
    }
}

impl World {
    pub(super) fn advertiser(&self, id: &str) -> Option<&Advertiser> {
        self.advertisers.iter().find(|advertiser| advertiser.id == id)
    }

    /// What an ad delivered; `None` where there is no row.
    pub(super) fn ad_day(
        &self,
        campaign: &Campaign,
        ad: &Ad,
        day: Date,
        progress: Progress,
    ) -> Option<Counts> {
        if self.vanished.contains(&(campaign.id, day)) {
            return None;
        }
        if let Some(restated) = self.restated.get(&(ad.id, day)) {
            return Some(*restated);
        }
        let runs = day >= campaign.first_day && campaign.last_day.is_none_or(|last| day <= last);
        let daily_minor = share(campaign.daily_minor, ad.share);
        runs.then(|| delivered(self.seed.at(ad.id), daily_minor, day, progress))
    }

    /// What all ads of a subject delivered, as far as it is known.
    pub(super) fn subject_day(&self, subject: &Subject<'_>, day: Date, now: Timestamp) -> Option<Counts> {
        let progress = Progress::of(day, &subject.advertiser.zone, now)?;
        let days = subject.ads().filter_map(|ad| self.ad_day(subject.campaign, ad, day, progress));
        days.reduce(|mut sum, counts| {
            sum.add(&counts);
            sum
        })
    }
}
