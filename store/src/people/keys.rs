//! The key store: data keys of subjects, sealed by the configured keyring, in a database of their own. Its backups are kept
//! apart from the database's, and for a short time only: for that long a destroyed key may come back.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rows::Clock;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use zeroize::Zeroizing;

use super::apart::{self, Apart};
use crate::{
    Access, StoreError,
    cipher::{Cell, DataKey, Keyring},
    convert::utc,
    limits,
    sql::Sql,
};

/// An open key store.
#[derive(Debug, Clone)]
pub struct KeyStore {
    database: DatabaseConnection,
    location: String,
}

/// What a rotation of the configured key did here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Keys sealed again.
    pub sealed: u64,
    /// Those that no key of the ring opens, and why: they stay as they are.
    pub failed: Vec<String>,
}

const TABLE: &str = "data_keys";
/// Who reads the keys is waited for so often …
const READER_TRIES_MAX: u32 = 300;
/// … with such pauses.
const READER_PAUSE: Duration = Duration::from_millis(100);
/// The last line of a log that is elsewhere, by the log's name.
const ANCHORS: &str = "anchors";

/// How the names of users' keys begin.
const USER: &str = "user/";

/// The name under which a user's data key is kept.
pub(super) fn key_name(user: &str) -> String {
    format!("{USER}{user}")
}

