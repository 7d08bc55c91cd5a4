//! What can go wrong with a database, and what to do about it. No message holds a password.

use rows::sink::SinkError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

use crate::workers::WorkerStatus;

/// The database could not be opened, migrated or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error(
        "database URL {0:?} is not understood: use sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    Url(String),
    /// The directory of a database file cannot be made.
    #[error("directory {path:?} for the database cannot be made: {reason}; make it, or choose another path")]
    Directory {
        /// Which one.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// A database file cannot be opened.
    #[error(
        "database file {path:?} cannot be opened: {reason}; check that it is a SQLite database and that this user may write to it and to its directory"
    )]
    File {
        /// Which one.
        path: String,
        /// SQLite's words.
        reason: String,
    },
    /// A database file that is not there.
    #[error("there is no database at {0}: check database.url; `dynamoi run` makes it when it first starts")]
    NoFile(String),
    /// A key store that is not there, and nothing needs it yet.
    #[error("there is no key store at {0} yet: it is made with the first user (`dynamoi users add`)")]
    NoKeyStore(String),
    /// A key store that is gone.
    #[error(
        "the key store {0} is not there, or has none of the keys of this database. Without them nothing that is sealed of its \
         users opens, nobody is found by e-mail address, and who was erased is not known again. Put it back from its own \
         backup, or set privacy.keys to where it is. Where no copy is left, these values are lost for good: then begin with \
         a new database"
    )]
    KeysGone(String),
    /// A key store or a journal in something that it must be apart from.
    #[error("{0}")]
    NotApart(String),
    /// A database file that was deleted, or replaced, under a running worker.
    #[error(
        "the database file {0} was deleted or replaced while it was in use: what is written now is lost with this \
         process. Put it back from a backup if it is needed, and start the worker again: it reads what is missing"
    )]
    Gone(String),
    /// Another process holds a SQLite file.
    #[error(
        "the database {path} was locked by another process for {seconds} s: end what holds it (`fuser {path}` names it), \
         or try again"
    )]
    Locked {
        /// Which one.
        path: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// There are no tables.
    #[error("the database {0} has no tables yet: `dynamoi run`, or `dynamoi migrate up`, makes them")]
    Empty(String),
    /// Steps are missing.
    #[error(
        "the database {location} was made by an older version of this program: {} are missing. Stop the worker that runs on \
         it; `dynamoi run`, or `dynamoi migrate up`, then applies them",
        .steps.join(", ")
    )]
    Older {
        /// Where it is.
        location: String,
        /// The steps' names.
        steps: Vec<String>,
    },
    /// A living worker has the database.
    #[error("{0} has this database")]
    Held(Box<WorkerStatus>),
    /// A worker whose database another one has taken.
    #[error(
        "{0} has taken the database over, and this worker does nothing in it until that one has ended: ask the other one"
    )]
    TakenOver(String),
    /// Steps are missing, and a living worker has the database.
    #[error(
        "{0} has this database, and schema steps are never applied beside a living worker: stop it first"
    )]
    HeldToMigrate(Box<WorkerStatus>),
    /// Somebody has the lock of a database, and no worker is known.
    #[error("another process starts on the database {0}, or holds its lock: try again, or end it")]
    Starting(String),
    /// A pooler refuses what a connection asks for.
    #[error("the pooler at {server} refuses a connection: {reason}")]
    Pooler {
        /// Host and database.
        server: String,
        /// The pooler's words.
        reason: String,
    },
    /// User or password are wrong.
    #[error("the database server at {server} refused user or password: {reason}; check the database URL")]
    Login {
        /// Host and database.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// The database does not exist.
    #[error("the database at {server} does not exist: {reason}; create it, for example with `createdb`")]
    NoDatabase {
        /// Host and database.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// Nobody answers.
    #[error(
        "the database server at {server} does not answer: {reason}; check that it runs and is reachable from here"
    )]
    Away {
        /// Host and database.
        server: String,
        /// What was tried last.
        reason: String,
    },
    /// Steps that this program does not know.
    #[error(
        "the database was migrated by a newer version of this program: {0}; run that version, or restore a backup"
    )]
    Newer(String),
    /// A stored value that cannot be read.
    #[error("stored data cannot be read: {0}")]
    Unreadable(String),
    /// Something is to be sealed or opened, and there is no key.
    #[error(
        "{0} cannot be read or written without a key: set [encryption] key (`dynamoi secrets generate-key` makes one)"
    )]
    NoKey(String),
    /// The operating system has no random numbers.
    #[error(transparent)]
    Seal(#[from] crate::cipher::SealError),
    /// What was asked for is not there.
    #[error("{0}")]
    Unknown(String),
    /// The database's user lacks a right.
    #[error(
        "the database refuses this to its user: {0}. Grant it to that user (`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL \
         TABLES IN SCHEMA public`), or use the worker's own user in database.url"
    )]
    Forbidden(String),
    /// Nobody can write to the database, or not in this way.
    #[error(
        "the database can only be read: {0}. Use the primary server and a user who may write; a file must be writable"
    )]
    ReadOnly(String),
    /// There is no room on a disk.
    #[error(
        "the disk is full: {} could not be written ({reason}). What was stored before is as it was: make room on that disk, then \
         do the same again",
        .place.as_deref().unwrap_or("the database")
    )]
    Full {
        /// What could not be written, where that is known.
        place: Option<String>,
        /// The database's words.
        reason: String,
    },
    /// The file of a key store cannot be opened.
    #[error(
        "privacy.keys: the key store {path} cannot be opened: {reason}; name the SQLite file in which this program keeps its \
         keys, which this user may write to, and to its directory. Nothing in it was changed"
    )]
    KeyFile {
        /// Which one.
        path: String,
        /// The words of SQLite or of the operating system.
        reason: String,
    },
    /// What stands in the place of an erasure journal is something else, or could not be read or written.
    #[error("{0}")]
    Journal(String),
    /// An erasure that was noted in the journal, and is not done.
    #[error("{0}")]
    Begun(String),
    /// The database refused a statement.
    #[error("database: {0}")]
    Database(DbErr),
}

