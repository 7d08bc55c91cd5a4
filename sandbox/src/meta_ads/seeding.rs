//! How the imitated business came to be: a small label made by hand, or uniform accounts of any number.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::world::{Account, Ad, AdSet, Budget, Campaign, Status};
use crate::options::Scale;
use crate::seed::MILLION;

/// Above 2^53, so that a client that reads ids as floats fails.
const FIRST_CAMPAIGN_ID: u64 = 120_208_325_579_370_399;

/// An account's outline. The third id is above 2^53, too.
struct AccountPlan {
    id: u64,
    name: &'static str,
    currency: &'static str,
    exponent: u32,
    zone: &'static str,
    campaigns: &'static [CampaignPlan],
}

/// A campaign's outline. Days are given in percent of the history: 100 is its first day, 0 is today.
struct CampaignPlan {
    name: &'static str,
    objective: &'static str,
    goal: &'static str,
    bid_strategy: &'static str,
    status: Status,
    budget: Budget,
    daily_minor: u64,
    starts_at_percent: u32,
    ends_at_percent: Option<u32>,
    countries: &'static [(&'static str, u64)],
}

const LOWEST_COST: &str = "LOWEST_COST_WITHOUT_CAP";

const LABEL: &[AccountPlan] = &[
    AccountPlan {
        id: 1_234_567_890_123_456,
        name: "Mara Vell",
        currency: "USD",
        exponent: 2,
        zone: "America/Los_Angeles",
        campaigns: &[
            CampaignPlan {
                name: "Night Drive - Traffic - US/GB",
                objective: "OUTCOME_TRAFFIC",
                goal: "LINK_CLICKS",
                bid_strategy: LOWEST_COST,
                status: Status::Active,
                budget: Budget::Daily(2_500),
                daily_minor: 2_500,
                starts_at_percent: 70,
                ends_at_percent: None,
                countries: &[("US", 560_000), ("GB", 431_000), ("unknown", 9_000)],
            },
            CampaignPlan {
                name: "Night Drive - Pre-save - US",
                objective: "OUTCOME_SALES",
                goal: "OFFSITE_CONVERSIONS",
                bid_strategy: "COST_CAP",
                status: Status::Active,
                budget: Budget::Daily(4_000),
                daily_minor: 4_000,
                starts_at_percent: 100,
                ends_at_percent: None,
                countries: &[("US", 880_000), ("CA", 120_000)],
            },
            CampaignPlan {
                name: "Glass Hours - Video Views - Teaser",
                objective: "OUTCOME_ENGAGEMENT",
                goal: "THRUPLAY",
                bid_strategy: LOWEST_COST,
                status: Status::Paused,
                budget: Budget::Lifetime(90_000),
                daily_minor: 1_500,
                starts_at_percent: 95,
                ends_at_percent: Some(25),
                countries: &[("US", 500_000), ("MX", 300_000), ("BR", 200_000)],
            },
            CampaignPlan {
                name: "Early Works - Always On",
                objective: "LINK_CLICKS",
                goal: "LINK_CLICKS",
                bid_strategy: LOWEST_COST,
                status: Status::Archived,
                budget: Budget::Daily(800),
                daily_minor: 800,
                starts_at_percent: 100,
                ends_at_percent: Some(40),
                countries: &[("US", MILLION)],
            },
        ],
    },
    AccountPlan {
        id: 2_345_678_901_234_567,
        name: "Kalte Sonne",
        currency: "EUR",
        exponent: 2,
        zone: "Europe/Berlin",
        campaigns: &[
            CampaignPlan {
                name: "Küstennebel - Traffic - DE/AT/CH",
                objective: "OUTCOME_TRAFFIC",
                goal: "LANDING_PAGE_VIEWS",
                bid_strategy: LOWEST_COST,
                status: Status::Active,
                budget: Budget::Daily(3_000),
                daily_minor: 3_000,
                starts_at_percent: 100,
                ends_at_percent: None,
                countries: &[("DE", 700_000), ("AT", 180_000), ("CH", 120_000)],
            },
            // An objective and a goal that no list of them names: new ones appear without notice.
            CampaignPlan {
                name: "Küstennebel - Followers - EU",
                objective: "OUTCOME_LISTENS",
                goal: "PROFILE_FOLLOWS",
                bid_strategy: "LOWEST_COST_WITH_PACING",
                status: Status::Active,
                budget: Budget::Daily(1_200),
                daily_minor: 1_200,
                starts_at_percent: 45,
                ends_at_percent: None,
                countries: &[("DE", 400_000), ("FR", 350_000), ("NL", 250_000)],
            },
        ],
    },
    AccountPlan {
        id: 9_876_543_210_987_654,
        name: "琥珀ドリフト",
        currency: "JPY",
        exponent: 0,
        zone: "Asia/Tokyo",
        campaigns: &[
            CampaignPlan {
                name: "夜行列車 - Traffic - JP",
                objective: "OUTCOME_TRAFFIC",
                goal: "LINK_CLICKS",
                bid_strategy: LOWEST_COST,
                status: Status::Active,
                budget: Budget::Daily(4_000),
                daily_minor: 4_000,
                starts_at_percent: 100,
                ends_at_percent: None,
                countries: &[("JP", 930_000), ("TW", 70_000)],
            },
            CampaignPlan {
                name: "夜行列車 - Launch week",
                objective: "OUTCOME_AWARENESS",
                goal: "REACH",
                bid_strategy: LOWEST_COST,
                status: Status::Active,
                budget: Budget::Lifetime(60_000),
                daily_minor: 6_000,
                starts_at_percent: 8,
                ends_at_percent: None,
                countries: &[("JP", MILLION)],
            },
            CampaignPlan {
                name: "City Lights - Merch",
                objective: "OUTCOME_SALES",
                goal: "VALUE",
                bid_strategy: "LOWEST_COST_WITH_MIN_ROAS",
                status: Status::Paused,
                budget: Budget::Daily(2_500),
                daily_minor: 2_500,
                starts_at_percent: 80,
                ends_at_percent: Some(15),
                countries: &[("JP", 600_000), ("US", 400_000)],
            },
        ],
    },
];

