//! The account's links, and who visited them.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::seed::Seed;

/// A link that is out.
pub const NIGHT_DRIVE: &str = "68bf1a2b3c4d5e6f70819203";
/// A title in another script.
pub const RAIN: &str = "68bf1a2b3c4d5e6f70819204";
/// At a domain of the label's own.
pub const CUSTOM: &str = "68bf1a2b3c4d5e6f70819205";
/// Of a release that is not out yet.
pub const FUTURE: &str = "68bf1a2b3c4d5e6f70819206";
/// An id of digits that a float cannot hold.
pub const BIG: &str = "9007199254740993";
/// The short address of [`NIGHT_DRIVE`]: domain and last part.
pub const SHORT: (&str, &str) = ("ffm.to", "night-drive");

/// A link.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) domain: &'static str,
    pub(super) short_id: String,
    pub(super) kind: &'static str,
    pub(super) status: String,
    pub(super) artist: (&'static str, &'static str),
    pub(super) created_at: i64,
    pub(super) release_date: Option<&'static str>,
    pub(super) stores: Vec<&'static str>,
    pub(super) deleted: bool,
}

/// What happened on a link on one day; `None` is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    pub(super) visits: u64,
    pub(super) unique_visitors: u64,
    pub(super) clicks: u64,
    /// Of releases that are not out yet.
    pub(super) pre_saves: Option<u64>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    seed: Seed,
    pub(super) now: Timestamp,
    /// The first day on which anybody came.
    first: Date,
    /// In which days are counted.
    pub(super) zone: TimeZone,
    pub(super) links: Vec<Link>,
    /// Visits that stay where a test has put them.
    pub(super) fixed: HashMap<(String, Date), u64>,
    pub(super) vanished: HashSet<(String, Date)>,
}

impl World {
    pub(super) fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        let day = now.to_zoned_datetime(TimeZone::UTC).date();
        Self {
            seed: Seed::new(seed),
            now,
            first: day.saturating_sub(i64::from(days).days()),
            zone: TimeZone::UTC,
            links: links(),
            fixed: HashMap::new(),
            vanished: HashSet::new(),
        }
    }

    pub(super) fn today(&self) -> Date {
        self.now.to_zoned_datetime(self.zone.clone()).date()
    }

    /// The days on which there was anything to see.
    pub(super) fn days(&self) -> impl Iterator<Item = Date> {
        let today = self.today();
        self.first.series(1.day()).take_while(move |day| *day <= today)
    }

    /// A link's day; none where nobody came.
    pub(super) fn activity(&self, link: &Link, day: Date) -> Option<Activity> {
        let key = (link.id.to_owned(), day);
        if day < self.first || day > self.today() || self.vanished.contains(&key) {
            return None;
        }
        let place =
            link.id.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let number = u64::from(day.year().unsigned_abs()) * 400 + u64::from(day.day_of_year().unsigned_abs());
        let chance = self.seed.at(place).at(number);
        let fixed = self.fixed.get(&key).copied();
        let seen = if fixed.is_none() && chance.at(1).once_in(5) {
            return None;
        } else {
            chance.at(2).between(1, 4_000)
        };
        let visits = fixed.unwrap_or_else(|| self.so_far(day, seen));
        Some(Activity {
            visits,
            unique_visitors: visits - visits / 7,
            clicks: visits / 2 + visits / 9,
            pre_saves: (link.kind == "pre_release").then_some(visits / 11),
        })
    }

    /// Today's visits come with its hours.
    fn so_far(&self, day: Date, whole: u64) -> u64 {
        if day != self.today() {
            return whole;
        }
        let hour = self.now.to_zoned_datetime(self.zone.clone()).hour();
        1 + whole * u64::from(hour.unsigned_abs()) / 24
    }

    pub(super) fn link(&self, id: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.id == id && !link.deleted)
    }

    pub(super) fn link_mut(&mut self, id: &str) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.id == id && !link.deleted)
    }
}

fn links() -> Vec<Link> {
    let link = |id, title: &str, domain, short_id: &str, number: i64, artist| Link {
        id,
        title: title.to_owned(),
        domain,
        short_id: short_id.to_owned(),
        kind: "post_release",
        status: "ACTIVE".to_owned(),
        artist,
        created_at: 1_788_000_000_123 + number * 86_400_000,
        release_date: None,
        stores: vec!["spotify", "apple", "deezer"],
        deleted: false,
    };
    let (vell, kohaku) =
        (("68bf0000000000000000000a", "Mara Vell"), ("68bf0000000000000000000b", "琥珀ドリフト"));
    let mut all = vec![
        link(NIGHT_DRIVE, "Night Drive", "https://ffm.to", SHORT.1, 0, vell),
        link(RAIN, "雨の駅", "https://ffm.to", "ame-no-eki", 1, kohaku),
        link(CUSTOM, "Paper Boats", "links.maravell.example", "paper_boats", 2, vell),
        link(FUTURE, "Salt", "https://ffm.to", "salt-pre", 3, vell),
        link(BIG, "=Second Sun, Part 2", "https://ffm.to", "second-sun", 4, kohaku),
    ];
    all[3].kind = "pre_release";
    all[3].release_date = Some("2027-02-05");
    all[4].stores.clear();
    all
}
