//! Credentials that a person gives: an application is let in on a page of the provider's, and exchanges the code that
//! comes of it for a token (RFC 6749, section 4.1, with PKCE, RFC 7636).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use rand::RngExt as _;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    failure::Failure,
    session::{
        Session,
        oauth::{AUTHORIZE_HOST, Client, ClientAuth},
    },
    spec::{ConnectionSpec, CredentialSpec, SetupError},
};

/// How a provider asks a person whether an application may read for them. Its page is the host
/// [`AUTHORIZE_HOST`] of the integration, which a browser opens and nobody else.
#[derive(Debug, Clone, Copy)]
pub struct Consent {
    /// What names the application: its id and its secret.
    pub application: [&'static CredentialSpec; 2],
    /// What comes of it.
    pub gives: &'static CredentialSpec,
    /// What the application's id is called in the page's address: `client_id` in the standard.
    pub id_parameter: &'static str,
    /// What the code is called in the answer: `code` in the standard.
    pub code_parameter: &'static str,
    /// Parameters of the page's address beside those of every request: scopes first of all.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Whether the provider takes a proof that who exchanges the code is who asked for it.
    pub pkce: bool,
    /// Whether it sends the answer to this machine. Else its address, registered with the provider, is pasted.
    pub loopback: bool,
    /// How the code is exchanged.
    pub exchange: Exchange,
}

/// How a code is exchanged.
#[derive(Debug, Clone, Copy)]
pub enum Exchange {
    /// As the standard says, for a refresh token.
    Standard(ClientAuth),
    /// In the provider's own way: gives the credential.
    Own(fn(&Session, Code) -> BoxFuture<'_, Result<Given, Failure>>),
}

/// A request for consent: made once, answered once.
pub struct Request {
    /// What to open.
    pub address: Url,
    redirect: Url,
    state: String,
    verifier: Option<SecretString>,
    client: Client,
}

/// What the answer to a request brings, with all that proves whose it is.
pub struct Code {
    /// The application.
    pub client: Client,
    /// The code: good for one exchange.
    pub code: SecretString,
    /// Where the answer was sent.
    pub redirect: Url,
    /// The proof, where there is one.
    pub verifier: Option<SecretString>,
}

/// What a code was good for.
pub struct Given {
    /// The credential.
    pub credential: SecretString,
    /// What it may be used for, separated by blanks, where the provider says so.
    pub scopes: Option<String>,
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    /// The answer belongs to another request, or to none.
    #[error(
        "the answer belongs to another request than this one: open the address that was printed last, and answer there"
    )]
    Foreign,
    /// The person, or the provider, says no.
    #[error("access was not granted{}", .0.map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused(Option<&'static str>),
    /// There is neither a code nor an error.
    #[error("the answer has no code: paste the whole address that the browser shows at the end")]
    Missing,
}

/// Bytes that nobody guesses, for a state or a proof.
const RANDOM_BYTES: usize = 32;
/// Longest code that is taken.
const CODE_LENGTH_MAX: usize = 4_096;
/// Errors that are repeated to people (RFC 6749, section 4.1.2.1): never the provider's own words.
const ERRORS: [&str; 7] = [
    "access_denied",
    "invalid_request",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
];

// === impl Consent ===

