//! Configuration: layers, mistakes, secrets, reload.

use std::{collections::BTreeMap, fs, future::ready, path::PathBuf, sync::Arc, time::Duration};

use actors::{
    integration::{
        AnyIntegration, ConnectionSpec, CredentialSpec, HostSpec, Integration, Services, SetupError, Source,
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

impl Integration for Fake {
    type Settings = FakeSettings;
    type Source = Nothing;

    fn id(&self) -> &'static str {
        self.0
    }

    fn base_url(&self) -> &'static str {
        "https://api.example.com"
    }

    fn api_version(&self) -> &'static str {
        "v1"
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

    fn quotas(&self) -> Vec<QuotaRule> {
        vec![QuotaRule::per_second(Scope::App, 10.0, 5)]
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &[
            CredentialSpec { name: "access_token", required: true, help: "a token from the fake's console" },
            CredentialSpec { name: "refresh_token", required: false, help: "replaced whenever it is used" },
            CredentialSpec { name: "key", required: false, help: "a PEM" },
        ]
    }

    fn replaced_credentials(&self) -> &'static [&'static str] {
        &["refresh_token"]
    }

    fn hosts(&self) -> &'static [HostSpec] {
        &[
            HostSpec { name: "token", url: "https://token.example.com/oauth/token", help: "Gives tokens." },
            HostSpec { name: "analytics", url: "https://analytics.example.com", help: "Gives numbers." },
        ]
    }

    fn sample(&self) -> &'static str {
        ""
    }

    fn connect(
        &self,
        spec: &ConnectionSpec,
        settings: FakeSettings,
        _: &Services,
    ) -> Result<Nothing, SetupError> {
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

#[test]
fn every_mistake_of_a_file_is_told_with_line_key_and_suggestion() {
    let bench = Bench::new(
        r#"[worker]
nmae = "worker-1"
shutdown_grace = "20 seconds"

[http]
listen = "0.0.0.0:9464"

[integrations.meta_adds]
enabled = true

[integrations.google_ads]
enabled = true

[integrations.meta_ads]
quota.apps = { per_second = 10 }
streams.insigths = { enabled = true }

[connections.label-a-meta]
integration = "meta_ads"
tenant = "label-a"
acounts = ["act_1"]
start_date = "2026-02-30"
base_url = "ftp://example.com"
credentials.acess_token = { env = "TOKEN" }
settings = { project = 1234567.5, mode = "life" }

[connections.label-b-meta]
integration = "meta_ads"
credentials.access_token = { env = "NOT_SET" }
enabled = "yes"

[connections.label-c-meta]
integration = "meta_ads"
credentials.access_token = { file = "/nonexistent/token" }

[connections.label-d-meta]
integration = "meta_ads"
credentials.access_token = { credential = "token" }

[connections.label-e]
integration = "fake_musik"

[campaigns.night-drive]
budget = { amount = 1500.00, currency = "usd", from = "2026-10-01", to = "2026-10-31" }
members = [{ integration = "meta_adz", campaign = "1" }, { utm_campaign = "a", campaign = "b" }]
colour = "blue"
"#,
    );
    let here = |line, key, words: &[&str]| bench.assert_told(line, key, words);
    here(2, "worker.nmae", &["unknown key", "did you mean `name`?"]);
    here(3, "worker.shutdown_grace", &["15m", "\"20 seconds\""]);
    here(6, "http.listen", &["loopback", "0.0.0.0:9464", "http.authentication", "http.allow_public = true"]);
    here(8, "integrations.meta_adds", &["not built in", "fake_music, meta_ads", "did you mean `meta_ads`?"]);
    here(11, "integrations.google_ads", &["known, but not built in yet"]);
    here(15, "integrations.meta_ads.quota.apps", &["unknown quota scope", "endpoint", "did you mean `app`?"]);
    here(16, "integrations.meta_ads.streams.insigths", &["unknown stream", "did you mean `insights`?"]);
    here(21, "connections.label-a-meta.acounts", &["did you mean `accounts`?"]);
    here(22, "connections.label-a-meta.start_date", &["a date such as", "2026-02-30"]);
    here(23, "connections.label-a-meta.base_url", &["a URL such as", "ftp://example.com"]);
    here(24, "connections.label-a-meta.credentials.acess_token", &["unknown credential", "`access_token`?"]);
    here(24, "connections.label-a-meta.credentials.access_token", &["missing credential", "fake's console"]);
    here(25, "connections.label-a-meta.settings.project", &["expected text", "1234567.5", "quotes"]);
    here(25, "connections.label-a-meta.settings.mode", &["\"live\"", "\"test\"", "\"life\""]);
    here(29, "connections.label-b-meta.credentials.access_token", &["NOT_SET"]);
    here(30, "connections.label-b-meta.enabled", &["expected true or false", "\"yes\""]);
    here(34, "connections.label-c-meta.credentials.access_token", &["/nonexistent/token"]);
    here(38, "connections.label-d-meta.credentials.access_token", &["CREDENTIALS_DIRECTORY"]);
    here(41, "connections.label-e.integration", &["not built in", "did you mean `fake_music`?"]);
    here(44, "campaigns.night-drive.budget.amount", &["\"1500.00\"", "quotes"]);
    here(44, "campaigns.night-drive.budget.currency", &["\"USD\"", "\"usd\""]);
    here(45, "campaigns.night-drive.members[0].integration", &["not built in", "did you mean `meta_ads`?"]);
    here(45, "campaigns.night-drive.members[1]", &["utm_campaign"]);
    here(46, "campaigns.night-drive.colour", &["unknown key"]);
    assert_eq!(bench.bad().len(), 24, "{}", bench.bad());
}

#[test]
fn a_mistake_names_the_last_file_that_set_the_key() {
    let bench = Bench::new(ONE).file("\n\n[connections.label-a-meta]\nstart_date = \"soon\"\n");
    bench.assert_told(4, "connections.label-a-meta.start_date", &["\"soon\""]);
    assert_eq!(bench.bad().len(), 1);
}

#[test]
fn syntax_errors_are_told_with_their_line_and_without_the_text_of_it() {
    let bench = Bench::new("[worker]\nname = \"a\"\ntoken = sk_live_secret\n\n[http\n");
    let mistakes = bench.bad();
    let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.place.clone()).collect();
    let line = |line| Place::File { path: bench.files[0].clone(), line: Some(line) };
    assert!(lines.contains(&line(3)) && lines.contains(&line(5)), "{mistakes}");
    assert!(!mistakes.to_string().contains("sk_live"), "{mistakes}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let mut bench = Bench::new(ONE);
    bench.files.push(PathBuf::from("/nonexistent/dynamoi.toml"));
    assert!(bench.bad().to_string().contains("/nonexistent/dynamoi.toml"));
}

#[test]
fn later_layers_win_and_the_environment_is_the_last() {
    let bench =
        Bench::new("[worker]\nname = \"one\"\nshutdown_grace = \"1s\"\n[database]\nmax_connections = 3\n")
            .file("[worker]\nname = \"two\"\nshutdown_grace = \"2s\"\n");
    let settings = bench.good();
    assert_eq!(settings.worker.name, "two");
    assert_eq!(settings.database.max_connections, 3);
    assert_eq!(settings.database.file_mode, dynamoi::settings::FileMode::Owner);
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:9464");
    let settings = bench.env("DYNAMOI__WORKER__SHUTDOWN_GRACE", "3s").good();
    assert_eq!(settings.worker.name, "two");
    assert_eq!(settings.worker.shutdown_grace, Duration::from_secs(3));
}

#[test]
fn lists_replace_each_other_and_a_secret_has_one_source() {
    let bench = Bench::new(ONE).file(
        "[connections.label-a-meta]\naccounts = [\"act_2\"]\ncredentials.access_token = { env = \"OTHER\" }\n",
    );
    let spec = bench.env("OTHER", "other-value").good().specs().remove(0);
    assert_eq!(spec.accounts, ["act_2"]);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "other-value");
    let token = TempDir::new().unwrap();
    let path = token.path().join("token");
    fs::write(&path, "from-file\n").unwrap();
    let source = format!("[connections.label-a-meta]\ncredentials.access_token = {{ file = {path:?} }}\n");
    let spec = Bench::new(ONE).file(&source).good().specs().remove(0);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "from-file");
}

