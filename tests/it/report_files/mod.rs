//! Report files from the outside: a folder or an object store, the program, the tables.

mod decisions;
mod hostile;
mod kills;
mod large;
mod layouts;
mod paid;
mod stored;
mod truth;

use std::{
    fs,
    path::{Path, PathBuf},
};

use sandbox::report_files::{ReportFiles, TITLES};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    postgres::Server,
    support::{
        PATIENCE,
        program::{Ended, Program},
        sql::Eyes,
        sqlite_url,
    },
};

/// A folder that is watched, and a database.
struct Shelf {
    dir: TempDir,
    database_url: String,
    /// More of the connection's settings, TOML.
    more: String,
}

impl Shelf {
    /// On a new SQLite file.
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let database_url = sqlite_url(&dir.path().join("dynamoi.db"));
        Self::on(dir, database_url)
    }

    fn on(dir: TempDir, database_url: String) -> Self {
        fs::create_dir(dir.path().join("reports")).unwrap();
        Self { dir, database_url, more: String::new() }
    }

    fn reports(&self) -> PathBuf {
        self.dir.path().join("reports")
    }

    fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.reports().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The configuration as a file.
    fn config(&self) -> PathBuf {
        let titles = titles();
        let text = format!(
            r#"
[database]
url = "{database}"

[http]
listen = "127.0.0.1:0"

[connections.label-a-files]
integration = "report_files"
tenant = "label-a"

[connections.label-a-files.settings]
directory = "{reports}"
currency = "EUR"

[connections.label-a-files.settings.titles]
"Night Ferry" = "QZAB12600001"
{titles}
{more}
"#,
            database = self.database_url,
            reports = self.reports().display(),
            more = self.more,
        );
        let path = self.dir.path().join("dynamoi.toml");
        fs::write(&path, text).unwrap();
        path
    }

    fn start(&self, command: &[&str]) -> Program {
        start(self.dir.path(), &self.config(), command)
    }

    async fn run(&self, command: &[&str]) -> Ended {
        self.start(command).ended(PATIENCE).await
    }

    /// Reads everything once; gives what was said when it ends with this code.
    async fn once(&self, code: i32) -> Ended {
        self.run(&["run", "--once"]).await.expect(code)
    }

    async fn eyes(&self) -> Eyes {
        Eyes::open(&self.database_url).await
    }

    /// Every file, as `dynamoi files list --json` tells.
    async fn files(&self) -> Vec<Value> {
        let listed = self.run(&["files", "list", "--json"]).await.expect(0);
        let answer: Value = serde_json::from_str(&listed.out).unwrap();
        answer["files"].as_array().unwrap().clone()
    }

    /// The state and reason of the file with this path.
    async fn standing(&self, name: &str) -> (String, String) {
        let files = self.files().await;
        let file =
            files.iter().find(|file| file["name"] == name).unwrap_or_else(|| panic!("{name}: {files:#?}"));
        let text = |key: &str| file[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("reason"))
    }
}

/// The tracks that files name by their titles only, TOML.
fn titles() -> String {
    let lines = TITLES.iter().map(|(title, isrc, ..)| format!("{title:?} = {isrc:?}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn start(directory: &Path, config: &Path, command: &[&str]) -> Program {
    let mut arguments: Vec<String> = command.iter().map(ToString::to_string).collect();
    arguments.extend(["--config".to_owned(), config.display().to_string()]);
    Program::start(directory, &arguments, &[])
}

/// A label's files of ten days.
fn world(seed: u64) -> ReportFiles {
    let now = "2026-10-20T12:00:00Z".parse().unwrap();
    ReportFiles::new(seed, 10, now)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_holds_what_lies_there() {
    lies_there_again_and_is_corrected(&Shelf::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_holds_what_lies_there() {
    let server = Server::start();
    let shelf = Shelf::on(TempDir::new().unwrap(), server.database("files").await);
    lies_there_again_and_is_corrected(&shelf).await;
}

/// One run, a second without news, a third after a correction.
async fn lies_there_again_and_is_corrected(shelf: &Shelf) {
    let mut world = world(5);
    world.write_to(&shelf.reports()).unwrap();
    shelf.once(0).await;
    let eyes = shelf.eyes().await;
    truth::assert_equal(&world, &eyes).await;
    let first = eyes.dump_observed().await;

    // The same again, and under another name.
    let statement = world.files()["believe/2026-10.csv"].clone();
    shelf.put("again/copy of it.csv", statement);
    shelf.once(0).await;
    assert_eq!(eyes.dump_observed().await, first);

    world.correct();
    world.write_to(&shelf.reports()).unwrap();
    shelf.once(0).await;
    truth::assert_equal(&world, &eyes).await;
    assert_eq!(shelf.standing("believe/2026-10.csv").await.0, "superseded");
    assert_eq!(shelf.standing("believe/2026-10 (1).csv").await.0, "loaded");
    // Nothing else moved.
    let (before, after) = (others(&first), eyes.dump_observed().await);
    let after = others(&after);
    assert_eq!(before, after);
}

/// What the corrected statement has no part in: all lines but those of its sales, and what is summed up of them.
fn others(dump: &[String]) -> Vec<&String> {
    let is_corrected = |row: &&String| {
        row.contains("\"layout\":\"believe\"") && row.contains("\"statement_period\":\"2026-10\"")
            || row.starts_with("track_performance_daily") && row.contains("\"granularity\":\"month\"")
    };
    dump.iter().filter(|row| !is_corrected(row)).collect()
}
