//! What is wrong with a database file, and what several processes do to one.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::Arc,
};

use store::{FileMode, Store, StoreError, StoreOptions};

use crate::{
    claiming,
    samples::{day, insights, performance_row},
    support::{Bench, TestClock},
};

async fn open(url: &str) -> Result<Store, StoreError> {
    let clock = Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
    Store::connect(url, StoreOptions::default(), clock).await
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "these are notes, and no database at all ".repeat(100)).unwrap();
    let error = open(&format!("sqlite://{}", file.display())).await.unwrap_err();
    assert!(matches!(&error, StoreError::File { path, .. } if path.ends_with("notes.txt")), "{error:?}");
    let error = open(&format!("sqlite://{}/below/it.db", file.display())).await.unwrap_err();
    assert!(matches!(&error, StoreError::Directory { path, .. } if path.ends_with("below")), "{error:?}");
    let error = open("mysql://user:hunter2@host/database").await.unwrap_err();
    assert!(matches!(&error, StoreError::Url(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

fn mode(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("{:04o}", metadata.permissions().mode() & 0o7777)
}

/// Under the usual umask, SQLite would let everybody read payments and customers.
#[tokio::test]
async fn a_database_is_for_its_owner_or_for_its_group() {
    let directory = tempfile::tempdir().unwrap();
    let clock = || Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
    for (file_mode, directories, files) in
        [(FileMode::Owner, "0700", "0600"), (FileMode::Group, "0770", "0660")]
    {
        let above = directory.path().join(files);
        let file = above.join("data/dynamoi.db");
        let url = format!("sqlite://{}", file.display());
        let options = || StoreOptions { file_mode, ..StoreOptions::default() };
        let store = Store::connect(&url, options(), clock()).await.unwrap();
        store.migrate_up().await.unwrap();
        assert_eq!([mode(&above), mode(above.join("data"))], [directories; 2]);
        let secured = store.secure(false).await.unwrap();
        for suffix in ["", "-wal", "-shm", "-worker"] {
            assert_eq!(mode(format!("{}{suffix}", file.display())), files, "{suffix}");
        }
        secured.release().await;
        store.close().await;
        // Somebody has decided otherwise.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        Store::connect(&url, options(), clock()).await.unwrap().close().await;
        assert_eq!(mode(&file), "0640");
    }
}

/// Whoever asks may read the database, and not the lock beside it. (A link to itself: nobody can open that, not even root.)
#[tokio::test]
async fn a_lock_that_may_not_be_looked_at_is_not_free() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dynamoi.db");
    let bench = Bench::open(&format!("sqlite://{}", file.display())).await;
    claiming::enter(&bench.store, "a", false).await.unwrap();
    let other = claiming::another(&bench).await;
    let holder = async || other.holder().await.unwrap().map(|worker| worker.instance);
    assert_eq!(holder().await.as_deref(), Some("a"));
    let lock = directory.path().join("dynamoi.db-worker");
    fs::remove_file(&lock).unwrap();
    symlink(&lock, &lock).unwrap();
    assert_eq!(holder().await.as_deref(), Some("a"), "it was heard of a moment ago");
    bench.execute("UPDATE workers SET heartbeat_at = '2026-01-01T00:00:00+00:00'").await;
    assert_eq!(holder().await, None, "silent for too long");
    other.close().await;
    bench.store.close().await;
}

#[tokio::test]
async fn a_newer_database_is_refused_by_name() {
    use sea_orm::{ConnectionTrait, TransactionTrait};
    let bench = Bench::open("sqlite::memory:").await;
    let tx = bench.store.reader().begin().await.unwrap();
    tx.execute_unprepared(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m30000101_future', 0)",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let error = bench.store.migrate_up().await.unwrap_err();
    assert!(matches!(&error, StoreError::Newer(text) if text.contains("m30000101_future")), "{error:?}");
}

/// A second process with the same file: here another store, with a writer of its own.
#[tokio::test]
async fn two_writers_of_one_file_wait_for_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/shared.db", directory.path().display());
    let (one, other) = (Bench::open(&url).await, Bench::open(&url).await);
    let (a, b) = (one.register("a", "meta_ads").await.epoch, other.register("b", "meta_ads").await.epoch);
    let pages = async |bench: &Bench, name: &str, epoch| {
        for page in 0..30 {
            let rows = (0..20).map(|number| performance_row(&format!("{page}-{number}"), day(20), 1));
            bench.commit(insights(name, epoch, rows.collect())).await;
        }
    };
    futures::join!(pages(&one, "a", a), pages(&other, "b", b));
    assert_eq!(one.count("ad_performance_daily").await, 1_200);
    one.store.close().await;
    other.store.close().await;
}

#[tokio::test]
async fn unchanged_rows_of_an_old_database_are_not_restated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    fs::File::create(&path).unwrap();
    let url = format!("sqlite://{}", path.display());
    crate::upgrading::unchanged_rows_of_an_old_database_are_not_restated(&url).await;
}