/// How a failed transaction is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The database is away or busy: try again.
    Away(String),
    /// It cannot store this now, and trying again at once would not help.
    Unable(String),
    /// It will never take this.
    Refused(String),
}

// === impl Failure ===

impl Failure {
    /// What a failed statement means.
    pub fn of(error: &DbErr) -> Self {
        let text = error.to_string();
        match error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed) => {
                Self::Away(text)
            }
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => Self::of_driver(inner, text),
            _ => Self::Refused(text),
        }
    }

    fn of_driver(error: &sqlx::Error, text: String) -> Self {
        match error {
            sqlx::Error::Database(refusal) => {
                let code = refusal.code().unwrap_or_default();
                if refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                    Self::of_sqlite(code.parse().unwrap_or_default(), text)
                } else {
                    Self::of_postgres(&code, text)
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => Self::Away(text),
            _ => Self::Refused(text),
        }
    }

    /// <https://www.sqlite.org/rescode.html>: the low byte is the primary code.
    fn of_sqlite(code: i32, text: String) -> Self {
        match code & 0xff {
            5 | 6 => Self::Away(text), // BUSY, LOCKED: another process writes
            13 => Self::Unable(format!("the disk is full ({text}); make room, nothing is lost until then")),
            10 | 14 => {
                Self::Unable(format!("the database file cannot be read or written ({text}); check the disk"))
            }
            7 => Self::Unable(format!("out of memory ({text})")),
            8 => Self::Unable(format!("the database file is read-only ({text}); make it writable")),
            _ => Self::Refused(text),
        }
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn of_postgres(code: &str, text: String) -> Self {
        match code.get(..2).unwrap_or_default() {
            "57" if code == "57014" => Self::Unable(format!("a statement took too long ({text})")),
            // connection lost · serialization or deadlock · the server goes down or comes up
            "08" | "40" | "57" => Self::Away(text),
            "53" if code == "53300" => Self::Away(text),
            "53" => Self::Unable(format!("the database server has no room ({text}); make room there")),
            "55" if code == "55P03" => Self::Away(text),
            "25" if code == "25006" => Self::Away(text), // read-only: a standby that is being promoted
            "58" => Self::Unable(format!("the database server cannot use its disk ({text})")),
            _ => Self::Refused(text),
        }
    }
}

/// Why the database refuses what is in a row, without repeating anything of it; nothing where that is not why it fails.
pub fn refused_data(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(refusal) = &**inner else { return None };
    let (code, text) = (refusal.code().unwrap_or_default(), refusal.message());
    if refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        let code: i32 = code.parse().unwrap_or_default();
        // TOOBIG, CONSTRAINT, MISMATCH
        return matches!(code & 0xff, 18..=20).then(|| text.to_owned());
    }
    match code.get(..2).unwrap_or_default() {
        // Its text may repeat the value.
        "22" => Some(format!("a value that its column cannot hold (SQLSTATE {code})")),
        // constraint · too large for an index, or in other ways
        "23" | "54" => Some(format!("{text} (SQLSTATE {code})")),
        _ => None,
    }
}

