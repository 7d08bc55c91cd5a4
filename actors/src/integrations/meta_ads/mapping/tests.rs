use jiff::civil::date;
use proptest::prelude::*;
use rows::ads::{AdCountry, AdLevel, AdPerformance};

use super::*;
use crate::{integrations::meta_ads::testing::owner, reading::elements::parse};

const CONVERSION: &str = "offsite_conversion.custom.702345678901234";
const AD_ROW: &str = r#"{"account_id":"1234567890123456","account_name":"Dynamoi Label A","account_currency":"USD",
"campaign_id":"120208325579370399","campaign_name":"Night Drive - Traffic - US/GB","adset_id":"120208325579380399",
"adset_name":"Lookalike 1%","ad_id":"120208325579390399","ad_name":"Hook A 9x16","date_start":"2026-11-21",
"date_stop":"2026-11-21","impressions":"18432","reach":"15210","frequency":"1.211834","spend":"24.87","clicks":"512",
"inline_link_clicks":"391","cpm":"1.349284","cpc":"0.048574","ctr":"2.777778",
"actions":[{"action_type":"link_click","value":"391","7d_click":"391"},
{"action_type":"landing_page_view","value":"302","7d_click":"302"},
{"action_type":"video_view","value":"9104","7d_click":"120","1d_view":"8984"},
{"action_type":"offsite_conversion.custom.702345678901234","value":"118","7d_click":"111","1d_view":"7"},
{"action_type":"post_engagement","value":"9630"}],
"action_values":[{"action_type":"omni_purchase","value":"12.5","7d_click":"12.5"}],
"purchase_roas":[{"action_type":"omni_purchase","value":"0.502614"}],
"video_play_actions":[{"action_type":"video_view","value":"16022"}],
"video_thruplay_watched_actions":[{"action_type":"video_view","value":"2210"}],
"video_p100_watched_actions":[{"action_type":"video_view","value":"1744"}],"country":"US"}"#;
const BARE_ROW: &str =
    r#"{"campaign_id":"120208325579370399","date_start":"2026-11-21","date_stop":"2026-11-21"}"#;

fn raw(json: &str) -> Box<RawValue> {
    serde_json::from_str(json).unwrap()
}

/// Reads a row by itself, as after a page that could not be read in one go.
fn insights(raw: &RawValue, mapping: &InsightsMapping) -> Result<Row, Unreadable> {
    parse(raw).and_then(|wire| super::insights(wire, mapping))
}

fn campaign(raw: &RawValue, owner: &Owner) -> Result<Row, Unreadable> {
    parse(raw).and_then(|wire| super::campaign(wire, owner))
}

fn ad_set(raw: &RawValue, owner: &Owner) -> Result<Row, Unreadable> {
    parse(raw).and_then(|wire| super::ad_set(wire, owner))
}

fn ad(raw: &RawValue, owner: &Owner) -> Result<Row, Unreadable> {
    parse(raw).and_then(|wire| super::ad(wire, owner))
}

fn mapping(shape: Shape, conversion: Option<&str>) -> InsightsMapping {
    InsightsMapping {
        owner: owner(),
        shape,
        reach: true,
        conversion: conversion.map(Arc::from),
        view: Arc::from(VIDEO_VIEW),
    }
}

fn performance(json: &str, mapping: &InsightsMapping) -> AdPerformance {
    match insights(&raw(json), mapping) {
        Ok(Row::AdPerformance(row)) => row,
        other => panic!("{other:?}"),
    }
}

fn refused(json: &str, shape: Shape) -> &'static str {
    insights(&raw(json), &mapping(shape, Some(CONVERSION))).unwrap_err().reason()
}

