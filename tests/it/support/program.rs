//! The program itself, as a process.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::{get, until};

/// Where the built program is.
pub const PATH: &str = env!("CARGO_BIN_EXE_dynamoi");

/// A running process. Killed when dropped.
pub struct Program {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// How a process ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; nothing after a signal.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// What a process says goes into files of its own.
static STARTED: AtomicU32 = AtomicU32::new(0);

// === impl Program ===

impl Program {
    /// Starts `dynamoi` with these arguments, in this directory.
    pub fn start(directory: &Path, arguments: &[String], environment: &[(&str, &str)]) -> Self {
        Self::spawn(directory, Command::new(PATH).args(arguments), environment)
    }

    /// Starts a command.
    pub fn spawn(directory: &Path, command: &mut Command, environment: &[(&str, &str)]) -> Self {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let path = |kind: &str| directory.join(format!("process-{number}.{kind}"));
        let (out, err) = (path("out"), path("err"));
        let child = command
            .env_remove("RUST_LOG")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, out, err }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// SIGKILL: no handler, no goodbye.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal (`HUP`, `TERM`).
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success(), "kill -s {name}");
    }

    /// Waits for its end.
    pub async fn ended(mut self, within: Duration) -> Ended {
        let status = tokio::time::timeout(within, self.child.wait()).await;
        let Ok(status) = status else {
            panic!("it does not end within {within:?}:\n{}", self.err());
        };
        Ended { code: status.unwrap().code(), out: self.out(), err: self.err() }
    }

    /// What it has said on stdout.
    pub fn out(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    /// What it has said on stderr: its log, too.
    pub fn err(&self) -> String {
        fs::read_to_string(&self.err).unwrap()
    }

    /// Waits until it listens, and where: as its log tells.
    pub async fn address(&mut self) -> SocketAddr {
        until("the daemon listens", async || {
            assert!(!self.has_ended(), "it ended:\n{}", self.err());
            let log = self.err();
            let line = log.lines().find(|line| line.contains("listening"))?;
            let address = line.split("address=").nth(1).or(line.split("\"address\":\"").nth(1))?;
            let end = address.find([' ', '"']).unwrap_or(address.len());
            address[..end].parse().ok()
        })
        .await
    }
}

// === impl Ended ===

impl Ended {
    /// It ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

/// What the daemon tells of a connection; nothing when it has none of this name.
pub async fn connection(address: SocketAddr, name: &str) -> Option<Value> {
    let body = get(&format!("http://{address}/api/v1/connections")).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    let connections = answer["connections"].as_array().unwrap();
    connections.iter().find(|connection| connection["connection"] == name).cloned()
}

/// Waits until the daemon tells of this connection that it is in this state.
pub async fn until_state(address: SocketAddr, name: &str, state: &str) -> Value {
    until(&format!("{name} is {state}"), async || {
        connection(address, name).await.filter(|connection| connection["state"] == state)
    })
    .await
}
