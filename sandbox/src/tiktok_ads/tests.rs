//! The imitation as a function: requests in, answers out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::exchange::{Answer, Imitation, Request};

/// Three in the evening in Berlin's winter, morning eight hours behind UTC, one past midnight in Tokyo.
const NOW: &str = "2026-11-21T16:00:00Z";
const SUMS: [&str; 4] = ["impressions", "clicks", "video_watched_2s", "comments"];

struct Bench {
    world: TikTokAds,
    token: &'static str,
}

fn bench() -> Bench {
    Bench { world: TikTokAds::new(1, 60, NOW.parse().unwrap()), token: TOKEN }
}

impl Bench {
    fn ask(&mut self, path: &str, params: &[(&str, String)]) -> Answer {
        let now: Timestamp = NOW.parse().unwrap();
        self.world.answer(&Request {
            method: "GET".to_owned(),
            path: format!("/open_api/{path}"),
            query: params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            headers: vec![("access-token".to_owned(), self.token.to_owned())],
            body: Vec::new(),
            now,
            root_url: "http://sandbox/tiktok_ads".to_owned(),
        })
    }

    fn data(&mut self, path: &str, params: &[(&str, String)]) -> Value {
        let answer = self.ask(&format!("v1.3/{path}/"), params);
        let body = body_of(&answer);
        assert_eq!((answer.status, &body["code"]), (200, &json!(0)), "{body}");
        body["data"].clone()
    }

    fn code(&mut self, path: &str, params: &[(&str, String)]) -> u64 {
        let answer = self.ask(&format!("v1.3/{path}/"), params);
        assert_eq!(answer.status, 200, "errors come under status 200");
        body_of(&answer)["code"].as_u64().unwrap()
    }

    /// All rows of all pages.
    fn rows(&mut self, path: &str, params: &[(&str, String)]) -> Vec<Value> {
        let mut all = Vec::new();
        for page in 1.. {
            let mut asked = params.to_vec();
            asked.push(("page", page.to_string()));
            let data = self.data(path, &asked);
            all.extend(data["list"].as_array().unwrap().iter().cloned());
            if data["page_info"]["total_page"].as_u64().unwrap() <= page {
                assert_eq!(data["page_info"]["total_number"], all.len());
                break;
            }
        }
        all
    }
}

fn body_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn list(of: &[&str]) -> String {
    json!(of).to_string()
}

fn report(
    advertiser: &str,
    level: &str,
    dimensions: &[&str],
    metrics: &[&str],
) -> Vec<(&'static str, String)> {
    let status = format!("{}_status", level.trim_start_matches("AUCTION_").to_lowercase());
    let all = json!([{ "field_name": status, "filter_type": "IN", "filter_value": "[\"STATUS_ALL\"]" }]);
    vec![
        ("advertiser_id", advertiser.to_owned()),
        ("report_type", "BASIC".to_owned()),
        ("service_type", "AUCTION".to_owned()),
        ("data_level", level.to_owned()),
        ("dimensions", list(dimensions)),
        ("metrics", list(metrics)),
        ("start_date", "2026-10-23".to_owned()),
        ("end_date", "2026-11-21".to_owned()),
        ("filtering", all.to_string()),
        ("page_size", "1000".to_owned()),
    ]
}

