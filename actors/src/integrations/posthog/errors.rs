//! What PostHog's answers mean. <https://posthog.com/docs/api>. Its details are compared and not repeated: they may quote a value of an
//! event, or say who asks.

use std::{fmt::Write as _, time::Duration};

use serde::Deserialize;

use crate::{
    failure::{Wait, is_web_page},
    reading::names::name,
    session::{Meaning, Response, SaidWait, quota::Scope},
};

/// Over the limit of concurrent queries, PostHog does not say how long to wait.
const WAIT: Duration = Duration::from_secs(15);
/// How many properties are named that a query cannot be answered for.
const PROPERTIES_MAX: usize = 3;

/// `{"type", "code", "detail", "attr"}`: every error of PostHog's own.
#[derive(Debug, Default, Deserialize)]
struct ApiError {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    detail: Option<String>,
}

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    if response.is_success() {
        return Meaning::Ok;
    }
    let error: ApiError = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = error.code.as_deref().unwrap_or_default();
    let detail = error.detail.as_deref().unwrap_or_default();
    match response.status {
        // PostHog's own refusals are JSON. Whose these are, nobody knows: the key may be good.
        401 | 403 | 404 | 407 if is_web_page(&response.body) => Meaning::Permanent {
            reason: format!(
                "{}: status {} with a web page: a login page or a proxy answers in PostHog's place. Look at `base_url`, and \
                 at what stands between here and there",
                response.endpoint, response.status
            ),
        },
        401 => Meaning::NeedsReauth {
            advice: "PostHog refuses the API key: make a new personal API key with the scope query:read (Settings > \
                     Personal API keys) and set credentials.api_key; a key of the EU cloud works only with base_url \
                     https://eu.posthog.com"
                .to_owned(),
        },
        402 => Meaning::Forbidden {
            advice: format!("PostHog wants to be paid for this: look at Billing in PostHog ({})", summary(response, &error)),
        },
        403 => Meaning::Forbidden {
            advice: format!(
                "the API key may not query this project: give it the scope query:read and access to the project, in \
                 Settings > Personal API keys in PostHog ({})",
                summary(response, &error)
            ),
        },
        404 => Meaning::Gone {
            reason: format!(
                "PostHog knows no such project or query here: look at settings.project, and at base_url for its region \
                 ({})",
                summary(response, &error)
            ),
        },
        429 => Meaning::RateLimited {
            scope: Scope::Project,
            wait: Wait::For(response.said_wait().map_or(WAIT, SaidWait::asked)),
        },
        400 if is_busy(code) => {
            Meaning::Transient { reason: summary(response, &error), wait: Wait::For(WAIT) }
        }
        status if is_too_slow(code, detail) => Meaning::Transient {
            reason: format!(
                "PostHog stops a query after ten seconds ({}): if this goes on, one day holds too many events for this \
                 way of reading",
                summary(response, &error)
            ),
            wait: if status == 400 { Wait::For(WAIT) } else { Wait::Unsaid },
        },
        409 => Meaning::Transient { reason: summary(response, &error), wait: Wait::Unsaid },
        status => Meaning::of_status(status, Scope::Project, summary(response, &error)),
    }
}

/// The database behind PostHog has too much to do.
fn is_busy(code: &str) -> bool {
    matches!(code, "too_many_simultaneous_queries" | "clickhouse_at_capacity" | "concurrency_limit_exceeded")
}

/// The query took too long, or too much memory, this time.
fn is_too_slow(code: &str, detail: &str) -> bool {
    let detail = detail.to_ascii_lowercase();
    matches!(code, "timeout_exceeded" | "too_slow" | "memory_limit_exceeded")
        || ["max execution time", "max memory limit", "execution time is too long"]
            .iter()
            .any(|words| detail.contains(words))
}

