//! Under a service manager: what the daemon tells it, and what it does not when it is stuck.

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actors::{
    failure::Failure,
    integration::{Accounts, AnyIntegration, Integration, Manifest, NoSettings, Setup, SetupError, Source},
    reader::StreamOf,
    session::{Auth, Meaning, Response, Session, Verdict},
};
use dynamoi::{Worker, service::Service, settings::Settings};
use futures::future::BoxFuture;
use tempfile::TempDir;

use crate::support::{Bench, PATIENCE, child, pause, program::until_state, sqlite_url, until};

/// The interval that the manager asks for: every third of it there is a sign of life.
const WATCHDOG_USEC: &str = "900000";
/// Several intervals: whoever is silent for so long would be started again.
const SILENCE: Duration = Duration::from_secs(2);

/// A service manager, as far as it listens.
struct Manager {
    directory: TempDir,
    socket: UnixDatagram,
}

// === impl Manager ===

impl Manager {
    fn listen() -> Self {
        let directory = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { directory, socket }
    }

    fn path(&self) -> String {
        self.directory.path().join("notify").display().to_string()
    }

    /// The next message, if there is one.
    fn hear(&self) -> Option<String> {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
    }

    /// Everything that is there.
    fn hear_all(&self) -> Vec<String> {
        std::iter::from_fn(|| self.hear()).collect()
    }

    /// Waits for a message with this line, and gives it whole.
    async fn until(&self, line: &str) -> String {
        until(&format!("the service manager hears {line}"), async || {
            self.hear().filter(|message| message.lines().any(|said| said == line))
        })
        .await
    }

    /// Nothing is left of what was on its way; then no sign of life for long.
    async fn expect_no_watchdog(&self) {
        pause(Duration::from_millis(200)).await;
        self.hear_all();
        pause(SILENCE).await;
        let heard = self.hear_all();
        assert!(!heard.iter().any(|message| message.contains("WATCHDOG=1")), "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_tells_how_it_goes() {
    let manager = Manager::listen();
    let mut bench = Bench::new(81);
    bench.layer = "worker.shutdown_grace = \"5s\"\n".to_owned();
    let environment = [("NOTIFY_SOCKET", &*manager.path()), ("WATCHDOG_USEC", WATCHDOG_USEC)];
    let mut daemon = bench.start_with(&["run"], &environment);
    let ready = manager.until("READY=1").await;
    assert!(ready.contains("STATUS=2 connections"), "{ready}");
    let address = daemon.address().await;
    for _ in 0..3 {
        manager.until("WATCHDOG=1").await;
    }
    until_state(address, "label-a-meta", "idle").await;
    until_state(address, "label-a-stripe", "idle").await;
    manager.until("STATUS=2 connections: 2 idle").await;

    // A refused configuration ends the reload, too.
    for layer in ["log.level = \"info\"\n", "log.livel = \"info\"\n"] {
        layer.clone_into(&mut bench.layer);
        bench.config();
        daemon.signal("HUP").await;
        let reloading = manager.until("RELOADING=1").await;
        let at = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
        assert!(at.is_some_and(|at| at.parse::<u64>().is_ok()), "{reloading}");
        manager.until("READY=1").await;
    }
    assert!(daemon.err().contains("livel"), "{}", daemon.err());
    manager.until("WATCHDOG=1").await;

    daemon.signal("STOP").await;
    manager.expect_no_watchdog().await;
    daemon.signal("CONT").await;
    manager.until("WATCHDOG=1").await;

    daemon.signal("TERM").await;
    manager.until("STOPPING=1").await;
    daemon.ended(PATIENCE).await.expect(0);
    let heard = manager.hear_all();
    assert!(!heard.iter().any(|message| message.contains("WATCHDOG=1")), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_worker_gives_no_sign_of_life() {
    for what in [Stuck::ACTORS, Stuck::RUNTIME] {
        let manager = Manager::listen();
        let directory = TempDir::new().unwrap();
        let (socket, place) = (manager.path(), directory.path().display().to_string());
        let environment = [
            ("NOTIFY_SOCKET", &*socket),
            ("WATCHDOG_USEC", WATCHDOG_USEC),
            ("DYNAMOI_TEST_STUCK", what),
            ("DYNAMOI_TEST_DIRECTORY", &*place),
        ];
        let stuck = child::start(directory.path(), "service::alone_and_stuck", &environment);
        manager.until("READY=1").await;
        until("it is stuck", async || directory.path().join("stuck").exists().then_some(())).await;
        manager.expect_no_watchdog().await;
        std::fs::write(directory.path().join("released"), "").unwrap();
        manager.until("WATCHDOG=1").await;
        drop(stuck);
    }
}

#[test]
#[ignore = "in a process of its own: see `a_stuck_worker_gives_no_sign_of_life`"]
fn alone_and_stuck() {
    if !child::is_alone() {
        return;
    }
    let variable = |name: &str| std::env::var(name).unwrap();
    let directory = PathBuf::from(variable("DYNAMOI_TEST_DIRECTORY"));
    let what = if variable("DYNAMOI_TEST_STUCK") == Stuck::ACTORS { Stuck::ACTORS } else { Stuck::RUNTIME };
    let integration: Arc<dyn AnyIntegration> = Arc::new(Stuck { what, directory: directory.clone() });
    let environment = [
        ("DYNAMOI__DATABASE__URL", sqlite_url(&directory.join("dynamoi.db"))),
        ("DYNAMOI__CONNECTIONS__STUCK__INTEGRATION", what.to_owned()),
    ];
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value));
    let settings = Settings::load(&[], environment, std::slice::from_ref(&integration)).unwrap();
    // One thread, so that one task can block it; the service's own task runs elsewhere.
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let host = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    host.block_on(async {
        let builder = Worker::builder(settings).integration(integration).headless();
        let worker = builder.runtime(threads.handle().clone()).start().await.unwrap();
        let mut service = Service::from_environment();
        service.ready(&worker.heartbeat(), worker.statuses());
        // Until it is killed.
        std::future::pending::<()>().await;
    });
}

/// Blocks a thread, which nobody may, until it is released.
#[derive(Debug, Clone)]
struct Stuck {
    what: &'static str,
    directory: PathBuf,
}

// === impl Stuck ===

impl Stuck {
    const ACTORS: &'static str = "blocks_actors";
    const RUNTIME: &'static str = "blocks_runtime";

    #[expect(clippy::disallowed_methods, reason = "it misbehaves on purpose")]
    fn block(directory: &Path) {
        std::fs::write(directory.join("stuck"), "").unwrap();
        while !directory.join("released").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Integration for Stuck {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        Manifest { id: self.what, base_url: "http://127.0.0.1:9", ..Manifest::BLANK }
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        Vec::new()
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        // Settings are checked by connecting, too: elsewhere, and in peace.
        let on_actors_thread = std::thread::current().name() == Some("dynamoi-actors");
        if self.what == Self::ACTORS && on_actors_thread {
            Self::block(&self.directory);
        }
        Ok(self.clone())
    }
}

impl Source for Stuck {
    fn auth(&self) -> Auth {
        Auth::None
    }
    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Ok.into()
    }
    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(async {
            if self.what == Self::RUNTIME {
                Self::block(&self.directory);
            }
            Ok(Accounts::default())
        })
    }
}
