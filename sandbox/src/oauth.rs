//! A token endpoint (RFC 6749): client credentials, and refresh tokens that may rotate.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::consent::{ConsentPage, STANDARD};
use crate::exchange::{Answer, Request};
use crate::seed::Seed;

/// How long an access token lives at first.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// What becomes of a refresh token that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It stays, and no other comes.
    Never,
    /// Another comes with the answer, and it is dead at once: an answer that is lost costs the access.
    AtOnce,
    /// Another comes with the answer, and it is dead once that one has been used.
    OnceUsed,
}

/// A refusal of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    status: u16,
    error: &'static str,
    description: &'static str,
}

/// The tokens of one client, and of one user who has let it in.
#[derive(Debug)]
pub struct TokenServer {
    client_id: String,
    client_secret: String,
    scope: &'static str,
    seed: Seed,
    made: u64,
    lifetime: SignedDuration,
    rotation: Rotation,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    failures: VecDeque<OAuthError>,
    consent: ConsentPage,
}

/// An access token.
#[derive(Debug)]
struct Access {
    until: Timestamp,
    holder: Holder,
}

/// A refresh token.
#[derive(Debug)]
struct Refresh {
    alive: bool,
    /// The one that it came for.
    replaces: Option<String>,
}

/// For whom an access token speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The client itself.
    Client,
    /// The user who has let it in.
    User,
}

/// Why a request may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    NoToken,
    NotBearer,
    Unknown,
    Expired,
}

// === impl OAuthError ===

impl OAuthError {
    /// The client is unknown or its secret is wrong.
    pub fn invalid_client() -> Self {
        Self { status: 400, error: "invalid_client", description: "Invalid client" }
    }

    /// The refresh token was revoked, or another has taken its place.
    pub fn revoked() -> Self {
        Self { status: 400, error: "invalid_grant", description: "Refresh token revoked" }
    }

    /// The refresh token is none.
    pub fn invalid_grant() -> Self {
        Self { status: 400, error: "invalid_grant", description: "Invalid refresh token" }
    }

    fn invalid_code() -> Self {
        Self { status: 400, error: "invalid_grant", description: "Invalid authorization code" }
    }

    /// The endpoint is out of order.
    pub fn server_error() -> Self {
        Self { status: 503, error: "server_error", description: "Service unavailable" }
    }

    fn grant_type() -> Self {
        let description = "grant_type must be client_credentials, authorization_code or refresh_token";
        Self { status: 400, error: "unsupported_grant_type", description }
    }

    fn not_a_form(status: u16) -> Self {
        let description = "expected POST with application/x-www-form-urlencoded";
        Self { status, error: "invalid_request", description }
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({ "error": self.error, "error_description": self.description }))
    }
}

// === impl TokenServer ===

impl TokenServer {
    /// A client, and a user who has let it in by `refresh_token` to do what `scope` says.
    pub(crate) fn new(client: (&str, &str), refresh_token: &str, scope: &'static str, seed: u64) -> Self {
        let mut server = Self {
            client_id: client.0.to_owned(),
            client_secret: client.1.to_owned(),
            scope,
            seed: Seed::new(seed),
            made: 0,
            lifetime: LIFETIME,
            rotation: Rotation::Never,
            access: HashMap::new(),
            refresh: HashMap::new(),
            failures: VecDeque::new(),
            consent: ConsentPage::new(STANDARD),
        };
        server.admit_user(refresh_token);
        server
    }

