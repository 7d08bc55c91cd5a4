//! What the configuration file may hold, key by key. The schema is generated from these types; their documentation is
//! what an editor shows.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    duration, form, http::HttpTable, recipients::RecipientTable, retention::RetentionTable,
    secret::SecretSource,
};

/// The whole file. Later files win over earlier ones, the environment over all of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the root of the schema; sections are read one by one, so that one broken section does not hide the rest"
)]
pub struct Document {
    /// This process.
    worker: Worker,
    /// What it logs.
    log: Log,
    /// Where metrics, health, status page and API are served.
    http: HttpTable,
    /// Where rows are kept.
    database: Database,
    /// Where hot state is kept.
    cache: Cache,
    /// How personal columns and stored tokens are encrypted.
    #[serde(default)]
    encryption: Encryption,
    /// What holds for all connections of an integration, by integration.
    #[serde(default)]
    integrations: BTreeMap<String, IntegrationTable>,
    /// What is polled, by a name of your own.
    #[serde(default)]
    connections: BTreeMap<String, ConnectionTable>,
    /// Marketing campaigns across networks, by a name of your own.
    #[serde(default)]
    campaigns: BTreeMap<String, CampaignTable>,
    /// Whom data belongs to, by the name that connections and campaigns call it.
    #[serde(default)]
    tenants: BTreeMap<String, TenantTable>,
    /// What is kept apart about people.
    #[serde(default)]
    privacy: PrivacyTable,
    /// How long rows are kept.
    retention: RetentionTable,
}

/// This process.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Worker {
    /// Its name in logs, in the database's leases and on the status page.
    #[schemars(length(min = 1))]
    pub name: String,
    /// How long running cycles may take to end once the worker is told to stop.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::duration")]
    pub shutdown_grace: Duration,
    /// The region in which this worker runs, such as `eu`; empty = not stated.
    #[schemars(schema_with = "form::region_or_none")]
    pub data_region: String,
    /// How long one page may take, without the time that it waits on purpose for a quota.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::duration")]
    pub page_timeout: Duration,
    /// Workers that send within the same providers' limits. Those that share a Redis find each other and need it only
    /// for when it is away; all others take this part of every limit.
    #[schemars(range(min = 1, max = 1_000))]
    pub count: u32,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Log {
    /// How much: `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,actors=debug`.
    #[schemars(length(min = 1))]
    pub level: String,
    /// How it is written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`. Relative paths begin in the working directory.
    #[schemars(schema_with = "form::database_url")]
    pub url: SecretString,
    /// Connections that are open at the same time at most.
    #[schemars(range(min = 1, max = 1_000))]
    pub max_connections: u32,
    /// Who may read the files of a SQLite database that are made: `0600`, their owner alone, or `0660`, their group too.
    /// Files that are there keep their mode.
    pub file_mode: FileMode,
    /// The region in which it is. Needed where a tenant names one.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
}

/// Who may read files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum FileMode {
    /// Their owner.
    #[serde(rename = "0600")]
    Owner,
    /// Their group, too.
    #[serde(rename = "0660")]
    Group,
}

/// The cache.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cache {
    /// `memory://`, `redis://…` or `rediss://…`.
    #[schemars(schema_with = "form::cache_url")]
    pub url: SecretString,
    /// How long an answer may take; then it is a miss. Writing campaigns may take four times as long.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::timeout")]
    pub timeout: Duration,
    /// How long connecting may take.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::timeout")]
    pub connect_timeout: Duration,
    /// Begins every key and channel, followed by a colon.
    #[schemars(schema_with = "form::cache_prefix")]
    pub prefix: String,
    /// How long campaigns stay there after they were written for the last time. They are written anew every 15 minutes.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::snapshot_ttl")]
    pub snapshot_ttl: Duration,
    /// Certificates (PEM) that a `rediss://` server's must come from, instead of the public ones.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub ca_file: Option<PathBuf>,
    /// The region in which a Redis is. Needed where a tenant names one.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
}

/// Encryption at rest.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Encryption {
    /// One or more keys, one a line, the newest first: the newest seals, all of them open.
    #[serde(default)]
    pub key: Option<SecretSource>,
}

/// What holds for all connections of one integration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IntegrationTable {
    /// `false` switches all its connections off.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Root of the provider's API, instead of the usual one.
    #[serde(default)]
    #[schemars(schema_with = "form::url")]
    pub base_url: Option<String>,
    /// Its further hosts, by name, instead of the usual ones.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// Version of the provider's API, instead of the usual one.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Request rates and budgets by scope, each instead of the built-in one of its scope.
    #[serde(default)]
    pub quota: BTreeMap<String, QuotaTable>,
    /// Changes to streams, by stream.
    #[serde(default)]
    pub streams: BTreeMap<String, StreamTable>,
    /// The region of what its connections talk to, as you state it.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
}

