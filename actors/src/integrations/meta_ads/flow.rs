//! Whole readings against a scripted Meta.

use std::time::Duration;

use rows::DayRange;
use serde_json::json;

use super::testing::{Stage, days, parameter};
use crate::{
    page::{DaysReply, Next, Page, Pending},
    session::Method,
};

const TOO_MANY_ROWS: (u16, &str) =
    (400, r#"{"error":{"message":"Too many rows","code":100,"error_subcode":1487534,"is_transient":false}}"#);
const NOT_YET: (u16, &str) =
    (400, r#"{"error":{"message":"Unsupported get request","code":100,"error_subcode":33}}"#);
const STARTED: (u16, &str) = (200, r#"{"report_run_id":"6023920149050"}"#);
const RUNNING: (u16, &str) = (200, r#"{"async_status":"Job Running","async_percent_completion":46}"#);
const COMPLETED: (u16, &str) = (200, r#"{"async_status":"Job Completed","async_percent_completion":100}"#);
const FAILED: (u16, &str) = (200, r#"{"async_status":"Job Failed","async_percent_completion":42}"#);
const FAILED_AS_TOO_MUCH: (u16, &str) =
    (200, r#"{"async_status":"Job Failed","error_code":100,"error_subcode":1487534}"#);
const FIRST_PAGE: (u16, &str) = (
    200,
    r#"{"data":[{"campaign_id":"1","date_start":"2026-11-21","spend":"1.5"}],
        "paging":{"cursors":{"after":"MjQZD"},"next":"https://graph.facebook.com/?access_token=secret"}}"#,
);
const LAST_PAGE: (u16, &str) = (
    200,
    r#"{"data":[{"campaign_id":"2","date_start":"2026-11-21","spend":"2"},{"date_start":"2026-11-21"}],
        "paging":{"cursors":{"after":"MzQZD"}}}"#,
);

fn window(first: i8, last: i8) -> (DayRange, Option<&'static str>) {
    (days(first, last), None)
}

fn part(part: &str) -> (DayRange, Option<&str>) {
    (days(21, 21), Some(part))
}

fn rows(reply: DaysReply) -> Page {
    match reply {
        DaysReply::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

fn cursor(page: &Page) -> String {
    match &page.next {
        Next::More(cursor) => cursor.clone(),
        Next::End(_) => panic!("no further page"),
    }
}

fn resume(reply: DaysReply) -> String {
    match reply {
        DaysReply::Pending(Pending { resume, .. }) => resume,
        other => panic!("{other:?}"),
    }
}

fn parts(reply: DaysReply) -> Vec<serde_json::Value> {
    match reply {
        DaysReply::Split { parts } => parts.iter().map(|part| serde_json::from_str(part).unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_is_read_page_by_page_by_its_cursors() {
    let stage = Stage::new(json!({}), &[FIRST_PAGE, LAST_PAGE]);
    let first = rows(stage.days("insights", window(20, 21), None, None).await.unwrap());
    let last = rows(stage.days("insights", window(20, 21), Some(&cursor(&first)), None).await.unwrap());
    assert_eq!((first.rows.len(), last.rows.len(), last.quarantined.len()), (1, 1, 1));
    assert_eq!(last.next, Next::End(None));
    let calls = stage.calls();
    assert_eq!(calls[0].path, "/v25.0/act_1234567890123456/insights");
    assert_eq!((calls[0].endpoint, calls[0].account.as_str()), ("ads_insights", "1234567890123456"));
    assert_eq!(parameter(&calls[0].query, "after"), "");
    assert_eq!(parameter(&calls[1].query, "after"), "MjQZD");
    assert_eq!(parameter(&calls[0].query, "limit"), "100");
}

#[tokio::test(start_paused = true)]
async fn several_days_that_are_too_much_become_fewer() {
    let stage = Stage::new(json!({}), &[TOO_MANY_ROWS]);
    let reply = stage.days("insights", window(15, 21), None, None).await.unwrap();
    assert_eq!(reply, DaysReply::Split { parts: Vec::new() });
    stage.calls();
}

#[tokio::test(start_paused = true)]
async fn a_day_that_is_too_much_is_prepared_polled_and_read() {
    let stage =
        Stage::new(json!({}), &[TOO_MANY_ROWS, STARTED, NOT_YET, RUNNING, COMPLETED, FIRST_PAGE, LAST_PAGE]);
    let day = || window(21, 21);
    let mut resumed = resume(stage.days("insights", day(), None, None).await.unwrap());
    for _ in 0..2 {
        tokio::time::advance(Duration::from_secs(10)).await;
        resumed = resume(stage.days("insights", day(), None, Some(&resumed)).await.unwrap());
    }
    let first = rows(stage.days("insights", day(), None, Some(&resumed)).await.unwrap());
    let last = rows(stage.days("insights", day(), Some(&cursor(&first)), None).await.unwrap());
    assert_eq!((first.rows.len(), last.rows.len()), (1, 1));
    let calls = stage.calls();
    assert_eq!(
        (calls[1].method, calls[1].path.as_str()),
        (Method::Post, "/v25.0/act_1234567890123456/insights")
    );
    assert_eq!(parameter(&calls[1].form, "filtering"), parameter(&calls[0].query, "filtering"));
    assert_eq!(calls[2].path, "/v25.0/6023920149050");
    assert_eq!(calls[5].path, "/v25.0/6023920149050/insights");
    assert_eq!(parameter(&calls[6].query, "after"), "MjQZD");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_failed_is_asked_for_again_and_then_cut() {
    let campaigns = (200, r#"{"data":[{"campaign_id":"2"},{"campaign_id":"1"},{"campaign_id":"3"}]}"#);
    let stage =
        Stage::new(json!({}), &[TOO_MANY_ROWS, STARTED, FAILED, STARTED, FAILED, STARTED, FAILED, campaigns]);
    let mut resumed = resume(stage.days("insights", window(21, 21), None, None).await.unwrap());
    for _ in 0..2 {
        resumed = resume(stage.days("insights", window(21, 21), None, Some(&resumed)).await.unwrap());
    }
    let reply = stage.days("insights", window(21, 21), None, Some(&resumed)).await.unwrap();
    assert_eq!(
        parts(reply),
        [json!({ "level": "campaign", "ids": ["1", "2"] }), json!({ "level": "campaign", "ids": ["3"] })]
    );
    let calls = stage.calls();
    let list = calls.last().unwrap();
    assert_eq!(parameter(&list.query, "fields"), "campaign_id");
    assert_eq!(parameter(&list.query, "time_range"), r#"{"since":"2026-11-21","until":"2026-11-21"}"#);
    assert!(parameter(&list.query, "filtering").contains("DELETED"));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_too_much_is_cut_at_once() {
    let campaigns = (200, r#"{"data":[{"campaign_id":"1"},{"campaign_id":"2"}]}"#);
    let stage = Stage::new(json!({}), &[TOO_MANY_ROWS, STARTED, FAILED_AS_TOO_MUCH, campaigns]);
    let resumed = resume(stage.days("insights", window(21, 21), None, None).await.unwrap());
    let reply = stage.days("insights", window(21, 21), None, Some(&resumed)).await.unwrap();
    assert_eq!(parts(reply).len(), 2);
    stage.calls();
}

#[tokio::test(start_paused = true)]
async fn by_ad_a_single_campaign_is_cut_by_its_ad_sets() {
    let ad_sets = (200, r#"{"data":[{"adset_id":"11"},{"adset_id":"12"}]}"#);
    let stage = Stage::new(json!({}), &[TOO_MANY_ROWS, TOO_MANY_ROWS, ad_sets]);
    let span = part(r#"{"level":"campaign","ids":["1"]}"#);
    let reply = stage.days("ad_insights", span, None, None).await.unwrap();
    assert_eq!(
        parts(reply),
        [json!({ "level": "adset", "ids": ["11"] }), json!({ "level": "adset", "ids": ["12"] })]
    );
    let calls = stage.calls();
    assert!(parameter(&calls[0].query, "filtering").contains(r#""field":"ad.effective_status""#));
    let list = parameter(&calls[2].query, "filtering");
    assert!(list.contains(r#""field":"campaign.id""#) && list.contains("adset.effective_status"), "{list}");
}

#[tokio::test(start_paused = true)]
async fn at_campaign_level_a_single_campaign_cannot_be_cut() {
    let stage = Stage::new(json!({}), &[TOO_MANY_ROWS, TOO_MANY_ROWS]);
    let span = part(r#"{"level":"campaign","ids":["1"]}"#);
    assert_eq!(parts(stage.days("insights", span, None, None).await.unwrap()).len(), 0);
    stage.calls();
}

#[tokio::test(start_paused = true)]
async fn a_report_of_another_window_is_forgotten() {
    let stage = Stage::new(json!({}), &[TOO_MANY_ROWS, STARTED, LAST_PAGE]);
    let resumed = resume(stage.days("insights", window(21, 21), None, None).await.unwrap());
    rows(stage.days("insights", window(20, 20), None, Some(&resumed)).await.unwrap());
    assert_eq!(stage.calls()[2].path, "/v25.0/act_1234567890123456/insights");
}

#[tokio::test(start_paused = true)]
async fn a_heavy_page_of_objects_is_halved_and_the_next_is_whole_again() {
    let reduce =
        (500, r#"{"error":{"message":"Please reduce the amount of data you're asking for","code":1}}"#);
    let first = (200, r#"{"data":[{"id":"1"}],"paging":{"cursors":{"after":"A"},"next":"https://x"}}"#);
    let last = (200, r#"{"data":[{"id":"2"}],"paging":{"cursors":{"after":"B"}}}"#);
    let stage = Stage::new(json!({}), &[reduce, first, last]);
    let page = stage.set("campaigns", None).await.unwrap().page;
    stage.set("campaigns", Some(&cursor(&page))).await.unwrap();
    let limits: Vec<String> =
        stage.calls().iter().map(|call| parameter(&call.query, "limit").to_owned()).collect();
    assert_eq!(limits, ["100", "50", "100"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_described_and_a_hidden_one_is_named() {
    let account = r#"{"account_id":"1234567890123456","name":"Label A","account_status":1,"currency":"USD",
        "timezone_name":"America/Los_Angeles"}"#;
    let stage = Stage::new(json!({}), &[(200, account), (200, account), NOT_YET]);
    let checked = stage.source.check(&stage.session).await.unwrap();
    assert_eq!(checked.usable[0].id, "1234567890123456");
    let page = stage.set("accounts", None).await.unwrap().page;
    let [rows::Row::AdAccount(row)] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!(row.status.as_deref(), Some("ACTIVE"));
    let checked = stage.source.check(&stage.session).await.unwrap();
    let [unusable] = &checked.unusable[..] else { panic!("{checked:?}") };
    assert!(checked.usable.is_empty() && unusable.id == "1234567890123456");
    assert!(unusable.failure.to_string().contains("act_1234567890123456"), "{unusable:?}");
    stage.calls();
}