#[test]
fn variables_reach_names_with_dashes_and_have_the_type_that_the_key_wants() {
    let spec = Bench::new(ONE)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__ACCOUNTS", r#"["act_120208325579370399"]"#)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__SETTINGS__PROJECT", "98765432109876543210")
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__SETTINGS__COUNTRIES", "false")
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__QUOTA__APP", "{ per_minute = 30, burst = 2 }")
        .good()
        .specs()
        .remove(0);
    assert_eq!(spec.name, "label-a-meta");
    assert_eq!(spec.accounts, ["act_120208325579370399"]);
    assert_eq!(spec.settings["project"], "98765432109876543210");
    assert_eq!(spec.settings["countries"], false);
    assert_eq!(spec.quotas, Some(vec![QuotaRule::per_minute(Scope::App, 30.0, 2)].into()));
}

#[test]
fn a_connection_can_come_from_the_environment_alone() {
    let spec = Bench::new("")
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__INTEGRATION", "fake_music")
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__CREDENTIALS__ACCESS_TOKEN", r#"{ env = "TOKEN" }"#)
        .env("DYNAMOI__CONNECTIONS__FROM_ENV__SETTINGS__PROJECT", "7")
        .good()
        .specs()
        .remove(0);
    assert_eq!((spec.name.as_str(), spec.tenant.as_str()), ("from-env", "default"));
    assert_eq!(spec.settings["project"], "7");
    assert_eq!(spec.start_date, date(2026, 8, 26));
    assert_eq!(spec.base_url.as_str(), "https://api.example.com/");
    assert_eq!(spec.api_version, "v1");
}

