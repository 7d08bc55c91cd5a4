//! What the answers of token endpoints mean: bounded, checked, and never simply believed (RFC 6749, sections 5.1 and 5.2).

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Number, Value, value::RawValue};

use crate::{
    failure::{Failure, Wait, is_web_page},
    limits,
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// A good answer.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub token: SecretString,
    /// How long it is valid, as far as that is believed.
    pub valid_for: Duration,
    /// What it may be used for, where that is said.
    pub scopes: Option<String>,
    /// What the provider puts in place of the refresh token.
    pub refresh_token: Option<SecretString>,
}

// === impl Granted ===

impl Granted {
    /// What the provider puts in place of this refresh token, if it is another one.
    pub fn replaces(&mut self, used: &SecretString) -> Option<SecretString> {
        self.refresh_token.take().filter(|new| new.expose_secret() != used.expose_secret())
    }
}

#[derive(Deserialize)]
struct Wire {
    access_token: Option<SecretString>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    refresh_token: Option<SecretString>,
    scope: Option<String>,
    /// Google's answer to scopes that it does not know. Not read.
    id_token: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Value,
}

/// How people find the answer that is spoken of.
const PLACE: &str = "the token endpoint";

/// What an answer means.
pub fn classify(response: &Response) -> Verdict {
    meaning(response).into()
}

fn meaning(response: &Response) -> Meaning {
    let status = response.status;
    let refusal: Refusal = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = refusal.error.as_str().unwrap_or_default();
    let transient = |reason: String| Meaning::Transient { reason, wait: Wait::Unsaid };
    if response.is_success() && code.is_empty() {
        return Meaning::Ok;
    }
    if is_web_page(&response.body) {
        return transient(format!(
            "{PLACE} answers with a web page (status {status}): look at endpoints.token, and at what stands between here \
             and there"
        ));
    }
    match (status, code) {
        (429, _) | (_, "slow_down") => Meaning::RateLimited { scope: Scope::Project, wait: Wait::Unsaid },
        (408 | 500.., _) | (_, "temporarily_unavailable" | "server_error") => {
            transient(format!("{PLACE} answers with status {status}"))
        }
        (_, "invalid_grant") => reauth(
            "does not take the refresh token or key any more (invalid_grant): it has expired, was withdrawn or replaced, \
             or this machine's clock is wrong. Authorise anew and set credentials",
        ),
        (_, "invalid_client" | "unauthorized_client") => reauth(
            "does not know the application, or its secret is wrong: set credentials.client_id and credentials.client_secret \
             again",
        ),
        (_, "invalid_scope" | "access_denied") => reauth(
            "refuses the permissions that are asked for: grant them to the application, or authorise anew and set \
             credentials",
        ),
        (401, _) => reauth("refuses the credentials (status 401): set credentials again"),
        _ => Meaning::Permanent {
            reason: format!(
                "{PLACE} refuses the request (status {status}{}): look at endpoints.token",
                known(code).map(|code| format!(", {code}")).unwrap_or_default()
            ),
        },
    }
}

fn reauth(what: &str) -> Meaning {
    Meaning::NeedsReauth { advice: format!("{PLACE} {what}") }
}

/// A code that is repeated to people: from the standard's list, never the provider's own words.
fn known(code: &str) -> Option<&'static str> {
    ["invalid_request", "unsupported_grant_type"].into_iter().find(|known| *known == code)
}

/// Reads a good answer.
pub fn read(response: &Response) -> Result<Granted, Failure> {
    let transient = |problem: &str| Failure::Transient { reason: format!("{PLACE}: {problem}") };
    if response.body.len() > limits::TOKEN_ANSWER_BYTES_MAX {
        return Err(transient("the answer is larger than any token"));
    }
    let wire: Wire = response.json(PLACE)?;
    let Some(token) = wire.access_token.filter(|token| !token.expose_secret().is_empty()) else {
        return Err(match wire.id_token {
            Some(_) => Failure::NeedsReauth {
                advice: format!(
                    "{PLACE} gives an id_token and no access token: it does not know the scopes that are asked for, or the \
                     application may not use them. Switch the API on for the application, then set credentials again"
                ),
            },
            None => transient("the answer has no access_token"),
        });
    };
    if let Some(kind) = wire.token_type.filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        // Any other kind is used in another way; its name is the provider's text.
        let reason = format!("{PLACE} gives a token of another type than bearer ({} letters)", kind.len());
        return Err(Failure::Permanent { reason });
    }
    if !is_sendable(&token) || wire.refresh_token.as_ref().is_some_and(|token| !is_sendable(token)) {
        return Err(transient("the answer has a token that no request can carry"));
    }
    let valid_for = valid_for(wire.expires_in.as_ref());
    Ok(Granted { token, valid_for, scopes: wire.scope, refresh_token: wire.refresh_token })
}

