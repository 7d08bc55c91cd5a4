//! What is particular to Google Analytics: goals that do not exist, metrics that are blocked or do not go together, tokens of a
//! property that run out, a property that is not for us, an Admin API that is not switched on.

use std::time::Duration;

use rows::{Clock, Row, Table, state::State};
use sandbox::{
    google::DEMO_KEY,
    google_analytics::{AnalyticsError, FORBIDDEN, GOALS, GoogleAnalytics as World, Notes, Pool, SHOP, SITE},
};
use serde_json::{Value, json};

use crate::compliance::{
    bench::Bench,
    cases::google_analytics::CASE,
    fact::{Facts, difference},
};

fn bench() -> Bench {
    Bench::new(&CASE)
}

fn of(facts: Facts, table: Table) -> Facts {
    facts.into_iter().filter(|(place, _)| place.0 == table).collect()
}

/// What was asked of a report, of all that were sent.
fn metrics_asked(bench: &Bench) -> Vec<String> {
    let reports = bench.wire.take_seen().into_iter().filter(|seen| seen.path.ends_with(":runReport"));
    let bodies = reports.map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap());
    let mut names = Vec::new();
    for body in bodies {
        let metrics = body["metrics"].as_array().unwrap();
        assert!(metrics.len() <= 10, "a report has ten metrics at most");
        names.extend(metrics.iter().map(|metric| metric["name"].as_str().unwrap().to_owned()));
    }
    names
}

