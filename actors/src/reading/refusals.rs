//! Refusals: whether an answer is in the provider's own words, and what it then means, each with what to do about it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::front_end;
use crate::session::{Meaning, Response, quota::Scope};

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct Refusal<'a> {
    response: &'a Response,
    provider: &'static str,
    /// Whose limit a 429 is about.
    scope: Scope,
    /// The status that the provider means, which is not always the answer's own.
    pub status: u16,
    /// What came and to what, without secrets. Stands behind every advice.
    pub reason: String,
}

/// The object that an answer is, if it is one. A list would pass for a structure without its fields.
pub fn object<'a, T: Deserialize<'a>>(response: &'a Response) -> Option<T> {
    let body = response.body.trim_ascii_start();
    Some(body).filter(|body| body.starts_with(b"{")).and_then(|body| serde_json::from_slice(body).ok())
}

// === impl Refusal ===

impl<'a> Refusal<'a> {
    /// An answer of `provider`'s with this status. `said` is what may be repeated of its words: a code, or nothing. `scope` is whose limit
    /// a 429 is about.
    pub fn new(
        response: &'a Response,
        provider: &'static str,
        scope: Scope,
        status: u16,
        said: &str,
    ) -> Self {
        let Response { endpoint, account, .. } = response;
        let of = if account.is_empty() { String::new() } else { format!(" of {account}") };
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        let reason = format!("{provider} answers status {status}{said} to {endpoint}{of}");
        Self { response, provider, scope, status, reason }
    }

    /// The provider's own words `R`, where its good answers and its errors are objects; else what the answer means: it is good, or not the
    /// provider's.
    pub fn said<R: Deserialize<'a>>(&self) -> Result<R, Meaning> {
        if self.response.is_success() && object::<&RawValue>(self.response).is_some() {
            return Err(Meaning::Ok);
        }
        object(self.response).ok_or_else(|| self.by_front_end())
    }

    /// The credentials are refused.
    pub fn reauth(&self, advice: &str) -> Meaning {
        Meaning::NeedsReauth { advice: self.with(advice) }
    }

    /// It is not permitted.
    pub fn forbidden(&self, advice: &str) -> Meaning {
        Meaning::Forbidden { advice: self.with(advice) }
    }

    /// It can never succeed.
    pub fn permanent(&self, advice: &str) -> Meaning {
        Meaning::Permanent { reason: self.with(advice) }
    }

    /// What was asked for does not exist (any more).
    pub fn gone(self) -> Meaning {
        Meaning::Gone { reason: self.reason }
    }

    /// The provider has not said it.
    pub fn by_front_end(&self) -> Meaning {
        front_end::meaning(self.response, self.provider, self.scope, &self.reason)
    }

    /// A web page came, whatever its status is.
    pub fn by_web_page(&self) -> Meaning {
        front_end::web_page(self.provider, &self.reason)
    }

    /// What its status means by itself.
    pub fn of_status(self) -> Meaning {
        Meaning::of_status(self.status, self.scope, self.reason)
    }

    fn with(&self, advice: &str) -> String {
        format!("{advice} ({})", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::response;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Said {
        message: Option<String>,
    }

    #[test]
    fn an_object_is_told_from_a_list_and_from_a_page() {
        let said = |body: &str| object::<Said>(&response("ads", 400, &[], body));
        assert_eq!(said(r#" {"message":"no"}"#), Some(Said { message: Some("no".to_owned()) }));
        assert_eq!(said("{}"), Some(Said { message: None }));
        for body in ["", "[]", r#"["no"]"#, "<html>", "{", "null"] {
            assert_eq!(said(body), None, "{body}");
        }
    }

    #[test]
    fn an_answer_is_good_or_a_refusal_or_somebody_elses() {
        let said = |status: u16, body: &str| {
            let response = response("ads", status, &[], body);
            Refusal::new(&response, "Spotify", Scope::Project, status, "").said::<Said>()
        };
        assert_eq!(said(200, r#"{"message":"fine"}"#), Err(Meaning::Ok));
        assert_eq!(said(400, r#"{"message":"no"}"#), Ok(Said { message: Some("no".to_owned()) }));
        for (status, body) in
            [(200, "[]"), (200, "{"), (200, "<html>"), (404, "[]"), (404, "<html>"), (503, "")]
        {
            let meaning = said(status, body).unwrap_err();
            assert!(!matches!(meaning, Meaning::Ok | Meaning::Gone { .. }), "{status} {body}: {meaning:?}");
        }
        assert!(matches!(said(404, r#"{"message":7}"#), Err(Meaning::Permanent { .. })), "of another form");
    }

    #[test]
    fn an_advice_says_what_came_and_a_page_in_the_providers_place_is_nobodys_word() {
        let mut page = response("ads", 403, &[], "<html>");
        page.account = "7".to_owned();
        let refusal = |status, said| Refusal::new(&page, "Spotify", Scope::Project, status, said);
        let expected = "give the app a role (Spotify answers status 403 (NO.ROLE) to ads of 7)".to_owned();
        let forbidden = refusal(403, "NO.ROLE").forbidden("give the app a role");
        assert_eq!(forbidden, Meaning::Forbidden { advice: expected });
        assert!(matches!(refusal(403, "").by_front_end(), Meaning::Transient { .. }));
        assert!(matches!(refusal(404, "").of_status(), Meaning::Permanent { .. }));
        let gone = "Spotify answers status 404 to ads of 7".to_owned();
        assert_eq!(refusal(404, "").gone(), Meaning::Gone { reason: gone });
    }
}
