//! Where a database is: what its locks, its name for people and the question whether it is still there need.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use sea_orm::sqlx::postgres::PgConnectOptions;

use crate::{StoreError, file_mode::FileMode};

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Location {
    /// In this process alone.
    Memory,
    /// A SQLite file.
    File(DatabaseFile),
    /// A PostgreSQL server.
    Server {
        /// For one more connection.
        options: Box<PgConnectOptions>,
        /// Host, port and database.
        name: String,
    },
}

/// A SQLite file as it was when it was opened.
#[derive(Debug, Clone)]
pub struct DatabaseFile {
    /// Without links, so that every way to it leads to the same lock.
    pub path: PathBuf,
    /// For files that are made beside it.
    pub mode: FileMode,
    /// Device and number: another file under the same name differs.
    identity: (u64, u64),
}

// === impl Location ===

impl Location {
    /// For people: no user, no password.
    pub fn name(&self) -> String {
        match self {
            Self::Memory => "in memory".to_owned(),
            Self::File(file) => file.path.display().to_string(),
            Self::Server { name, .. } => name.clone(),
        }
    }

    /// Whether what is written still goes where it belongs. A deleted file takes writes until it is closed.
    pub fn check(&self) -> Result<(), StoreError> {
        let Self::File(file) = self else { return Ok(()) };
        if fs::metadata(&file.path).is_ok_and(|metadata| identity(&metadata) == file.identity) {
            return Ok(());
        }
        Err(StoreError::Gone(file.path.display().to_string()))
    }
}

// === impl DatabaseFile ===

impl DatabaseFile {
    /// The file of this name, which is there.
    pub fn opened(path: &Path, mode: FileMode) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| StoreError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let path = fs::canonicalize(path).map_err(failed)?;
        let identity = identity(&fs::metadata(&path).map_err(failed)?);
        Ok(Self { path, mode, identity })
    }

    /// A file beside it.
    pub fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    }
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
