use bytes::Bytes;
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-21T12:34:56Z";

fn answer(status: u16, body: &[u8], endpoint: &'static str) -> Response {
    Response {
        status,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
        endpoint,
        account: "1234567890".to_owned(),
        received_at: NOW.parse().unwrap(),
    }
}

fn body(status: u16, family: &str, code: &str, details: &Value) -> String {
    let error = json!({
        "errorCode": { family: code }, "message": "planted words of ada@example.com",
        "trigger": { "stringValue": "planted" }, "details": details,
    });
    let failure = json!({
        "@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure",
        "errors": [error], "requestId": "Dl1TzXcLgEz_UrWEL1z5ew",
    });
    json!({ "error": {
        "code": status, "message": "planted words", "status": "INVALID_ARGUMENT",
        "details": [{ "@type": "type.googleapis.com/google.rpc.Help", "links": [] }, failure],
    } })
    .to_string()
}

fn said(status: u16, family: &str, code: &str) -> Meaning {
    of(status, &body(status, family, code, &Value::Null))
}

fn of(status: u16, body: &str) -> Meaning {
    classify(&answer(status, body.as_bytes(), endpoint::SEARCH)).meaning
}

fn limited(scope: Scope, seconds: u64) -> Meaning {
    Meaning::RateLimited { scope, wait: Wait::For(Duration::from_secs(seconds)) }
}

#[test]
fn credentials_that_are_refused_stop_the_connection_and_say_what_to_do() {
    for code in [
        "OAUTH_TOKEN_EXPIRED",
        "OAUTH_TOKEN_INVALID",
        "OAUTH_TOKEN_REVOKED",
        "OAUTH_TOKEN_DISABLED",
        "NOT_ADS_USER",
        "GOOGLE_ACCOUNT_DELETED",
        "TWO_STEP_VERIFICATION_NOT_ENROLLED",
        "ADVANCED_PROTECTION_NOT_ENROLLED",
        "CUSTOMER_NOT_FOUND",
        "DEVELOPER_TOKEN_INVALID",
    ] {
        for status in [401, 403] {
            let Meaning::NeedsReauth { advice } = said(status, "authenticationError", code) else {
                panic!("{code}")
            };
            assert!(advice.contains("set credentials") && advice.contains(code), "{advice}");
            assert!(!advice.contains("planted") && !advice.contains("ada"), "{advice}");
        }
    }
}

#[test]
fn what_one_customer_lacks_is_that_customers_alone() {
    for code in [
        "USER_PERMISSION_DENIED",
        "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION",
        "CUSTOMER_NOT_ENABLED",
        "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT",
        "A_CODE_OF_TOMORROW",
    ] {
        let Meaning::Forbidden { advice } = said(403, "authorizationError", code) else { panic!("{code}") };
        assert!(advice.contains(code) && !advice.contains("planted"), "{advice}");
    }
    let Meaning::Forbidden { advice } = said(400, "queryError", "REQUESTED_METRICS_FOR_MANAGER") else {
        panic!("a manager has no numbers")
    };
    assert!(advice.contains("manager"), "{advice}");
    // Who is not enabled has nothing below it: it is left out of the list of customers.
    let body = body(403, "authorizationError", "CUSTOMER_NOT_ENABLED", &Value::Null);
    let listed = classify(&answer(403, body.as_bytes(), endpoint::HIERARCHY));
    assert!(matches!(listed.meaning, Meaning::Gone { .. }));
}

