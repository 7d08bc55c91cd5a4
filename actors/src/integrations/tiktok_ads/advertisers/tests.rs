use rows::zone::zone;
use serde_json::{Value, json};

use super::*;
use crate::account::Account;

/// The advertiser of TikTok's documentation.
fn sample() -> Value {
    json!({ "advertiser_id": "7002238017842757633", "name": "Dynamoi Label A", "company": "Dynamoi", "currency": "USD",
        "country": "US", "timezone": "Etc/GMT+8", "display_timezone": "America/Los_Angeles", "status": "STATUS_ENABLE",
        "role": "ROLE_ADVERTISER", "balance": 10.5, "create_time": 1_630_335_591 })
}

fn read(json: &Value) -> Result<Account, Failure> {
    CALLED.account(told(serde_json::from_str(&json.to_string()).unwrap()))
}

#[test]
fn a_zone_with_an_inverted_sign_is_west() {
    let account = read(&sample()).unwrap();
    assert_eq!(
        (&*account.id, &*account.name, &*account.time_zone),
        ("7002238017842757633", "Dynamoi Label A", "Etc/GMT+8")
    );
    let zone = zone(&account.time_zone).unwrap();
    let at: jiff::Timestamp = "2026-11-21T07:59:59Z".parse().unwrap();
    assert_eq!(rows::day::day_at(at, &zone).to_string(), "2026-11-20", "eight hours behind UTC, all year");
}

#[test]
fn what_is_not_known_is_refused_by_name_and_what_is_not_said_may_be_known_from_before() {
    for (field, value, outcome) in [
        ("timezone", json!("Mars/Olympus"), "permanent"),
        ("currency", json!("DOLLAR"), "permanent"),
        ("timezone", Value::Null, "transient"),
        ("currency", json!(""), "transient"),
    ] {
        let mut wire = sample();
        wire[field] = value.clone();
        let failure = read(&wire).unwrap_err();
        assert_eq!(failure.outcome(), outcome, "{field} {value}");
        assert!(failure.to_string().contains("7002238017842757633"), "{failure}");
    }
}
