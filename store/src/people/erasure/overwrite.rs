//! Old bytes leave the files: deleted rows stay in pages and logs until those are written anew.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{
    ConnectionTrait, DbErr,
    sqlx::{
        self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions,
        query_scalar,
    },
};

use super::receipt::Reached;
use crate::{Store, limits, location::Location};

/// SQLite is asked so long to empty its log: a reader beside us may need it a little longer.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(30);
/// Transactions that began before are waited for so long (PostgreSQL).
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two tries.
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(100);

/// Writes anew what held these tables' rows; says what was reached.
pub async fn overwrite(store: &Store, tables: &BTreeSet<String>) -> Vec<Reached> {
    match &store.pools.location {
        _ if tables.is_empty() => Vec::new(),
        Location::Memory => Vec::new(),
        Location::File(file) => {
            let what = format!("{} and its log", file.path.display());
            vec![match rewrite_file(store).await {
                Ok(()) => Reached {
                    what,
                    done: true,
                    note: "the file is written anew without the old bytes, and its log is empty".to_owned(),
                },
                Err(reason) => {
                    Reached { what, done: false, note: format!("{reason}: run the same command again") }
                }
            }]
        }
        Location::Server { options, .. } => {
            let nobody_sees = is_seen_by_nobody(store, options).await;
            let mut reached = Vec::new();
            for table in tables {
                let what = format!("files of table {table} and its indexes");
                reached.push(match rewrite_table(options, table).await {
                    Ok(true) if nobody_sees.as_ref().is_ok_and(|seen| *seen) => {
                        Reached { what, done: true, note: "written anew (VACUUM FULL)".to_owned() }
                    }
                    Ok(false) => Reached {
                        what,
                        done: false,
                        note: format!(
                            "the server passed over it, which belongs to another role: run `VACUUM FULL {table}` as the table's \
                             owner, and give it to the worker's role (ALTER TABLE {table} OWNER TO …)"
                        ),
                    },
                    Ok(true) => Reached {
                        what,
                        done: false,
                        note: "written anew, but a transaction that began before could still see old rows, which are kept for \
                               it: end it (pg_stat_activity), then run the same command again"
                            .to_owned(),
                    },
                    Err(error) => Reached {
                        what,
                        done: false,
                        note: format!("{error}: run `VACUUM FULL {table}` as the table's owner"),
                    },
                });
            }
            reached
        }
    }
}

/// SQLite: into a new file in the place of the old, then out of the log.
async fn rewrite_file(store: &Store) -> Result<(), String> {
    let write = &store.pools.write;
    let mut tries = 1;
    // In a temporary file, deleted as soon as it is open, not in memory: it is as large as the database.
    let rewritten = async || {
        write.execute_unprepared("PRAGMA temp_store = FILE").await?;
        let done = write.execute_unprepared("VACUUM").await;
        write.execute_unprepared("PRAGMA temp_store = MEMORY").await?;
        done.map(drop)
    };
    loop {
        match rewritten().await {
            Ok(()) => break,
            // A worker beside us writes.
            Err(error) if crate::error::is_locked(&error) && tries < limits::ROTATION_TRIES_MAX => {
                tries += 1;
                store.clock.0.sleep(limits::RETRY_PAUSE_MIN).await;
            }
            Err(error) => return Err(format!("it could not be written anew ({error})")),
        }
    }
    let began = store.clock.0.elapsed();
    while store.clock.0.elapsed().saturating_sub(began) < CHECKPOINT_PATIENCE {
        if is_log_empty(write).await.map_err(|error| format!("its log could not be emptied ({error})"))? {
            return Ok(());
        }
        store.clock.0.sleep(CHECKPOINT_PAUSE).await;
    }
    Err("its log could not be emptied, because somebody goes on reading from it".to_owned())
}

