//! Which transactions a file has, in a few bytes each: by them it is known what two files have in common.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{limits::TRANSACTIONS_MAX, refusal::Refusal};

/// The transactions of a file, each by a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transactions(BTreeSet<[u8; DIGEST_BYTES]>);

/// Two of a million transactions have the same digest once in five hundred times.
const DIGEST_BYTES: usize = 6;

// === impl Transactions ===

impl Transactions {
    /// Adds one by what identifies it.
    pub fn add(&mut self, names: &[&str]) -> Result<(), Refusal> {
        let mut digest = [0; DIGEST_BYTES];
        let whole = names.iter().fold(Sha256::new(), |hash, name| hash.chain_update(name).chain_update([0]));
        digest.iter_mut().zip(whole.finalize()).for_each(|(own, byte)| *own = byte);
        self.0.insert(digest);
        if self.0.len() > TRANSACTIONS_MAX {
            return Err(Refusal::Excessive(format!(
                "it has more than {TRANSACTIONS_MAX} transactions; export fewer days at once"
            )));
        }
        Ok(())
    }

    /// As text, in the order of their digests.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|digest| URL_SAFE_NO_PAD.encode(digest))
    }
}
