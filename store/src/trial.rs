//! Whether the database can be written: tried, and taken back.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{Store, StoreError};

impl Store {
    /// Tries what a worker does: to make a table where schema steps are missing, to write rows where none is. All of it is
    /// taken back. The error is the database's own.
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        let is_complete = self.migration_status().await?.iter().all(|step| step.applied);
        let tx = self.pools.begin().await?;
        let trial = if is_complete {
            // None is so old: a question of permission only.
            "DELETE FROM cycles WHERE 1 = 0"
        } else {
            "CREATE TABLE dynamoi_trial (id integer)"
        };
        let tried: Result<_, DbErr> = tx.execute_unprepared(trial).await;
        tx.rollback().await?;
        tried?;
        Ok(())
    }
}