#[test]
fn further_hosts_have_defaults_and_are_set_by_name() {
    let hosts = |bench: Bench| bench.good().specs().remove(0).endpoints.clone();
    let of = |endpoints: &BTreeMap<String, reqwest::Url>, name: &str| endpoints[name].to_string();
    let usual = hosts(Bench::new(ONE));
    assert_eq!(of(&usual, "token"), "https://token.example.com/oauth/token");
    assert_eq!(of(&usual, "analytics"), "https://analytics.example.com/");
    let general = "[integrations.meta_ads]\nendpoints = { token = \"http://127.0.0.1:1/t\", analytics = \"http://127.0.0.1:2\" }\n";
    let own = "[connections.label-a-meta]\nendpoints.token = \"http://127.0.0.1:3/t\"\n";
    let set = hosts(Bench::new(ONE).file(general).file(own));
    assert_eq!(of(&set, "token"), "http://127.0.0.1:3/t", "the connection's wins");
    assert_eq!(of(&set, "analytics"), "http://127.0.0.1:2/");

    for (line, words) in [
        ("endpoints.tokn = \"https://x.example.com\"", ["did you mean `token`?", "endpoints.tokn"]),
        ("endpoints.token = \"ftp://x.example.com\"", ["a URL such as", "ftp://x.example.com"]),
        ("endpoints.token = \"https://user:planted@x.example.com\"", ["a URL such as", "endpoints.token"]),
    ] {
        for table in ["connections.label-a-meta", "integrations.meta_ads"] {
            let told = Bench::new(ONE).file(&format!("[{table}]\n{line}\n")).bad().to_string();
            for word in words {
                assert!(told.contains(word), "{word:?} is not in: {told}");
            }
        }
    }
    let exposed = "[connections.label-a-meta]\nendpoints.token = \"http://x.example.com\"\n";
    let warnings =
        Bench::new(ONE).file(exposed).good().warnings().iter().map(ToString::to_string).collect::<String>();
    assert!(warnings.contains("endpoints.token") && warnings.contains("https://"), "{warnings}");
}

#[test]
fn a_credential_that_is_replaced_needs_a_key_to_be_kept_with() {
    let own = "[connections.label-a-meta]\ncredentials.refresh_token = { env = \"TOKEN\" }\n";
    let told = Bench::new(ONE).file(own).bad().to_string();
    for words in ["credentials.refresh_token", "[encryption] key", "generate-key"] {
        assert!(told.contains(words), "{words:?} is not in: {told}");
    }
    let key = store::cipher::generate_key().unwrap();
    let with_key = Bench::new(ONE).file(own).file("[encryption]\nkey = { env = \"KEY\" }\n").env("KEY", &key);
    assert_eq!(with_key.good().specs().len(), 1);
}

/// A key of another form is told at the start, without its text; who has no secrets hears nothing of it.
#[test]
fn a_credential_of_another_form_is_told() {
    let own = "[connections.label-a-meta]\ncredentials.key = \"planted-key\"\n";
    let bench = Bench::new(ONE).file(own);
    let told = bench.bad().to_string();
    assert!(told.contains("credentials.key") && told.contains("expected a PEM"), "{told}");
    assert!(!told.contains("planted"), "{told}");
    let (files, environment) = (&bench.files, bench.environment.iter().cloned());
    Settings::load_without_secrets(files, environment, &catalogue()).unwrap();
}

#[test]
fn mistakes_in_variables_name_the_variable() {
    let bench = Bench::new(ONE)
        .env("DYNAMOI__HTTP__ALLOW_PUBLIC", "maybe")
        .env("DYNAMOI__HTTP__LISTN", "127.0.0.1:1")
        .env("DYNAMOI__DATABASE__MAX_CONNECTIONS", "many");
    let text = bench.bad().to_string();
    for words in [
        "variable DYNAMOI__HTTP__ALLOW_PUBLIC",
        "variable DYNAMOI__HTTP__LISTN",
        "did you mean `listen`?",
        "a whole number",
    ] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    assert_eq!(bench.bad().len(), 3, "{text}");
}

/// Each of them was taken, and all was silent.
#[test]
fn a_level_that_is_none_is_refused_with_what_was_meant() {
    for (level, words) in [
        ("warning", ["did you mean `warn`?", "error, warn, info, debug, trace, off"]),
        ("verbose", ["\"verbose\"", "info,actors=debug"]),
        ("infoo,actors=debgu", ["\"infoo\"", "did you mean `info`?"]),
        ("info,actors=debgu", ["\"debgu\"", "did you mean `debug`?"]),
    ] {
        let bench = Bench::new(&format!("[log]\nformat = \"text\"\nlevel = \"{level}\"\n"));
        bench.assert_told(3, "log.level", &words);
    }
    let settings = Bench::new("[log]\nlevel = \"info,actor=debug\"\n").good();
    let warnings: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.contains("did you mean `actors`?")), "{warnings:?}");
}