impl From<Failure> for SinkError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Away(text) | Failure::Unable(text) => Self::Unavailable(text),
            Failure::Refused(text) => Self::Refused(text),
        }
    }
}

impl From<DbErr> for StoreError {
    /// What whoever operates the worker can mend is told by name.
    fn from(error: DbErr) -> Self {
        let Some(refusal) = refusal(&error) else { return Self::Database(error) };
        let (code, text) = (refusal.code().unwrap_or_default(), refusal.message().to_owned());
        if refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
            let code: i32 = code.parse().unwrap_or_default();
            return match code & 0xff {
                8 => Self::ReadOnly(text),
                13 => Self::Full { place: None, reason: text },
                _ => Self::Database(error),
            };
        }
        Self::of_postgres(&code, text).unwrap_or(Self::Database(error))
    }
}

impl StoreError {
    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn of_postgres(code: &str, text: String) -> Option<Self> {
        match code {
            "42501" => Some(Self::Forbidden(text)),
            "25006" => Some(Self::ReadOnly(text)),
            "53100" => Some(Self::Full { place: None, reason: text }),
            _ => None,
        }
    }

    /// Where there is no room, if that is not said yet.
    #[must_use]
    pub fn at(self, where_it_is: impl FnOnce() -> String) -> Self {
        match self {
            Self::Full { place: None, reason } => Self::Full { place: Some(where_it_is()), reason },
            other => other,
        }
    }

    /// The database is away or busy: it passes.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Locked { .. } => true,
            Self::Database(error) => matches!(Failure::of(error), Failure::Away(_)),
            _ => false,
        }
    }

    /// Another process holds a SQLite file: it passes.
    pub fn is_locked(&self) -> bool {
        match self {
            Self::Locked { .. } => true,
            Self::Database(error) => is_locked(error),
            _ => false,
        }
    }

    /// What was to be the only one of its kind is there already.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Database(error)
            if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }
}

/// The database's own answer, if it is one that failed.
fn refusal(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        return None;
    };
    inner.as_database_error()
}

/// Whether SQLite says BUSY or LOCKED.
pub fn is_locked(error: &DbErr) -> bool {
    // Opening is tried until the pool's own time is up, which may come before the driver's.
    if matches!(error, DbErr::Conn(RuntimeErr::SqlxError(inner)) if matches!(**inner, sqlx::Error::PoolTimedOut))
    {
        return true;
    }
    let Some(refusal) = refusal(error) else { return false };
    let code: i32 = refusal.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() && matches!(code & 0xff, 5 | 6)
}

/// A failed statement outside the writer.
pub fn sink_error(error: &DbErr) -> SinkError {
    Failure::of(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_trying_again_helps() {
        let text = || "x".to_owned();
        for code in ["08006", "57P01", "40P01", "53300", "55P03", "25006"] {
            assert!(matches!(Failure::of_postgres(code, text()), Failure::Away(_)), "{code}");
        }
        assert!(matches!(Failure::of_postgres("53100", text()), Failure::Unable(_)));
        assert!(matches!(
            StoreError::of_postgres("53100", text()),
            Some(StoreError::Full { place: None, .. })
        ));
        for code in ["22003", "23505", "42P01", ""] {
            assert!(matches!(Failure::of_postgres(code, text()), Failure::Refused(_)), "{code}");
        }
        assert!(matches!(Failure::of_sqlite(261, text()), Failure::Away(_)));
        assert!(matches!(Failure::of_sqlite(13, text()), Failure::Unable(_)));
        assert!(matches!(Failure::of_sqlite(1555, text()), Failure::Refused(_)));
    }
}
