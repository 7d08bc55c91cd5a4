//! Both examples of embedding: the worker works inside them, and leaves everything alone that belongs to the host.

use std::{
    error::Error,
    fs,
    panic::PanicHookInfo,
    sync::{Arc, atomic::AtomicU32},
};

use dynamoi::{Worker, prometheus::Registry};
use rows::state::State;
use sandbox::{Options, Sandbox};
use tempfile::TempDir;

use crate::support::{PATIENCE, child, get, program::until_state, sql::Eyes, sqlite_url, until};

#[path = "../../examples/embed_actix.rs"]
mod embed_actix;
#[path = "../../examples/embed_tokio.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod embed_tokio;

/// What a process has once.
struct ProcessWide {
    signals: Vec<String>,
    hook: *const (),
}

// === impl ProcessWide ===

impl ProcessWide {
    /// As it is, with a panic hook that can be recognised.
    fn note() -> Self {
        // Something captured, so that the closure has a place of its own in memory.
        let panics = Arc::new(AtomicU32::new(0));
        let hook: Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send> = Box::new(move |info| {
            panics.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            eprintln!("{info}");
        });
        let address = (&raw const *hook).cast();
        std::panic::set_hook(hook);
        Self { signals: signals(), hook: address }
    }

    fn expect_untouched(&self) {
        assert_eq!(signals(), self.signals, "signal handlers");
        assert!(!tracing::dispatcher::has_been_set(), "a subscriber was set");
        assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "a default for TLS was set");
        let hook = std::panic::take_hook();
        assert_eq!((&raw const *hook).cast(), self.hook, "the panic hook was changed");
        std::panic::set_hook(hook);
    }
}

/// Which signals are caught and which are ignored, as the kernel tells.
fn signals() -> Vec<String> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let lines = status.lines().filter(|line| line.starts_with("SigCgt") || line.starts_with("SigIgn"));
    lines.map(str::to_owned).collect()
}

fn provider() -> Sandbox {
    Sandbox::start(Options::default().seed(71).days(20)).unwrap()
}

