//! What a connection is made from: its configuration, and what an integration says may stand there.

use std::{collections::BTreeMap, time::Duration};

use rows::Day;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    session::{
        call::API_HOST,
        oauth::{Client, ClientAuth},
        quota::Quota,
    },
    stream::Tier,
};

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
    /// Rates and budgets from the configuration, in place of the integration's own for the same scope.
    pub quotas: Option<Quota>,
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
    pub tiers: Option<Vec<Tier>>,
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

// === impl CredentialSpec ===

impl CredentialSpec {
    /// One without which a connection is refused.
    pub const fn required(name: &'static str, help: &'static str) -> Self {
        Self { name, required: true, help }
    }

    /// One that a connection can do without.
    pub const fn optional(name: &'static str, help: &'static str) -> Self {
        Self { name, required: false, help }
    }
}

// === impl SetupError ===

impl SetupError {
    /// The problem with one key of the settings.
    pub fn setting(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { key: key.into(), problem: problem.into() }
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

    /// The application that these credentials are of, which tells them as `auth` says.
    pub fn client(
        &self,
        id: &CredentialSpec,
        secret: &CredentialSpec,
        auth: ClientAuth,
    ) -> Result<Client, SetupError> {
        let id = self.credential(id)?.expose_secret().trim().to_owned();
        Ok(Client { id, secret: self.credential(secret)?, auth })
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
}

/// No settings are the same as empty ones.
fn same_settings(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    let is_empty = |value: &serde_json::Value| {
        value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
    };
    ours == theirs || (is_empty(ours) && is_empty(theirs))
}