#[test]
fn an_empty_table_is_told_as_one() {
    let bench = Bench::new("[http]\nauthentication = {}\n");
    bench.assert_told(2, "http.authentication", &["empty table", "at least one of basic, bearer"]);
}

#[test]
fn long_ids_stay_text() {
    let spec = Bench::new(ONE).good().specs().remove(0);
    assert_eq!(spec.accounts, ["act_1234567890123456"]);
    assert_eq!(spec.settings["project"], "12345678901234567890");
    let numbers = ONE
        .replace("\"act_1234567890123456\"", "1234567890123456, 9007199254740993")
        .replace("\"12345678901234567890\"", "9223372036854775807");
    let spec = Bench::new(&numbers).good().specs().remove(0);
    assert_eq!(
        spec.accounts,
        ["1234567890123456", "9007199254740993"],
        "numbers are accepted, to the last digit"
    );
    assert_eq!(spec.settings["project"], "9223372036854775807");
    let bench =
        Bench::new("[connections.a]\nintegration = \"meta_ads\"\naccounts = [123456789012345678901234]\n");
    assert!(bench.bad().to_string().contains("write ids in quotes"));
}

#[test]
fn rates_and_streams_come_from_the_integration_unless_the_connection_says_otherwise() {
    let general = r#"
[integrations.meta_ads]
base_url = "http://127.0.0.1:1/meta_ads"
quota.app = { per_second = 2.5, burst = 5 }
quota.ip = { per_hour = 100 }
streams.insights = { lookback_days = 7, tiers = [{ days = 7, every = "1d" }, { days = 2, every = "15m" }] }
"#;
    let spec = Bench::new(ONE).file(general).good().specs().remove(0);
    assert_eq!(spec.base_url.as_str(), "http://127.0.0.1:1/meta_ads");
    let hourly = QuotaRule { scope: Scope::Ip, limit: 100.0, per: Duration::from_hours(1), burst: 1 };
    let general_rates = [QuotaRule::per_second(Scope::App, 2.5, 5), hourly];
    assert_eq!(spec.quotas, Some(general_rates.to_vec().into()));
    let tiers = [Tier { days: 2, every: Duration::from_mins(15) }, Tier { days: 7, every: DAILY }];
    assert_eq!(spec.streams["insights"].tiers.as_deref(), Some(tiers.as_slice()));
    let own = "[connections.label-a-meta]\nquota.account = { per_minute = 1 }\nstreams.insights = { enabled = false }\n";
    let spec = Bench::new(ONE).file(general).file(own).good().specs().remove(0);
    // Each replaces its own scope only.
    let own_rate = QuotaRule::per_minute(Scope::Account, 1.0, 1);
    let rates = std::iter::once(own_rate).chain(general_rates).collect::<Vec<_>>();
    assert_eq!(spec.quotas, Some(rates.into()));
    assert_eq!(spec.streams["insights"].enabled, Some(false));
    assert_eq!(spec.streams["insights"].lookback_days, Some(7));
}

#[test]
fn budgets_stand_beside_rates_and_replace_their_own_kind() {
    let general = r#"
[integrations.meta_ads]
quota.app = { per_second = 2.5, burst = 5, per_day = 1000, resets = "America/Los_Angeles" }
quota.account = { per_month = 500, resets = "rolling" }
"#;
    let budget =
        |scope, limit, per, resets| BudgetRule { scope, limit, term: Term { per, resets }, unit: REQUESTS };
    let los_angeles = Resets::Zone(rows::zone::zone("America/Los_Angeles").unwrap());
    let daily = budget(Scope::App, 1_000, Period::Day, los_angeles);
    let monthly = budget(Scope::Account, 500, Period::Month, Resets::Rolling);
    let rate = QuotaRule::per_second(Scope::App, 2.5, 5);
    let spec = Bench::new(ONE).file(general).good().specs().remove(0);
    let expected = Quota { rates: vec![rate], budgets: vec![monthly.clone(), daily] };
    assert_eq!(spec.quotas, Some(expected));
    // Only the budget of the scope: its rate stays. And the other way round.
    let own = "[connections.label-a-meta]\nquota.app = { per_day = 20 }\nquota.account = { per_hour = 30 }\n";
    let spec = Bench::new(ONE).file(general).file(own).good().specs().remove(0);
    let hourly = QuotaRule { scope: Scope::Account, limit: 30.0, per: Duration::from_hours(1), burst: 1 };
    let smaller = budget(Scope::App, 20, Period::Day, Resets::Rolling);
    assert_eq!(spec.quotas, Some(Quota { rates: vec![hourly, rate], budgets: vec![monthly, smaller] }));
}