/// A page on loopback, by a client that needs no TLS: the one of the other tests sets a default for it.
async fn plain_get(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{path}: {answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn until_idle(worker: &Worker) {
    until("everything is read", async || {
        let all = worker.statuses().all();
        (!all.is_empty() && all.iter().all(|status| status.state == State::Idle)).then_some(())
    })
    .await;
}

async fn payments(directory: &TempDir) -> i64 {
    let eyes = Eyes::open(&sqlite_url(&directory.path().join("dynamoi.db"))).await;
    eyes.number("SELECT count(*) FROM payments").await
}

#[tokio::test]
async fn embedded_under_tokio() {
    child::run("embedding::alone_under_tokio", PATIENCE).await;
}

#[tokio::test]
async fn embedded_under_actix() {
    child::run("embedding::alone_under_actix", PATIENCE).await;
}

#[test]
#[ignore = "in a process of its own: see `embedded_under_tokio`"]
fn alone_under_tokio() {
    if !child::is_alone() {
        return;
    }
    let before = ProcessWide::note();
    let host = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    host.block_on(async {
        let (provider, directory) = (provider(), TempDir::new().unwrap());
        let worker = embed_tokio::start(&provider, directory.path()).await.unwrap();
        until_idle(&worker).await;
        before.expect_untouched();
        let address = worker.http_address().unwrap();
        let page = plain_get(address, "/api/v1/connections").await;
        assert!(page.contains("label-a-stripe") && page.contains("posters"), "{page}");
        let eyes = Eyes::open(&sqlite_url(&directory.path().join("dynamoi.db"))).await;
        let posters = "SELECT count(*) FROM ad_campaigns WHERE provider = 'street_team'";
        assert_eq!(eyes.number(posters).await, 2, "the host's own integration");
        let paid = payments(&directory).await;
        assert!(paid > 0);

        worker.stop().await;
        before.expect_untouched();
        tokio::net::TcpStream::connect(address).await.expect_err("its port is free again");
        let goes_on = tokio::spawn(async { 1 + 1 }).await;
        assert_eq!(goes_on.unwrap(), 2, "the host goes on");

        let second = embed_tokio::start(&provider, directory.path()).await.unwrap();
        until_idle(&second).await;
        assert!(payments(&directory).await >= paid);
        second.stop().await;
        before.expect_untouched();
    });
}

#[test]
#[ignore = "in a process of its own: see `embedded_under_actix`"]
fn alone_under_actix() {
    if !child::is_alone() {
        return;
    }
    let before = ProcessWide::note();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    actix_web::rt::System::new().block_on(async {
        let (provider, directory) = (provider(), TempDir::new().unwrap());
        let registry = Registry::new();
        let start = || embed_actix::start(&provider, directory.path(), &registry, threads.handle());
        let worker = start().await.unwrap();
        until_idle(&worker).await;
        before.expect_untouched();
        assert_eq!(worker.http_address(), None, "headless");

        let (address, server) = embed_actix::serve(&registry, worker.exposition().clone()).unwrap();
        let server_handle = server.handle();
        let host = tokio::spawn(server);
        assert_eq!(plain_get(address, "/").await, "hello\n");
        let metrics = until("the payments are shown", async || {
            let metrics = plain_get(address, "/metrics").await;
            metrics.contains("dynamoi_payments_gross{").then_some(metrics)
        })
        .await;
        for series in [
            "host_greetings_total 1",
            "dynamoi_connection_state{connection=\"label-a-stripe\"",
            "dynamoi_build_info{version=",
            "worker=\"embedded\"",
        ] {
            assert!(metrics.contains(series), "{series} is missing:\n{metrics}");
        }
        assert!(!metrics.contains("process_"), "the process is the host's");

        let taken = start().await.err().map(|error: Box<dyn Error>| error.to_string());
        assert!(taken.unwrap().contains("give each worker of a process its own [worker] name"));

        worker.stop().await;
        let metrics = plain_get(address, "/metrics").await;
        assert!(metrics.contains("host_greetings_total 1") && !metrics.contains("dynamoi_"), "{metrics}");

        let second = start().await.unwrap();
        until_idle(&second).await;
        let metrics = plain_get(address, "/metrics").await;
        assert!(metrics.contains("worker=\"embedded\""), "{metrics}");
        second.stop().await;
        assert_eq!(plain_get(address, "/").await, "hello\n", "the host goes on");
        server_handle.stop(true).await;
        host.await.unwrap().unwrap();
    });
    threads.shutdown_background();
}

/// Two at once, each with a database and an account of its own, in one registry and with a port each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_a_process() {
    let registry = Registry::new();
    let mut running = Vec::new();
    for name in ["first", "second"] {
        let mut bench = crate::support::Bench::new(73);
        bench.layer = format!("worker.name = \"{name}\"\n");
        let worker = Worker::builder(bench.settings()).registry(registry.clone()).start().await.unwrap();
        running.push((name, worker, bench));
    }
    for (name, worker, _) in &running {
        let address = worker.http_address().unwrap();
        until_state(address, "label-a-stripe", "idle").await;
        let metrics = get(&format!("http://{address}/metrics")).await;
        assert!(metrics.contains(&format!("worker=\"{name}\"")), "{metrics}");
    }
    let families = registry.gather();
    let cycles = families.iter().find(|family| family.name() == "dynamoi_cycles_total").unwrap();
    for (name, ..) in &running {
        let of_it = cycles.get_metric().iter().filter(|metric| {
            metric.get_label().iter().any(|label| label.name() == "worker" && label.value() == *name)
        });
        assert!(of_it.count() > 0, "{name}");
    }
    for (_, worker, _) in running {
        worker.stop().await;
    }
    assert!(registry.gather().is_empty());
}
