//! The lock of the worker that has a database. The operating system, or the server, releases it when the worker dies,
//! however it dies: so the next one need not wait.
//!
//! SQLite: a lock on a file beside the database (never on the database itself: closing any handle to it would drop SQLite's
//! own locks). PostgreSQL: an advisory lock of a session that does nothing else.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, Connection as _, PgConnection, postgres::PgConnectOptions, query_scalar},
};

use crate::{
    StoreError,
    location::{DatabaseFile, Location},
};

/// What the lock file's name ends with.
pub(crate) const FILE_ENDING: &str = "-worker";
/// The first half of the advisory lock's key: the letters `dyna`. The second half is the schema's.
const CLASS: i32 = 0x64_79_6e_61;

/// A lock that is held for as long as this lives.
#[derive(Debug)]
pub enum Lock {
    /// Nobody else can reach the database.
    Memory,
    /// Released when the file is closed.
    File {
        /// Only kept open.
        _file: File,
    },
    /// Released when the session ends.
    Session {
        /// It does nothing else.
        connection: Box<PgConnection>,
        /// The second half of the key.
        schema: i32,
    },
}

/// What came of trying.
#[derive(Debug)]
pub enum Tried {
    /// It is ours.
    Taken(Lock),
    /// Nobody has it, and it cannot be kept: behind a pooler sessions change hands.
    Unkept,
    /// Somebody has it.
    Busy,
}

/// What whoever only looks sees of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nobody has it.
    Free,
    /// Somebody has it.
    Taken,
    /// It may not be looked at: the file is for somebody else.
    Hidden,
}

/// Tries to take the lock.
pub async fn take(location: &Location) -> Result<Tried, StoreError> {
    match location {
        Location::Memory => Ok(Tried::Taken(Lock::Memory)),
        Location::File(file) => take_file(file),
        Location::Server { options, .. } => take_session(options).await.map_err(driver_error),
    }
}

/// Whether somebody has it. Takes nothing away from anybody.
pub async fn seen(location: &Location) -> Result<Seen, StoreError> {
    match location {
        Location::Memory => Ok(Seen::Free),
        Location::File(file) => Ok(see_file(file)),
        Location::Server { options, .. } => {
            let is_taken = is_session_taken(options).await.map_err(driver_error)?;
            Ok(if is_taken { Seen::Taken } else { Seen::Free })
        }
    }
}

fn see_file(database: &DatabaseFile) -> Seen {
    let file = match File::open(database.beside(FILE_ENDING)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Seen::Free,
        Err(_) => return Seen::Hidden,
    };
    match file.try_lock_shared() {
        Ok(()) => Seen::Free,
        Err(TryLockError::WouldBlock) => Seen::Taken,
        Err(TryLockError::Error(_)) => Seen::Hidden,
    }
}

fn take_file(database: &DatabaseFile) -> Result<Tried, StoreError> {
    let path = database.beside(FILE_ENDING);
    let failed = |error: std::io::Error| StoreError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    database.mode.create(&path).map_err(failed)?;
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Tried::Taken(Lock::File { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(Tried::Busy),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn take_session(options: &PgConnectOptions) -> Result<Tried, sqlx::Error> {
    let mut connection = Box::new(PgConnection::connect_with(options).await?);
    let schema = schema(&mut connection).await?;
    if !try_lock(&mut connection, schema).await? {
        let _ = connection.close().await;
        return Ok(Tried::Busy);
    }
    // A lock belongs to a session, and one session cannot refuse it to itself: whoever gets it a second time shares it.
    let mut other = PgConnection::connect_with(options).await?;
    let is_pooled = try_lock(&mut other, schema).await?;
    if is_pooled {
        unlock(&mut other, schema).await?;
        unlock(&mut connection, schema).await?;
    }
    let _ = other.close().await;
    if is_pooled {
        let _ = connection.close().await;
        return Ok(Tried::Unkept);
    }
    Ok(Tried::Taken(Lock::Session { connection, schema }))
}

async fn is_session_taken(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    let schema = schema(&mut connection).await?;
    let taken = query_scalar(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 \
         AND classid::bigint = $1 AND objid::bigint = $2 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    .bind(i64::from(CLASS))
    .bind(i64::from(schema.cast_unsigned()))
    .persistent(false)
    .fetch_one(&mut connection)
    .await?;
    let _ = connection.close().await;
    Ok(taken)
}

/// Two databases of ours may be two schemas of one server's.
async fn schema(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let name: Option<String> =
        query_scalar("SELECT current_schema()::text").persistent(false).fetch_one(connection).await?;
    let [a, b, c, d, ..] = xxhash_rust::xxh3::xxh3_64(name.unwrap_or_default().as_bytes()).to_be_bytes();
    Ok(i32::from_be_bytes([a, b, c, d]))
}

async fn try_lock(connection: &mut PgConnection, schema: i32) -> Result<bool, sqlx::Error> {
    let statement = query_scalar("SELECT pg_try_advisory_lock($1, $2)").bind(CLASS).bind(schema);
    statement.persistent(false).fetch_one(connection).await
}

async fn unlock(connection: &mut PgConnection, schema: i32) -> Result<(), sqlx::Error> {
    let statement = query_scalar::<_, bool>("SELECT pg_advisory_unlock($1, $2)").bind(CLASS).bind(schema);
    statement.persistent(false).fetch_one(connection).await.map(|_| ())
}

fn driver_error(error: sqlx::Error) -> StoreError {
    DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
}

// === impl Lock ===

impl Lock {
    /// Whether it is still held. A session may have been cut, and behind a pooler it may be another one's.
    pub async fn is_held(&mut self) -> bool {
        let Self::Session { connection, schema } = self else { return true };
        let held = query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 \
             AND classid::bigint = $1 AND objid::bigint = $2 AND pid = pg_backend_pid())",
        )
        .bind(i64::from(CLASS))
        .bind(i64::from(schema.cast_unsigned()))
        .persistent(false)
        .fetch_one(connection.as_mut());
        held.await.unwrap_or(false)
    }

    /// Gives it back. (Dropping does, too, a moment later.)
    pub async fn release(self) {
        if let Self::Session { connection, .. } = self {
            let _ = connection.close().await;
        }
    }
}
