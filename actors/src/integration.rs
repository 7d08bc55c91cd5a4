//! What a provider adds: an [`Integration`] and the [`Source`] that it connects.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use rows::{Clock, Currency, Day};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    failure::Failure,
    page::{PageRequest, Reply},
    session::{API_HOST, Auth, Response, Session, Verdict, quota::QuotaRule, tokens::Tokens},
    stream::Stream,
    webhook::WebhookVerifier,
};

/// A provider: what it is called, what it reads, how one connects to it.
pub trait Integration: Send + Sync {
    /// The id in configuration, tables and labels: `meta_ads`.
    fn id(&self) -> &'static str;

    /// Where its API is reached unless the configuration says otherwise.
    fn base_url(&self) -> &'static str;

    /// Its further hosts, such as the one that gives access tokens. Nothing is sent to any other.
    fn hosts(&self) -> &'static [HostSpec] {
        &[]
    }

    /// The API version asked for unless the configuration says otherwise; `""` where there are none.
    fn api_version(&self) -> &'static str {
        ""
    }

    /// What it can read.
    fn streams(&self) -> Vec<Stream>;

    /// The rates that it keeps unless the configuration says otherwise.
    fn quotas(&self) -> Vec<QuotaRule>;

    /// The secrets that it takes.
    fn credentials(&self) -> &'static [CredentialSpec];

    /// JSON schema of the connection's `settings` table.
    fn settings_schema(&self) -> schemars::Schema;

    /// What a connection with these settings reads, each in words of its own (`project 12345`), where its settings say so
    /// and not its accounts. Two enabled connections on one subject are refused: they would double every total.
    fn subjects(&self, _settings: &serde_json::Value) -> Option<Vec<String>> {
        None
    }

    /// Settings that, when true, make it read personal data: they are switched off where no encryption key is configured.
    fn sealed_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Credentials that the provider replaces when they are used: a connection with one of them is refused where no
    /// encryption key is configured, because the new one could not be kept.
    fn replaced_credentials(&self) -> &'static [&'static str] {
        &[]
    }

    /// An account's id as the provider gives it, from how it may be written in the configuration (`act_1` is 1,
    /// `123-456-7890` is 1234567890).
    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        configured.into()
    }

    /// The accounts that these settings name, where they say what is read (`project`).
    fn accounts_in(&self, _settings: &serde_json::Value) -> Vec<String> {
        Vec::new()
    }

    /// How messages are checked in which the provider says that there is something new; none where it sends none.
    fn webhook(&self) -> Option<&'static dyn WebhookVerifier> {
        None
    }

    /// A commented example of its configuration, TOML.
    fn sample(&self) -> &'static str;

    /// Makes the source of one connection. Sends nothing.
    fn connect(&self, spec: &ConnectionSpec, services: &Services) -> Result<Arc<dyn Source>, SetupError>;
}

/// One connected account holder at a provider. The engine calls it; it calls the [`Session`] for every request.
pub trait Source: Send + Sync {
    /// How requests to the API are authenticated.
    fn auth(&self) -> Auth;

    /// How requests to one of its further hosts are authenticated. What belongs to the API does not go elsewhere by itself.
    /// Requests for access tokens are none of these: the session makes them.
    fn auth_at(&self, _host: &'static str) -> Auth {
        Auth::None
    }

    /// What an answer means. Called for **every** answer, good ones too: quota signals ride on all of them, and some
    /// providers put errors into status 200.
    fn classify(&self, response: &Response) -> Verdict;

    /// Asks the provider whether the credentials work and which accounts they see (narrowed to the configured ones).
    /// A connection without accounts returns one whose id is `""`. It fails only where nothing can be said of any account:
    /// what ails one of them is told beside it, and the others are read.
    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>>;

    /// The integration's streams as this connection's settings make them: some are switched on, some get another
    /// look-back. What the configuration says about streams comes later and wins.
    fn adjust_streams(&self, streams: Vec<Stream>) -> Vec<Stream> {
        streams
    }

