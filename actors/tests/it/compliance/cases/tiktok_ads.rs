//! TikTok ads: errors under status 200, windows of days in numbered pages, snapshots of objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::tiktok_ads::TikTokAds,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan};
use rows::{Day, Table};
use sandbox::{
    exchange::Imitation,
    tiktok_ads::{
        APP_ID, APP_SECRET, Budget, Counts, FORBIDDEN, Level, Status, Surface, TOKEN, TikTokAds as World,
        TruthDay, WEST,
    },
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::Fact,
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: TikTokCase = TikTokCase;

pub struct TikTokCase;

/// Fewer than most windows have, so that there are pages.
const PAGE_ROWS: usize = 10;
/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// Campaigns of these come in reports and in lists of ad groups and ads by themselves.
const ORDINARY: [&str; 2] = ["AUCTION", "RESERVATION_RF"];

impl Case for TikTokCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(TikTokAds)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        world.set_page_rows(Some(PAGE_ROWS));
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        let credentials = [("access_token", TOKEN), ("app_id", APP_ID), ("app_secret", APP_SECRET)];
        // More often than TikTok's own numbers move: the suite waits for them.
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 28, every: DAILY }];
        let often = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        let reports = ["performance", "ad_performance", "country_performance"];
        ConnectionSpec {
            name: "label-a-tiktok".to_owned(),
            integration: "tiktok_ads".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            // The token is listed for it, and it is not for us.
            accounts_exclude: vec![FORBIDDEN.to_owned()],
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: "v1.3".to_owned(),
            credentials: credentials.map(|(name, secret)| (name.to_owned(), secret.into())).into(),
            settings: json!({ "countries": true }),
            quotas: None,
            streams: reports.map(|stream| (stream.to_owned(), often.clone())).into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, spec: &ConnectionSpec) -> Vec<Fact> {
        let conversion = spec.settings["conversion"].as_str().unwrap_or("conversion").to_owned();
        wire.world(|world: &mut World| {
            let mut facts = objects(world);
            for (name, level) in [("campaign", Level::Campaign), ("ad", Level::Ad)] {
                let days = world.truth_daily(level);
                facts.extend(days.iter().map(|day| performance(name, day, &conversion)));
            }
            facts.extend(countries(world.truth_countries(), &conversion));
            facts
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.path.contains("/advertiser/")
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let param =
            |name: &str| seen.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // A window of days is read in one go, as a list is: a kill costs one reading of it, however many pages it has.
        let names = ["advertiser_id", "dimensions", "start_date", "end_date"].map(param);
        (!self.is_cheap_after_kill(seen)).then(|| format!("{} {names:?}", seen.path))
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let campaign = campaign_of(world, 0);
            // One day is read often, the other only with the look-back.
            for age in [1, 6] {
                let changed = world.restate(&campaign, day_of(world, age), |counts| {
                    counts.spend_minor += 12_345;
                    counts.conversion += 7;
                    counts.impressions /= 2;
                });
                assert_eq!(changed, 4);
            }
            assert!(world.change_campaign(&campaign, "Night Drive, renamed", Status::Disabled));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // It had ended before, and is deleted: what it spent counts.
            let (campaign, day) = (campaign_of(world, 3), day_of(world, 2));
            let delivers = |counts: &mut Counts| {
                *counts = Counts { impressions: 500, spend_minor: 1, ..Counts::default() };
            };
            assert_eq!(world.restate(&campaign, day, delivers), 4);
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
            wire.set_tamper(|path, body| {
                if path.ends_with("/report/integrated/get/") && body["code"] == 0 {
                    let info = json!({ "page": 1, "page_size": 10, "total_number": 0, "total_page": 0 });
                    body["data"] = json!({ "list": [], "page_info": info });
                }
            });
        } else {
            wire.end_tamper();
        }
        true
    }

    fn make_heavy(&self, wire: &ImitationWire) -> bool {
        // What the largest advertiser's ads have in a day, and less than two days of campaigns by country have.
        wire.world(|world: &mut World| world.set_report_rows_max(Some(16)));
        true
    }

    fn is_for_heavy(&self, seen: &Seen) -> bool {
        let day = |name: &str| seen.query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        seen.path.contains("/report/") && day("start_date") == day("end_date")
    }

    fn set_zone(&self, wire: &ImitationWire, _: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| assert!(world.set_time_zone(WEST, zone)));
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
        wire.world(|world: &mut World| world.set_forbidden(Surface::Ads, forbidden));
        Refusal { stream: "ads", tables: &[Table::Ads], permission: "Ads Management" }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // Of the app; TikTok does not say how long: limits are by the second.
        ("/open_api/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let call = Call::get("/open_api/v1.3/campaign/get/", "campaign.get").query("advertiser_id", WEST);
        (call.query("page_size", "1").account(WEST), Scope::App)
    }

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.pointer("/data/page_info")?;
        body.pointer_mut("/data/list")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["data"]["page_info"]["total_page"] = json!(1_000);
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        if body["code"] == 0 { None } else { body.get_mut("message") }
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let country = element.pointer("/dimensions/country_code").and_then(Value::as_str);
        let is_row = country.is_none_or(|country| country == "US")
            && element.pointer("/metrics/impressions").is_some();
        if is_row {
            element["metrics"]["impressions"] = json!([{ "value": text }]);
        }
        is_row
    }

    fn plant(&self, path: &str, element: &mut Value) {
        // Ids are texts as a rule; as numbers they must survive too.
        let as_number = |id: &mut Value| {
            if let Some(number) = id.as_str().and_then(|id| id.parse::<u64>().ok()) {
                *id = json!(number);
            }
        };
        if path.ends_with("/campaign/get/") {
            as_number(&mut element["campaign_id"]);
            element["operation_status"] = json!("IN_LIMBO");
            element["objective_type"] = json!("TELEPATHY");
        }
        if path.contains("/report/") {
            for id in ["campaign_id", "ad_id"] {
                if let Some(id) = element["dimensions"].get_mut(id) {
                    as_number(id);
                }
            }
            let metrics = &mut element["metrics"];
            metrics["impressions"] = json!(BIG.to_string());
            metrics["spend"] = json!("9007199254.740993");
            metrics.as_object_mut().unwrap().remove("follows");
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::AdCampaigns, "status", "IN_LIMBO"),
            planted(Table::AdCampaigns, "objective", "TELEPATHY"),
            planted(Table::AdPerformanceDaily, "impressions", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "spend_micros", &BIG.to_string()),
            // Left out of a delivered row: unknown, and so is the sum that it is a part of.
            planted(Table::AdPerformanceDaily, "engagements", "NULL"),
        ]
    }
}

