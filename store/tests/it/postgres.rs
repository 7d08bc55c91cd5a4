//! On a throw-away PostgreSQL server: on loopback, with a port, a directory and a password of its own.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rows::{Clock, sink::SinkError};
use store::{Store, StoreError, StoreOptions};
use tempfile::TempDir;

use crate::{
    cases,
    samples::{day, insights, performance_row},
    support::{Bench, TestClock},
};

/// Set by whoever lets tests install what they need.
const INSTALL: &str = "DYNAMOI_TEST_INSTALL";
/// How long the server stays away.
const AWAY: Duration = Duration::from_millis(300);
const PASSWORD: &str = "only-for-this-test";

/// A running server; stopped and deleted when dropped.
struct Server {
    programs: PathBuf,
    directory: TempDir,
    port: u16,
    /// `initdb` and the server refuse root: then they run as this user.
    user: Option<&'static str>,
}

#[tokio::test]
async fn every_case_holds() {
    let server = Server::start();
    cases::all(async |name| server.database(name).await).await;
}

#[tokio::test]
async fn a_restart_of_the_server_loses_and_doubles_nothing() {
    let server = Server::start();
    let bench = Bench::open(&server.database("restarted").await).await;
    let over = AtomicBool::new(false);
    let mut epochs = Vec::new();
    for number in 0..8 {
        let name = format!("meta-{number}");
        epochs.push((bench.register(&name, "meta_ads").await.epoch, name));
    }
    // Each connection commits page after page while the server goes down and up twice, and once more after it.
    let storing = futures::future::join_all(epochs.iter().map(async |(epoch, name)| {
        let (mut pages, mut longest) = (0, Duration::ZERO);
        loop {
            let last = over.load(Ordering::Relaxed);
            let row = |campaign: u32| performance_row(&format!("{pages}-{campaign}"), day(20), 1);
            let began_at = bench.clock.elapsed();
            bench.commit(insights(name, *epoch, (0..10).map(row).collect())).await;
            longest = longest.max(bench.clock.elapsed().saturating_sub(began_at));
            pages += 1;
            if last {
                return (pages, longest);
            }
        }
    }));
    let restarting = async {
        for _ in 0..2 {
            let (stop, start) = (server.command("stop"), server.command("start"));
            tokio::task::spawn_blocking(move || {
                run(stop);
                #[expect(clippy::disallowed_methods, reason = "the server is away for real time")]
                std::thread::sleep(AWAY);
                run(start);
            })
            .await
            .unwrap();
        }
        over.store(true, Ordering::Relaxed);
    };
    let (stored, ()) = futures::join!(storing, restarting);
    let pages: i64 = stored.iter().map(|(pages, _)| pages).sum();
    assert!(stored.iter().all(|(_, longest)| *longest >= AWAY), "{stored:?}");
    assert_eq!(bench.count("ad_performance_daily").await, pages * 10);
    assert_eq!(bench.count("ad_performance_daily WHERE revision > 0").await, 0);
    bench.store.close().await;
    let late = bench.try_commit(insights("meta-0", 1, vec![])).await;
    assert!(matches!(late, Err(SinkError::Unavailable(_))), "{late:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_said_without_the_password() {
    let server = Server::start();
    let right = server.database("there").await;
    let open = async |url: &str| {
        let clock = std::sync::Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
        Store::connect(url, StoreOptions::default(), clock).await.err().unwrap()
    };
    let missing = open(&server.url("missing")).await;
    assert!(matches!(missing, StoreError::NoDatabase { .. }), "{missing:?}");
    let wrong = open(&right.replace(PASSWORD, "hunter2-wrong")).await;
    assert!(matches!(wrong, StoreError::Login { .. }), "{wrong:?}");
    let port = server.port;
    drop(server);
    let away = open(&right).await;
    assert!(
        matches!(&away, StoreError::Away { server, .. } if server.contains(&port.to_string())),
        "{away:?}"
    );
    for error in [missing, wrong, away] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(PASSWORD) && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn two_processes_may_migrate_at_once() {
    let server = Server::start();
    let url = server.database("raced").await;
    let open = async || {
        let clock = std::sync::Arc::new(TestClock::at("2026-11-24T10:00:00Z"));
        Store::connect(&url, StoreOptions::default(), clock).await.unwrap()
    };
    let (one, other) = (open().await, open().await);
    assert!(one.migration_status().await.unwrap().iter().all(|step| !step.applied));
    let (first, second) = futures::join!(one.migrate_up(), other.migrate_up());
    first.unwrap();
    second.unwrap();
    assert!(other.migration_status().await.unwrap().iter().all(|step| step.applied));
}

// === impl Server ===

impl Server {
    fn start() -> Self {
        let programs = programs();
        let directory = tempfile::tempdir().unwrap();
        let root = run_ok(Command::new("id").arg("-u")) == "0";
        let user = root.then_some("postgres");
        if root {
            run_ok(Command::new("chown").arg("postgres").arg(directory.path()));
        }
        let password = directory.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { programs, directory, port, user };
        let mut initdb = server.program("initdb");
        initdb.args(["--username=worker", "--auth=password", "--encoding=UTF8", "--no-sync", "--pwfile"]);
        run(initdb.arg(&password).arg("-D").arg(server.data()));
        run(server.command("start"));
        server
    }

    /// A new, empty database.
    async fn database(&self, name: &str) -> String {
        use sea_orm::ConnectionTrait;
        let server = sea_orm::Database::connect(self.url("postgres")).await.unwrap();
        let create = format!("CREATE DATABASE \"{name}\"");
        server.execute_unprepared(&create).await.unwrap();
        server.close().await.unwrap();
        self.url(name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://worker:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// `pg_ctl start` or `stop`.
    fn command(&self, action: &str) -> Command {
        let mut command = self.program("pg_ctl");
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=30",
            self.port
        );
        command.arg("-D").arg(self.data()).args(["-w", "-t", "30", "-m", "immediate"]);
        command.arg("-l").arg(self.directory.path().join("log")).arg("-o").arg(options).arg(action);
        command
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(path);
                command
            }
            None => Command::new(path),
        };
        // A server started here keeps what it inherits open: nothing of ours.
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.command("stop").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The directory with `initdb`.
fn programs() -> PathBuf {
    find().unwrap_or_else(|| {
        assert!(
            std::env::var_os(INSTALL).is_some(),
            "PostgreSQL is not installed: run `apt-get install postgresql`, or set {INSTALL}=1 to let the tests do so"
        );
        eprintln!("{INSTALL} is set: installing PostgreSQL with apt-get");
        run(Command::new("apt-get").args(["install", "-y", "postgresql"]));
        find().unwrap_or_else(|| panic!("apt-get installed PostgreSQL, but initdb is not there"))
    })
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|version| version.path().join("bin"));
    std::env::split_paths(&path)
        .chain(installed)
        .find(|directory| Path::new(directory).join("initdb").is_file())
}

fn run(command: impl std::borrow::BorrowMut<Command>) {
    let _ = output(command);
}

fn run_ok(command: &mut Command) -> String {
    String::from_utf8(output(command).stdout).unwrap().trim().to_owned()
}

fn output(mut command: impl std::borrow::BorrowMut<Command>) -> Output {
    let command = command.borrow_mut();
    // Into files, not pipes: a server that stays would keep a pipe open.
    let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let read = |mut file: std::fs::File| {
        use std::io::{Read, Seek};
        let mut text = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut text).unwrap();
        text
    };
    let output = Output { status, stdout: read(out), stderr: read(err) };
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
