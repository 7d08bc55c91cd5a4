//! Who may ask for what: the restricted key and its permissions.

use super::fault::Fault;
use super::records::Resource;
use crate::exchange::Request;
use crate::stage::{Credential, Standing};

/// The restricted key that a new account accepts.
pub const SANDBOX_KEY: &str = "rk_test_sandbox_0000000000000000";

/// The account's one key.
#[derive(Debug)]
pub(super) struct Authority {
    /// What it may not read are nouns, as in `rak_<noun>_read`.
    pub key: Credential<String>,
}

impl Default for Authority {
    fn default() -> Self {
        Self { key: Credential::new(SANDBOX_KEY) }
    }
}

impl Authority {
    /// The key of the request, if it is the account's.
    pub(super) fn admit(&self, request: &Request) -> Result<String, Fault> {
        let header = request.header("authorization").unwrap_or_default();
        let key = match header.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
                let pair = base64(pair.trim()).unwrap_or_default();
                pair.split(':').next().unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        if key.is_empty() {
            return Err(Fault::no_key());
        }
        match self.key.standing(&key) {
            Standing::Valid => Ok(key),
            Standing::Expired => Err(Fault::expired_key(&key)),
            Standing::Unknown => Err(Fault::wrong_key(&key)),
        }
    }

    pub(super) fn permit(&self, key: &str, resource: Resource) -> Result<(), Fault> {
        if !self.key.permits(&resource.object().to_owned()) {
            return Err(Fault::forbidden(key, resource.object()));
        }
        Ok(())
    }
}

/// Decodes standard base64 with or without padding.
fn base64(text: &str) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0u32, 0u32);
    for letter in text.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        buffer = (buffer << 6 | u32::try_from(digit).ok()?) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xFF).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}