/// One of the advertiser whose days and objects are changed: dollars, eight hours behind UTC, five campaigns.
fn campaign_of(world: &World, place: usize) -> String {
    let campaigns = world.truth_campaigns();
    let mut mine = campaigns.iter().filter(|campaign| campaign.advertiser_id == WEST);
    mine.nth(place).unwrap().campaign_id.clone()
}

fn day_of(world: &World, age: i64) -> Day {
    let advertisers = world.truth_advertisers();
    let today = advertisers.iter().find(|advertiser| advertiser.advertiser_id == WEST).unwrap().today;
    today.checked_sub(age.days()).unwrap()
}

fn objects(world: &World) -> Vec<Fact> {
    let readable = world.truth_advertisers().into_iter().filter(|advertiser| advertiser.is_readable);
    let mut facts: Vec<Fact> = readable
        .map(|advertiser| {
            Fact::new(Table::AdAccounts, advertiser.advertiser_id)
                .value("name", advertiser.name)
                .value("currency", advertiser.currency)
                .value("time_zone", advertiser.time_zone)
        })
        .collect();
    // What is deleted is stored as removed, and is no fact.
    for campaign in world.truth_campaigns().into_iter().filter(|campaign| campaign.status != Status::Deleted)
    {
        let micros = |minor: u64| minor * 10_u64.pow(6 - u32::from(campaign.exponent));
        let (daily, whole) = match campaign.budget {
            Budget::Daily(minor) => (Some(micros(minor)), None),
            Budget::Total(minor) => (None, Some(micros(minor))),
            Budget::None => (None, None),
        };
        facts.push(
            Fact::new(Table::AdCampaigns, campaign.campaign_id)
                .value("account", campaign.advertiser_id)
                .value("name", campaign.name)
                .value("status", campaign.status.word())
                .value("objective", campaign.objective)
                .maybe("daily_budget", daily)
                .maybe("lifetime_budget", whole),
        );
    }
    let mut groups = BTreeSet::new();
    for ad in world.truth_ads().into_iter().filter(|ad| ORDINARY.contains(&ad.buying_type)) {
        if !ad.ad_group_is_deleted && groups.insert(ad.ad_group_id.clone()) {
            facts.push(Fact::new(Table::AdSets, &ad.ad_group_id).value("campaign", &ad.campaign_id));
        }
        if !ad.ad_is_deleted {
            let fact = Fact::new(Table::Ads, ad.ad_id).value("ad_set", ad.ad_group_id);
            facts.push(fact.value("campaign", ad.campaign_id));
        }
    }
    facts
}

