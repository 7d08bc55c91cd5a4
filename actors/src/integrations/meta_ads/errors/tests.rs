use proptest::prelude::*;

use super::*;
use crate::integrations::meta_ads::testing::response;

fn meaning_of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Meaning {
    classify(&response(status, headers, body)).meaning
}

fn word(meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Ok => "ok",
        Meaning::RateLimited { scope: Scope::App, .. } => "limited app",
        Meaning::RateLimited { scope: Scope::Account, .. } => "limited account",
        Meaning::RateLimited { scope: Scope::Endpoint, .. } => "limited use case",
        Meaning::RateLimited { .. } => "limited elsewhere",
        Meaning::Transient { .. } => "transient",
        Meaning::NeedsReauth { .. } => "reauth",
        Meaning::Forbidden { .. } => "forbidden",
        Meaning::TooMuch { .. } => "too much",
        Meaning::Gone { .. } => "gone",
        Meaning::Permanent { .. } => "permanent",
    }
}

/// One fixture per line of the table: status, code, subcode, meaning.
const FIXTURES: &[(u16, i64, Option<i64>, &str)] = &[
    (500, 1, Some(99), "transient"),
    (500, 1, None, "transient"),
    (400, 1, None, "permanent"),
    (400, 1, Some(2_853_001), "permanent"),
    (500, 2, None, "transient"),
    (400, 2, None, "transient"),
    (400, 2, Some(1_504_038), "too much"),
    (400, 100, Some(1_504_018), "too much"),
    (400, 100, Some(1_487_534), "too much"),
    (500, 2, Some(1_504_041), "permanent"),
    (500, 2, Some(1_504_042), "permanent"),
    (400, 2, Some(1_504_043), "transient"),
    (400, -2, Some(2_490_547), "transient"),
    (400, 4, None, "limited app"),
    (400, 4, Some(1_504_022), "limited app"),
    (400, 4, Some(1_504_039), "limited app"),
    (400, 17, None, "limited account"),
    (400, 17, Some(2_446_079), "limited account"),
    (400, 32, None, "limited account"),
    (400, 341, None, "limited app"),
    (400, 613, None, "limited account"),
    (400, 613, Some(1_487_742), "limited account"),
    (400, 613, Some(1996), "limited account"),
    (400, 80_000, Some(2_446_079), "limited use case"),
    (400, 80_001, None, "limited use case"),
    (400, 80_002, None, "limited use case"),
    (400, 80_003, None, "limited use case"),
    (400, 80_004, None, "limited use case"),
    (400, 80_005, None, "limited use case"),
    (400, 80_006, None, "limited use case"),
    (400, 80_008, None, "limited use case"),
    (400, 80_009, None, "limited use case"),
    (400, 80_014, None, "limited use case"),
    (400, 100, Some(33), "gone"),
    (400, 100, None, "permanent"),
    (401, 102, None, "reauth"),
    (400, 190, None, "reauth"),
    (400, 190, Some(458), "reauth"),
    (400, 190, Some(460), "reauth"),
    (401, 190, Some(463), "reauth"),
    (400, 190, Some(464), "reauth"),
    (400, 190, Some(467), "reauth"),
    (400, 190, Some(492), "reauth"),
    (403, 3, None, "forbidden"),
    (403, 10, None, "forbidden"),
    (403, 200, None, "forbidden"),
    (403, 299, None, "forbidden"),
    (403, 300, None, "permanent"),
    (400, 368, None, "limited account"),
    (400, 960, None, "transient"),
    (400, 104, None, "transient"),
    (503, 12_345, None, "transient"),
    (400, 12_345, None, "permanent"),
];

