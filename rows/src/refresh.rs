//! The port through which refresh tokens are kept that a provider has put in place of a configured one.

use futures::future::BoxFuture;
use secrecy::SecretString;

/// Keeps refresh tokens, sealed and durable: a provider that replaces them takes the one before it only once.
pub trait RefreshTokens: Send + Sync {
    /// The newest token that stands in place of this configured one; none where it was never replaced. What was kept for
    /// a token that was configured before is none.
    fn current<'a>(
        &'a self,
        configured: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, KeepError>>;

    /// Keeps `current` in place of `configured`, for this connection; returns once it is durable.
    fn keep<'a>(
        &'a self,
        connection: &'a str,
        configured: &'a SecretString,
        current: &'a SecretString,
    ) -> BoxFuture<'a, Result<(), KeepError>>;
}

/// Why a refresh token cannot be kept or had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// There is no key to seal it with: none is kept, and none was.
    #[error("no [encryption] key to seal it with; `dynamoi secrets generate-key` makes one")]
    NoKey,
    /// Passing: the database is away or busy.
    #[error("database: {0}")]
    Unavailable(String),
}
