//! Refusals: whether an answer is in the provider's own words, and what it then means, each with what to do about it.

use serde::Deserialize;

use super::front_end;
use crate::session::{Meaning, Response, quota::Scope};

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// The answer.
    pub response: &'a Response,
    /// Who should have given it.
    pub provider: &'static str,
    /// Whose limit a 429 is about.
    pub scope: Scope,
    /// What came and to what, without secrets. Stands behind every advice.
    pub reason: String,
}

/// The object that an answer is, if it is one. A list would pass for a structure without its fields.
pub fn object<'a, T: Deserialize<'a>>(response: &'a Response) -> Option<T> {
    let body = response.body.trim_ascii_start();
    Some(body).filter(|body| body.starts_with(b"{")).and_then(|body| serde_json::from_slice(body).ok())
}

// === impl Refusal ===

impl Refusal<'_> {
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

    /// What a status means by itself.
    pub fn of_status(self, status: u16) -> Meaning {
        Meaning::of_status(status, self.scope, self.reason)
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
    fn an_advice_says_what_came_and_a_page_in_the_providers_place_is_nobodys_word() {
        let page = response("ads", 403, &[], "<html>");
        let refusal = || {
            let reason = "Spotify answers ads with status 403".to_owned();
            Refusal { response: &page, provider: "Spotify", scope: Scope::Project, reason }
        };
        let expected = "give the app a role (Spotify answers ads with status 403)".to_owned();
        assert_eq!(refusal().forbidden("give the app a role"), Meaning::Forbidden { advice: expected });
        assert!(matches!(refusal().by_front_end(), Meaning::Transient { .. }));
        assert!(matches!(refusal().of_status(404), Meaning::Permanent { .. }));
        assert!(matches!(refusal().gone(), Meaning::Gone { .. }));
    }
}