/// Whether a header can carry it.
fn is_sendable(token: &SecretString) -> bool {
    let token = token.expose_secret();
    (1..=limits::TOKEN_LENGTH_MAX).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Seconds, as a number or as text; what cannot be a time is as good as unsaid.
fn valid_for(said: Option<&Value>) -> Duration {
    let seconds = match said {
        Some(Value::Number(number)) => seconds(number),
        Some(Value::String(text)) => text.trim().parse().ok().as_ref().and_then(seconds),
        _ => None,
    };
    match seconds {
        None | Some(0) => limits::TOKEN_LIFE_UNSAID,
        Some(seconds) => Duration::from_secs(seconds).min(limits::TOKEN_LIFE_MAX),
    }
}

fn seconds(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let seconds = Duration::try_from_secs_f64(number.as_f64()?).ok()?;
        Some(seconds.as_secs())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: reqwest::header::HeaderMap::new(),
            body: body.to_owned().into(),
            endpoint: "token",
            account: String::new(),
            received_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn life(expires_in: &Value) -> Duration {
        let body =
            json!({ "access_token": "t", "token_type": "Bearer", "expires_in": expires_in }).to_string();
        read(&response(200, &body)).unwrap().valid_for
    }

    #[test]
    fn what_is_said_of_a_tokens_life_is_believed_within_bounds() {
        assert_eq!(life(&json!(3_599)), Duration::from_secs(3_599));
        assert_eq!(life(&json!("3600")), Duration::from_hours(1));
        assert_eq!(life(&json!(3_600.5)), Duration::from_hours(1));
        assert_eq!(life(&json!(u64::MAX)), limits::TOKEN_LIFE_MAX);
        assert_eq!(life(&json!(1e300)), limits::TOKEN_LIFE_UNSAID);
        for nonsense in [json!(null), json!(0), json!(-5), json!("soon"), json!([3600])] {
            assert_eq!(life(&nonsense), limits::TOKEN_LIFE_UNSAID);
        }
        let granted = read(&response(200, r#"{"access_token":"t"}"#)).unwrap();
        assert_eq!(granted.valid_for, limits::TOKEN_LIFE_UNSAID);
    }

    #[test]
    fn an_answer_that_gives_no_usable_token_is_told_apart() {
        let failure = |body: &str| read(&response(200, body)).unwrap_err();
        let only_identity = failure(r#"{"id_token":"planted.planted","expires_in":3599}"#);
        let Failure::NeedsReauth { advice } = &only_identity else { panic!("{only_identity:?}") };
        assert!(advice.contains("id_token") && !advice.contains("planted"), "{advice}");
        for passing in [
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":"a b"}"#,
            r#"{"access_token":"a\nb"}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
            r#"{"access_token":7}"#,
            "[",
            "<html>login</html>",
            &format!(r#"{{"access_token":"{}"}}"#, "a".repeat(limits::TOKEN_LENGTH_MAX + 1)),
            &format!(r#"{{"access_token":"a","more":"{}"}}"#, "a".repeat(limits::TOKEN_ANSWER_BYTES_MAX)),
        ] {
            let failure = failure(passing);
            assert!(matches!(failure, Failure::Transient { .. }), "{failure:?}");
        }
        let mac = failure(r#"{"access_token":"a","token_type":"planted"}"#);
        assert!(matches!(&mac, Failure::Permanent { reason } if !reason.contains("planted")), "{mac:?}");
    }

    #[test]
    fn refusals_say_what_to_do_and_nothing_of_the_providers_words() {
        let of = |status, code: &str| {
            let body = json!({ "error": code, "error_description": "planted words" }).to_string();
            meaning(&response(status, &body))
        };
        for code in
            ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "access_denied"]
        {
            let Meaning::NeedsReauth { advice } = of(400, code) else { panic!("{code}") };
            assert!(advice.contains("set credentials") && !advice.contains("planted"), "{advice}");
        }
        assert!(matches!(of(401, "planted"), Meaning::NeedsReauth { advice } if !advice.contains("planted")));
        assert!(matches!(of(429, ""), Meaning::RateLimited { .. }));
        assert!(matches!(of(400, "slow_down"), Meaning::RateLimited { .. }));
        for (status, code) in [(500, "planted"), (503, ""), (400, "temporarily_unavailable"), (408, "")] {
            assert!(matches!(of(status, code), Meaning::Transient { .. }), "{status} {code}");
        }
        let Meaning::Permanent { reason } = of(400, "planted") else { panic!("nobody can repeat that") };
        assert!(!reason.contains("planted"), "{reason}");
        assert!(
            matches!(of(400, "invalid_request"), Meaning::Permanent { reason } if reason.contains("invalid_request"))
        );
        // Some put errors into status 200; a proxy's page is nobody's refusal.
        assert!(matches!(of(200, "invalid_grant"), Meaning::NeedsReauth { .. }));
        for status in [200, 401, 403, 404] {
            let page = meaning(&response(status, "<html>blocked</html>"));
            let is_right =
                if status == 200 { page == Meaning::Ok } else { matches!(page, Meaning::Transient { .. }) };
            assert!(is_right, "{status}: {page:?}");
        }
    }
}