/// The error in one line: status, type, code, and the properties of PostHog's own (`$pathname`) that it names.
fn summary(response: &Response, error: &ApiError) -> String {
    let mut text = format!("PostHog answers {} to {}", response.status, response.endpoint);
    for (key, value) in [("type", &error.kind), ("code", &error.code)] {
        let is_small = |value: &&str| !value.contains(char::is_uppercase);
        if let Some(value) = value.as_deref().and_then(|value| name(value, "_")).filter(is_small) {
            let _ = write!(text, " {key}={value}");
        }
    }
    let detail = error.detail.as_deref().unwrap_or_default();
    let words = detail.split(|letter: char| !(letter.is_ascii_lowercase() || "$_".contains(letter)));
    let properties = words.filter_map(|word| name(word.strip_prefix('$')?, "_"));
    for property in properties.take(PROPERTIES_MAX) {
        let _ = write!(text, " ${property}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::response;

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Meaning {
        meaning(&response("query", status, headers, body))
    }

    fn error(status: u16, code: &str, detail: &str) -> Meaning {
        let body = serde_json::json!({ "type": "t", "code": code, "detail": detail, "attr": null });
        answer(status, &[], body.to_string().as_bytes())
    }

    #[test]
    fn a_limit_waits_as_long_as_it_says_or_a_quarter_of_a_minute() {
        let limited =
            |wait| Meaning::RateLimited { scope: Scope::Project, wait: Wait::For(Duration::from_secs(wait)) };
        assert_eq!(answer(429, &[("retry-after", "47")], b"{}"), limited(47));
        assert_eq!(answer(429, &[], b"{}"), limited(15));
        assert_eq!(answer(429, &[("retry-after", "soon")], b""), limited(15));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let Meaning::NeedsReauth { advice } = error(401, "authentication_failed", "Invalid key phx_abc.")
        else {
            panic!("401")
        };
        assert!(advice.contains("make a new") && !advice.contains("phx_abc"), "{advice}");
        let scope = "API key missing required scope 'query:read'";
        let Meaning::Forbidden { advice } = error(403, "permission_denied", scope) else { panic!("403") };
        assert!(advice.contains("query:read"), "{advice}");
        let Meaning::Gone { reason } = error(404, "not_found", "Project not found.") else { panic!("404") };
        assert!(reason.contains("settings.project") && reason.contains("base_url"), "{reason}");
    }

    #[test]
    fn a_login_page_in_front_of_posthog_is_called_so() {
        for status in [401, 403, 404] {
            let Meaning::Permanent { reason } = answer(status, &[], b" <!DOCTYPE html><title>Sign in") else {
                panic!("{status}")
            };
            assert!(reason.contains("web page") && reason.contains("base_url"), "{reason}");
        }
    }

    #[test]
    fn what_passes_is_tried_again_and_what_cannot_is_not() {
        for (status, code, detail) in [
            (500, "error", "ClickHouse error while executing query."),
            (504, "error", "Query has hit the max execution time before completing."),
            (400, "too_many_simultaneous_queries", "Too many simultaneous queries."),
            (400, "timeout_exceeded", "Query exceeded max execution time"),
            (512, "error", "Estimated query execution time is too long."),
            (503, "error", "Queries are a little too busy right now."),
            (524, "", ""),
        ] {
            assert!(matches!(error(status, code, detail), Meaning::Transient { .. }), "{status} {code}");
        }
        let Meaning::Permanent { reason } = error(400, "hogql", "Unable to resolve field: $entry_utm_sauce")
        else {
            panic!("400")
        };
        assert!(reason.ends_with("code=hogql $entry_utm_sauce"), "{reason}");
        assert!(matches!(answer(502, &[], b"<html>"), Meaning::Transient { .. }));
    }

    #[test]
    fn what_it_says_is_not_repeated() {
        let detail = "Cannot parse 'ada@example.com' of Ada Lovelace, +49 151 23456789, key phx_AbCdEf rk_live_51Planted";
        for (status, code) in
            [(400, "Ada"), (402, "x"), (403, "ada@example.com"), (404, ""), (500, "Ada Lovelace")]
        {
            let said = format!("{:?}", error(status, code, detail));
            for word in ["Ada", "ada@", "151", "AbCdEf", "Planted", "parse"] {
                assert!(!said.contains(word), "{status}: {said}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning(status in 100_u16..600, bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = answer(status, &[], &bytes);
        }

        #[test]
        fn any_error_is_a_short_line(detail in "(\\$?.{0,40} ?){0,20}") {
            let error = ApiError { detail: Some(detail), ..ApiError::default() };
            let said = summary(&response("query", 400, &[], b""), &error);
            prop_assert!(said.len() < 400 && !said.contains(char::is_control), "{said}");
        }
    }
}
