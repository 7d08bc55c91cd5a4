use jiff::civil::date;
use proptest::prelude::*;
use rows::{Currency, ads::AdPerformance};
use serde_json::{Value, json};

use super::*;

const DECIMALS: [(&str, u32); 4] = [("JPY", 0), ("USD", 2), ("KWD", 3), ("EUR", 6)];

fn owner(currency: &str, conversion: Conversion) -> Owner {
    let account = Account {
        id: "7002238017842757633".to_owned(),
        name: String::new(),
        currency: Some(Currency::parse(currency).unwrap()),
        time_zone: "Etc/GMT+8".to_owned(),
    };
    super::owner(&account, conversion).unwrap()
}

fn usd() -> Owner {
    owner("USD", Conversion::Conversion)
}

fn read<T: for<'a> serde::Deserialize<'a>>(json: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_str(&json.to_string())
}

/// A row of TikTok's documentation, by ad.
fn sample() -> Value {
    json!({
        "dimensions": { "ad_id": "1812345678909999", "stat_time_day": "2026-11-21 00:00:00" },
        "metrics": {
            "campaign_id": "1812345678901234", "campaign_name": "Night Drive Spark", "adgroup_id": "1812345678905678",
            "spend": "20.00", "impressions": "5830", "clicks": 69, "ctr": "1.18", "reach": "4806", "frequency": "1.21",
            "conversion": "12", "result": "69", "video_watched_2s": "686", "video_views_p100": "92", "likes": "36",
            "comments": "0", "shares": 0, "follows": "4", "complete_payment": "3", "total_purchase": "2",
            "onsite_shopping": "1", "total_complete_payment_rate": "12.50", "total_purchase_value": "0.00",
            "total_onsite_shopping_value": "1.25", "cost_per_secondary_goal_result": "-",
        },
    })
}

fn by_ad(json: &Value, owner: &Owner) -> Result<AdPerformance, Unreadable> {
    match performance(read(json).unwrap(), AdLevel::Ad, owner)? {
        (_, Row::AdPerformance(row)) => Ok(row),
        (_, other) => panic!("{other:?}"),
    }
}

#[test]
fn a_row_of_the_documentation_becomes_what_the_tables_say() {
    let row = by_ad(&sample(), &usd()).unwrap();
    assert_eq!(
        (&*row.campaign_id, &*row.ad_set_id, &*row.ad_id, row.date),
        ("1812345678901234", "1812345678905678", "1812345678909999", date(2026, 11, 21))
    );
    assert_eq!(
        row.metrics,
        AdMetrics {
            impressions: Some(5_830),
            clicks: Some(69),
            clicks_all: None,
            spend: Some(RawSpend(Micros(20_000_000))),
            conversions: Some(Micros(12_000_000)),
            conversion_value: Some(Micros(13_750_000)),
            video_views: Some(686),
            video_completions: Some(92),
            engagements: Some(40),
            reach: Some(4_806),
        }
    );
    assert_eq!(
        (row.conversion_definition.as_deref(), row.view_definition.as_deref()),
        (Some("conversion"), Some("2s"))
    );
}

#[test]
fn what_counts_as_a_conversion_is_the_settings_to_say() {
    for (conversion, micros) in [
        (Conversion::Conversion, 12_000_000),
        (Conversion::Result, 69_000_000),
        (Conversion::Purchases, 6_000_000),
    ] {
        let row = by_ad(&sample(), &owner("USD", conversion)).unwrap();
        assert_eq!(row.metrics.conversions, Some(Micros(micros)));
        assert_eq!(row.conversion_definition.as_deref(), Some(conversion.as_str()));
    }
}

#[test]
fn a_dash_null_and_what_is_left_out_are_unknown_and_so_is_a_sum_with_them() {
    for unknown in [json!("-"), Value::Null] {
        let mut line = sample();
        for name in ["impressions", "spend", "likes", "total_purchase_value", "total_purchase"] {
            line["metrics"][name] = unknown.clone();
        }
        line["metrics"].as_object_mut().unwrap().remove("reach");
        let metrics = by_ad(&line, &owner("USD", Conversion::Purchases)).unwrap().metrics;
        assert_eq!((metrics.impressions, metrics.spend, metrics.reach), (None, None, None));
        assert_eq!((metrics.engagements, metrics.conversions, metrics.conversion_value), (None, None, None));
        assert_eq!(metrics.clicks, Some(69));
    }
}

#[test]
fn what_cannot_be_right_is_no_row_and_says_no_value() {
    let broken = |path: &str, value: Value| {
        let mut line = sample();
        *line.pointer_mut(path).unwrap() = value;
        let line: Result<wire::Line, _> = read(&line);
        let error = match line {
            Ok(line) => performance(line, AdLevel::Ad, &usd()).unwrap_err().to_string(),
            Err(error) => Unreadable::from(error).to_string(),
        };
        assert!(!error.contains("ada"), "{error}");
        error
    };
    broken("/metrics/impressions", json!("ada"));
    broken("/metrics/impressions", json!(-5));
    broken("/metrics/spend", json!(["ada"]));
    assert!(broken("/metrics/spend", json!("99999999999999")).contains("spend"));
    assert!(broken("/dimensions/stat_time_day", json!("ada")).contains("stat_time_day"));
    assert!(broken("/metrics/campaign_id", Value::Null).contains("metrics.campaign_id"));
    let mut large = sample();
    for name in ["likes", "follows"] {
        large["metrics"][name] = json!(i64::MAX);
    }
    assert_eq!(by_ad(&large, &usd()).unwrap_err(), Unreadable::TooLarge("engagements"));
}

