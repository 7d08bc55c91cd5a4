//! Rows that could not be understood or stored: kept aside and counted, so that one of them does not stop its page.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// One row that could not be parsed. Holds no raw text of the source but allow-listed fields: the rest is a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// A short, bounded word for the metric's label: `malformed`, `money`, `date`, `missing_field`, `key_too_long`, `twin_key`,
    /// `refused` …
    pub reason: &'static str,
    /// What was expected and what was found, without values of personal fields.
    pub detail: String,
    /// Where it stood: endpoint, page and index.
    pub place: String,
    /// SHA-256 or another stable hash of the raw row, lower-case hex. The store keeps a keyed digest of it.
    pub hash: String,
    /// Allow-listed fields, such as the object's id.
    pub fields: Vec<(&'static str, String)>,
    /// The day that the row is dated, when that could be read: its window then deletes nothing.
    pub day: Option<crate::Day>,
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
