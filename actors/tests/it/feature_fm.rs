//! What is particular to Feature.fm: links that are named one by one, by short addresses too, and a report that only the settings
//! know.

use std::time::Duration;

use rows::{Clock, Row, Table};
use sandbox::feature_fm::{BIG, CUSTOM, FeatureFm as World, FeatureFmError, NIGHT_DRIVE, RAIN};
use serde_json::json;

use crate::compliance::{bench::Bench, cases::feature_fm::CASE};

fn bench() -> Bench {
    Bench::new(&CASE)
}

fn links(bench: &Bench) -> Vec<rows::links::SmartLink> {
    let rows = bench.sink.table(&bench.spec.name, Table::SmartLinks).into_iter();
    let links = rows.map(|row| match row {
        Row::SmartLink(link) => link,
        other => panic!("{other:?}"),
    });
    links.collect()
}

fn has(bench: &Bench, id: &str) -> bool {
    links(bench).iter().any(|link| link.link_id == id)
}

fn set_aside(bench: &Bench) -> Vec<String> {
    let stored = bench.sink.0.lock();
    stored.quarantined.iter().map(|one| format!("{} {}", one.reason, one.place)).collect()
}

#[tokio::test(start_paused = true)]
async fn without_a_report_only_links_are_read() {
    let mut bench = bench();
    bench.spec.settings["analytics"] = json!(null);
    bench.read().await;
    assert_eq!((links(&bench).len(), bench.stored().len()), (5, 5));
    assert!(bench.wire.take_seen().iter().all(|seen| !seen.path.ends_with("/analytics")));
}

#[tokio::test(start_paused = true)]
async fn wrapped_answers_say_the_same_and_stores_come_as_they_are() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.wrap(true));
    bench.read().await;
    bench.assert_true("from wrapped answers");
    let truth = bench.wire.world(|world: &mut World| world.truth_links());
    for link in links(&bench) {
        let stores = &truth.iter().find(|truth| truth.id == link.link_id).unwrap().stores;
        assert_eq!(link.stores.as_ref(), Some(stores));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_removed_and_its_days_stay() {
    let bench = bench();
    let driver = bench.driver();
    let removed = async {
        bench.clock.sleep(Duration::from_mins(30)).await;
        bench.assert_true("at first");
        bench.wire.world(|world: &mut World| assert!(world.delete(CUSTOM) && world.delete(NIGHT_DRIVE)));
    };
    tokio::join!(driver.daemon(Duration::from_hours(3)), removed);
    assert!(!has(&bench, CUSTOM) && !has(&bench, NIGHT_DRIVE) && has(&bench, RAIN));
    bench.assert_true("what they brought stays");
    // Another process does not know where the short address led.
    bench.wire.world(|world: &mut World| assert!(world.delete(RAIN)));
    bench.read().await;
    assert!(!has(&bench, RAIN) && has(&bench, BIG));
    let told = set_aside(&bench);
    assert!(told.contains(&"gone link short:ffm.to/night-drive".to_owned()), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_short_address_that_moves_keeps_its_link() {
    let bench = bench();
    let driver = bench.driver();
    let moved = async {
        bench.clock.sleep(Duration::from_mins(30)).await;
        bench.wire.world(|world: &mut World| assert!(world.rename(NIGHT_DRIVE, "elsewhere")));
    };
    tokio::join!(driver.daemon(Duration::from_hours(2)), moved);
    let link = links(&bench).into_iter().find(|link| link.link_id == NIGHT_DRIVE).unwrap();
    assert_eq!(link.url.as_deref(), Some("https://ffm.to/elsewhere"));
}

#[tokio::test(start_paused = true)]
async fn one_link_that_is_refused_hides_no_other() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.refuse(RAIN, Some(FeatureFmError::forbidden())));
    bench.read().await;
    assert_eq!(links(&bench).len(), 4);
    let told = set_aside(&bench);
    assert_eq!(told.iter().filter(|told| **told == format!("unavailable link {RAIN}")).count(), told.len());
    bench.wire.world(|world: &mut World| world.refuse(RAIN, None));
    bench.read().await;
    bench.assert_true("once it is shown");
}

/// What nobody has verified fails loudly where it is wrong, and takes nothing with it.
#[tokio::test(start_paused = true)]
async fn a_report_that_is_not_as_the_settings_say_is_told() {
    for (change, word) in [
        (json!({ "path": "smartlink/{id}/stats?from={from}&to={to}" }), "analytics.path"),
        (
            json!({ "fields": { "rows": "/rows", "date": "/date", "visits": "/visits" } }),
            "analytics.fields.rows",
        ),
        (json!({ "fields": { "rows": "/data", "date": "/date", "visits": "/views" } }), ""),
        (json!({ "fields": { "rows": "/data", "date": "/day", "visits": "/visits" } }), ""),
    ] {
        let mut bench = bench();
        for (key, value) in change.as_object().unwrap() {
            bench.spec.settings["analytics"][key] = value.clone();
        }
        let end = bench.once().await;
        assert_eq!(links(&bench).len(), 5, "{change}");
        assert_eq!(bench.sink.table(&bench.spec.name, Table::SmartLinkActivityDaily).len(), 0, "{change}");
        if word.is_empty() {
            // Each row says for itself what it lacks.
            assert!(set_aside(&bench).iter().any(|told| told.starts_with("missing_field")), "{change}");
        } else {
            assert_eq!(end.finished, Some(false), "{change}");
            assert!(end.failures.iter().any(|failure| failure.contains(word)), "{:#?}", end.failures);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_tell_no_day_are_asked_for_day_by_day() {
    let mut bench = bench();
    let fields = bench.spec.settings["analytics"]["fields"].as_object_mut().unwrap();
    fields.remove("date");
    bench.read().await;
    bench.assert_true("day by day");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_whole_deletes_nothing_and_is_told() {
    let bench = bench();
    bench.read().await;
    let before = bench.stored();
    bench.wire.set_tamper(|path, body| {
        if path.ends_with("/analytics") && path.contains(BIG) {
            body["hasMore"] = json!(true);
            body["data"] = json!([]);
        }
    });
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "its days do not count as read");
    assert!(end.failures.iter().any(|failure| failure.contains(BIG)), "{:#?}", end.failures);
    assert_eq!(bench.stored(), before);
    assert!(set_aside(&bench).contains(&format!("unavailable link {BIG}")));
}
