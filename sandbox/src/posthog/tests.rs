//! The imitation, asked as a client asks.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    EU_KEY, EU_PROJECT, NewSession, PURCHASE, PostHog, PostHogError, SessionFilter, US_KEY, US_PROJECT,
};
use crate::exchange::{Answer, Imitation, Request};

mod access;
mod queries;
mod truth;

const NOW: &str = "2026-11-21T16:00:00Z";

fn world() -> PostHog {
    PostHog::new(1, 90, NOW.parse().unwrap())
}

fn request(method: &str, path: &str, key: &str, body: &Value) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers: vec![("authorization".to_owned(), format!("Bearer {key}"))],
        body: body.to_string().into_bytes(),
        now: NOW.parse().unwrap(),
        root_url: "http://sandbox/posthog".to_owned(),
    }
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// The answer to a query about the European project.
fn ask(world: &mut PostHog, query: &str, values: &Value, refresh: &str) -> (u16, Value) {
    let body =
        json!({ "query": { "kind": "HogQLQuery", "query": query, "values": values }, "refresh": refresh });
    let answer = world.answer(&request("POST", &format!("/api/projects/{EU_PROJECT}/query/"), EU_KEY, &body));
    (answer.status, read(&answer))
}

fn results(world: &mut PostHog, query: &str, values: &Value) -> Vec<Vec<Value>> {
    let (status, body) = ask(world, query, values, "force_blocking");
    assert_eq!(status, 200, "{body}");
    serde_json::from_value(body["results"].clone()).unwrap()
}

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
