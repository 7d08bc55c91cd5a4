//! What operators may do: `POST /api/v1/connections/{connection}/{action}` for programs, and the page's buttons.
//!
//! Only with authentication. A browser sends a user's password along by itself, so that another site's page could have it
//! act: what a browser sends must come from a page of this server (`Sec-Fetch-Site`, or else `Origin`), and a button's
//! form must carry a token that only such a page holds.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::{Data, Path, Payload, Query},
};
use futures::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Shared, authentication::Asker, limits::FORM_BYTES_MAX, reading, refusals::Refused};

/// What can be done with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Hold it until it is resumed, over restarts too.
    Pause,
    /// Let it go on.
    Resume,
    /// Poll everything now; the provider's quota still holds.
    Poll,
}

/// Why an action was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// No such connection runs.
    #[error("there is no connection {0:?}")]
    Unknown(String),
    /// It could not be noted; nothing has changed.
    #[error("nothing was changed: {0}")]
    Failed(String),
}

/// Whoever can do it.
pub trait Operator: Send + Sync {
    /// Does it; returns when the connection has heard of it, or after a short while.
    fn act(&self, connection: String, action: Action) -> BoxFuture<'_, Result<(), ActionError>>;
}

/// The answer to an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Done {
    /// Which connection.
    connection: String,
    /// What was done.
    action: Action,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Refusal {
    /// In words, with what to do.
    pub error: String,
}

/// Makes and knows the tokens of forms. They hold as long as the process runs.
pub(super) struct Tokens([u8; 32]);

/// What a form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    token: String,
}

// === impl Action ===

impl Action {
    /// As in paths.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Poll => "poll",
        }
    }

    /// Reads the path's word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Pause, Self::Resume, Self::Poll].into_iter().find(|action| action.as_str() == word)
    }
}

// === impl Tokens ===

impl Tokens {
    /// With a key that nobody else knows.
    pub(super) fn new() -> Self {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        Self(key)
    }

    /// The token of the form that does this.
    pub(super) fn of(&self, connection: &str, action: Action) -> String {
        hex::encode(self.mac(connection, action).finalize().into_bytes())
    }

    fn is_of(&self, token: &str, connection: &str, action: Action) -> bool {
        let Ok(token) = hex::decode(token) else { return false };
        self.mac(connection, action).verify_slice(&token).is_ok()
    }

    fn mac(&self, connection: &str, action: Action) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of 32 bytes");
        mac.update(action.as_str().as_bytes());
        mac.update(b" ");
        mac.update(connection.as_bytes());
        mac
    }
}

/// For programs: JSON.
pub(super) async fn act(
    request: HttpRequest,
    path: Path<(String, String)>,
    shared: Data<Shared>,
) -> HttpResponse {
    let (connection, word) = path.into_inner();
    let Some(action) = Action::parse(&word) else {
        return refused(StatusCode::NOT_FOUND, "there are pause, resume and poll");
    };
    if let Err((status, why)) = allowed(&request, &shared) {
        return refused(status, why);
    }
    match take(&request, &shared, connection.clone(), action).await {
        Ok(()) => HttpResponse::Ok().json(Done { connection, action }),
        Err(error) => refused(status_of(&error), &error.to_string()),
    }
}

/// For the page's buttons: leads back to the page.
pub(super) async fn press(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let (connection, word) = path.into_inner();
    let Some(action) = Action::parse(&word) else {
        return told(StatusCode::NOT_FOUND, "There is no such button.");
    };
    if let Err((status, why)) = allowed(&request, &shared) {
        return told(status, why);
    }
    // Not before: nobody's body is waited for who may not act.
    let form = match reading::body(&request, payload, FORM_BYTES_MAX, &shared).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let form = std::str::from_utf8(&form).ok().and_then(|form| Query::<Pressed>::from_query(form).ok());
    if !form.is_some_and(|form| shared.tokens.is_of(&form.token, &connection, action)) {
        shared.refusals.note(Refused::ForeignPage, "");
        return told(
            StatusCode::FORBIDDEN,
            "This form is out of date: the worker was restarted since. Go back, load the page again, and press the \
             button once more.",
        );
    }
    match take(&request, &shared, connection.clone(), action).await {
        Ok(()) => {
            let query = request.query_string();
            let back = format!("/?{query}#{}", super::page::anchor(&connection));
            HttpResponse::SeeOther().insert_header((header::LOCATION, back)).finish()
        }
        Err(error) => told(status_of(&error), &error.to_string()),
    }
}

async fn take(
    request: &HttpRequest,
    shared: &Shared,
    connection: String,
    action: Action,
) -> Result<(), ActionError> {
    let taken = shared.operator.act(connection.clone(), action).await;
    let by = request.extensions().get::<Asker>().map(ToString::to_string).unwrap_or_default();
    let address = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let action = action.as_str();
    match &taken {
        Ok(()) => tracing::info!(connection, action, by, address, "done as asked over HTTP"),
        // The name is whatever the request says.
        Err(ActionError::Unknown(name)) => {
            tracing::warn!(connection = ?name, action, by, address, "asked for over HTTP: no such connection");
        }
        Err(error) => tracing::warn!(connection, action, by, address, %error, "asked for over HTTP"),
    }
    taken
}

/// Whether this request may act at all. Who it is has been seen to before.
pub(super) fn allowed(request: &HttpRequest, shared: &Shared) -> Result<(), (StatusCode, &'static str)> {
    if !shared.may_act {
        return Err((
            StatusCode::FORBIDDEN,
            "this needs authentication: set http.authentication, or use the command line (`dynamoi pause`, `resume`, `poll`, \
             `users`)",
        ));
    }
    if !is_own(request.headers()) {
        shared.refusals.note(Refused::ForeignPage, "");
        return Err((StatusCode::FORBIDDEN, "this request comes from another site's page"));
    }
    Ok(())
}

/// Whether a request comes from a page of this server, or from no browser.
fn is_own(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

fn status_of(error: &ActionError) -> StatusCode {
    match error {
        ActionError::Unknown(_) => StatusCode::NOT_FOUND,
        ActionError::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// An answer of the API that says what is wrong.
pub(super) fn refused(status: StatusCode, why: &str) -> HttpResponse {
    HttpResponse::build(status).json(Refusal { error: why.to_owned() })
}

fn told(status: StatusCode, why: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(super::page::message(why))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    #[test]
    fn another_sites_page_is_told_from_ours() {
        let host = ("host", "127.0.0.1:9464");
        for (pairs, own) in [
            (vec![host], true),
            (vec![host, ("origin", "http://127.0.0.1:9464")], true),
            (vec![host, ("origin", "http://127.0.0.1:9465")], false),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:9464")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
        ] {
            assert_eq!(is_own(&headers(&pairs)), own, "{pairs:?}");
        }
    }

    #[test]
    fn a_token_is_good_for_its_own_form_only() {
        let tokens = Tokens::new();
        let token = tokens.of("a", Action::Pause);
        assert!(tokens.is_of(&token, "a", Action::Pause));
        assert!(!tokens.is_of(&token, "a", Action::Poll));
        assert!(!tokens.is_of(&token, "b", Action::Pause));
        assert!(!Tokens::new().is_of(&token, "a", Action::Pause));
        assert!(!tokens.is_of("", "a", Action::Pause) && !tokens.is_of("zz", "a", Action::Pause));
    }
}
