use serde_json::json;

use super::*;
use crate::{
    integration::{AnyIntegration as _, Connected},
    stream::Kind,
};

fn connect(settings: serde_json::Value) -> Result<Connected, SetupError> {
    MetaAds.connected(&testing::spec(settings), &testing::services())
}

#[test]
fn a_token_is_all_that_is_needed_and_is_sent_as_a_header() {
    let connected = connect(serde_json::Value::Null).unwrap();
    assert!(matches!(connected.source.auth(), Auth::Bearer(_)));
    assert_eq!(testing::source(json!({})).accounts, ["1234567890123456"]);
}

#[test]
fn without_a_token_nothing_is_connected() {
    let mut spec = testing::spec(json!({}));
    spec.credentials.clear();
    assert!(matches!(
        MetaAds.connected(&spec, &testing::services()),
        Err(SetupError::MissingCredential { name: "access_token", .. })
    ));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    assert!(connect(json!({ "attribution_windows": ["28d_view"] })).is_err());
    assert!(connect(json!({ "colour": "blue" })).is_err());
}

#[test]
fn settings_switch_streams() {
    let enabled = |settings: serde_json::Value| -> Vec<&str> {
        let streams = connect(settings).unwrap().streams;
        streams.iter().filter(|stream| stream.enabled).map(|stream| stream.name).collect()
    };
    assert_eq!(enabled(json!({})), ["accounts", "campaigns", "ad_sets", "ads", "insights", "ad_insights"]);
    assert_eq!(
        enabled(json!({ "countries": true, "ad_level": false })),
        ["accounts", "campaigns", "ad_sets", "insights", "country_insights"]
    );
}

#[test]
fn levels_of_one_table_are_told_apart() {
    let levels: Vec<_> = MetaAds
        .known_streams()
        .iter()
        .filter(|stream| stream.tables.contains(&Table::AdPerformanceDaily))
        .map(|stream| match &stream.kind {
            Kind::Days(days) => days.level,
            _ => None,
        })
        .collect();
    assert_eq!(levels, [Some("campaign"), Some("ad")]);
}

#[test]
fn the_schema_knows_every_setting() {
    let schema = MetaAds.settings_schema();
    let properties = schema.get("properties").and_then(|it| it.as_object()).unwrap();
    for key in [
        "conversion",
        "attribution_windows",
        "countries",
        "ad_level",
        "reach",
        "include_deleted",
        "page_size",
    ] {
        assert!(properties.contains_key(key), "{key}");
    }
    assert_eq!(schema.get("additionalProperties"), Some(&json!(false)));
}
