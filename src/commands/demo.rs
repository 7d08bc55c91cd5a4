//! `dynamoi demo`: everything, without credentials or services.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use actors::integrations::catalogue;
use clap::Args;
use dynamoi::{Worker, WorkerKind, settings::Settings};
use sandbox::{
    Options, Sandbox, apple_music, feature_fm, google, meta_ads, posthog,
    report_files::{Portal, ReportFiles},
    soundcharts, spotify, spotify_ads, stripe, tiktok_ads,
};
use store::cipher::generate_key;
use tempfile::TempDir;

use super::{Exit, output, run::Signals, secrets, source::environment};

/// The configuration that it runs.
const CONFIGURATION: &str = include_str!("../../config/demo.toml");
/// The imitated providers that it polls.
const PROVIDERS: &[&str] = &[
    "meta_ads",
    "google_ads",
    "tiktok_ads",
    "spotify_ads",
    "stripe",
    "google_analytics",
    "posthog",
    "deezer",
    "spotify",
    "apple_music",
    "soundcharts",
    "youtube",
    "feature_fm",
];
/// Services that are known from files: their portals, and the folders beside the database.
const PORTALS: [(Portal, &str); 2] = [(Portal::Pandora, "pandora"), (Portal::AmazonMusic, "amazon_music")];
/// How often the imitated worlds move by themselves.
const TICK: Duration = Duration::from_secs(2);
/// Seconds between two payments in the imitated world: something to see.
const PAYMENT_EVERY_SECONDS: u32 = 20;

/// Runs imitated providers, the worker and its page on this machine. Needs no credentials, no database server, no network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi demo                                    then open http://127.0.0.1:9464/
  dynamoi demo --port 0 --data-dir /tmp/demo --days 30")]
pub struct Demo {
    /// Port of the page and of the metrics, on loopback; 0 = any that is free.
    #[arg(long, value_name = "N", default_value_t = 9464)]
    pub port: u16,
    /// Where its database goes; a temporary directory unless given.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Days of history.
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub days: u32,
}

// === impl Demo ===

