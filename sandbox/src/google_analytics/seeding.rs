//! Three properties, and where their sessions come from.

use std::collections::{HashMap, HashSet};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::controls::Notes;
use super::tokens::Used;
use super::world::{Origin, Property, World};
use super::{FORBIDDEN, SHOP, SITE};
use crate::seed::Seed;

/// Every property's origins. Those with the medium `paid` are found out when the day is over.
pub(super) const ORIGINS: [Origin; 12] = [
    ("night-drive", "facebook", "paid"),
    ("night-drive", "tiktok", "paid"),
    ("夜行列車", "google", "cpc"),
    ("(organic)", "google", "organic"),
    ("(direct)", "(direct)", "(none)"),
    ("(referral)", "ffm.to", "referral"),
    ("(not set)", "(not set)", "(not set)"),
    ("Glass Hours \"reprise\", 50% off", "newsletter", "email"),
    ("'); DROP TABLE sessions; --", "newsletter", "email"),
    ("", "qr", ""),
    ("(data not available)", "(data not available)", "(data not available)"),
    ("RESERVED_TOTAL", "linktr.ee", "social"),
];

/// The world at `now`, with `days` of history behind it.
pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let property = |id, name, currency, zone_name: &str| {
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap_or(TimeZone::UTC);
        let today = now.to_zoned_datetime(zone.clone()).date();
        Property {
            id,
            name,
            currency,
            zone_name: zone_name.to_owned(),
            zone,
            first_day: today.checked_sub(i64::from(days).days()).unwrap_or(today),
            is_forbidden: id == FORBIDDEN,
            notes: Notes::default(),
            used: Used::default(),
        }
    };
    World {
        seed: Seed::new(seed),
        properties: vec![
            property(SITE, "Night Shift Records", "EUR", "Europe/Berlin"),
            property(SHOP, "Night Shift Shop", "USD", "America/Los_Angeles"),
            property(FORBIDDEN, "Somebody Else's", "USD", "America/New_York"),
        ],
        restated: HashMap::new(),
        vanished: HashSet::new(),
    }
}
