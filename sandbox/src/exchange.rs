//! What an imitation sees of a request and says in answer: plain values, so that an imitation is a
//! synchronous function of its world and can be tested without a socket.

use std::any::Any;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::Timestamp;

/// One HTTP request, its path relative to the imitation's root (`/<integration>` is already taken off).
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path below the imitation's root, starting with `/`.
    pub path: String,
    /// Decoded query parameters in the order sent; a name may repeat.
    pub query: Vec<(String, String)>,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// The sandbox's clock when the request arrived.
    pub now: Timestamp,
    /// The address at which this imitation is reached, without a trailing slash: for absolute links in answers.
    pub root_url: String,
}

impl Request {
    /// The first query parameter of this name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token of `authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        self.authorization("bearer")
    }

    /// Name and password of `authorization: Basic …`; no password is the empty one.
    pub fn basic(&self) -> Option<(String, String)> {
        let bytes = STANDARD_NO_PAD.decode(self.authorization("basic")?.trim_end_matches('=')).ok()?;
        let pair = String::from_utf8(bytes).ok()?;
        let (name, password) = pair.split_once(':').unwrap_or((&pair, ""));
        Some((name.to_owned(), password.to_owned()))
    }

    fn authorization(&self, scheme: &str) -> Option<&str> {
        let (sent, credentials) = self.header("authorization")?.split_once(' ')?;
        sent.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
    }

    /// The body's form fields (`application/x-www-form-urlencoded`), decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// One HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Headers beside `content-type` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// JSON text, as a rule.
    pub body: Vec<u8>,
}

impl Answer {
    /// A JSON body under this status.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// One provider's imitation: a world, and the answers that its API gives about it.
pub trait Imitation: Send {
    /// The integration's id: its first path segment (`stripe`, `meta_ads`).
    fn id(&self) -> &'static str;

    /// Answers one request. Authentication, limits and error envelopes are the imitation's own.
    fn answer(&mut self, request: &Request) -> Answer;

    /// Lets the world move: late conversions, restated days, new payments, vanished rows. Called by tests and,
    /// in the demo, every few seconds.
    fn advance(&mut self, now: Timestamp);

    /// Refuses a request that is above the limit set on this imitation, in the provider's own words. The client
    /// should `wait` before it asks again; `usage_percent` is how much of the limit it has used (100 or more).
    fn limited(&self, request: &Request, usage_percent: f64, wait: Duration) -> Answer;

    /// Whether the limit counts this request. A token endpoint, which is another host's, is not counted, nor what a provider gives for
    /// nothing.
    fn is_counted(&self, _request: &Request) -> bool {
        true
    }

    /// How long a refusal tells the client to wait, when it should wait `wait`: longer where the provider speaks in coarse units.
    fn announced_wait(&self, wait: Duration) -> Duration {
        wait
    }

    /// The headers by which the provider tells, with every admitted answer, how much of the limit is used (0 to 100).
    fn usage_headers(&self, _request: &Request, _usage_percent: f64) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What the provider says when it breaks (`status` is 500 to 599). By default the plain page of a proxy in front of it.
    fn failed(&self, _request: &Request, status: u16) -> Answer {
        let body =
            format!("<html><head><title>{status}</title></head><body><h1>Service error</h1></body></html>");
        let answer = Answer { status, headers: Vec::new(), body: body.into_bytes() };
        answer.with_header("content-type", "text/html")
    }

    /// What the provider says once the credentials have expired; `None` where its credentials never expire.
    fn expired(&self, _request: &Request) -> Option<Answer> {
        None
    }

    /// The imitation itself, for tests that reach into its world: `self`, in every implementation.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}
