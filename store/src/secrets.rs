//! Stored secrets: under their name, sealed.

use jiff::Timestamp;
use rows::Seal;
use sea_orm::{EntityTrait, QueryOrder, Set, sea_query::OnConflict};
use zeroize::Zeroizing;

use crate::{
    Store, StoreError,
    cipher::{Cell, Keyring},
    convert::{timestamp, utc},
    entity::secret::{ActiveModel, Column, Entity},
};

/// What everybody may know of a stored secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its name.
    pub name: String,
    /// Which key sealed it.
    pub key_id: String,
    /// When it was stored.
    pub updated_at: Timestamp,
}

/// The cell of a secret.
pub(crate) fn cell<'a>(row: &'a [&'a str]) -> Cell<'a> {
    Cell { table: "secrets", row, column: "sealed" }
}

impl Seal for Store {
    /// With the keys in use; without one there is no sealing, and what is empty opens to nothing.
    fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.keys().map(|keyring| keyring.seal(context, plain)).unwrap_or_default()
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keys()?.open(context, sealed)
    }
}

impl Store {
    /// From now on, seals with the newest of these keys and opens with all of them.
    pub fn use_keys(&self, keyring: Option<Keyring>) {
        *self.keyring.write() = keyring;
    }

    /// The keys in use.
    pub fn keys(&self) -> Option<Keyring> {
        self.keyring.read().clone()
    }

    pub(crate) fn require_keys(&self, what: &str) -> Result<Keyring, StoreError> {
        self.keys().ok_or_else(|| StoreError::NoKey(what.to_owned()))
    }

    /// Seals a secret and stores it under a name, in place of what was there.
    pub async fn put_secret(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        let keyring = self.require_keys("secrets")?;
        let sealed = keyring.seal_cell(cell(&[name]), secret)?;
        let model = ActiveModel {
            name: Set(name.to_owned()),
            key_id: Set(keyring.newest_id().to_owned()),
            sealed: Set(sealed),
            updated_at: Set(utc(self.clock.0.now())),
        };
        let overwrite = OnConflict::column(Column::Name)
            .update_columns([Column::KeyId, Column::Sealed, Column::UpdatedAt])
            .to_owned();
        Entity::insert(model).on_conflict(overwrite).exec_without_returning(&self.pools.write).await?;
        Ok(())
    }

    /// Opens the secret of this name; nothing when there is none.
    pub async fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let keyring = self.require_keys("secrets")?;
        let Some(found) = Entity::find_by_id(name.to_owned()).one(&self.pools.read).await? else {
            return Ok(None);
        };
        let opened = keyring
            .open_cell(cell(&[name]), &found.sealed)
            .map_err(|error| StoreError::Unreadable(format!("secret {name:?}: {error}")))?;
        Ok(Some(opened))
    }

    /// Every stored secret, by name.
    pub async fn secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        let all = Entity::find().order_by_asc(Column::Name).all(&self.pools.read).await?;
        let known = all.into_iter().map(|model| StoredSecret {
            name: model.name,
            key_id: model.key_id,
            updated_at: timestamp(model.updated_at),
        });
        Ok(known.collect())
    }

    /// Deletes a secret; whether it was there.
    pub async fn delete_secret(&self, name: &str) -> Result<bool, StoreError> {
        let done = Entity::delete_by_id(name.to_owned()).exec(&self.pools.write).await?;
        Ok(done.rows_affected > 0)
    }
}
