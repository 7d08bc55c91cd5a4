use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::{
    failure::Wait,
    integration::Source as _,
    session::{Auth, Meaning, Signal, Verdict},
    testing::response,
};

/// One in the afternoon in Berlin, four in the morning in California.
const NOW: &str = "2026-11-21T12:00:00Z";

fn classify(endpoint: &'static str, status: u16, body: &Value) -> Verdict {
    let mut response = response(endpoint, status, &[], body.to_string());
    response.received_at = NOW.parse().unwrap();
    errors::classify(&response)
}

fn refused(status: u16, message: &str, reason: &str) -> Meaning {
    let mut body =
        json!({ "error": { "code": status, "message": format!("{message} planted"), "status": "WORD" } });
    if !reason.is_empty() {
        let info = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com" });
        body["error"]["details"] = json!([{ "@type": "type.googleapis.com/google.rpc.Help" }, info]);
    }
    classify(endpoint::REPORT, status, &body).meaning
}

#[test]
fn a_refusal_for_quota_says_by_its_words_how_long() {
    let midnight: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
    let until_midnight = Duration::try_from(midnight.duration_since(NOW.parse().unwrap())).unwrap();
    let minutes = Duration::from_mins;
    for (message, wait) in [
        ("Exhausted concurrent requests quota.", Wait::For(Duration::from_secs(30))),
        (
            "Exhausted property tokens for a project per hour. These quota tokens will return in under an hour.",
            Wait::For(minutes(30)),
        ),
        ("Exhausted property tokens per hour.", Wait::For(minutes(30))),
        ("Exhausted potentially thresholded requests quota.", Wait::For(minutes(30))),
        ("Exhausted server errors quota.", Wait::For(minutes(60))),
        ("Exhausted property tokens per day.", Wait::For(until_midnight)),
        ("These quota tokens will return in less than 24 hours.", Wait::For(until_midnight)),
        ("Quota.", Wait::Unsaid),
    ] {
        let expected = Meaning::RateLimited { scope: Scope::Account, wait };
        assert_eq!(refused(429, message, ""), expected, "{message}");
    }
}

#[test]
fn errors_say_what_to_do_and_repeat_none_of_googles_words() {
    let advice = |meaning: Meaning| match meaning {
        Meaning::NeedsReauth { advice } => format!("reauth: {advice}"),
        Meaning::Forbidden { advice } => format!("forbidden: {advice}"),
        Meaning::Permanent { reason } => format!("permanent: {reason}"),
        Meaning::Transient { reason, wait } => format!("transient {wait:?}: {reason}"),
        other => panic!("{other:?}"),
    };
    for (status, reason, begins, holds) in [
        (401, "", "reauth", "set credentials again"),
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "reauth", "analytics.readonly"),
        (403, "SERVICE_DISABLED", "forbidden", "switch the Google Analytics Data API on"),
        (403, "", "forbidden", "role Viewer on the property"),
        (400, "", "permanent", "status 400"),
        (404, "", "permanent", "api_version"),
        (500, "", "transient For(60s)", "status 500"),
        (503, "", "transient For(60s)", "status 503"),
    ] {
        let told = advice(refused(status, "Field x of", reason));
        assert!(told.starts_with(begins) && told.contains(holds) && !told.contains("planted"), "{told}");
    }
    let quota = json!({ "error": { "code": 429, "message": "Exhausted server errors quota." } });
    let hour = Meaning::RateLimited { scope: Scope::Account, wait: Wait::For(Duration::from_hours(1)) };
    assert_eq!(classify(endpoint::REPORT, 200, &quota).meaning, hour, "under a good status, too");
    let nameless = classify(endpoint::REPORT, 200, &json!({ "error": {} })).meaning;
    assert!(matches!(nameless, Meaning::Transient { .. } | Meaning::Permanent { .. }), "{nameless:?}");
    let page = response(endpoint::REPORT, 502, &[], "<html>");
    assert!(matches!(errors::classify(&page).meaning, Meaning::Transient { wait: Wait::Unsaid, .. }));
    let page = response(endpoint::REPORT, 404, &[], "<!DOCTYPE html>");
    assert!(matches!(errors::classify(&page).meaning, Meaning::Permanent { .. }));
    let told =
        response(endpoint::REPORT, 429, &[("retry-after", "7")], r#"{"error":{"message":"per hour"}}"#);
    let unsaid = Meaning::RateLimited { scope: Scope::Account, wait: Wait::Unsaid };
    assert_eq!(errors::classify(&told).meaning, unsaid, "the header is read by the session");
}

fn signals(quota: &Value, metadata: &Value) -> Vec<Signal> {
    let body = json!({ "propertyQuota": quota, "metadata": metadata, "rows": [7] });
    classify(endpoint::REPORT, 200, &body).signals
}

