//! Three hundred connections that mean harm, without credentials, against a daemon in a process of its own: health and metrics
//! are answered within a second all the time, memory stays bounded, and so does the log.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    https,
    support::{
        Bench, PATIENCE, instant, pause,
        program::{Program, until_state},
        until,
    },
};

const ATTACKERS: usize = 300;
/// How long it lasts, unless `DYNAMOI_TEST_ATTACK_SECONDS` says otherwise.
const SECONDS: u64 = 8;
/// An answer comes within this.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// So long a client is heard, however crowded it is.
const HELD_UP_MAX: Duration = Duration::from_millis(200);
/// Most memory that the daemon has ever had.
const MEMORY_KIB_MAX: u64 = 200 * 1_024;

/// What an attacker does, over and over.
#[derive(Debug, Clone, Copy)]
enum Attack {
    /// A request's head, a byte a second.
    SlowHead,
    /// A body for nobody, a byte a second.
    SlowBody,
    /// A body for somebody, under a signature that could be right, a byte a second.
    SlowMessage,
    /// Asks once, and stays.
    Idle,
    /// Asks thousands of times, and reads nothing.
    Unread,
    /// Asks as fast as it is answered.
    Fast,
    /// No HTTP at all.
    Noise,
    /// Says nothing.
    Silent,
}

const ATTACKS: [Attack; 8] = [
    Attack::SlowHead,
    Attack::SlowBody,
    Attack::SlowMessage,
    Attack::Idle,
    Attack::Unread,
    Attack::Fast,
    Attack::Noise,
    Attack::Silent,
];

// === impl Attack ===

impl Attack {
    /// One connection, until it is closed.
    async fn run(self, address: SocketAddr) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        let host = "Host: localhost\r\n";
        let head = match self {
            Self::SlowHead => "GET /metrics HTTP/1.1\r\nX-Slow: ".to_owned(),
            Self::SlowBody => {
                format!("POST /webhooks/stripe/none HTTP/1.1\r\n{host}Content-Length: 9999\r\n\r\n")
            }
            Self::SlowMessage => format!(
                "POST /webhooks/stripe/label-a-stripe HTTP/1.1\r\n{host}Stripe-Signature: t=99999999999,v1=00\r\n\
                 Content-Length: 500000\r\n\r\n{}",
                "x".repeat(100_000)
            ),
            Self::Idle => format!("GET /healthz HTTP/1.1\r\n{host}\r\n"),
            Self::Unread => format!("GET /metrics HTTP/1.1\r\n{host}\r\n").repeat(5_000),
            Self::Fast => return fast(stream).await,
            Self::Noise => "\u{16}\u{3}\u{1}nonsense\r\n\r\n".to_owned(),
            Self::Silent => String::new(),
        };
        stream.write_all(head.as_bytes()).await?;
        if matches!(self, Self::Idle | Self::Unread | Self::Silent) {
            // Nothing is read: what is written is refused once the other side has closed.
            while !is_closed(&stream).await {}
            return Ok(());
        }
        loop {
            pause(Duration::from_secs(1)).await;
            stream.write_all(b"x").await?;
        }
    }
}

/// Whether the other side has gone, looked at after a moment.
async fn is_closed(stream: &TcpStream) -> bool {
    pause(Duration::from_millis(200)).await;
    let ready = stream.ready(tokio::io::Interest::WRITABLE | tokio::io::Interest::READABLE);
    match tokio::time::timeout(Duration::from_millis(1), ready).await {
        Ok(Ok(ready)) => ready.is_read_closed() || ready.is_write_closed(),
        _ => false,
    }
}

