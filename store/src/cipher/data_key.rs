//! A key that is made for one subject and kept apart from what it seals: with it gone, what it sealed opens no more.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{
    Cell, OpenError, SealError,
    key::{KEY_BYTES, Key},
    put,
};

/// One key, ready to use. Prints its id only.
pub struct DataKey {
    key: Key,
    random: SystemRandom,
}

// === impl DataKey ===

impl DataKey {
    /// Random bytes for a new key: what is kept, sealed, in the key store.
    pub fn random_bytes() -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut bytes = Zeroizing::new(vec![0_u8; KEY_BYTES]);
        SystemRandom::new().fill(&mut bytes).map_err(|_| SealError)?;
        Ok(bytes)
    }

    /// The key of these bytes; nothing when there are not exactly as many as a key has.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self { key: Key::of(bytes.try_into().ok()?)?, random: SystemRandom::new() })
    }

    /// Known from the key itself: its fingerprint.
    pub fn id(&self) -> &str {
        &self.key.id
    }

    /// Seals for this cell.
    pub fn seal_cell(&self, cell: Cell<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.key.seal(&cell.to_bytes(), plain, &self.random)
    }

    /// Opens what was sealed for this cell.
    pub fn open_cell(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.key.open(&cell.to_bytes(), sealed)
    }

    /// A keyed hash of these parts, which never run together: equal exactly if they are.
    pub fn digest(&self, parts: &[&str]) -> Vec<u8> {
        let mut bytes = Zeroizing::new(Vec::new());
        for part in parts {
            put(&mut bytes, Some(part.as_bytes()));
        }
        self.key.digest(&bytes)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataKey").field(&self.key.id).finish()
    }
}