#[test]
fn what_the_cloud_project_may_not_do_stops_the_connection() {
    for code in [
        "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION",
        "ACTION_NOT_PERMITTED",
        "DEVELOPER_TOKEN_NOT_APPROVED",
        "DEVELOPER_TOKEN_PROHIBITED",
        "PROJECT_DISABLED",
        "METRIC_ACCESS_DENIED",
    ] {
        let Meaning::NeedsReauth { advice } = said(403, "authorizationError", code) else { panic!("{code}") };
        assert!(advice.contains("Cloud project") && advice.contains(code), "{advice}");
    }
    let disabled = json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "message": "planted",
        "details": [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED" }] } });
    let Meaning::NeedsReauth { advice } = of(403, &disabled.to_string()) else { panic!("the API is off") };
    assert!(advice.contains("enable the Google Ads API") && !advice.contains("planted"), "{advice}");
}

#[test]
fn a_query_that_is_wrong_is_not_sent_again() {
    for (family, code) in [
        ("queryError", "UNRECOGNIZED_FIELD"),
        ("queryError", "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("queryError", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("queryError", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"),
        ("queryError", "DATE_RANGE_TOO_WIDE"),
        ("requestError", "PAGE_SIZE_NOT_SUPPORTED"),
        ("headerError", "INVALID_LOGIN_CUSTOMER_ID"),
        ("dateRangeError", "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED"),
        ("tomorrowError", "CODE"),
    ] {
        let Meaning::Permanent { reason } = said(400, family, code) else { panic!("{family}.{code}") };
        assert!(reason.contains(code) && !reason.contains("planted"), "{reason}");
    }
    let Meaning::Permanent { reason } = said(400, "requestError", "UNSUPPORTED_VERSION") else {
        panic!("a version that is no longer served")
    };
    assert!(reason.contains("api_version"), "{reason}");
}

#[test]
fn what_is_no_family_or_no_code_is_not_repeated() {
    for (family, code) in
        [("Quillon_ek", "CODE"), ("lovelace", "CODE"), ("queryError", "Lovelace"), ("queryError", "4915")]
    {
        let told = format!("{:?}", said(400, family, code));
        assert!(!told.contains(family) || family == "queryError", "{told}");
        assert!(!told.contains(code), "{told}");
    }
}

#[test]
fn pages_and_windows_have_meanings_of_their_own() {
    for code in ["INVALID_PAGE_TOKEN", "EXPIRED_PAGE_TOKEN"] {
        assert!(matches!(said(400, "requestError", code), Meaning::Gone { .. }), "{code}");
    }
    assert!(matches!(said(400, "requestError", "RPC_DEADLINE_TOO_SHORT"), Meaning::TooMuch { .. }));
}

#[test]
fn limits_are_whose_google_says_and_as_long() {
    let quota = |code: &str, details: Value| of(429, &body(429, "quotaError", code, &details));
    let told = |scope: &str, delay: &str| json!({ "quotaErrorDetails": { "rateScope": scope, "retryDelay": delay } });
    assert_eq!(quota("RESOURCE_TEMPORARILY_EXHAUSTED", Value::Null), limited(Scope::Account, 5));
    assert_eq!(quota("RESOURCE_TEMPORARILY_EXHAUSTED", told("ACCOUNT", "30s")), limited(Scope::Account, 30));
    assert_eq!(quota("RESOURCE_EXHAUSTED", told("DEVELOPER", "3600s")), limited(Scope::App, 3_600));
    assert_eq!(quota("RESOURCE_EXHAUSTED", told("ACCOUNT", "60s")), limited(Scope::Account, 60));
    let short = quota("EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", Value::Null);
    assert_eq!(short, limited(Scope::Account, 300));
    let long = quota("EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", Value::Null);
    assert_eq!(long, limited(Scope::Account, 3_600));
    // Nothing is said: the day's budget is gone, and the next hour may give some of it back.
    let hour = "2026-11-21T13:00:00Z".parse().unwrap();
    let until = Meaning::RateLimited { scope: Scope::App, wait: Wait::Until(hour) };
    assert_eq!(quota("RESOURCE_EXHAUSTED", Value::Null), until);
    assert_eq!(quota("RESOURCE_EXHAUSTED", told("DEVELOPER", "soon")), until);
    assert_eq!(duration("1.5s"), Some(Duration::from_millis(1_500)));
    assert_eq!([duration("-1s"), duration("5"), duration("s")], [None; 3]);
    let info = json!({ "error": { "code": 429, "details": [
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s" }] } });
    assert_eq!(of(429, &info.to_string()), limited(Scope::Account, 7));
}

#[test]
fn passing_trouble_is_passing() {
    for (status, code) in [(500, "INTERNAL_ERROR"), (503, "TRANSIENT_ERROR"), (504, "DEADLINE_EXCEEDED")] {
        assert!(matches!(said(status, "internalError", code), Meaning::Transient { .. }), "{code}");
    }
    for (status, body) in [
        (502, "<html>Bad gateway</html>"),
        (503, ""),
        (408, "{}"),
        (403, "<html>login</html>"),
        (401, "<html>login</html>"),
    ] {
        assert!(matches!(of(status, body), Meaning::Transient { .. }), "{status} {body}");
    }
    assert!(
        matches!(of(404, "<html>not found</html>"), Meaning::Permanent { reason } if reason.contains("api_version"))
    );
    assert!(matches!(of(429, "<html>"), Meaning::RateLimited { .. }));
    assert!(matches!(of(401, r#"{"error":{"code":401}}"#), Meaning::NeedsReauth { .. }));
    assert_eq!(of(200, "{}"), Meaning::Ok);
}

/// Taken for an empty answer it would delete what is stored.
#[test]
fn an_error_under_a_good_status_is_an_error() {
    let found = of(200, &body(401, "authenticationError", "OAUTH_TOKEN_REVOKED", &Value::Null));
    assert!(matches!(found, Meaning::NeedsReauth { .. }), "{found:?}");
    let found = of(200, r#"{"error": {"code": 500}}"#);
    assert!(matches!(found, Meaning::Transient { .. }), "{found:?}");
    for rows in [r#"{"results": []}"#, r#"{"fieldMask": "campaign.id"}"#, "{}"] {
        assert_eq!(of(200, rows), Meaning::Ok, "{rows}");
    }
}

#[test]
fn only_names_are_repeated() {
    for (family, code) in
        [("queryError", "sk_live 123"), ("ada@example.com", "X"), ("queryError", &*"A".repeat(81))]
    {
        let meaning = format!("{:?}", said(400, family, code));
        assert!(!meaning.contains(code) && !meaning.contains("ada@"), "{meaning}");
    }
}

proptest! {
    #[test]
    fn any_answer_has_a_meaning(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = classify(&answer(status, &body, endpoint::SEARCH));
    }
}
