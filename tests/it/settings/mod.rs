//! Configuration: layers, mistakes, secrets, reload.

mod committed;
mod connections;
mod layers;
mod mistakes;
mod privacy;
mod secrets;
mod tenants;

use std::{collections::BTreeMap, fs, future::ready, path::PathBuf, sync::Arc, time::Duration};

use actors::{
    integration::{
        AnyIntegration, CredentialSpec, HostSpec, Integration, Manifest, Setup, SetupError, Source,
    },
    page::Page,
    reader::StreamOf,
    session::quota::{BudgetRule, Quota, QuotaRule, REQUESTS, Scope},
    stream::{DAILY, Days, Snapshot, Tier},
};
use dynamoi::settings::{KeyPath, Mistakes, Place, Settings, schema_text};
use jiff::{SignedDuration, civil::date};
use rows::budget::{Period, Resets, Term};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tempfile::TempDir;

/// A provider that exists in these tests only.
struct Fake(&'static str);

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FakeSettings {
    /// Text that looks like a number.
    project: String,
    countries: bool,
    mode: Option<Mode>,
    time_zone: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    Test,
}

const MANIFEST: Manifest = Manifest {
    base_url: "https://api.example.com",
    api_version: "v1",
    hosts: &[
        HostSpec { name: "token", url: "https://token.example.com/oauth/token", help: "Gives tokens." },
        HostSpec { name: "analytics", url: "https://analytics.example.com", help: "Gives numbers." },
    ],
    credentials: &[
        CredentialSpec { name: "access_token", required: true, help: "a token from the fake's console" },
        CredentialSpec { name: "refresh_token", required: false, help: "replaced whenever it is used" },
        CredentialSpec { name: "key", required: false, help: "a PEM" },
    ],
    replaced_credentials: &["refresh_token"],
    rates: &[QuotaRule::per_second(Scope::App, 10.0, 5)],
    ..Manifest::BLANK
};

impl Integration for Fake {
    type Settings = FakeSettings;
    type Source = Nothing;

    fn manifest(&self) -> Manifest {
        Manifest { id: self.0, ..MANIFEST }
    }

    fn streams(&self, _: &FakeSettings) -> Vec<StreamOf<Nothing>> {
        let days = Days {
            level: None,
            tiers: vec![Tier { days: 28, every: DAILY }],
            settling: SignedDuration::from_hours(72),
            window_days_max: 28,
            history_days_max: None,
        };
        let snapshot = Snapshot { every: DAILY, vanishing: None };
        vec![
            StreamOf::days("insights", &[], days, |_, _, _| Box::pin(ready(Ok(Page::default().into())))),
            StreamOf::snapshot("campaigns", &[], snapshot, |_, _, _| {
                Box::pin(ready(Ok(Page::default().into())))
            }),
        ]
    }

    fn connect(&self, setup: Setup<'_, FakeSettings>) -> Result<Nothing, SetupError> {
        let Setup { spec, settings, .. } = setup;
        if !settings.time_zone.is_empty() && rows::zone::zone(&settings.time_zone).is_none() {
            return Err(SetupError::Setting {
                key: "time_zone".to_owned(),
                problem: "an IANA time zone such as \"Europe/Berlin\"".to_owned(),
            });
        }
        if spec.credentials.get("key").is_some_and(|key| !key.expose_secret().starts_with("-----BEGIN")) {
            return Err(SetupError::Credential { name: "key", problem: "expected a PEM".to_owned() });
        }
        Ok(Nothing)
    }
}

/// A source that is never asked.
pub struct Nothing;

impl Source for Nothing {
    fn auth(&self) -> actors::session::Auth {
        actors::session::Auth::None
    }

    fn classify(&self, _: &actors::session::Response) -> actors::session::Verdict {
        actors::session::Meaning::Ok.into()
    }

    fn check<'a>(
        &'a self,
        _: &'a actors::session::Session,
    ) -> futures::future::BoxFuture<'a, Result<actors::integration::Accounts, actors::failure::Failure>> {
        Box::pin(std::future::ready(Ok(actors::integration::Accounts::default())))
    }
}

/// Two providers, one of them under a name that the worker knows.
fn catalogue() -> Vec<Arc<dyn AnyIntegration>> {
    vec![Arc::new(Fake("meta_ads")), Arc::new(Fake("fake_music"))]
}

/// Configuration files and an environment.
struct Bench {
    directory: TempDir,
    files: Vec<PathBuf>,
    environment: Vec<(String, String)>,
}

impl Bench {
    fn new(text: &str) -> Self {
        let bench = Self { directory: TempDir::new().unwrap(), files: Vec::new(), environment: Vec::new() };
        bench.env("TOKEN", "token-value").file(text)
    }

    fn file(mut self, text: &str) -> Self {
        let path = self.directory.path().join(format!("{}.toml", self.files.len()));
        fs::write(&path, text).unwrap();
        self.files.push(path);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Result<Settings, Mistakes> {
        Settings::load_on(date(2026, 11, 24), &self.files, self.environment.iter().cloned(), &catalogue())
    }

    fn good(&self) -> Settings {
        self.load().unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    fn bad(&self) -> Mistakes {
        match self.load() {
            Ok(_) => panic!("no mistake was found"),
            Err(mistakes) => mistakes,
        }
    }

    /// Asserts that a mistake is told at this line of the last file, and that its text holds these words.
    fn assert_told(&self, line: usize, key: &str, words: &[&str]) {
        let mistakes = self.bad();
        let place = Place::File { path: self.files.last().unwrap().clone(), line: Some(line) };
        let told = mistakes.iter().find(|mistake| mistake.key.to_string() == key && mistake.place == place);
        let told = told.unwrap_or_else(|| panic!("nothing at line {line} about {key} in:\n{mistakes}"));
        let text = told.to_string();
        for word in words {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
        assert!(text.contains(&format!("{}:{line}", self.files.last().unwrap().display())), "{text}");
    }
}

const ONE: &str = r#"
[connections.label-a-meta]
integration = "meta_ads"
tenant = "label-a"
accounts = ["act_1234567890123456"]
start_date = "2026-01-01"
credentials.access_token = { env = "TOKEN" }
settings = { project = "12345678901234567890", countries = true }
"#;
