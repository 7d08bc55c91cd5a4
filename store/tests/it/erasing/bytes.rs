//! Old bytes leave the files, and a receipt says where they did not.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use rows::Clock;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};
use store::{
    Access, Store, StoreOptions,
    people::{Journal, KeyStore, People, PersonForm, UserLink, erasure::receipt::Receipt},
};

use super::{ADA, Crowd, LINKED, TENANT, connection, told};
use crate::{
    postgres_server::{PASSWORD, Server},
    support::{Bench, at},
};

/// Whoever waits has waited: nobody else is needed for time to go on.
#[derive(Debug, Default)]
struct Hurried(AtomicU64);

impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        at("2026-11-24T10:00:00Z")
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.fetch_add(duration.as_millis().try_into().unwrap(), Ordering::Relaxed);
        Box::pin(std::future::ready(()))
    }
}

/// What is sealed of Ada, and of her as a customer.
async fn sealed(database: &DatabaseConnection, user: &str) -> Vec<Vec<u8>> {
    let mut sealed = Vec::new();
    for query in [
        format!("SELECT name AS sealed FROM users WHERE id = '{user}'"),
        format!("SELECT email AS sealed FROM users WHERE id = '{user}'"),
        format!("SELECT card_last4 AS sealed FROM billing_profile_rows WHERE customer_id = '{ADA}'"),
    ] {
        let statement = Statement::from_string(database.get_database_backend(), query);
        for row in database.query_all_raw(statement).await.unwrap() {
            sealed.push(row.try_get::<Vec<u8>>("", "sealed").unwrap());
        }
    }
    assert!(sealed.len() > 2);
    sealed
}

/// In which files beside this one, and in it, which of these bytes are. They are looked for in copies that another process makes:
/// whoever closes a file here would drop SQLite's locks on it.
fn found(file: &Path, bytes: &[Vec<u8>]) -> Vec<String> {
    let copies = tempfile::tempdir().unwrap();
    let from = file.parent().unwrap();
    assert!(Command::new("cp").arg("-r").args([from, copies.path()]).status().unwrap().success());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(copies.path().join(from.file_name().unwrap())).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        let has = |wanted: &&Vec<u8>| content.windows(wanted.len()).any(|window| window == &wanted[..]);
        let name = path.file_name().unwrap().display().to_string();
        found.extend(bytes.iter().filter(has).map(|_| name.clone()));
    }
    found
}

/// Old bytes are in the log of a worker that goes on, and in pages that were free before: an older program, or a tool, deletes
/// without overwriting.
#[tokio::test]
async fn sqlite_old_bytes_leave_log_and_free_pages_beside_a_worker() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("database/dynamoi.db");
    let url = format!("sqlite://{}", file.display());
    let bench = Bench::open(&url).await;
    let crowd = Crowd::of(&bench).await;
    let ada = crowd.ada().await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    bench.commit(told(LINKED, epoch, ADA, "ada")).await;
    let tool = Database::connect(&url).await.unwrap();
    let mut bytes = sealed(&tool, &ada).await;
    // What was stored of her once, and is deleted.
    let earlier = b"sealed once, and deleted without overwriting".to_vec();
    // On one connection: each has settings of its own.
    let deleted = format!(
        "PRAGMA secure_delete = OFF; CREATE TABLE earlier AS SELECT 1 AS id, x'{}' AS sealed; DELETE FROM earlier; \
         PRAGMA wal_checkpoint(TRUNCATE)",
        hex::encode(&earlier)
    );
    tool.execute_unprepared(&deleted).await.unwrap();
    tool.close().await.unwrap();
    bytes.push(earlier);
    // Her page is written once more, so that the log has it, too.
    bench.execute("UPDATE users SET status = 'withdrawn'").await;
    let before = found(&file, &bytes);
    assert!(before.contains(&"dynamoi.db-wal".to_owned()), "{before:?}");
    assert!(before.iter().filter(|name| *name == "dynamoi.db").count() >= bytes.len(), "{before:?}");

    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert!(receipt.is_finished(), "{receipt:?}");
    assert_eq!(found(&file, &bytes), Vec::<String>::new());
    crowd.people.close().await;
    bench.store.close().await;
}

fn done(receipt: &Receipt) -> Vec<bool> {
    receipt.files.iter().map(|file| file.done).collect()
}

/// A store whose clock hurries.
async fn hurried(url: &str) -> Store {
    Store::connect(url, StoreOptions::default(), Arc::new(Hurried::default())).await.unwrap()
}

