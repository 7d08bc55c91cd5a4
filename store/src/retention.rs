//! What is not kept for ever: the record of cycles, and quarantined rows.

use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    Store, StoreError,
    convert::utc,
    entity::{cycle, quarantined_row},
};

/// How much was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Records of cycles.
    pub cycles: u64,
    /// Quarantined rows.
    pub quarantined_rows: u64,
}

impl Store {
    /// Deletes cycles that ended, and quarantined rows that were last seen, before this instant.
    pub async fn purge(&self, before: Timestamp) -> Result<Purged, StoreError> {
        let before = utc(before);
        let cycles = cycle::Entity::delete_many()
            .filter(cycle::Column::FinishedAt.lt(before))
            .exec(&self.pools.write)
            .await?;
        let quarantined = quarantined_row::Entity::delete_many()
            .filter(quarantined_row::Column::LastSeenAt.lt(before))
            .exec(&self.pools.write)
            .await?;
        Ok(Purged { cycles: cycles.rows_affected, quarantined_rows: quarantined.rows_affected })
    }
}
