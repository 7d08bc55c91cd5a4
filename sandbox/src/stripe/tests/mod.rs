//! Requests to the imitation, without a socket.

mod access;
mod changes;
mod events;
mod lists;
mod world;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{SANDBOX_KEY, Stripe};
use crate::exchange::{Answer, Imitation, Request};

const VERSION: &str = "2026-10-28.endive";

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn account() -> Stripe {
    Stripe::new(7, 200, now())
}

fn request_at(now: Timestamp, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {SANDBOX_KEY}")),
            ("stripe-version".to_owned(), VERSION.to_owned()),
        ],
        body: Vec::new(),
        now,
        root_url: "http://127.0.0.1/stripe".to_owned(),
    }
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn get(stripe: &mut Stripe, path: &str) -> Value {
    let answer = stripe.answer(&request_at(now(), path));
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    body(&answer)
}

fn refusal(stripe: &mut Stripe, path: &str) -> (u16, Value) {
    let answer = stripe.answer(&request_at(now(), path));
    (answer.status, body(&answer)["error"].clone())
}

fn all(stripe: &mut Stripe, path: &str) -> Vec<Value> {
    let mut objects: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(stripe, &format!("{path}limit=100{cursor}"));
        let data = page["data"].as_array().unwrap();
        objects.extend(data.iter().cloned());
        if page["has_more"] == false {
            return objects;
        }
        cursor = format!("&starting_after={}", data.last().unwrap()["id"].as_str().unwrap());
    }
}

fn ids(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}
