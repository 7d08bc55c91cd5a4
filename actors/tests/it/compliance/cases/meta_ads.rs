//! Meta Ads: windows of days, snapshots of objects, asynchronous reports.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    integrations::meta_ads::MetaAds,
    session::{Call, quota::Scope},
};
use jiff::{Timestamp, ToSpan};
use rows::{Micros, Table};
use sandbox::{
    exchange::Imitation,
    meta_ads::{CUSTOM_CONVERSION, Level, MetaAds as World, NewCampaign, Surface, TOKEN, TruthDay},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal, WaitHeaders},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: MetaCase = MetaCase;

pub struct MetaCase;

/// The account whose days and objects are changed: dollars, Los Angeles, four campaigns.
fn account(world: &World) -> String {
    world.truth_accounts()[0].account_id.clone()
}

/// The account whose requests are limited.
const BERLIN: &str = "2345678901234567";
/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;

impl Case for MetaCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(MetaAds)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        ConnectionSpec {
            name: "label-a-meta".to_owned(),
            integration: "meta_ads".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: std::collections::BTreeMap::new(),
            api_version: "v25.0".to_owned(),
            credentials: [("access_token".to_owned(), TOKEN.into())].into(),
            settings: json!({ "countries": true, "conversion": CUSTOM_CONVERSION, "page_size": 25 }),
            quotas: None,
            streams: std::collections::BTreeMap::new(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        wire.world(|world: &mut World| {
            let mut facts = accounts(world);
            facts.extend(objects(world));
            facts.extend(world.truth_daily(Level::Campaign).iter().map(|day| daily("campaign", day)));
            facts.extend(world.truth_daily(Level::Ad).iter().map(|day| daily("ad", day)));
            facts.extend(world.truth_countries(Level::Campaign).iter().map(by_country));
            facts
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check asks for the accounts.
        seen.path.ends_with("/me/adaccounts")
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let (account, today) = (account(world), world.truth_accounts()[0].today);
            let campaign = campaign_of(world, &account, 0);
            // One day is read often, the other only with the whole attribution window.
            for age in [1, 6] {
                let day = today.checked_sub(age.days()).unwrap();
                let changed = world.restate(&account, &campaign, day, |counts| {
                    counts.spend_minor += 12_345;
                    counts.conversions += 7;
                    counts.impressions /= 2;
                });
                assert_eq!(changed, 4);
            }
            assert!(world.rename_campaign(&account, &campaign, "Night Drive, renamed"));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let (account, today) = (account(world), world.truth_accounts()[0].today);
            let new = NewCampaign {
                name: "Second Sun - Traffic".to_owned(),
                objective: "OUTCOME_TRAFFIC".to_owned(),
                daily_budget_minor: 2_500,
                first_day: today.checked_sub(5.days()).unwrap(),
                country: "US".to_owned(),
            };
            world.add_campaign(&account, new).unwrap();
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let (account, today) = (account(world), world.truth_accounts()[0].today);
            let (whole, one_day) = (campaign_of(world, &account, 1), campaign_of(world, &account, 0));
            assert!(world.remove_campaign(&account, &whole));
            assert!(world.vanish_day(&account, &one_day, today.checked_sub(4.days()).unwrap()));
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.world(|world: &mut World| world.shrink(empty));
        true
    }

    fn make_heavy(&self, wire: &ImitationWire) -> bool {
        wire.world(|world: &mut World| {
            // Less than one day by ad (16), and less than what all campaigns' ads give in one report.
            world.set_sync_row_limit(Some(7));
            world.set_async_row_limit(Some(9));
        });
        true
    }

    fn is_for_heavy(&self, seen: &Seen) -> bool {
        seen.method == actors::session::Method::Post
    }

    fn set_zone(&self, wire: &ImitationWire, _: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| {
            let account = account(world);
            assert!(world.change_currency_and_zone(&account, "USD", 2, zone));
        });
    }

    fn credential(&self) -> &'static str {
        "access_token"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.set_token(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(World::expire_token);
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        wire.world(
            |world: &mut World| {
                if forbidden { world.forbid(Surface::Ads) } else { world.allow(Surface::Ads) }
            },
        );
        Refusal { stream: "ads", tables: &[Table::Ads], permission: "ads_read" }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // The use case of one account, and a refusal speaks in whole minutes.
        ("act_2345678901234567/insights", Duration::from_mins(1))
    }

    fn wait_headers(&self) -> Vec<WaitHeaders> {
        let use_case = json!({ BERLIN: [
            { "type": "ads_management", "call_count": 3, "estimated_time_to_regain_access": 0 },
            { "type": "ads_insights", "call_count": 80, "estimated_time_to_regain_access": 3 },
        ] });
        let account = json!({ "acc_id_util_pct": 100.0, "reset_time_duration": 200 });
        vec![
            WaitHeaders {
                path: "act_2345678901234567/insights",
                headers: vec![("x-business-use-case-usage", use_case.to_string())],
                wait: Duration::from_mins(3),
            },
            WaitHeaders {
                path: "act_2345678901234567",
                headers: vec![("x-ad-account-usage", account.to_string())],
                wait: Duration::from_secs(200),
            },
        ]
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let call = Call::get(format!("/v25.0/act_{BERLIN}/campaigns"), "ads_management")
            .query("fields", "id")
            .query("limit", "1")
            .account(BERLIN);
        (call, Scope::Account)
    }

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        let is_row = path.ends_with("/insights") && element["impressions"].is_string();
        if is_row {
            element["impressions"] = json!([{ "value": text }]);
        }
        is_row
    }

