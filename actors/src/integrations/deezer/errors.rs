//! What Deezer's answers mean: <https://developers.deezer.com/api/errors>. Errors come with status 200, so that the body
//! of every answer is looked into first.

use std::time::Duration;

use super::wire::{ApiError, Envelope};
use crate::{
    failure::{Wait, is_web_page},
    reading::names,
    session::{Meaning, Response, quota::Scope},
};

/// The period of the limit: after it, all of it is free again.
const QUOTA_WAIT: Duration = Duration::from_secs(5);

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let body = response.body.trim_ascii_start();
    // A list would pass for a structure without its fields.
    let envelope = if body.starts_with(b"{") { serde_json::from_slice(body).ok() } else { None };
    let Some(Envelope { error }) = envelope else { return of_status(response, "no JSON object") };
    let Some(error) = error else {
        return if response.is_success() { Meaning::Ok } else { of_status(response, "no error code") };
    };
    match serde_json::from_str::<ApiError>(error.get()) {
        Ok(error) => of_code(error.code.0, response),
        Err(_) => of_status(response, "an error without a code"),
    }
}

/// Deezer's own codes. Its messages are not repeated: they may quote what was asked.
fn of_code(code: i64, response: &Response) -> Meaning {
    let endpoint = response.endpoint;
    let reason = format!("Deezer answers error {} to {endpoint}", names::code(code));
    match code {
        4 => Meaning::RateLimited { scope: Scope::Ip, wait: Wait::For(QUOTA_WAIT) },
        // What breaks is no word about the object.
        _ if response.status >= 500 => Meaning::Transient { reason, wait: Wait::Unsaid },
        700 => Meaning::Transient { reason: format!("{reason}: busy"), wait: Wait::Unsaid },
        200 | 300 => Meaning::Forbidden {
            advice: format!(
                "{reason}: it is shown to its owner only, and this connection has no login. Make it public, or take it \
                 out of the settings"
            ),
        },
        901 => Meaning::Forbidden {
            advice: format!(
                "{reason}: it belongs to an account that the API does not show. Take it out of the settings if that lasts"
            ),
        },
        800 => Meaning::Gone { reason },
        100 | 500 | 501 | 600 => {
            Meaning::Permanent { reason: format!("{reason}: it does not take the request") }
        }
        _ => Meaning::Permanent { reason: format!("{reason}, which this integration does not know") },
    }
}

/// Answers of whatever stands between Deezer and us. None of them is a word about the object: nothing is gone.
fn of_status(response: &Response, what: &str) -> Meaning {
    let Response { status, endpoint, .. } = response;
    let reason = format!("{endpoint}: status {status} with {what}");
    match status {
        401 | 403 => Meaning::Forbidden {
            advice: format!(
                "{reason}: Deezer refuses this machine's address, or a proxy does; nothing here is public to it"
            ),
        },
        200..300 if is_web_page(&response.body) => Meaning::Transient {
            reason: format!(
                "{endpoint}: a web page came instead of data: a login page or a proxy answers in Deezer's place. Look at \
                 `base_url`, and at what stands between here and there"
            ),
            wait: Wait::Unsaid,
        },
        300..500 if !matches!(status, 408 | 425 | 429) => {
            Meaning::Permanent { reason: format!("{reason}: check base_url") }
        }
        _ => Meaning::of_status(*status, Scope::Ip, reason),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::response;

    fn answer(status: u16, body: &[u8]) -> Response {
        response("playlist", status, &[], body)
    }

    fn said(status: u16, body: &str) -> Meaning {
        meaning(&answer(status, body.as_bytes()))
    }

    fn error(code: &str) -> Meaning {
        said(
            200,
            &format!(
                r#"{{"error":{{"type":"DataException","message":"no ada@example.com","code":{code}}}}}"#
            ),
        )
    }

    #[test]
    fn status_200_is_looked_into() {
        let limited = Meaning::RateLimited { scope: Scope::Ip, wait: Wait::For(Duration::from_secs(5)) };
        assert_eq!(error("4"), limited);
        assert_eq!(error("\"4\""), limited);
        assert!(matches!(error("700"), Meaning::Transient { .. }));
        assert!(matches!(error("800"), Meaning::Gone { .. }));
        for code in ["200", "300", "901"] {
            let Meaning::Forbidden { advice } = error(code) else { panic!("{code} is not Forbidden") };
            assert!(advice.contains("settings") && !advice.contains("ada"), "{advice}");
        }
        for code in ["100", "500", "501", "600", "12345", "-1"] {
            assert!(matches!(error(code), Meaning::Permanent { .. }), "{code}");
        }
        assert_eq!(said(200, r#"{"id":1,"title":"error"}"#), Meaning::Ok);
        assert_eq!(said(200, r#"{"id":1,"error":null}"#), Meaning::Ok);
    }

    #[test]
    fn only_deezers_own_word_makes_something_gone() {
        for (status, body) in [
            (404, "<html>not found</html>"),
            (404, "{}"),
            (410, ""),
            (503, r#"{"error":{"code":800}}"#),
            (200, r#"{"error":{}}"#),
            (200, r#"{"error":[]}"#),
            (200, "[]"),
            (200, r#"{"data": ["#),
        ] {
            assert!(!matches!(said(status, body), Meaning::Gone { .. } | Meaning::Ok), "{status} {body}");
        }
        assert!(matches!(said(404, r#"{"error":{"code":800}}"#), Meaning::Gone { .. }));
        assert!(matches!(said(200, "<html>"), Meaning::Transient { .. }));
        assert!(matches!(said(502, "<html>"), Meaning::Transient { .. }));
        assert!(matches!(said(429, ""), Meaning::RateLimited { scope: Scope::Ip, wait: Wait::Unsaid }));
        assert!(matches!(said(403, "<html>"), Meaning::Forbidden { .. }));
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = meaning(&answer(status, &body));
        }
    }
}
