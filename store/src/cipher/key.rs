//! One key, and how it is written: `dynamoi-key-1:<id>:<base64 of 32 bytes>`.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead, hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

use super::{OpenError, SealError};

/// A key, ready to use. What is written is split into one key to seal with and one to compare with.
pub struct Key {
    /// Known from the key itself: its fingerprint.
    pub id: String,
    sealing: aead::LessSafeKey,
    comparing: hmac::Key,
}

/// Why a text holds no keys. Never quotes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No line has a key.
    #[error("there is no key in it")]
    Empty,
    /// A line is no key.
    #[error("line {line} is no key of the form dynamoi-key-1:ID:BASE64")]
    Form {
        /// Counted from 1.
        line: usize,
    },
    /// Id and key do not belong together.
    #[error("the key in line {line} is damaged: it does not have the id that is written beside it")]
    Damaged {
        /// Counted from 1.
        line: usize,
    },
    /// A key is there twice.
    #[error("the key in line {line} is there already")]
    Twice {
        /// Counted from 1.
        line: usize,
    },
}

/// What every written key begins with: its form's version.
const PREFIX: &str = "dynamoi-key-1";
/// Bytes of a key: 256 bits.
pub(super) const KEY_BYTES: usize = 32;
/// Letters of a key's id.
pub const ID_LENGTH: usize = 8;

/// Makes a key: its line.
pub fn generate_key() -> Result<Zeroizing<String>, SealError> {
    let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
    SystemRandom::new().fill(&mut *bytes).map_err(|_| SealError)?;
    let id = Key::of(&bytes).ok_or(SealError)?.id;
    let encoded = Zeroizing::new(STANDARD.encode(*bytes));
    Ok(Zeroizing::new(format!("{PREFIX}:{id}:{}", *encoded)))
}

// === impl Key ===

impl Key {
    /// Reads a written key.
    pub fn parse(text: &str, line: usize) -> Result<Self, KeyError> {
        let form = KeyError::Form { line };
        let (id, encoded) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(|| form.clone())?;
        let decoded = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| form.clone())?);
        let bytes: &[u8; KEY_BYTES] = decoded.as_slice().try_into().map_err(|_| form.clone())?;
        let key = Self::of(bytes).ok_or(form)?;
        if key.id == id { Ok(key) } else { Err(KeyError::Damaged { line }) }
    }

    /// The key of these bytes.
    pub fn of(bytes: &[u8; KEY_BYTES]) -> Option<Self> {
        // The bytes are random as they are: HKDF only splits them by purpose.
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, PREFIX.as_bytes()).extract(bytes);
        let sealing = aead::UnboundKey::from(root.expand(&[b"seal"], &aead::AES_256_GCM).ok()?);
        let comparing = hmac::Key::from(root.expand(&[b"compare"], hmac::HMAC_SHA256).ok()?);
        let naming = hmac::Key::from(root.expand(&[b"name"], hmac::HMAC_SHA256).ok()?);
        let name = hmac::sign(&naming, b"id");
        let mut id = String::with_capacity(ID_LENGTH);
        for byte in name.as_ref().iter().take(ID_LENGTH / 2) {
            // Writing into a String cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        Some(Self { id, sealing: aead::LessSafeKey::new(sealing), comparing })
    }

    /// Nonce, then sealed bytes and tag.
    pub fn seal(&self, context: &[u8], plain: &[u8], random: &SystemRandom) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0_u8; aead::NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| SealError)?;
        let mut bytes = Vec::with_capacity(plain.len() + self.sealing.algorithm().tag_len());
        bytes.extend_from_slice(plain);
        let nonce_once = aead::Nonce::assume_unique_for_key(nonce);
        self.sealing
            .seal_in_place_append_tag(nonce_once, aead::Aad::from(context), &mut bytes)
            .map_err(|_| SealError)?;
        Ok([&nonce[..], &bytes].concat())
    }

    /// The reverse of [`Key::seal`].
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, sealed) = sealed.split_at_checked(aead::NONCE_LEN).ok_or(OpenError::Damaged)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Damaged)?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let length = self
            .sealing
            .open_in_place(nonce, aead::Aad::from(context), &mut bytes)
            .map_err(|_| OpenError::Damaged)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }

    /// The HMAC-SHA256 of some bytes.
    pub fn digest(&self, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.comparing, bytes).as_ref().to_vec()
    }
}