/// A request rate, a budget, or both. A rate has exactly one of the three periods, which may be fractional; a budget is by
/// day or by month.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct QuotaTable {
    /// Requests a second.
    #[serde(default)]
    #[schemars(schema_with = "form::rate")]
    pub per_second: Option<f64>,
    /// Requests a minute.
    #[serde(default)]
    #[schemars(schema_with = "form::rate")]
    pub per_minute: Option<f64>,
    /// Requests an hour.
    #[serde(default)]
    #[schemars(schema_with = "form::rate")]
    pub per_hour: Option<f64>,
    /// Requests that may go back to back; 1 unless given.
    #[serde(default)]
    #[schemars(schema_with = "form::burst")]
    pub burst: Option<u32>,
    /// Budget of a day, in what the provider counts: requests, operations, units. A restart does not refill it.
    #[serde(default)]
    #[schemars(schema_with = "form::units")]
    pub per_day: Option<u64>,
    /// Budget of a month (30 days where it is rolling).
    #[serde(default)]
    #[schemars(schema_with = "form::units")]
    pub per_month: Option<u64>,
    /// When the budget is granted anew: `rolling` (unless given), which frees each use once it is older than the period, or the
    /// zone in which its days or months turn.
    #[serde(default)]
    #[schemars(schema_with = "form::resets")]
    pub resets: Option<String>,
}

/// What is changed about a stream.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StreamTable {
    /// Switches it on or off.
    #[serde(default)]
    #[schemars(schema_with = "form::toggle")]
    pub enabled: Option<bool>,
    /// Days that are read again, today included: cuts or widens the deepest tier.
    #[serde(default)]
    #[schemars(schema_with = "form::days")]
    pub lookback_days: Option<u32>,
    /// Replaces the tiers: the last `days` days are read again every `every`.
    #[serde(default)]
    #[schemars(schema_with = "form::tiers")]
    pub tiers: Option<Vec<TierTable>>,
    /// For streams that are not read by days: how often they are read.
    #[serde(default, deserialize_with = "duration::deserialize_some")]
    #[schemars(schema_with = "form::interval")]
    pub every: Option<Duration>,
}

/// A tier of a stream.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TierTable {
    /// How many days back, today included.
    #[schemars(schema_with = "form::days")]
    pub days: u32,
    /// How often they are read again.
    #[serde(with = "duration")]
    #[schemars(schema_with = "form::interval")]
    pub every: Duration,
}

/// One connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ConnectionTable {
    /// Which integration reads it.
    pub integration: String,
    /// `false` keeps its rows and polls nothing.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whom its data belongs to.
    #[serde(default = "default_tenant")]
    #[schemars(length(min = 1))]
    pub tenant: String,
    /// The accounts to read, as the provider names them; without: all that the credentials see.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub accounts: Vec<String>,
    /// Accounts to leave out, so that one that will never answer need not fail every run.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub accounts_exclude: Vec<String>,
    /// The first day of its history; without: 90 days before the configuration is loaded.
    #[serde(default)]
    #[schemars(schema_with = "form::date")]
    pub start_date: Option<rows::Day>,
    /// Root of the provider's API, instead of the integration's.
    #[serde(default)]
    #[schemars(schema_with = "form::url")]
    pub base_url: Option<String>,
    /// Its further hosts, by name, instead of the integration's.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The secrets, by name.
    #[serde(default)]
    pub credentials: BTreeMap<String, SecretSource>,
    /// The integration's own settings.
    #[serde(default)]
    #[schemars(schema_with = "form::table")]
    pub settings: serde_json::Value,
    /// Request rates and budgets by scope, each instead of the integration's of its scope.
    #[serde(default)]
    pub quota: BTreeMap<String, QuotaTable>,
    /// Changes to streams, by stream, over the integration's.
    #[serde(default)]
    pub streams: BTreeMap<String, StreamTable>,
    /// The user's consent without which it is not polled.
    #[serde(default)]
    #[schemars(schema_with = "form::of::<RestsOnTable>")]
    pub rests_on: Option<RestsOnTable>,
    /// The region of what it talks to, instead of the integration's. Needed where its tenant names one.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
}

/// A user's consent to a purpose.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RestsOnTable {
    /// The user's id, as `dynamoi users add` tells it.
    #[schemars(schema_with = "form::text")]
    pub user: String,
    /// A purpose that the tenant's policy names.
    #[schemars(schema_with = "form::text")]
    pub purpose: String,
}

/// One tenant.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TenantTable {
    /// Its name for people.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where its data may be, such as `eu`: whatever it goes through must name the same region. Without: anywhere.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
    /// Its own zone, by which its users' ages are told; without: the one in which days begin last.
    #[serde(default)]
    #[schemars(schema_with = "form::time_zone")]
    pub time_zone: Option<String>,
    /// What is added to what ad networks charged before the tenant sees it, from a day on; nothing before the first.
    #[serde(default)]
    pub markup: Vec<MarkupTable>,
}

