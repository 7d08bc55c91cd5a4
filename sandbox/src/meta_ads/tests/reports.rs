//! Asynchronous insights.

use super::*;
use crate::meta_ads::MetaError;

const RANGE: &str = r#"{"since":"2026-11-10","until":"2026-11-16"}"#;

fn create(world: &mut MetaAds) -> String {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("level", "campaign")
        .append_pair("time_range", RANGE)
        .append_pair("time_increment", "1")
        .append_pair("fields", "campaign_id,spend")
        .finish();
    let answer = world.answer(&Request {
        body: form.into_bytes(),
        ..request("POST", &format!("/v25.0/{USD}/insights"), &[])
    });
    assert_eq!(answer.status, 200);
    body(&answer)["report_run_id"].as_str().expect("a run").to_owned()
}

fn poll(world: &mut MetaAds, run: &str) -> (String, i64) {
    let state = get(world, &format!("/v25.0/{run}"), &[]);
    let percent = state["async_percent_completion"].as_i64().expect("a percentage");
    (state["async_status"].as_str().expect("a status").to_owned(), percent)
}

#[test]
fn a_report_gets_on_poll_by_poll_and_then_has_the_same_rows() {
    let mut world = world();
    world.set_report_polls(3);
    let run = create(&mut world);
    let results = format!("/v25.0/{run}/insights");
    assert_eq!(poll(&mut world, &run), ("Job Not Started".to_owned(), 0));
    assert_eq!(poll(&mut world, &run), ("Job Running".to_owned(), 25));
    assert_eq!(refused(&mut world, &results, &[]).0, 400, "not done yet");
    assert_eq!(poll(&mut world, &run), ("Job Completed".to_owned(), 99), "says so a moment too early");
    assert_eq!(refused(&mut world, &results, &[]).0, 400, "not done yet");
    assert_eq!(poll(&mut world, &run), ("Job Completed".to_owned(), 100));
    let query = [
        ("level", "campaign"),
        ("time_range", RANGE),
        ("time_increment", "1"),
        ("fields", "campaign_id,spend"),
        ("limit", "4"),
    ];
    let direct = all_rows(&mut world, &format!("/v25.0/{USD}/insights"), &query);
    assert_eq!(direct.len(), 14);
    assert_eq!(all_rows(&mut world, &results, &[("limit", "4")]), direct);
}

#[test]
fn a_fresh_report_can_be_unknown_for_a_moment() {
    let mut world = world();
    world.set_creation_race(true);
    let run = create(&mut world);
    assert_eq!(refused(&mut world, &format!("/v25.0/{run}"), &[]), (400, 100, Some(33)));
    assert_eq!(poll(&mut world, &run).0, "Job Running");
}

#[test]
fn reports_fail_when_told_to_and_when_they_are_too_large() {
    let mut world = world();
    world.set_report_polls(0);
    world.fail_next_reports(vec![MetaError::new(500, -2, "The report failed").subcode(2_490_547)]);
    let failed = create(&mut world);
    let state = get(&mut world, &format!("/v25.0/{failed}"), &[]);
    assert_eq!((&state["async_status"], &state["error_subcode"]), (&"Job Failed".into(), &2_490_547.into()));
    let next = create(&mut world);
    assert_eq!(poll(&mut world, &next), ("Job Completed".to_owned(), 100));
    world.set_async_row_limit(Some(13));
    let large = create(&mut world);
    let state = get(&mut world, &format!("/v25.0/{large}"), &[]);
    assert_eq!((&state["error_code"], &state["error_subcode"]), (&100.into(), &1_487_534.into()));
}
