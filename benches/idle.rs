//! What a worker costs that has nothing to do: `cargo bench --bench idle -- [CONNECTIONS] [SECONDS]`.
//!
//! Many connections, all of which were polled before and are not due again for a month, scraped every 15 seconds. The
//! measured worker is a process of its own: this program starts itself again, first to poll everything once, then to
//! measure. Figures: time from the configuration on disk to a listening worker, and to all connections idle; resident
//! memory; CPU time while nothing happens; how long a scrape takes.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program for people who measure, in real time; it may stop anywhere"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use actors::{
    failure::Failure,
    integration::{
        Account, Accounts, AnyIntegration, Integration, Manifest, NoSettings, Setup, SetupError, Source,
    },
    integrations::catalogue,
    page::Page,
    reader::StreamOf,
    session::{Auth, Meaning, Response, Session, Verdict},
    stream::Snapshot,
};
use dynamoi::{Worker, settings::Settings};
use futures::future::BoxFuture;
use rows::{Table, state::State};

const MONTH: Duration = Duration::from_hours(30 * 24);
const SCRAPE_EVERY: Duration = Duration::from_secs(15);

/// A provider of which nothing is due for a month after it was read once.
#[derive(Debug, Clone, Copy)]
struct Quiet;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest { id: "quiet", base_url: "http://127.0.0.1:9", ..Manifest::BLANK };

impl Integration for Quiet {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let policy = Snapshot { every: MONTH, vanishing: None };
        vec![StreamOf::snapshot("objects", &[Table::AdAccounts], policy, |_, _, _| {
            Box::pin(std::future::ready(Ok(Page::default().into())))
        })]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(*self)
    }
}

impl Source for Quiet {
    fn auth(&self) -> Auth {
        Auth::None
    }
    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Ok.into()
    }
    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        let account =
            Account { id: String::new(), name: String::new(), currency: None, time_zone: "UTC".to_owned() };
        Box::pin(std::future::ready(Ok(Accounts::one(account))))
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["prime", directory] => work(Path::new(directory), None),
        ["measure", directory, seconds] => work(Path::new(directory), Some(seconds.parse().unwrap())),
        _ => {
            let number = |index: usize, default: u64| {
                arguments.get(index).map_or(default, |argument| argument.parse().unwrap())
            };
            compare(number(0, 10_000), number(1, 60));
        }
    }
}

/// Writes the configuration, and runs the two workers.
fn compare(connections: u64, seconds: u64) {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("dynamoi.db");
    let mut text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[database]\nurl = \"sqlite://{}\"\n[log]\nlevel = \"warn\"\n",
        database.display()
    );
    for number in 0..connections {
        let _ = write!(
            text,
            "[connections.c{number:06}]\nintegration = \"quiet\"\ntenant = \"t{}\"\n",
            number % 100
        );
    }
    fs::write(directory.path().join("dynamoi.toml"), text).unwrap();
    println!("{connections} connections");
    let own = std::env::current_exe().unwrap();
    for arguments in [vec!["prime".to_owned()], vec!["measure".to_owned(), seconds.to_string()]] {
        let mut command = Command::new(&own);
        // As the program itself runs: see `src/heap.rs`.
        command.env("MALLOC_ARENA_MAX", "1");
        command.arg(&arguments[0]).arg(directory.path()).args(&arguments[1..]);
        assert!(command.status().unwrap().success());
    }
}

/// Runs a worker: until everything was polled once, or so many seconds beyond its start.
#[tokio::main]
async fn work(directory: &Path, seconds: Option<u64>) {
    let began = Instant::now();
    let known: Vec<_> = catalogue().into_iter().chain([Arc::new(Quiet) as Arc<dyn AnyIntegration>]).collect();
    let files = [directory.join("dynamoi.toml")];
    let settings = Settings::load(&files, std::iter::empty(), &known);
    let settings = settings.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let (connections, read) = (settings.connections.len(), began.elapsed());
    let worker = Worker::builder(settings).integration(Arc::new(Quiet)).start().await.unwrap();
    let started = began.elapsed();
    let idle = || {
        let shown = worker.statuses().all();
        shown.len() == connections && shown.iter().all(|status| status.state == State::Idle)
    };
    while !idle() {
        assert!(began.elapsed() < Duration::from_mins(10), "not idle after ten minutes");
        // Looking at very many is work of its own, beside what is measured.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let Some(seconds) = seconds else {
        println!("polled once, all of them: {:.2?}", began.elapsed());
        worker.stop().await;
        return;
    };
    println!("configuration read: {read:.2?}; listening: {started:.2?}; all idle: {:.2?}", began.elapsed());
    let address = worker.http_address().unwrap();
    // The first scrapes warm up; what was needed to start may be given back.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (cpu_before, since) = (cpu_seconds(), Instant::now());
    let (mut scrapes, mut bytes) = (Vec::new(), 0);
    while since.elapsed() < Duration::from_secs(seconds) {
        let scrape = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let mut stream = TcpStream::connect(address).unwrap();
            write!(
                stream,
                "GET /metrics HTTP/1.1\r\nhost: {address}\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            let mut body = Vec::new();
            stream.read_to_end(&mut body).unwrap();
            (began.elapsed(), body.len())
        });
        let (took, length) = scrape.await.unwrap();
        scrapes.push(took);
        bytes = length;
        tokio::time::sleep(SCRAPE_EVERY).await;
    }
    let share = (cpu_seconds() - cpu_before) / since.elapsed().as_secs_f64();
    scrapes.sort_unstable();
    println!(
        "idle for {:.0?}: {:.2} % of a core; {} MB resident, {} MB at most; a scrape of {bytes} bytes: {:.2?} (median of {}), {:.2?} at most",
        since.elapsed(),
        share * 100.0,
        status_kilobytes("VmRSS") / 1024,
        status_kilobytes("VmHWM") / 1024,
        scrapes[scrapes.len() / 2],
        scrapes.len(),
        scrapes[scrapes.len() - 1],
    );
    worker.stop().await;
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

fn status_kilobytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
