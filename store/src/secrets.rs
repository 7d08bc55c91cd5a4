//! Sealed secrets. This room stores bytes; what seals and opens them is elsewhere.

use jiff::Timestamp;
use sea_orm::{EntityTrait, QueryOrder, Set, sea_query::OnConflict};

use crate::{
    Store, StoreError,
    convert::{timestamp, utc},
    entity::secret::{ActiveModel, Column, Entity, Model},
};

/// A secret under its key, unreadable without it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its name.
    pub name: String,
    /// Which key sealed it.
    pub key_id: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// When it was stored.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedSecret")
            .field("name", &self.name)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Stores a secret under a name, in place of what was there.
    pub async fn put_secret(&self, name: &str, key_id: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        let model = ActiveModel {
            name: Set(name.to_owned()),
            key_id: Set(key_id.to_owned()),
            sealed: Set(sealed),
            updated_at: Set(utc(self.clock.0.now())),
        };
        let overwrite = OnConflict::column(Column::Name)
            .update_columns([Column::KeyId, Column::Sealed, Column::UpdatedAt])
            .to_owned();
        Entity::insert(model).on_conflict(overwrite).exec_without_returning(&self.pools.write).await?;
        Ok(())
    }

    /// The secret of this name.
    pub async fn secret(&self, name: &str) -> Result<Option<SealedSecret>, StoreError> {
        let found = Entity::find_by_id(name.to_owned()).one(&self.pools.read).await?;
        Ok(found.map(SealedSecret::from))
    }

    /// Every secret, by name.
    pub async fn secrets(&self) -> Result<Vec<SealedSecret>, StoreError> {
        let all = Entity::find().order_by_asc(Column::Name).all(&self.pools.read).await?;
        Ok(all.into_iter().map(SealedSecret::from).collect())
    }

    /// Deletes a secret; whether it was there.
    pub async fn delete_secret(&self, name: &str) -> Result<bool, StoreError> {
        let done = Entity::delete_by_id(name.to_owned()).exec(&self.pools.write).await?;
        Ok(done.rows_affected > 0)
    }
}

impl From<Model> for SealedSecret {
    fn from(model: Model) -> Self {
        Self {
            name: model.name,
            key_id: model.key_id,
            sealed: model.sealed,
            updated_at: timestamp(model.updated_at),
        }
    }
}
