//! An invented provider that gives tokens at one host and takes them at another, over a wire in memory.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actors::session::{
    Call, Signature,
    transport::{RawResponse, Transport, TransportError},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rows::{Clock, RefreshTokens, refresh::KeepError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

/// What happened, in order, at the provider and in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request for a token: its form, secrets included, and the `authorization` header.
    Token(Vec<(String, String)>, Option<String>),
    /// A request to the API or another host, with the `authorization` header.
    Asked(&'static str, Option<String>),
    /// A refresh token was stored.
    Kept(String),
}

/// How the provider answers once.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// The provider.
#[derive(Clone)]
pub struct Issuer {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

pub struct State {
    /// Access tokens that the API takes.
    pub valid: BTreeSet<String>,
    /// The refresh token that the token endpoint takes.
    pub refresh_token: String,
    /// Whether that is replaced each time.
    pub rotates: bool,
    /// What it says of an access token's life.
    pub expires_in: Value,
    /// The next answers of the token endpoint, instead of its own.
    pub next_token: Vec<Answer>,
    /// The next answers of the API, instead of its own.
    pub next_api: Vec<Answer>,
    pub events: Vec<Event>,
    issued: u32,
}

/// Refresh tokens, in memory: what was configured when it was kept, and the token.
#[derive(Clone)]
pub struct Vault {
    pub kept: Arc<Mutex<Option<(String, String)>>>,
    /// The database is away.
    pub is_away: Arc<Mutex<bool>>,
    issuer: Issuer,
}

pub const CONFIGURED: &str = "planted-refresh-0";

/// How long an answer takes.
pub const LATENCY: Duration = Duration::from_millis(50);

impl Issuer {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            valid: BTreeSet::new(),
            refresh_token: CONFIGURED.to_owned(),
            rotates: false,
            expires_in: json!(3_600),
            next_token: Vec::new(),
            next_api: Vec::new(),
            events: Vec::new(),
            issued: 0,
        };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    pub fn with<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock())
    }

    /// What happened so far; forgets it.
    pub fn take_events(&self) -> Vec<Event> {
        self.with(|state| std::mem::take(&mut state.events))
    }

    /// Every access token that was given is refused from now on.
    pub fn expire(&self) {
        self.with(|state| state.valid.clear());
    }

    pub fn vault(&self) -> Vault {
        Vault { kept: Arc::default(), is_away: Arc::default(), issuer: self.clone() }
    }
}

impl State {
    fn token(&mut self, form: &[(String, String)]) -> Answer {
        if !self.next_token.is_empty() {
            return self.next_token.remove(0);
        }
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let is_refresh = field("grant_type").as_deref() == Some("refresh_token");
        if is_refresh && field("refresh_token").as_ref() != Some(&self.refresh_token) {
            return Answer::json(
                400,
                &json!({ "error": "invalid_grant", "error_description": "planted words" }),
            );
        }
        self.issued += 1;
        let token = format!("planted-access-{}", self.issued);
        self.valid.insert(token.clone());
        let mut body =
            json!({ "access_token": token, "token_type": "bearer", "expires_in": self.expires_in });
        if is_refresh && self.rotates {
            self.refresh_token = format!("planted-refresh-{}", self.issued);
            body["refresh_token"] = json!(self.refresh_token);
        }
        Answer::json(200, &body)
    }

    fn api(&mut self, authorization: Option<&String>) -> Answer {
        if !self.next_api.is_empty() {
            return self.next_api.remove(0);
        }
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        if token.is_some_and(|token| self.valid.contains(token)) {
            Answer::json(200, &json!({ "ok": true }))
        } else {
            Answer::json(401, &json!({ "error": "planted words" }))
        }
    }
}

impl Answer {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, body.to_string())
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Transport for Issuer {
    fn send<'a>(
        &'a self,
        base: &'a Url,
        call: &'a Call,
        signature: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let plain =
                |(name, value): &(&str, SecretString)| ((*name).to_owned(), value.expose_secret().to_owned());
            let authorization = signature
                .headers
                .iter()
                .find(|(name, _)| *name == "authorization")
                .map(|header| plain(header).1);
            let answer = if base.host_str() == Some("token.invalid") {
                let form: Vec<_> =
                    call.form.iter().cloned().chain(signature.form.iter().map(plain)).collect();
                // The provider's side is done before its answer arrives.
                let answer = self.with(|state| {
                    state.events.push(Event::Token(form.clone(), authorization));
                    state.token(&form)
                });
                self.clock.sleep(LATENCY).await;
                answer
            } else {
                self.clock.sleep(LATENCY).await;
                self.with(|state| {
                    state.events.push(Event::Asked(call.host, authorization.clone()));
                    state.api(authorization.as_ref())
                })
            };
            let headers = answer.headers.iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::try_from(value.as_str()).unwrap())
            });
            let headers = headers.collect::<HeaderMap>();
            Ok(RawResponse { status: answer.status, headers, body: Bytes::from(answer.body) })
        })
    }
}

impl RefreshTokens for Vault {
    fn current<'a>(
        &'a self,
        configured: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, KeepError>> {
        Box::pin(async move {
            if *self.is_away.lock() {
                return Err(KeepError::Unavailable("away".to_owned()));
            }
            let kept = self.kept.lock().clone();
            let kept = kept.filter(|(before, _)| before == configured.expose_secret());
            Ok(kept.map(|(_, token)| SecretString::from(token)))
        })
    }

    fn keep<'a>(
        &'a self,
        _: &'a str,
        configured: &'a SecretString,
        current: &'a SecretString,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move {
            // Storing takes its time, too.
            self.issuer.clock.sleep(LATENCY).await;
            if *self.is_away.lock() {
                return Err(KeepError::Unavailable("away".to_owned()));
            }
            let current = current.expose_secret().to_owned();
            *self.kept.lock() = Some((configured.expose_secret().to_owned(), current.clone()));
            self.issuer.with(|state| state.events.push(Event::Kept(current)));
            Ok(())
        })
    }
}