/// A number in any spelling.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[test]
fn ads_add_up_to_campaigns_and_countries_do_and_deleted_ones_are_told_when_asked_for() {
    let mut bench = bench();
    let mut sums: BTreeMap<(String, String), [[u64; 4]; 3]> = BTreeMap::new();
    let levels = [
        ("AUCTION_CAMPAIGN", vec!["campaign_id", "stat_time_day"]),
        ("AUCTION_AD", vec!["ad_id", "stat_time_day"]),
        ("AUCTION_CAMPAIGN", vec!["campaign_id", "stat_time_day", "country_code"]),
    ];
    for (place, (level, dimensions)) in levels.iter().enumerate() {
        let mut metrics = SUMS.to_vec();
        metrics.extend((*level == "AUCTION_AD").then_some("campaign_id"));
        for row in bench.rows("report/integrated/get", &report(WEST, level, dimensions, &metrics)) {
            let holder = if *level == "AUCTION_AD" { &row["metrics"] } else { &row["dimensions"] };
            let of = |value: &Value| value.as_str().unwrap().to_owned();
            let key = (of(&holder["campaign_id"]), of(&row["dimensions"]["stat_time_day"]));
            for (sum, name) in sums.entry(key).or_default()[place].iter_mut().zip(SUMS) {
                *sum += number(&row["metrics"][name]).unwrap();
            }
        }
    }
    assert!(sums.len() > 60);
    assert!(sums.values().all(|[campaign, ads, countries]| campaign == ads && ads == countries));

    let daily = |bench: &mut Bench| {
        bench
            .rows(
                "report/integrated/get",
                &report(WEST, "AUCTION_AD", &["ad_id", "stat_time_day"], &["spend"]),
            )
            .len()
    };
    let all = daily(&mut bench);
    let mut asked = report(WEST, "AUCTION_AD", &["ad_id", "stat_time_day"], &["spend"]);
    asked.retain(|(name, _)| *name != "filtering");
    assert!(bench.rows("report/integrated/get", &asked).len() < all, "deleted ads are left out");
    bench.world.set_page_rows(Some(7));
    assert_eq!(daily(&mut bench), all);
}

#[test]
fn a_number_comes_in_four_spellings_and_money_has_the_decimals_of_its_currency() {
    let mut bench = bench();
    let metrics = ["spend", "impressions", "reach", "conversion"];
    let mut spellings = [0; 4];
    for (advertiser, exponent) in [(WEST, 2), (TOKYO, 0), (KUWAIT, 3)] {
        for row in bench.rows(
            "report/integrated/get",
            &report(advertiser, "AUCTION_AD", &["ad_id", "stat_time_day"], &metrics),
        ) {
            let spend = row["metrics"]["spend"].as_str().unwrap();
            assert_eq!(spend.split_once('.').map_or(0, |(_, digits)| digits.len()), exponent, "{spend}");
            for name in ["impressions", "reach", "conversion"] {
                let spelling = match &row["metrics"][name] {
                    Value::Null => 0,
                    Value::Number(_) => 1,
                    value if value == "-" => 2,
                    _ => 3,
                };
                spellings[spelling] += 1;
            }
        }
    }
    assert!(spellings.iter().all(|count| *count > 5), "{spellings:?}");
}

#[test]
fn lists_hide_what_is_deleted_and_the_first_of_the_day_unless_asked_for() {
    let mut bench = bench();
    let names = |bench: &mut Bench, filtering: Value| {
        let asked = [("advertiser_id", WEST.to_owned()), ("filtering", filtering.to_string())];
        let rows = bench.rows("campaign/get", &asked);
        rows.iter()
            .map(|row| row["campaign_name"].as_str().unwrap().chars().take(5).collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&mut bench, json!({})), ["Night", "Night", "Glass"]);
    let all = json!({ "secondary_status": "CAMPAIGN_STATUS_ALL" });
    assert_eq!(names(&mut bench, all), ["Night", "Night", "Glass", "Early"]);
    let top = json!({ "secondary_status": "CAMPAIGN_STATUS_ALL", "buying_types": ["RESERVATION_TOP_VIEW"] });
    assert_eq!(names(&mut bench, top), ["Glass"]);
    let both = json!({ "buying_types": ["AUCTION", "RESERVATION_TOP_VIEW"] });
    let asked = [("advertiser_id", WEST.to_owned()), ("filtering", both.to_string())];
    assert_eq!(bench.code("campaign/get", &asked), 40_002);
    let asked = [
        ("advertiser_id", WEST.to_owned()),
        ("fields", list(&["ad_id", "ad_name"])),
        ("filtering", json!({ "secondary_status": "AD_STATUS_ALL" }).to_string()),
    ];
    let ads = bench.rows("ad/get", &asked);
    assert_eq!((ads.len(), ads[0].as_object().unwrap().len()), (16, 2));
    assert!(ads[0]["ad_id"].as_str().unwrap().parse::<u64>().unwrap() > 1 << 53);
}

