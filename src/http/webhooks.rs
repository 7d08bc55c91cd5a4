//! `POST /webhooks/stripe/{connection}`: Stripe says that something happened. What, is not believed: its events are polled
//! soon, as they are anyway, so that nothing is lost when a message is, and nothing is stored that was made up.
//!
//! A message needs no other authentication than its signature (Stripe, "Check the webhook signatures"): the header
//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, where one of the `v1` is HMAC-SHA256 of `<t>.<body>` under the secret of
//! the endpoint; during a change of secrets there are several.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Payload},
};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{Shared, actions::refused, limits::WEBHOOK_BYTES_MAX, reading, refusals::Refused};

/// Where they go.
pub(super) const PATH: &str = "/webhooks/";
/// Older messages are not taken, so that a stolen one is soon of no use. Stripe's own libraries take five minutes.
const AGE_MAX_SECONDS: i64 = 300;
/// Signatures that are looked at: one for each secret that holds.
const SIGNATURES_MAX: usize = 4;

/// Who takes messages, and what becomes of them.
pub trait Webhooks: Send + Sync {
    /// The secret that messages for this connection are signed with; nothing when it takes none.
    fn secret(&self, connection: &str) -> Option<SecretString>;
    /// There is something new.
    fn news(&self, connection: &str);
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unsigned {
    #[error("the header Stripe-Signature is missing or malformed")]
    Malformed,
    #[error("the signature is older than five minutes: send it again, or see to both clocks")]
    Old,
    #[error("the signature is not of this endpoint's secret: set credentials.webhook_secret to it")]
    Wrong,
}

/// Takes a message.
pub(super) async fn stripe(
    request: HttpRequest,
    connection: Path<String>,
    payload: Payload,
    shared: Data<Shared>,
) -> HttpResponse {
    let address = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    // Before its body: whoever asks for nobody need not send one.
    let Some(secret) = shared.webhooks.secret(&connection) else {
        shared.refusals.note(Refused::NoWebhook, &address);
        let why = "no connection of this name takes webhooks: set credentials.webhook_secret";
        return refused(StatusCode::NOT_FOUND, why);
    };
    let header = request.headers().get("stripe-signature").and_then(|value| value.to_str().ok());
    let body = match reading::body(&request, payload, WEBHOOK_BYTES_MAX, &shared).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    match verify(&secret, header.unwrap_or_default(), &body, shared.clock.now()) {
        Ok(()) => {
            tracing::info!(
                connection = &**connection,
                address,
                "a webhook was taken: its feeds are read now"
            );
            shared.webhooks.news(&connection);
            HttpResponse::Ok().finish()
        }
        Err(why) => {
            shared.refusals.note(Refused::Unsigned, format_args!("{} from {address}: {why}", *connection));
            refused(StatusCode::BAD_REQUEST, &why.to_string())
        }
    }
}

fn verify(secret: &SecretString, header: &str, body: &[u8], now: Timestamp) -> Result<(), Unsigned> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").map(|(_, time)| time).ok_or(Unsigned::Malformed)?;
    let seconds: i64 = time.parse().map_err(|_| Unsigned::Malformed)?;
    let mut signatures = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX).peekable();
    signatures.peek().ok_or(Unsigned::Malformed)?;
    if now.as_second().saturating_sub(seconds) > AGE_MAX_SECONDS {
        return Err(Unsigned::Old);
    }
    // A key of any length will do.
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| Unsigned::Wrong)?;
    let mac = mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(body);
    // Compared in constant time.
    let is_of = |hex: &str| hex::decode(hex).is_ok_and(|code| mac.clone().verify_slice(&code).is_ok());
    if signatures.any(|(_, hex)| is_of(hex)) { Ok(()) } else { Err(Unsigned::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn signature(secret: &str, time: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let mac = mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    #[test]
    fn only_a_fresh_message_with_a_signature_of_ours_is_taken() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let verify = |header: &str, body: &[u8]| verify(&"whsec_ours".into(), header, body, now);
        let ours = signature("whsec_ours", "999900", BODY);
        let theirs = signature("whsec_theirs", "999900", BODY);
        assert_eq!(verify(&format!("t=999900,v1={ours}"), BODY), Ok(()));
        assert_eq!(
            verify(&format!("t=999900, v0=00, v1={theirs}, v1={ours}"), BODY),
            Ok(()),
            "a change of secrets"
        );
        for (header, body, why) in [
            (format!("t=999900,v1={theirs}"), BODY, Unsigned::Wrong),
            (format!("t=999900,v0={ours}"), BODY, Unsigned::Malformed),
            (format!("t=999901,v1={ours}"), BODY, Unsigned::Wrong),
            (format!("t=999900,v1={ours}"), &BODY[1..], Unsigned::Wrong),
            (format!("t=999900,v1={}", &ours[..62]), BODY, Unsigned::Wrong),
            ("t=999900,v1=".to_owned(), BODY, Unsigned::Wrong),
            (format!("v1={ours}"), BODY, Unsigned::Malformed),
            ("t=soon,v1=00".to_owned(), BODY, Unsigned::Malformed),
            (String::new(), BODY, Unsigned::Malformed),
            (format!("t=999699,v1={}", signature("whsec_ours", "999699", BODY)), BODY, Unsigned::Old),
            (format!("t={},v1=00", i64::MIN), BODY, Unsigned::Old),
        ] {
            assert_eq!(verify(&header, body), Err(why), "{header}");
        }
    }
}