/// A new database, ready.
async fn migrated(url: &str) -> Store {
    let store = hurried(url).await;
    store.migrate_up().await.unwrap();
    store
}

#[tokio::test]
async fn postgresql_a_receipt_tells_whom_old_rows_are_kept_for() {
    let server = Server::start();
    let url = server.database("seen").await;
    let store = migrated(&url).await;
    let crowd = Crowd::beside(&store).await;
    let ada = crowd.ada().await;
    let reader = Database::connect(&url).await.unwrap();
    let seeing = reader
        .begin_with_config(Some(sea_orm::IsolationLevel::RepeatableRead), Some(sea_orm::AccessMode::ReadOnly))
        .await
        .unwrap();
    // A snapshot, and no lock of a table.
    seeing.execute_unprepared("SELECT txid_current_snapshot()").await.unwrap();

    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    // The keys are in a file of their own.
    assert!(!receipt.is_finished() && done(&receipt) == [true, false, false, false], "{receipt:?}");
    assert!(receipt.files[1].note.contains("pg_stat_activity"), "{receipt:?}");
    seeing.rollback().await.unwrap();
    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert!(receipt.is_finished() && done(&receipt) == [true; 4], "{receipt:?}");
    reader.close().await.unwrap();
    crowd.people.close().await;
    store.close().await;
}

/// What is written in another database of the server keeps old rows, too.
#[tokio::test]
async fn postgresql_a_transaction_in_another_database_keeps_old_rows() {
    let server = Server::start();
    let store = migrated(&server.database("worker").await).await;
    let crowd = Crowd::beside(&store).await;
    let ada = crowd.ada().await;
    let elsewhere = Database::connect(&server.database("elsewhere").await).await.unwrap();
    let writing = elsewhere.begin().await.unwrap();
    writing.execute_unprepared("CREATE TABLE made (id bigint)").await.unwrap();
    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert!(done(&receipt)[1..].iter().all(|done| !done), "{receipt:?}");
    writing.rollback().await.unwrap();
    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert!(receipt.is_finished(), "{receipt:?}");
    elsewhere.close().await.unwrap();
    crowd.people.close().await;
    store.close().await;
}

