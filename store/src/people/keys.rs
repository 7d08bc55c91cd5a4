//! The key store: data keys of subjects, sealed by the configured keyring, in a database of their own. Its backups are kept
//! apart from the database's, and for a short time only: for that long a destroyed key may come back.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rows::Clock;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use zeroize::Zeroizing;

use super::{
    apart::{self, Apart, Kept},
    erasure::{
        overwrite,
        receipt::{Note, Reached},
    },
    unseen::wait_until_unseen,
};
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
/// The last line of a log that is elsewhere, by the log's name.
const ANCHORS: &str = "anchors";
/// Keys that were made for users who may not be stored yet, and for which database.
const BEGUN: &str = "begun_keys";

/// What says how long a server's log lives.
const LOG_SETTINGS: [&str; 4] = ["checkpoint_timeout", "max_wal_size", "wal_keep_size", "archive_mode"];

/// How the names of users' keys begin.
const USER: &str = "user/";

/// The name under which a user's data key is kept.
pub(super) fn key_name(user: &str) -> String {
    format!("{USER}{user}")
}

/// Whose data key has this name.
pub(super) fn user_of(name: &str) -> Option<&str> {
    name.strip_prefix(USER)
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
                let (database, location) = apart::on_server(&url, "dynamoi keys", Kept::Keys).await?;
                Self { database, location }
            }
            Apart::File(path) => Self::in_file(&path, access).await?,
        };
        if access != Access::Read {
            store.make_tables().await.map_err(|error| store.failed(error))?;
            store.keep_out_of_samples().await?;
        }
        Ok(store)
    }

    async fn make_tables(&self) -> Result<(), DbErr> {
        let kind = if self.backend() == DbBackend::Postgres { "bytea" } else { "blob" };
        self.database
            .execute_unprepared(&format!(
                "CREATE TABLE IF NOT EXISTS {TABLE} (name text NOT NULL PRIMARY KEY, key_id text NOT NULL, \
                     sealed {kind} NOT NULL, made_at text NOT NULL)"
            ))
            .await?;
        self.database
            .execute_unprepared(&format!(
                "CREATE TABLE IF NOT EXISTS {ANCHORS} (name text NOT NULL PRIMARY KEY, seq bigint NOT NULL, \
                     mac {kind} NOT NULL)"
            ))
            .await?;
        self
                .database
                .execute_unprepared(&format!(
                    "CREATE TABLE IF NOT EXISTS {BEGUN} (name text NOT NULL PRIMARY KEY, for_database text NOT NULL, \
                     began_at bigint NOT NULL)"
                ))
                .await?;
        Ok(())
    }

    /// The planner keeps no samples of keys, in which destroyed ones would stay (PostgreSQL).
    async fn keep_out_of_samples(&self) -> Result<(), StoreError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        for column in ["name", "sealed"] {
            let is_sampled = Sql::new(
                self.backend(),
                "SELECT 1 AS one FROM pg_attribute WHERE attrelid = to_regclass('data_keys') \
                 AND COALESCE(attstattarget, -1) <> 0 AND attname = ",
            )
            .bind(column);
            if self.database.query_one_raw(is_sampled.done()).await?.is_some() {
                let alter = format!("ALTER TABLE {TABLE} ALTER COLUMN {column} SET STATISTICS 0");
                // Whose table is another role's hears of it with the first erasure.
                let _ = self.database.execute_unprepared(&alter).await;
            }
        }
        Ok(())
    }

    /// The file that this place names, where it is one and is not there yet.
    pub fn missing_file(place: &str) -> Option<PathBuf> {
        Apart::parse(place).missing_file().map(Path::to_owned)
    }

    async fn in_file(path: &Path, access: Access) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::KeyFile {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        if access != Access::Read {
            apart::make_file(path).map_err(|error| failed(&error))?;
        } else if !path.exists() {
            return Err(StoreError::NoKeyStore(path.display().to_string()));
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

    /// Whether its tables are there: not, where it was only opened to read, or is something else.
    pub(super) async fn has_tables(&self) -> Result<bool, StoreError> {
        self.has_all(&[TABLE, ANCHORS]).await
    }

    async fn has_all(&self, tables: &[&str]) -> Result<bool, StoreError> {
        let query = match self.backend() {
            DbBackend::Postgres => {
                let there: Vec<String> =
                    tables.iter().map(|table| format!("to_regclass('{table}') IS NOT NULL")).collect();
                format!("SELECT ({}) AS there", there.join(" AND "))
            }
            _ => format!(
                "SELECT count(*) = {} AS there FROM sqlite_master WHERE type = 'table' AND name IN ('{}')",
                tables.len(),
                tables.join("', '")
            ),
        };
        let row = self.database.query_one_raw(Sql::new(self.backend(), &query).done()).await?;
        Ok(row.map(|row| row.try_get("", "there")).transpose()?.unwrap_or_default())
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
        let insert = self.insert(keyring, name, &DataKey::random_bytes()?, now)?;
        self.database
            .execute_raw(insert.text(" ON CONFLICT (name) DO NOTHING").done())
            .await
            .map_err(|error| self.failed(error))?;
        self.key(keyring, name).await?.ok_or_else(|| {
            StoreError::Unreadable(format!("data key {name:?} was destroyed while it was made"))
        })
    }

    /// Makes keys of names that nobody else makes, all of them or none: a commit is what a key costs. Where it is said for which
    /// database, that they were begun is noted until [`forget_begun`](Self::forget_begun) or [`unmake`](Self::unmake).
    pub(super) async fn make_all(
        &self,
        keyring: &Keyring,
        names: &[String],
        for_database: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<DataKey>, StoreError> {
        let malformed =
            || StoreError::Unreadable("a key that was just made has not the length of one".to_owned());
        let mut made = Vec::with_capacity(names.len());
        let tx = self.database.begin().await?;
        for name in names {
            let bytes = DataKey::random_bytes()?;
            tx.execute_raw(self.insert(keyring, name, &bytes, now)?.done())
                .await
                .map_err(|error| self.failed(error))?;
            made.push(DataKey::of(&bytes).ok_or_else(malformed)?);
            let Some(database) = for_database else { continue };
            let columns = format!("INSERT INTO {BEGUN} (name, for_database, began_at) VALUES (");
            let begun = Sql::new(self.backend(), &columns).bind(name).text(", ").bind(database).text(", ");
            tx.execute_raw(begun.bind(now.as_second()).text(")").done())
                .await
                .map_err(|error| self.failed(error))?;
        }
        tx.commit().await.map_err(|error| self.failed(error))?;
        Ok(made)
    }

    /// Names of users' keys that were begun for this database before then, and are not known to be somebody's.
    pub(super) async fn begun(&self, database: &str, before: Timestamp) -> Result<Vec<String>, StoreError> {
        // One that was only opened to read may be of an older version.
        if !self.has_all(&[BEGUN]).await? {
            return Ok(Vec::new());
        }
        let query = Sql::new(self.backend(), &format!("SELECT name FROM {BEGUN} WHERE for_database = "))
            .bind(database)
            .text(" AND began_at < ")
            .bind(before.as_second())
            .text(" AND name LIKE ")
            .bind(format!("{USER}%"))
            .text(" ORDER BY name");
        let rows = self.database.query_all_raw(query.done()).await?;
        Ok(rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?)
    }

    /// The users of these keys are stored.
    pub(super) async fn forget_begun(&self, names: &[String]) -> Result<(), StoreError> {
        self.database
            .execute_raw(self.of_names(BEGUN, names).done())
            .await
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Destroys keys whose users were never stored.
    pub(super) async fn unmake(&self, names: &[String]) -> Result<(), StoreError> {
        let tx = self.database.begin().await?;
        for table in [TABLE, BEGUN] {
            tx.execute_raw(self.of_names(table, names).done()).await.map_err(|error| self.failed(error))?;
        }
        tx.commit().await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    fn of_names(&self, table: &str, names: &[String]) -> Sql {
        let delete = Sql::new(self.backend(), &format!("DELETE FROM {table} WHERE name IN (''"));
        names.iter().fold(delete, |delete, name| delete.text(", ").bind(name)).text(")")
    }

    fn insert(&self, keyring: &Keyring, name: &str, bytes: &[u8], now: Timestamp) -> Result<Sql, StoreError> {
        let sealed = keyring.seal_cell(cell(&[name]), bytes)?;
        let columns = format!("INSERT INTO {TABLE} (name, key_id, sealed, made_at) VALUES (");
        let named = Sql::new(self.backend(), &columns).bind(name).text(", ").bind(keyring.newest_id());
        Ok(named.text(", ").bind(sealed).text(", ").bind(utc(now).to_rfc3339()).text(")"))
    }

    /// Destroys the key of this name: what it sealed opens no more. Whether there was one. See [`scrub`](Self::scrub).
    pub(super) async fn destroy(&self, name: &str) -> Result<bool, StoreError> {
        let delete = Sql::new(self.backend(), &format!("DELETE FROM {TABLE} WHERE name = ")).bind(name);
        Ok(self
            .database
            .execute_raw(delete.done())
            .await
            .map_err(|error| self.failed(error))?
            .rows_affected()
            > 0)
    }

    /// Whether there is a key of this name.
    pub(super) async fn has(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.sealed(name).await?.is_some())
    }

    /// Destroyed keys leave the file: a deleted row's bytes may stay in it until it is written anew. It is a small one. Answers
    /// whether it came to that: over a table of another role a server passes, and it keeps rows for whoever may still see them.
    pub(super) async fn scrub(&self, clock: &dyn Clock) -> Result<Reached, StoreError> {
        let (mut done, mut note) = (true, "written anew".to_owned());
        if self.backend() == DbBackend::Postgres {
            let is_unseen = wait_until_unseen(&self.database, clock).await?;
            let before = self.file_number().await?;
            self.database
                .execute_unprepared(&format!("VACUUM FULL {TABLE}"))
                .await
                .map_err(|error| self.failed(error))?;
            if self.file_number().await? == before {
                (done, note) = (false, overwrite::passed_over(TABLE));
            } else if !is_unseen {
                (done, note) = (false, overwrite::STILL_SEEN.to_owned());
            }
        } else {
            self.database.execute_unprepared("VACUUM").await.map_err(|error| self.failed(error))?;
        }
        Ok(Reached { what: self.files(), done, note })
    }

    /// What [`scrub`](Self::scrub) would write anew.
    pub(super) fn would_scrub(&self) -> Reached {
        let note = if self.is_file() { overwrite::WOULD_FILE } else { overwrite::WOULD };
        Reached { what: self.files(), done: false, note: note.to_owned() }
    }

    fn files(&self) -> String {
        format!("files of the keys in {}", self.location)
    }

    /// Of the file that the keys are in (PostgreSQL).
    async fn file_number(&self) -> Result<Option<i64>, StoreError> {
        let query =
            Sql::new(self.backend(), &format!("SELECT pg_relation_filenode('{TABLE}')::bigint AS number"));
        let row = self.database.query_one_raw(query.done()).await?;
        Ok(row.map(|row| row.try_get("", "number")).transpose()?.flatten())
    }

    /// Where a destroyed key still is, sealed, and for how long: of a server, as it is set. A file has no log.
    pub(super) async fn not_reached(&self) -> Option<Note> {
        if self.backend() != DbBackend::Postgres {
            return None;
        }
        // Who may not ask is told what to ask for.
        let kept = self.log_kept().await.unwrap_or_else(|_| "ask the server for these settings".to_owned());
        Some(Note {
            place: format!(
                "the write-ahead log of the key store {}, archives of it, replicas, backups",
                self.location
            ),
            note: format!(
                "the destroyed key stays in them, sealed under [encryption] key. In the log: until its files are used anew, after a \
                 checkpoint or two (checkpoint_timeout), and for what wal_keep_size and replication slots hold back; a replica: \
                 until it has replayed and cleaned up; archived log and base backups: for as long as you keep them. Now: {kept}. \
                 Keep them for days, apart from the database's, and delete older ones; `dynamoi secrets generate-key --add-to`, \
                 `secrets rotate`, and the older line removed make what is in them open no more"
            ),
        })
    }

    async fn log_kept(&self) -> Result<String, StoreError> {
        let asked =
            LOG_SETTINGS.map(|name| format!("'{name} = ' || current_setting('{name}')")).join(" || ', ' || ");
        let query = format!(
            "SELECT {asked} || ', replication slots: ' || (SELECT count(*) FROM pg_replication_slots) \
             || ', replicas: ' || (SELECT count(*) FROM pg_stat_replication) AS kept"
        );
        let row = self.database.query_one_raw(Sql::new(self.backend(), &query).done()).await?;
        Ok(row.map(|row| row.try_get("", "kept")).transpose()?.unwrap_or_default())
    }

    /// Of which users there are keys.
    pub(super) async fn users(&self) -> Result<Vec<String>, StoreError> {
        let query = Sql::new(self.backend(), &format!("SELECT name FROM {TABLE} WHERE name LIKE "))
            .bind(format!("{USER}%"))
            .text(" ORDER BY name");
        let rows = self.database.query_all_raw(query.done()).await?;
        let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
        Ok(names.iter().filter_map(|name| user_of(name)).map(str::to_owned).collect())
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
            // A commit is what a key costs.
            let tx = self.database.begin().await?;
            for row in rows {
                let (name, sealed): (String, Vec<u8>) =
                    (row.try_get("", "name")?, row.try_get("", "sealed")?);
                match open(keyring, &name, &sealed) {
                    Ok(bytes) => done.sealed += self.reseal(&tx, keyring, &name, &sealed, &bytes).await?,
                    Err(error) => done.failed.push(error.to_string()),
                }
                after = name;
            }
            tx.commit().await.map_err(|error| self.failed(error))?;
        }
    }

    /// Only over what was read: a key that was destroyed meanwhile stays so.
    async fn reseal(
        &self,
        tx: &DatabaseTransaction,
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
        Ok(tx.execute_raw(update.done()).await.map_err(|error| self.failed(error))?.rows_affected())
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
        self.database.execute_raw(upsert.done()).await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// What is known of a log's last line is known under another name from now on. Nothing, where that is not it any more.
    pub(super) async fn rename_anchor(
        &self,
        log: &str,
        to: &str,
        (seq, mac): &(i64, Vec<u8>),
    ) -> Result<(), StoreError> {
        // In this order: killed between the two, it is known under both.
        self.set_anchor(to, *seq, mac).await?;
        let delete = Sql::new(self.backend(), &format!("DELETE FROM {ANCHORS} WHERE name = "))
            .bind(log)
            .text(" AND seq = ")
            .bind(*seq)
            .text(" AND mac = ")
            .bind(mac.clone());
        self.database.execute_raw(delete.done()).await?;
        Ok(())
    }

    /// Of how many logs whose names begin so it knows the last line.
    pub(super) async fn anchors(&self, beginning: &str) -> Result<u64, StoreError> {
        let query =
            Sql::new(self.backend(), &format!("SELECT count(*) AS logs FROM {ANCHORS} WHERE name LIKE "))
                .bind(format!("{beginning}%"));
        let row = self.database.query_one_raw(query.done()).await?;
        let logs: i64 = row.map(|row| row.try_get("", "logs")).transpose()?.unwrap_or_default();
        Ok(logs.unsigned_abs())
    }

    /// Whether it is a file.
    pub(super) fn is_file(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// A change that failed, named where there is no room.
    fn failed(&self, error: DbErr) -> StoreError {
        StoreError::from(error).at(|| format!("the key store {}", self.location))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_key_store_is_refused_by_the_name_of_its_setting() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("notes.txt");
        std::fs::write(&place, "not keys\n").unwrap();
        for access in [Access::Make, Access::Write, Access::Read] {
            let refused = KeyStore::open(&place.display().to_string(), access).await.unwrap_err().to_string();
            assert!(refused.starts_with("privacy.keys: ") && refused.contains("notes.txt"), "{refused}");
        }
        assert_eq!(std::fs::read(&place).unwrap(), b"not keys\n");
    }

    #[tokio::test]
    async fn a_full_disk_is_said_to_be_that_of_the_key_store() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("keys.db").display().to_string();
        let keys = KeyStore::open(&place, Access::Make).await.unwrap();
        let keyring = Keyring::parse(&crate::cipher::generate_key().unwrap()).unwrap();
        keys.make(&keyring, "one", Timestamp::UNIX_EPOCH).await.unwrap();
        // SQLite takes that for a full disk.
        keys.database.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let names: Vec<String> = (0..500).map(|number| key_name(&format!("usr_{number}"))).collect();
        let full = keys.make_all(&keyring, &names, Some("main.db"), Timestamp::UNIX_EPOCH).await.unwrap_err();
        let said = full.at(|| "something else".to_owned()).to_string();
        assert!(said.contains(&format!("the key store {place} could not be written")), "{said}");
        assert!(said.contains("make room"), "{said}");
        assert!(keys.key(&keyring, "one").await.unwrap().is_some() && keys.users().await.unwrap().is_empty());
        keys.close().await;
    }
}
