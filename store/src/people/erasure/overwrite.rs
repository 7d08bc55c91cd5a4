//! Old bytes leave the files: deleted rows stay in pages and logs until those are written anew.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{
    ConnectionTrait, DbErr,
    sqlx::{self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions},
};

use super::receipt::Reached;
use crate::{
    Store,
    location::{DatabaseFile, Location},
    people::unseen::wait_until_unseen,
};

/// SQLite is asked so long to empty its log: a reader beside us may need it a little longer.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two tries.
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(100);
/// What became of old bytes where somebody may still see them (PostgreSQL).
pub const STILL_SEEN: &str = "written anew, but a transaction that began before, here or in another database of the server, keeps old \
     rows: end it (pg_stat_activity, pg_prepared_xacts, pg_replication_slots), then run the same command again";

/// What is told of files before an erasure.
pub const WOULD: &str = "would be written anew";
/// Of SQLite files, which are copied.
pub const WOULD_FILE: &str =
    "would be written anew, which needs room for a second copy of the file meanwhile";

/// Where the planner keeps samples of values.
const STATISTICS: &str = "pg_statistic";

/// What became of a table over which the server passed.
pub fn passed_over(table: &str) -> String {
    format!(
        "the server passed over it, which belongs to another role: run `VACUUM FULL {table}` as the table's owner, and give it to \
         the worker's role (ALTER TABLE {table} OWNER TO …)"
    )
}

/// Writes anew what held these tables' rows; says what was reached.
pub async fn overwrite(store: &Store, tables: &BTreeSet<String>) -> Vec<Reached> {
    match &store.pools.location {
        _ if tables.is_empty() => Vec::new(),
        Location::Memory => Vec::new(),
        Location::File(file) => {
            let what = of_file(file);
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
        Location::Server { options, .. } => rewrite_tables(store, options, tables).await,
    }
}

/// What [`overwrite`] would write anew.
pub fn would_overwrite(store: &Store, tables: &BTreeSet<String>) -> Vec<Reached> {
    let would = |what: String, note: &str| Reached { what, done: false, note: note.to_owned() };
    match &store.pools.location {
        _ if tables.is_empty() => Vec::new(),
        Location::Memory => Vec::new(),
        Location::File(file) => vec![would(of_file(file), WOULD_FILE)],
        Location::Server { .. } => {
            let all = tables.iter().map(|table| of_table(table)).chain([of_samples()]);
            all.map(|what| would(what, WOULD)).collect()
        }
    }
}

fn of_file(file: &DatabaseFile) -> String {
    format!("{} and its log", file.path.display())
}

fn of_table(table: &str) -> String {
    format!("files of table {table} and its indexes")
}

fn of_samples() -> String {
    format!("samples of these tables' values that the planner keeps ({STATISTICS})")
}

/// PostgreSQL: each table into new files, and what the planner knows of them.
async fn rewrite_tables(
    store: &Store,
    options: &PgConnectOptions,
    tables: &BTreeSet<String>,
) -> Vec<Reached> {
    // First, so that what was known before is seen by nobody any more when its turn comes.
    let analyzed = analyze(options, tables).await;
    let nobody_sees = wait_until_unseen(&store.pools.write, &*store.clock.0).await;
    let is_unseen = nobody_sees.is_ok_and(|unseen| unseen);
    let reached = |what: String, written: Result<bool, sqlx::Error>, passed_over: String, retry: String| {
        let (done, note) = match written {
            Ok(true) if is_unseen => (true, "written anew (VACUUM FULL)".to_owned()),
            Ok(true) => (false, STILL_SEEN.to_owned()),
            Ok(false) => (false, passed_over),
            Err(error) => (false, format!("{error}: {retry}")),
        };
        Reached { what, done, note }
    };
    let mut all = Vec::new();
    for table in tables {
        let written = rewrite_table(options, table).await;
        let retry = format!("run `VACUUM FULL {table}` as the table's owner");
        all.push(reached(of_table(table), written, passed_over(table), retry));
    }
    let what = of_samples();
    let left = match analyzed {
        Ok(left) if left.is_empty() => None,
        Ok(left) => Some(format!(
            "the server keeps those of tables that are empty now ({}): delete theirs from {STATISTICS} as a superuser, then run \
             the same command again",
            left.join(", ")
        )),
        Err(error) => Some(format!("{error}: run the same command again")),
    };
    all.push(match left {
        Some(note) => Reached { what, done: false, note },
        None => reached(
            what,
            rewrite_table(options, STATISTICS).await,
            "the server passed over them, because the database belongs to another role: give it to the worker's role (ALTER \
             DATABASE … OWNER TO …), then run the same command again"
                .to_owned(),
            "run the same command again".to_owned(),
        ),
    });
    all
}

/// Samples of these tables anew, without what is deleted. Answers those that are empty now, of which the server keeps the old ones:
/// only a superuser may delete these.
async fn analyze(options: &PgConnectOptions, tables: &BTreeSet<String>) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    connection.execute("SET lock_timeout = '60s'").await?;
    let mut left = Vec::new();
    for table in tables {
        connection.execute(AssertSqlSafe(format!("ANALYZE \"{table}\""))).await?;
        let is_empty = format!("SELECT NOT EXISTS (SELECT 1 FROM \"{table}\")");
        let is_empty: bool =
            sqlx::query_scalar(AssertSqlSafe(is_empty)).persistent(false).fetch_one(&mut connection).await?;
        let quoted = format!("\"{table}\"");
        if is_empty && has_samples(&mut connection, &quoted).await? {
            let delete = format!("DELETE FROM {STATISTICS} WHERE starelid = '{quoted}'::regclass");
            // Whether it may is seen afterwards.
            let _ = connection.execute(AssertSqlSafe(delete)).await;
            if has_samples(&mut connection, &quoted).await? {
                left.push(table.clone());
            }
        }
    }
    let _ = connection.close().await;
    Ok(left)
}

async fn has_samples(connection: &mut PgConnection, table: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename \
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname WHERE c.oid = to_regclass($1))",
    )
    .bind(table)
    .persistent(false)
    .fetch_one(connection)
    .await
}

/// SQLite: into a new file in the place of the old, then out of the log.
async fn rewrite_file(store: &Store) -> Result<(), String> {
    let write = &store.pools.write;
    let mut tries = store.tries();
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
            Err(error) if tries.again(&error).await => {}
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
    sqlx::query_scalar("SELECT pg_relation_filenode(to_regclass($1))::bigint")
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