    /// Whether the cursors of its pages walk a list of its own, such as one from the settings: it has an end, and the same
    /// thing may stand on it twice. Else pages that bring nothing new are taken for a circle.
    fn walks_own_list(&self) -> bool {
        false
    }

    /// Reads one page of one stream. May send several requests.
    fn page<'a>(
        &'a self,
        session: &'a Session,
        request: PageRequest<'a>,
    ) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// An account at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The provider's id, without decoration.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Currency of its amounts, where it has one.
    pub currency: Option<Currency>,
    /// IANA name of the zone in which its days are counted.
    pub time_zone: String,
}

/// The accounts that a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Those that can be read.
    pub usable: Vec<Account>,
    /// Those that cannot be read now.
    pub unusable: Vec<Unusable>,
    /// The provider listed them: of one that was read before and is not among them, it must be said that it is missing.
    pub listed: bool,
}

/// An account that is there, or configured, and about which something stands in the way. [`Failure::Permanent`]: what the
/// provider says of it cannot be true of what was read before either, and it is not read. With every other failure, one
/// that was read before goes on being read as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The provider's id, without decoration.
    pub id: String,
    /// Why, and what to do.
    pub failure: Failure,
}

/// A secret that an integration takes.
#[derive(Debug, Clone, Copy)]
pub struct CredentialSpec {
    /// The key below `credentials`: `access_token`.
    pub name: &'static str,
    /// Whether a connection without it is refused.
    pub required: bool,
    /// What it is and where to get it.
    pub help: &'static str,
}

/// One of an integration's hosts beside that of its API.
#[derive(Debug, Clone, Copy)]
pub struct HostSpec {
    /// The key below `endpoints`, and what a [`Call`](crate::session::Call) names it by: `token`.
    pub name: &'static str,
    /// Its root, unless the configuration says otherwise.
    pub url: &'static str,
    /// What is had from it.
    pub help: &'static str,
}

/// What a source may ask for beside its session.
#[derive(Clone)]
pub struct Services {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Access tokens, for what does not go through the session.
    pub tokens: Arc<Tokens>,
}

/// One connection as configured: defaults applied, secrets resolved.
#[derive(Debug, Clone)]
pub struct ConnectionSpec {
    /// The configured name.
    pub name: String,
    /// The integration's id.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// The accounts to read; empty = all that the credentials see.
    pub accounts: Vec<String>,
    /// Accounts that are left out, whatever the credentials see.
    pub accounts_exclude: Vec<String>,
    /// Where history begins.
    pub start_date: Day,
    /// Root of the provider's API.
    pub base_url: Url,
    /// Roots of its further hosts, by name.
    pub endpoints: BTreeMap<String, Url>,
    /// The API version.
    pub api_version: String,
    /// Secrets by name.
    pub credentials: BTreeMap<String, SecretString>,
    /// The integration's own settings, already checked against its schema.
    pub settings: serde_json::Value,
    /// Rates from the configuration; when there are any, they replace the integration's own as a whole.
    pub quotas: Option<Vec<QuotaRule>>,
    /// Changes to streams, by stream name.
    pub streams: BTreeMap<String, StreamOverride>,
}

/// What the configuration changes about a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamOverride {
    /// Switches it on or off.
    pub enabled: Option<bool>,
    /// Days that are read again: cuts or widens the deepest tier.
    pub lookback_days: Option<u32>,
    /// Replaces the tiers.
    pub tiers: Option<Vec<crate::stream::Tier>>,
    /// For feeds and snapshots: how often.
    pub every: Option<Duration>,
}

/// Why a connection cannot be made from its configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A required secret is missing.
    #[error("credentials.{name} is missing: {help}")]
    MissingCredential {
        /// Its key.
        name: &'static str,
        /// What it is and where to get it.
        help: &'static str,
    },
    /// A secret is not of the form that is needed.
    #[error("credentials.{name}: {problem}")]
    Credential {
        /// Its key.
        name: &'static str,
        /// What was expected, without the secret.
        problem: String,
    },
    /// A setting does not make sense.
    #[error("settings.{key}: {problem}")]
    Setting {
        /// Its key.
        key: String,
        /// What was expected.
        problem: String,
    },
}