/// The planner keeps samples of values, also of a table that is empty now, and of keys none.
#[tokio::test]
async fn postgresql_samples_of_old_values_leave_the_files() {
    let server = Server::start();
    let store = migrated(&server.database("worker").await).await;
    let crowd = Crowd::beside(&store).await;
    let keys = server.database("keys").await;
    let journal = crowd.directory.path().join("another").display().to_string();
    let opened = Box::pin(KeyStore::open(&keys, Access::Make)).await.unwrap();
    let people =
        People::open(&store, opened, Box::pin(Journal::open(&journal, Access::Make)).await.unwrap()).unwrap();
    let form = PersonForm::read(br#"{"name":"Ada","age_statement":"at_least_18"}"#).unwrap();
    let ada = people.add(TENANT, form).await.unwrap();
    people.link(TENANT, &ada, &UserLink::of(LINKED, ADA).unwrap()).await.unwrap();
    let admin = Database::connect(server.url("worker")).await.unwrap();
    let samples = async |table: &str| {
        let query = format!("SELECT count(*) AS n FROM pg_stats WHERE tablename = '{table}'");
        let row = admin.query_one_raw(Statement::from_string(admin.get_database_backend(), query)).await;
        row.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    let old = admin.query_one_raw(Statement::from_string(
        admin.get_database_backend(),
        "SELECT name AS sealed FROM users".to_owned(),
    ));
    let old: Vec<u8> = old.await.unwrap().unwrap().try_get("", "sealed").unwrap();
    let twin = "INSERT INTO users (id, tenant, name, age_statement, status, key_id, created_at, updated_at) \
                SELECT id || 'x', tenant, name, age_statement, status, key_id, created_at, updated_at FROM users";
    admin.execute_unprepared(twin).await.unwrap();
    admin.execute_unprepared("ANALYZE").await.unwrap();
    admin.execute_unprepared("DELETE FROM users WHERE id LIKE '%x'; CHECKPOINT").await.unwrap();
    assert!(samples("user_links").await > 0 && samples("users").await > 0);
    let oid = async |of: &str| {
        let query = format!("SELECT oid::bigint AS n FROM pg_database WHERE datname = '{of}'");
        let row = admin.query_one_raw(Statement::from_string(admin.get_database_backend(), query)).await;
        server.table_files().join(row.unwrap().unwrap().try_get::<i64>("", "n").unwrap().to_string())
    };
    let files = oid("worker").await.join("PG_VERSION");
    assert!(found(&files, std::slice::from_ref(&old)).len() > 1, "in the table and among the samples");
    let receipt = people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert!(receipt.is_finished(), "{receipt:?}");
    assert_eq!(samples("user_links").await, 0, "it is empty now");
    admin.execute_unprepared("CHECKPOINT").await.unwrap();
    assert_eq!(found(&files, &[old]), Vec::<String>::new());
    let in_keys = Database::connect(&keys).await.unwrap();
    in_keys.execute_unprepared("ANALYZE").await.unwrap();
    let query =
        "SELECT count(*) AS n FROM pg_stats WHERE tablename = 'data_keys' AND attname IN ('name', 'sealed')";
    let row = in_keys.query_one_raw(Statement::from_string(in_keys.get_database_backend(), query)).await;
    assert_eq!(row.unwrap().unwrap().try_get::<i64>("", "n").unwrap(), 0);
    in_keys.close().await.unwrap();
    admin.close().await.unwrap();
    people.close().await;
    crowd.people.close().await;
    store.close().await;
}

/// The server passes over tables that are somebody else's, with no more than a warning.
#[tokio::test]
async fn postgresql_a_receipt_tells_of_tables_that_could_not_be_written_anew() {
    let server = Server::start();
    let url = server.database("owned").await;
    let owner = migrated(&url).await;
    let grants = format!(
        "CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest; \
         GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guest"
    );
    let admin = Database::connect(&url).await.unwrap();
    admin.execute_unprepared(&grants).await.unwrap();
    // Some of them are.
    admin.execute_unprepared("ALTER TABLE user_links OWNER TO guest").await.unwrap();
    owner.close().await;
    let store = hurried(&url.replace("://worker:", "://guest:")).await;
    let crowd = Crowd::beside(&store).await;
    let ada = crowd.ada().await;

    let receipt = crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    let told: Vec<(&str, bool)> = receipt.files[1..].iter().map(|file| (&*file.what, file.done)).collect();
    assert_eq!(
        told,
        [
            ("files of table user_links and its indexes", true),
            ("files of table users and its indexes", false),
            // Whoever has the database may write them anew.
            ("samples of these tables' values that the planner keeps (pg_statistic)", false)
        ]
    );
    assert!(receipt.files[3].note.contains("ALTER DATABASE"), "{receipt:?}");
    let note = &receipt.files[2].note;
    assert!(note.contains("VACUUM FULL users") && note.contains("owner"), "{note}");
    assert!(!receipt.is_finished());
    // Done as it says, and asked for again.
    admin.execute_unprepared("ALTER TABLE users OWNER TO guest").await.unwrap();
    admin.execute_unprepared("ALTER DATABASE owned OWNER TO guest").await.unwrap();
    assert!(crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap().is_finished());
    admin.close().await.unwrap();
    crowd.people.close().await;
    store.close().await;
}

#[tokio::test]
async fn postgresql_a_key_store_that_belongs_to_another_role_is_told() {
    let server = Server::start();
    let store = migrated(&server.database("worker").await).await;
    let crowd = Crowd::beside(&store).await;
    let place = server.database("keys").await;
    Box::pin(KeyStore::open(&place, Access::Make)).await.unwrap().close().await;
    let admin = Database::connect(&place).await.unwrap();
    let grants = format!(
        "CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest; \
         GRANT CREATE ON SCHEMA public TO guest"
    );
    admin.execute_unprepared(&grants).await.unwrap();
    let place = place.replace("://worker:", "://guest:");
    let journal = crowd.directory.path().join("another").display().to_string();
    let keys = Box::pin(KeyStore::open(&place, Access::Make)).await.unwrap();
    let journal = Box::pin(Journal::open(&journal, Access::Make)).await.unwrap();
    let people = People::open(&store, keys, journal).unwrap();
    let form = PersonForm::read(br#"{"name":"Ada","age_statement":"at_least_18"}"#).unwrap();
    let ada = people.add(TENANT, form).await.unwrap();

    let receipt = people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    let left: Vec<_> = receipt.files.iter().filter(|file| !file.done).collect();
    assert!(left.len() == 1 && left[0].what.contains("keys"), "{receipt:?}");
    assert!(left[0].note.contains("VACUUM FULL data_keys") && !receipt.is_finished(), "{receipt:?}");
    admin.execute_unprepared("ALTER TABLE data_keys OWNER TO guest").await.unwrap();
    assert!(people.erase(TENANT, &ada, "test", &[]).await.unwrap().is_finished());
    admin.close().await.unwrap();
    people.close().await;
    crowd.people.close().await;
    store.close().await;
}
