//! PostHog: days of sessions and conversions, asked for in HogQL and told in rows without names.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    integrations::posthog::PostHog,
    session::{
        Call,
        quota::{QuotaRule, Scope},
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rows::{DayRange, Table, day::day_at};
use sandbox::{
    exchange::Imitation,
    posthog::{EU_KEY, EU_PROJECT, NewSession, PRE_SAVE, PURCHASE, PostHog as World, SIGN_UP, SessionFilter},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::Fact,
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: PostHogCase = PostHogCase;

pub struct PostHogCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: i64 = 9_007_199_254_740_993;
const ZONE: &str = "Europe/Berlin";
const GOALS: [&str; 3] = [SIGN_UP, PRE_SAVE, PURCHASE];
/// A day has some twenty origins, and one has hundreds: several pages.
const PAGE_SIZE: u32 = 60;
/// Rows by origin: visits have this many cells, conversions one less, revenue four.
const VISITS: usize = 7;
const CONVERSIONS: usize = 6;
const REVENUE: usize = 4;

impl Case for PostHogCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(PostHog)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        let crowded = day_at(now, &TimeZone::UTC).checked_sub(5.days()).unwrap();
        assert!(world.crowd(EU_PROJECT, crowded, 200));
        world.freeze();
        Box::new(world)
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        ConnectionSpec {
            name: "label-a-posthog".to_owned(),
            integration: "posthog".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            // Two days before the look-back begins.
            accounts_exclude: Vec::new(),
            start_date: start.checked_add(2.days()).unwrap(),
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: [("api_key".to_owned(), EU_KEY.into())].into(),
            settings: json!({
                "project": EU_PROJECT.to_string(), "goals": GOALS, "time_zone": ZONE, "currency": "EUR",
                "page_size": PAGE_SIZE,
            }),
            // By default one query a minute, with which every rule would take a day.
            quotas: Some(vec![QuotaRule::per_second(Scope::Project, 10.0, 5)].into()),
            streams: BTreeMap::new(),
        }
    }

    fn truth(&self, wire: &ImitationWire, spec: &ConnectionSpec) -> Vec<Fact> {
        let zone = spec.settings["time_zone"].as_str().unwrap();
        let today = day_at(wire.now(), &rows::zone::zone(zone).unwrap());
        let days = DayRange::new(spec.start_date, today).unwrap();
        wire.world(|world: &mut World| {
            let mut facts = Vec::new();
            let mut revenue: BTreeMap<String, i64> = BTreeMap::new();
            for goal in GOALS {
                for row in world.truth_conversions(EU_PROJECT, goal, Some(zone)) {
                    let origin = format!("{}/{}/{}/{}", row.scope, row.campaign, row.source, row.medium);
                    *revenue.entry(format!("{}/{origin}", row.day)).or_default() +=
                        row.revenue_micros.unwrap_or(0);
                    if days.contains(row.day) {
                        let place = format!("{EU_PROJECT}/{goal}/{}/{origin}", row.day);
                        facts.push(conversions(place, row.conversions, row.converting_sessions));
                    }
                }
            }
            let rows = world.truth_web(EU_PROJECT, Some(zone));
            for row in rows.iter().filter(|row| days.contains(row.day)) {
                let origin = format!("{}/{}/{}/{}", row.scope, row.campaign, row.source, row.medium);
                let key = format!("{}/{origin}", row.day);
                facts.push(
                    Fact::new(Table::WebAnalyticsDaily, format!("{EU_PROJECT}/{key}"))
                        .value("page_views", row.page_views)
                        .value("sessions", row.sessions)
                        .value("session_seconds", row.session_seconds)
                        .value("users", row.users)
                        .value("revenue_micros", revenue.get(&key).copied().unwrap_or(0))
                        .value("currency", "EUR"),
                );
            }
            facts
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check.
        seen.body.contains("SELECT 1 ")
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        let today = today(wire);
        wire.world(|world: &mut World| {
            // One day is read every few hours, the other with the whole look-back.
            for age in [1, 6] {
                let day = today.checked_sub(age.days()).unwrap();
                let sessions = sessions(world, day, None);
                assert!(world.add_goal(EU_PROJECT, &sessions[0], PURCHASE, Some("1234567.89")));
                assert!(world.add_goal(EU_PROJECT, &sessions[1], SIGN_UP, None));
                // Numbers fall. (Merged persons would do that on every day, beyond any look-back.)
                assert!(world.delete_session(EU_PROJECT, &sessions[2]));
            }
        });
    }

    fn add(&self, wire: &ImitationWire) {
        let noon = today(wire).checked_sub(4.days()).unwrap().at(12, 0, 0, 0);
        let noon = noon.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        wire.world(|world: &mut World| {
            let late = NewSession {
                start: noon,
                // It converts on the next day.
                seconds: 14 * 3600,
                campaign: Some("second-sun".to_owned()),
                referring_domain: Some("$direct".to_owned()),
                goals: vec![(PURCHASE.to_owned(), Some("0.1".to_owned()))],
                ..NewSession::default()
            };
            let start = noon + SignedDuration::from_hours(1);
            world.add_session(EU_PROJECT, late.clone()).unwrap();
            world.add_session(EU_PROJECT, NewSession { start, ..late }).unwrap();
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        let day = today(wire).checked_sub(4.days()).unwrap();
        wire.world(|world: &mut World| {
            let gone = sessions(world, day, Some("album-launch"));
            assert!(!gone.is_empty());
            for session in gone {
                assert!(world.delete_session(EU_PROJECT, &session));
            }
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.end_tamper();
        if empty {
            wire.set_tamper(|_, body| {
                let is_total = body["columns"][0] == "sessions";
                let Some(rows) = body.pointer_mut("/results").and_then(Value::as_array_mut) else { return };
                let is_check = rows.first().is_some_and(|row| *row == json!([1]));
                if is_total {
                    *rows = vec![json!([0, 0, 0, 0])];
                } else if !is_check {
                    rows.clear();
                    // Without rows but with more to come, it would be no answer.
                    body["hasMore"] = Value::Bool(false);
                }
            });
        }
        true
    }

    fn set_zone(&self, _: &ImitationWire, spec: &mut ConnectionSpec, zone: &str) {
        // Whatever the project's own.
        spec.settings["time_zone"] = json!(zone);
    }

    fn credential(&self) -> &'static str {
        "api_key"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.set_key(EU_PROJECT, secret));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.expire_key(EU_PROJECT));
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        let scopes: &[&str] = if forbidden { &["project:read"] } else { &["project:read", "query:read"] };
        wire.world(|world: &mut World| world.set_scopes(EU_PROJECT, scopes));
        let tables = &[Table::WebAnalyticsDaily, Table::WebConversionsDaily];
        Refusal { stream: "sessions", tables, permission: "query:read" }
    }

    fn is_refused(&self, _: &Refusal, _: &str) -> bool {
        // Every stream is a query, and a scope is the key's.
        true
    }

    fn limited(&self) -> (&'static str, Duration) {
        ("/query/", Duration::from_secs(1))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let mut call = Call::post(format!("/api/projects/{EU_PROJECT}/query/"), "query");
        call.body = Some(json!({
            "query": { "kind": "HogQLQuery", "query": "SELECT 1 AS one LIMIT 1" },
            "refresh": "force_blocking",
        }));
        (call, Scope::Project)
    }

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.pointer_mut("/results")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["hasMore"] = Value::Bool(true);
    }

    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        body.pointer_mut("/detail")
    }

    fn add_unknown(&self, body: &mut Value) {
        body["zz_brand_new"] = json!({ "nested": [1, null, "x"] });
        // A column before all others: they go by name.
        body["columns"].as_array_mut().unwrap().insert(0, json!("zz_brand_new"));
        for row in body["results"].as_array_mut().unwrap() {
            row.as_array_mut().unwrap().insert(0, json!({ "nested": [1, null, "x"] }));
        }
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let Some(cells) = element.as_array_mut() else { return false };
        let is_by_origin = [VISITS, CONVERSIONS].contains(&cells.len());
        if is_by_origin && let Some(last) = cells.last_mut() {
            *last = json!([{ "value": text }]);
        }
        is_by_origin
    }

    fn plant(&self, _: &str, element: &mut Value) {
        let Some(cells) = element.as_array_mut() else { return };
        match cells.len() {
            VISITS => {
                cells[3] = json!(BIG);
                // As text too.
                cells[4] = json!(BIG.to_string());
                cells[6] = Value::Null;
            }
            CONVERSIONS => cells[5] = json!(BIG),
            REVENUE if cells[0].is_string() => cells[3] = json!("9007199254.740993"),
            _ => {}
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        let big = BIG.to_string();
        vec![
            planted(Table::WebAnalyticsDaily, "sessions", &big),
            planted(Table::WebAnalyticsDaily, "page_views", &big),
            planted(Table::WebAnalyticsDaily, "users", "NULL"),
            planted(Table::WebAnalyticsDaily, "revenue_micros", &big),
            planted(Table::WebConversionsDaily, "converting_sessions", &big),
        ]
    }

    fn personal(&self, wire: &ImitationWire) -> Vec<String> {
        // Persons are not even asked for.
        let asked = wire.world(|world: &mut World| world.personal_fields_asked());
        assert!(asked.is_empty(), "asked for {asked:?}");
        Vec::new()
    }
}

fn today(wire: &ImitationWire) -> Date {
    day_at(wire.now(), &rows::zone::zone(ZONE).unwrap())
}

fn sessions(world: &mut World, day: Date, campaign: Option<&str>) -> Vec<String> {
    let filter = SessionFilter { day: Some(day), campaign: campaign.map(str::to_owned) };
    world.session_ids(EU_PROJECT, &filter)
}

fn conversions(place: String, conversions: u64, sessions: u64) -> Fact {
    Fact::new(Table::WebConversionsDaily, place)
        .value("conversion_micros", conversions * 1_000_000)
        .value("converting_sessions", sessions)
}