/// The cell of a key.
fn cell<'a>(name: &'a [&'a str]) -> Cell<'a> {
    Cell { table: TABLE, row: name, column: "sealed" }
}

// === impl KeyStore ===

impl KeyStore {
    /// Opens the one at this place: the path of a SQLite file, or the URL of a PostgreSQL database of its own. The file, its
    /// directory and the table are made when missing, unless it is opened to read.
    pub async fn open(place: &str, access: Access) -> Result<Self, StoreError> {
        let store = match Apart::parse(place) {
            Apart::Server(url) => {
                let (database, location) = apart::on_server(&url, "dynamoi keys").await?;
                Self { database, location }
            }
            Apart::File(path) => Self::in_file(&path, access).await?,
        };
        if access != Access::Read {
            let kind = if store.backend() == DbBackend::Postgres { "bytea" } else { "blob" };
            store
                .database
                .execute_unprepared(&format!(
                    "CREATE TABLE IF NOT EXISTS {TABLE} (name text NOT NULL PRIMARY KEY, key_id text NOT NULL, \
                     sealed {kind} NOT NULL, made_at text NOT NULL)"
                ))
                .await?;
            store
                .database
                .execute_unprepared(&format!(
                    "CREATE TABLE IF NOT EXISTS {ANCHORS} (name text NOT NULL PRIMARY KEY, seq bigint NOT NULL, \
                     mac {kind} NOT NULL)"
                ))
                .await?;
        }
        Ok(store)
    }

    /// The file that this place names, where it is one and is not there yet.
    pub fn missing_file(place: &str) -> Option<PathBuf> {
        Apart::parse(place).missing_file().map(Path::to_owned)
    }

    async fn in_file(path: &Path, access: Access) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        if access != Access::Read {
            apart::make_file(path).map_err(|error| failed(&error))?;
        } else if !path.exists() {
            return Err(StoreError::NoFile(format!("{} (the key store)", path.display())));
        }
        let mut options = ConnectOptions::new("sqlite://keys");
        options.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false);
        let file = path.to_owned();
        options.map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&file)
                .create_if_missing(false)
                // No log of its own in which a destroyed key would stay: the journal is deleted with each commit.
                .journal_mode(SqliteJournalMode::Delete)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(limits::BUSY_TIMEOUT)
                // What is deleted is overwritten.
                .pragma("secure_delete", "ON")
                .pragma("temp_store", "MEMORY")
        });
        let database = Database::connect(options).await.map_err(|error| failed(&error))?;
        Ok(Self { database, location: path.display().to_string() })
    }

    /// Where it is, for people.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Closes it.
    pub async fn close(self) {
        // Nothing is left to do for a pool that cannot be closed.
        let _ = self.database.close().await;
    }

    /// The key of this name; nothing when there is none, or none any more.
    pub(super) async fn key(&self, keyring: &Keyring, name: &str) -> Result<Option<DataKey>, StoreError> {
        let Some(sealed) = self.sealed(name).await? else { return Ok(None) };
        open(keyring, name, &sealed).map(|bytes| DataKey::of(&bytes)).and_then(|key| match key {
            Some(key) => Ok(Some(key)),
            None => Err(StoreError::Unreadable(format!("data key {name:?}: it has not the length of a key"))),
        })
    }

    /// Makes the key of this name, unless somebody has meanwhile: then that one is it.
    pub(super) async fn make(
        &self,
        keyring: &Keyring,
        name: &str,
        now: Timestamp,
    ) -> Result<DataKey, StoreError> {
        let bytes = DataKey::random_bytes()?;
        let sealed = keyring.seal_cell(cell(&[name]), &bytes)?;
        let insert = Sql::new(
            self.backend(),
            &format!("INSERT INTO {TABLE} (name, key_id, sealed, made_at) VALUES ("),
        )
        .bind(name)
        .text(", ")
        .bind(keyring.newest_id())
        .text(", ")
        .bind(sealed)
        .text(", ")
        .bind(utc(now).to_rfc3339())
        .text(") ON CONFLICT (name) DO NOTHING");
        self.database.execute_raw(insert.done()).await?;
        self.key(keyring, name).await?.ok_or_else(|| {
            StoreError::Unreadable(format!("data key {name:?} was destroyed while it was made"))
        })
    }

    /// Destroys the key of this name: what it sealed opens no more. Whether there was one. See [`scrub`](Self::scrub).
    pub(super) async fn destroy(&self, name: &str) -> Result<bool, StoreError> {
        let delete = Sql::new(self.backend(), &format!("DELETE FROM {TABLE} WHERE name = ")).bind(name);
        Ok(self.database.execute_raw(delete.done()).await?.rows_affected() > 0)
    }

    /// Whether there is a key of this name.
    pub(super) async fn has(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.sealed(name).await?.is_some())
    }

    /// Destroyed keys leave the file: a deleted row's bytes may stay in it until it is written anew. It is a small one. Answers
    /// whether it was: over a table that belongs to another role a server passes, with a warning that no client asks for.
    pub(super) async fn scrub(&self, clock: &dyn Clock) -> Result<bool, StoreError> {
        if self.backend() != DbBackend::Postgres {
            self.database.execute_unprepared("VACUUM").await?;
            return Ok(true);
        }
        self.wait_for_readers(clock).await?;
        let before = self.file_number().await?;
        self.database.execute_unprepared(&format!("VACUUM FULL {TABLE}")).await?;
        Ok(self.file_number().await? != before)
    }

    /// Of the file that the keys are in (PostgreSQL).
    async fn file_number(&self) -> Result<Option<i64>, StoreError> {
        let query =
            Sql::new(self.backend(), &format!("SELECT pg_relation_filenode('{TABLE}')::bigint AS number"));
        let row = self.database.query_one_raw(query.done()).await?;
        Ok(row.map(|row| row.try_get("", "number")).transpose()?.flatten())
    }

    /// Waits, for a while, until nobody sees what was there before: `VACUUM FULL` keeps rows for whoever does (PostgreSQL).
    /// A transaction in any database of the server counts: whatever was open when `VACUUM FULL` itself begins, it still sees.
    async fn wait_for_readers(&self, clock: &dyn Clock) -> Result<(), StoreError> {
        let ours = Sql::new(self.backend(), "SELECT (txid_current() % 4294967296)::text AS ours");
        let Some(row) = self.database.query_one_raw(ours.done()).await? else { return Ok(()) };
        let ours: String = row.try_get("", "ours")?;
        for _ in 0..READER_TRIES_MAX {
            let seen = Sql::new(
                self.backend(),
                "SELECT greatest(age((txid_snapshot_xmin(txid_current_snapshot()) % 4294967296)::text::xid), \
                 (SELECT max(greatest(age(backend_xmin), age(backend_xid))) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid())) > age(CAST(",
            )
            .bind(ours.as_str())
            .text(" AS text)::xid) AS seen");
            let row = self.database.query_one_raw(seen.done()).await?;
            if !row.map(|row| row.try_get::<bool>("", "seen")).transpose()?.unwrap_or_default() {
                return Ok(());
            }
            clock.sleep(READER_PAUSE).await;
        }
        Ok(())
    }

    /// Of which users there are keys.
    pub(super) async fn users(&self) -> Result<Vec<String>, StoreError> {
        let query = Sql::new(self.backend(), &format!("SELECT name FROM {TABLE} WHERE name LIKE "))
            .bind(format!("{USER}%"))
            .text(" ORDER BY name");
        let rows = self.database.query_all_raw(query.done()).await?;
        let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
        Ok(names.iter().filter_map(|name| name.strip_prefix(USER)).map(str::to_owned).collect())
    }

    /// Seals every key again that an older key of the ring sealed. Can be ended and begun again at any time.
    pub async fn rotate(&self, keyring: &Keyring) -> Result<Resealed, StoreError> {
        let mut done = Resealed::default();
        let mut after = String::new();
        loop {
            let query =
                Sql::new(self.backend(), &format!("SELECT name, sealed FROM {TABLE} WHERE key_id <> "))
                    .bind(keyring.newest_id())
                    .text(" AND name > ")
                    .bind(after.as_str())
                    .text(&format!(" ORDER BY name LIMIT {}", limits::ROTATION_ROWS_MAX));
            let rows = self.database.query_all_raw(query.done()).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            for row in rows {
                let (name, sealed): (String, Vec<u8>) =
                    (row.try_get("", "name")?, row.try_get("", "sealed")?);
                match open(keyring, &name, &sealed) {
                    Ok(bytes) => done.sealed += self.reseal(keyring, &name, &sealed, &bytes).await?,
                    Err(error) => done.failed.push(error.to_string()),
                }
                after = name;
            }
        }
    }

    /// Only over what was read: a key that was destroyed meanwhile stays so.
    async fn reseal(
        &self,
        keyring: &Keyring,
        name: &str,
        read: &[u8],
        bytes: &[u8],
    ) -> Result<u64, StoreError> {
        let sealed = keyring.seal_cell(cell(&[name]), bytes)?;
        let update = Sql::new(self.backend(), &format!("UPDATE {TABLE} SET key_id = "))
            .bind(keyring.newest_id())
            .text(", sealed = ")
            .bind(sealed)
            .text(" WHERE name = ")
            .bind(name)
            .text(" AND sealed = ")
            .bind(read.to_vec());
        Ok(self.database.execute_raw(update.done()).await?.rows_affected())
    }

    async fn sealed(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let query = Sql::new(self.backend(), &format!("SELECT sealed FROM {TABLE} WHERE name = ")).bind(name);
        let found = self.database.query_one_raw(query.done()).await?;
        Ok(found.map(|row| row.try_get("", "sealed")).transpose()?)
    }

    /// Number and `mac` of a log's last line, as far as this store knows.
    pub(super) async fn anchor(&self, log: &str) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        let query =
            Sql::new(self.backend(), &format!("SELECT seq, mac FROM {ANCHORS} WHERE name = ")).bind(log);
        let found = self.database.query_one_raw(query.done()).await?;
        Ok(found.map(|row| Ok::<_, DbErr>((row.try_get("", "seq")?, row.try_get("", "mac")?))).transpose()?)
    }

    /// A log has one more line. Later lines stand.
    pub(super) async fn set_anchor(&self, log: &str, seq: i64, mac: &[u8]) -> Result<(), StoreError> {
        let upsert = Sql::new(self.backend(), &format!("INSERT INTO {ANCHORS} (name, seq, mac) VALUES ("))
            .bind(log)
            .text(", ")
            .bind(seq)
            .text(", ")
            .bind(mac.to_vec())
            .text(&format!(
                ") ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, mac = excluded.mac \
                 WHERE {ANCHORS}.seq < excluded.seq"
            ));
        self.database.execute_raw(upsert.done()).await?;
        Ok(())
    }

    fn backend(&self) -> DbBackend {
        self.database.get_database_backend()
    }
}

fn open(keyring: &Keyring, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    keyring
        .open_cell(cell(&[name]), sealed)
        .map_err(|error| StoreError::Unreadable(format!("data key {name:?}: {error}")))
}
