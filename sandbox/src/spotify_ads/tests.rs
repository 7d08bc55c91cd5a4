//! The imitation as a function: requests in, answers out.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::oauth::Rotation;

/// Three in the afternoon, UTC.
const NOW: &str = "2026-11-21T15:00:00Z";

struct Bench {
    world: SpotifyAds,
    token: String,
    now: Timestamp,
}

fn bench() -> Bench {
    let now = NOW.parse().unwrap();
    let mut bench = Bench { world: SpotifyAds::new(1, 90, now), token: String::new(), now };
    let (status, body) = bench.refresh(REFRESH_TOKEN);
    assert_eq!((status, &body["expires_in"], body.get("refresh_token")), (200, &json!(3600), None));
    bench
}

impl Bench {
    fn refresh(&mut self, token: &str) -> (u16, Value) {
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        let mut request = self.request("POST", "/api/token", &[]);
        request.headers = vec![
            ("authorization".to_owned(), basic),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        request.body = format!("grant_type=refresh_token&refresh_token={token}").into_bytes();
        let answer = self.world.answer(&request);
        let body = body_of(&answer);
        if let Some(token) = body["access_token"].as_str() {
            token.clone_into(&mut self.token);
        }
        (answer.status, body)
    }

    fn request(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token))],
            body: Vec::new(),
            now: self.now,
            root_url: String::new(),
        }
    }

    fn get(&mut self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let request = self.request("GET", &format!("/v3/{path}"), query);
        let answer = self.world.answer(&request);
        (answer.status, body_of(&answer))
    }

    fn good(&mut self, path: &str, query: &[(&str, &str)]) -> Value {
        let (status, body) = self.get(path, query);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// All rows of a report, following continuation tokens, and how many pages they took.
    fn rows(&mut self, account: &str, query: &[(&str, &str)]) -> (Vec<Value>, usize) {
        let path = format!("ad_accounts/{account}/aggregate_reports");
        let mut body = self.good(&path, query);
        let (mut rows, mut pages) = (Vec::new(), 1);
        loop {
            rows.append(body["rows"].as_array_mut().unwrap());
            let token = body["continuation_token"].as_str().unwrap_or_default().to_owned();
            if token.is_empty() {
                return (rows, pages);
            }
            body = self.good(&path, &[("continuation_token", &token)]);
            pages += 1;
        }
    }
}

fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// A report by day of campaigns or ads.
fn daily<'a>(entity: &'a str, fields: &[&'a str], from: &'a str, to: &'a str) -> Vec<(&'a str, &'a str)> {
    let span = [("entity_type", entity), ("granularity", "DAY"), ("report_start", from), ("report_end", to)];
    span.into_iter().chain(fields.iter().map(|field| ("fields", *field))).collect()
}

const FROM: &str = "2026-09-01T00:00:00Z";
const TO: &str = "2026-11-21T00:00:00Z";

fn stat<'a>(row: &'a Value, field: &str) -> Option<&'a Value> {
    let mut stats = row["stats"].as_array().unwrap().iter();
    stats.find(|stat| stat["field_type"] == field).map(|stat| &stat["field_value"])
}

#[test]
fn accounts_are_found_through_businesses_and_a_forbidden_one_is_listed_too() {
    let mut bench = bench();
    let businesses = bench.good("businesses", &[]);
    let ids: Vec<&str> =
        businesses["businesses"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [NORTHBOUND, HARBOUR]);
    let listed = bench.good(&format!("businesses/{HARBOUR}/ad_accounts"), &[]);
    let ids: Vec<&Value> = listed["ad_accounts"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [YEN_ACCOUNT, FORBIDDEN_ACCOUNT]);
    let yen = bench.good(&format!("ad_accounts/{YEN_ACCOUNT}"), &[]);
    assert_eq!((&yen["currency_code"], &yen["name"]), (&json!("JPY"), &json!("琥珀ドリフト")));
    let (status, body) = bench.get(&format!("ad_accounts/{FORBIDDEN_ACCOUNT}/campaigns"), &[]);
    assert_eq!((status, body["messages"].as_array().unwrap().len()), (403, 1));
    assert!(!bench.world.truth_accounts()[3].is_readable);
    assert_eq!(bench.get("ad_accounts/nobody", &[]).0, 404);
    bench.world.refuse_id(NORTHBOUND, Some(AdsError::forbidden()));
    assert_eq!(bench.get(&format!("ad_accounts/{US_ACCOUNT}/ads"), &[]).0, 403);
}

