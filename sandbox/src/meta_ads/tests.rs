//! The imitation as a function: requests in, answers out.

mod entities;
mod errors;
mod insights;
mod reports;
mod time;

use jiff::Timestamp;
use serde_json::Value;

use super::{MetaAds, TOKEN};
use crate::exchange::{Answer, Imitation, Request};

/// Three in the evening in Berlin's winter, morning in Los Angeles, one past midnight in Tokyo.
const NOW: &str = "2026-11-21T16:00:00Z";
const USD: &str = "act_1234567890123456";
const EUR: &str = "act_2345678901234567";
const JPY: &str = "act_9876543210987654";
const ALL_STATUSES: &str = r#"[{"field":"campaign.effective_status","operator":"IN","value":["ACTIVE","PAUSED","ARCHIVED","DELETED"]}]"#;

fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

fn world() -> MetaAds {
    MetaAds::new(1, 90, at(NOW))
}

fn request(method: &str, path: &str, query: &[(&str, &str)]) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        headers: vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))],
        body: Vec::new(),
        now: at(NOW),
        root_url: "http://sandbox/meta_ads".to_owned(),
    }
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// The body of a successful answer at a time.
fn get_at(world: &mut MetaAds, now: Timestamp, path: &str, query: &[(&str, &str)]) -> Value {
    let answer = world.answer(&Request { now, ..request("GET", path, query) });
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    body(&answer)
}

fn get(world: &mut MetaAds, path: &str, query: &[(&str, &str)]) -> Value {
    get_at(world, at(NOW), path, query)
}

/// HTTP status, code and subcode of a refused `GET`.
fn refused(world: &mut MetaAds, path: &str, query: &[(&str, &str)]) -> (u16, i64, Option<i64>) {
    error(&world.answer(&request("GET", path, query)))
}

fn error(answer: &Answer) -> (u16, i64, Option<i64>) {
    let error = &body(answer)["error"];
    (answer.status, error["code"].as_i64().expect("a code"), error["error_subcode"].as_i64())
}

fn rows(body: &Value) -> &[Value] {
    body["data"].as_array().expect("data")
}

/// All rows of all pages, following `paging.next` as it comes.
fn all_rows(world: &mut MetaAds, path: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let mut page = get(world, path, query);
    let mut all = rows(&page).to_vec();
    while let Some(next) = page["paging"]["next"].as_str() {
        let url = url::Url::parse(next).expect("an absolute address");
        let path = url.path().strip_prefix("/meta_ads").expect("below the root").to_owned();
        let query = url.query_pairs().into_owned().collect::<Vec<_>>();
        let query = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
        page = get(world, &path, &query);
        all.extend(rows(&page).to_vec());
        assert!(all.len() < 100_000, "paging does not end");
    }
    all
}

/// A row's number; absent means zero.
fn number(row: &Value, field: &str) -> u64 {
    row.get(field).map_or(0, |text| text.as_str().expect("a text").parse().expect("a number"))
}

/// The value of one action of a row; absent means zero.
fn action(row: &Value, kind: &str) -> u64 {
    let actions = row["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
    actions.iter().find(|action| action["action_type"] == kind).map_or(0, |action| number(action, "value"))
}
