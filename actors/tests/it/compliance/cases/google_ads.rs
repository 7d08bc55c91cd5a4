//! Google Ads: a tree of managers and customers, windows of days, snapshots of objects, access tokens.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::google_ads::GoogleAds,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan};
use rows::{Day, Table};
use sandbox::{
    exchange::Imitation,
    google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
    google_ads::{
        AdsError, Budget, Conversions, FORBIDDEN, GoogleAds as World, Level, Metrics, Status, TruthDay,
        UNDER_ROOT,
    },
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: GoogleCase = GoogleCase;

pub struct GoogleCase;

/// Fewer than any window has, so that there are pages.
const PAGE_ROWS: usize = 10;
/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;

impl Case for GoogleCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(GoogleAds)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        world.set_page_rows(Some(PAGE_ROWS));
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        let credentials =
            [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("refresh_token", REFRESH_TOKEN)];
        // More often than Google's own numbers move: the suite waits for them.
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 30, every: DAILY }];
        let often = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        ConnectionSpec {
            name: "label-a-google".to_owned(),
            integration: "google_ads".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            // Its manager lists it, and it is not for us.
            accounts_exclude: vec![FORBIDDEN.to_owned()],
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("token".to_owned(), "http://imitation.invalid/token".parse().unwrap())].into(),
            api_version: "v25".to_owned(),
            credentials: credentials.map(|(name, secret)| (name.to_owned(), secret.into())).into(),
            settings: json!({ "countries": true }),
            quotas: None,
            streams: [("performance".to_owned(), often)].into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, spec: &ConnectionSpec) -> Vec<Fact> {
        let all = spec.settings["conversions"] == "all_conversions";
        let conversions = if all { Conversions::All } else { Conversions::Primary };
        wire.world(|world: &mut World| {
            let mut facts = objects(world);
            let daily = |level: &'static str, days: Vec<TruthDay>| {
                days.into_iter().map(move |day| performance(level, &day, all))
            };
            facts.extend(daily("campaign", world.truth_daily(Level::Campaign, conversions)));
            facts.extend(daily("ad", world.truth_daily(Level::Ad, conversions)));
            facts.extend(world.truth_countries(conversions).iter().map(|day| country(day, all)));
            facts
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.path == "/token" || seen.path.ends_with(":listAccessibleCustomers") || is_hierarchy(seen)
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let query = query(seen);
        let is_set = !query.is_empty() && !query.contains("segments.date") && !is_hierarchy(seen);
        is_set.then(|| format!("{} {query}", seen.path))
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let campaign = campaign_of(world, 0);
            // One day is read often, the other only with the whole look-back.
            for age in [1, 6] {
                let changed = world.restate(&campaign, day_of(world, age), |metrics| {
                    metrics.cost_micros += 123_456_789;
                    metrics.conversions_millionths += 7_250_000;
                    metrics.impressions /= 2;
                });
                assert_eq!(changed, 4);
            }
            assert!(world.change_campaign(&campaign, "Night Drive, renamed", Status::Paused));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // It had ended before.
            let (campaign, day) = (campaign_of(world, 3), day_of(world, 2));
            let delivers = |metrics: &mut Metrics| {
                *metrics = Metrics { impressions: 500, cost_micros: 1, ..Metrics::default() };
            };
            assert!(world.restate(&campaign, day, delivers) > 0);
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let (whole, one_day) = (campaign_of(world, 1), campaign_of(world, 0));
            assert!(world.forget_campaign(&whole));
            assert!(world.vanish_day(&one_day, day_of(world, 4)));
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        if empty {
            wire.set_tamper(|_, body| {
                let Some(rows) = body.get_mut("results").and_then(Value::as_array_mut) else { return };
                if rows.iter().any(|row| row.get("segments").is_some()) {
                    *body = json!({ "fieldMask": "segments.date" });
                }
            });
        } else {
            wire.end_tamper();
        }
        true
    }

    fn set_zone(&self, wire: &ImitationWire, _: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| assert!(world.set_time_zone(UNDER_ROOT, zone)));
    }

    fn credential(&self) -> &'static str {
        "refresh_token"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.tokens().set_refresh_token(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.tokens().revoke());
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        wire.world(|world: &mut World| {
            world.refuse("FROM geographic_view", forbidden.then(AdsError::permission));
        });
        Refusal {
            stream: "country_performance",
            tables: &[Table::AdCountryDaily],
            permission: "read access to the customer",
        }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // Of one customer, and a refusal speaks in whole seconds.
        ("customers/3334445555/googleAds:search", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let mut call = Call::post(format!("/v25/customers/{UNDER_ROOT}/googleAds:search"), "search")
            .header("login-customer-id", sandbox::google_ads::ROOT)
            .account(UNDER_ROOT);
        call.body = Some(json!({ "query": "SELECT customer.id FROM customer" }));
        (call, Scope::Account)
    }

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("results")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["nextPageToken"] = json!("nowhere");
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let is_known = element.get("geographicView").is_none_or(|view| view["countryCriterionId"] == "2276");
        let is_row = is_known && element.pointer("/metrics/impressions").is_some_and(Value::is_string);
        if is_row {
            element["metrics"]["impressions"] = json!([{ "value": text }]);
        }
        is_row
    }

    fn plant(&self, _: &str, element: &mut Value) {
        // Ids are texts as a rule; as numbers they must survive too.
        let as_number = |id: &Value| json!(id.as_str().unwrap().parse::<u64>().unwrap());
        if element.pointer("/campaign/advertisingChannelType").is_some() {
            let campaign = &mut element["campaign"];
            campaign["id"] = as_number(&campaign["id"]);
            campaign["status"] = json!("IN_LIMBO");
            campaign["advertisingChannelType"] = json!("TELEPATHY");
        }
        if element.get("metrics").is_some() {
            element["campaign"]["id"] = as_number(&element["campaign"]["id"]);
            let metrics = &mut element["metrics"];
            metrics["impressions"] = json!(BIG.to_string());
            metrics["costMicros"] = json!(BIG.to_string());
            metrics.as_object_mut().unwrap().remove("videoTrueviewViews");
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::AdCampaigns, "status", "IN_LIMBO"),
            planted(Table::AdCampaigns, "objective", "TELEPATHY"),
            planted(Table::AdPerformanceDaily, "impressions", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "spend_micros", &BIG.to_string()),
            // Left out of a delivered row: the contract says zero.
            planted(Table::AdPerformanceDaily, "video_views", "0"),
        ]
    }
}