async fn is_log_empty(write: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let pragma = crate::sql::Sql::new(sea_orm::DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
    let row = write.query_one_raw(pragma.done()).await?;
    let busy = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
    Ok(busy.unwrap_or_default() == 0)
}

/// Waits until nobody can see what was there before any more: `VACUUM FULL` keeps rows for whoever might.
async fn is_seen_by_nobody(store: &Store, options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    // A transaction of our own: whoever still sees, or is, an older one may see what was there. One that began later may, too, as
    // long as an older one was open then.
    // An older one in any other database of the server counts, too: `VACUUM FULL` itself still sees what was there before that.
    let ours: String = query_scalar("SELECT (txid_current() % 4294967296)::text")
        .persistent(false)
        .fetch_one(&mut connection)
        .await?;
    let began = store.clock.0.elapsed();
    let mut is_open = true;
    while is_open && store.clock.0.elapsed().saturating_sub(began) < SNAPSHOT_PATIENCE {
        is_open = query_scalar(
            "SELECT greatest(age((txid_snapshot_xmin(txid_current_snapshot()) % 4294967296)::text::xid), \
             (SELECT max(greatest(age(backend_xmin), age(backend_xid))) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid())) > age($1::text::xid)",
        )
        .bind(&ours)
        .persistent(false)
        .fetch_one(&mut connection)
        .await?;
        if is_open {
            store.clock.0.sleep(CHECKPOINT_PAUSE).await;
        }
    }
    let _ = connection.close().await;
    Ok(!is_open)
}

/// PostgreSQL: on a session of its own, which may take longer than a statement of the worker's. Answers whether it was written
/// anew: over somebody else's table the server passes with a warning that no client asks for.
async fn rewrite_table(options: &PgConnectOptions, table: &str) -> Result<bool, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    // Readers are waited for, but not for ever.
    connection.execute("SET lock_timeout = '60s'").await?;
    let before = file_of(&mut connection, table).await?;
    connection.execute(AssertSqlSafe(format!("VACUUM FULL \"{table}\""))).await?;
    let after = file_of(&mut connection, table).await?;
    // It has done its work; the server notices when it is gone.
    let _ = connection.close().await;
    Ok(before != after)
}

/// The number of the file that a table is in.
async fn file_of(connection: &mut PgConnection, table: &str) -> Result<Option<i64>, sqlx::Error> {
    query_scalar("SELECT pg_relation_filenode(to_regclass($1))::bigint")
        .bind(format!("\"{table}\""))
        .persistent(false)
        .fetch_one(connection)
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use futures::future::BoxFuture;
    use rows::Clock;
    use sea_orm::TransactionTrait;

    use super::*;
    use crate::StoreOptions;

    /// Whoever waits has waited.
    #[derive(Default)]
    struct Hurried(AtomicU64);

    impl Clock for Hurried {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            self.0.fetch_add(10, Ordering::Relaxed);
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn a_log_that_somebody_goes_on_reading_from_is_not_said_to_be_empty() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/read.db", directory.path().display());
        let clock = Arc::new(Hurried::default());
        let store = Store::connect(&url, StoreOptions::default(), clock.clone()).await.unwrap();
        store.migrate_up().await.unwrap();
        // SQLite waits by a clock of its own.
        store.pools.write.execute_unprepared("PRAGMA busy_timeout = 10").await.unwrap();
        let reading = store.pools.read.begin().await.unwrap();
        reading.execute_unprepared("SELECT count(*) FROM users").await.unwrap();
        let tables = BTreeSet::from(["users".to_owned()]);
        let reached = overwrite(&store, &tables).await;
        assert!(reached.len() == 1 && !reached[0].done, "{reached:?}");
        assert!(reached[0].note.contains("run the same command again"), "{reached:?}");
        assert!(clock.elapsed() >= CHECKPOINT_PATIENCE, "{:?}", clock.elapsed());
        reading.rollback().await.unwrap();
        assert!(overwrite(&store, &tables).await.iter().all(|reached| reached.done));
        assert_eq!(overwrite(&store, &BTreeSet::new()).await, []);
        store.close().await;
    }
}