#[test]
fn one_advertiser_that_is_not_for_us_fails_a_whole_question() {
    let mut bench = bench();
    let mut info = |ids: &[&str]| bench.code("advertiser/info", &[("advertiser_ids", list(ids))]);
    assert_eq!(info(&[WEST, BERLIN]), 0);
    assert_eq!(info(&[WEST, FORBIDDEN]), 40_001);
    assert_eq!(info(&[WEST, "7"]), 40_300);
    assert_eq!(info(&[]), 40_011);
    let app = |secret: &str| [("app_id", APP_ID.to_owned()), ("secret", secret.to_owned())];
    assert_eq!(bench.data("oauth2/advertiser/get", &app(APP_SECRET))["list"].as_array().unwrap().len(), 5);
    assert_eq!(bench.code("oauth2/advertiser/get", &app("x")), 40_101);
}

#[test]
fn credentials_permissions_limits_and_paths_are_refused_in_their_own_words() {
    let mut bench = bench();
    let asked = [("advertiser_id", WEST.to_owned())];
    assert_eq!(bench.ask("v1.3/campaign/get", &asked).body, b"404 page not found");
    assert_eq!(bench.ask("v1.3/campaign/getting/", &asked).status, 404);
    assert_eq!(body_of(&bench.ask("v1.2/campaign/get/", &asked))["code"], 40_006);
    bench.world.set_forbidden(Surface::Campaigns, true);
    assert_eq!((bench.code("campaign/get", &asked), bench.code("adgroup/get", &asked)), (40_001, 0));
    bench.world.set_forbidden(Surface::Campaigns, false);
    let errors =
        vec![TikTokError::app_limit(), TikTokError::advertiser_limit(WEST), TikTokError::new(50_000, "x")];
    bench.world.fail_next("campaign/get", errors);
    assert_eq!([(); 4].map(|()| bench.code("campaign/get", &asked)), [40_100, 40_133, 50_000, 0]);
    bench.token = "another";
    assert_eq!(bench.code("campaign/get", &asked), 40_105);
    bench.token = TOKEN;
    bench.world.expire_token();
    assert_eq!(bench.code("campaign/get", &asked), 40_102);
}

#[test]
fn reports_that_are_not_to_be_had_are_refused() {
    let mut bench = bench();
    let day = ["campaign_id", "stat_time_day"];
    let good = report(WEST, "AUCTION_CAMPAIGN", &day, &["spend"]);
    let mut with = |name: &'static str, value: String| {
        let mut asked = good.clone();
        asked.retain(|(other, _)| *other != name);
        asked.push((name, value));
        bench.code("report/integrated/get", &asked)
    };
    for (name, value) in [
        ("start_date", "2026-10-22".to_owned()),
        ("start_date", "today".to_owned()),
        ("metrics", list(&["spend", "ad_name"])),
        ("metrics", list(&["spent"])),
        ("metrics", "spend".to_owned()),
        ("dimensions", list(&["ad_id", "stat_time_day"])),
        ("dimensions", list(&["campaign_id"])),
        ("page_size", "1001".to_owned()),
        ("page", "0".to_owned()),
        (
            "filtering",
            json!([{ "field_name": "ad_status", "filter_type": "IN", "filter_value": "[\"STATUS_ALL\"]" }])
                .to_string(),
        ),
    ] {
        assert_eq!(with(name, value.clone()), 40_002, "{name}={value}");
    }
    bench.world.set_report_rows_max(Some(20));
    assert_eq!(bench.code("report/integrated/get", &good), 40_067);
}

#[test]
fn further_pages_can_show_another_order() {
    let mut bench = bench();
    bench.world.set_page_rows(Some(10));
    bench.world.shift_pages(1);
    let asked = report(WEST, "AUCTION_CAMPAIGN", &["campaign_id", "stat_time_day"], &["spend"]);
    let rows = bench.rows("report/integrated/get", &asked);
    assert_eq!(rows[9], rows[10], "what stood at the end of the first page comes again");
}
