//! The configuration: layers merged, every mistake told at once, secrets fetched.
//!
//! Layers, later wins: the built-in defaults, each file, the environment ([`environment`]). Tables are merged key by
//! key; lists replace each other. Relative paths begin in the working directory.

mod base_url;
mod campaign;
mod changes;
mod connection;
mod document;
mod duration;
pub mod environment;
mod exhibit;
mod form;
mod http;
mod ids;
mod known;
mod layer;
mod mistake;
mod overlap;
mod people;
mod place;
mod quota;
mod recipients;
mod region;
mod retention;
mod review;
mod schema;
mod secret;
mod suggestion;
mod tokens;
mod tree;
mod validation;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actors::integration::{AnyIntegration, ConnectionSpec};
use rows::{Clock, Day, clock::SystemClock};
use store::cipher::Keyring;

pub use campaign::{Budget, Campaign, Member};
pub use changes::Changes;
pub use connection::{Connection, DEFAULT_HISTORY_DAYS, consented};
pub use document::{Cache, DEFAULT_TENANT, Database, FileMode, Log, LogFormat, Worker};
pub use http::{Authentication, Basic, Http, Tls};
pub use mistake::{Mistake, Mistakes, Warning};
pub use people::{Privacy, RestsOn, Tenant};
pub use place::{KeyPath, Place};
pub use recipients::Recipient;
pub use region::{Location, Outside};
pub use secret::StoredSecrets;
pub(crate) use suggestion::did_you_mean;
pub use tokens::Token;

use self::{
    layer::Layer,
    review::{Review, Secrets},
    schema::Schema,
    tree::Tree,
};

/// The defaults that every other layer builds on.
const DEFAULTS: &str = include_str!("../../config/default.toml");
/// Largest configuration file that is read: a wrong path must not fill memory.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A configuration without mistakes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This process.
    pub worker: Worker,
    /// What it logs.
    pub log: Log,
    /// Where it serves.
    pub http: Http,
    /// Where rows are kept.
    pub database: Database,
    /// Where hot state is kept.
    pub cache: Cache,
    /// The encryption key, if there is one.
    pub encryption: Encryption,
    /// Everything under `connections`, switched off or not, by name.
    pub connections: BTreeMap<String, Connection>,
    /// Everything under `campaigns`, by name.
    pub campaigns: BTreeMap<String, Campaign>,
    /// Everything under `tenants`, by name.
    pub tenants: BTreeMap<String, Tenant>,
    /// What is kept apart about people.
    pub privacy: Privacy,
    /// How long rows are kept.
    pub retention: store::retention::Terms,
    /// Secrets that the worker keeps itself, with where they are used.
    stored: Vec<(String, KeyPath)>,
    warnings: Vec<Warning>,
    /// Merged, secrets hidden: TOML, because a tree of thousands of connections takes ten times the memory.
    exhibit: String,
}

/// Encryption at rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encryption {
    /// The keys, the newest first; nothing without a key, or when secrets were left out.
    pub keyring: Option<Keyring>,
}

// === impl Settings ===

impl Settings {
    /// Reads the files and the environment. The error holds every mistake that there is. Secrets that the worker keeps
    /// itself (`{ stored = … }`) need its database: see [`load_settings`](crate::load_settings).
    pub fn load(
        files: &[PathBuf],
        env: impl Iterator<Item = (String, String)>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        let today = rows::day::day_at(SystemClock::new().now(), &jiff::tz::TimeZone::UTC);
        Self::load_on(today, files, env, integrations)
    }

    /// As [`Settings::load`], but leaves secrets where they are: for asking a running daemon, by somebody who may have
    /// none of its secrets. [`Settings::specs`] is empty then.
    pub fn load_without_secrets(
        files: &[PathBuf],
        env: impl Iterator<Item = (String, String)>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        let today = Day::default();
        Self::read(today, Secrets::LeftOut, &StoredSecrets::default(), files, &env.collect(), integrations)
    }

    /// As [`Settings::load_without_secrets`], but fetches the encryption key: for who keeps secrets.
    pub fn load_with_key_only(
        files: &[PathBuf],
        env: impl Iterator<Item = (String, String)>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        let today = Day::default();
        Self::read(today, Secrets::KeyOnly, &StoredSecrets::default(), files, &env.collect(), integrations)
    }

    /// As [`Settings::load`], with the secrets that the worker keeps itself.
    pub fn load_with_stored(
        stored: &StoredSecrets,
        files: &[PathBuf],
        env: impl Iterator<Item = (String, String)>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        let today = rows::day::day_at(SystemClock::new().now(), &jiff::tz::TimeZone::UTC);
        Self::read(today, Secrets::Fetched, stored, files, &env.collect(), integrations)
    }

    /// As [`Settings::load`], on this day (UTC): it decides where a connection without a `start_date` begins.
    pub fn load_on(
        today: Day,
        files: &[PathBuf],
        env: impl Iterator<Item = (String, String)>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        Self::read(today, Secrets::Fetched, &StoredSecrets::default(), files, &env.collect(), integrations)
    }

