//! Fingerprints of natural keys, so that a window can remember what it has seen in 16 bytes a key.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

/// 128 bits of a natural key. Stable within one process only: never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Of the key's parts in order. Each part is hashed with its length, so that ("a", "bc") and ("ab", "c") differ.
    pub fn of(parts: &[&str]) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            parts.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        Self((half(0) << 64) | half(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["ab", "c"]));
        assert_eq!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["a", "bc"]));
    }
}
