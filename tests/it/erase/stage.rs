//! A worker with people on either engine, its database, key store and journal, and copies of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tempfile::TempDir;

use crate::{
    postgres::Server,
    support::{Bench, program, sql::Eyes},
};

/// Bench and where everything is.
pub struct Stage {
    pub bench: Bench,
    pub server: Option<Server>,
    /// Copies, out of the way of who looks for bytes.
    pub aside: TempDir,
    copies: usize,
    /// The key store's database, and the journal's.
    pub keys: String,
    pub journal: String,
}

/// Database, key store and journal as they were.
#[derive(Clone)]
pub struct Copy {
    pub database: String,
    pub keys: String,
    pub journal: String,
}

// === impl Stage ===

impl Stage {
    pub fn sqlite(seed: u64) -> Self {
        let bench = Bench::new(seed);
        let beside = |ending: &str| format!("{}{ending}", bench.dir.path().join("dynamoi.db").display());
        let (keys, journal) = (beside(".keys"), beside(".erasures"));
        Self::with(bench, None, keys, journal)
    }

    pub async fn postgres(seed: u64) -> Self {
        let server = Server::start();
        let url = server.database("worker").await;
        let (keys, journal) = (server.database("keys").await, server.database("journal").await);
        let bench = Bench::on(tempfile::tempdir().unwrap(), url, seed);
        Self::with(bench, Some(server), keys, journal)
    }

    /// With key store and journal in files.
    pub async fn postgres_alone(seed: u64) -> Self {
        let server = Server::start();
        let url = server.database("worker").await;
        let bench = Bench::on(tempfile::tempdir().unwrap(), url, seed);
        let beside = |name: &str| bench.dir.path().join(name).display().to_string();
        let (keys, journal) = (beside("keys"), beside("erasures"));
        Self::with(bench, Some(server), keys, journal)
    }

    fn with(bench: Bench, server: Option<Server>, keys: String, journal: String) -> Self {
        let mut stage = Self { bench, server, aside: tempfile::tempdir().unwrap(), copies: 0, keys, journal };
        let key = stage.key_file();
        fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
        stage.configure();
        stage
    }

    pub fn key_file(&self) -> PathBuf {
        self.bench.dir.path().join("key")
    }

    /// Writes the configuration for where everything is now.
    pub fn configure(&mut self) {
        self.bench.more = format!(
            "[encryption]\nkey = {{ file = {:?} }}\n[tenants.label-a]\nname = \"Label A\"\n\
             [privacy]\nkeys = {:?}\njournal = {:?}\n",
            self.key_file().display().to_string(),
            self.keys,
            self.journal
        );
    }

    /// Runs `dynamoi` with the configuration to its end.
    #[track_caller]
    pub fn dynamoi(&self, arguments: &[&str], stdin: &str, code: i32) -> (String, String) {
        use std::io::Write as _;
        let mut command = Command::new(program::PATH);
        command.current_dir(self.bench.dir.path()).args(arguments).args(self.bench.config_arguments());
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.env_remove("RUST_LOG").spawn().unwrap();
        // Who refuses its arguments reads nothing.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        (out, err)
    }

    pub async fn eyes(&self) -> Eyes {
        Eyes::open(&self.bench.database_url).await
    }

    /// Changes something behind the worker's back.
    pub async fn execute(&self, sql: &str) {
        let database = Database::connect(&self.bench.database_url).await.unwrap();
        database.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        database.close().await.unwrap();
    }

    /// The first column of each row of this query: bytes.
    pub async fn bytes(&self, url: &str, sql: &str) -> Vec<Vec<u8>> {
        let database = Database::connect(url).await.unwrap();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let bytes = rows.iter().map(|row| row.try_get_by_index::<Vec<u8>>(0).unwrap()).collect();
        database.close().await.unwrap();
        bytes
    }

    /// The URL of the key store's database.
    pub fn keys_url(&self) -> String {
        if is_on_server(&self.keys) { self.keys.clone() } else { format!("sqlite://{}", self.keys) }
    }

    /// Copies everything, with nobody at it.
    pub async fn copy(&mut self) -> Copy {
        let (database, keys, journal) =
            (self.bench.database_url.clone(), self.keys.clone(), self.journal.clone());
        Copy {
            database: self.copied(&database).await,
            keys: self.copied(&keys).await,
            journal: self.copied(&journal).await,
        }
    }

