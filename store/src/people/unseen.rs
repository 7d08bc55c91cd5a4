//! PostgreSQL keeps old rows for whoever might still see them, in a table that is written anew (`VACUUM FULL`), too.

use std::time::Duration;

use rows::Clock;
use sea_orm::{ConnectionTrait, DbErr};

use crate::sql::Sql;

/// Whoever might still see old rows is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until what was deleted before is seen by nobody; whether it came to that in time.
///
/// A table that is written anew loses what is older than every snapshot of a session in its database, the rewriting session's own
/// included. A snapshot is as old as the oldest transaction that runs in *any* database of the server, so that one of a neighbour
/// (an automatic ANALYZE will do) keeps rows here. Looked at are all transactions that have begun, prepared ones included; then
/// snapshots of sessions here, of standbys and of replication slots. Sessions of other roles show theirs to members of
/// `pg_read_all_stats` only.
pub(super) async fn wait_until_unseen(
    database: &impl ConnectionTrait,
    clock: &dyn Clock,
) -> Result<bool, DbErr> {
    let backend = database.get_database_backend();
    // A transaction of our own, which is later than what was deleted, and over with its statement.
    let ours = Sql::new(backend, "SELECT txid_current() AS ours");
    let Some(row) = database.query_one_raw(ours.done()).await? else { return Ok(false) };
    let ours: i64 = row.try_get("", "ours")?;
    let began = clock.elapsed();
    loop {
        let unseen = Sql::new(backend, "WITH ours AS (SELECT CAST(")
            .bind(ours)
            .text(
                " AS bigint) AS id), old AS (SELECT age(CAST(CAST(id % 4294967296 AS text) AS xid)) AS age FROM ours) \
                 SELECT txid_snapshot_xmin(txid_current_snapshot()) > (SELECT id FROM ours) \
                 AND NOT EXISTS (SELECT 1 FROM pg_stat_activity, old WHERE pid <> pg_backend_pid() \
                 AND (datname = current_database() OR datname IS NULL) AND age(backend_xmin) > old.age) \
                 AND NOT EXISTS (SELECT 1 FROM pg_replication_slots, old WHERE age(xmin) > old.age) AS unseen",
            );
        let row = database.query_one_raw(unseen.done()).await?;
        if row.map(|row| row.try_get::<bool>("", "unseen")).transpose()?.unwrap_or_default() {
            return Ok(true);
        }
        if clock.elapsed().saturating_sub(began) >= PATIENCE {
            return Ok(false);
        }
        clock.sleep(PAUSE).await;
    }
}
