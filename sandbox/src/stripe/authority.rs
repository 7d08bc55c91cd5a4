//! Who may ask for what: the restricted key and its permissions.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::records::Resource;
use crate::exchange::Request;

/// The restricted key that a new account accepts.
pub const SANDBOX_KEY: &str = "rk_test_sandbox_0000000000000000";

/// The account's one key.
#[derive(Debug)]
pub(super) struct Authority {
    pub key: String,
    pub expired: bool,
    /// Nouns without read permission, as in `rak_<noun>_read`.
    pub forbidden: BTreeSet<String>,
}

impl Default for Authority {
    fn default() -> Self {
        Self { key: SANDBOX_KEY.to_owned(), expired: false, forbidden: BTreeSet::new() }
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
        match key.as_str() {
            "" => Err(Fault::no_key()),
            known if known == self.key && self.expired => Err(Fault::expired_key(known)),
            known if known == self.key => Ok(key),
            other => Err(Fault::wrong_key(other)),
        }
    }

    pub(super) fn permit(&self, key: &str, resource: Resource) -> Result<(), Fault> {
        if self.forbidden.contains(resource.object()) {
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