fn country_of(json: &str) -> AdCountry {
    match insights(&raw(json), &mapping(Shape::Country, None)) {
        Ok(Row::AdCountry(row)) => row,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_ads_day_is_read_to_the_last_digit() {
    let row = performance(AD_ROW, &mapping(Shape::Ad, Some(CONVERSION)));
    assert_eq!(row.level, AdLevel::Ad);
    assert_eq!(row.account_id, "1234567890123456");
    assert_eq!(row.campaign_id, "120208325579370399");
    assert_eq!(row.ad_set_id, "120208325579380399");
    assert_eq!(row.ad_id, "120208325579390399");
    assert_eq!(row.date, date(2026, 11, 21));
    assert_eq!(
        row.metrics,
        AdMetrics {
            impressions: Some(18_432),
            clicks: Some(391),
            clicks_all: Some(512),
            spend: Some(RawSpend(Micros(24_870_000))),
            conversions: Some(Micros(118_000_000)),
            conversion_value: Some(Micros::ZERO),
            video_views: Some(9_104),
            video_completions: Some(1_744),
            engagements: Some(9_630),
            reach: Some(15_210),
        }
    );
    assert_eq!(row.conversion_definition.as_deref(), Some(CONVERSION));
    assert_eq!(row.view_definition.as_deref(), Some("video_view"));
}

#[test]
fn what_was_asked_for_and_is_absent_is_zero() {
    let row = performance(BARE_ROW, &mapping(Shape::Campaign, Some(CONVERSION)));
    assert_eq!((row.ad_set_id.as_str(), row.ad_id.as_str()), ("", ""));
    assert_eq!(
        row.metrics,
        AdMetrics {
            impressions: Some(0),
            clicks: Some(0),
            clicks_all: Some(0),
            spend: Some(RawSpend(Micros::ZERO)),
            conversions: Some(Micros::ZERO),
            conversion_value: Some(Micros::ZERO),
            video_views: Some(0),
            video_completions: Some(0),
            engagements: Some(0),
            reach: Some(0),
        }
    );
}

#[test]
fn what_is_set_aside_names_ids_and_nothing_else() {
    let page = ListPage::of(
        r#"{"data":[{"id":"ada@example.com","campaign_id":"Ada Lovelace","adset_id":"12","date_start":"2026-11-21","spend":"x"}]}"#,
    );
    let aside =
        read_page("edge", &page, |wire| super::insights(wire, &mapping(Shape::Campaign, None))).unwrap();
    let fields = &aside.0.quarantined[0].fields;
    // A campaign's id that is no id is a text of somebody's.
    assert!(fields.iter().all(|(_, value)| value.bytes().all(|byte| byte.is_ascii_digit())), "{fields:?}");
}

#[test]
fn null_is_unknown_and_no_zero() {
    let null = r#"{"campaign_id":"120208325579370399","date_start":"2026-11-21","date_stop":"2026-11-21","impressions":null,
        "spend":null,"clicks":null,"inline_link_clicks":null,"reach":null,"actions":null,"action_values":null,
        "video_p100_watched_actions":null}"#;
    let row = performance(null, &mapping(Shape::Campaign, Some(CONVERSION)));
    assert_eq!(row.metrics, AdMetrics::default(), "all of it unknown");
    // One list that is null may hold what the other does not.
    let one = null
        .replace("\"actions\":null", "\"actions\":[]")
        .replace("\"action_values\":null", "\"conversions\":null");
    let row = performance(&one, &mapping(Shape::Campaign, Some(CONVERSION)));
    assert_eq!((row.metrics.conversions, row.metrics.conversion_value), (None, Some(Micros::ZERO)));
    assert_eq!(row.metrics.engagements, Some(0));
    for key in ["campaign_id", "date_start"] {
        let json = BARE_ROW.replace(&format!("\"{key}\":\""), &format!("\"{key}\":null,\"was_{key}\":\""));
        assert_eq!(refused(&json, Shape::Campaign), "missing_field", "{json}");
    }
}

#[test]
fn times_that_stand_for_none_are_unknown() {
    for time in [
        "1969-12-31T15:59:59-0800",
        "1970-01-01T00:00:00+0000",
        "9999-12-31T23:59:59+0000",
        "0000-00-00T00:00:00+0000",
        "",
    ] {
        let json =
            format!(r#"{{"id":"1","start_time":"{time}","stop_time":"{time}","created_time":"{time}"}}"#);
        let campaign = campaign_of(&json, "USD");
        assert_eq!((campaign.start_at, campaign.end_at, campaign.created_at), (None, None, None), "{time}");
    }
}

#[test]
fn without_a_definition_conversions_are_unknown() {
    let row = performance(AD_ROW, &mapping(Shape::Ad, None));
    assert_eq!((row.metrics.conversions, row.metrics.conversion_value), (None, None));
    assert_eq!(row.conversion_definition, None);
}

#[test]
fn reach_that_was_not_asked_for_is_unknown() {
    let mapping = InsightsMapping { reach: false, ..mapping(Shape::Ad, None) };
    assert_eq!(performance(AD_ROW, &mapping).metrics.reach, None);
}

#[test]
fn a_conversion_is_one_action_type_and_never_a_sum() {
    let row = r#"{"campaign_id":"1","date_start":"2026-11-21",
        "actions":[{"action_type":"purchase","value":"2"},{"action_type":"omni_purchase","value":"2.5"}],
        "conversions":[{"action_type":"omni_purchase","value":"9"},{"action_type":"subscribe_total","value":"4"}],
        "action_values":[{"action_type":"omni_purchase","value":"12.5"}],
        "conversion_values":[{"action_type":"subscribe_total","value":"40"}]}"#;
    let of = |action_type: &str| {
        let metrics = performance(row, &mapping(Shape::Campaign, Some(action_type))).metrics;
        (metrics.conversions, metrics.conversion_value)
    };
    assert_eq!(of("omni_purchase"), (Some(Micros(2_500_000)), Some(Micros(12_500_000))));
    assert_eq!(of("subscribe_total"), (Some(Micros(4_000_000)), Some(Micros(40_000_000))));
    assert_eq!(of("lead"), (Some(Micros::ZERO), Some(Micros::ZERO)));
}

#[test]
fn an_action_without_value_is_unknown() {
    let row =
        r#"{"campaign_id":"1","date_start":"2026-11-21","actions":[{"action_type":"lead","7d_click":"3"}]}"#;
    assert_eq!(performance(row, &mapping(Shape::Campaign, Some("lead"))).metrics.conversions, None);
}

#[test]
fn numbers_may_come_unquoted_and_are_not_rounded() {
    let row = r#"{"campaign_id":120208325579370399,"date_start":"2026-11-21","spend":0.1234567,"impressions":12,"clicks":"7.0"}"#;
    let row = performance(row, &mapping(Shape::Campaign, None));
    assert_eq!(row.campaign_id, "120208325579370399");
    assert_eq!(row.metrics.spend, Some(RawSpend(Micros(123_457))));
    assert_eq!((row.metrics.impressions, row.metrics.clicks_all), (Some(12), Some(7)));
}

#[test]
fn countries_are_two_letters_and_unknown_is_zz() {
    assert_eq!(country_of(AD_ROW).country, "US");
    let of = |country: &str| {
        country_of(&BARE_ROW.replacen('{', &format!(r#"{{"country":"{country}","#), 1)).country
    };
    assert_eq!(of("gb"), "GB");
    assert_eq!(of("unknown"), "ZZ");
    assert_eq!(of("(not set)"), "(not set)");
    assert_eq!(refused(BARE_ROW, Shape::Country), "missing_field");
}

#[test]
fn rows_that_cannot_be_right_are_refused_with_the_reason() {
    for (change, with, reason) in [
        (r#""spend":"24.87""#, r#""spend":"a lot""#, "money"),
        (r#""spend":"24.87""#, r#""spend":{}"#, "malformed"),
        (r#""clicks":"512""#, r#""clicks":"5.5""#, "count"),
        (r#""clicks":"512""#, r#""clicks":"-5""#, "count"),
        (r#""date_start":"2026-11-21""#, r#""date_start":"2026-11-20""#, "date"),
        (r#""date_start":"2026-11-21""#, r#""date_start":null"#, "missing_field"),
        (r#""ad_id":"120208325579390399""#, r#""ad_id":"""#, "missing_field"),
        (r#""account_currency":"USD""#, r#""account_currency":"EUR""#, "currency"),
    ] {
        let changed = AD_ROW.replace(change, with);
        assert_ne!(changed, AD_ROW, "{change}");
        assert_eq!(refused(&changed, Shape::Ad), reason, "{with}");
    }
}

#[test]
fn a_bad_row_is_kept_aside_without_its_text_and_its_neighbours_are_read() {
    let bad = AD_ROW.replace(r#""spend":"24.87""#, r#""spend":"Jane Doe""#);
    let page = ListPage::of(&format!(r#"{{"data":[{AD_ROW},{bad},7]}}"#));
    let mapping = mapping(Shape::Ad, None);
    let (read, _) =
        read_page("/v25.0/act_1/insights", &page, |wire| super::insights(wire, &mapping)).unwrap();
    let (rows, quarantined) = (read.rows, read.quarantined);
    assert_eq!(rows.len(), 1);
    let [first, second] = &quarantined[..] else { panic!("{quarantined:?}") };
    assert_eq!(first.reason, "money");
    assert_eq!(first.place, "/v25.0/act_1/insights, element 1");
    assert_eq!(first.day, Some(date(2026, 11, 21)));
    assert_eq!(first.hash.len(), 64);
    assert!(first.fields.contains(&("ad_id", "120208325579390399".to_owned())));
    assert!(!format!("{first:?}").contains("Jane"));
    assert_eq!((second.reason, second.day, second.fields.len()), ("malformed", None, 0));
}

const CAMPAIGN: &str = r#"{"id":"120208325579370399","account_id":"1234567890123456","name":"Night Drive - Traffic - US/GB",
"objective":"OUTCOME_TRAFFIC","status":"ACTIVE","configured_status":"ACTIVE","effective_status":"ACTIVE",
"buying_type":"AUCTION","bid_strategy":"LOWEST_COST_WITHOUT_CAP","daily_budget":"2500","budget_remaining":"1310",
"special_ad_categories":[],"start_time":"2026-10-01T00:00:00-0700","created_time":"2026-09-30T11:02:47-0700",
"updated_time":"2026-11-20T08:15:02-0800"}"#;

fn campaign_of(json: &str, currency: &str) -> AdCampaign {
    let owner = Owner { currency: Currency::parse(currency).unwrap(), ..owner() };
    match campaign(&raw(json), &owner) {
        Ok(Row::AdCampaign(row)) => row,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_campaign_is_read_with_times_and_budgets() {
    let row = campaign_of(CAMPAIGN, "USD");
    assert_eq!(row.campaign_id, "120208325579370399");
    assert_eq!(row.objective.as_deref(), Some("OUTCOME_TRAFFIC"));
    assert_eq!(row.daily_budget, Some(Micros(25_000_000)));
    assert_eq!(row.lifetime_budget, None);
    assert_eq!(row.start_at, Some("2026-10-01T07:00:00Z".parse().unwrap()));
    assert_eq!(row.updated_at, Some("2026-11-20T16:15:02Z".parse().unwrap()));
    assert_eq!(row.learning, None);
}

#[test]
fn the_kind_of_budget_that_is_not_used_is_none() {
    let lifetime =
        CAMPAIGN.replace(r#""daily_budget":"2500""#, r#""daily_budget":"0","lifetime_budget":"100000""#);
    let row = campaign_of(&lifetime, "USD");
    assert_eq!((row.daily_budget, row.lifetime_budget), (None, Some(Micros(1_000_000_000))));
}

#[test]
fn budgets_of_currencies_without_minor_unit_are_whole() {
    assert_eq!(campaign_of(CAMPAIGN, "JPY").daily_budget, Some(Micros(2_500_000_000)));
}

#[test]
fn unknown_words_are_kept() {
    let row = campaign_of(&CAMPAIGN.replace("OUTCOME_TRAFFIC", "OUTCOME_JOY"), "USD");
    assert_eq!(row.objective.as_deref(), Some("OUTCOME_JOY"));
}

#[test]
fn an_entity_with_an_odd_time_or_budget_is_refused() {
    let refused = |json: &str| campaign(&raw(json), &owner()).unwrap_err().reason();
    assert_eq!(refused(&CAMPAIGN.replace("2026-10-01T00:00:00-0700", "soon")), "time");
    assert_eq!(refused(&CAMPAIGN.replace(r#""2500""#, r#""25.00""#)), "money");
    assert_eq!(refused(r#"{"name":"no id"}"#), "malformed");
}

#[test]
fn ad_sets_and_ads_name_what_is_above_them() {
    let set = raw(r#"{"id":"2","campaign_id":"1","status":"PAUSED","effective_status":"CAMPAIGN_PAUSED",
        "optimization_goal":"LANDING_PAGE_VIEWS","billing_event":"IMPRESSIONS","lifetime_budget":"100000",
        "end_time":"2026-12-01T00:00:00+0100"}"#);
    let Ok(Row::AdSet(set)) = ad_set(&set, &owner()) else { panic!("no ad set") };
    assert_eq!((set.campaign_id.as_str(), set.ad_set_id.as_str()), ("1", "2"));
    assert_eq!(set.lifetime_budget, Some(Micros(1_000_000_000)));
    assert_eq!(set.end_at, Some("2026-11-30T23:00:00Z".parse().unwrap()));
    let ad_row =
        raw(r#"{"id":"3","campaign_id":"1","adset_id":"2","creative":{"id":"9"},"status":"ARCHIVED"}"#);
    let Ok(Row::Ad(ad_row)) = ad(&ad_row, &owner()) else { panic!("no ad") };
    assert_eq!(
        (ad_row.campaign_id.as_str(), ad_row.ad_set_id.as_str(), ad_row.ad_id.as_str()),
        ("1", "2", "3")
    );
    assert_eq!(ad_row.creative_id.as_deref(), Some("9"));
}

#[test]
fn account_statuses_have_names_and_unknown_ones_stay_numbers() {
    assert_eq!(account_status("1"), "ACTIVE");
    assert_eq!(account_status("9"), "IN_GRACE_PERIOD");
    assert_eq!(account_status("4711"), "4711");
}

/// JSON values of any shape, with the field names that are read.
fn anything() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |it| it.is_finite())
            .prop_map(|it| format!("{it:e}")),
        ".{0,20}".prop_map(|text| serde_json::Value::from(text).to_string()),
        Just(r#""2026-11-21""#.to_owned()),
        Just(r#"[{"action_type":"video_view","value":"x"}]"#.to_owned()),
        Just(r#"{"id":7}"#.to_owned()),
    ];
    let key = prop::sample::select(vec![
        "id",
        "campaign_id",
        "adset_id",
        "ad_id",
        "date_start",
        "date_stop",
        "spend",
        "impressions",
        "clicks",
        "actions",
        "country",
        "daily_budget",
        "start_time",
        "creative",
        "name",
    ]);
    prop::collection::btree_map(key, leaf, 0..12).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

/// A currency's amount as Meta writes it, and what it is in micros.
fn written(minor: i64, exponent: u32) -> (String, Micros) {
    let (factor, width) = (10_i64.pow(exponent), exponent as usize);
    let text = match exponent {
        0 => minor.to_string(),
        _ => format!("{}.{:0width$}", minor / factor, minor % factor),
    };
    (text, Micros(minor * 10_i64.pow(6 - exponent)))
}

proptest! {
    #[test]
    fn money_is_exact_whatever_the_decimals(minor in 0_i64..1_000_000_000_000, exponent in 0_u32..=6) {
        let (text, micros) = written(minor, exponent);
        let row = AD_ROW.replace("\"24.87\"", &format!("\"{text}\"")).replace("\"12.5\"", &format!("\"{text}\""));
        let row = performance(&row, &mapping(Shape::Ad, Some("omni_purchase")));
        prop_assert_eq!(row.metrics.spend, Some(RawSpend(micros)));
        prop_assert_eq!(row.metrics.conversion_value, Some(micros));
    }

    #[test]
    fn ids_and_counts_beyond_what_a_float_holds_are_exact(id in (1_u64 << 53).., count in 0..=i64::MAX, is_text: bool) {
        let said = if is_text { format!("\"{id}\"") } else { id.to_string() };
        let row = AD_ROW.replace("\"120208325579390399\"", &said).replace("\"18432\"", &format!("\"{count}\""));
        let row = performance(&row, &mapping(Shape::Ad, None));
        prop_assert_eq!((row.ad_id, row.metrics.impressions), (id.to_string(), Some(count)));
    }

    #[test]
    fn any_object_is_a_row_or_kept_aside(json in anything()) {
        let page = ListPage::of(&format!(r#"{{"data":[{json}]}}"#));
        let one = |read: Result<(Elements<Row>, Option<String>), Failure>| {
            read.map(|(read, _)| read.rows.len() + read.quarantined.len())
        };
        for shape in [Shape::Campaign, Shape::Ad, Shape::Country] {
            let mapping = mapping(shape, Some("video_view"));
            prop_assert_eq!(one(read_page("place", &page, |wire| super::insights(wire, &mapping))), Ok(1));
        }
        prop_assert_eq!(one(read_page("place", &page, |wire| super::campaign(wire, &owner()))), Ok(1));
        prop_assert_eq!(one(read_page("place", &page, |wire| super::ad_set(wire, &owner()))), Ok(1));
        prop_assert_eq!(one(read_page("place", &page, |wire| super::ad(wire, &owner()))), Ok(1));
    }

    #[test]
    fn any_bytes_are_a_listing_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = serde_json::from_slice::<wire::Listing<&RawValue>>(&bytes);
        let _ = serde_json::from_slice::<wire::ReportRun>(&bytes);
    }
}
