//! What is kept apart from the database: in a file, or in a PostgreSQL database of its own.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, sqlx::sqlite::SqliteConnectOptions};

use crate::{FileMode, StoreError, StoreOptions, connect::Pools, hold::FILE_ENDING, sql::Sql};

/// Where something is that is kept apart.
#[derive(Debug, Clone)]
pub enum Apart {
    /// This file.
    File(PathBuf),
    /// The PostgreSQL database of this URL, which may hold a password.
    Server(String),
}

/// What is kept apart, each from the other and from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Data keys.
    Keys,
    /// The erasure journal.
    Journal,
}

/// Databases of ours are known by these tables, which stand in one schema: what it is, and whether it may be that.
const KNOWN: [(&[&str], &str, Option<Kept>); 3] = [
    (&["seaql_migrations", "ledger", "cycles"], "a worker's database", None),
    (&["data_keys", "anchors"], "a key store", Some(Kept::Keys)),
    (&["erasure_journal"], "an erasure journal", Some(Kept::Journal)),
];

/// How SQLite names what it keeps beside a database: the write-ahead log, its index, and the journal of a rollback.
const SQLITE_LOG: &str = "-wal";
const SQLITE_INDEX: &str = "-shm";
const SQLITE_JOURNAL: &str = "-journal";

/// Links from one to the next that are followed, as the operating system does.
const LINKS_MAX: usize = 40;

/// Whether both name one place: one file, by whichever of its names, a file that belongs to the other one, or one URL. (Whether
/// two URLs lead to one database shows when they are opened.)
pub fn is_one_place(one: &str, other: &str) -> bool {
    let (one, other) = (Apart::parse(one), Apart::parse(other));
    one.is(&other) || one.belongs_to(&other) || other.belongs_to(&one)
}

/// Whether this is the place of the database with this URL, likewise, or of a file that belongs to it: its log, the log's index, the
/// worker's lock.
pub fn is_database(place: &str, url: &str) -> bool {
    let database = match url.strip_prefix("sqlite:").and_then(|_| url.parse::<SqliteConnectOptions>().ok()) {
        Some(options) => Apart::File(options.get_filename().to_owned()),
        None => Apart::parse(url),
    };
    let place = Apart::parse(place);
    place.is(&database) || place.belongs_to(&database)
}

/// Whether there is something in this place that cannot be a file of ours: a directory, a device, a pipe.
pub fn is_no_file(place: &str) -> bool {
    match Apart::parse(place) {
        Apart::File(path) => fs::metadata(path).is_ok_and(|found| !found.is_file()),
        Apart::Server(_) => false,
    }
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

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => is_one_file(one, other),
            (Self::Server(one), Self::Server(other)) => one == other,
            _ => false,
        }
    }

    /// Whether this is a file that SQLite or the worker keeps beside the database in that one, and deletes or overwrites.
    fn belongs_to(&self, database: &Self) -> bool {
        let Self::File(path) = database else { return false };
        [SQLITE_LOG, SQLITE_INDEX, SQLITE_JOURNAL, FILE_ENDING].iter().any(|ending| {
            let mut beside = path.as_os_str().to_owned();
            beside.push(ending);
            self.is(&Self::File(beside.into()))
        })
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

/// Whether both are names of one file, by links of either kind, or would be.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    match (identity(one), identity(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => resolved(one) == resolved(other),
        _ => false,
    }
}

/// The path of a file that is not there yet: without links, as far as there is anything.
fn resolved(path: &Path) -> PathBuf {
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..LINKS_MAX {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().map(|directory| directory.join(&target)).unwrap_or(target);
    }
    for there in path.ancestors().skip(1) {
        let (Ok(mut whole), Ok(rest)) = (fs::canonicalize(there), path.strip_prefix(there)) else { continue };
        for part in rest.components() {
            match part {
                Component::ParentDir => {
                    whole.pop();
                }
                Component::CurDir => {}
                part => whole.push(part),
            }
        }
        return whole;
    }
    path
}

/// Opens a database of its own, and says where it is, for people. One that is something else of ours is refused: by whichever
/// address, and in whichever schema, it would come back with what it is to be apart from.
pub async fn on_server(
    url: &str,
    application_name: &str,
    kept: Kept,
) -> Result<(DatabaseConnection, String), StoreError> {
    let options = StoreOptions {
        application_name: application_name.to_owned(),
        readers_max: 1,
        ..StoreOptions::default()
    };
    let pools = Pools::open(url, &options).await?;
    // One connection is enough for what is asked of it.
    let _ = pools.read.close_by_ref().await;
    let location = pools.location.name();
    match expect_apart(&pools.write, &location, kept).await {
        Ok(()) => Ok((pools.write, location)),
        Err(error) => {
            let _ = pools.write.close().await;
            Err(error)
        }
    }
}

