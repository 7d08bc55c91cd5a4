//! Encryption as a port: what must not be read where it is kept.

/// Seals bytes for a place. What was sealed for one place opens nowhere else.
pub trait Seal: Send + Sync {
    /// Seals `plain` for `context`, the place where it will be kept.
    fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8>;

    /// Opens what was sealed for `context`; nothing when it was sealed for another place, with a key that is gone, or
    /// was changed since.
    fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}