#[test]
fn budgets_that_make_no_sense_are_refused() {
    let bench = Bench::new(
        r#"[integrations.meta_ads]
quota.app = { per_day = 1, per_month = 1 }
quota.ip = { per_second = 1, resets = "UTC" }
quota.account = { per_day = 10, resets = "Mars/Olympus" }
quota.project = { per_month = 0 }
quota.endpoint = { per_day = 10, burst = 2 }
"#,
    );
    bench.assert_told(2, "integrations.meta_ads.quota.app", &["one of per_day, per_month", "both"]);
    bench.assert_told(3, "integrations.meta_ads.quota.ip.resets", &["per_day, per_month", "none of them"]);
    let expected = ["\"rolling\", or an IANA time zone", "Mars/Olympus"];
    bench.assert_told(4, "integrations.meta_ads.quota.account.resets", &expected);
    bench.assert_told(5, "integrations.meta_ads.quota.project.per_month", &["from 1", "0"]);
    bench.assert_told(6, "integrations.meta_ads.quota.endpoint.burst", &["per_second", "none of them"]);
}

#[test]
fn settings_that_do_not_fit_the_stream_or_the_rate_are_refused() {
    let bench = Bench::new(
        r#"[integrations.meta_ads]
quota.app = { per_second = 1, per_hour = 1 }
quota.ip = { burst = 1 }
streams.insights = { every = "1h" }
streams.campaigns = { tiers = [{ days = 1, every = "1h" }], every = "0s", lookback_days = 0 }
"#,
    );
    bench.assert_told(2, "integrations.meta_ads.quota.app", &["exactly one of", "2 of them"]);
    bench.assert_told(3, "integrations.meta_ads.quota.ip", &["none of them"]);
    bench.assert_told(4, "integrations.meta_ads.streams.insights.every", &["tiers"]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.tiers", &["every"]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.every", &["at least a second", "\"0s\""]);
    bench.assert_told(5, "integrations.meta_ads.streams.campaigns.lookback_days", &["from 1", "0"]);
}

#[test]
fn an_integration_judges_its_settings_while_loading() {
    let bench = Bench::new(&ONE.replace("countries = true", "time_zone = \"Europe/Berln\""));
    bench.assert_told(
        8,
        "connections.label-a-meta.settings.time_zone",
        &["an IANA time zone", "Europe/Berln"],
    );
}

#[test]
fn an_account_is_read_or_left_out() {
    let left_out = |ids: &str| format!("connections.label-a-meta.accounts_exclude = [{ids}]\n");
    let settings = Bench::new(ONE).file(&left_out("\"9\"")).good();
    let spec = settings.specs().into_iter().find(|spec| spec.name == "label-a-meta").unwrap();
    assert_eq!(spec.accounts_exclude, ["9"]);
    Bench::new(ONE).file(&left_out("\"9\", \"act_1234567890123456\"")).assert_told(
        1,
        "connections.label-a-meta.accounts_exclude[1]",
        &["to be read and to be left out", "1234567890123456", "remove it"],
    );
    // What one leaves out, another may read with the same token.
    let twin =
        "[connections.twin]\nintegration = \"meta_ads\"\ncredentials.access_token = { env = \"OTHER\" }\n";
    let apart = format!("{twin}accounts_exclude = [\"1234567890123456\"]\n");
    Bench::new(ONE).file(&apart).env("OTHER", "token-value").good();
}

#[test]
fn a_secret_with_a_line_break_is_refused_by_its_key() {
    let twin = "[connections.twin]\nintegration = \"meta_ads\"\naccounts = [\"9\"]\n\
        credentials.access_token = { env = \"OTHER\" }\n";
    let bench = Bench::new(ONE).file(twin).env("OTHER", "EAAfirst\nEAAsecond\n");
    bench.assert_told(
        4,
        "connections.twin.credentials.access_token",
        &["line break", "OTHER", "on one line"],
    );
    // One at the end is what editors leave.
    Bench::new(ONE).file(twin).env("OTHER", "EAAfirst\n").good();
    // A key of several lines is one.
    Bench::new(ONE)
        .file(twin)
        .env("OTHER", "-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n")
        .good();
}

