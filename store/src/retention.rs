//! What is not kept for ever: the record of cycles and of workers, quarantined rows, and what was used of budgets.

use jiff::Timestamp;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{
    Store, StoreError,
    convert::utc,
    entity::{cycle, quarantined_row, quota_budget},
    limits::BUDGET_SLOTS_KEPT,
    sql::Sql,
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
    /// Deletes cycles that ended, and quarantined rows that were last seen, before this instant; and what was used of budgets
    /// so long ago that it counts in none.
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
        let workers = "DELETE FROM workers WHERE ended_at < ";
        let workers = Sql::new(self.backend(), workers).bind(before).done();
        self.pools.write.execute_raw(workers).await?;
        let counting = self.clock.0.now().checked_sub(BUDGET_SLOTS_KEPT).unwrap_or(Timestamp::MIN);
        quota_budget::Entity::delete_many()
            .filter(quota_budget::Column::Slot.lt(utc(counting)))
            .exec(&self.pools.write)
            .await?;
        Ok(Purged { cycles: cycles.rows_affected, quarantined_rows: quarantined.rows_affected })
    }
}