// === impl Account ===

impl Account {
    /// That of a connection without accounts: its id is `""`. `time_zone` is the zone in which its days are counted.
    pub fn sole(name: impl Into<String>, time_zone: impl Into<String>) -> Self {
        Self { id: String::new(), name: name.into(), currency: None, time_zone: time_zone.into() }
    }
}

// === impl Services ===

impl Services {
    /// Of a process that shares tokens with no other, and keeps none.
    pub fn alone(clock: Arc<dyn Clock>) -> Self {
        let tokens = Arc::new(Tokens::alone(Arc::clone(&clock)));
        Self { clock, tokens }
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

// === impl Accounts ===

impl Accounts {
    /// One that can be read.
    pub fn one(account: Account) -> Self {
        Self { usable: vec![account], ..Self::default() }
    }

    /// Sorts one in.
    pub fn add(&mut self, id: &str, found: Result<Account, Failure>) {
        match found {
            Ok(account) => self.usable.push(account),
            Err(failure) => self.unusable.push(Unusable { id: id.to_owned(), failure }),
        }
    }
}

// === impl ConnectionSpec ===

impl ConnectionSpec {
    /// A required secret.
    pub fn credential(&self, spec: &CredentialSpec) -> Result<SecretString, SetupError> {
        self.credentials
            .get(spec.name)
            .cloned()
            .ok_or(SetupError::MissingCredential { name: spec.name, help: spec.help })
    }

    /// Refuses `accounts` where there are none; `instead` says under which key of the settings to name what is read, and
    /// what it is.
    pub fn refuse_accounts(&self, key: &str, instead: &str) -> Result<(), SetupError> {
        if self.accounts.iter().all(String::is_empty) {
            return Ok(());
        }
        let problem = format!("`accounts` means nothing to {}: {instead}", self.integration);
        Err(SetupError::Setting { key: key.to_owned(), problem })
    }

    /// The root of one of its hosts; none where it has no such host.
    pub fn host(&self, name: &str) -> Option<&Url> {
        if name == API_HOST { Some(&self.base_url) } else { self.endpoints.get(name) }
    }

    /// Whether nothing differs, secrets included.
    pub fn same_as(&self, other: &Self) -> bool {
        let Self {
            name,
            integration,
            tenant,
            accounts,
            accounts_exclude,
            start_date,
            base_url: _,
            endpoints: _,
            api_version,
            credentials: _,
            settings,
            quotas: _,
            streams,
        } = self;
        self.asks_as(other)
            && *name == other.name
            && *integration == other.integration
            && *tenant == other.tenant
            && *accounts == other.accounts
            && *accounts_exclude == other.accounts_exclude
            && *start_date == other.start_date
            && *api_version == other.api_version
            && same_settings(settings, &other.settings)
            && *streams == other.streams
    }

    /// Whether it asks the same provider, as the same one, under the same limits.
    pub fn asks_as(&self, other: &Self) -> bool {
        let same_secret = |(name, secret): (&String, &SecretString)| {
            let other = other.credentials.get(name).map(ExposeSecret::expose_secret);
            other == Some(secret.expose_secret())
        };
        self.base_url == other.base_url
            && self.endpoints == other.endpoints
            && self.quotas == other.quotas
            && self.credentials.len() == other.credentials.len()
            && self.credentials.iter().all(same_secret)
    }

    /// The settings as the integration's own type.
    pub fn settings<T: serde::de::DeserializeOwned + Default>(&self) -> Result<T, SetupError> {
        if self.settings.is_null() {
            return Ok(T::default());
        }
        serde_json::from_value(self.settings.clone())
            .map_err(|error| SetupError::Setting { key: "*".to_owned(), problem: error.to_string() })
    }
}

/// No settings are the same as empty ones.
fn same_settings(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    let is_empty = |value: &serde_json::Value| {
        value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
    };
    ours == theirs || (is_empty(ours) && is_empty(theirs))
}
