//! Google Analytics: reports by day as a whole and by origin, goals in groups, every value a text, access tokens.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec, StreamOverride},
    integrations::google_analytics::GoogleAnalytics,
    session::{Call, quota::Scope},
    stream::{DAILY, FRESH, Tier},
};
use jiff::{Timestamp, ToSpan};
use rows::{Day, Table};
use sandbox::{
    exchange::Imitation,
    google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
    google_analytics::{AnalyticsError, GOALS, GoogleAnalytics as World, Numbers, SITE},
};
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal},
    fact::Fact,
};
use crate::support::wire::{ImitationWire, Seen};

pub const CASE: AnalyticsCase = AnalyticsCase;

pub struct AnalyticsCase;

/// Fewer than a window has by origin, so that there are pages.
const ROWS_MAX: usize = 40;
/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;
/// The same, of a million each.
const BIG_UNITS: &str = "9007199254.740993";
/// An origin that brings nothing on one day, at first.
const LATE: (&str, i64) = ("(organic)", 4);
/// Columns of a report on sessions.
const SESSIONS: usize = 5;

impl Case for AnalyticsCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(GoogleAnalytics)
    }

    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        let mut world = World::new(seed, days, now);
        world.freeze();
        world.set_rows_max(Some(ROWS_MAX));
        let day = day_of(&world, LATE.1);
        assert_eq!(world.restate(SITE, LATE.0, day, |numbers| *numbers = Numbers::default()), 1);
        Box::new(world)
    }

    fn spec(&self, start: Day) -> ConnectionSpec {
        let credentials =
            [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("refresh_token", REFRESH_TOKEN)];
        // More often than Google's own numbers move: the suite waits for them.
        let tiers = vec![Tier { days: 2, every: FRESH }, Tier { days: 14, every: DAILY }];
        let often = StreamOverride { tiers: Some(tiers), ..StreamOverride::default() };
        let endpoints = [("token", "http://imitation.invalid/token"), ("admin", "http://imitation.invalid")];
        ConnectionSpec {
            name: "label-a-analytics".to_owned(),
            integration: "google_analytics".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: endpoints.map(|(name, url)| (name.to_owned(), url.parse().unwrap())).into(),
            api_version: "v1beta".to_owned(),
            credentials: credentials.map(|(name, secret)| (name.to_owned(), secret.into())).into(),
            // Five goals are two groups.
            settings: json!({ "property": SITE, "goals": GOALS }),
            quotas: None,
            streams: [("sessions".to_owned(), often)].into(),
        }
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        let mut facts = Vec::new();
        for row in wire.world(|world: &mut World| world.truth_web(SITE)) {
            let origin = format!("{}/{}/{}/{}", row.scope, row.campaign, row.source, row.medium);
            for (goal, counted) in GOALS.into_iter().zip(row.numbers.goals) {
                if counted.events_millionths > 0 || counted.sessions > 0 {
                    let place = format!("{SITE}/{goal}/{}/{origin}", row.day);
                    facts.push(
                        Fact::new(Table::WebConversionsDaily, place)
                            .value("conversion_micros", counted.events_millionths)
                            .value("converting_sessions", counted.sessions),
                    );
                }
            }
            let Numbers { sessions, page_views, seconds, users, revenue_micros, .. } = row.numbers;
            facts.push(
                Fact::new(Table::WebAnalyticsDaily, format!("{SITE}/{}/{origin}", row.day))
                    .value("page_views", page_views)
                    .value("sessions", sessions)
                    .value("session_seconds", seconds)
                    .value("users", users)
                    .value("revenue_micros", revenue_micros)
                    .value("currency", "EUR"),
            );
        }
        facts
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        // The check.
        !seen.path.ends_with(":runReport")
    }

    fn set_moving(&self, wire: &ImitationWire, moving: bool) {
        wire.world(|world: &mut World| if moving { world.thaw() } else { world.freeze() });
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            // One day is read often, the other only with the whole look-back.
            for age in [1, 6] {
                let day = day_of(world, age);
                let changed = world.restate(SITE, "(direct)", day, |numbers| {
                    numbers.sessions += 1_000;
                    numbers.seconds /= 2;
                    numbers.users += 7;
                    numbers.revenue_micros += 123_450_000;
                    numbers.goals[4].events_millionths = 7_250_000;
                    numbers.goals[4].sessions = 7;
                });
                assert_eq!(changed, 1);
            }
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let day = day_of(world, LATE.1);
            let come = |numbers: &mut Numbers| {
                *numbers = Numbers { sessions: 3, seconds: 100, users: 2, ..Numbers::default() };
                numbers.goals[0].events_millionths = 333_333;
                numbers.goals[0].sessions = 1;
            };
            assert_eq!(world.restate(SITE, LATE.0, day, come), 1);
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let day = day_of(world, 4);
            for campaign in ["(direct)", "夜行列車", "(referral)"] {
                assert!(world.vanish(SITE, campaign, day));
            }
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.end_tamper();
        if empty {
            wire.set_tamper(|_, body| {
                let Some(body) = body.as_object_mut() else { return };
                body.remove("rows");
                body.remove("rowCount");
            });
        }
        true
    }

    fn set_zone(&self, wire: &ImitationWire, _: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| assert!(world.set_time_zone(SITE, zone)));
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
            world.refuse("keyEvents:", forbidden.then(AnalyticsError::permission));
        });
        Refusal {
            stream: "conversions",
            tables: &[Table::WebConversionsDaily],
            permission: "role Viewer on the property",
        }
    }

    fn limited(&self) -> (&'static str, Duration) {
        // "Exhausted concurrent requests quota.": how long is documented, not said.
        (":runReport", Duration::from_secs(30))
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let path = format!("/v1beta/properties/{SITE}:runReport");
        let mut call = Call::post(path, "report").account(SITE);
        call.body = Some(json!({
            "dateRanges": [{ "startDate": "today", "endDate": "today" }],
            "metrics": [{ "name": "sessions" }],
        }));
        (call, Scope::Account)
    }

    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("rows")?.as_array_mut()
    }

    fn promise_more(&self, body: &mut Value) {
        body["rowCount"] = json!(1_000_000);
    }

    fn add_unknown(&self, body: &mut Value) {
        // A column before all others: they go by name.
        for (headers, values) in [("dimensionHeaders", "dimensionValues"), ("metricHeaders", "metricValues")]
        {
            body[headers]
                .as_array_mut()
                .unwrap()
                .insert(0, json!({ "name": "zzBrandNew", "type": "TYPE_NEW" }));
            for row in body["rows"].as_array_mut().unwrap() {
                row[values].as_array_mut().unwrap().insert(0, json!({ "value": "x" }));
            }
        }
    }

    fn spoil(&self, _: &str, element: &mut Value, text: &str) -> bool {
        let Some(sessions) = element.pointer_mut("/metricValues/0/value") else { return false };
        *sessions = json!(text);
        true
    }

    fn plant(&self, _: &str, element: &mut Value) {
        let Some(values) = element["metricValues"].as_array_mut() else { return };
        if values.len() == SESSIONS {
            let planted =
                [json!(BIG.to_string()), json!(BIG), json!("4.7e-05"), json!("1.2E3"), json!(BIG_UNITS)];
            for (value, planted) in values.iter_mut().zip(planted) {
                value["value"] = planted;
            }
        } else if values[1]["value"] != "0" {
            // Of the first goal of a group, where there is a row of it anyway.
            values[1]["value"] = json!(BIG_UNITS);
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        let big = BIG.to_string();
        vec![
            planted(Table::WebAnalyticsDaily, "sessions", &big),
            planted(Table::WebAnalyticsDaily, "page_views", &big),
            planted(Table::WebAnalyticsDaily, "session_seconds", "423338364973"),
            planted(Table::WebAnalyticsDaily, "users", "1200"),
            planted(Table::WebAnalyticsDaily, "revenue_micros", &big),
            planted(Table::WebConversionsDaily, "conversion_micros", &big),
        ]
    }
}

/// The property's day, so many days ago.
fn day_of(world: &World, age: i64) -> Day {
    let properties = world.truth_properties();
    let today = properties.iter().find(|property| property.id == SITE).unwrap().today;
    today.checked_sub(age.days()).unwrap()
}
