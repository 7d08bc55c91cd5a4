//! The imitation as a function: requests in, answers out.

mod access;
mod queries;
mod rows;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::GoogleAds;
use crate::exchange::{Answer, Imitation, Request};
use crate::google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN_PATH};

/// Three in the evening in Berlin's winter, morning in Los Angeles, one past midnight in Tokyo.
const NOW: &str = "2026-11-21T16:00:00Z";

/// What a client that fills tables asks.
const DAILY: &str = "SELECT campaign.id, segments.date, metrics.impressions, metrics.clicks, metrics.interactions, \
    metrics.engagements, metrics.cost_micros, metrics.conversions, metrics.conversions_value, metrics.video_trueview_views \
    FROM campaign WHERE segments.date BETWEEN '2026-08-01' AND '2026-11-30'";

/// The imitation with a client that has an access token.
struct Bench {
    world: GoogleAds,
    token: String,
    now: Timestamp,
}

fn bench() -> Bench {
    let now = NOW.parse().unwrap();
    let mut bench = Bench { world: GoogleAds::new(1, 90, now), token: String::new(), now };
    bench.refresh();
    bench
}

impl Bench {
    fn refresh(&mut self) {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("refresh_token", REFRESH_TOKEN),
        ];
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish().into_bytes();
        let answer = self.world.answer(&Request { body, ..self.request("POST", TOKEN_PATH, &[]) });
        body_of(&answer)["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let bearer = format!("Bearer {}", self.token);
        let headers = headers.iter().copied().chain([("authorization", bearer.as_str())]);
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: Vec::new(),
            now: self.now,
            root_url: "http://sandbox/google_ads".to_owned(),
        }
    }

    fn search(&self, customer: &str, login: &str, body: &Value) -> Request {
        let path = format!("/v25/customers/{customer}/googleAds:search");
        let body = body.to_string().into_bytes();
        Request { body, ..self.request("POST", &path, &[("login-customer-id", login)]) }
    }

    fn ask(&mut self, customer: &str, body: &Value) -> Answer {
        let request = self.search(customer, login(customer), body);
        self.world.answer(&request)
    }

    /// All rows of a query, following `nextPageToken`.
    fn rows(&mut self, customer: &str, query: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut body = json!({ "query": query });
        loop {
            let answer = self.ask(customer, &body);
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let mut page = body_of(&answer);
            all.append(page["results"].as_array_mut().unwrap_or(&mut Vec::new()));
            match page["nextPageToken"].as_str() {
                Some(token) => body["pageToken"] = token.into(),
                None => return all,
            }
        }
    }

    /// Status and code of a refused query.
    fn refused(&mut self, customer: &str, body: &Value) -> (u16, String) {
        error(&self.ask(customer, body))
    }
}

/// The customer through which another is reached.
fn login(customer: &str) -> &str {
    let is_seen = [super::SUB_MANAGER, super::DIRECT, super::CLOSED_DOOR].contains(&customer);
    if is_seen { customer } else { super::ROOT }
}

fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Status and `errorCode` of the one error in a refusal.
fn error(answer: &Answer) -> (u16, String) {
    let failure = &body_of(answer)["error"]["details"][0];
    assert!(failure["@type"].as_str().unwrap().ends_with("v25.errors.GoogleAdsFailure"));
    let (_, id) = answer.headers.iter().find(|(name, _)| name == "request-id").unwrap();
    assert_eq!(failure["requestId"], **id);
    let code = failure["errors"][0]["errorCode"].as_object().unwrap();
    assert_eq!(code.len(), 1);
    let (family, code) = code.iter().next().unwrap();
    (answer.status, format!("{family}: {}", code.as_str().unwrap()))
}

/// An int64: a text, or absent for zero.
fn int(value: &Value) -> u64 {
    if value.is_null() { 0 } else { value.as_str().unwrap().parse().unwrap() }
}

/// A double in millionths, by its digits; absent for zero.
fn millionths(value: &Value) -> u64 {
    if value.is_null() {
        return 0;
    }
    assert!(value.is_number(), "{value}");
    let text = value.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{rest:0<6}").parse().unwrap()
}
