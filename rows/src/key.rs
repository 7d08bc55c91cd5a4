//! Fingerprints of natural keys, so that a window can remember what it has seen in 16 bytes a key.

use std::{hash::BuildHasher, sync::LazyLock};

use foldhash::quality::RandomState;

use crate::fit::cleaned;

/// Two hash functions, chosen at random when the process starts: nobody outside can make keys collide.
static HALVES: LazyLock<[RandomState; 2]> =
    LazyLock::new(|| [RandomState::default(), RandomState::default()]);

/// 128 bits of a natural key. Stable within one process only: never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Of the key's parts in order, without U+0000, which no table keeps: a row is the same before and after it is cleaned.
    /// Each part is hashed with its length, so that ("a", "bc") and ("ab", "c") differ.
    pub fn of(parts: &[&str]) -> Self {
        if parts.iter().any(|part| part.contains('\0')) {
            let cleaned: Vec<String> = parts.iter().map(|part| cleaned(part)).collect();
            return Self::exact(&cleaned.iter().map(String::as_str).collect::<Vec<_>>());
        }
        Self::exact(parts)
    }

    /// The same of the parts as they are.
    pub fn exact(parts: &[&str]) -> Self {
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
    fn what_is_cleaned_away_does_not_count() {
        assert_eq!(Fingerprint::of(&["a\0", "\0"]), Fingerprint::of(&["a", ""]));
        assert_ne!(Fingerprint::exact(&["a\0"]), Fingerprint::exact(&["a"]));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["ab", "c"]));
        assert_eq!(Fingerprint::of(&["a", "bc"]), Fingerprint::of(&["a", "bc"]));
    }
}
