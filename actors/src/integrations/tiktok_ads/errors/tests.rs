use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::response;

fn answer(status: u16, body: &[u8]) -> Response {
    let mut answer = response("report.integrated.get", status, &[], body);
    answer.account = "7002238017842757633".to_owned();
    answer
}

fn with_code(code: i64) -> Response {
    let body = json!({ "code": code, "message": "planted words of ada@example.com", "request_id": "2026", "data": {} });
    answer(200, body.to_string().as_bytes())
}

fn said(code: i64) -> Meaning {
    classify(&with_code(code), &Refusals::default()).meaning
}

fn word(meaning: &Meaning) -> &'static str {
    match meaning {
        Meaning::Ok => "ok",
        Meaning::RateLimited { scope: Scope::App, .. } => "app",
        Meaning::RateLimited { .. } => "account",
        Meaning::Transient { .. } => "transient",
        Meaning::NeedsReauth { .. } => "reauth",
        Meaning::Forbidden { .. } => "forbidden",
        Meaning::TooMuch { .. } => "too much",
        Meaning::Gone { .. } => "gone",
        Meaning::Permanent { .. } => "permanent",
    }
}

#[test]
fn codes_under_status_200_are_the_errors() {
    for (codes, expected) in [
        (&[0, 20_001][..], "ok"),
        (&[40_016, 40_100, 60_001], "app"),
        (&[40_132, 40_133], "account"),
        (&[40_102, 40_104, 40_105, 40_106, 40_101, 40_110, 40_115], "reauth"),
        (&[40_001, 40_125, 40_300, 40_301], "forbidden"),
        (&[40_067, 40_011], "too much"),
        (&[40_007], "gone"),
        (&[40_050, 40_200, 40_201, 40_202, 40_700, 50_000, 50_002, 51_305, 52_000], "transient"),
        (
            &[
                40_000, 40_002, 40_006, 40_010, 40_051, 40_113, 40_118, 40_119, 40_124, 41_000, 41_001,
                41_002, 49_999,
            ],
            "permanent",
        ),
        // Nobody knows them: asked again, and shown.
        (&[-1, 1, 39_999, 70_000], "transient"),
    ] {
        for code in codes {
            let meaning = said(*code);
            assert_eq!(word(&meaning), expected, "{code}");
            let text = format!("{meaning:?}");
            assert!(!text.contains("planted") && !text.contains("ada@"), "{text}");
            assert!(
                matches!(expected, "ok" | "app" | "account") || text.contains(&code.to_string()),
                "{text}"
            );
        }
    }
    let Meaning::NeedsReauth { advice } = said(40_105) else { panic!() };
    assert!(advice.contains("set credentials.access_token"), "{advice}");
    assert_eq!(
        word(
            &classify(&answer(200, br#"{"code":"40105","message":"","data":{}}"#), &Refusals::default())
                .meaning
        ),
        "reauth"
    );
}

#[test]
fn a_status_decides_where_no_code_does() {
    let word_of =
        |status, body: &str| word(&classify(&answer(status, body.as_bytes()), &Refusals::default()).meaning);
    assert_eq!(word_of(404, "404 page not found"), "permanent");
    assert_eq!(word_of(502, "<html>Bad gateway</html>"), "transient");
    assert_eq!(word_of(200, "<html>Sign in</html>"), "transient");
    assert_eq!(word_of(429, ""), "app");
    assert_eq!(word_of(500, r#"{"code":50000,"message":"System error","data":{}}"#), "transient");
    assert_eq!(
        word_of(500, r#"{"code":0,"message":"OK","data":{}}"#),
        "transient",
        "a code alone makes no 500 good"
    );
}

#[test]
fn a_third_refusal_within_a_minute_pauses_the_app_for_five() {
    let refusals = Refusals::default();
    let wait_at = |second: i64| {
        let mut refused = with_code(40_100);
        refused.received_at = Timestamp::from_second(second).unwrap();
        match classify(&refused, &refusals).meaning {
            Meaning::RateLimited { scope: Scope::App, wait: Wait::For(wait) } => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    // Those of one second were on their way together.
    assert_eq!([0, 0, 0, 0].map(wait_at), [2; 4]);
    assert_eq!([10, 20, 21].map(wait_at), [2, 300, 300]);
    assert_eq!(wait_at(200), 2, "after a quiet minute it begins again");
}

#[test]
fn waits_are_those_of_the_code() {
    let Meaning::RateLimited { wait, .. } = said(40_133) else { panic!() };
    assert_eq!(wait, Wait::For(Duration::from_secs(2)));
    let Meaning::RateLimited { wait, .. } = said(60_001) else { panic!() };
    assert_eq!(wait, Wait::For(Duration::from_mins(15)));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let meaning = classify(&answer(status, &body), &Refusals::default()).meaning;
        prop_assert_ne!(word(&meaning), "ok");
    }
}
