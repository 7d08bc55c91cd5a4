//! The port of encryption: who has a key seals bytes, and opens what was sealed for the same context.

/// Seals and opens bytes. What was sealed for one context opens in no other.
pub trait Seal: Send + Sync {
    /// Sealed for this context (a table's cell, a cache's key). Sealing the same bytes twice gives different results.
    fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8>;

    /// What was sealed for this context; nothing when it was sealed for another one, by a key that is not at hand, or
    /// was tampered with.
    fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}
