//! Tokens that clients sign themselves (ES256), and the keys that they are checked with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use serde_json::Value;

use super::errors::MusicError;
use crate::exchange::Request;

/// The developer's key, as it is downloaded (`.p8`). It was made for this imitation and opens nothing else.
pub const DEMO_KEY: &str = include_str!("demo_key.p8");
/// Its id.
pub const KEY_ID: &str = "DEMOKEY001";
/// Whose it is.
pub const TEAM_ID: &str = "DEMOTEAM01";

/// The key of the Music Analytics API. It was made for this imitation and opens nothing else.
pub const ANALYTICS_KEY: &str = include_str!("analytics_key.p8");
/// Its id.
pub const ANALYTICS_KEY_ID: &str = "DEMOANALY1";
/// Whose it is.
pub const ISSUER_ID: &str = "57246542-96fe-1a63-e053-0824d011072a";

/// A developer's token holds for half a year at most, …
const DEVELOPER_LIFE_SECONDS: i64 = 15_777_000;
/// … one of the Music Analytics API for 20 minutes.
const ANALYTICS_LIFE_SECONDS: i64 = 20 * 60;

/// What is accepted at one of the two APIs.
#[derive(Debug)]
pub(super) struct Keys {
    /// None: nothing is accepted any more.
    public_key: Option<Vec<u8>>,
    issuer: &'static str,
    key_id: &'static str,
    audience: Option<&'static str>,
    life_seconds: i64,
}

impl Keys {
    pub(super) fn of_developer() -> Self {
        Self {
            public_key: public_key(DEMO_KEY),
            issuer: TEAM_ID,
            key_id: KEY_ID,
            audience: None,
            life_seconds: DEVELOPER_LIFE_SECONDS,
        }
    }

    pub(super) fn of_analytics() -> Self {
        Self {
            public_key: public_key(ANALYTICS_KEY),
            issuer: ISSUER_ID,
            key_id: ANALYTICS_KEY_ID,
            audience: Some("appstoreconnect-v1"),
            life_seconds: ANALYTICS_LIFE_SECONDS,
        }
    }

    /// Accepts what this private key signs, and nothing else.
    pub(super) fn accept(&mut self, pem: &str) {
        self.public_key = public_key(pem);
    }

    pub(super) fn revoke(&mut self) {
        self.public_key = None;
    }

    /// Whether a request carries a token that holds now.
    pub(super) fn check(&self, request: &Request) -> Result<(), MusicError> {
        let holds = request.bearer().is_some_and(|token| self.holds(token, request.now) == Some(true));
        if holds { Ok(()) } else { Err(MusicError::unauthorised()) }
    }

    fn holds(&self, token: &str, now: Timestamp) -> Option<bool> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let read = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let (header, claims, signature) =
            (read(header)?, read(claims)?, URL_SAFE_NO_PAD.decode(signature).ok()?);
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.public_key.as_ref()?);
        let (issued, expires) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?);
        let now = now.as_second();
        let is_now = issued <= now && now < expires && expires - issued <= self.life_seconds;
        let is_named =
            header["alg"] == "ES256" && header["kid"] == self.key_id && claims["iss"] == self.issuer;
        let is_meant = self.audience.is_none_or(|audience| claims["aud"] == audience);
        Some(is_now && is_named && is_meant && key.verify(signed.as_bytes(), &signature).is_ok())
    }
}

/// The public half of a private key in PEM form.
fn public_key(pem: &str) -> Option<Vec<u8>> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(text).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new()).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}