    async fn copied(&mut self, of: &str) -> String {
        self.copies += 1;
        let Some(server) = self.server.as_ref().filter(|_| is_on_server(of)) else {
            let path = path_of(of);
            let to = self.aside.path().join(format!("copy-{}", self.copies));
            if of.starts_with("sqlite:") {
                // With what is in the log.
                self.execute(&format!("VACUUM INTO '{}'", to.display())).await;
            } else if path.exists() {
                cp(path, &to);
            }
            return to.display().to_string();
        };
        let name = of.rsplit('/').next().unwrap();
        let to = format!("copy_{}", self.copies);
        let admin = Database::connect(server.url("postgres")).await.unwrap();
        for statement in [
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
            format!("CREATE DATABASE {to} TEMPLATE {name} STRATEGY file_copy"),
        ] {
            admin.execute_unprepared(&statement).await.unwrap();
        }
        admin.close().await.unwrap();
        server.url(&to)
    }

    /// Puts the database of a copy in the place of this one.
    pub async fn restore_database(&mut self, copy: &Copy) {
        if self.server.is_some() {
            self.bench.database_url = self.copied(&copy.database).await;
        } else {
            put(&copy.database, path_of(&self.bench.database_url));
        }
    }

    /// Puts the key store of a copy in the place of this one.
    pub async fn restore_keys(&mut self, copy: &Copy) {
        if is_on_server(&self.keys) {
            self.keys = self.copied(&copy.keys).await;
            self.configure();
        } else {
            put(&copy.keys, Path::new(&self.keys));
        }
    }

    /// Everything.
    pub async fn restore(&mut self, copy: &Copy) {
        self.restore_database(copy).await;
        self.restore_keys(copy).await;
        if is_on_server(&self.journal) {
            self.journal = self.copied(&copy.journal).await;
            self.configure();
        } else {
            put(&copy.journal, Path::new(&self.journal));
        }
    }

    /// Which of these bytes are in a file of the database or the key store. On a server, what it has in memory is written first.
    pub async fn found(&self, bytes: &[Vec<u8>]) -> Vec<String> {
        let mut found = Vec::new();
        let copy = tempfile::tempdir().unwrap();
        cp(self.bench.dir.path(), copy.path());
        look(copy.path(), bytes, &mut found);
        let Some(server) = &self.server else { return found };
        let admin = Database::connect(server.url("postgres")).await.unwrap();
        admin.execute_unprepared("CHECKPOINT").await.unwrap();
        let urls = [&self.bench.database_url, &self.keys, &self.journal];
        for url in urls.into_iter().filter(|url| is_on_server(url)) {
            let name = url.rsplit('/').next().unwrap();
            let oid = Statement::from_string(
                DbBackend::Postgres,
                format!("SELECT oid::bigint AS oid FROM pg_database WHERE datname = '{name}'"),
            );
            let row = admin.query_one_raw(oid).await.unwrap().unwrap();
            let oid: i64 = row.try_get("", "oid").unwrap();
            look(&server.data().join("base").join(oid.to_string()), bytes, &mut found);
        }
        admin.close().await.unwrap();
        found
    }
}

fn is_on_server(place: &str) -> bool {
    place.starts_with("postgres:")
}

fn path_of(place: &str) -> &Path {
    Path::new(place.strip_prefix("sqlite://").unwrap_or(place))
}

/// A file in the place of another, without what was beside that; without a file, none.
fn put(from: &str, to: &Path) {
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", to.display()));
    }
    // Whoever still has the old one open keeps that.
    let _ = fs::remove_file(to);
    if Path::new(from).exists() {
        cp(Path::new(from), to);
    }
}

/// In a process of its own: whoever closes a file in the process that has it open through SQLite drops SQLite's locks.
fn cp(from: &Path, to: &Path) {
    // A log may go meanwhile.
    Command::new("cp").arg("-r").args([from, to]).stderr(Stdio::null()).status().unwrap();
    assert!(to.exists(), "{} to {}", from.display(), to.display());
}

fn look(directory: &Path, bytes: &[Vec<u8>], found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look(&path, bytes, found);
            continue;
        }
        // A server may take it away meanwhile.
        let Ok(content) = fs::read(&path) else { continue };
        // By their first two bytes: nearly nothing has to be compared.
        let mut begins = vec![false; 1 << 16];
        for wanted in bytes {
            begins[usize::from(u16::from_be_bytes([wanted[0], wanted[1]]))] = true;
        }
        for (place, pair) in content.windows(2).enumerate() {
            if !begins[usize::from(u16::from_be_bytes([pair[0], pair[1]]))] {
                continue;
            }
            if let Some(wanted) = bytes.iter().find(|wanted| content[place..].starts_with(wanted)) {
                found.push(format!("{} in {}", hex::encode(&wanted[..8]), path.display()));
            }
        }
    }
}