#[tokio::test(start_paused = true)]
async fn a_goal_that_does_not_exist_is_named_and_the_others_are_read() {
    let mut bench = bench();
    let mut goals = GOALS.to_vec();
    goals.extend(["purchase_twice", "zzz"]);
    bench.spec.settings = json!({ "property": SITE, "goals": goals });
    bench.read().await;
    bench.assert_true("beside two goals that the property does not know");
    let named: std::collections::BTreeSet<String> = {
        let sink = bench.sink.0.lock();
        let fields = sink.quarantined.iter().flat_map(|row| row.fields.clone());
        fields.filter(|(name, _)| *name == "goal").map(|(_, goal)| goal).collect()
    };
    assert_eq!(named, ["purchase_twice".to_owned(), "zzz".to_owned()].into());

    bench.spec.settings = json!({ "property": SITE, "goals": ["zzz"] });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "of the only goal, nothing is shown");
    assert!(end.failures.iter().any(|failure| failure.contains("key event")), "{:#?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_place_of_a_time_zone_is_not_repeated() {
    let bench = bench();
    bench.wire.set_tamper(|_, body| {
        if body.get("displayName").is_some() {
            body["timeZone"] = json!("Zqxada Lovelace, +49 151 2345678");
        }
    });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    let told = format!("{end:?}");
    assert!(told.contains("time zone is none that is known") && !told.contains("Zqxada"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_service_account_signs_for_its_tokens_and_one_that_expires_costs_one_refresh() {
    let mut bench = bench();
    bench.spec.credentials = [("service_account".to_owned(), DEMO_KEY.into())].into();
    bench.wire.world(|world: &mut World| {
        world.fail_next("keyEvents:purchase", vec![AnalyticsError::unauthenticated()]);
    });
    bench.read().await;
    bench.assert_true("after a refresh");
    assert_eq!(bench.wire.world(|world: &mut World| world.tokens().issued()), 2);
}

#[tokio::test(start_paused = true)]
async fn revenue_that_is_blocked_is_unknown_and_not_zero() {
    let bench = bench();
    let notes = Notes { revenue_is_blocked: true, sampled: true, ..Notes::default() };
    bench.wire.world(|world: &mut World| assert!(world.set_notes(SITE, notes)));
    bench.read().await;
    let revenue = |row: &Row| match row {
        Row::WebAnalytics(row) => Some((row.revenue, row.sessions)),
        _ => None,
    };
    let rows: Vec<_> = bench.sink.0.lock().rows.values().filter_map(revenue).collect();
    assert!(
        rows.len() > 50 && rows.iter().all(|(revenue, sessions)| revenue.is_none() && sessions.is_some())
    );
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_does_not_go_with_the_others_is_left_out_and_comes_back() {
    let bench = bench();
    let users = |bench: &Bench| {
        let facts = of(bench.stored(), Table::WebAnalyticsDaily);
        facts.values().filter(|values| values["users"] == "NULL").count() * 100 / facts.len()
    };
    let incompatible = Notes { incompatible_metric: Some("totalUsers"), ..Notes::default() };
    bench.wire.world(|world: &mut World| assert!(world.set_notes(SITE, incompatible)));
    bench.read().await;
    assert_eq!(users(&bench), 100);
    assert!(!metrics_asked(&bench).contains(&"totalUsers".to_owned()));
    let expected = of(bench.truth(), Table::WebConversionsDaily);
    assert_eq!(difference(&expected, &of(bench.stored(), Table::WebConversionsDaily)), "");
    bench.wire.world(|world: &mut World| assert!(world.set_notes(SITE, Notes::default())));
    bench.read().await;
    bench.assert_true("when it goes with the others again");
}

#[tokio::test(start_paused = true)]
async fn without_an_origin_nothing_is_read_and_the_reason_is_shown() {
    let bench = bench();
    let incompatible = Notes { dimensions_are_incompatible: true, ..Notes::default() };
    bench.wire.world(|world: &mut World| assert!(world.set_notes(SITE, incompatible)));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    let told = format!("{end:?}");
    assert!(told.contains("does not go with"), "{told}");
    assert_eq!(metrics_asked(&bench), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn zone_and_currency_are_known_without_the_admin_api() {
    let bench = bench();
    bench.wire.world(|world: &mut World| {
        // Of the Admin API, the path ends here.
        world.fail_next(&format!("properties/{SITE} "), vec![AnalyticsError::service_disabled()]);
    });
    bench.read().await;
    bench.assert_true("by what a report says of itself");
}

#[tokio::test(start_paused = true)]
async fn a_property_that_is_not_for_us_says_what_to_grant() {
    let mut bench = bench();
    bench.spec.settings = json!({ "property": FORBIDDEN });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    let told = format!("{end:?}");
    assert!(told.contains("role Viewer"), "{told}");
    assert!(bench.wire.take_seen().len() < 8);
}

#[tokio::test(start_paused = true)]
async fn an_empty_pool_is_waited_for_and_a_nearly_empty_one_is_left_to_others() {
    for (pool, left) in [(Pool::ProjectHour, 0), (Pool::Hour, 3_000), (Pool::Day, 0), (Pool::Day, 19_000)] {
        let bench = bench();
        let began = bench.clock.elapsed();
        bench.wire.world(|world: &mut World| assert!(world.leave_tokens(SITE, pool, left)));
        bench.read().await;
        bench.assert_true("after the pool has filled up");
        let refused = bench.wire.world(|world: &mut World| world.refused_for_tokens());
        assert!(refused <= u64::from(left == 0) * 2, "{pool:?} {left}: {refused} requests in vain");
        let waited = bench.clock.elapsed().saturating_sub(began);
        // Pools fill up at one o'clock, and at midnight in California.
        let hours = if pool == Pool::Day { 20 } else { 1 };
        let expected = Duration::from_hours(hours)..Duration::from_hours(hours) + Duration::from_mins(5);
        assert!(expected.contains(&waited), "{pool:?} {left}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shop_in_california_has_days_of_its_own_and_dollars() {
    let mut bench = bench();
    bench.spec.settings = json!({ "property": format!("properties/{SHOP}"), "goals": [] });
    bench.read().await;
    let truth = bench.wire.world(|world: &mut World| world.truth_web(SHOP));
    let rows: Vec<_> = bench.sink.0.lock().rows.values().cloned().collect();
    assert_eq!(rows.len(), truth.len());
    for row in rows {
        let Row::WebAnalytics(row) = row else { panic!("{row:?}") };
        let same = truth.iter().find(|other| {
            let origin = (&other.campaign, &other.source, &other.medium);
            other.day == row.date
                && other.scope == row.origin.scope.as_str()
                && origin == (&row.origin.campaign, &row.origin.source, &row.origin.medium)
        });
        assert_eq!(row.sessions.map(i64::unsigned_abs), same.map(|other| other.numbers.sessions));
        assert_eq!((row.account_id.as_str(), row.currency.unwrap().as_str()), (SHOP, "USD"));
    }
    let shown = bench.once().await.status.streams;
    assert!(shown.iter().all(|stream| stream.state == State::Idle), "{shown:?}");
}
