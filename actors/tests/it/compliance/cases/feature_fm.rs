//! Feature.fm: links that are named one by one, and a report on each that the settings describe.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::feature_fm::FeatureFm,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use rows::{Day, Table};
use sandbox::{
    exchange::Imitation,
    feature_fm::{API_KEY, BIG, CUSTOM, FUTURE, FeatureFm as World, FeatureFmError, RAIN},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::{Fact, NULL},
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: FeatureFmCase = FeatureFmCase;

pub struct FeatureFmCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const LARGE: u64 = 9_007_199_254_740_993;
/// A link that nobody visits on one day, at first, and how many days ago that is.
const LATE: (&str, i64) = (RAIN, 3);

/// How the imitation is asked what happens on links.
pub fn analytics() -> Value {
    json!({
        "path": "/smartlink/{id}/analytics?from={from}&to={to}",
        "fields": {
            "rows": "/data",
            "more": "/hasMore",
            "date": "/date",
            "visits": "/visits",
            "unique_visitors": "/uniqueVisitors",
            "clicks": "/clicks",
            "pre_saves": "/preSaves",
        },
    })
}

impl Case for FeatureFmCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(FeatureFm)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        assert!(world.vanish(LATE.0, day_of(&world, LATE.1)));
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        // More often than anybody changes a link: the suite waits for it.
        let links = StreamOverride { every: Some(Duration::from_mins(20)), ..StreamOverride::default() };
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 8, every: DAILY }];
        let activity = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        ConnectionSpec {
            name: "label-a-links".to_owned(),
            integration: "feature_fm".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: "manage/v1".to_owned(),
            credentials: [("api_key".to_owned(), API_KEY.into())].into(),
            settings: json!({
                "links": ["short:ffm.to/night-drive", RAIN, CUSTOM, FUTURE, BIG],
                "analytics": analytics(),
            }),
            quotas: None,
            streams: [("links".to_owned(), links), ("activity".to_owned(), activity)].into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        wire.world(|world: &mut World| {
            let links = world.truth_links().into_iter().map(|link| {
                Fact::new(Table::SmartLinks, link.id)
                    .value("title", link.title)
                    .value("url", link.url)
                    .value("status", link.status)
                    .value("type", link.kind)
                    .value("artist", link.artist.0)
                    .value("artist_name", link.artist.1)
                    .value("created", link.created_at)
                    .maybe("released", link.released_on)
            });
            let activity = world.truth_activity().into_iter().map(|day| {
                Fact::new(Table::SmartLinkActivityDaily, format!("{}/total//{}", day.link_id, day.date))
                    .value("visits", day.visits)
                    .value("unique_visitors", day.unique_visitors)
                    .value("clicks", day.clicks)
                    .maybe("pre_saves", day.pre_saves)
            });
            links.chain(activity).collect()
        })
    }

    fn may_repeat(&self, seen: &Seen) -> bool {
        // Either stream may be the first that needs the id behind a short address.
        seen.path.contains("/shortid/")
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check.
        seen.path.ends_with("/artists")
    }

    fn set(&self, seen: &Seen) -> Option<String> {
        if seen.path.ends_with("/analytics") {
            return Some(format!("{:?}", seen.query));
        }
        seen.path.contains("/smartlink/").then(|| "links".to_owned())
    }

    // --- What happens at the provider ---

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // One day is read often, the other only with the whole look-back.
            for age in [1, 6] {
                let day = day_of(world, age);
                assert!(world.restate(CUSTOM, day, 77_000));
            }
            assert!(world.change(FUTURE, "Salt (out now)", "PAUSED"));
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let day = day_of(world, LATE.1);
            assert!(world.restate(LATE.0, day, 5));
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            for (link, age) in [(CUSTOM, 1), (FUTURE, 4)] {
                let day = day_of(world, age);
                // It may be a day on which nobody came.
                world.restate(link, day, 9);
                assert!(world.vanish(link, day));
            }
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.end_tamper();
        if empty {
            wire.set_tamper(|_, body| {
                if let Some(rows) = body.get_mut("data").and_then(Value::as_array_mut) {
                    rows.clear();
                }
            });
        }
        true
    }

    fn set_zone(&self, wire: &ImitationWire, spec: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| assert!(world.set_time_zone(zone)));
        spec.settings["analytics"]["time_zone"] = json!(zone);
    }

    // --- Credentials ---

    fn credential(&self) -> &'static str {
        "api_key"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.set_key(secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(World::expire_key);
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let error = forbidden.then(FeatureFmError::forbidden);
        wire.world(|world: &mut World| world.refuse("/analytics", error));
        Refusal {
            stream: "activity",
            tables: &[Table::SmartLinkActivityDaily],
            permission: "let this key read it",
        }
    }

    // --- Limits ---

    fn limited(&self) -> (&'static str, Duration) {
        // Of the key; for how long was never seen.
        ("/manage/v1/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        (Call::get("/manage/v1/artists", "artists"), Scope::Project)
    }

    // --- The shape of answers ---

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("data")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["hasMore"] = json!(true);
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        body.get_mut("message")
    }

    // --- What is unexpected ---

    fn is_element(&self, body: &Value) -> bool {
        body.get("id").is_some()
    }

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        let field = if path.ends_with("/analytics") { "visits" } else { "createdAt" };
        element[field] = json!(text);
        true
    }

    fn plant(&self, path: &str, element: &mut Value) {
        if path.ends_with("/analytics") {
            element["visits"] = json!(LARGE);
            element["uniqueVisitors"] = json!(LARGE.to_string());
            drop(element.as_object_mut().and_then(|fields| fields.remove("clicks")));
        } else {
            element["status"] = json!("QUANTUM");
            element["type"] = json!("hologram");
            drop(element.as_object_mut().and_then(|fields| fields.remove("createdAt")));
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let large = LARGE.to_string();
        [
            (Table::SmartLinkActivityDaily, "visits", large.as_str()),
            (Table::SmartLinkActivityDaily, "unique_visitors", &large),
            (Table::SmartLinkActivityDaily, "clicks", NULL),
            (Table::SmartLinks, "status", "QUANTUM"),
            (Table::SmartLinks, "type", "hologram"),
            (Table::SmartLinks, "created", NULL),
        ]
        .map(|(table, name, value)| Planted { table, name, value: value.to_owned() })
        .into()
    }

    fn personal(&self, wire: &ImitationWire) -> Vec<String> {
        wire.world(|world: &mut World| world.personal())
    }
}

/// The day so many days ago.
fn day_of(world: &World, age: i64) -> Date {
    world.today().checked_sub(age.days()).unwrap()
}
