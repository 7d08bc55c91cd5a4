//! A throw-away PostgreSQL server for tests: on loopback, with a port, a directory and a password of its own.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::tools;

/// The server's password; planted where secrets are looked for.
pub const PASSWORD: &str = "only-for-this-test";

/// A running server; stopped and deleted when dropped.
pub struct Server {
    programs: PathBuf,
    directory: TempDir,
    /// Where it listens.
    pub port: u16,
    /// `initdb` and the server refuse root: then they run as this user.
    user: Option<&'static str>,
    /// Instead of the one that `initdb` made.
    configuration: Option<PathBuf>,
}

// === impl Server ===

impl Server {
    /// A new server without databases.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// As [`Server::start`], with this `postgresql.conf`.
    pub fn start_with(configuration: Option<&Path>) -> Self {
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
        // Where the server's user can read it.
        let configuration = configuration.map(|given| {
            let own = directory.path().join("given.conf");
            std::fs::copy(given, &own).unwrap();
            own
        });
        let server = Self { programs, directory, port, user, configuration };
        let mut initdb = server.program("initdb");
        initdb.args(["--username=worker", "--auth=password", "--encoding=UTF8", "--no-sync", "--pwfile"]);
        run(initdb.arg(&password).arg("-D").arg(server.data()));
        run(server.command("start"));
        server
    }

    /// A new, empty database.
    pub async fn database(&self, name: &str) -> String {
        use sea_orm::ConnectionTrait;
        let server = sea_orm::Database::connect(self.url("postgres")).await.unwrap();
        let create = format!("CREATE DATABASE \"{name}\"");
        server.execute_unprepared(&create).await.unwrap();
        server.close().await.unwrap();
        self.url(name)
    }

    /// The address of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://worker:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Its tables' files.
    #[allow(dead_code, reason = "not every suite looks into them")]
    pub fn table_files(&self) -> PathBuf {
        self.data().join("base")
    }

    /// `pg_ctl start` or `stop`.
    pub fn command(&self, action: &str) -> Command {
        let mut command = self.program("pg_ctl");
        let mut options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off",
            self.port
        );
        match &self.configuration {
            Some(path) => options = format!("{options} -c config_file={}", path.display()),
            None => options.push_str(" -c max_connections=30"),
        }
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

    /// Its files.
    pub fn data(&self) -> PathBuf {
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
    let initdb = tools::find("initdb", "postgresql");
    initdb.parent().map(Path::to_owned).unwrap_or_default()
}

/// Runs it; panics with what it said unless it goes well.
pub fn run(command: impl std::borrow::BorrowMut<Command>) {
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
