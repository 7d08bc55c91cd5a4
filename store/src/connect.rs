//! Opening a database: one writer and a few readers.

use std::path::Path;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{
        self, Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{
    error::{StoreError, is_locked},
    file_mode::FileMode,
    limits,
    location::{DatabaseFile, Location},
};

/// What a database is opened for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// For a worker: the file and its directory are made when missing (SQLite).
    #[default]
    Make,
    /// To leave a word: it must be there.
    Write,
    /// To look: it must be there, and nothing of it is written, so that a database that may not be written is enough.
    Read,
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// What for.
    pub access: Access,
    /// Connections for reading and for everything beside the writer.
    pub readers_max: u32,
    /// What the server's list of connections shows (PostgreSQL).
    pub application_name: String,
    /// Who may read the files that are made (SQLite).
    pub file_mode: FileMode,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            access: Access::default(),
            readers_max: limits::READERS_MAX,
            application_name: "dynamoi".to_owned(),
            file_mode: FileMode::default(),
        }
    }
}

/// An opened database. On SQLite `write` has one connection, so that writers wait their turn instead of failing.
#[derive(Debug, Clone)]
pub struct Pools {
    /// For transactions that write.
    pub write: DatabaseConnection,
    /// For reading.
    pub read: DatabaseConnection,
    /// Where it is.
    pub location: Location,
}

impl Pools {
    /// Opens the database that the URL names.
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => sqlite(url, options).await,
            Some("postgres" | "postgresql") => postgres(url, options).await,
            // The whole URL might hold a password.
            scheme => Err(StoreError::Url(format!("{}:…", scheme.unwrap_or_default()))),
        }
    }

    /// Begins a transaction that writes. On SQLite it takes the write lock at once: a transaction that began by
    /// reading could not get it later.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        // Nothing is left to do for a pool that cannot be closed.
        let _ = self.write.close_by_ref().await;
        let _ = self.read.close_by_ref().await;
    }
}

async fn sqlite(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let parsed: SqliteConnectOptions = url.parse().map_err(|_| StoreError::Url(url.to_owned()))?;
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let path = parsed.get_filename().to_owned();
    if !in_memory && options.access != Access::Make && !path.exists() {
        return Err(StoreError::NoFile(path.display().to_string()));
    }
    if !in_memory && options.access == Access::Read {
        return sqlite_to_read(url, &path, options).await;
    }
    if !in_memory && !url.contains("mode=ro") {
        make_files(&path, options.file_mode)?;
    }
    let mut writer = untested_options(url);
    // One connection, kept for ever: in memory, the database lives only as long as its connection.
    writer.max_connections(1).min_connections(1);
    writer.idle_timeout(Option::<std::time::Duration>::None);
    writer.max_lifetime(Option::<std::time::Duration>::None);
    // What is overwritten or deleted leaves no old bytes behind. It costs no more than what measuring varies by.
    writer.map_sqlx_sqlite_opts(|options| file_options(options).pragma("secure_delete", "ON"));
    if !in_memory {
        // A transaction that SQLite itself gave up (disk full) leaves the driver's count of open transactions wrong.
        // Such a connection is thrown away.
        writer.map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        });
    }
    let write = connect(writer).await.map_err(|error| file_error(&path, &error))?;
    if in_memory {
        return Ok(Pools { read: write.clone(), write, location: Location::Memory });
    }
    let mut readers = pool_options(url);
    readers.max_connections(options.readers_max.max(1));
    readers.map_sqlx_sqlite_opts(|options| {
        file_options(options).pragma("cache_size", limits::SQLITE_READER_CACHE).pragma("query_only", "ON")
    });
    let read = connect(readers).await.map_err(|error| file_error(&path, &error))?;
    Ok(Pools { write, read, location: Location::File(DatabaseFile::opened(&path, options.file_mode)?) })
}

/// For who only looks. Readers of a log that was left beside the file need a place beside it to write; without a log, a
/// file that nobody can change is read as it is.
async fn sqlite_to_read(url: &str, path: &Path, options: &StoreOptions) -> Result<Pools, StoreError> {
    let location = Location::File(DatabaseFile::opened(path, options.file_mode)?);
    let open = async |immutable: bool| {
        let mut readers = pool_options(url);
        readers.max_connections(options.readers_max.max(1));
        readers.map_sqlx_sqlite_opts(move |options| {
            options
                .read_only(true)
                .immutable(immutable)
                .busy_timeout(limits::BUSY_TIMEOUT)
                // Half a million lines are sorted for a report: in memory as far as the cache goes, then in a file.
                .pragma("temp_store", "FILE")
        });
        let pool = connect(readers).await?;
        // The file itself is read by the first question only.
        pool.execute_unprepared("SELECT count(*) FROM sqlite_master").await?;
        Ok(pool)
    };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let read = match open(false).await {
        Err(_) if !Path::new(&log).exists() => open(true).await,
        opened => opened,
    };
    let read = read.map_err(|error| file_error(path, &error))?;
    Ok(Pools { write: read.clone(), read, location })
}

/// The directory and the file, for whom they are for: what SQLite makes, all may read.
fn make_files(path: &Path, mode: FileMode) -> Result<(), StoreError> {
    if let Some(directory) = path.parent() {
        mode.make_directory(directory).map_err(|error| StoreError::Directory {
            path: directory.display().to_string(),
            reason: error.to_string(),
        })?;
    }
    mode.make_file(path)
        .map_err(|error| StoreError::File { path: path.display().to_string(), reason: error.to_string() })
}

