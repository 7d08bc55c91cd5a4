//! How the imitated advertisers came to be, made by hand.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::errors::TikTokError;
use super::world::{Ad, AdGroup, Advertiser, Budget, Campaign, Status, World};
use super::{BERLIN, FORBIDDEN, KUWAIT, TOKYO, WEST};
use crate::seed::Seed;

/// Nineteen digits, as the provider's: a client that reads ids as floats fails.
const FIRST_ID: u64 = 1_812_345_678_901_234_001;

/// An advertiser's outline: id, name, currency and its decimals, zone as the provider calls it and as it shows it.
type Plan = (&'static str, &'static str, (&'static str, u8), &'static str, &'static str);

const ADVERTISERS: [Plan; 5] = [
    (WEST, "Mara Vell", ("USD", 2), "Etc/GMT+8", "America/Los_Angeles"),
    (BERLIN, "Kalte Sonne", ("EUR", 2), "Europe/Berlin", "Europe/Berlin"),
    (TOKYO, "琥珀ドリフト", ("JPY", 0), "Asia/Tokyo", "Asia/Tokyo"),
    (KUWAIT, "Layla Noor", ("KWD", 3), "Asia/Kuwait", "Asia/Kuwait"),
    (FORBIDDEN, "Somebody Else's", ("USD", 2), "America/New_York", "America/New_York"),
];

/// The world at `now`, with `days` of history behind it.
pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let advertisers = ADVERTISERS.map(|(id, name, (currency, exponent), zone_name, display_zone)| {
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap_or(TimeZone::UTC);
        let campaigns = campaigns(id, days, now.to_zoned_datetime(zone.clone()).date());
        let zone_name = zone_name.to_owned();
        Advertiser { id, name, currency, exponent, zone_name, display_zone, zone, campaigns }
    });
    World {
        seed: Seed::new(seed),
        advertisers: advertisers.into(),
        refused: [(FORBIDDEN, TikTokError::permission(FORBIDDEN))].into(),
        restated: std::collections::HashMap::new(),
        vanished: std::collections::HashSet::new(),
    }
}

/// An advertiser's campaigns.
fn campaigns(advertiser: &str, days: u32, today: Date) -> Vec<Campaign> {
    use Budget::{Daily, Total};
    use Status::{Deleted, Disabled, Enabled};
    // Days are told in percent of the history: 100 is its first day, 0 is today.
    let ago = |percent: u32| today.checked_sub(i64::from(days * percent / 100).days()).unwrap_or(Date::MIN);
    let campaign =
        |number: u64, name: &str, buying_type, objective, status, budget, from: u32, to: Option<u32>| {
            let id = FIRST_ID + number * 1_000;
            Campaign {
                id,
                name: name.to_owned(),
                buying_type,
                objective,
                status,
                budget,
                daily_minor: match budget {
                    Daily(minor) => minor,
                    Total(minor) => minor / 40,
                    Budget::None => 4_000,
                },
                first_day: ago(from),
                last_day: to.map(ago),
                groups: groups(id),
            }
        };
    match advertiser {
        WEST => vec![
            campaign(0, "Night Drive Spark", "AUCTION", "TRAFFIC", Enabled, Daily(5_000), 100, None),
            campaign(1, "Night Drive, saves", "AUCTION", "WEB_CONVERSIONS", Enabled, Budget::None, 60, None),
            campaign(2, "Glass Hours", "RESERVATION_RF", "REACH", Disabled, Total(90_000), 95, Some(25)),
            campaign(3, "Early Works", "AUCTION", "VIDEO_VIEWS", Deleted, Daily(800), 100, Some(40)),
            campaign(
                4,
                "Glass Hours, first of the day",
                "RESERVATION_TOP_VIEW",
                "REACH",
                Enabled,
                Total(9_000_000),
                20,
                None,
            ),
        ],
        BERLIN => vec![campaign(
            5,
            "Küstennebel \"DE/AT\" 🌊",
            "AUCTION",
            "TRAFFIC",
            Enabled,
            Daily(2_950),
            80,
            None,
        )],
        TOKYO => vec![campaign(6, "夜行列車", "AUCTION", "VIDEO_VIEWS", Enabled, Daily(4_000), 100, None)],
        KUWAIT => vec![campaign(7, "قمر", "AUCTION", "TRAFFIC", Enabled, Daily(12_345), 30, None)],
        _ => Vec::new(),
    }
}

/// Two ad groups; one ad shows a post, another has been deleted.
fn groups(campaign_id: u64) -> Vec<AdGroup> {
    use Status::{Deleted, Disabled, Enabled};
    let ad = |number: u64, name, status, share| {
        let id = campaign_id + 500 + number;
        Ad { id, name, status, share, post: (number == 1).then_some(id + 5_000_000) }
    };
    let group = |number: u64, name, status, ads| AdGroup { id: campaign_id + 10 * number, name, status, ads };
    let fans = vec![ad(1, "Hook A", Enabled, 450_000), ad(2, "Hook B", Disabled, 200_000)];
    let similar = vec![ad(3, "Hook A, 9:16", Enabled, 250_000), ad(4, "Hook C", Deleted, 100_000)];
    vec![group(1, "US 18-34", Enabled, fans), group(2, "Similar", Disabled, similar)]
}
