//! What cannot be understood or read is set aside: counted, visible, and a reason to delete nothing.

use std::fmt::Write;

use ::rows::quarantine::Quarantined;
use sha2::{Digest, Sha256};

/// Why something cannot become a row. Says nothing of its text.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not of the documented shape. The parser's own words may quote the text: only kind and column are repeated.
    #[error("{:?} error at column {}", .0.classify(), .0.column())]
    Malformed(#[from] serde_json::Error),
    /// A date or time that is none.
    #[error("{0} is no date")]
    Date(&'static str),
}

// === impl Unreadable ===

impl Unreadable {
    /// A short word for labels.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Date(_) => "date",
        }
    }
}

/// Sets aside what was sent: `raw`, which stood at `place`, inside what was asked for as `asked`.
pub fn unreadable(raw: &[u8], place: String, asked: &str, why: &Unreadable) -> Quarantined {
    Quarantined {
        reason: why.reason(),
        detail: why.to_string(),
        place,
        hash: sha256_hex(raw),
        fields: vec![("asked", asked.to_owned())],
        day: None,
    }
}

/// Sets aside what was not sent, or not in one piece: `reason` for labels, `detail` for people.
pub fn unread(reason: &'static str, detail: String, asked: &str) -> Quarantined {
    Quarantined {
        reason,
        detail,
        place: asked.to_owned(),
        // The same trouble of the same object is one entry, however often it is met.
        hash: sha256_hex(format!("{reason} {asked}").as_bytes()),
        fields: vec![("asked", asked.to_owned())],
        day: None,
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
