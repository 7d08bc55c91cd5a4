//! What Stripe's answers mean: <https://docs.stripe.com/api/errors>.

use std::fmt::Write;

use crate::{
    failure::Wait,
    reading::names::name,
    session::{Meaning, Response, quota::Scope},
};

use super::wire::{ApiError, ErrorBody, is_word};

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    if response.is_success() {
        return Meaning::Ok;
    }
    let error = serde_json::from_slice::<ErrorBody<'_>>(&response.body)
        .map_or_else(|_| ApiError::default(), |body| body.error);
    let code = error.code.as_deref();
    match response.status {
        401 => Meaning::NeedsReauth {
            advice: "Stripe refuses the API key: set credentials.api_key to a valid restricted key (rk_live_…) of \
                     this account, from Developers > API keys in the Dashboard"
                .to_owned(),
        },
        403 => Meaning::Forbidden { advice: permission_advice(response.endpoint, &error) },
        429 if code == Some("lock_timeout") => passing(response, &error),
        429 => Meaning::RateLimited {
            scope: limited_scope(response.header("stripe-rate-limited-reason")),
            // Stripe gives no usable Retry-After: the session's own back-off decides.
            wait: Wait::Unsaid,
        },
        404 => Meaning::Gone { reason: summary(response, &error) },
        400 if code == Some("resource_missing") => Meaning::Gone { reason: summary(response, &error) },
        status => match response.header("stripe-should-retry") {
            Some("true") => passing(response, &error),
            Some("false") => Meaning::Permanent { reason: summary(response, &error) },
            // Another request holds the object; a third party failed.
            _ if matches!(status, 409 | 424) => passing(response, &error),
            _ => Meaning::of_status(status, Scope::Account, summary(response, &error)),
        },
    }
}

fn passing(response: &Response, error: &ApiError<'_>) -> Meaning {
    Meaning::Transient { reason: summary(response, error), wait: Wait::Unsaid }
}

/// Whose limit a 429 is about; the whole account's where Stripe does not say.
fn limited_scope(reason: Option<&str>) -> Scope {
    match reason {
        Some("endpoint-rate" | "endpoint-concurrency" | "resource-specific") => Scope::Endpoint,
        _ => Scope::Account,
    }
}

/// Names the permissions that the message names: `rak_subscription_read` → "Subscription: Read".
fn permission_advice(endpoint: &str, error: &ApiError<'_>) -> String {
    let message = error.message.as_deref().unwrap_or_default();
    let mut permissions: Vec<&str> = message
        .split(|character: char| !(character.is_ascii_lowercase() || character == '_'))
        .filter(|word| word.starts_with("rak_"))
        .collect();
    permissions.sort_unstable();
    permissions.dedup();
    if permissions.is_empty() {
        return format!(
            "the API key may not read {endpoint}: give the restricted key the Read permission for it, in Developers > \
             API keys in the Dashboard"
        );
    }
    format!(
        "the API key may not read {endpoint}: tick {} for the restricted key, in Developers > API keys in the Dashboard",
        permissions.join(", ")
    )
}

