//! Spotify Ads: accounts of businesses, objects in pages, reports by UTC day, refresh tokens.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::spotify_ads::SpotifyAds,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rows::{Day, Table, day::day_at};
use sandbox::{
    exchange::Imitation,
    spotify_ads::{
        AdsError, CLIENT_ID, CLIENT_SECRET, FORBIDDEN_ACCOUNT, Level, Numbers, REFRESH_TOKEN,
        SpotifyAds as World, TruthDay, US_ACCOUNT,
    },
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: SpotifyAdsCase = SpotifyAdsCase;

pub struct SpotifyAdsCase;

/// Fewer than any window or account has, so that there are pages.
const PAGE_LENGTH: usize = 3;
/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;

impl Case for SpotifyAdsCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(SpotifyAds)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        world.set_page_length(Some(PAGE_LENGTH));
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        let credentials =
            [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("refresh_token", REFRESH_TOKEN)];
        // More often than by default: the suite waits for them.
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 30, every: DAILY }];
        let often = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        ConnectionSpec {
            name: "label-a-spotify-ads".to_owned(),
            integration: "spotify_ads".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            // Its business lists it, and it is not for us.
            accounts_exclude: vec![FORBIDDEN_ACCOUNT.to_owned()],
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: [("token".to_owned(), "http://imitation.invalid/api/token".parse().unwrap())].into(),
            api_version: "v3".to_owned(),
            credentials: credentials.map(|(name, secret)| (name.to_owned(), secret.into())).into(),
            settings: json!({}),
            quotas: None,
            streams: [("performance".to_owned(), often)].into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        wire.world(|world: &mut World| {
            let mut facts = objects(world);
            for (name, level) in [("campaign", Level::Campaign), ("ad", Level::Ad)] {
                facts.extend(world.truth_daily(level).iter().map(|day| performance(name, day)));
            }
            facts
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.path == "/api/token" || seen.path.contains("/businesses") || seen.path.contains("/ad_sets/")
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        let is_report = seen.path.ends_with("/aggregate_reports");
        (!is_report && !self.is_cheap_after_kill(seen)).then(|| seen.path.clone())
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        let now = wire.now();
        wire.world(|world: &mut World| {
            let campaign = campaign_of(world, 0);
            // One day is read often, the other only with the whole look-back.
            for age in [1, 6] {
                let changed = world.restate(&campaign, day_of(now, age), |numbers| {
                    numbers.spend_nanos += 123_456_789_012;
                    numbers.sign_ups += 7;
                    numbers.impressions /= 2;
                });
                assert_eq!(changed, 4);
            }
            assert!(world.change_campaign(&campaign, "Night Drive, renamed", "PAUSED"));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        let now = wire.now();
        wire.world(|world: &mut World| {
            // It had ended before.
            let campaign = campaign_of(world, 3);
            let delivers = |numbers: &mut Numbers| {
                *numbers = Numbers { impressions: 500, spend_nanos: 1_000, ..Numbers::default() };
            };
            assert_eq!(world.restate(&campaign, day_of(now, 2), delivers), 4);
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        let now = wire.now();
        wire.world(|world: &mut World| {
            let (whole, one_day) = (campaign_of(world, 1), campaign_of(world, 0));
            assert!(world.forget_campaign(&whole));
            assert!(world.vanish_day(&one_day, day_of(now, 4)));
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        if empty {
            wire.set_tamper(|_, body| {
                if body.get("rows").is_some() {
                    body["rows"] = json!([]);
                    body["continuation_token"] = Value::Null;
                }
            });
        } else {
            wire.end_tamper();
        }
        true
    }

    fn set_zone(&self, _: &ImitationWire, _: &mut ConnectionSpec, _: &str) {
        // Days are UTC, wherever anybody lives: the truth says the same.
    }

    fn credential(&self) -> &'static str {
        "refresh_token"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| {
            world.tokens().revoke_user();
            world.tokens().admit_user(secret);
        });
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.tokens().revoke_user());
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        wire.world(|world: &mut World| world.refuse("/ads?", forbidden.then(AdsError::forbidden)));
        Refusal { stream: "ads", tables: &[Table::Ads], permission: "AD_ACCOUNT_VIEWER" }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // All requests of a user through an app share it; a refusal speaks in whole seconds.
        ("/v3/ad_accounts/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get(format!("/v3/ad_accounts/{US_ACCOUNT}"), "accounts"), Scope::Project)
    }

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        let names = ["rows", "campaigns", "ad_sets", "ads", "ad_accounts", "businesses"];
        let name = names.into_iter().find(|name| body.get(*name).is_some())?;
        body[name].as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        if body.get("rows").is_some() {
            body["continuation_token"] = json!("nowhere");
        } else {
            body["paging"] = json!({ "page_size": 50, "total_results": 1_000, "offset": 0 });
        }
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        let place = if body.get("messages").is_some() { "/messages/0" } else { "/error/message" };
        body.pointer_mut(place)
    }

    fn is_element(&self, body: &Value) -> bool {
        body.get("currency_code").is_some()
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let number = stat(element, "IMPRESSIONS");
        let is_row = number.is_some();
        if let Some(number) = number {
            *number = json!(text);
        }
        is_row
    }

    fn plant(&self, _: &str, element: &mut Value) {
        if element.get("objective").is_some() {
            element["status"] = json!("IN_LIMBO");
            element["objective"] = json!("TELEPATHY");
        }
        for (field, value) in [
            ("IMPRESSIONS", json!(BIG)),
            // 2^53 + 1 millionths: more digits than a float has.
            ("SPEND", json!("9007199254.740993")),
            ("COMPLETES", json!("1.5234E7")),
            ("REACH", json!(-5)),
        ] {
            if let Some(number) = stat(element, field) {
                *number = value;
            }
        }
        if let Some(stats) = element.get_mut("stats").and_then(Value::as_array_mut) {
            stats.retain(|stat| stat["field_type"] != "CLICKS");
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::AdCampaigns, "status", "IN_LIMBO"),
            planted(Table::AdCampaigns, "objective", "TELEPATHY"),
            planted(Table::AdPerformanceDaily, "impressions", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "spend_micros", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "video_completions", "15234000"),
            planted(Table::AdPerformanceDaily, "reach", NULL),
            // Left out of a delivered row: the contract says unknown.
            planted(Table::AdPerformanceDaily, "clicks", NULL),
        ]
    }
}

/// A field's number in a row of a report.
fn stat<'a>(element: &'a mut Value, field: &str) -> Option<&'a mut Value> {
    let mut stats = element.get_mut("stats")?.as_array_mut()?.iter_mut();
    stats.find(|stat| stat["field_type"] == field).map(|stat| &mut stat["field_value"])
}

/// One of the account whose days and objects are changed: dollars, four campaigns.
fn campaign_of(world: &World, place: usize) -> String {
    let campaigns = world.truth_campaigns();
    let mut mine = campaigns.iter().filter(|campaign| campaign.account_id == US_ACCOUNT);
    mine.nth(place).unwrap().campaign_id.clone()
}

fn day_of(now: Timestamp, age: i64) -> Day {
    day_at(now, &TimeZone::UTC).checked_sub(age.days()).unwrap()
}

fn objects(world: &World) -> Vec<Fact> {
    let readable = world.truth_accounts().into_iter().filter(|account| account.is_readable);
    let mut facts: Vec<Fact> = readable
        .map(|account| {
            Fact::new(Table::AdAccounts, account.account_id)
                .value("name", account.name)
                .value("currency", account.currency)
                .value("time_zone", "UTC")
        })
        .collect();
    facts.extend(world.truth_campaigns().into_iter().map(|campaign| {
        Fact::new(Table::AdCampaigns, campaign.campaign_id)
            .value("account", campaign.account_id)
            .value("name", campaign.name)
            .value("status", campaign.status)
            .value("objective", campaign.objective)
            .value("daily_budget", NULL)
            .value("lifetime_budget", NULL)
    }));
    let mut ad_sets = BTreeMap::new();
    for ad in world.truth_ads() {
        ad_sets.insert(ad.ad_set_id.clone(), ad.campaign_id.clone());
        facts.push(
            Fact::new(Table::Ads, ad.ad_id).value("ad_set", ad.ad_set_id).value("campaign", ad.campaign_id),
        );
    }
    let ad_set = |(id, campaign)| Fact::new(Table::AdSets, id).value("campaign", campaign);
    facts.extend(ad_sets.into_iter().map(ad_set));
    facts
}

fn performance(level: &str, row: &TruthDay) -> Fact {
    let TruthDay { account_id, campaign_id, ad_id, day, numbers, .. } = row;
    // Between 1 and 4 nobody is told how many there were.
    let parts = [numbers.purchases, numbers.leads, numbers.sign_ups];
    let is_masked = parts.iter().any(|people| (1..5).contains(people));
    let conversions: u64 = parts.iter().sum();
    Fact::new(Table::AdPerformanceDaily, format!("{account_id}/{level}/{campaign_id}/{ad_id}/{day}"))
        .value("currency", row.currency)
        .value("impressions", numbers.impressions)
        .value("clicks", numbers.clicks)
        .value("clicks_all", NULL)
        .value("spend_micros", (numbers.spend_nanos + 500) / 1_000)
        .maybe("conversion_micros", (!is_masked).then_some(conversions * 1_000_000))
        .maybe("video_views", numbers.video_views)
        .value("video_completions", numbers.completes)
        .value("engagements", NULL)
        .value("reach", numbers.reach)
}