/// The accounts at `now`, with `days` of history behind them.
pub(crate) fn accounts(days: u32, now: Timestamp, scale: Scale) -> Vec<Account> {
    let count = if scale.accounts == 0 { LABEL.len() } else { scale.accounts };
    (0_u64..)
        .zip(LABEL.iter().cycle())
        .take(count)
        .map(|(number, plan)| account(number, plan, days, now, scale))
        .collect()
}

fn account(number: u64, plan: &AccountPlan, days: u32, now: Timestamp, scale: Scale) -> Account {
    let round = number / (LABEL.len() as u64);
    let zone = TimeZoneDatabase::bundled().get(plan.zone).unwrap_or(TimeZone::UTC);
    let today = now.to_zoned_datetime(zone.clone()).date();
    let mut account = Account {
        id: plan.id + round * 1_000,
        name: if round == 0 { plan.name.to_owned() } else { format!("{} {round}", plan.name) },
        currency: plan.currency.to_owned(),
        exponent: plan.exponent,
        zone_name: plan.zone.to_owned(),
        zone,
        campaigns: Vec::new(),
        campaigns_made: 0,
    };
    let count =
        if scale.campaigns_per_account == 0 { plan.campaigns.len() } else { scale.campaigns_per_account };
    for (place, campaign) in plan.campaigns.iter().cycle().take(count).enumerate() {
        let id = next_campaign_id(number, &mut account);
        let mut campaign = planned(id, campaign, days, today, place / plan.campaigns.len());
        if scale.campaigns_per_account > 0 {
            // Uniform: every campaign runs through the whole history, so that a benchmark can count its rows.
            campaign.status = Status::Active;
            campaign.first_day = days_before(today, days);
            campaign.last_day = None;
        }
        account.campaigns.push(campaign);
    }
    account
}

/// The id of the next campaign in the account at this place of the list.
pub(crate) fn next_campaign_id(account_place: u64, account: &mut Account) -> u64 {
    let id = FIRST_CAMPAIGN_ID + account_place * 10_000_000_000 + account.campaigns_made * 1_000_000;
    account.campaigns_made += 1;
    id
}

fn planned(id: u64, plan: &CampaignPlan, days: u32, today: Date, round: usize) -> Campaign {
    Campaign {
        id,
        name: if round == 0 { plan.name.to_owned() } else { format!("{} {round}", plan.name) },
        objective: plan.objective.to_owned(),
        optimization_goal: plan.goal.to_owned(),
        bid_strategy: plan.bid_strategy.to_owned(),
        status: plan.status,
        budget: plan.budget,
        daily_minor: plan.daily_minor,
        first_day: days_before(today, days * plan.starts_at_percent / 100),
        last_day: plan.ends_at_percent.map(|percent| days_before(today, days * percent / 100)),
        countries: plan.countries.iter().map(|(country, share)| ((*country).to_owned(), *share)).collect(),
        ad_sets: ad_sets(id),
    }
}

/// Two ad sets with two ads each.
pub(crate) fn ad_sets(campaign_id: u64) -> Vec<AdSet> {
    let ad_set = |number: u64, name: &str, share, leading| {
        let id = campaign_id + 10_000 * number;
        let ad = |place: u64, name: &str, share| Ad {
            id: id + 100 * place,
            name: name.to_owned(),
            creative_id: id + 100 * place + 7,
            share,
        };
        AdSet {
            id,
            name: name.to_owned(),
            share,
            ads: vec![ad(1, "Hook A 9x16", leading), ad(2, "Hook B 1x1", MILLION - leading)],
        }
    };
    vec![ad_set(1, "Lookalike 1%", 620_000, 700_000), ad_set(2, "Fans of similar artists", 380_000, 450_000)]
}

/// The day this many days before.
pub(crate) fn days_before(day: Date, days: u32) -> Date {
    day.checked_sub(i64::from(days).days()).unwrap_or(Date::MIN)
}
