//! Fingerprints of natural keys, so that a window can remember what it has seen in 16 bytes a key.

use std::{hash::BuildHasher, sync::LazyLock};

use foldhash::quality::RandomState;

/// Two hash functions, chosen at random when the process starts: nobody outside can make keys collide.
static HALVES: LazyLock<[RandomState; 2]> =
    LazyLock::new(|| [RandomState::default(), RandomState::default()]);

/// 128 bits of a natural key. Stable within one process only: never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Of the key's parts in order. Each part is hashed with its length, so that ("a", "bc") and ("ab", "c") differ.
    pub fn of(parts: &[&str]) -> Self {
        let [high, low] = HALVES.each_ref().map(|state| u128::from(state.hash_one(parts)));
        Self((high << 64) | low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_count() {
        let Fingerprint(bits) = Fingerprint::of(&["a"]);
        assert_ne!(bits >> 64, bits & u128::from(u64::MAX));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["ab", "c"]));
        assert_eq!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["a", "bc"]));
    }
}