fn query(seen: &Seen) -> String {
    let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
    body["query"].as_str().unwrap_or_default().to_owned()
}

fn is_hierarchy(seen: &Seen) -> bool {
    query(seen).contains("FROM customer_client")
}

/// One of the customer whose days and objects are changed: dollars, Los Angeles, four campaigns.
fn campaign_of(world: &World, place: usize) -> String {
    let campaigns = world.truth_campaigns();
    let mut mine = campaigns.iter().filter(|campaign| campaign.customer_id == UNDER_ROOT);
    mine.nth(place).unwrap().campaign_id.clone()
}

fn day_of(world: &World, age: i64) -> Day {
    let customers = world.truth_customers();
    let today = customers.iter().find(|customer| customer.customer_id == UNDER_ROOT).unwrap().today;
    today.checked_sub(age.days()).unwrap()
}

fn objects(world: &World) -> Vec<Fact> {
    let readable = world.truth_customers().into_iter().filter(|customer| customer.is_readable);
    let mut facts: Vec<Fact> = readable
        .map(|customer| {
            Fact::new(Table::AdAccounts, customer.customer_id)
                .value("name", customer.name)
                .value("currency", customer.currency)
                .value("time_zone", customer.time_zone)
        })
        .collect();
    // What is removed is stored as such, and is no fact.
    for campaign in world.truth_campaigns().into_iter().filter(|campaign| campaign.status != Status::Removed)
    {
        let (daily, whole) = match campaign.budget {
            Budget::Daily(micros) => (Some(micros), None),
            Budget::Total(micros) => (None, Some(micros)),
        };
        facts.push(
            Fact::new(Table::AdCampaigns, campaign.campaign_id)
                .value("account", campaign.customer_id)
                .value("name", campaign.name)
                .value("status", campaign.status.word())
                .value("objective", campaign.channel)
                .maybe("daily_budget", daily)
                .maybe("lifetime_budget", whole),
        );
    }
    let mut groups = BTreeMap::new();
    for ad in world.truth_ads() {
        if ad.ad_group_status != Status::Removed {
            groups.insert(ad.ad_group_id.clone(), ad.campaign_id.clone());
        }
        if ad.ad_status != Status::Removed {
            facts.push(
                Fact::new(Table::Ads, format!("{}~{}", ad.ad_group_id, ad.ad_id))
                    .value("ad_set", ad.ad_group_id)
                    .value("campaign", ad.campaign_id),
            );
        }
    }
    let group = |(id, campaign)| Fact::new(Table::AdSets, id).value("campaign", campaign);
    facts.extend(groups.into_iter().map(group));
    facts
}

fn performance(level: &str, row: &TruthDay, all: bool) -> Fact {
    let TruthDay { customer_id, campaign_id, ad_group_id, ad_id, day, .. } = row;
    let ad = if ad_id.is_empty() { String::new() } else { format!("{ad_group_id}~{ad_id}") };
    let place = format!("{customer_id}/{level}/{campaign_id}/{ad}/{day}");
    metrics(Fact::new(Table::AdPerformanceDaily, place), row, all)
        .value("engagements", row.metrics.engagements)
}

fn country(row: &TruthDay, all: bool) -> Fact {
    let place = format!("{}/{}/{}/{}", row.customer_id, row.campaign_id, row.country, row.day);
    metrics(Fact::new(Table::AdCountryDaily, place), row, all).value("engagements", NULL)
}

fn metrics(fact: Fact, row: &TruthDay, all: bool) -> Fact {
    let Metrics { conversions_millionths, all_conversions_millionths, .. } = row.metrics;
    let conversions = if all { all_conversions_millionths } else { conversions_millionths };
    fact.value("currency", row.currency)
        .value("impressions", row.metrics.impressions)
        .value("clicks", row.metrics.clicks)
        .value("clicks_all", row.metrics.interactions)
        .value("spend_micros", row.metrics.cost_micros)
        .value("conversion_micros", conversions)
        .value("video_views", row.metrics.video_trueview_views)
        .value("video_completions", NULL)
        .value("reach", NULL)
}