#[test]
fn one_account_is_read_by_one_connection_only() {
    let twin =
        "[connections.twin]\nintegration = \"meta_ads\"\ncredentials.access_token = { env = \"OTHER\" }\n";
    let same_account = format!("{twin}accounts = [\"9\", \"1234567890123456\"]\n");
    let bench = Bench::new(ONE).file(&same_account).env("OTHER", "other");
    bench.assert_told(4, "connections.twin.accounts[1]", &["label-a-meta", "twin", "1234567890123456"]);
    Bench::new(ONE).file(&format!("{twin}accounts = [\"9\"]\n")).env("OTHER", "other").good();
    Bench::new(ONE).file(twin).env("OTHER", "other").good();
    // Without accounts, the same token sees the same ones.
    Bench::new(ONE).file(twin).env("OTHER", "token-value").assert_told(
        1,
        "connections.twin",
        &["the same credentials"],
    );
    Bench::new(ONE).file(&format!("{same_account}enabled = false\n")).good();
    let other_host = format!("{same_account}base_url = \"https://eu.example.com\"\n");
    Bench::new(ONE).file(&other_host).env("OTHER", "other").good();
}

#[test]
fn what_is_switched_off_is_not_polled_and_needs_no_secret() {
    let off = Bench::new(&ONE.replace("TOKEN", "NOT_SET"))
        .file("[integrations.meta_ads]\nenabled = false\n")
        .good();
    assert!(off.specs().is_empty());
    assert!(off.connections.contains_key("label-a-meta"));
    let off =
        Bench::new(&ONE.replace("TOKEN", "NOT_SET")).file("[connections.label-a-meta]\nenabled = false\n");
    assert!(off.good().specs().is_empty());
}

#[test]
fn authentication_opens_other_addresses_and_its_secrets_are_hidden() {
    let public = "[http]\nlisten = \"0.0.0.0:9464\"\n";
    let settings = Bench::new(ONE)
        .file(&format!(
            "{public}authentication = {{ bearer = \"a-token-of-this-test\", basic = {{ user = \"ops\", password = {{ env = \"TOKEN\" }} }} }}\n"
        ))
        .good();
    let authentication = settings.http.authentication.as_ref().unwrap();
    assert_eq!(authentication.bearer.as_ref().unwrap().expose_secret(), "a-token-of-this-test");
    assert_eq!(authentication.basic.as_ref().unwrap().user, "ops");
    let text: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(text.join("\n").contains("travel in clear"), "{text:?}");
    let shown = settings.show();
    assert!(
        !shown.contains("a-token-of-this-test") && shown.contains("TOKEN") && shown.contains("ops"),
        "{shown}"
    );

    let bench = Bench::new("[http.authentication]\nbaerer = \"x\"\n");
    bench.assert_told(2, "http.authentication.baerer", &["did you mean `bearer`?"]);
    let bench = Bench::new("[http.authentication]\nbearer = { env = \"NOT_SET\" }\n");
    bench.assert_told(2, "http.authentication.bearer", &["NOT_SET"]);
    let bench = Bench::new("[http.authentication.basic]\nuser = \"a:b\"\npassword = \"x\"\n");
    bench.assert_told(2, "http.authentication.basic.user", &["a:b"]);
    let bench =
        Bench::new("[http]\ntls = { certificate = \"/nonexistent.pem\", key = \"/nonexistent.key\" }\n");
    bench.assert_told(2, "http.tls", &["/nonexistent.pem"]);
}

#[test]
fn doubtful_settings_work_with_a_warning() {
    let settings = Bench::new(ONE)
        .file("[http]\nlisten = \"0.0.0.0:9464\"\nallow_public = true\n")
        .file("[connections.label-a-meta]\nbase_url = \"http://example.com\"\ncredentials.access_token = \"plain-value\"\n")
        .good();
    let text: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    let text = text.join("\n");
    for words in ["without authentication", "use https://", "stands in the configuration itself", "2.toml:3"]
    {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    assert!(!text.contains("plain-value"));
    assert_eq!(settings.warnings().len(), 3);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("token");
    fs::write(&path, " token \n").unwrap();
    let source = format!("[connections.label-a-meta]\ncredentials.access_token = {{ file = {path:?} }}\n");
    let warnings = |mode| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let settings = Bench::new(ONE).file(&source).good();
        assert_eq!(settings.specs()[0].credentials["access_token"].expose_secret(), "token");
        settings.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(warnings(0o600).is_empty());
    assert!(warnings(0o640)[0].contains("chmod 600"));
}

#[test]
fn systemd_credentials_are_read() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("meta"), "from-systemd\n").unwrap();
    let spec = Bench::new(&ONE.replace("env = \"TOKEN\"", "credential = \"meta\""))
        .env("CREDENTIALS_DIRECTORY", directory.path().to_str().unwrap())
        .good()
        .specs()
        .remove(0);
    assert_eq!(spec.credentials["access_token"].expose_secret(), "from-systemd");
    let stored = Bench::new(&ONE.replace("env = \"TOKEN\"", "stored = \"meta\""));
    assert!(stored.bad().to_string().contains("dynamoi::load_settings"));
}