    fn read(
        today: Day,
        secrets: Secrets,
        stored: &StoredSecrets,
        files: &[PathBuf],
        environment: &BTreeMap<String, String>,
        integrations: &[Arc<dyn AnyIntegration>],
    ) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut layers = vec![Layer::parse(DEFAULTS, None, &mut mistakes)];
        layers.extend(files.iter().map(|path| read_file(path, &mut mistakes)));
        if !mistakes.is_empty() {
            // What a file without valid syntax says is guesswork: no further mistakes are made up from it.
            mistakes.sort();
            return Err(mistakes);
        }
        let defaults = layers[0].values.clone();
        let schema = Schema::new(integrations, &defaults);
        let mut tree = Tree::merge(layers);
        // What a variable means depends on what the files say.
        let variables = environment::layer(environment, &schema, &tree.values, &mut mistakes);
        if !variables.places.is_empty() {
            tree = Tree::merge(vec![tree.into(), variables]);
        }
        ids::as_text(&schema, &mut tree.values);
        let sound = validation::check(&schema, &tree, &defaults, &mut mistakes);
        let mut review = Review {
            tree: &tree,
            sound: &sound,
            environment,
            integrations,
            secrets,
            stored,
            used: Vec::new(),
            encrypts: false,
            today,
            mistakes,
            warnings: Vec::new(),
        };
        let settings = review.settings(&schema);
        let Review { mut mistakes, .. } = review;
        mistakes.sort();
        settings.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }

    /// What the engine is to connect: everything that is switched on, defaults applied, secrets fetched.
    pub fn specs(&self) -> Vec<Arc<ConnectionSpec>> {
        self.connections.values().filter_map(|connection| connection.spec.clone()).collect()
    }

    /// What somebody who named this connection could have meant, in words.
    pub fn expected_connection(&self, name: &str) -> String {
        let names = || self.connections.keys().map(String::as_str);
        let help = did_you_mean(name, names()).map(|help| format!("\n  help: {help}"));
        format!("{}{}", suggestion::one_of(names()), help.unwrap_or_default())
    }

    /// Whether a connection's secret is one that the worker keeps itself.
    pub fn uses_stored_secrets(&self) -> bool {
        !self.stored.is_empty()
    }

    /// The stored secrets that a connection's credentials are, by credential.
    pub fn stored_credentials(&self, connection: &str) -> BTreeMap<String, String> {
        let below = KeyPath::of(["connections", connection, "credentials"]);
        let of_it = self.stored.iter().filter(|(_, key)| key.0.starts_with(&below.0));
        of_it.filter_map(|(stored, key)| Some((key.0.last()?.clone(), stored.clone()))).collect()
    }

    /// Where the configuration uses the stored secret of this name.
    pub fn users_of_stored(&self, name: &str) -> Vec<String> {
        let users = self.stored.iter().filter(|(stored, _)| stored == name);
        users.map(|(_, key)| key.to_string()).collect()
    }

    /// What works and is probably not meant.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The merged configuration as TOML, secrets hidden.
    pub fn show(&self) -> String {
        self.exhibit.clone()
    }
}

/// Reads a duration as configuration writes it: `15m`, `1h30m`, `1d`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| "expected a duration such as 90s, 10m or 1h".to_owned())
}

/// The JSON schema of the configuration with these integrations: for editors, and what [`Settings::load`] checks against.
pub fn schema_text(integrations: &[Arc<dyn AnyIntegration>]) -> String {
    let defaults = Layer::parse(DEFAULTS, None, &mut Mistakes::default()).values;
    Schema::new(integrations, &defaults).to_text()
}

/// How the log is to be written, as far as it can be told of a configuration that may have mistakes: so that those are
/// written likewise.
pub fn log_format(files: &[PathBuf], env: impl Iterator<Item = (String, String)>) -> LogFormat {
    let told = |path: &PathBuf| {
        let layer = read_file(path, &mut Mistakes::default());
        Some(schema::child(schema::child(&layer.values, "log")?, "format")?.as_str()?.to_owned())
    };
    let of_files = files.iter().rev().find_map(told);
    let variable = format!("{}LOG__FORMAT", environment::PREFIX);
    let of_environment = env.filter(|(name, _)| name.eq_ignore_ascii_case(&variable)).last();
    match of_environment.map(|(_, format)| format).or(of_files).as_deref() {
        Some("json") => LogFormat::Json,
        _ => LogFormat::Text,
    }
}

fn read_file(path: &Path, mistakes: &mut Mistakes) -> Layer {
    let content = std::fs::metadata(path).and_then(|metadata| {
        if metadata.len() > FILE_BYTES_MAX {
            return Err(std::io::Error::other(format!("more than {FILE_BYTES_MAX} bytes")));
        }
        std::fs::read_to_string(path)
    });
    match content {
        Ok(text) => Layer::parse(&text, Some(path), mistakes),
        Err(error) => {
            mistakes.push(Mistake {
                what: "the configuration file cannot be read".to_owned(),
                place: Place::File { path: path.to_owned(), line: None },
                key: KeyPath::default(),
                expected: "a TOML file".to_owned(),
                found: error.to_string(),
                help: Some("`dynamoi config example` prints one to start from".to_owned()),
            });
            Layer::empty()
        }
    }
}

// === impl Review ===

impl Review<'_> {
    /// Everything. Each part is looked at, whatever is wrong with the others.
    fn settings(&mut self, schema: &Schema) -> Option<Settings> {
        let worker = self.read(&KeyPath::of(["worker"]));
        let log = self.log();
        let http = self.http();
        let database = self.database();
        let cache = self.cache();
        let encryption = Encryption { keyring: self.keyring() };
        let connections = self.connections();
        let campaigns = self.campaigns();
        let tenants = self.tenants();
        let privacy = self.privacy(database.as_ref(), &tenants);
        let retention = self.retention();
        let settings = Settings {
            worker: worker?,
            log: log?,
            http: http?,
            database: database?,
            cache: cache?,
            encryption,
            connections,
            campaigns,
            tenants,
            privacy: privacy?,
            retention: retention?,
            stored: std::mem::take(&mut self.used),
            warnings: std::mem::take(&mut self.warnings),
            exhibit: exhibit::to_toml(&exhibit::without_secrets(schema, &self.tree.values)),
        };
        self.refuse_outside(&settings);
        Some(settings)
    }
}