#[test]
fn objects_come_in_pages_the_newest_first() {
    let mut bench = bench();
    bench.world.set_page_length(Some(3));
    let path = format!("ad_accounts/{US_ACCOUNT}/campaigns");
    let first = bench.good(&path, &[]);
    assert_eq!(first["paging"], json!({ "page_size": 3, "total_results": 4, "offset": 0 }));
    let second = bench.good(&path, &[("offset", "3"), ("limit", "50")]);
    assert_eq!(second["campaigns"].as_array().unwrap().len(), 1);
    let oldest = bench.good(&path, &[("sort_direction", "ASC"), ("limit", "1")]);
    assert!(oldest["campaigns"][0]["created_at"].as_str() < first["campaigns"][0]["created_at"].as_str());
    let archived = bench.good(&path, &[("statuses", "ARCHIVED")]);
    let campaign = archived["campaigns"][0]["id"].as_str().unwrap().to_owned();
    bench.world.set_page_length(None);
    let ad_sets = bench.good(&format!("ad_accounts/{US_ACCOUNT}/ad_sets"), &[("campaign_ids", &campaign)]);
    assert_eq!(ad_sets["ad_sets"].as_array().unwrap().len(), 2);
    let ad_set = ad_sets["ad_sets"][0]["id"].as_str().unwrap().to_owned();
    let ads = bench
        .good(&format!("ad_accounts/{US_ACCOUNT}/ads"), &[("ad_set_ids", &ad_set), ("campaign_ids", "x")]);
    assert_eq!((&ads["paging"]["total_results"], &ads["ads"][0]["ad_set_id"]), (&json!(2), &json!(ad_set)));
    assert_eq!(ads["ads"][0].get("campaign_id"), None);
    let budget = bench.good(&format!("ad_accounts/{YEN_ACCOUNT}/ad_sets"), &[])["ad_sets"].to_string();
    assert!(budget.contains("9007199254740993"), "{budget}");
    for wrong in [("limit", "51"), ("limit", "0"), ("offset", "-1"), ("sort_direction", "UP")] {
        assert_eq!(bench.get(&path, &[wrong]).0, 400, "{wrong:?}");
    }
}

#[test]
fn a_report_says_what_is_true_over_several_pages() {
    let mut bench = bench();
    let fields = ["IMPRESSIONS", "SPEND", "VIDEO_VIEWS", "PURCHASES", "SIGN_UPS"];
    let (rows, pages) = bench.rows(US_ACCOUNT, &daily("CAMPAIGN", &fields, FROM, TO));
    assert_eq!(pages, rows.len().div_ceil(50));
    let truth = bench.world.truth_daily(Level::Campaign);
    let truth: Vec<_> = truth
        .iter()
        .filter(|row| row.account_id == US_ACCOUNT && row.day.to_string().as_str() >= "2026-09-01")
        .collect();
    assert_eq!(rows.len(), truth.len());
    let (mut masked, mut left_out) = (0, 0);
    for (row, truth) in rows.iter().zip(truth) {
        assert_eq!(
            (&row["entity_id"], &row["start_time"]),
            (&json!(truth.campaign_id), &json!(format!("{}T00:00:00Z", truth.day)))
        );
        assert_eq!(
            stat(row, "IMPRESSIONS").unwrap().to_string().trim_end_matches(".0"),
            truth.numbers.impressions.to_string()
        );
        let spend = stat(row, "SPEND").unwrap().to_string();
        let (whole, rest) = spend.split_once('.').unwrap();
        assert_eq!(format!("{whole}{rest:0<9}").parse(), Ok(truth.numbers.spend_nanos), "{spend}");
        assert_eq!(stat(row, "VIDEO_VIEWS").is_some(), truth.numbers.video_views.is_some());
        let is_masked = (1..5).contains(&truth.numbers.purchases);
        assert_eq!(stat(row, "PURCHASES") == Some(&json!(-5)), is_masked);
        masked += usize::from(is_masked);
        left_out += usize::from(truth.numbers.video_views.is_none());
    }
    assert!(masked > 20 && left_out > 20, "{masked} {left_out}");
    let is_zero = |row: &TruthDay| Numbers { video_views: None, ..row.numbers } == Numbers::default();
    assert!(bench.world.truth_daily(Level::Ad).iter().any(is_zero), "a row of nothing but zeros");
}