#[test]
fn who_only_asks_needs_no_secrets() {
    let bench = Bench::new(&ONE.replace("TOKEN", "NOT_SET"));
    let load = || Settings::load_without_secrets(&bench.files, std::iter::empty(), &catalogue());
    let settings = load().unwrap();
    assert!(settings.connections["label-a-meta"].enabled);
    assert!(settings.specs().is_empty());
    assert!(settings.show().contains("NOT_SET"));
}

#[test]
fn a_key_is_a_key_and_no_expression() {
    let bench = Bench::new("[http]\nallowed_hosts = [\"stats.example\", \"x:80\"]\n");
    bench.assert_told(2, "http.allowed_hosts[1]", &["a host's name", "without scheme and port", "x:80"]);
    let bench = Bench::new("\"http.listen\" = \"127.0.0.1:1\"\n\"a[4000000000]\" = 1\n");
    bench.assert_told(1, "\"http.listen\"", &["unknown section"]);
    bench.assert_told(2, "\"a[4000000000]\"", &["unknown section"]);
}

const PLANTED: &str = "planted-9c2f";

#[test]
fn secrets_are_never_printed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("key");
    let key = store::cipher::generate_key().unwrap();
    fs::write(&path, key.as_bytes()).unwrap();
    let text = format!(
        r#"
[database]
url = "postgres://user:{PLANTED}@db.example.com/dynamoi?password={PLANTED}"
[cache]
url = "redis://:{PLANTED}@cache.example.com:6379"
[encryption]
key = {{ file = {path:?} }}
[connections.a]
integration = "meta_ads"
accounts = ["1"]
credentials.access_token = "{PLANTED}"
[connections.b]
integration = "meta_ads"
accounts = ["2"]
credentials.access_token = {{ env = "SECRET" }}
"#
    );
    let bench = Bench::new(&text).env("SECRET", PLANTED);
    let settings = bench.good();
    let printed = format!(
        "{settings:?} {settings:#?} {} {:?} {:?}",
        settings.show(),
        settings.specs(),
        settings.warnings()
    );
    assert!(!printed.contains(PLANTED) && !printed.contains(key.rsplit(':').next().unwrap()), "{printed}");
    let shown = settings.show();
    for words in ["db.example.com/dynamoi", "cache.example.com", "env = \"SECRET\"", "(hidden)"] {
        assert!(shown.contains(words), "{words:?} is not in: {shown}");
    }
}

#[test]
fn mistakes_never_print_secrets() {
    for text in [
        format!("[database]\nurl = \"mysql://root:{PLANTED}@db/x\"\n"),
        format!("[database]\nurl = \"postgres://root:{PLANTED}@[db/x\"\n"),
        format!("[cache]\nurl = \"memcached://{PLANTED}\"\n"),
        format!("[encryption]\nkey = [\"{PLANTED}\"]\n"),
        format!("[encryption]\nkey = {{ value = \"{PLANTED}\" }}\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\naccess_token = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.acess_token = \"{PLANTED}\"\n"),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = [\"{PLANTED}\"]\n"),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = {{ text = \"{PLANTED}\" }}\n"
        ),
        format!("[connections.a]\nintegration = \"meta_ads\"\ncredentials.access_token = \"{PLANTED}\" x\n"),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\nbase_url = \"https://user:{PLANTED}@example.com\"\n"
        ),
        format!(
            "[connections.a]\nintegration = \"meta_ads\"\nstart_date = \"{PLANTED}{PLANTED}{PLANTED}\"\n"
        ),
    ] {
        let text = Bench::new(&text).bad().to_string();
        assert!(!text.contains(PLANTED), "{text}");
    }
    let bench = Bench::new(ONE)
        .env("DYNAMOI__CONNECTIONS__LABEL_A_META__CREDENTIALS__ACCESS_TOKEN", &format!("{{ env = {PLANTED}"));
    // Not TOML, so it is taken for the secret itself, with a warning.
    let settings = bench.good();
    assert!(!format!("{settings:?} {:?}", settings.warnings()).contains(PLANTED));
}

#[test]
fn a_reload_tells_what_changed() {
    let two = ONE
        .replace("label-a-meta", "label-b-meta")
        .replace("1234567890123456", "2")
        .replace("TOKEN", "OTHER");
    let three = ONE
        .replace("label-a-meta", "label-c-meta")
        .replace("act_1234567890123456", "3")
        .replace("TOKEN", "OTHER");
    let old = Bench::new(&format!("{ONE}{two}")).env("OTHER", "before").good();
    assert!(
        Settings::changes(&old, &Bench::new(&format!("{ONE}{two}")).env("OTHER", "before").good()).is_empty()
    );
    let new = Bench::new(&format!("{two}{three}"))
        .file("[database]\nurl = \"sqlite://other.db\"\n[http]\nlisten = \"127.0.0.1:1\"\n")
        .file("[campaigns.night-drive]\nmembers = [{ utm_campaign = \"night-drive\" }]\n")
        .env("OTHER", "after")
        .good();
    let changes = Settings::changes(&old, &new);
    assert_eq!(changes.added, ["label-c-meta"]);
    assert_eq!(changes.removed, ["label-a-meta"]);
    assert_eq!(changes.changed, ["label-b-meta"], "its secret is another one");
    assert_eq!(changes.needs_restart, ["http", "database"]);
    assert!(changes.campaigns);
    let general = "[integrations.meta_ads]\nquota.app = { per_second = 1 }\n";
    let changes =
        Settings::changes(&old, &Bench::new(&format!("{ONE}{two}{general}")).env("OTHER", "before").good());
    assert_eq!(changes.changed, ["label-a-meta", "label-b-meta"]);
}

