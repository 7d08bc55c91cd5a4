//! Refresh tokens that providers have put in place of configured ones: sealed in table `secrets`, as `oauth/<connection>`.

use futures::future::BoxFuture;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use rows::refresh::{KeepError, RefreshTokens};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    Store, StoreError,
    entity::secret::{Column, Entity},
};

/// What their names begin with. No secret that a person stores has a name with `/`.
const PREFIX: &str = "oauth/";
/// Bytes of the random key under which the configured token's digest is made.
const SALT_LENGTH: usize = 16;
/// Bytes of the digest.
const DIGEST_LENGTH: usize = 32;

impl RefreshTokens for Store {
    fn current<'a>(
        &'a self,
        configured: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, KeepError>> {
        Box::pin(async move {
            self.require_keys("refresh tokens").map_err(keep_error)?;
            let names = self.names_of_refresh_tokens().await.map_err(keep_error)?;
            for name in names {
                match self.secret(&name).await {
                    Ok(Some(sealed)) => {
                        if let Some(token) = token_for(configured, &sealed) {
                            return Ok(Some(token));
                        }
                    }
                    Ok(None) => {}
                    // One that does not open says nothing about the others.
                    Err(StoreError::Unreadable(reason)) => {
                        tracing::warn!(
                            reason,
                            "a stored refresh token cannot be read: the others are looked at"
                        );
                    }
                    Err(error) => return Err(keep_error(error)),
                }
            }
            Ok(None)
        })
    }

    fn keep<'a>(
        &'a self,
        connection: &'a str,
        configured: &'a SecretString,
        current: &'a SecretString,
    ) -> BoxFuture<'a, Result<(), KeepError>> {
        Box::pin(async move {
            let mut salt = [0; SALT_LENGTH];
            SystemRandom::new().fill(&mut salt).map_err(|_| {
                KeepError::Unavailable("the operating system gives no random numbers".to_owned())
            })?;
            let mut plain = Zeroizing::new(salt.to_vec());
            plain.extend_from_slice(digest(&salt, configured).as_ref());
            plain.extend_from_slice(current.expose_secret().as_bytes());
            self.put_secret(&format!("{PREFIX}{connection}"), &plain).await.map_err(keep_error)
        })
    }
}

impl Store {
    /// Of every connection, the one stored last first: connections may share a credential, and then the last token counts.
    async fn names_of_refresh_tokens(&self) -> Result<Vec<String>, StoreError> {
        let found = Entity::find()
            .filter(Column::Name.starts_with(PREFIX))
            .order_by_desc(Column::UpdatedAt)
            .all(&self.pools.read)
            .await?;
        Ok(found.into_iter().map(|secret| secret.name).collect())
    }
}

/// The token, if it stands in place of this configured one.
fn token_for(configured: &SecretString, plain: &[u8]) -> Option<SecretString> {
    let (salt, rest) = plain.split_at_checked(SALT_LENGTH)?;
    let (told, token) = rest.split_at_checked(DIGEST_LENGTH)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    hmac::verify(&key, configured.expose_secret().as_bytes(), told).ok()?;
    Some(SecretString::from(str::from_utf8(token).ok()?))
}

/// Under a key of its own, sealed with it: the encryption key may be replaced meanwhile.
fn digest(salt: &[u8], configured: &SecretString) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), configured.expose_secret().as_bytes())
}

fn keep_error(error: StoreError) -> KeepError {
    match error {
        StoreError::NoKey(_) => KeepError::NoKey,
        error => KeepError::Unavailable(error.to_string()),
    }
}