#[test]
fn ads_name_their_ad_set_and_add_up_but_for_people() {
    let mut bench = bench();
    let mut query = daily("AD", &["IMPRESSIONS", "REACH"], TO, TO);
    query.push(("include_parent_entity", "true"));
    let (rows, _) = bench.rows(US_ACCOUNT, &query);
    assert!(rows.iter().all(|row| row["parent_entity"]["id"].as_str().unwrap().starts_with('d')));
    let sum = |world: &SpotifyAds, level, number: fn(&Numbers) -> u64| -> u64 {
        world.truth_daily(level).iter().map(|row| number(&row.numbers)).sum()
    };
    let impressions = [Level::Campaign, Level::Ad].map(|level| sum(&bench.world, level, |of| of.impressions));
    assert_eq!(impressions[0], impressions[1]);
    let reach = [Level::Campaign, Level::Ad].map(|level| sum(&bench.world, level, |of| of.reach));
    assert!(reach[0] < reach[1]);
    let id = rows[0]["entity_id"].as_str().unwrap().to_owned();
    query.extend([("entity_ids", id.as_str()), ("entity_ids_type", "AD")]);
    assert_eq!(bench.rows(US_ACCOUNT, &query).0.len(), 1);
    let (whole, _) = bench.rows(US_ACCOUNT, &[("entity_type", "AD_ACCOUNT"), ("fields", "CLICKS")]);
    assert_eq!((whole.len(), &whole[0]["entity_id"]), (1, &json!(US_ACCOUNT)));
}

#[test]
fn what_the_specification_does_not_allow_is_refused() {
    let mut bench = bench();
    let path = format!("ad_accounts/{US_ACCOUNT}/aggregate_reports");
    let good = daily("CAMPAIGN", &["CLICKS"], "2026-08-23T00:00:00Z", TO);
    assert_eq!(bench.get(&path, &good).0, 200, "90 days apart");
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        let rest = good.iter().copied().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        rest.chain(more.iter().copied()).collect()
    };
    for more in [
        &[("report_start", "2026-08-22T00:00:00Z")][..],
        &[("report_start", "2026-11-21T01:00:00Z")],
        &[("report_start", "2026-11-22T00:00:00Z")],
        &[("report_start", "yesterday")],
        &[("fields", "CLICKS,SPEND")],
        &[("entity_type", "CAMPAIGNS")],
        &[("granularity", "LIFETIME")],
        &[("include_parent_entity", "true")],
        &[("entity_ids", "x"), ("entity_ids_type", "AD")],
        &[("limit", "51")],
        &[("continuation_token", "made up")],
    ] {
        assert_eq!(bench.get(&path, &with(more)).0, 400, "{more:?}");
    }
    assert_eq!(bench.get(&path, &with(&[("granularity", "HOUR")])).0, 422);
    assert_eq!(bench.get(&path, &[]).0, 400);
    bench.world.set_page_length(Some(2));
    let token = bench.good(&path, &good)["continuation_token"].as_str().unwrap().to_owned();
    let both = [("continuation_token", token.as_str()), ("limit", "1")];
    assert_eq!(bench.good(&path, &both)["warnings"].as_array().unwrap().len(), 1);
    let other = format!("ad_accounts/{EURO_ACCOUNT}/aggregate_reports");
    assert_eq!(bench.get(&other, &both).0, 400, "another account's");
    bench.world.expire_continuations();
    assert_eq!(bench.get(&path, &both).0, 400);
}

