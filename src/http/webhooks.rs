//! `POST /webhooks/{integration}/{connection}`: a provider says that something happened. What, is not believed: feeds are polled
//! soon, as they are anyway, so that nothing is lost when a message is, and nothing is stored that was made up. A message needs no
//! other authentication than its signature, which the integration knows how to check.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Payload},
};
use actors::webhook::{Message, WebhookVerifier};
use secrecy::SecretString;

use super::{Shared, actions::refused, limits::WEBHOOK_BYTES_MAX, reading, refusals::Refused};

/// Where they go.
pub(super) const PATH: &str = "/webhooks/";

/// Who takes messages, and what becomes of them.
pub trait Webhooks: Send + Sync {
    /// How messages for this connection of this integration are checked; none when it takes none.
    fn check(&self, integration: &str, connection: &str) -> Option<Check>;
    /// There is something new.
    fn news(&self, connection: &str);
}

/// How a connection's messages are checked.
#[derive(Clone)]
pub struct Check {
    /// By whom.
    pub verifier: &'static dyn WebhookVerifier,
    /// With which secret.
    pub secret: SecretString,
}

/// Takes a message.
pub(super) async fn take(
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let (integration, connection) = path.into_inner();
    let address = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    // Before its body: whoever asks for nobody need not send one.
    let Some(check) = shared.webhooks.check(&integration, &connection) else {
        shared.refusals.note(Refused::NoWebhook, &address);
        let why = "no connection of this name takes webhooks: set its credential for them, where its integration has one";
        return refused(StatusCode::NOT_FOUND, why);
    };
    let body = match reading::body(&request, payload, WEBHOOK_BYTES_MAX, &shared).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let message = Message { header: &header, body: &body, received_at: shared.clock.now() };
    match check.verifier.verify(&check.secret, &message) {
        Ok(()) => {
            tracing::info!(connection, address, "a webhook was taken: its feeds are read now");
            shared.webhooks.news(&connection);
            HttpResponse::Ok().finish()
        }
        Err(why) => {
            shared.refusals.note(Refused::Unsigned, format_args!("{connection} from {address}: {why}"));
            refused(StatusCode::BAD_REQUEST, &why.to_string())
        }
    }
}