#[test]
fn a_start_that_moves_with_the_day_is_no_change() {
    let bench = Bench::new(&ONE.replace("start_date = \"2026-01-01\"\n", ""));
    let load =
        |day| Settings::load_on(day, &bench.files, bench.environment.iter().cloned(), &catalogue()).unwrap();
    assert!(Settings::changes(&load(date(2026, 11, 24)), &load(date(2026, 11, 25))).is_empty());
}

#[test]
fn campaigns_are_read() {
    let settings = Bench::new(
        r#"[campaigns.night-drive]
tenant = "label-a"
budget = { amount = "1500.00", currency = "USD", from = "2026-10-01", to = 2026-10-31 }
tracks = ["USUM71703861"]
members = [{ integration = "meta_ads", campaign = "1202" }, { integration = "google_ads", name_matches = "Night*" }, { utm_campaign = "x" }]
"#,
    )
    .good();
    let campaign = &settings.campaigns["night-drive"];
    let budget = campaign.budget.unwrap();
    assert_eq!(
        (budget.amount.0, budget.currency.as_str(), budget.to),
        (1_500_000_000, "USD", date(2026, 10, 31))
    );
    assert_eq!(campaign.members.len(), 3);
    assert!(
        settings.warnings()[0].message.contains("google_ads"),
        "planned for a network that is not built in"
    );
}

#[test]
fn the_schema_describes_what_is_built_in() {
    let schema: serde_json::Value = serde_json::from_str(&schema_text(&catalogue())).unwrap();
    assert_eq!(
        schema["properties"]["integrations"]["properties"]["meta_ads"]["properties"]["api_version"]["default"],
        "v1"
    );
    assert_eq!(schema["$defs"]["Worker"]["properties"]["name"]["default"], "worker-1");
    assert!(
        schema["$defs"]["meta_ads.Mode"].is_object(),
        "what an integration's schema refers to comes along"
    );
}

#[test]
fn the_committed_schema_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/schema.json");
    let committed = fs::read_to_string(path).unwrap();
    let current = schema_text(&actors::integrations::catalogue());
    assert!(committed == current, "write it again: cargo run -- config schema > config/schema.json");
}

/// Any text will do, but where an integration looks into it.
fn secret_of(variable: &str) -> String {
    match variable {
        "DEMO_GOOGLE_KEY" => sandbox::google::DEMO_KEY.to_owned(),
        _ => format!("value of {variable}"),
    }
}

#[test]
fn the_committed_examples_are_right() {
    let config = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config");
    for name in ["demo.toml", "production.example.toml"] {
        let text = fs::read_to_string(config.join(name)).unwrap();
        let variables = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
        let environment = variables.map(|name| (name.to_owned(), secret_of(name)));
        let environment =
            environment.chain([("DYNAMOI__DATABASE__URL".to_owned(), "postgres://db/x".to_owned())]);
        let loaded = Settings::load(&[config.join(name)], environment, &actors::integrations::catalogue());
        let mistakes =
            loaded.err().into_iter().flat_map(|mistakes| mistakes.iter().cloned().collect::<Vec<_>>());
        // An example may be ahead of what is built in, and of nothing else.
        let others: Vec<_> = mistakes
            .filter(|mistake| !mistake.what.contains("known, but not built in yet"))
            .map(|mistake| mistake.to_string())
            .collect();
        assert!(others.is_empty(), "{name}:\n{}", others.join("\n"));
    }
}

#[test]
fn every_sample_of_an_integration_is_right() {
    for integration in actors::integrations::catalogue() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("sample.toml");
        fs::write(&path, integration.sample()).unwrap();
        let loaded =
            Settings::load_without_secrets(&[path], std::iter::empty(), &actors::integrations::catalogue());
        let settings = loaded.unwrap_or_else(|mistakes| panic!("{}:\n{mistakes}", integration.id()));
        assert!(!settings.connections.is_empty(), "{}", integration.id());
    }
}

#[test]
fn keys_are_written_as_in_toml() {
    assert_eq!(KeyPath::of(["a-b", "c d", "0"]).to_string(), "a-b.\"c d\"[0]");
}