#[test]
fn a_property_that_has_little_left_is_left_alone() {
    let euros = json!({ "currencyCode": "EUR" });
    let plenty = json!({
        "tokensPerDay": { "consumed": 3, "remaining": 150_000 },
        "tokensPerHour": { "consumed": 3, "remaining": 30_000 },
        "concurrentRequests": { "remaining": 1 },
        "serverErrorsPerProjectPerHour": { "remaining": 10 },
        "potentiallyThresholdedRequestsPerHour": { "remaining": 0 },
        "tokensPerProjectPerHour": { "consumed": 3, "remaining": 7_000 },
    });
    assert_eq!(signals(&plenty, &euros), [Signal::Used { scope: Scope::Account, ratio: 0.5 }]);
    let hold = |wait| Signal::Hold { scope: Scope::Account, wait };
    let hour = json!({ "tokensPerProjectPerHour": { "consumed": 14, "remaining": 1_400 } });
    assert_eq!(signals(&hour, &euros)[1..], [hold(Duration::from_mins(30))]);
    // Proto leaves out what is zero.
    let errors = json!({ "serverErrorsPerProjectPerHour": {}, "tokensPerHour": { "remaining": 9 } });
    assert_eq!(signals(&errors, &euros)[1..], [hold(Duration::from_hours(1))]);
    let day = json!({ "tokensPerDay": { "remaining": 20_000 }, "tokensPerHour": { "remaining": 0 } });
    assert_eq!(signals(&day, &euros)[1..], [hold(Duration::from_hours(20))]);
    // Google Analytics 360 has more than all.
    let large = json!({ "tokensPerDay": { "remaining": 1_999_997 } });
    assert_eq!(signals(&large, &euros), [Signal::Used { scope: Scope::Account, ratio: 0.0 }]);
    assert!(signals(&Value::Null, &euros).is_empty());
}

#[test]
fn the_days_of_california_have_23_and_25_hours_too() {
    let midnight = |now: &str| google::midnight(now.parse().unwrap());
    assert_eq!(midnight("2026-03-08T09:59:00Z"), Duration::from_hours(21) + Duration::from_mins(1));
    assert_eq!(midnight("2026-11-01T07:00:00Z"), Duration::from_hours(25));
    assert_eq!(midnight("2026-11-02T07:59:59Z"), Duration::from_secs(1));
}

#[test]
fn what_a_report_withholds_is_said() {
    let metadata = json!({
        "currencyCode": "EUR",
        "subjectToThresholding": true,
        "dataLossFromOtherRow": true,
        "samplingMetadatas": [{ "samplesReadCount": "1", "samplingSpaceSize": "2" }],
        "dataTruncationReasons": [{ "dataTruncationType": "DATA_TRUNCATION_TYPE_DATE_RANGE" }],
        "schemaRestrictionResponse": { "activeMetricRestrictions": [{ "metricName": "purchaseRevenue" }, { "metricName": "adCost" }] },
    });
    let fields = |metadata: &Value| {
        let signals = signals(&Value::Null, metadata).into_iter();
        let fields = signals.map(|signal| match signal {
            Signal::FieldUnavailable(field) => field,
            other => panic!("{other:?}"),
        });
        fields.collect::<Vec<_>>()
    };
    let expected = ["rows.thresholded", "rows.other", "rows.sampled", "rows.truncated", "purchaseRevenue"];
    assert_eq!(fields(&metadata), expected);
    assert_eq!(fields(&json!({ "currencyCode": "EUR" })), [""; 0]);
    assert_eq!(fields(&json!({})), ["metadata.currencyCode"]);
    let incompatible = json!({ "metricCompatibilities": [
        { "metricMetadata": { "apiName": "totalUsers" }, "compatibility": "INCOMPATIBLE" },
        { "metricMetadata": { "apiName": "adCost" }, "compatibility": "INCOMPATIBLE" },
        { "metricMetadata": { "apiName": "sessions" }, "compatibility": "COMPATIBLE" },
    ] });
    let verdict = classify(endpoint::COMPATIBILITY, 200, &incompatible);
    assert_eq!(verdict.signals, [Signal::FieldUnavailable("totalUsers")]);
}

fn connect(settings: Value, account: &str) -> Result<AnalyticsSource, SetupError> {
    let mut spec = crate::testing::spec(&GoogleAnalytics, ("refresh_token", "planted"), Value::Null);
    for name in ["client_id", "client_secret"] {
        spec.credentials.insert(name.to_owned(), "planted".into());
    }
    let hosts = GoogleAnalytics.manifest().hosts.iter();
    spec.endpoints = hosts.map(|host| (host.name.to_owned(), host.url.parse().unwrap())).collect();
    spec.accounts.extend((!account.is_empty()).then(|| account.to_owned()));
    GoogleAnalytics.connect(Setup {
        spec: &spec,
        settings: serde_json::from_value(settings).unwrap(),
        services: &crate::testing::services(Timestamp::UNIX_EPOCH),
    })
}

#[test]
fn a_connection_reads_one_property_and_tells_its_secrets_to_nobody() {
    let source = connect(json!({ "property": "123456" }), "123456").unwrap();
    assert!(!format!("{source:?}").contains("planted"), "{source:?}");
    assert!(matches!(source.auth_at(ADMIN.name), Auth::Token { .. }));
    assert!(matches!(source.auth_at("token"), Auth::None));
    for (settings, account, key) in [
        (json!({}), "", "settings.property"),
        (json!({ "property": "G-ABC" }), "", "settings.property"),
        (json!({ "property": "1", "goals": ["sign up"] }), "", "settings.goals"),
        (json!({ "property": "1" }), "2", "settings.property"),
    ] {
        let error = connect(settings, account).unwrap_err().to_string();
        assert!(error.starts_with(key), "{error}");
    }
}

#[test]
fn goals_switch_their_stream_on() {
    let enabled = |settings: Value| {
        let streams = GoogleAnalytics.streams(&serde_json::from_value(settings).unwrap());
        streams.into_iter().map(StreamOf::described).filter(|stream| stream.enabled).count()
    };
    assert_eq!((enabled(json!({})), enabled(json!({ "goals": ["sign_up"] }))), (1, 2));
}
