//! How the imitated tree came to be: a label's managers and accounts, made by hand.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::errors::AdsError;
use super::world::{Ad, AdGroup, Budget, Campaign, Customer, Place, Status, World};
use super::{CANCELLED, CLOSED_DOOR, DIRECT, FORBIDDEN, ROOT, SUB_MANAGER, UNDER_ROOT, UNDER_SUB_MANAGER};
use crate::seed::Seed;

/// Above 2^53, so that a client that reads ids as floats fails.
const FIRST_CAMPAIGN_ID: u64 = 9_007_199_254_740_993;

/// A customer's outline: id, manager, name, status, currency, zone.
type CustomerPlan =
    (&'static str, Option<&'static str>, &'static str, &'static str, &'static str, &'static str);

const CUSTOMERS: [CustomerPlan; 8] = [
    (ROOT, None, "Night Shift Records", "ENABLED", "EUR", "Europe/Berlin"),
    (SUB_MANAGER, Some(ROOT), "Night Shift Europe", "ENABLED", "EUR", "Europe/Berlin"),
    (UNDER_ROOT, Some(ROOT), "Mara Vell", "ENABLED", "USD", "America/Los_Angeles"),
    (CANCELLED, Some(ROOT), "Old Friends", "CANCELED", "GBP", "Europe/London"),
    (UNDER_SUB_MANAGER, Some(SUB_MANAGER), "Kalte Sonne", "ENABLED", "EUR", "Europe/Berlin"),
    (FORBIDDEN, Some(SUB_MANAGER), "Somebody Else's", "ENABLED", "EUR", "Europe/Paris"),
    (DIRECT, None, "琥珀ドリフト", "ENABLED", "JPY", "Asia/Tokyo"),
    (CLOSED_DOOR, None, "Closed Door", "CANCELED", "USD", "America/New_York"),
];

const AMERICA: &[Place] = &[(2840, "US", 700_000), (2124, "CA", 180_000), (2826, "GB", 120_000)];

/// Two of them no list of countries knows: both are `ZZ`.
const EUROPE: &[Place] = &[
    (2276, "DE", 640_000),
    (2040, "AT", 210_000),
    (2756, "CH", 90_000),
    (2999, "ZZ", 40_000),
    (1_004_074, "ZZ", 20_000),
];

const JAPAN: &[Place] = &[(2392, "JP", 930_000), (2158, "TW", 70_000)];

/// The world at `now`, with `days` of history behind it.
pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let mut world = World {
        seed: Seed::new(seed),
        customers: Vec::new(),
        refused: [(FORBIDDEN, AdsError::permission())].into(),
        restated: std::collections::HashMap::new(),
        vanished: std::collections::HashSet::new(),
    };
    for (id, manager, name, status, currency, zone_name) in CUSTOMERS {
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap_or(TimeZone::UTC);
        let today = now.to_zoned_datetime(zone.clone()).date();
        let is_manager = [ROOT, SUB_MANAGER].contains(&id);
        let campaigns = campaigns(id, days, today);
        world.customers.push(Customer {
            id,
            name,
            currency,
            zone_name: zone_name.to_owned(),
            zone,
            is_manager,
            status,
            manager,
            campaigns,
        });
    }
    world
}

/// A customer's campaigns.
fn campaigns(customer: &str, days: u32, today: Date) -> Vec<Campaign> {
    use Budget::{Daily, Total};
    use Status::{Enabled, Paused, Removed};
    // Days are told in percent of the history: 100 is its first day, 0 is today.
    let ago = |percent: u32| today.checked_sub(i64::from(days * percent / 100).days()).unwrap_or(Date::MIN);
    let campaign = |number: u64, name: &str, status, channel, budget, from: u32, to: Option<u32>| Campaign {
        id: FIRST_CAMPAIGN_ID + number * 1_000,
        name: name.to_owned(),
        status,
        channel,
        budget,
        daily_micros: match budget {
            Daily(micros) => micros,
            Total(micros) => micros / 40,
        },
        first_day: ago(from),
        last_day: to.map(ago),
        places: match customer {
            UNDER_ROOT => AMERICA,
            UNDER_SUB_MANAGER => EUROPE,
            _ => JAPAN,
        },
        groups: groups(FIRST_CAMPAIGN_ID + number * 1_000, channel),
    };
    match customer {
        UNDER_ROOT => vec![
            campaign(0, "Night Drive", Enabled, "DEMAND_GEN", Daily(25_000_000), 100, None),
            campaign(1, "Night Drive - Max", Enabled, "PERFORMANCE_MAX", Daily(37_345_678), 60, None),
            campaign(2, "Glass Hours", Paused, "VIDEO", Total(900_000_000), 95, Some(25)),
            campaign(3, "Early Works", Removed, "SEARCH", Daily(8_000_000), 100, Some(40)),
        ],
        UNDER_SUB_MANAGER => vec![
            campaign(4, "Küstennebel \"DE/AT\" 🌊", Enabled, "DEMAND_GEN", Daily(29_500_000), 80, None),
            campaign(5, "Küstennebel, Suche", Enabled, "SEARCH", Daily(6_000_000), 50, Some(5)),
        ],
        DIRECT => vec![
            campaign(6, "夜行列車", Enabled, "VIDEO", Daily(4_000_000_000), 100, None),
            campaign(7, "夜行列車 2", Enabled, "DEMAND_GEN", Total(60_000_000_000), 8, None),
        ],
        _ => Vec::new(),
    }
}

/// Two ad groups; one ad is in both, another has been removed. Performance Max has none.
fn groups(campaign_id: u64, channel: &str) -> Vec<AdGroup> {
    let ad = |number: u64, name: &'static str, status, share| Ad {
        id: campaign_id + 500 + number,
        name: if channel == "SEARCH" { "" } else { name },
        status,
        share,
    };
    let group = |number: u64, name, status, ads| AdGroup { id: campaign_id + 10 * number, name, status, ads };
    if channel == "PERFORMANCE_MAX" {
        return Vec::new();
    }
    let fans = vec![ad(1, "Hook A", Status::Enabled, 450_000), ad(2, "Hook B", Status::Paused, 200_000)];
    let similar = vec![ad(1, "Hook A", Status::Enabled, 250_000), ad(3, "Hook C", Status::Removed, 100_000)];
    vec![group(1, "Fans", Status::Enabled, fans), group(2, "Lookalikes", Status::Paused, similar)]
}