    /// Answers a request to the token endpoint.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        self.grant(request).unwrap_or_else(|error| error.answer()).with_header("Cache-Control", "no-store")
    }

    fn grant(&mut self, request: &Request) -> Result<Answer, OAuthError> {
        if let Some(error) = self.failures.pop_front() {
            return Err(error);
        }
        if request.method != "POST" {
            return Err(OAuthError::not_a_form(405));
        }
        let kind = request.header("content-type").unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(OAuthError::not_a_form(415));
        }
        let (id, secret) = request.basic().ok_or_else(OAuthError::invalid_client)?;
        if id != self.client_id || secret != self.client_secret {
            return Err(OAuthError::invalid_client());
        }
        let form = request.form();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (holder, refreshed) = match field("grant_type") {
            Some("client_credentials") => (Holder::Client, None),
            Some("refresh_token") => (Holder::User, self.use_up(field("refresh_token").unwrap_or_default())?),
            Some("authorization_code") => {
                let (code, verifier) = (field("code").unwrap_or_default(), field("code_verifier"));
                let redirect = Some(field("redirect_uri").unwrap_or_default());
                if !self.consent.redeem(code, redirect, verifier, request.now) {
                    return Err(OAuthError::invalid_code());
                }
                let given = self.token_text("AQ");
                self.admit_user(&given);
                (Holder::User, Some(given))
            }
            _ => return Err(OAuthError::grant_type()),
        };
        let access = self.token_text("BQ");
        let until = request.now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let mut body = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": self.lifetime.as_secs(),
        });
        if holder == Holder::User {
            body["scope"] = self.scope.into();
        }
        if let Some(refreshed) = refreshed {
            body["refresh_token"] = refreshed.into();
        }
        self.access.insert(access, Access { until, holder });
        Ok(Answer::json(200, &body))
    }

    /// Uses a refresh token; the one that comes in its place.
    fn use_up(&mut self, text: &str) -> Result<Option<String>, OAuthError> {
        let used = self.refresh.get(text).ok_or_else(OAuthError::invalid_grant)?;
        if !used.alive {
            return Err(OAuthError::revoked());
        }
        if let Some(old) = used.replaces.clone().and_then(|old| self.refresh.get_mut(&old)) {
            old.alive = false;
        }
        if self.rotation == Rotation::Never {
            return Ok(None);
        }
        // What came when it was used before was lost, it seems.
        let rivals = self.refresh.values_mut().filter(|other| other.replaces.as_deref() == Some(text));
        rivals.for_each(|rival| rival.alive = false);
        if self.rotation == Rotation::AtOnce
            && let Some(used) = self.refresh.get_mut(text)
        {
            used.alive = false;
        }
        let next = self.token_text("AQ");
        self.refresh.insert(next.clone(), Refresh { alive: true, replaces: Some(text.to_owned()) });
        Ok(Some(next))
    }

    /// Answers a browser that opens the page on which the user lets the client in.
    pub(crate) fn open(&mut self, request: &Request) -> Answer {
        self.consent.open(request, &self.client_id)
    }

    /// The page on which the user lets the client in.
    pub fn consent(&mut self) -> &mut ConsentPage {
        &mut self.consent
    }

    /// For whom a request speaks.
    pub(crate) fn holder(&self, request: &Request) -> Result<Holder, Rejected> {
        if request.header("authorization").is_none_or(str::is_empty) {
            return Err(Rejected::NoToken);
        }
        let sent = request.bearer().ok_or(Rejected::NotBearer)?;
        let access = self.access.get(sent).ok_or(Rejected::Unknown)?;
        if access.until <= request.now { Err(Rejected::Expired) } else { Ok(access.holder) }
    }

    /// Lets every access token that was given out expire; new ones can be had.
    pub fn expire(&mut self) {
        self.access.values_mut().for_each(|access| access.until = Timestamp::MIN);
    }

    /// How long access tokens live that are given out from now on; an hour at first.
    pub fn set_lifetime(&mut self, lifetime: SignedDuration) {
        self.lifetime = lifetime;
    }

    /// What becomes of refresh tokens that are used from now on; they stay at first.
    pub fn set_rotation(&mut self, rotation: Rotation) {
        self.rotation = rotation;
    }

    /// The user throws the client out: no token of the user's works any more.
    pub fn revoke_user(&mut self) {
        self.refresh.values_mut().for_each(|refresh| refresh.alive = false);
        self.access.retain(|_, access| access.holder != Holder::User);
    }

    /// The user lets the client in (again), by this refresh token.
    pub fn admit_user(&mut self, refresh_token: &str) {
        self.refresh.insert(refresh_token.to_owned(), Refresh { alive: true, replaces: None });
    }

    /// The client's secret from now on; no token that was given out works any more.
    pub fn set_secret(&mut self, secret: &str) {
        secret.clone_into(&mut self.client_secret);
        self.access.clear();
    }

    /// Answers the next requests for a token with these errors, one each, in this order.
    pub fn fail_next(&mut self, errors: Vec<OAuthError>) {
        self.failures.extend(errors);
    }

    /// The refresh tokens that work, in no order.
    pub fn live_refresh_tokens(&self) -> Vec<String> {
        let alive = self.refresh.iter().filter(|(_, refresh)| refresh.alive);
        alive.map(|(text, _)| text.clone()).collect()
    }

    fn token_text(&mut self, lead: &str) -> String {
        self.made += 1;
        let chance = self.seed.at(self.made);
        format!("{lead}{:016x}{:016x}", chance.at(1).between(0, u64::MAX), chance.at(2).between(0, u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;

    use super::*;

    fn ask(server: &mut TokenServer, secret: &str, form: &str) -> (u16, Value) {
        let basic = format!("Basic {}", STANDARD.encode(format!("client:{secret}")));
        let answer = server.answer(&request(&basic, form, 0));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn request(authorization: &str, form: &str, second: i64) -> Request {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Request {
            method: "POST".to_owned(),
            path: "/token".to_owned(),
            query: Vec::new(),
            headers: vec![
                header("authorization", authorization),
                header("content-type", "application/x-www-form-urlencoded"),
            ],
            body: form.as_bytes().to_vec(),
            now: Timestamp::from_second(second).unwrap(),
            root_url: String::new(),
        }
    }

    fn server(rotation: Rotation) -> TokenServer {
        let mut server = TokenServer::new(("client", "secret"), "first", "read", 1);
        server.set_rotation(rotation);
        server
    }

    /// The refresh token that comes for one, or the error.
    fn refresh(server: &mut TokenServer, token: &str) -> Result<Option<String>, String> {
        let (status, body) =
            ask(server, "secret", &format!("grant_type=refresh_token&refresh_token={token}"));
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        if status == 200 { Ok(text("refresh_token")) } else { Err(text("error_description").unwrap()) }
    }

    #[test]
    fn access_tokens_live_their_time_and_say_for_whom_they_speak() {
        let mut server = server(Rotation::Never);
        let (status, body) = ask(&mut server, "secret", "grant_type=client_credentials");
        assert_eq!((status, &body["expires_in"], body.get("refresh_token")), (200, &json!(3600), None));
        let client = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let (_, body) = ask(&mut server, "secret", "grant_type=refresh_token&refresh_token=first");
        let user = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let holder = |server: &TokenServer, token: &str, second| server.holder(&request(token, "", second));
        assert_eq!(holder(&server, &client, 3599), Ok(Holder::Client));
        assert_eq!(holder(&server, &client, 3600), Err(Rejected::Expired));
        assert_eq!(holder(&server, &user, 0), Ok(Holder::User));
        server.revoke_user();
        assert_eq!(holder(&server, &user, 0), Err(Rejected::Unknown));
        server.expire();
        assert_eq!(holder(&server, &client, 0), Err(Rejected::Expired));
        server.set_secret("other");
        assert_eq!(holder(&server, &client, 0), Err(Rejected::Unknown));
        assert_eq!(holder(&server, "", 0), Err(Rejected::NoToken));
        assert_eq!(holder(&server, "Basic abc", 0), Err(Rejected::NotBearer));
        assert_eq!(ask(&mut server, "secret", "grant_type=client_credentials").1["error"], "invalid_client");
        assert_eq!(ask(&mut server, "other", "grant_type=password").1["error"], "unsupported_grant_type");
    }

    #[test]
    fn a_rotating_refresh_token_dies_at_once_or_when_its_successor_is_used() {
        assert_eq!(refresh(&mut server(Rotation::Never), "first"), Ok(None));
        let revoked = Err("Refresh token revoked".to_owned());
        let mut strict = server(Rotation::AtOnce);
        let second = refresh(&mut strict, "first").unwrap().unwrap();
        assert_eq!(refresh(&mut strict, "first"), revoked);
        assert_eq!(strict.live_refresh_tokens(), [second]);
        let mut patient = server(Rotation::OnceUsed);
        let lost = refresh(&mut patient, "first").unwrap().unwrap();
        let second = refresh(&mut patient, "first").unwrap().unwrap();
        assert_eq!(refresh(&mut patient, &lost), revoked, "the first was used once more");
        let third = refresh(&mut patient, &second).unwrap().unwrap();
        assert_eq!(refresh(&mut patient, "first"), revoked);
        assert_eq!(refresh(&mut patient, "never given"), Err("Invalid refresh token".to_owned()));
        patient.revoke_user();
        assert_eq!(refresh(&mut patient, &third), revoked);
        patient.admit_user("anew");
        assert!(refresh(&mut patient, "anew").is_ok());
    }
}