fn performance(level: &str, row: &TruthDay, conversion: &str) -> Fact {
    let TruthDay { advertiser_id, campaign_id, ad_id, day, .. } = row;
    let place = format!("{advertiser_id}/{level}/{campaign_id}/{ad_id}/{day}");
    metrics(Fact::new(Table::AdPerformanceDaily, place), row, conversion)
}

/// `None` and an empty country are one: their numbers are added, and people reached are not.
fn countries(rows: Vec<TruthDay>, conversion: &str) -> Vec<Fact> {
    let mut merged: BTreeMap<String, TruthDay> = BTreeMap::new();
    for row in rows {
        let country = if matches!(row.country, "None" | "") { "ZZ" } else { row.country };
        let place = format!("{}/{}/{country}/{}", row.advertiser_id, row.campaign_id, row.day);
        match merged.get_mut(&place) {
            Some(sum) => {
                sum.counts.add(&row.counts);
                sum.unknown.extend(row.unknown);
                sum.unknown.push("reach");
            }
            None => _ = merged.insert(place, row),
        }
    }
    let fact =
        |(place, row): (String, TruthDay)| metrics(Fact::new(Table::AdCountryDaily, place), &row, conversion);
    merged.into_iter().map(fact).collect()
}

fn metrics(fact: Fact, row: &TruthDay, conversion: &str) -> Fact {
    let counts = &row.counts;
    // A sum is known where all of its parts are.
    let known = |parts: &[(&str, u64)]| {
        let is_known = parts.iter().all(|(name, _)| !row.unknown.contains(name));
        is_known.then(|| parts.iter().map(|(_, number)| number).sum::<u64>())
    };
    let conversions: &[_] = match conversion {
        "result" => &[("result", counts.result)],
        "purchases" => &[
            ("complete_payment", counts.complete_payment),
            ("total_purchase", counts.total_purchase),
            ("onsite_shopping", counts.onsite_shopping),
        ],
        _ => &[("conversion", counts.conversion)],
    };
    let engagements = [
        ("likes", counts.likes),
        ("comments", counts.comments),
        ("shares", counts.shares),
        ("follows", counts.follows),
    ];
    fact.value("currency", row.currency)
        .maybe("impressions", known(&[("impressions", counts.impressions)]))
        .maybe("clicks", known(&[("clicks", counts.clicks)]))
        .maybe("clicks_all", None::<u64>)
        .value("spend_micros", counts.spend_minor * 10_u64.pow(6 - u32::from(row.exponent)))
        .maybe("conversion_micros", known(conversions).map(|count| count * 1_000_000))
        .maybe("video_views", known(&[("video_watched_2s", counts.video_watched_2s)]))
        .maybe("video_completions", known(&[("video_views_p100", counts.video_views_p100)]))
        .maybe("engagements", known(&engagements))
        .maybe("reach", known(&[("reach", row.reach)]))
}