async fn fast(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; 65_536];
    loop {
        for path in ["/", "/metrics", "/api/v1/connections", "/nowhere"] {
            stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
            if stream.read(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
    }
}

/// Attacks until it is dropped.
struct Attackers {
    _tasks: JoinSet<()>,
}

impl Attackers {
    fn start(address: SocketAddr, attacks: &[Attack]) -> Self {
        let mut tasks = JoinSet::new();
        for number in 0..ATTACKERS {
            let attack = attacks[number % attacks.len()];
            tasks.spawn(async move {
                loop {
                    let _ = attack.run(address).await;
                    pause(Duration::from_millis(50)).await;
                }
            });
        }
        Self { _tasks: tasks }
    }
}

/// Seconds that a test attacks.
fn seconds() -> Duration {
    let told = std::env::var("DYNAMOI_TEST_ATTACK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(told.unwrap_or(SECONDS))
}

/// A request on a connection of its own; gives its answer.
async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> std::io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// How long the daemon's thread for connections was ready to run, and the machine gave it no processor.
fn held_up(daemon: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{daemon}/task")).unwrap().filter_map(Result::ok);
    let read =
        |task: &fs::DirEntry, file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
    let task = tasks.into_iter().find(|task| read(task, "comm").trim() == "http").unwrap();
    let nanos = read(&task, "schedstat").split(' ').nth(1).and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// Asks again and again, on a thread of its own, which attackers do not keep waiting. Gives the longest time that an answer
/// took, less what is this machine's own doing: what an exchange with nobody in between took at the same moment, and how
/// long the daemon waited for a processor.
fn checker<F>(
    until: Arc<AtomicBool>,
    daemon: u32,
    ask: impl Fn() -> F + Send + 'static,
) -> std::thread::JoinHandle<Duration>
where
    F: Future<Output = Result<(), String>>,
{
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = control.local_addr().unwrap();
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = control.accept().await {
                    let _ = stream.read(&mut [0; 1_024]).await;
                    let _ = stream.write_all(b"ok").await;
                }
            });
            let mut longest = Duration::ZERO;
            while !until.load(Ordering::Relaxed) {
                let (began, held_up_before) = (instant(), held_up(daemon));
                let asked = async {
                    let answer = ask().await;
                    (began.elapsed(), answer)
                };
                let compared = async {
                    exchange(TcpStream::connect(address).await.unwrap(), "/").await.unwrap();
                    began.elapsed()
                };
                let ((took, answer), own) = tokio::join!(asked, compared);
                let machine = own + held_up(daemon).saturating_sub(held_up_before);
                if let Err(error) = answer {
                    // A client without a processor cannot be told from one that keeps the server waiting.
                    assert!(
                        machine >= HELD_UP_MAX,
                        "after {took:?}, {machine:?} of them the machine's: {error}"
                    );
                    continue;
                }
                longest = longest.max(took.saturating_sub(machine));
                pause(Duration::from_millis(50)).await;
            }
            longest
        })
    })
}

/// The most memory that a process has ever had.
fn memory_kib(daemon: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn withstands(attacks: &[Attack], daemon: &Program, address: SocketAddr) {
    let over = Arc::new(AtomicBool::new(false));
    let checkers = ["/healthz", "/metrics"].map(|path| {
        checker(over.clone(), daemon.id(), move || async move {
            let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            let answer = exchange(stream, path).await.map_err(|error| format!("{path}: {error}"))?;
            if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(format!("{path}: {answer}")) }
        })
    });
    let attackers = Attackers::start(address, attacks);
    pause(seconds()).await;
    drop(attackers);
    over.store(true, Ordering::Relaxed);
    for checker in checkers {
        let longest = checker.join().expect("all is answered");
        println!("{attacks:?}: the longest answer took {longest:?}, {} KiB", memory_kib(daemon));
        assert!(longest < ANSWER_MAX, "{attacks:?}: {longest:?}");
    }
    assert!(memory_kib(daemon) < MEMORY_KIB_MAX, "{attacks:?}: {} KiB", memory_kib(daemon));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_strangers_do_health_and_metrics_are_answered() {
    let mut bench = Bench::new(91);
    bench.layer =
        "connections.label-a-stripe.credentials.webhook_secret = \"whsec_only_for_this_test\"\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "idle").await;
    // The worst ones alone, then all of them together.
    withstands(&[Attack::SlowBody], &daemon, address).await;
    withstands(&[Attack::Unread], &daemon, address).await;
    withstands(&ATTACKS, &daemon, address).await;
    // Afterwards it is as before, and its log was not flooded.
    let page = crate::support::get(&format!("http://{address}/metrics")).await;
    let counted =
        page.lines().filter(|line| line.starts_with("dynamoi_http_refused_total{") && !line.ends_with(" 0"));
    assert!(counted.count() > 1, "{page}");
    let log = daemon.err();
    let told = log.lines().filter(|line| line.contains("refused")).count();
    let minutes = 3 * seconds().as_secs() / 60 + 2;
    assert!(told >= 1 && told as u64 <= minutes, "{told} lines:\n{log}");
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_that_never_end_keep_nobody_out() {
    let mut bench = Bench::new(92);
    let directory = bench.dir.path().to_owned();
    let certificate = https::make_certificate(&directory);
    bench.layer = format!(
        "http.authentication.bearer = \"only-for-this-test-of-attacks\"\n{}",
        https::files(Path::new(&directory))
    );
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until("it answers", async || https::health(address, &certificate).await.ok()).await;
    let over = Arc::new(AtomicBool::new(false));
    let checker = checker(over.clone(), daemon.id(), move || {
        let certificate = certificate.clone();
        async move {
            let status = https::health(address, &certificate).await.map_err(|error| format!("{error:?}"))?;
            if status == 200 { Ok(()) } else { Err(status.to_string()) }
        }
    });
    let attackers = Attackers::start(address, &[Attack::Silent, Attack::Noise, Attack::SlowHead]);
    pause(seconds()).await;
    drop(attackers);
    over.store(true, Ordering::Relaxed);
    let longest = checker.join().expect("all is answered");
    println!("the longest answer took {longest:?}, {} KiB", memory_kib(&daemon));
    assert!(longest < ANSWER_MAX, "{longest:?}");
    assert!(memory_kib(&daemon) < MEMORY_KIB_MAX);
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}
