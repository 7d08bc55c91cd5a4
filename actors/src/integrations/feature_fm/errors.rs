//! What Feature.fm's answers mean. Two shapes of errors were recorded: `{"code": 404, "message"}` of the API that is read here, and
//! `{"status": 1, "message"}` of an older one at the same host. Messages are compared and never repeated.

use serde::{Deserialize, de::IgnoredAny};

use super::endpoint;
use crate::{
    reading::refusals::Refusal,
    session::{Meaning, Response, quota::Scope},
};

/// What a 404 says where the path is wrong, and not the link.
const NO_SUCH_ENDPOINT: &str = "endpoint not found";

/// An error in either shape.
#[derive(Debug, Deserialize)]
struct Said {
    code: Option<i64>,
    status: Option<i64>,
    message: Option<String>,
}

/// Reads one answer.
pub fn meaning(response: &Response) -> Meaning {
    let Response { status, endpoint, body, .. } = response;
    let refusal = Refusal::new(response, "Feature.fm", Scope::Project, *status, "");
    // Reports that the settings describe may be lists.
    if response.is_success() && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return Meaning::Ok;
    }
    let (code, message) = match refusal.said() {
        Ok(Said { code, status, message: Some(message) }) if code.or(status).is_some() => (code, message),
        Ok(_) => return refusal.by_front_end(),
        Err(meaning) => return meaning,
    };
    let is_wrong_path = message.trim().eq_ignore_ascii_case(NO_SUCH_ENDPOINT);
    match status {
        401 => {
            refusal.reauth("the API key is refused: ask Feature.fm for another one and set credentials again")
        }
        403 => refusal.forbidden("ask Feature.fm to let this key read it, or take it out of the settings"),
        404 if is_wrong_path && *endpoint == endpoint::ANALYTICS => {
            refusal.permanent("there is no such endpoint: look at `analytics.path`")
        }
        404 if is_wrong_path => {
            refusal.permanent("there is no such endpoint: look at base_url and api_version")
        }
        // In this shape it is a word about what was asked for.
        404 | 410 if code.is_some() => refusal.gone(),
        _ => refusal.of_status(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::response;

    fn said(endpoint: &'static str, status: u16, body: &str) -> Meaning {
        meaning(&response(endpoint, status, &[], body))
    }

    #[test]
    fn both_shapes_of_errors_are_known() {
        let advice = |meaning| match meaning {
            Meaning::NeedsReauth { advice } | Meaning::Forbidden { advice } => advice,
            other => panic!("{other:?}"),
        };
        for body in
            [r#"{"code":401,"message":"ada@example.com"}"#, r#"{"status":1,"message":"Unauthorized"}"#]
        {
            let advice = advice(said("link", 401, body));
            assert!(advice.contains("set credentials again") && !advice.contains("ada"), "{advice}");
        }
        assert!(
            advice(said("analytics", 403, r#"{"code":403,"message":"no"}"#)).contains("let this key read")
        );
        assert!(matches!(said("link", 429, r#"{"code":429,"message":"slow"}"#), Meaning::RateLimited { .. }));
        assert!(matches!(said("link", 503, r#"{"code":503,"message":"x"}"#), Meaning::Transient { .. }));
    }

    #[test]
    fn only_its_own_word_about_a_link_makes_it_gone() {
        assert!(matches!(said("link", 404, r#"{"code":404,"message":"Not found"}"#), Meaning::Gone { .. }));
        let missing = r#"{"code":404,"message":"Endpoint not found"}"#;
        for (endpoint, word) in [("analytics", "`analytics.path`"), ("link", "api_version")] {
            let Meaning::Permanent { reason } = said(endpoint, 404, missing) else { panic!("{endpoint}") };
            assert!(reason.contains(word), "{reason}");
        }
        for (status, body) in [
            (404, "<html>not found</html>"),
            (404, ""),
            (404, "{}"),
            (404, r#"{"status":1,"message":"nothing"}"#),
            (503, r#"{"code":404,"message":"Not found"}"#),
        ] {
            assert!(
                !matches!(said("link", status, body), Meaning::Gone { .. } | Meaning::Ok),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_good_status_needs_json() {
        assert_eq!(said("link", 200, r#"{"id":"1","status":"ACTIVE"}"#), Meaning::Ok);
        assert_eq!(said("artists", 200, "[]"), Meaning::Ok);
        for body in ["", "<html>", r#"{"id":"#] {
            assert!(matches!(said("link", 200, body), Meaning::Transient { .. }), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = meaning(&response("link", status, &[], &body));
        }
    }
}
