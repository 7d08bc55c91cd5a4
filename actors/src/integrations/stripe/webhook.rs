//! The signatures of Stripe's messages (Stripe, "Check the webhook signatures"): the header
//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, where one of the `v1` is HMAC-SHA256 of `<t>.<body>` under the secret of
//! the endpoint; during a change of secrets there are several.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{
    integration::CredentialSpec,
    webhook::{Message, Unsigned, WebhookVerifier},
};

/// What the daemon's `/webhooks/stripe/{connection}` checks; nothing here is signed with it.
pub const WEBHOOK_SECRET: CredentialSpec = CredentialSpec::optional(
    "webhook_secret",
    "signing secret (whsec_…) of a webhook endpoint that leads to /webhooks/stripe/NAME of the daemon, from Developers > \
           Webhooks",
);

/// Older messages are not taken, so that a stolen one is soon of no use. Stripe's own libraries take five minutes.
const AGE_MAX_SECONDS: i64 = 300;
/// Signatures that are looked at: one for each secret that holds.
const SIGNATURES_MAX: usize = 4;

const MALFORMED: Unsigned = Unsigned("the header Stripe-Signature is missing or malformed");
const OLD: Unsigned =
    Unsigned("the signature is older than five minutes: send it again, or see to both clocks");
const WRONG: Unsigned =
    Unsigned("the signature is not of this endpoint's secret: set credentials.webhook_secret to it");

/// Checks them.
#[derive(Debug)]
pub struct StripeSignature;

impl WebhookVerifier for StripeSignature {
    fn credential(&self) -> &'static CredentialSpec {
        &WEBHOOK_SECRET
    }

    fn verify(&self, secret: &SecretString, message: &Message<'_>) -> Result<(), Unsigned> {
        let header = (message.header)("stripe-signature").ok_or(MALFORMED)?;
        let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
        let time = parts().find(|(name, _)| *name == "t").map(|(_, time)| time).ok_or(MALFORMED)?;
        let seconds: i64 = time.parse().map_err(|_| MALFORMED)?;
        let mut signatures = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX).peekable();
        signatures.peek().ok_or(MALFORMED)?;
        if message.received_at.as_second().saturating_sub(seconds) > AGE_MAX_SECONDS {
            return Err(OLD);
        }
        // A key of any length will do.
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| WRONG)?;
        let mac = mac.chain_update(time.as_bytes()).chain_update(b".").chain_update(message.body);
        // Compared in constant time.
        let is_of = |hex: &str| hex::decode(hex).is_ok_and(|code| mac.clone().verify_slice(&code).is_ok());
        if signatures.any(|(_, hex)| is_of(hex)) { Ok(()) } else { Err(WRONG) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

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
        let verify = |header: &str, body: &[u8]| {
            let header = |name: &str| (name == "stripe-signature").then_some(header);
            let message = Message { header: &header, body, received_at: now };
            StripeSignature.verify(&"whsec_ours".into(), &message)
        };
        let ours = signature("whsec_ours", "999900", BODY);
        let theirs = signature("whsec_theirs", "999900", BODY);
        assert_eq!(verify(&format!("t=999900,v1={ours}"), BODY), Ok(()));
        assert_eq!(
            verify(&format!("t=999900, v0=00, v1={theirs}, v1={ours}"), BODY),
            Ok(()),
            "a change of secrets"
        );
        for (header, body, why) in [
            (format!("t=999900,v1={theirs}"), BODY, WRONG),
            (format!("t=999900,v0={ours}"), BODY, MALFORMED),
            (format!("t=999901,v1={ours}"), BODY, WRONG),
            (format!("t=999900,v1={ours}"), &BODY[1..], WRONG),
            (format!("t=999900,v1={}", &ours[..62]), BODY, WRONG),
            ("t=999900,v1=".to_owned(), BODY, WRONG),
            (format!("v1={ours}"), BODY, MALFORMED),
            ("t=soon,v1=00".to_owned(), BODY, MALFORMED),
            (String::new(), BODY, MALFORMED),
            (format!("t=999699,v1={}", signature("whsec_ours", "999699", BODY)), BODY, OLD),
            (format!("t={},v1=00", i64::MIN), BODY, OLD),
        ] {
            assert_eq!(verify(&header, body), Err(why), "{header}");
        }
    }
}
