//! Rows that were set aside, by stream: how many, and what the latest says.

use std::collections::HashMap;

use rows::figures::SetAside;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{
    Store, StoreError,
    convert::timestamp,
    entity::quarantined_row::{Column, Entity},
    limits,
    sql::Sql,
};

impl Store {
    /// Of every connection that is configured and every stream, by their names. As long as they are kept: days that nobody
    /// reads again stay incomplete.
    pub async fn set_aside(&self) -> Result<Vec<SetAside>, StoreError> {
        let database = &self.pools.read;
        // Of rows that were seen at one instant, the one that came last.
        let statement = Sql::new(
            database.get_database_backend(),
            "SELECT t.told, MAX(q.id) AS latest FROM (\
             SELECT r.connection, r.account_id, r.stream, COUNT(*) AS told, MAX(r.last_seen_at) AS seen \
             FROM quarantined_rows r JOIN connections c ON c.name = r.connection WHERE NOT c.removed \
             GROUP BY r.connection, r.account_id, r.stream) t \
             JOIN quarantined_rows q ON q.connection = t.connection AND q.account_id = t.account_id \
             AND q.stream = t.stream AND q.last_seen_at = t.seen \
             GROUP BY t.connection, t.account_id, t.stream, t.told",
        );
        let mut counts: HashMap<i64, i64> = HashMap::new();
        for row in database.query_all_raw(statement.done()).await? {
            counts.insert(row.try_get("", "latest")?, row.try_get("", "told")?);
        }
        let ids: Vec<i64> = counts.keys().copied().collect();
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(limits::KEYS_STATEMENT_MAX) {
            let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(database).await?;
            found.extend(rows.into_iter().map(|row| SetAside {
                rows: counts.get(&row.id).and_then(|count| u64::try_from(*count).ok()).unwrap_or(1),
                connection: row.connection,
                account_id: row.account_id,
                stream: row.stream,
                reason: row.reason,
                detail: row.detail,
                last_seen_at: timestamp(row.last_seen_at),
            }));
        }
        found.sort_by(|a, b| {
            (&a.connection, &a.account_id, &a.stream).cmp(&(&b.connection, &b.account_id, &b.stream))
        });
        Ok(found)
    }
}