    fn plant(&self, path: &str, element: &mut Value) {
        // Ids are texts as a rule; as numbers they must survive too.
        let as_number = |id: &Value| json!(id.as_str().unwrap().parse::<u64>().unwrap());
        if path.ends_with("/campaigns") && element["id"].is_string() {
            element["id"] = as_number(&element["id"]);
            element["status"] = json!("IN_LIMBO");
            element["objective"] = json!("OUTCOME_TELEPATHY");
        }
        if path.ends_with("/insights") && element["impressions"].is_string() {
            element["campaign_id"] = as_number(&element["campaign_id"]);
            element["impressions"] = json!(BIG.to_string());
            element["spend"] = json!("9007199254.740993");
            if let Some(fields) = element.as_object_mut() {
                fields.remove("actions");
            }
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::AdCampaigns, "status", "IN_LIMBO"),
            planted(Table::AdCampaigns, "objective", "OUTCOME_TELEPATHY"),
            planted(Table::AdPerformanceDaily, "impressions", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "spend_micros", &BIG.to_string()),
            // Asked for and left out of a delivered row: the contract says zero.
            planted(Table::AdPerformanceDaily, "video_views", "0"),
        ]
    }
}

fn campaign_of(world: &World, account: &str, place: usize) -> String {
    let campaigns = world.truth_campaigns();
    let mut mine = campaigns.iter().filter(|campaign| campaign.account_id == account);
    mine.nth(place).unwrap().campaign_id.clone()
}

fn accounts(world: &World) -> Vec<Fact> {
    let fact = |account: sandbox::meta_ads::TruthAccount| {
        Fact::new(Table::AdAccounts, account.account_id)
            .value("name", account.name)
            .value("currency", account.currency)
            .value("time_zone", account.time_zone)
    };
    world.truth_accounts().into_iter().map(fact).collect()
}

fn objects(world: &World) -> Vec<Fact> {
    let mut facts = Vec::new();
    for campaign in world.truth_campaigns() {
        let exponent = if campaign.currency == "JPY" { 0 } else { 2 };
        let micros = |minor: Option<u64>| minor.map(|minor| minor * 10_u64.pow(6 - exponent));
        facts.push(
            Fact::new(Table::AdCampaigns, campaign.campaign_id)
                .value("account", campaign.account_id)
                .value("name", campaign.name)
                .value("status", campaign.status.word())
                .value("objective", campaign.objective)
                .maybe("daily_budget", micros(campaign.daily_budget_minor))
                .maybe("lifetime_budget", micros(campaign.lifetime_budget_minor)),
        );
    }
    let mut ad_sets = std::collections::BTreeSet::new();
    for ad in world.truth_ads() {
        if ad_sets.insert(ad.ad_set_id.clone()) {
            facts.push(Fact::new(Table::AdSets, &ad.ad_set_id).value("campaign", &ad.campaign_id));
        }
        facts.push(
            Fact::new(Table::Ads, ad.ad_id).value("ad_set", ad.ad_set_id).value("campaign", ad.campaign_id),
        );
    }
    facts
}

fn daily(level: &str, row: &TruthDay) -> Fact {
    let key = format!("{}/{level}/{}/{}/{}", row.account_id, row.campaign_id, row.ad_id, row.day);
    metrics(Fact::new(Table::AdPerformanceDaily, key), row).value("reach", row.counts.reach)
}

fn by_country(row: &TruthDay) -> Fact {
    // What the provider does not know has a code of its own here.
    let country = if row.country == "unknown" { "ZZ" } else { &row.country };
    let key = format!("{}/{}/{country}/{}", row.account_id, row.campaign_id, row.day);
    metrics(Fact::new(Table::AdCountryDaily, key), row).value("reach", NULL)
}

fn metrics(fact: Fact, row: &TruthDay) -> Fact {
    let counts = &row.counts;
    fact.value("currency", &row.currency)
        .value("impressions", counts.impressions)
        .value("clicks", counts.link_clicks)
        .value("clicks_all", counts.clicks_all)
        .value("spend_micros", Micros::parse(&row.spend).unwrap().0)
        .value("conversion_micros", counts.conversions * 1_000_000)
        .value("video_views", counts.video_views)
        .value("video_completions", counts.video_quartiles[4])
        .value("engagements", counts.post_engagements)
}
