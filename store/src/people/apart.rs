//! What is kept apart from the database: in a file, or in a PostgreSQL database of its own.

use std::{
    io,
    path::{Path, PathBuf},
};

use sea_orm::DatabaseConnection;

use crate::{FileMode, StoreError, StoreOptions, connect::Pools};

/// Where something is that is kept apart.
#[derive(Debug, Clone)]
pub enum Apart {
    /// This file.
    File(PathBuf),
    /// The PostgreSQL database of this URL, which may hold a password.
    Server(String),
}

// === impl Apart ===

impl Apart {
    /// A PostgreSQL URL, or the path of a file, as `sqlite://PATH` or alone.
    pub fn parse(place: &str) -> Self {
        if place.starts_with("postgres:") || place.starts_with("postgresql:") {
            return Self::Server(place.to_owned());
        }
        let path = place.strip_prefix("sqlite://").unwrap_or(place);
        Self::File(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }

    /// The file, where it is one and is not there yet.
    pub fn missing_file(&self) -> Option<&Path> {
        match self {
            Self::File(path) if !path.exists() => Some(path),
            Self::File(_) | Self::Server(_) => None,
        }
    }
}

/// Makes the file and its directory where they are missing. Whoever may read the database's files may not read this one.
pub fn make_file(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        FileMode::Owner.make_directory(directory)?;
    }
    FileMode::Owner.make_file(path)
}

/// Opens a database of its own, and says where it is, for people.
pub async fn on_server(
    url: &str,
    application_name: &str,
) -> Result<(DatabaseConnection, String), StoreError> {
    let options = StoreOptions {
        application_name: application_name.to_owned(),
        readers_max: 1,
        ..StoreOptions::default()
    };
    let pools = Pools::open(url, &options).await?;
    // One connection is enough for what is asked of it.
    let _ = pools.read.close_by_ref().await;
    Ok((pools.write, pools.location.name()))
}
