//! How the imitated businesses came to be: a label's and an agency's accounts, made by hand.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::errors::AdsError;
use super::world::{Account, Ad, AdSet, Budget, Campaign, World, today};
use crate::seed::Seed;

/// A label's business: the accounts in dollars and euros.
pub const NORTHBOUND: &str = "b0000000-0000-4000-8000-000000000001";
/// An agency's business: the account in yen, and one that is not for us.
pub const HARBOUR: &str = "b0000000-0000-4000-8000-000000000002";

/// US dollars, four campaigns.
pub const US_ACCOUNT: &str = "a0000000-0000-4000-8000-000000000001";
/// Euros.
pub const EURO_ACCOUNT: &str = "a0000000-0000-4000-8000-000000000002";
/// Yen.
pub const YEN_ACCOUNT: &str = "a0000000-0000-4000-8000-000000000003";
/// An account that its business lists, and that is not for us (403).
pub const FORBIDDEN_ACCOUNT: &str = "a0000000-0000-4000-8000-000000000004";

/// Businesses and their names, in the order of their list.
pub(super) const BUSINESSES: [(&str, &str); 2] =
    [(NORTHBOUND, "Northbound Records"), (HARBOUR, "Harbour Agency")];

/// An account's outline: id, business, name, currency, country.
type Plan = (&'static str, &'static str, &'static str, &'static str, &'static str);

const ACCOUNTS: [Plan; 4] = [
    (US_ACCOUNT, NORTHBOUND, "Mara Vell", "USD", "US"),
    (EURO_ACCOUNT, NORTHBOUND, "Kalte Sonne", "EUR", "DE"),
    (YEN_ACCOUNT, HARBOUR, "琥珀ドリフト", "JPY", "JP"),
    (FORBIDDEN_ACCOUNT, HARBOUR, "Somebody Else's", "EUR", "FR"),
];

/// Above 2^53: a client that reads budgets as floats is wrong by one.
const LARGE_BUDGET_MICROS: u64 = 9_007_199_254_740_993;

/// The world at `now`, with `days` of history behind it.
pub(super) fn world(seed: u64, days: u32, now: Timestamp) -> World {
    let account = |(id, business, name, currency, country): Plan| Account {
        id,
        business,
        name,
        currency,
        country,
        status: "ACTIVE",
        campaigns: campaigns(id, days, today(now)),
    };
    World {
        seed: Seed::new(seed),
        accounts: ACCOUNTS.into_iter().map(account).collect(),
        refused: [(FORBIDDEN_ACCOUNT.to_owned(), AdsError::forbidden())].into(),
        restated: std::collections::HashMap::new(),
        vanished: std::collections::HashSet::new(),
    }
}

/// An account's campaigns.
fn campaigns(account: &str, days: u32, today: Date) -> Vec<Campaign> {
    // Days are told in percent of the history: 100 is its first day, 0 is today.
    let ago = |percent: u32| today.checked_sub(i64::from(days * percent / 100).days()).unwrap_or(Date::MIN);
    let campaign =
        |number: u64, name: &str, status: &str, (objective, format), daily_nanos, from, to: Option<u32>| {
            Campaign {
                id: uuid(0xc, number),
                name: name.to_owned(),
                status: status.to_owned(),
                objective,
                format,
                daily_nanos,
                first_day: ago(from),
                last_day: to.map(ago),
                ad_sets: ad_sets(number, daily_nanos / 1_000),
            }
        };
    let (audio, video, clicks) = (("REACH", "AUDIO"), ("VIDEO_VIEWS", "VIDEO"), ("CLICKS", "AUDIO"));
    match account {
        US_ACCOUNT => vec![
            campaign(1, "Night Drive", "ACTIVE", audio, 38_000_000_000, 100, None),
            campaign(2, "Night Drive - Canvas", "ACTIVE", video, 21_345_678_901, 60, None),
            campaign(3, "Glass Hours", "PAUSED", clicks, 17_500_000_000, 95, Some(25)),
            campaign(4, "Early Works", "ARCHIVED", audio, 9_000_000_000, 100, Some(40)),
        ],
        EURO_ACCOUNT => vec![
            campaign(5, "Küstennebel \"DE/AT\" 🌊", "ACTIVE", audio, 29_500_000_000, 80, None),
            campaign(6, "Küstennebel, Film", "ACTIVE_RESTRICTED", video, 12_000_000_000, 50, Some(5)),
        ],
        YEN_ACCOUNT => vec![
            campaign(7, "夜行列車", "ACTIVE", audio, 4_000_000_000_000, 100, None),
            campaign(8, "夜行列車 2", "ACTIVE", video, 2_600_000_000_000, 30, None),
        ],
        _ => Vec::new(),
    }
}

/// Two ad sets with two ads each. Budgets stand on ad sets.
fn ad_sets(campaign: u64, daily_micros: u64) -> Vec<AdSet> {
    let ad =
        |number: u64, name, status, share| Ad { id: uuid(0xe, campaign * 10 + number), name, status, share };
    let ad_set = |number: u64, name, status, budget, ads| AdSet {
        id: uuid(0xd, campaign * 10 + number),
        name,
        status,
        budget,
        ads,
    };
    let lifetime = if campaign == 7 { LARGE_BUDGET_MICROS } else { daily_micros * 30 };
    let fans = vec![ad(1, "Spoken A", "APPROVED", 450_000), ad(2, "Spoken B", "ARCHIVED", 200_000)];
    let similar = vec![ad(3, "Sung", "ACTIVE", 250_000), ad(4, "Silence", "PENDING_APPROVAL", 100_000)];
    vec![
        ad_set(1, "Fans", "ACTIVE", Budget::Daily(daily_micros), fans),
        ad_set(2, "Listeners alike", "COMPLETED", Budget::Lifetime(lifetime), similar),
    ]
}

fn uuid(kind: u8, number: u64) -> String {
    format!("{kind:x}0000000-0000-4000-8000-{number:012x}")
}
