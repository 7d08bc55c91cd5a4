//! What the end-to-end tests share: imitated providers, a worker on a database, eyes for tables.

pub mod sql;
pub mod tools;
pub mod truth;

use std::{fs, path::PathBuf, time::Duration};

use actors::integrations::catalogue;
use dynamoi::{Worker, settings::Settings};
use sandbox::{Options, Sandbox, meta_ads, stripe};
use tempfile::TempDir;

/// Imitated providers whose worlds stand still, and a place for a database.
pub struct Bench {
    pub dir: TempDir,
    pub sandbox: Sandbox,
    pub database_url: String,
    /// More configuration, TOML.
    pub more: String,
}

/// Where history begins in these tests: days back.
pub const HISTORY_DAYS: u32 = 60;

impl Bench {
    /// On a new SQLite file.
    pub fn new(seed: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let database_url = format!("sqlite://{}/dynamoi.db", dir.path().display());
        Self::on(dir, database_url, seed)
    }

    /// On this database.
    pub fn on(dir: TempDir, database_url: String, seed: u64) -> Self {
        let sandbox = Sandbox::start(Options::default().seed(seed).days(HISTORY_DAYS)).unwrap();
        sandbox.with_world(meta_ads::MetaAds::freeze).unwrap();
        sandbox.with_world(stripe::Stripe::freeze).unwrap();
        Self { dir, sandbox, database_url, more: String::new() }
    }

    /// The configuration as a file.
    pub fn config(&self) -> PathBuf {
        let today = rows::day::day_at(self.sandbox.now(), &jiff::tz::TimeZone::UTC);
        let start = rows::day::plus_days(today, -i64::from(HISTORY_DAYS));
        let text = format!(
            r#"
[database]
url = "{database}"

[http]
listen = "127.0.0.1:0"

[integrations.meta_ads]
quota.app = {{ per_second = 2000, burst = 100 }}

[integrations.stripe]
quota.account = {{ per_second = 2000, burst = 100 }}

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
        path
    }

    pub fn settings(&self) -> Settings {
        Settings::load(&[self.config()], std::iter::empty(), &catalogue())
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
        let ended =
            ended.unwrap_or_else(|_| panic!("the run does not end: {:#?}", worker.conditions().all()));
        worker.stop().await;
        !ended.finished.is_empty() && ended.finished.values().all(|ok| *ok)
    }
}

/// The body of a page on loopback.
pub async fn get(url: &str) -> String {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().text().await.unwrap()
}