async fn expect_apart(database: &DatabaseConnection, location: &str, kept: Kept) -> Result<(), StoreError> {
    for (tables, what, may_be) in KNOWN {
        if may_be == Some(kept) {
            continue;
        }
        let names: Vec<String> = tables.iter().map(|table| format!("'{table}'")).collect();
        let query = format!(
            "SELECT 1 AS one FROM pg_class WHERE relkind IN ('r', 'p') AND relname IN ({}) GROUP BY relnamespace \
             HAVING count(*) = {} LIMIT 1",
            names.join(", "),
            names.len()
        );
        if database.query_one_raw(Sql::new(DbBackend::Postgres, &query).done()).await?.is_some() {
            return Err(StoreError::NotApart(kept.refusal(location, what)));
        }
    }
    Ok(())
}

// === impl Kept ===

impl Kept {
    fn refusal(self, location: &str, what: &str) -> String {
        let (key, why) = match self {
            Self::Keys => ("privacy.keys", "a destroyed key must not come back with the rows that it sealed"),
            Self::Journal => {
                ("privacy.journal", "it brings erasures back into a database or key store out of a backup")
            }
        };
        format!(
            "{key} names {location}, which is {what}: name a database of its own, with backups of its own, since {why}. \
             Nothing was made in it"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_known_by_all_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let text = |path: PathBuf| path.display().to_string();
        fs::create_dir(at("data")).unwrap();
        symlink(at("data"), at("linked")).unwrap();
        // A link to what is not there yet, and one to that.
        symlink("data/main.db", at("ahead.db")).unwrap();
        symlink(at("ahead.db"), at("further.db")).unwrap();
        let names = ["data/main.db", "linked/main.db", "data/../data/main.db", "ahead.db", "further.db"];
        let others = ["data/other.db", "data/main.db.keys", "main.db", "data/none/main.db"];
        let expect = |names: &[&str]| {
            for name in names {
                let url = format!("sqlite://{}?mode=rwc", text(at("data/main.db")));
                assert!(is_database(&text(at(name)), &url), "{name}");
                assert!(
                    is_one_place(&format!("sqlite://{}", text(at(name))), &text(at("linked/main.db"))),
                    "{name}"
                );
            }
            for name in others {
                assert!(!is_one_place(&text(at(name)), &text(at("data/main.db"))), "{name}");
            }
        };
        expect(&names);
        fs::write(at("data/main.db"), "").unwrap();
        fs::hard_link(at("data/main.db"), at("hard.db")).unwrap();
        expect(&names);
        expect(&["hard.db"]);
        // What belongs to the database.
        let url = format!("sqlite://{}?mode=rwc", text(at("data/main.db")));
        for ending in ["-wal", "-shm", "-journal", "-worker"] {
            assert!(is_database(&text(at(&format!("linked/main.db{ending}"))), &url), "{ending}");
        }
        assert!(!is_database(&text(at("data/main.db-keys")), &url));
        for ending in ["-wal", "-journal"] {
            let (keys, beside) = (text(at("keys.db")), text(at(&format!("keys.db{ending}"))));
            assert!(is_one_place(&keys, &beside) && is_one_place(&beside, &keys), "{ending}");
        }
        // As the driver reads a URL.
        fs::write(at("a b.db"), "").unwrap();
        assert!(is_database(&text(at("a b.db")), &format!("sqlite://{}", text(at("a%20b.db")))));
        assert!(!is_database(&text(at("a b.db")), "sqlite::memory:"));
        assert!(is_database("postgres://h/d", "postgres://h/d") && !is_one_place("postgres://h/d", "h"));
    }

    #[test]
    fn directories_and_devices_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keys.db");
        assert!(!is_no_file(&file.display().to_string()));
        fs::write(&file, "").unwrap();
        symlink("/dev/full", directory.path().join("linked")).unwrap();
        assert!(!is_no_file(&file.display().to_string()) && !is_no_file("postgres://h/d"));
        for other in [directory.path(), &directory.path().join("linked"), Path::new("/dev/null")] {
            assert!(is_no_file(&other.display().to_string()), "{}", other.display());
        }
    }
}
