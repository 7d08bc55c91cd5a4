//! The page on which a person lets an application in (RFC 6749, section 4.1, and RFC 7636), with a person who says yes at once,
//! or no when told to. A code is good once, for the address that it was sent to, and for whoever holds the proof.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use url::Url;

use crate::exchange::{Answer, Request};

/// Where an imitation serves the page, below its root.
pub(crate) const AUTHORIZE_PATH: &str = "/authorize";

/// How long a code is good.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What a provider calls things, and what it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// The parameter that names the application.
    pub id: &'static str,
    /// The parameter of the answer that holds the code.
    pub code: &'static str,
    /// Whether answers go to a loopback address. Else only to an https one.
    pub loopback: bool,
}

/// The standard's own.
pub(crate) const STANDARD: Manner = Manner { id: "client_id", code: "code", loopback: true };

/// The page, and the codes that it has given out.
#[derive(Debug)]
pub struct ConsentPage {
    manner: Manner,
    refuses: bool,
    made: u64,
    codes: HashMap<String, Code>,
}

#[derive(Debug)]
struct Code {
    redirect: String,
    challenge: Option<String>,
    until: Timestamp,
}

// === impl ConsentPage ===

impl ConsentPage {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { manner, refuses: false, made: 0, codes: HashMap::new() }
    }

    /// From now on the person says no.
    pub fn refuse(&mut self) {
        self.refuses = true;
    }

    /// Answers a browser that opens the page for this application: sends it back, with a code or an error.
    pub(crate) fn open(&mut self, request: &Request, application: &str) -> Answer {
        let bad = |why: &str| Answer { status: 400, headers: Vec::new(), body: why.as_bytes().to_vec() };
        if request.param(self.manner.id) != Some(application) {
            return bad("INVALID_CLIENT: Invalid client");
        }
        let redirect = request.param("redirect_uri").and_then(|redirect| Url::parse(redirect).ok());
        let is_registered = |url: &Url| match url.scheme() {
            "http" => self.manner.loopback && url.host_str() == Some("127.0.0.1"),
            scheme => scheme == "https",
        };
        let Some(mut redirect) = redirect.filter(is_registered) else {
            return bad("INVALID_CLIENT: Invalid redirect URI");
        };
        if self.manner.id == STANDARD.id && request.param("response_type") != Some("code") {
            return bad("response_type must be code");
        }
        let sent_to = redirect.to_string();
        let state = request.param("state").unwrap_or_default();
        if self.refuses {
            redirect.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", state);
        } else {
            self.made += 1;
            let code = format!("sandbox-code-{:04}", self.made);
            redirect.query_pairs_mut().append_pair(self.manner.code, &code).append_pair("state", state);
            let challenge = request.param("code_challenge").map(str::to_owned);
            let until = request.now.saturating_add(CODE_LIFE).unwrap_or(Timestamp::MAX);
            self.codes.insert(code, Code { redirect: sent_to, challenge, until });
        }
        Answer { status: 302, headers: Vec::new(), body: Vec::new() }
            .with_header("Location", redirect.as_str())
    }

    /// Whether a code is good, which it is not a second time.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect: Option<&str>,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let Some(code) = self.codes.remove(code) else { return false };
        let challenge = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
        now < code.until
            && redirect.is_none_or(|redirect| redirect == code.redirect)
            && challenge == code.challenge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "http://127.0.0.1:7/callback";

    fn request(query: &[(&str, &str)]) -> Request {
        Request {
            method: "GET".to_owned(),
            path: "/authorize".to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: Vec::new(),
            body: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            root_url: String::new(),
        }
    }

    fn opened(page: &mut ConsentPage, redirect: &str, challenge: &str) -> Answer {
        let query = [
            ("client_id", "app"),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("state", "s"),
            ("code_challenge", challenge),
        ];
        page.open(&request(&query), "app")
    }

    #[test]
    fn a_code_is_good_once_for_its_address_and_its_proof() {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("proof"));
        let mut page = ConsentPage::new(STANDARD);
        for (redirect, verifier, second, expected) in [
            (Some(REDIRECT), Some("proof"), 0, true),
            (Some(REDIRECT), Some("another"), 0, false),
            (Some(REDIRECT), None, 0, false),
            (Some("http://127.0.0.1:8/callback"), Some("proof"), 0, false),
            (Some(REDIRECT), Some("proof"), 600, false),
        ] {
            let answer = opened(&mut page, REDIRECT, &challenge);
            let (_, location) = &answer.headers[0];
            let code = format!("sandbox-code-{:04}", page.made);
            assert_eq!((answer.status, location), (302, &format!("{REDIRECT}?code={code}&state=s")));
            let now = Timestamp::from_second(second).unwrap();
            assert_eq!(
                page.redeem(&code, redirect, verifier, now),
                expected,
                "{redirect:?} {verifier:?} {second}"
            );
            assert!(!page.redeem(&code, redirect, verifier, now), "once");
        }
        page.refuse();
        let refused = opened(&mut page, REDIRECT, "");
        assert_eq!(refused.headers[0].1, format!("{REDIRECT}?error=access_denied&state=s"));
        for foreign in ["http://localhost:7/callback", "http://example.com/callback", "nonsense"] {
            assert_eq!(opened(&mut page, foreign, "").status, 400, "{foreign}");
        }
        assert_eq!(page.open(&request(&[("client_id", "another")]), "app").status, 400);
    }
}