fn file_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    // WAL: readers do not stop the writer. NORMAL: a power cut may lose the last commits, never the file; what is lost
    // is read again, because the checkpoint is lost with it.
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(limits::BUSY_TIMEOUT)
        .foreign_keys(true)
        // What one transaction changes fits, so that a page goes into the log once, not again and again.
        .pragma("cache_size", limits::SQLITE_CACHE)
        // What a statement keeps in case it fails midway is gone with it: not worth a file.
        .pragma("temp_store", "MEMORY")
        // Pages that change again and again are copied into the file once for many changes.
        .pragma("wal_autocheckpoint", limits::SQLITE_LOG_PAGES)
        .statement_cache_capacity(limits::SQLITE_STATEMENTS_KEPT)
        // The answers of one statement pass to this thread in one go.
        .row_buffer_size(limits::SQLITE_STATEMENT_ROWS_MAX)
}

async fn postgres(url: &str, options: &StoreOptions) -> Result<Pools, StoreError> {
    let parsed: sqlx::postgres::PgConnectOptions =
        url.parse().map_err(|_| StoreError::Url("postgres:…".to_owned()))?;
    let server = format!(
        "{}:{}/{}",
        parsed.get_host(),
        parsed.get_port(),
        parsed.get_database().unwrap_or(parsed.get_username())
    );
    // No number passes through a float, and poolers refuse the driver's wish about them.
    let plain = parsed.extra_float_digits(None).application_name(&options.application_name);
    let timeout = [("statement_timeout", limits::STATEMENT_TIMEOUT.as_millis().to_string())];
    let wanted = plain.clone().options(timeout);
    let takes_timeout = match probe(&server, &wanted).await {
        Err(StoreError::Pooler { .. }) => {
            probe(&server, &plain).await?;
            expect_statements_kept(&server, &plain).await?;
            tracing::warn!(
                server,
                seconds = limits::STATEMENT_TIMEOUT.as_secs(),
                "the pooler takes no statement_timeout: set it for the role (ALTER ROLE … SET statement_timeout), else a \
                 statement may take for ever"
            );
            false
        }
        probed => probed.map(|()| true)?,
    };
    let pool = |mut pool: ConnectOptions, connections: u32| {
        pool.max_connections(connections).set_application_name(options.application_name.clone());
        if takes_timeout {
            pool.statement_timeout(limits::STATEMENT_TIMEOUT);
        }
        pool.map_sqlx_postgres_opts(|options| options.extra_float_digits(None));
        pool
    };
    let mut writers = pool(untested_options(url), limits::POSTGRES_WRITERS_MAX);
    // A connection in use is alive: only one that has rested is asked whether it still is.
    writers.map_sqlx_postgres_pool_opts(|pool| {
        pool.before_acquire(|connection, rest| {
            Box::pin(async move {
                if rest.idle_for >= limits::REST_UNTESTED_MAX {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
    });
    let write = connect(writers).await?;
    let read = connect(pool(pool_options(url), options.readers_max.max(1))).await?;
    let location = Location::Server { options: Box::new(plain), name: server };
    Ok(Pools { write, read, location })
}

fn pool_options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.acquire_timeout(limits::ACQUIRE_TIMEOUT).sqlx_logging(false).record_stmt_in_spans(false);
    options
}

/// Without a question to the database before each use. (The driver asks after each one anyway.)
fn untested_options(url: &str) -> ConnectOptions {
    let mut options = pool_options(url);
    options.test_before_acquire(false);
    options
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    Database::connect(options).await
}

fn file_error(path: &Path, error: &DbErr) -> StoreError {
    let path = path.display().to_string();
    if is_locked(error) {
        return StoreError::Locked { path, seconds: limits::BUSY_TIMEOUT.as_secs() };
    }
    StoreError::File { path, reason: error.to_string() }
}

/// A pooler that hands sessions around must know prepared statements, else one connection meets another's.
async fn expect_statements_kept(
    server: &str,
    options: &sqlx::postgres::PgConnectOptions,
) -> Result<(), StoreError> {
    let asked = async {
        for _ in 0..2 {
            let mut connection = sqlx::PgConnection::connect_with(options).await?;
            sqlx::query("SELECT 1").execute(&mut connection).await?;
            connection.close().await?;
        }
        Ok::<_, sqlx::Error>(())
    };
    asked.await.map_err(|error| StoreError::Pooler {
        server: server.to_owned(),
        reason: format!(
            "{error}. It hands sessions around, and statements are prepared: set pool_mode = session for this database; or, \
             with PgBouncer 1.21 or newer, max_prepared_statements = 200"
        ),
    })
}

/// Connects once, because a pool would try again and again before it says what is wrong.
async fn probe(server: &str, options: &sqlx::postgres::PgConnectOptions) -> Result<(), StoreError> {
    let server = server.to_owned();
    let connecting = sqlx::PgConnection::connect_with(options);
    let error = match tokio::time::timeout(limits::ACQUIRE_TIMEOUT, connecting).await {
        Ok(Ok(connection)) => {
            // It has done its work; the server notices when it is gone.
            let _ = connection.close().await;
            return Ok(());
        }
        Ok(Err(error)) => error,
        Err(elapsed) => {
            let reason = format!("{elapsed} after {:?}", limits::ACQUIRE_TIMEOUT);
            return Err(StoreError::Away { server, reason });
        }
    };
    let reason = error.to_string();
    let refusal = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    Err(match refusal.as_deref() {
        Some("28P01" | "28000") => StoreError::Login { server, reason },
        Some("3D000") => StoreError::NoDatabase { server, reason },
        Some("08P01") if reason.contains("startup parameter") => StoreError::Pooler { server, reason },
        _ => StoreError::Away { server, reason },
    })
}
