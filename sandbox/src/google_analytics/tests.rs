//! The imitation as a function: requests in, answers out.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::{AnalyticsError, FORBIDDEN, GoogleAnalytics, Notes, Pool, SITE};
use crate::exchange::{Answer, Imitation, Request};
use crate::google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN_PATH};

/// Ten past two in the afternoon in Berlin.
const NOW: &str = "2026-11-21T13:10:00Z";

/// The imitation with a client that has an access token.
struct Bench {
    world: GoogleAnalytics,
    token: String,
    now: Timestamp,
}

fn bench() -> Bench {
    let now = NOW.parse().unwrap();
    let mut bench = Bench { world: GoogleAnalytics::new(1, 20, now), token: String::new(), now };
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", REFRESH_TOKEN),
    ];
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let body = form.extend_pairs(fields).finish().into_bytes();
    let answer = bench.world.answer(&Request { body, ..bench.request("POST", TOKEN_PATH) });
    body_of(&answer)["access_token"].as_str().unwrap().clone_into(&mut bench.token);
    bench
}

fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

impl Bench {
    fn request(&self, method: &str, path: &str) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token))],
            body: Vec::new(),
            now: self.now,
            root_url: "http://sandbox/google_analytics".to_owned(),
        }
    }

    fn get(&mut self, path: &str) -> (u16, Value) {
        let answer = self.world.answer(&self.request("GET", path));
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn post(&mut self, property: &str, method: &str, body: &Value) -> (u16, Value) {
        let path = format!("/v1beta/properties/{property}:{method}");
        let request = Request { body: body.to_string().into_bytes(), ..self.request("POST", &path) };
        let answer = self.world.answer(&request);
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn report(&mut self, dimensions: &[&str], metrics: &[&str], more: &Value) -> Value {
        let (status, body) = self.post(SITE, "runReport", &asked(dimensions, metrics, more));
        assert_eq!(status, 200, "{body}");
        body
    }
}

fn asked(dimensions: &[&str], metrics: &[&str], more: &Value) -> Value {
    let names = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
    let mut body = json!({
        "dateRanges": [{ "startDate": "30daysAgo", "endDate": "today" }],
        "dimensions": names(dimensions),
        "metrics": names(metrics),
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Dimensions and metrics of the rows, as text.
fn rows(body: &Value) -> Vec<(Vec<String>, Vec<String>)> {
    let texts = |values: &Value| -> Vec<String> {
        values
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| value["value"].as_str().unwrap().to_owned())
            .collect()
    };
    let rows = body["rows"].as_array().into_iter().flatten();
    rows.map(|row| (texts(&row["dimensionValues"]), texts(&row["metricValues"]))).collect()
}

const ORIGIN: [&str; 4] = ["date", "sessionCampaignName", "sessionSource", "sessionMedium"];

#[test]
fn a_report_tells_the_truth() {
    let mut bench = bench();
    let metrics = [
        "sessions",
        "screenPageViews",
        "averageSessionDuration",
        "totalUsers",
        "purchaseRevenue",
        "keyEvents:purchase",
    ];
    for (scope, dimensions) in [("total", &ORIGIN[..1]), ("campaign", &ORIGIN[..])] {
        let body = bench.report(dimensions, &metrics, &json!({ "limit": "100000" }));
        let mut told = BTreeSet::new();
        for (dimensions, metrics) in rows(&body) {
            let number = |place: usize| metrics[place].parse::<f64>().unwrap();
            let whole = |number: f64| format!("{number:.0}");
            told.insert((
                dimensions.clone(),
                metrics[0].clone(),
                metrics[1].clone(),
                whole(number(0) * number(2)),
                metrics[3].clone(),
                whole(number(4) * 1e6),
                whole(number(5) * 1e6),
            ));
        }
        let truth = bench.world.truth_web(SITE).into_iter().filter(|row| row.scope == scope);
        let truth: BTreeSet<_> = truth
            .map(|row| {
                let day = row.day.strftime("%Y%m%d").to_string();
                let mut place = vec![day];
                if scope == "campaign" {
                    place.extend([row.campaign, row.source, row.medium]);
                }
                let numbers = row.numbers;
                (
                    place,
                    numbers.sessions.to_string(),
                    numbers.page_views.to_string(),
                    numbers.seconds.to_string(),
                    numbers.users.to_string(),
                    numbers.revenue_micros.to_string(),
                    numbers.goals[2].events_millionths.to_string(),
                )
            })
            .collect();
        assert!(truth.len() > 15 && told == truth, "{scope}");
        assert_eq!(body["rowCount"], json!(truth.len()));
        let kinds: Vec<_> =
            body["metricHeaders"].as_array().unwrap().iter().map(|header| &header["type"]).collect();
        assert_eq!(
            kinds,
            ["TYPE_INTEGER", "TYPE_INTEGER", "TYPE_SECONDS", "TYPE_INTEGER", "TYPE_CURRENCY", "TYPE_FLOAT"]
        );
        assert_eq!(
            (&body["metadata"]["currencyCode"], &body["metadata"]["timeZone"]),
            (&json!("EUR"), &json!("Europe/Berlin"))
        );
    }
    let whole = bench.report(&[], &["totalUsers"], &json!({}));
    assert_eq!((rows(&whole).len(), rows(&whole)[0].0.len()), (1, 0));
}

#[test]
fn pages_are_cut_by_limit_and_offset_and_have_an_order_only_where_one_is_asked_for() {
    let mut bench = bench();
    let all = rows(&bench.report(&ORIGIN, &["sessions"], &json!({})));
    let order: Vec<Value> =
        ORIGIN.iter().map(|name| json!({ "dimension": { "dimensionName": name } })).collect();
    let mut paged = Vec::new();
    for offset in (0..all.len()).step_by(25) {
        let page = json!({ "offset": offset.to_string(), "limit": "25", "orderBys": order });
        let page = bench.report(&ORIGIN, &["sessions"], &page);
        assert_eq!(page["rowCount"], json!(all.len()));
        paged.extend(rows(&page));
    }
    assert!(paged.is_sorted_by_key(|(dimensions, _)| dimensions.clone()));
    let set = |rows: &[(Vec<String>, Vec<String>)]| rows.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&paged), set(&all));
    assert_ne!(
        rows(&bench.report(&ORIGIN, &["sessions"], &json!({}))),
        all,
        "no order is asked for, and none is kept"
    );
    let order = json!([{ "metric": { "metricName": "sessions" }, "desc": true }]);
    let sorted = rows(&bench.report(&ORIGIN, &["sessions"], &json!({ "orderBys": order })));
    assert!(sorted.is_sorted_by_key(|(_, metrics)| std::cmp::Reverse(metrics[0].parse::<u64>().unwrap())));
    let beyond = bench.report(&ORIGIN, &["sessions"], &json!({ "offset": "100000" }));
    assert_eq!((&beyond["rows"], &beyond["rowCount"]), (&Value::Null, &json!(all.len())));
    let future = json!({ "dateRanges": [{ "startDate": "2027-01-01", "endDate": "2027-01-02" }] });
    let future = bench.report(&ORIGIN, &["sessions"], &future);
    assert_eq!((&future["rows"], &future["rowCount"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_is_wrong_is_refused_in_googles_words() {
    let mut bench = bench();
    let mut refused = |property: &str, dimensions: &[&str], metrics: &[&str], more: Value| {
        let (status, body) = bench.post(property, "runReport", &asked(dimensions, metrics, &more));
        (status, body["error"]["status"].as_str().unwrap_or_default().to_owned())
    };
    let invalid = (400, "INVALID_ARGUMENT".to_owned());
    assert_eq!(refused(SITE, &["date"], &["conversions"], json!({})), invalid);
    assert_eq!(refused(SITE, &["sessionColour"], &["sessions"], json!({})), invalid);
    assert_eq!(refused(SITE, &["date"], &["keyEvents:nobody_knows"], json!({})), invalid);
    assert_eq!(refused(SITE, &["date"], &["advertiserAdCost"], json!({})), invalid);
    assert_eq!(refused(SITE, &["date"], &["sessions"], json!({ "limit": "0" })), invalid);
    assert_eq!(refused(SITE, &["date"], &["sessions"], json!({ "colour": "blue" })), invalid);
    assert_eq!(refused(SITE, &["date"], &["sessions"; 11], json!({})), invalid);
    let denied = (403, "PERMISSION_DENIED".to_owned());
    assert_eq!(refused(FORBIDDEN, &["date"], &["sessions"], json!({})), denied);
    assert_eq!(refused("1", &["date"], &["sessions"], json!({})), denied);

    let page = bench.world.answer(&bench.request("GET", "/v2/nothing"));
    assert!(page.status == 404 && page.body.starts_with(b"<!DOCTYPE html>"));
    bench.world.fail_next("runReport", vec![AnalyticsError::service_disabled()]);
    let (status, body) = bench.post(SITE, "runReport", &json!({}));
    assert_eq!((status, &body["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
    bench.world.tokens().expire();
    assert_eq!(bench.get("/v1beta/accountSummaries").0, 401);
}

#[test]
fn the_property_and_its_fields_are_described() {
    let mut bench = bench();
    let (_, property) = bench.get(&format!("/v1beta/properties/{SITE}"));
    assert_eq!((&property["timeZone"], &property["currencyCode"]), (&json!("Europe/Berlin"), &json!("EUR")));
    assert_eq!(bench.get(&format!("/v1beta/properties/{FORBIDDEN}")).0, 403);
    let (_, summaries) = bench.get("/v1beta/accountSummaries");
    assert_eq!(summaries["accountSummaries"][0]["propertySummaries"].as_array().unwrap().len(), 2);
    let (_, events) = bench.get(&format!("/v1beta/properties/{SITE}/keyEvents"));
    assert_eq!(events["keyEvents"][0]["eventName"], "sign_up");
    let (_, metadata) = bench.get(&format!("/v1beta/properties/{SITE}/metadata"));
    assert!(
        metadata["metrics"].as_array().unwrap().iter().any(|metric| metric["apiName"] == "keyEvents:sign_up")
    );

    let incompatible = |bench: &mut Bench, metrics: &[&str]| {
        let mut body = asked(&["date"], metrics, &json!({ "compatibilityFilter": "INCOMPATIBLE" }));
        body.as_object_mut().unwrap().remove("dateRanges");
        let (status, body) = bench.post(SITE, "checkCompatibility", &body);
        assert_eq!(status, 200, "{body}");
        let metrics = body["metricCompatibilities"].as_array().unwrap().clone();
        metrics
            .iter()
            .map(|metric| metric["metricMetadata"]["apiName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(incompatible(&mut bench, &["sessions"]), ["advertiserAdCost"]);
    assert!(
        bench.world.set_notes(SITE, Notes { incompatible_metric: Some("totalUsers"), ..Notes::default() })
    );
    assert_eq!(incompatible(&mut bench, &["sessions"]), ["totalUsers", "advertiserAdCost"]);
    let batch = json!({ "requests": [asked(&["date"], &["sessions"], &json!({})), asked(&[], &["totalUsers"], &json!({}))] });
    assert_eq!(bench.post(SITE, "batchRunReports", &batch).1["reports"].as_array().unwrap().len(), 2);
}

#[test]
fn reports_say_what_they_withhold() {
    let mut bench = bench();
    let before = rows(&bench.report(&ORIGIN, &["sessions", "purchaseRevenue"], &json!({}))).len();
    let notes = Notes {
        thresholded: true,
        rolled_up: true,
        sampled: true,
        revenue_is_blocked: true,
        ..Notes::default()
    };
    assert!(bench.world.set_notes(SITE, notes));
    let body = bench.report(&ORIGIN, &["sessions", "purchaseRevenue"], &json!({}));
    let metadata = &body["metadata"];
    assert_eq!(metadata["subjectToThresholding"], true);
    assert_eq!(metadata["dataLossFromOtherRow"], true);
    assert!(metadata["samplingMetadatas"][0]["samplesReadCount"].is_string());
    assert_eq!(
        metadata["schemaRestrictionResponse"]["activeMetricRestrictions"][0]["metricName"],
        "purchaseRevenue"
    );
    let after = rows(&body);
    assert!(after.len() < before);
    assert!(after.iter().any(|(dimensions, _)| dimensions[1] == "(other)"));
    assert!(after.iter().all(|(_, metrics)| metrics[1] == "0"));
}

#[test]
fn tokens_run_out_and_come_back() {
    let mut bench = bench();
    let told = |bench: &mut Bench| {
        let body = bench.report(&["date"], &["sessions"], &json!({ "returnPropertyQuota": true }));
        body["propertyQuota"]["tokensPerHour"].clone()
    };
    assert_eq!(told(&mut bench), json!({ "consumed": 2, "remaining": 39_998 }));
    assert_eq!(told(&mut bench), json!({ "consumed": 2, "remaining": 39_996 }));
    assert!(bench.world.leave_tokens(SITE, Pool::ProjectHour, 0));
    let (status, body) = bench.post(SITE, "runReport", &asked(&["date"], &["sessions"], &json!({})));
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        status == 429 && message.starts_with("Exhausted property tokens for a project per hour."),
        "{message}"
    );
    assert_eq!(bench.world.refused_for_tokens(), 1);
    bench.now += SignedDuration::from_mins(50);
    assert_eq!(told(&mut bench)["remaining"], 39_998, "an hour begins");
    assert!(bench.world.leave_tokens(SITE, Pool::Day, 0));
    assert_eq!(bench.post(SITE, "runReport", &json!({})).0, 429, "before midnight in California");
}

#[test]
fn numbers_move_for_two_days_and_campaigns_are_known_when_the_day_is_over() {
    let mut bench = bench();
    let today = bench.world.truth_properties()[0].today;
    let of = |bench: &Bench, day: jiff::civil::Date| {
        let rows = bench
            .world
            .truth_web(SITE)
            .into_iter()
            .filter(move |row| row.day == day && row.scope == "campaign");
        let sum = |row: &super::TruthWebDay| row.numbers.sessions;
        let rows: Vec<_> = rows.collect();
        (
            rows.iter().map(sum).sum::<u64>(),
            rows.iter().any(|row| row.medium == "paid" && row.campaign == "night-drive"),
        )
    };
    let days = [0, 1, 4].map(|ago: i64| today.checked_sub(ago.days()).unwrap());
    let before = days.map(|day| of(&bench, day));
    assert!(!before[0].1 && before[2].1);
    bench.world.advance(bench.now + SignedDuration::from_hours(24));
    let after = days.map(|day| of(&bench, day));
    assert!(before[0].0 < after[0].0 && before[1].0 < after[1].0 && before[2].0 == after[2].0);
    assert!(after[0].1);
    bench.world.freeze();
    bench.world.advance(bench.now + SignedDuration::from_hours(48));
    assert_eq!(days.map(|day| of(&bench, day)), after);
    assert!(bench.world.restate(SITE, "(direct)", days[2], |numbers| numbers.sessions += 1_000_000) == 1);
    assert!(of(&bench, days[2]).0 >= 1_000_000);
    assert!(bench.world.vanish(SITE, "(direct)", days[2]));
    assert!(of(&bench, days[2]).0 < 1_000_000);
    assert!(!bench.world.vanish(SITE, "nobody's", days[2]));
}