#[test]
fn numbers_move_until_they_are_settled() {
    let mut bench = bench();
    let number = |world: &SpotifyAds, day: &str, of: fn(&Numbers) -> u64| -> u64 {
        let truth = world.truth_daily(Level::Campaign);
        truth.iter().filter(|row| row.day.to_string() == day).map(|row| of(&row.numbers)).sum()
    };
    let today = number(&bench.world, "2026-11-21", |of| of.spend_nanos);
    let yesterday = number(&bench.world, "2026-11-20", |of| of.spend_nanos);
    let streams = number(&bench.world, "2026-11-20", |of| of.streams);
    let old = number(&bench.world, "2026-11-01", |of| of.streams);
    bench.world.advance("2026-11-24T12:00:00Z".parse().unwrap());
    assert!(number(&bench.world, "2026-11-21", |of| of.spend_nanos) > today, "the day went on");
    assert!(number(&bench.world, "2026-11-20", |of| of.spend_nanos) < yesterday, "corrected");
    assert!(number(&bench.world, "2026-11-20", |of| of.streams) > streams, "late");
    assert_eq!(number(&bench.world, "2026-11-01", |of| of.streams), old, "settled");
    let ended = bench
        .world
        .truth_daily(Level::Campaign)
        .into_iter()
        .any(|row| row.numbers.impressions == 0 && row.numbers.sign_ups > 0);
    assert!(ended, "conversions after the end");
}

#[test]
fn tests_change_the_world() {
    let mut bench = bench();
    let campaign = bench.world.truth_campaigns()[0].campaign_id.clone();
    let day = "2026-11-19".parse().unwrap();
    assert_eq!(bench.world.restate(&campaign, day, |numbers| numbers.impressions = 1_000), 4);
    let told = |world: &SpotifyAds| {
        let truth = world.truth_daily(Level::Campaign);
        truth
            .iter()
            .find(|row| row.campaign_id == campaign && row.day == day)
            .map(|row| row.numbers.impressions)
    };
    assert_eq!(told(&bench.world), Some(4_000));
    assert!(bench.world.vanish_day(&campaign, day) && !bench.world.vanish_day("nothing", day));
    assert_eq!(told(&bench.world), None);
    assert!(bench.world.change_campaign(&campaign, "Renamed", "PAUSED"));
    assert_eq!(bench.world.truth_campaigns()[0].name, "Renamed");
    assert!(bench.world.forget_campaign(&campaign) && !bench.world.forget_campaign(&campaign));
    assert!(bench.world.truth_ads().iter().all(|ad| ad.campaign_id != campaign));
}

#[test]
fn errors_are_spelt_in_two_ways_and_tokens_end() {
    let mut bench = bench();
    let path = format!("ad_accounts/{US_ACCOUNT}/aggregate_reports");
    let spelt: Vec<Value> = (0..2).map(|_| bench.get(&path, &[]).1).collect();
    for spelling in ["error_codes", "errorCodes"] {
        assert!(spelt.iter().any(|body| body[spelling][0]["code"].is_string()), "{spelt:?}");
    }
    bench.world.refuse("entity_type=AD&", Some(AdsError::forbidden()));
    assert_eq!(bench.get(&path, &daily("AD", &["CLICKS"], TO, TO)).0, 403);
    assert_eq!(bench.get(&path, &daily("CAMPAIGN", &["CLICKS"], TO, TO)).0, 200);
    let request = bench.request("GET", "/v3/businesses", &[]);
    let limited = bench.world.limited(&request, 100.0, Duration::from_millis(1_500));
    assert_eq!((limited.status, &*limited.headers[0].1), (429, "2"));
    bench.world.tokens().expire();
    let (status, body) = bench.get("businesses", &[]);
    assert_eq!((status, &body["error"]["message"]), (401, &json!("The access token expired")));
    bench.world.tokens().set_rotation(Rotation::AtOnce);
    let second = bench.refresh(REFRESH_TOKEN).1["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(bench.get("businesses", &[]).0, 200);
    assert_eq!(bench.refresh(REFRESH_TOKEN).1["error"], "invalid_grant");
    assert_eq!(bench.refresh(&second).0, 200);
    bench.world.tokens().revoke_user();
    assert_eq!(bench.get("businesses", &[]).0, 401);
}