fn body(code: i64, subcode: Option<i64>, message: &str) -> String {
    let subcode = subcode.map(|subcode| format!(r#","error_subcode":{subcode}"#)).unwrap_or_default();
    format!(
        r#"{{"error":{{"message":"{message}","type":"OAuthException","code":{code}{subcode},"fbtrace_id":"A1b2"}}}}"#
    )
}

#[test]
fn every_code_means_what_the_table_says() {
    for &(status, code, subcode, expected) in FIXTURES {
        let meaning = meaning_of(status, &[], &body(code, subcode, "(#1) Something"));
        assert_eq!(word(&meaning), expected, "{status} {code} {subcode:?}");
    }
}

#[test]
fn every_rule_has_a_fixture() {
    for rule in RULES {
        let covered = FIXTURES.iter().any(|&(_, code, subcode, _)| {
            rule.codes.contains(&code)
                && (rule.subcodes.is_empty() || subcode.is_some_and(|it| rule.subcodes.contains(&it)))
        });
        assert!(covered, "{:?} {:?}", rule.codes, rule.subcodes);
    }
}

#[test]
fn an_error_with_status_200_is_an_error() {
    assert_eq!(word(&meaning_of(200, &[], &body(190, Some(463), "expired"))), "reauth");
    assert_eq!(word(&meaning_of(200, &[], r#"{"data":[]}"#)), "ok");
    assert_eq!(word(&meaning_of(200, &[], r#"{"data":[],"error":null}"#)), "ok");
}

#[test]
fn reduce_the_amount_of_data_is_too_much() {
    let message = "Please reduce the amount of data you're asking for, then retry your request";
    assert_eq!(word(&meaning_of(500, &[], &body(1, None, message))), "too much");
}

#[test]
fn is_transient_is_believed_for_unknown_codes() {
    let body = r#"{"error":{"message":"x","code":12345,"is_transient":true}}"#;
    assert_eq!(word(&meaning_of(400, &[], body)), "transient");
}

#[test]
fn missing_permissions_in_words_is_forbidden() {
    assert_eq!(word(&meaning_of(400, &[], &body(100, None, "(#100) Missing permissions"))), "forbidden");
}

#[test]
fn answers_without_graph_error_go_by_their_status() {
    for (status, expected) in [
        (204, "ok"),
        (401, "reauth"),
        (404, "permanent"),
        (408, "transient"),
        (429, "limited app"),
        (502, "transient"),
    ] {
        assert_eq!(word(&meaning_of(status, &[], "<html>")), expected, "{status}");
    }
}

#[test]
fn a_pause_lasts_as_long_as_the_header_of_its_use_case_says() {
    let header = r#"{"1":[{"type":"ads_management","estimated_time_to_regain_access":50},
        {"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":19}]}"#;
    let limited = |headers: &[(&'static str, &str)]| match meaning_of(400, headers, &body(80_000, None, "x"))
    {
        Meaning::RateLimited { wait, .. } => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(limited(&[("x-business-use-case-usage", header)]), Wait::For(Duration::from_mins(19)));
    assert_eq!(limited(&[]), Wait::Unsaid);
}

#[test]
fn an_account_pauses_for_its_reset_but_at_least_a_minute() {
    let wait = |seconds: u32| {
        let header = format!(r#"{{"acc_id_util_pct":100.0,"reset_time_duration":{seconds}}}"#);
        match meaning_of(400, &[("x-ad-account-usage", &header)], &body(17, None, "x")) {
            Meaning::RateLimited { wait, .. } => wait,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(300), Wait::For(Duration::from_mins(5)));
    assert_eq!(wait(5), Wait::For(PAUSE_MIN));
}

#[test]
fn good_answers_bring_their_signals() {
    let verdict = classify(&response(200, &[("x-app-usage", r#"{"call_count":96}"#)], "{}"));
    assert_eq!(verdict.meaning, Meaning::Ok);
    assert_eq!(verdict.signals.len(), 1);
}

#[test]
fn advice_follows_the_subcode_and_names_the_codes() {
    let Meaning::NeedsReauth { advice } = meaning_of(400, &[], &body(190, Some(463), "Session has expired"))
    else {
        panic!("not a matter of credentials");
    };
    assert!(advice.contains("expired: make a new one"), "{advice}");
    assert!(advice.contains("190/463"), "{advice}");
}

#[test]
fn no_message_is_repeated() {
    let said = "(#100) Ada Lovelace, +49 151 23456789, 12 Street: no access_token=EAAGx1 for ada@example.com";
    for &(status, code, subcode, _) in FIXTURES {
        let told = format!("{:?}", meaning_of(status, &[], &body(code, subcode, said)));
        for word in ["Ada", "Lovelace", "151", "Street", "EAAG", "ada@"] {
            assert!(!told.contains(word), "{status} {code}: {told}");
        }
    }
}

#[test]
fn codes_and_the_id_of_the_request_are() {
    let described = |json: serde_json::Value| describe(&serde_json::from_value(json).unwrap());
    let error =
        serde_json::json!({ "code": 100, "error_subcode": 33, "fbtrace_id": "A9Nf1LKxT9aYdM3NPbYFIAM" });
    assert_eq!(described(error), "Meta error 100/33 (fbtrace_id A9Nf1LKxT9aYdM3NPbYFIAM)");
    for id in ["AdaLovelace", "Ada Lovelace 1", "004915123456789", "ada_lovelace_1815", "A1b"] {
        assert_eq!(described(serde_json::json!({ "code": 2, "fbtrace_id": id })), "Meta error 2", "{id}");
    }
}

proptest! {
    #[test]
    fn any_body_is_survived(status in 100_u16..600, body in ".{0,200}") {
        meaning_of(status, &[], &body);
    }

    #[test]
    fn any_error_is_described(message in ".{0,500}", id in ".{0,40}") {
        let error = GraphError { message, fbtrace_id: Some(id), ..GraphError::default() };
        prop_assert!(describe(&error).len() < 80);
    }
}
