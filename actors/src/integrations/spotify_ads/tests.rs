//! What Spotify writes, and what becomes of it.

use std::sync::Arc;

use ::rows::{
    Currency, Micros, Row,
    ads::{AdLevel, AdPerformance},
    money::RawSpend,
};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::{
    SpotifyAds, errors,
    mapping::{self, Counted, Owner},
    settings::Settings,
    source::SpotifyAdsSource,
    wire,
};
use crate::{
    integration::{Account, ConnectionSpec, Integration as _},
    reading::elements::{self, Elements, Unreadable},
    session::{Meaning, quota::Scope},
    testing,
};

/// As in Spotify's own document, with what else a row can hold.
const ROW: &str = r#"{
    "entity_type": "AD", "entity_id": "9a7b6c5d-4e3f-4b21-8c99-bf1c2a3d4e5f", "entity_name": "Ad 1", "entity_status": "ACTIVE",
    "parent_entity": {"id": "39ff503e-4baa-4e7a-9dd2-4b3f49653801", "name": "Ad Set 1", "status": "ACTIVE"},
    "start_time": "2025-08-01T00:00:00Z", "end_time": "2025-08-02T00:00:00Z",
    "stats": [
        {"field_type": "IMPRESSIONS", "field_value": 1920}, {"field_type": "CLICKS", "field_value": 9.0},
        {"field_type": "SPEND", "field_value": 17.482913}, {"field_type": "COMPLETES", "field_value": 1.5234E7},
        {"field_type": "PURCHASES", "field_value": 7}, {"field_type": "LEADS", "field_value": 0},
        {"field_type": "SIGN_UPS", "field_value": 12}, {"field_type": "REVENUE", "field_value": 120.5},
        {"field_type": "REACH", "field_value": null}, {"field_type": "BRAND_NEW", "field_value": 3}
    ]
}"#;
const AD_SET: &str = "39ff503e-4baa-4e7a-9dd2-4b3f49653801";

fn counted() -> Counted {
    Counted::new(Settings::default().conversions().unwrap())
}

fn owner(counted: &Counted) -> Owner<'_> {
    let currency = Some(Currency::parse("USD").unwrap());
    let account = Account { id: "ce4ff15e".to_owned(), currency, ..Account::sole("", "UTC") };
    mapping::owner(&account, counted).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "stands in for a look-up that can fail")]
fn campaign_of(ad_set: &str) -> Result<String, Unreadable> {
    assert_eq!(ad_set, AD_SET);
    Ok("709076fe".to_owned())
}

fn performance(json: &str, level: AdLevel) -> Result<AdPerformance, Unreadable> {
    let counted = counted();
    match mapping::performance(serde_json::from_str(json)?, level, &owner(&counted), campaign_of)? {
        Row::AdPerformance(row) => Ok(row),
        other => panic!("{other:?}"),
    }
}