impl Consent {
    /// A request whose answer goes to `redirect`.
    pub fn request(&self, spec: &ConnectionSpec, redirect: Url) -> Result<Request, SetupError> {
        let [id, secret] = self.application;
        let auth = match self.exchange {
            Exchange::Standard(auth) => auth,
            Exchange::Own(_) => ClientAuth::Form,
        };
        let client = spec.client(id, secret, auth)?;
        let mut address = spec.host(AUTHORIZE_HOST).cloned().ok_or_else(|| SetupError::Setting {
            key: format!("endpoints.{AUTHORIZE_HOST}"),
            problem: "expected the address of the page that asks for consent".to_owned(),
        })?;
        let state = random_text();
        let verifier = self.pkce.then(random_text);
        let mut query = address.query_pairs_mut();
        query
            .append_pair(self.id_parameter, &client.id)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("state", &state)
            .extend_pairs(self.parameters);
        if let Some(verifier) = &verifier {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        drop(query);
        Ok(Request { address, redirect, state, verifier: verifier.map(SecretString::from), client })
    }

    /// What the parameters of an answer bring. The request is used up by the code.
    pub fn code(&self, request: &Request, answer: &[(String, String)]) -> Result<Code, NoCode> {
        let field = |name: &str| answer.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // Compared in constant time by way of digests: the state is what nobody else knows.
        let state = field("state").unwrap_or_default();
        if Sha256::digest(state) != Sha256::digest(&request.state) {
            return Err(NoCode::Foreign);
        }
        if let Some(error) = field("error") {
            return Err(NoCode::Refused(ERRORS.into_iter().find(|known| *known == error)));
        }
        let code = field(self.code_parameter).filter(|code| (1..=CODE_LENGTH_MAX).contains(&code.len()));
        Ok(Code {
            client: request.client.clone(),
            code: SecretString::from(code.ok_or(NoCode::Missing)?),
            redirect: request.redirect.clone(),
            verifier: request.verifier.clone(),
        })
    }

    /// Exchanges a code for the credential that [`Consent::gives`] names.
    pub async fn exchange(&self, session: &Session, code: Code) -> Result<Given, Failure> {
        match self.exchange {
            Exchange::Standard(_) => session.exchange(code).await,
            Exchange::Own(exchange) => exchange(session, code).await,
        }
    }
}

impl Given {
    /// The scopes that were asked for and not given; none where the provider says nothing of them.
    pub fn lacking(&self, consent: &Consent) -> Vec<&'static str> {
        let Some(given) = &self.scopes else { return Vec::new() };
        let asked = consent.parameters.iter().filter(|(name, _)| *name == "scope");
        let asked = asked.flat_map(|(_, scopes)| scopes.split(' '));
        asked.filter(|scope| given.split([' ', ',']).all(|known| known != *scope)).collect()
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; RANDOM_BYTES]>())
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("redirect", &self.redirect.as_str()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::integrations::{google, google_ads::GoogleAds};

    const PARAMETERS: &[(&str, &str)] = &google::offline("one two");

    fn consent() -> Consent {
        google::consent(PARAMETERS)
    }

    fn spec() -> ConnectionSpec {
        let secret = ("client_secret", "planted");
        let mut spec = crate::testing::spec(&GoogleAds, secret, serde_json::Value::Null);
        spec.credentials.insert("client_id".to_owned(), SecretString::from("the client"));
        let url = Url::parse("https://accounts.example.com/auth").unwrap();
        spec.endpoints.insert(AUTHORIZE_HOST.to_owned(), url);
        spec
    }

    fn request() -> Request {
        consent().request(&spec(), Url::parse("http://127.0.0.1:7/callback").unwrap()).unwrap()
    }

    fn answer(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_address_has_all_that_the_provider_needs_and_nothing_secret() {
        let request = request();
        let address = request.address.as_str();
        assert!(address.starts_with("https://accounts.example.com/auth?client_id=the+client&redirect_uri="));
        for part in [
            "redirect_uri=http%3A%2F%2F127.0.0.1%3A7%2Fcallback",
            "response_type=code",
            "access_type=offline",
            "scope=one+two",
            "code_challenge_method=S256",
        ] {
            assert!(address.contains(part), "{part}: {address}");
        }
        let verifier = request.verifier.as_ref().unwrap().expose_secret();
        assert!((43..=128).contains(&verifier.len()), "RFC 7636, section 4.1");
        assert!(!address.contains("planted") && !address.contains(verifier), "{address}");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        assert!(address.contains(&format!("code_challenge={challenge}")), "{address}");
        assert_ne!(self::request().state, request.state);
    }

    #[test]
    fn only_the_answer_to_this_request_brings_a_code() {
        let (consent, request) = (consent(), request());
        let state = request.state.as_str();
        let code = consent.code(&request, &answer(&[("state", state), ("code", "c")])).unwrap();
        assert_eq!(code.code.expose_secret(), "c");
        assert!(!format!("{code:?}{request:?}").contains(state));
        for (pairs, expected) in [
            (vec![("code", "c")], NoCode::Foreign),
            (vec![("state", ""), ("code", "c")], NoCode::Foreign),
            (vec![("state", "another"), ("error", "access_denied")], NoCode::Foreign),
            (vec![("state", state), ("error", "access_denied")], NoCode::Refused(Some("access_denied"))),
            (vec![("state", state), ("error", "planted words")], NoCode::Refused(None)),
            (vec![("state", state)], NoCode::Missing),
            (vec![("state", state), ("code", "")], NoCode::Missing),
        ] {
            assert_eq!(consent.code(&request, &answer(&pairs)).unwrap_err(), expected, "{pairs:?}");
        }
    }
}
