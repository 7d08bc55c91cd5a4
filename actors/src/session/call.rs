//! One request, as an integration describes it.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{oauth::Credential, path::path_of};
use crate::limits;

/// The name of the host that `base_url` is the root of.
pub const API_HOST: &str = "api";

/// HTTP methods that reading needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks for a report or a query.
    Post,
}

/// One request. Its path and parameters must hold no secret: they are named in logs and errors.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Which of the connection's hosts it goes to, by name: [`API_HOST`], or one that the integration declares.
    pub host: &'static str,
    /// Path below that host's root: `/v1/charges`.
    pub path: String,
    /// Query parameters, in order.
    pub query: Vec<(String, String)>,
    /// Form fields of a POST.
    pub form: Vec<(String, String)>,
    /// A JSON body of a POST.
    pub body: Option<serde_json::Value>,
    /// Headers beside authentication.
    pub headers: Vec<(&'static str, String)>,
    /// The endpoint's name for quota scopes: `charges.list`, `ads_insights`. Bounded.
    pub endpoint: &'static str,
    /// The provider's account for quota scopes; `""` = the connection itself.
    pub account: String,
    /// What it costs of a rate, at least 1.
    pub cost: u32,
    /// What it costs of a budget, in the budget's unit; 0 = nothing, as further pages of an answer do at some providers.
    pub units: u32,
    /// How long the whole answer may take; nothing = the session's default.
    pub timeout: Option<Duration>,
    /// The longest hold that it waits for.
    pub patience: Duration,
}

/// What authenticates a call beside its own headers and parameters. Never logged.
#[derive(Clone, Default)]
pub struct Signature {
    /// Headers.
    pub headers: Vec<(&'static str, SecretString)>,
    /// Query parameters, for providers that take what authenticates nowhere else.
    pub query: Vec<(&'static str, SecretString)>,
    /// Form fields of a POST, for token endpoints.
    pub form: Vec<(&'static str, SecretString)>,
    /// Members of the JSON body of a POST, for token endpoints that take no form.
    pub body: Vec<(&'static str, SecretString)>,
}

/// Signs a call.
pub type Signer = dyn Fn(&Call) -> Signature + Send + Sync;

/// How requests are authenticated.
#[derive(Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretString),
    /// Anything else: called for each attempt, with the call as it will be sent.
    Signer(Arc<Signer>),
    /// `Authorization: Bearer …` with an access token, which is fetched when there is none, and once more when the provider
    /// refuses it.
    Token {
        /// What it is had for.
        credential: Arc<Credential>,
        /// Further secret headers.
        headers: Vec<(&'static str, SecretString)>,
    },
}

// === impl Auth ===

impl Auth {
    /// The same signature for every call.
    pub fn always(signature: Signature) -> Self {
        Self::Signer(Arc::new(move |_| signature.clone()))
    }

    /// These secret headers with every call.
    pub fn headers(headers: Vec<(&'static str, SecretString)>) -> Self {
        Self::always(Signature { headers, ..Signature::default() })
    }
}

// === impl Call ===

impl Call {
    /// A GET of this path.
    pub fn get(path: impl Into<String>, endpoint: &'static str) -> Self {
        Self::new(Method::Get, path, endpoint)
    }

    /// A POST to this path.
    pub fn post(path: impl Into<String>, endpoint: &'static str) -> Self {
        Self::new(Method::Post, path, endpoint)
    }

    /// A GET of the path of these segments, each encoded: `&["v1", "charges", id]`.
    pub fn get_at(segments: &[&str], endpoint: &'static str) -> Self {
        Self::get(path_of(segments), endpoint)
    }

    /// A POST to the path of these segments, each encoded.
    pub fn post_at(segments: &[&str], endpoint: &'static str) -> Self {
        Self::post(path_of(segments), endpoint)
    }

    fn new(method: Method, path: impl Into<String>, endpoint: &'static str) -> Self {
        Self {
            method,
            host: API_HOST,
            path: path.into(),
            query: Vec::new(),
            form: Vec::new(),
            body: None,
            headers: Vec::new(),
            endpoint,
            account: String::new(),
            cost: 1,
            units: 1,
            timeout: None,
            patience: limits::PATIENCE,
        }
    }

    /// Sends it to another of the connection's hosts.
    #[must_use]
    pub const fn host(mut self, name: &'static str) -> Self {
        self.host = name;
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a form field.
    #[must_use]
    pub fn form(mut self, name: &str, value: impl Into<String>) -> Self {
        self.form.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends a JSON body.
    #[must_use]
    pub fn body(mut self, body: serde_json::Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Says how long the whole answer may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Names the provider's account for quota scopes.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// Says what it costs of a budget.
    #[must_use]
    pub const fn units(mut self, units: u32) -> Self {
        self.units = units;
        self
    }

    /// Waits for no hold: a call that is held fails at once, so that others go on meanwhile.
    #[must_use]
    pub fn without_patience(mut self) -> Self {
        self.patience = Duration::ZERO;
        self
    }
}

// === impl Signature ===

impl Signature {
    /// `Authorization: Bearer …`.
    pub fn bearer(token: &SecretString) -> Self {
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        Self { headers: vec![("authorization", value)], ..Self::default() }
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(…)")
    }
}

// === impl Auth ===

impl Auth {
    /// An access token of this credential, and no further headers.
    pub const fn token(credential: Arc<Credential>) -> Self {
        Self::Token { credential, headers: Vec::new() }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(…)",
            Self::Signer(_) => "Signer(…)",
            Self::Token { .. } => "Token(…)",
        })
    }
}