/// The error in one line: status, type, code, parameter, and the request's id, under which Stripe shows the rest. Its message is
/// not repeated: Stripe keeps people, and a message may name one.
fn summary(response: &Response, error: &ApiError<'_>) -> String {
    let mut text = format!("Stripe answers {} to {}", response.status, response.endpoint);
    // What is no word of Stripe's may be what somebody typed.
    let is_step = |step: &str| is_word(step) || step.bytes().all(|byte| byte.is_ascii_digit());
    let is_path = |param: &&str| param.split(['.', '[', ']']).all(is_step);
    for (key, value) in [
        ("type", error.kind.as_deref().filter(|kind| is_word(kind))),
        ("code", error.code.as_deref().filter(|code| is_word(code))),
        ("param", error.param.as_deref().and_then(|param| name(param, "_.[]")).filter(is_path)),
    ] {
        if let Some(value) = value {
            let _ = write!(text, " {key}={value}");
        }
    }
    let request = response.header("request-id").filter(|id| id.starts_with("req_"));
    if let Some(id) = request.and_then(|id| name(id, "_")) {
        let _ = write!(text, " request={id}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::response;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        response("charges.list", status, headers, body)
    }

    fn error(status: u16, body: &str) -> Meaning {
        meaning(&answer(status, &[], body))
    }

    #[test]
    fn a_refused_key_is_never_repeated() {
        let body = r#"{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: rk_live_*4242"}}"#;
        let Meaning::NeedsReauth { advice } = error(401, body) else { panic!("not NeedsReauth") };
        assert!(!advice.contains("4242"));
        let Meaning::Permanent { reason } = error(400, body) else { panic!("not Permanent") };
        assert!(!reason.contains("4242"), "{reason}");
        assert!(reason.contains("invalid_request_error"), "{reason}");
    }

    #[test]
    fn a_missing_permission_is_named() {
        let body = r#"{"error":{"message":"The provided key 'rk_live_*1' does not have the required permissions. Having the 'rak_charge_read' permission would allow this request to continue."}}"#;
        let Meaning::Forbidden { advice } = error(403, body) else { panic!("not Forbidden") };
        assert!(advice.contains("tick rak_charge_read"), "{advice}");
        let Meaning::Forbidden { advice } = error(403, "") else { panic!("not Forbidden") };
        assert!(advice.contains("charges.list"), "{advice}");
    }

    #[test]
    fn the_header_says_whose_limit_it_is() {
        for (reason, scope) in [
            ("global-rate", Scope::Account),
            ("global-concurrency", Scope::Account),
            ("endpoint-rate", Scope::Endpoint),
            ("endpoint-concurrency", Scope::Endpoint),
            ("something-new", Scope::Account),
        ] {
            let answer = answer(429, &[("stripe-rate-limited-reason", reason)], "{}");
            assert_eq!(meaning(&answer), Meaning::RateLimited { scope, wait: Wait::Unsaid }, "{reason}");
        }
    }

    #[test]
    fn a_locked_object_is_no_rate_limit() {
        assert!(matches!(error(429, r#"{"error":{"code":"lock_timeout"}}"#), Meaning::Transient { .. }));
    }

    #[test]
    fn what_is_missing_is_gone() {
        let missing = r#"{"error":{"code":"resource_missing","param":"starting_after"}}"#;
        assert!(matches!(error(400, missing), Meaning::Gone { .. }));
        assert!(matches!(error(404, missing), Meaning::Gone { .. }));
        assert!(matches!(error(400, r#"{"error":{"code":"parameter_unknown"}}"#), Meaning::Permanent { .. }));
    }

    #[test]
    fn stripe_decides_what_is_tried_again() {
        for (status, header, transient) in [
            (500, None, true),
            (503, Some("true"), true),
            (500, Some("false"), false),
            (409, None, true),
            (424, None, true),
            (402, None, false),
            (400, Some("true"), true),
        ] {
            let headers: Vec<_> = header.map(|value| ("stripe-should-retry", value)).into_iter().collect();
            let meaning = meaning(&answer(status, &headers, "<html>"));
            assert_eq!(matches!(meaning, Meaning::Transient { .. }), transient, "{status} {header:?}");
        }
    }

    #[test]
    fn what_it_says_is_not_repeated() {
        let body = r#"{"error":{"message":"No such customer Ada Lovelace, 12 Street, 4242424242424242, ada@example.com"}}"#;
        for status in [400, 402, 403, 500] {
            let said = format!("{:?}", error(status, body));
            assert!(!["Ada", "Street", "4242", "ada@"].iter().any(|word| said.contains(word)), "{said}");
        }
    }

    #[test]
    fn only_what_is_a_code_is_repeated() {
        let said = |code: &str, param: &str| {
            let body = serde_json::json!({ "error": { "type": "invalid_request_error", "code": code, "param": param } });
            format!("{:?}", error(400, &body.to_string()))
        };
        let longest = "a".repeat(80);
        for (code, param) in [
            ("parameter_unknown", "created[gte]"),
            ("e2e_1", "items.data[0].price_1"),
            (longest.as_str(), "x"),
        ] {
            let said = said(code, param);
            assert!(said.contains(&format!(" code={code} param={param}")), "{said}");
        }
        for no_code in ["", "Ada", "ada lovelace", "ada@example.com", "zqx-mark", "zqx.mark\n", "größe"] {
            let said = said(no_code, &no_code.replace('.', "!"));
            assert!(!said.contains("code=") && !said.contains("param="), "{no_code:?}: {said}");
        }
        assert!(!said("created[gte]", "x").contains("code="));
        assert!(!said(&"a".repeat(81), "x").contains("code="));
        assert!(!said("x", &"a".repeat(81)).contains("param="));
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = meaning(&response("charges.list", status, &[], body));
        }
    }
}