impl Demo {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.start().await {
            Ok(exit) => exit,
            Err(error) => Exit::failed(error),
        }
    }

    async fn start(&self) -> Result<Exit, Box<dyn std::error::Error>> {
        let mut signals = Signals::listen()?;
        let temporary = TempDir::with_prefix("dynamoi-demo-")?;
        let data_dir = self.data_dir.clone().unwrap_or_else(|| temporary.path().to_owned());
        fs::create_dir_all(&data_dir)?;
        let sandbox = Sandbox::start(Options::default().days(self.days).tick(TICK))?;
        sandbox.with_world(|world: &mut stripe::Stripe| world.set_pace(PAYMENT_EVERY_SECONDS));
        // In development mode there would be no numbers to see.
        sandbox.with_world(|world: &mut spotify::Spotify| world.set_mode(spotify::Mode::Extended));
        let reports = data_dir.join("reports");
        sandbox.with_world(|world: &mut ReportFiles| world.write_to(&reports)).transpose()?;
        for (portal, folder) in PORTALS {
            let folder = data_dir.join(folder);
            sandbox
                .with_world(|world: &mut ReportFiles| world.write_portal_to(portal, &folder))
                .transpose()?;
        }
        let database = data_dir.join("dynamoi.db");
        let key = key(&data_dir)?;
        let settings = match self.settings(&sandbox, (&database, &data_dir), temporary.path(), &key) {
            Ok(settings) => settings,
            Err(mistakes) => {
                output::complain(mistakes);
                return Ok(Exit::Usage);
            }
        };
        super::log(&settings.log);
        let worker = Worker::builder(settings).kind(WorkerKind::Demo).start().await?;
        let address = worker.http_address().map(|address| address.to_string()).unwrap_or_default();
        let kept =
            if self.data_dir.is_some() { "" } else { "   (gone when the demo ends: --data-dir keeps it)" };
        output::print(&format!(
            "The demo runs: three imitated artists, {days} days of history.\n\n\
             \x20 page      http://{address}/\n\
             \x20 metrics   http://{address}/metrics\n\
             \x20 database  {database}{kept}\n\
             \x20 reports   {reports}   (statements and exports, read from files: put others there)\n\
             \x20 providers {providers}\n\n\
             Try: sqlite3 {database} 'SELECT date, sum(spend_micros) / 1e6, currency FROM campaign_performance_daily \
             GROUP BY date, currency ORDER BY date DESC LIMIT 9'\n\
             \x20    sqlite3 {database} 'SELECT title, service, sum(quantity), sum(revenue_micros) / 1e6, currency \
             FROM royalty_statements GROUP BY title, service, currency'\n\
             Stop with Ctrl-C.\n",
            days = self.days,
            database = database.display(),
            reports = reports.display(),
            providers = PROVIDERS.iter().map(|id| sandbox.url(id)).collect::<Vec<_>>().join("\n            "),
        ));
        signals.stop().await;
        worker.stop().await;
        Ok(Exit::Done)
    }

    fn settings(
        &self,
        sandbox: &Sandbox,
        (database, data_dir): (&Path, &Path),
        temporary: &Path,
        key: &str,
    ) -> Result<Settings, Box<dyn std::error::Error>> {
        let file = temporary.join("demo.toml");
        fs::write(&file, CONFIGURATION)?;
        // Of the environment, only what concerns logging: a demo must not pick up a real configuration by accident.
        let real = environment().filter(|(name, _)| name.starts_with("DYNAMOI__LOG__"));
        let start_date = {
            let today = rows::day::day_at(sandbox.now(), &jiff::tz::TimeZone::UTC);
            rows::day::plus_days(today, -i64::from(self.days)).to_string()
        };
        let folder = |name: &str| data_dir.join(name).display().to_string();
        let demo = [
            ("DEMO_META_TOKEN", meta_ads::TOKEN.to_owned()),
            ("DEMO_GOOGLE_KEY", google::DEMO_KEY.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__GOOGLE_ADS__ENDPOINTS__TOKEN",
                format!("{}/token", sandbox.url("google_ads")),
            ),
            ("DEMO_SPOTIFY_ADS_ID", spotify_ads::CLIENT_ID.to_owned()),
            ("DEMO_SPOTIFY_ADS_SECRET", spotify_ads::CLIENT_SECRET.to_owned()),
            ("DEMO_SPOTIFY_ADS_REFRESH", spotify_ads::REFRESH_TOKEN.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__SPOTIFY_ADS__ENDPOINTS__TOKEN",
                format!("{}/api/token", sandbox.url("spotify_ads")),
            ),
            ("DEMO_ENCRYPTION_KEY", key.to_owned()),
            ("DEMO_TIKTOK_TOKEN", tiktok_ads::TOKEN.to_owned()),
            ("DEMO_TIKTOK_APP", tiktok_ads::APP_ID.to_owned()),
            ("DEMO_TIKTOK_SECRET", tiktok_ads::APP_SECRET.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__GOOGLE_ANALYTICS__ENDPOINTS__TOKEN",
                format!("{}/token", sandbox.url("google_analytics")),
            ),
            ("DYNAMOI__INTEGRATIONS__GOOGLE_ANALYTICS__ENDPOINTS__ADMIN", sandbox.url("google_analytics")),
            ("DEMO_STRIPE_KEY", stripe::SANDBOX_KEY.to_owned()),
            ("DEMO_POSTHOG_KEY", posthog::EU_KEY.to_owned()),
            ("DEMO_SPOTIFY_ID", spotify::CLIENT_ID.to_owned()),
            ("DEMO_SPOTIFY_SECRET", spotify::CLIENT_SECRET.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__SPOTIFY__ENDPOINTS__TOKEN",
                format!("{}/api/token", sandbox.url("spotify")),
            ),
            ("DEMO_APPLE_KEY", apple_music::DEMO_KEY.to_owned()),
            ("DEMO_APPLE_ANALYTICS_KEY", apple_music::ANALYTICS_KEY.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__APPLE_MUSIC__ENDPOINTS__ANALYTICS",
                format!("{}{}", sandbox.url("apple_music"), apple_music::ANALYTICS_PATH),
            ),
            ("DEMO_SOUNDCHARTS_ID", soundcharts::CLIENT_ID.to_owned()),
            ("DEMO_SOUNDCHARTS_SECRET", soundcharts::CLIENT_SECRET.to_owned()),
            (
                "DYNAMOI__INTEGRATIONS__SOUNDCHARTS__ENDPOINTS__TOKEN",
                format!("{}/oauth/token", sandbox.url("soundcharts")),
            ),
            ("DEMO_YOUTUBE_ID", google::CLIENT_ID.to_owned()),
            ("DEMO_YOUTUBE_SECRET", google::CLIENT_SECRET.to_owned()),
            ("DEMO_YOUTUBE_REFRESH", google::REFRESH_TOKEN.to_owned()),
            ("DYNAMOI__INTEGRATIONS__YOUTUBE__ENDPOINTS__TOKEN", format!("{}/token", sandbox.url("youtube"))),
            ("DYNAMOI__INTEGRATIONS__YOUTUBE__ENDPOINTS__ANALYTICS", sandbox.url("youtube")),
            ("DEMO_FEATURE_FM_KEY", feature_fm::API_KEY.to_owned()),
            ("DYNAMOI__CONNECTIONS__DEMO_FILES__SETTINGS__DIRECTORY", folder("reports")),
            ("DYNAMOI__CONNECTIONS__DEMO_PANDORA__SETTINGS__DIRECTORY", folder("pandora")),
            ("DYNAMOI__CONNECTIONS__DEMO_AMAZON__SETTINGS__DIRECTORY", folder("amazon_music")),
            ("DYNAMOI__DATABASE__URL", format!("sqlite://{}", database.display())),
            ("DYNAMOI__HTTP__LISTEN", format!("127.0.0.1:{}", self.port)),
        ];
        let demo = demo.into_iter().map(|(name, value)| (name.to_owned(), value));
        let addresses = PROVIDERS
            .iter()
            .map(|id| (format!("DYNAMOI__INTEGRATIONS__{}__BASE_URL", id.to_uppercase()), sandbox.url(id)));
        // What Deezer and Spotify show has no history.
        let starts = [
            "META",
            "GOOGLE",
            "SPOTIFY_ADS",
            "STRIPE",
            "POSTHOG",
            "TIKTOK",
            "ANALYTICS",
            "APPLE",
            "SOUNDCHARTS",
            "YOUTUBE",
            "LINKS",
        ]
        .map(|name| (format!("DYNAMOI__CONNECTIONS__DEMO_{name}__START_DATE"), start_date.clone()));
        let demo = demo.chain(addresses).chain(starts);
        Ok(Settings::load(&[file], real.chain(demo), &catalogue())?)
    }
}

/// The key that seals what a provider replaces. It stays beside the database that it belongs to.
fn key(data_dir: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let path = data_dir.join("key");
    if !path.exists() {
        secrets::write_new(&path, &format!("{}\n", *generate_key()?))?;
    }
    Ok(fs::read_to_string(path)?)
}
