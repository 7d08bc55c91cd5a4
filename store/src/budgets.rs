//! Daily budgets of providers, durable: a restart does not refill them.

use rows::Day;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::{Store, StoreError, convert::chrono_day, entity::quota_budget, sql::Sql};

impl Store {
    /// What `owner` (a connection, or whatever shares the budget) has used of `scope` on this day.
    pub async fn quota_used(&self, owner: &str, scope: &str, day: Day) -> Result<u64, StoreError> {
        let key = (owner.to_owned(), scope.to_owned(), chrono_day(day));
        let found = quota_budget::Entity::find_by_id(key).one(&self.pools.read).await?;
        Ok(found.map_or(0, |budget| u64::try_from(budget.used).unwrap_or_default()))
    }

    /// Adds to it; answers what is used now.
    pub async fn quota_use(
        &self,
        owner: &str,
        scope: &str,
        day: Day,
        amount: u64,
    ) -> Result<u64, StoreError> {
        let database = &self.pools.write;
        let statement = Sql::new(
            database.get_database_backend(),
            "INSERT INTO quota_budgets AS q (owner, scope, day, used) VALUES (",
        )
        .bind(owner)
        .text(", ")
        .bind(scope)
        .text(", ")
        .bind(chrono_day(day))
        .text(", ")
        .bind(i64::try_from(amount).unwrap_or(i64::MAX))
        .text(") ON CONFLICT (owner, scope, day) DO UPDATE SET used = q.used + excluded.used RETURNING used")
        .done();
        let row = database.query_one_raw(statement).await?;
        let used: i64 = match row {
            Some(row) => row.try_get("", "used")?,
            None => 0,
        };
        Ok(u64::try_from(used).unwrap_or_default())
    }
}