/// A percentage that is added, from an account day on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MarkupTable {
    /// The first account day on which it holds; each later than the one before.
    #[schemars(schema_with = "form::date")]
    pub from: rows::Day,
    /// A number from 0 to 1000 with up to four decimals, or the same as text: `15`, `"12.5"`.
    #[schemars(schema_with = "form::percent")]
    pub percent: serde_json::Value,
}

/// What is kept apart about people.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PrivacyTable {
    /// Where users' data keys are: the path of a SQLite file, or the URL of a PostgreSQL database of its own. Without: a file
    /// beside the database's, where that is one.
    #[serde(default)]
    #[schemars(schema_with = "form::key_store")]
    pub keys: Option<SecretString>,
    /// Where erasures are noted, so that a restored backup brings nobody back: the path of a file, or the URL of a PostgreSQL
    /// database of its own. Without: a file beside the database's, where that is one.
    #[serde(default)]
    #[schemars(schema_with = "form::key_store")]
    pub journal: Option<SecretString>,
    /// Who is given data of people, by a name of your own.
    #[serde(default)]
    pub recipients: BTreeMap<String, RecipientTable>,
    /// The region of what is kept apart; the database's, where it is beside the database's file. Needed where a tenant names one
    /// and `keys` or `journal` another place.
    #[serde(default)]
    #[schemars(schema_with = "form::region")]
    pub data_region: Option<String>,
}

/// One marketing campaign across networks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CampaignTable {
    /// Whom it belongs to.
    #[serde(default = "default_tenant")]
    #[schemars(length(min = 1))]
    pub tenant: String,
    /// What it may cost.
    #[serde(default)]
    #[schemars(schema_with = "form::budget")]
    pub budget: Option<BudgetTable>,
    /// The tracks that it promotes, by ISRC.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub tracks: Vec<String>,
    /// What belongs to it.
    #[serde(default)]
    pub members: Vec<MemberTable>,
}

/// A campaign's budget.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetTable {
    /// Decimal text in the currency's major unit: `"1500.00"`.
    #[schemars(schema_with = "form::amount")]
    pub amount: String,
    /// ISO 4217.
    #[schemars(schema_with = "form::currency")]
    pub currency: String,
    /// The first day.
    #[schemars(schema_with = "form::date")]
    pub from: rows::Day,
    /// The last day, included.
    #[schemars(schema_with = "form::date")]
    pub to: rows::Day,
}

/// What belongs to a campaign: `integration` with `campaign` or `name_matches`, or `utm_campaign` alone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MemberTable {
    /// The ad network.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub integration: Option<String>,
    /// The network's id of the campaign.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub campaign: Option<String>,
    /// A pattern for the campaign's name, `*` for anything.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub name_matches: Option<String>,
    /// The `utm_campaign` of web analytics.
    #[serde(default)]
    #[schemars(schema_with = "form::text")]
    pub utm_campaign: Option<String>,
}

/// The tenant of a connection or campaign that names none.
pub const DEFAULT_TENANT: &str = "default";

fn default_tenant() -> String {
    DEFAULT_TENANT.to_owned()
}

pub const fn yes() -> bool {
    true
}

// === impl Database ===

impl Database {
    /// Its SQLite file, when it is not there yet: who only looks must not make it.
    pub fn missing_file(&self) -> Option<PathBuf> {
        let path = self.url.expose_secret().strip_prefix("sqlite://")?;
        let path = PathBuf::from(path.split('?').next().unwrap_or(path));
        (!path.exists()).then_some(path)
    }
}

impl PartialEq for Database {
    fn eq(&self, other: &Self) -> bool {
        self.url.expose_secret() == other.url.expose_secret()
            && self.max_connections == other.max_connections
            && self.file_mode == other.file_mode
            && self.data_region == other.data_region
    }
}

// === impl FileMode ===

impl From<FileMode> for store::FileMode {
    fn from(mode: FileMode) -> Self {
        match mode {
            FileMode::Owner => Self::Owner,
            FileMode::Group => Self::Group,
        }
    }
}

// === impl Cache ===

impl Cache {
    /// Whether it is not in the worker's own memory.
    pub fn is_elsewhere(&self) -> bool {
        self.url.expose_secret() != "memory://"
    }
}

impl PartialEq for Cache {
    fn eq(&self, other: &Self) -> bool {
        self.url.expose_secret() == other.url.expose_secret()
            && self.timeout == other.timeout
            && self.connect_timeout == other.connect_timeout
            && self.prefix == other.prefix
            && self.snapshot_ttl == other.snapshot_ttl
            && self.ca_file == other.ca_file
            && self.data_region == other.data_region
    }
}
