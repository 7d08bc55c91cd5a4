//! Encryption at rest: AES-256-GCM with a random nonce, bound to the cell that it is for, and a keyed HMAC-SHA256 that
//! tells whether anything changed without opening it.

mod data_key;
mod key;
mod keyring;

use std::fmt;

pub use data_key::DataKey;
pub use key::{KeyError, generate_key};
pub use keyring::Keyring;

/// Where a sealed value belongs: what is sealed for one cell opens in no other.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The table.
    pub table: &'a str,
    /// The row's key, part by part.
    pub row: &'a [&'a str],
    /// The column.
    pub column: &'a str,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No key of the ring sealed it.
    #[error(
        "it was sealed with key {0}, which is not configured: add that key's line to the key file, below the newest one"
    )]
    UnknownKey(String),
    /// It was changed, or moved here from another cell.
    #[error(
        "its content was damaged or tampered with, or belongs elsewhere: restore it from a backup, or store it again"
    )]
    Damaged,
    /// It is not what this program seals.
    #[error(
        "it is not sealed in a form that this version knows: run the version that wrote it, or store it again"
    )]
    Form,
}

/// The random number generator of the operating system does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random numbers: nothing can be sealed")]
pub struct SealError;

// === impl Cell ===

impl Cell<'_> {
    /// Its name as bytes that no other cell has: each part with its length.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.table].iter().chain(self.row).chain([&self.column]) {
            put(&mut bytes, Some(part.as_bytes()));
        }
        bytes
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {}", self.column, self.table, self.row.join(" / "))
    }
}

/// Appends a part with its length, so that parts never run together; nothing differs from empty.
fn put(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    match part {
        None => bytes.push(0),
        Some(part) => {
            bytes.push(1);
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests;
