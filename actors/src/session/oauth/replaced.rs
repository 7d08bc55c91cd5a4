//! Refresh tokens that providers replace: stored before anything that came with them is used.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use rows::refresh::{KeepError, RefreshTokens};
use secrecy::SecretString;

use crate::failure::Failure;

/// What stands in place of configured refresh tokens. Whoever renews one has taken its turn: [`super::super::tokens`].
#[derive(Default)]
pub struct Replaced {
    /// None: they are remembered while this process lives.
    keeper: Option<Arc<dyn RefreshTokens>>,
    /// By the credential's name: those that are not stored (yet).
    unstored: Mutex<HashMap<String, SecretString>>,
}

/// Whose refresh token it is.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The credential's name.
    pub credential: &'a str,
    /// The connection that renews it now.
    pub connection: &'a str,
    /// What is configured.
    pub configured: &'a SecretString,
}

// === impl Replaced ===

impl Replaced {
    /// Stored there.
    pub fn kept_by(keeper: Arc<dyn RefreshTokens>) -> Self {
        Self { keeper: Some(keeper), unstored: Mutex::default() }
    }

    /// The token to use. One that could not be stored is stored first: until then nothing is asked for with it.
    pub async fn current(&self, owner: Owner<'_>) -> Result<SecretString, Failure> {
        let unstored = self.unstored.lock().get(owner.credential).cloned();
        if let Some(token) = unstored {
            self.store(owner, &token).await?;
            return Ok(token);
        }
        let Some(keeper) = &self.keeper else { return Ok(owner.configured.clone()) };
        match keeper.current(owner.configured).await {
            Ok(kept) => Ok(kept.unwrap_or_else(|| owner.configured.clone())),
            Err(KeepError::NoKey) => Ok(owner.configured.clone()),
            Err(error @ KeepError::Unavailable(_)) => Err(Failure::Transient {
                reason: format!("whether the refresh token was replaced is not known: {error}"),
            }),
        }
    }

    /// The provider has replaced the token. Returns once that is stored.
    pub async fn replace(&self, owner: Owner<'_>, token: SecretString) -> Result<(), Failure> {
        self.unstored.lock().insert(owner.credential.to_owned(), token.clone());
        self.store(owner, &token).await
    }

    async fn store(&self, owner: Owner<'_>, token: &SecretString) -> Result<(), Failure> {
        let kept = match &self.keeper {
            Some(keeper) => keeper.keep(owner.connection, owner.configured, token).await,
            None => Err(KeepError::NoKey),
        };
        match kept {
            Ok(()) => {
                self.unstored.lock().remove(owner.credential);
                Ok(())
            }
            Err(KeepError::NoKey) => {
                tracing::warn!(
                    connection = owner.connection,
                    "the provider has replaced the refresh token, and without an [encryption] key it is not stored: after \
                     a restart the configured one may be refused"
                );
                Ok(())
            }
            Err(error @ KeepError::Unavailable(_)) => Err(Failure::Transient {
                reason: format!(
                    "the provider has replaced the refresh token, and the new one could not be stored: {error}. Nothing is \
                     asked for before it is"
                ),
            }),
        }
    }
}

impl std::fmt::Debug for Replaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replaced").field("unstored", &self.unstored.lock().len()).finish_non_exhaustive()
    }
}