/// The row with one field's number, as it is written.
fn with_stat(field: &str, number: &str) -> Result<AdPerformance, Unreadable> {
    let row = json!({
        "entity_type": "CAMPAIGN", "entity_id": "c", "start_time": "2025-08-01T00:00:00Z", "stats": ["HERE"],
    });
    let stat = format!(r#"{{"field_type":"{field}","field_value":{number}}}"#);
    performance(&row.to_string().replace(r#""HERE""#, &stat), AdLevel::Campaign)
}

#[test]
fn a_row_of_the_document_becomes_a_row() {
    let row = performance(ROW, AdLevel::Ad).unwrap();
    assert_eq!((row.campaign_id.as_str(), row.ad_set_id.as_str()), ("709076fe", AD_SET));
    assert_eq!((row.ad_id.as_str(), row.date), ("9a7b6c5d-4e3f-4b21-8c99-bf1c2a3d4e5f", date(2025, 8, 1)));
    let metrics = &row.metrics;
    assert_eq!((metrics.impressions, metrics.clicks), (Some(1_920), Some(9)));
    assert_eq!(metrics.spend, Some(RawSpend(Micros(17_482_913))));
    assert_eq!(
        (metrics.conversions, metrics.conversion_value),
        (Some(Micros(19_000_000)), Some(Micros(120_500_000)))
    );
    assert_eq!(
        (metrics.video_completions, metrics.video_views, metrics.reach),
        (Some(15_234_000), None, None)
    );
    assert_eq!((metrics.clicks_all, metrics.engagements), (None, None));
    assert_eq!(row.conversion_definition.as_deref(), Some("PURCHASES+LEADS+SIGN_UPS"));
    assert_eq!(row.view_definition.as_deref(), Some("3s"));
}

#[test]
fn what_is_masked_is_unknown_and_so_is_its_sum() {
    let masked = ROW.replace(r#""LEADS", "field_value": 0"#, r#""LEADS", "field_value": -5"#);
    assert_eq!(performance(&masked, AdLevel::Ad).unwrap().metrics.conversions, None);
    let left_out = ROW.replace(r#""field_type": "LEADS""#, r#""field_type": "LEAD""#);
    assert_eq!(performance(&left_out, AdLevel::Ad).unwrap().metrics.conversions, None);
    assert_eq!(with_stat("IMPRESSIONS", "-5.0").unwrap().metrics.impressions, None);
    assert_eq!(with_stat("REVENUE", "-5").unwrap().metrics.conversion_value, None);
    // What is given back is no mask.
    assert_eq!(with_stat("SPEND", "-0.25").unwrap().metrics.spend, Some(RawSpend(Micros(-250_000))));
}

#[test]
fn what_cannot_be_right_is_set_aside() {
    for (what, with, why) in [
        (
            r#""entity_type": "AD""#,
            r#""entity_type": "AD_SET""#,
            "entity_type is no level that was asked for",
        ),
        ("2025-08-01T00", "2025-08-01T01", "start_time is not the date of one day"),
        ("2025-08-01T00:00:00Z", "August", "start_time is not the date of one day"),
        ("2025-08-02T00", "2025-08-03T00", "start_time is not the date of one day"),
        ("2025-08-02T00", "2025-07-31T00", "start_time is not the date of one day"),
        (r#""parent_entity""#, r#""parent""#, "parent_entity is missing"),
        ("1920", "1920.5", "IMPRESSIONS is not a whole number of at least 0"),
        ("17.482913", "99999999999999", "SPEND is not a decimal number that fits"),
    ] {
        let row = ROW.replacen(what, with, 1);
        assert_eq!(performance(&row, AdLevel::Ad).unwrap_err().to_string(), why, "{with}");
    }
    assert!(performance(&ROW.replace("17.482913", "[17]"), AdLevel::Ad).is_err());
    // Of several, the bad one alone.
    let body = format!(r#"{{"rows":[{ROW},{}],"continuation_token":""}}"#, ROW.replace("1920", r#""seven""#));
    let counted = counted();
    let read = |row| mapping::performance(row, AdLevel::Ad, &owner(&counted), campaign_of);
    let (Elements { rows, quarantined }, _) =
        elements::read::<wire::List<wire::ReportRow>, _>(body.as_bytes(), "report", mapping::named, read)
            .unwrap();
    assert_eq!((rows.len(), quarantined.len()), (1, 1));
    assert_eq!(quarantined[0].day, Some(date(2025, 8, 1)), "its day deletes nothing");
    assert_eq!(quarantined[0].fields[0].0, "entity_id");
}

#[test]
fn objects_become_rows() {
    let counted = counted();
    let owner = owner(&counted);
    let ad_set = |budget: &str| {
        let text = format!(
            r#"{{"id":"{AD_SET}","campaign_id":"709076fe","name":"Test","status":"PENDING_APPROVAL","cost_model":"CPM",
            "start_time":"2023-08-23T04:56:07Z","end_time":null,"created_at":"2023-07-26T05:54:47Z","budget":{budget}}}"#
        );
        mapping::ad_set(serde_json::from_str(&text).unwrap(), &owner)
    };
    let budgets = |budget: &str| match ad_set(budget).unwrap() {
        Row::AdSet(row) => (row.daily_budget, row.lifetime_budget),
        other => panic!("{other:?}"),
    };
    let big = Some(Micros(9_007_199_254_740_993));
    assert_eq!(budgets(r#"{"micro_amount":9007199254740993,"type":"DAILY","currency":"USD"}"#), (big, None));
    assert_eq!(budgets(r#"{"micro_amount":9007199254740993,"type":"LIFETIME"}"#), (None, big));
    assert_eq!(budgets(r#"{"micro_amount":1,"type":"HOURLY"}"#), (None, None));
    assert_eq!(budgets("null"), (None, None));
    let foreign = ad_set(r#"{"micro_amount":1,"type":"DAILY","currency":"EUR"}"#).unwrap_err();
    assert_eq!(foreign, Unreadable::Currency("budget.currency"));
    let ad = serde_json::from_value::<serde_json::Value>(json!({ "id": "e1", "ad_set_id": AD_SET }))
        .unwrap()
        .to_string();
    match mapping::ad(serde_json::from_str(&ad).unwrap(), &owner, campaign_of).unwrap() {
        Row::Ad(row) => {
            assert_eq!((row.campaign_id.as_str(), row.ad_id.as_str(), row.name), ("709076fe", "e1", None));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_mean_what_they_say() {
    let meaning = |status, body: &str| errors::meaning(&testing::response("report", status, &[], body));
    let envelope = r#"{"sp_trace_id":"800c5a14-b8fd-4dc0-a4fa-38184111f67a","messages":["ada@example.com"]}"#;
    assert_eq!(meaning(200, r#"{"rows":[]}"#), Meaning::Ok);
    assert!(matches!(meaning(200, "[]"), Meaning::Transient { .. }));
    assert!(matches!(meaning(200, "<html>"), Meaning::Transient { .. }));
    assert!(matches!(meaning(401, r#"{"error":{"status":401}}"#), Meaning::NeedsReauth { .. }));
    assert!(matches!(meaning(401, r#"{"error":"invalid_token"}"#), Meaning::NeedsReauth { .. }));
    assert!(
        matches!(meaning(403, envelope), Meaning::Forbidden { advice } if advice.contains("AD_ACCOUNT_VIEWER"))
    );
    assert!(matches!(meaning(403, "<html>"), Meaning::Transient { .. }));
    assert!(matches!(meaning(404, envelope), Meaning::Gone { .. }));
    assert!(matches!(meaning(404, "{}"), Meaning::Permanent { .. }), "no word of Spotify's");
    assert!(matches!(meaning(429, envelope), Meaning::RateLimited { scope: Scope::Project, .. }));
    assert!(matches!(meaning(500, envelope), Meaning::Transient { .. }));
    assert!(matches!(meaning(502, "<html>"), Meaning::Transient { .. }));
    for spelling in ["error_codes", "errorCodes"] {
        let body = format!(
            r#"{{"messages":["ada@example.com"],"{spelling}":[{{"code":"ILLEGAL.REQUEST","definition":"x"}}]}}"#
        );
        for status in [400, 422] {
            let Meaning::Permanent { reason } = meaning(status, &body) else { panic!("{status}") };
            assert!(reason.contains("(ILLEGAL.REQUEST)") && !reason.contains("ada"), "{reason}");
        }
    }
    let odd = r#"{"messages":[],"error_codes":[{"code":"ada@example.com"}]}"#;
    assert!(matches!(meaning(400, odd), Meaning::Permanent { reason } if !reason.contains("ada")));
}

#[test]
fn a_connection_needs_its_three_credentials() {
    let mut spec = testing::spec(&SpotifyAds, ("client_id", "id"), json!({}));
    let missing =
        |spec: &ConnectionSpec| SpotifyAdsSource::new(spec, &Settings::default()).unwrap_err().to_string();
    assert!(missing(&spec).starts_with("credentials.client_secret"));
    spec.credentials.insert("client_secret".to_owned(), "secret".into());
    assert!(missing(&spec).starts_with("credentials.refresh_token"));
    spec.credentials.insert("refresh_token".to_owned(), "token".into());
    spec.accounts = vec![" CE4FF15E-F04D-48B9-9DDF-FB3C85FBD57A ".to_owned()];
    let source = SpotifyAdsSource::new(&spec, &Settings::default()).unwrap();
    assert_eq!(source.accounts, ["ce4ff15e-f04d-48b9-9ddf-fb3c85fbd57a"]);
    assert!(!format!("{source:?}").contains("secret"));
    assert_eq!(SpotifyAds.manifest().replaced_credentials, ["refresh_token"]);
}

#[test]
fn every_field_is_asked_for_once() {
    let counted = Counted::new(vec!["CLICKS".to_owned(), "STREAMS".to_owned()]);
    let fields: Vec<&str> = mapping::fields(&counted).collect();
    assert_eq!(fields.iter().filter(|field| **field == "CLICKS").count(), 1);
    assert!(fields.contains(&"STREAMS") && fields.contains(&"SPEND"));
}

/// An amount in millionths as decimal text with so many decimals, rounded half away from zero, by whole numbers only.
fn written(units: i64, decimals: u32) -> (String, Micros) {
    let scale = 10_i64.pow(decimals);
    let (whole, rest) = (units / scale, units % scale);
    let text = if decimals == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:0width$}", width = decimals as usize)
    };
    let micros = if decimals <= 6 {
        units * 10_i64.pow(6 - decimals)
    } else {
        let over = 10_i64.pow(decimals - 6);
        (units + over / 2) / over
    };
    (text, Micros(micros))
}

proptest! {
    #[test]
    fn money_is_exact_in_every_form(units in 0..1_000_000_000_000_i64, decimals in 0..=9_u32) {
        let (text, micros) = written(units, decimals);
        for text in [text.clone(), format!("{text}e0"), format!("\"{text}\"")] {
            prop_assert_eq!(with_stat("SPEND", &text).unwrap().metrics.spend, Some(RawSpend(micros)));
            prop_assert_eq!(with_stat("REVENUE", &text).unwrap().metrics.conversion_value, Some(micros));
        }
    }

    #[test]
    fn counts_are_exact_beyond_what_a_float_holds(count in 0..=i64::MAX) {
        for text in [count.to_string(), format!("{count}.0")] {
            prop_assert_eq!(with_stat("IMPRESSIONS", &text).unwrap().metrics.impressions, Some(count));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300), status in 100..600_u16) {
        let counted = counted();
        let owner = owner(&counted);
        let campaign_of = |_: &str| Ok(String::new());
        let _ = elements::read::<wire::List<wire::ReportRow>, _>(&body, "x", mapping::named, |row| {
            mapping::performance(row, AdLevel::Ad, &owner, campaign_of)
        });
        let _ = elements::read::<wire::List<wire::AdSet>, _>(&body, "x", mapping::named, |row| mapping::ad_set(row, &owner));
        let _ = elements::read::<wire::List<wire::Ad>, _>(&body, "x", mapping::named, |row| mapping::ad(row, &owner, campaign_of));
        let _ = elements::read::<wire::List<wire::Campaign>, _>(&body, "x", mapping::named, |row| mapping::campaign(row, &owner));
        let _ = errors::meaning(&testing::response("report", status, &[], body));
    }

    #[test]
    fn any_value_anywhere_is_read_or_set_aside(value in "[\\[\\]{}\",:a-z0-9.~-]{0,40}", text in "\\PC{0,20}") {
        let text = serde_json::Value::from(text).to_string();
        for value in [&value, &text] {
            for known in [r#""AD""#, r#""39ff503e-4baa-4e7a-9dd2-4b3f49653801""#, r#""2025-08-01T00:00:00Z""#, "1920", "17.482913", "-5"] {
                let counted = counted();
                let body = format!(r#"{{"rows":[{}]}}"#, ROW.replace(known, value));
                let _ = elements::read::<wire::List<wire::ReportRow>, _>(body.as_bytes(), "x", mapping::named, |row| {
                    mapping::performance(row, AdLevel::Ad, &owner(&counted), |_| Ok(String::new()))
                });
                let body = format!(r#"{{"messages":{value},"errorCodes":[{{"code":{value}}}]}}"#);
                let _ = errors::meaning(&testing::response("report", 400, &[], body));
            }
        }
    }
}

#[test]
fn definitions_are_shared() {
    let counted = counted();
    let read = || {
        mapping::performance(serde_json::from_str(ROW).unwrap(), AdLevel::Ad, &owner(&counted), campaign_of)
    };
    let rows = [read().unwrap(), read().unwrap()];
    let [Row::AdPerformance(one), Row::AdPerformance(other)] = &rows else { panic!("{rows:?}") };
    let (one, other) = (one.view_definition.as_ref().unwrap(), other.view_definition.as_ref().unwrap());
    assert!(Arc::ptr_eq(one, other), "a report has thousands of rows");
}
