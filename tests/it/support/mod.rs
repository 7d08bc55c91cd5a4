//! What the end-to-end tests share: imitated providers, a worker on a database, eyes for tables.

pub mod child;
pub mod four;
pub mod markers;
pub mod program;
pub mod sql;
pub mod truth;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use actors::integrations::catalogue;
use dynamoi::{Worker, settings::Settings};
use rows::day::{day_at, end_of, plus_days};
use sandbox::{Options, Sandbox, meta_ads, stripe};
use tempfile::TempDir;

use self::program::{Ended, Program};

/// Imitated providers whose worlds stand still, and a place for a database.
pub struct Bench {
    pub dir: TempDir,
    pub sandbox: Sandbox,
    pub database_url: String,
    /// More tables, TOML.
    pub more: String,
    /// A second configuration file over the first, TOML; none while empty.
    pub layer: String,
}

/// Where history begins in these tests: days back.
pub const HISTORY_DAYS: u32 = 60;

/// Longer than any test that compares days takes.
const FAR: Duration = Duration::from_mins(1);
/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_mins(2);

impl Bench {
    /// On a new SQLite file.
    pub fn new(seed: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let database_url = sqlite_url(&dir.path().join("dynamoi.db"));
        Self::on(dir, database_url, seed)
    }

    /// On this database.
    pub fn on(dir: TempDir, database_url: String, seed: u64) -> Self {
        let sandbox =
            far_from_midnight(|| Sandbox::start(Options::default().seed(seed).days(HISTORY_DAYS)).unwrap());
        sandbox.with_world(meta_ads::MetaAds::freeze).unwrap();
        sandbox.with_world(stripe::Stripe::freeze).unwrap();
        Self { dir, sandbox, database_url, more: String::new(), layer: String::new() }
    }

    /// Without a sandbox's usual worlds: of this one.
    pub fn with(sandbox: Sandbox) -> Self {
        let dir = TempDir::new().unwrap();
        let database_url = sqlite_url(&dir.path().join("dynamoi.db"));
        Self { dir, sandbox, database_url, more: String::new(), layer: String::new() }
    }

    /// The arguments that name the configuration as it is now.
    pub fn config_arguments(&self) -> Vec<String> {
        let files = self.config();
        files.iter().flat_map(|file| ["--config".to_owned(), file.display().to_string()]).collect()
    }

    /// Starts `dynamoi COMMAND --config …`; see [`Program`] for its end.
    pub fn start(&self, command: &[&str]) -> Program {
        self.start_with(command, &[])
    }

    /// As [`Bench::start`], with more environment.
    pub fn start_with(&self, command: &[&str], environment: &[(&str, &str)]) -> Program {
        let mut arguments: Vec<String> = command.iter().map(ToString::to_string).collect();
        arguments.extend(self.config_arguments());
        Program::start(self.dir.path(), &arguments, environment)
    }

    /// Runs `dynamoi COMMAND --config …` to its end.
    pub async fn run(&self, command: &[&str]) -> Ended {
        self.start(command).ended(PATIENCE).await
    }

    /// The configuration as files.
    pub fn config(&self) -> Vec<PathBuf> {
        let today = day_at(self.sandbox.now(), &jiff::tz::TimeZone::UTC);
        let start = plus_days(today, -i64::from(HISTORY_DAYS));
        let text = format!(
            r#"
[database]
url = "{database}"

[http]
listen = "127.0.0.1:0"

[integrations.meta_ads]
quota.app = {{ per_second = 2000, burst = 100 }}
quota.account = {{ per_second = 2000, burst = 100 }}

[integrations.stripe]
quota.account = {{ per_second = 2000, burst = 100 }}
quota.endpoint = {{ per_second = 2000, burst = 100 }}

[connections.label-a-meta]
integration = "meta_ads"
tenant = "label-a"
start_date = "{start}"
base_url = "{meta}"
credentials.access_token = "{token}"
settings = {{ conversion = "{conversion}", countries = true }}

[connections.label-a-stripe]
integration = "stripe"
tenant = "label-a"
start_date = "{start}"
base_url = "{stripe}"
credentials.api_key = "{key}"
settings = {{ test_mode = true }}
{more}
"#,
            database = self.database_url,
            meta = self.sandbox.url("meta_ads"),
            stripe = self.sandbox.url("stripe"),
            token = meta_ads::TOKEN,
            key = stripe::SANDBOX_KEY,
            conversion = meta_ads::CUSTOM_CONVERSION,
            more = self.more,
        );
        let path = self.dir.path().join("dynamoi.toml");
        fs::write(&path, text).unwrap();
        let mut files = vec![path];
        if !self.layer.is_empty() {
            let path = self.dir.path().join("layer.toml");
            fs::write(&path, &self.layer).unwrap();
            files.push(path);
        }
        files
    }

    pub fn settings(&self) -> Settings {
        Settings::load(&self.config(), std::iter::empty(), &catalogue())
            .unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    /// Reads everything once; gives whether all went well.
    pub async fn once(&self) -> bool {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_ansi(false)
            .try_init();
        let mut worker = Worker::builder(self.settings()).once(Duration::from_mins(2)).start().await.unwrap();
        let ended = tokio::time::timeout(Duration::from_mins(1), worker.finished()).await;
        let ended = ended.unwrap_or_else(|_| panic!("the run does not end: {:#?}", worker.statuses().all()));
        worker.stop().await;
        !ended.finished.is_empty() && ended.finished.values().all(|ok| *ok)
    }
}

/// Today's numbers are compared between runs: no account's midnight may fall between them.
fn far_from_midnight(start: impl Fn() -> Sandbox) -> Sandbox {
    loop {
        let sandbox = start();
        let accounts = sandbox.with_world(|meta: &mut meta_ads::MetaAds| meta.truth_accounts()).unwrap();
        let mut zones: Vec<String> = accounts.into_iter().map(|account| account.time_zone).collect();
        zones.extend(["UTC", "Europe/Berlin"].map(str::to_owned));
        let now = sandbox.now();
        let left = zones.iter().map(|zone| {
            let zone = rows::zone::zone(zone).unwrap();
            end_of(day_at(now, &zone), &zone).duration_since(now)
        });
        let left = Duration::try_from(left.min().unwrap()).unwrap();
        if left > FAR {
            return sandbox;
        }
        #[expect(clippy::disallowed_methods, reason = "other processes live in real time")]
        std::thread::sleep(left);
    }
}

/// The address of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Waits in real time: for a process, which has no clock that a test could drive.
#[expect(clippy::disallowed_methods, reason = "other processes live in real time")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Real time, for deadlines on other processes.
#[expect(clippy::disallowed_methods, reason = "other processes live in real time")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Asks again and again until the answer is there.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = instant();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        pause(Duration::from_millis(20)).await;
    }
}

/// The body of a page on loopback.
pub async fn get(url: &str) -> String {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().text().await.unwrap()
}
