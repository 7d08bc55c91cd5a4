//! Names for what is secret, or long.

use sha2::{Digest as _, Sha256};

/// SHA-256 of these parts, in hex: each goes in with its length, so that parts never run together.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}
