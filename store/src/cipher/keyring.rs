//! The keys at hand: the newest seals, all of them open.

use std::{fmt, sync::Arc};

use ring::rand::SystemRandom;
use rows::{personal::Personal, seal::Seal};
use zeroize::Zeroizing;

use super::{
    Cell, KeyError, OpenError, SealError,
    key::{ID_LENGTH, Key},
    put,
};

/// One or more keys, the newest first. Cheap to clone; prints their ids only.
#[derive(Clone)]
pub struct Keyring {
    newest: Arc<Key>,
    others: Vec<Arc<Key>>,
    random: SystemRandom,
}

/// First byte of what is sealed: the version of its form, which is this byte, the key's id, nonce, sealed bytes, tag.
const FORM: u8 = 1;

// === impl Keyring ===

impl Keyring {
    /// Reads keys, one a line, the newest first. Empty lines and lines that begin with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<Arc<Key>> = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let key = Key::parse(text, line)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyError::Twice { line });
            }
            keys.push(Arc::new(key));
        }
        let mut keys = keys.into_iter();
        let newest = keys.next().ok_or(KeyError::Empty)?;
        Ok(Self { newest, others: keys.collect(), random: SystemRandom::new() })
    }

    /// The id of the key that seals.
    pub fn newest_id(&self) -> &str {
        &self.newest.id
    }

    /// The ids of all keys, the newest first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys().map(|key| key.id.as_str())
    }

    /// Seals with the newest key, for this cell.
    pub fn seal_cell(&self, cell: Cell<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(&cell.to_bytes(), plain)
    }

    /// Opens what was sealed for this cell, with whichever key sealed it.
    pub fn open_cell(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.open_bytes(&cell.to_bytes(), sealed)
    }

    /// A keyed hash of a row's personal values, by the key of this id: equal exactly if they are. Nothing when that key
    /// is not at hand.
    pub fn digest(&self, key_id: &str, row: &[&str], values: &[Option<&Personal>]) -> Option<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        for part in row {
            put(&mut bytes, Some(part.as_bytes()));
        }
        for value in values {
            put(&mut bytes, value.map(|value| value.reveal().as_bytes()));
        }
        Some(self.key(key_id)?.digest(&bytes))
    }

    fn seal_bytes(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let sealed = self.newest.seal(context, plain, &self.random)?;
        Ok([&[FORM], self.newest.id.as_bytes(), &sealed].concat())
    }

    fn open_bytes(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (form, rest) = sealed.split_first().ok_or(OpenError::Form)?;
        let (id, rest) = rest.split_at_checked(ID_LENGTH).ok_or(OpenError::Form)?;
        let id = str::from_utf8(id).map_err(|_| OpenError::Form)?;
        if *form != FORM || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(OpenError::Form);
        }
        let key = self.key(id).ok_or_else(|| OpenError::UnknownKey(id.to_owned()))?;
        key.open(context, rest)
    }

    fn key(&self, id: &str) -> Option<&Key> {
        self.keys().find(|key| key.id == id).map(|key| &**key)
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.newest).chain(&self.others)
    }
}

impl Seal for Keyring {
    fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.seal_bytes(context.as_bytes(), plain).unwrap_or_else(|error| {
            // What is empty opens to nothing: whoever relies on it misses a memory, no data.
            tracing::error!(%error, "nothing was sealed");
            Vec::new()
        })
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut opened = self.open_bytes(context.as_bytes(), sealed).ok()?;
        Some(std::mem::take(&mut *opened))
    }
}

impl PartialEq for Keyring {
    /// An id is the fingerprint of its key: the same ids in the same order are the same keys.
    fn eq(&self, other: &Self) -> bool {
        self.ids().eq(other.ids())
    }
}

impl Eq for Keyring {}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}