#[test]
fn a_country_is_two_letters_and_everything_else_is_none() {
    for (said, expected) in [
        (json!("US"), "US"),
        (json!("gb"), "GB"),
        (json!("None"), "ZZ"),
        (json!(""), "ZZ"),
        (json!("ZZ"), "ZZ"),
        (json!("U5"), "ZZ"),
        (Value::Null, "ZZ"),
    ] {
        let mut line = sample();
        line["dimensions"]["campaign_id"] = json!(1_812_345_678_901_234_567_u64);
        line["dimensions"]["country_code"] = said.clone();
        let (_, row) = in_country(read(&line).unwrap(), &usd()).unwrap();
        assert_eq!((&*row.country, &*row.campaign_id), (expected, "1812345678901234567"), "{said}");
    }
}

#[test]
fn budgets_are_a_days_or_a_lifes_in_major_units() {
    let of = |mode: &str, budget: Value| {
        let json = json!({ "campaign_id": 7, "budget": budget, "budget_mode": mode });
        match campaign(read(&json).unwrap(), &usd()).unwrap().1 {
            Row::AdCampaign(row) => (row.daily_budget.map(|it| it.0), row.lifetime_budget.map(|it| it.0)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(of("BUDGET_MODE_DAY", json!(50.0)), (Some(50_000_000), None));
    assert_eq!(of("BUDGET_MODE_DYNAMIC_DAILY_BUDGET", json!("50.25")), (Some(50_250_000), None));
    assert_eq!(of("BUDGET_MODE_TOTAL", json!(900)), (None, Some(900_000_000)));
    assert_eq!(of("BUDGET_MODE_INFINITE", json!(0.0)), (None, None));
    assert_eq!(of("BUDGET_MODE_DAY", Value::Null), (None, None));
    assert_eq!(of("BUDGET_MODE_NEW", json!(3)), (None, None), "of what nobody knows, nothing is guessed");
}

#[test]
fn what_tiktok_calls_deleted_is_removed_in_both() {
    for secondary in ["AD_STATUS_DELETE", "AD_STATUS_CAMPAIGN_DELETE", "AD_STATUS_ADGROUP_DELETE"] {
        assert_eq!(
            statuses(Some("ENABLE".to_owned()), Some(secondary.to_owned())).0.as_deref(),
            Some("removed")
        );
    }
    let other = (Some("ENABLE".to_owned()), Some("AD_STATUS_NOT_DELETED_YET".to_owned()));
    assert_eq!(statuses(other.0.clone(), other.1.clone()), other);
}

#[test]
fn a_spark_ad_shows_a_post_and_another_a_video() {
    let creative = |post: Value| {
        let json = json!({ "campaign_id": "1", "adgroup_id": "2", "ad_id": 1_812_345_678_901_234_567_u64,
            "tiktok_item_id": post, "video_id": "v1003", "modify_time": null });
        match ad(read(&json).unwrap(), &usd()).1 {
            Row::Ad(row) => (row.ad_id, row.creative_id.unwrap()),
            other => panic!("{other:?}"),
        }
    };
    let id = "1812345678901234567".to_owned();
    assert_eq!(creative(json!("7128840398432668673")), (id.clone(), "7128840398432668673".to_owned()));
    for none in [Value::Null, json!(""), json!("-")] {
        assert_eq!(creative(none), (id.clone(), "v1003".to_owned()));
    }
}

#[test]
fn a_row_that_cannot_be_read_is_known_by_its_ids_its_day_and_its_country() {
    let raw = |json: &Value| serde_json::value::RawValue::from_string(json.to_string()).unwrap();
    let mut line = sample();
    line["dimensions"]["country_code"] = json!("US");
    line["metrics"]["impressions"] = json!("ada@example.com");
    let found = named(&raw(&line));
    assert_eq!(found.day, Some(date(2026, 11, 21)));
    let fields: Vec<_> = found.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("ad_id", "1812345678909999"),
            ("campaign_id", "1812345678901234"),
            ("adgroup_id", "1812345678905678"),
            ("country_code", "US")
        ]
    );
    assert_eq!(
        named(&raw(&json!({ "campaign_id": "7", "campaign_name": ["ada"] }))).fields,
        [("campaign_id", "7".to_owned())]
    );
}

proptest! {
    #[test]
    fn money_is_exact_whatever_the_decimals(minor in 0_i64..1_000_000_000_000, place in 0_usize..4) {
        let (currency, exponent) = DECIMALS[place];
        let factor = 10_i64.pow(exponent);
        let width = exponent as usize;
        let text = if width == 0 { minor.to_string() } else { format!("{}.{:0width$}", minor / factor, minor % factor) };
        let mut line = sample();
        line["metrics"]["spend"] = json!(text);
        let row = by_ad(&line, &owner(currency, Conversion::Conversion)).unwrap();
        prop_assert_eq!(row.metrics.spend, Some(RawSpend(Micros(minor * 10_i64.pow(6 - exponent)))));
        prop_assert_eq!(row.currency.as_str(), currency);
    }

    #[test]
    fn ids_survive_as_text_and_as_number(id in 1_u64.., is_text: bool) {
        let said = if is_text { json!(id.to_string()) } else { json!(id) };
        let mut line = sample();
        line["dimensions"]["ad_id"] = said;
        prop_assert_eq!(by_ad(&line, &usd()).unwrap().ad_id, id.to_string());
    }

    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        if let Ok(line) = serde_json::from_str::<wire::Line>(&text) {
            let _ = performance(line, AdLevel::Campaign, &usd());
        }
        if let Ok(raw) = serde_json::value::RawValue::from_string(text) {
            let _ = named(&raw);
        }
    }
}
