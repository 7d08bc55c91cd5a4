//! What a provider adds: an [`Integration`], and the [`Source`] that it connects.

use std::{borrow::Cow, sync::Arc};

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

pub use crate::{
    account::{Account, Accounts, Unusable},
    manifest::Manifest,
    session::{Services, Source},
    spec::{ConnectionSpec, CredentialSpec, HostSpec, SetupError, StreamOverride},
};
use crate::{
    reader::{BoundStream, StreamOf},
    stream::Stream,
};

/// A provider: what it is called, what it reads, how one connects to it. The engine and the daemon know it as
/// [`AnyIntegration`], which every integration is by itself.
pub trait Integration: Send + Sync {
    /// The connection's `settings` table, as configured. Its documentation is what editors show.
    type Settings: DeserializeOwned + JsonSchema + Default
    where
        Self: Sized;

    /// What it connects.
    type Source: Source + 'static
    where
        Self: Sized;

    /// What it is, whatever the settings are.
    fn manifest(&self) -> Manifest;

    /// What it can read, each stream with its reader, as these settings make it: some are switched on, some get another
    /// look-back. Names, tables and kinds are the same whatever the settings are. What the configuration says about streams
    /// comes later and wins.
    fn streams(&self, settings: &Self::Settings) -> Vec<StreamOf<Self::Source>>
    where
        Self: Sized;

    /// Makes the source of one connection. Sends nothing.
    fn connect(&self, setup: Setup<'_, Self::Settings>) -> Result<Self::Source, SetupError>
    where
        Self: Sized;

    /// What a connection with these settings reads, each in words of its own (`project 12345`), where its settings say so
    /// and not its accounts. Two enabled connections on one subject are refused: they would double every total.
    fn subjects(&self, _settings: &Self::Settings) -> Option<Vec<String>>
    where
        Self: Sized,
    {
        None
    }

    /// The accounts that these settings name, where they say what is read (`project`).
    fn accounts_in(&self, _settings: &Self::Settings) -> Vec<String>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// An account's id as the provider gives it, from how it may be written in the configuration (`act_1` is 1,
    /// `123-456-7890` is 1234567890).
    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        configured.into()
    }
}

/// What a source is made from.
#[derive(Debug)]
pub struct Setup<'a, Settings> {
    /// The connection as configured.
    pub spec: &'a ConnectionSpec,
    /// Its settings, read.
    pub settings: Settings,
    /// What the process has for all connections.
    pub services: &'a Services,
}

/// An [`Integration`] whose types are not known: settings come as they are configured, and what it connects can be read, but
/// not told apart from what others connect.
pub trait AnyIntegration: Integration {
    /// What it can read, as it is without settings.
    fn known_streams(&self) -> Vec<Stream>;

    /// JSON schema of the connection's `settings` table.
    fn settings_schema(&self) -> Schema;

    /// [`Integration::subjects`] of these settings; none of those that cannot be read, which [`Self::connected`] refuses.
    fn known_subjects(&self, settings: &Value) -> Option<Vec<String>>;

    /// [`Integration::accounts_in`] these settings; none in those that cannot be read.
    fn known_accounts(&self, settings: &Value) -> Vec<String>;

    /// Makes one connection. Sends nothing.
    fn connected(&self, spec: &ConnectionSpec, services: &Services) -> Result<Connected, SetupError>;
}

/// One connection, ready to be read.
pub struct Connected {
    /// How its requests are authenticated, and what answers mean.
    pub source: Arc<dyn Source>,
    /// What is read of it.
    pub streams: Vec<BoundStream>,
}

/// The settings of an integration that has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoSettings {}

impl<I: Integration> AnyIntegration for I {
    fn known_streams(&self) -> Vec<Stream> {
        let streams = self.streams(&I::Settings::default());
        streams.into_iter().map(StreamOf::described).collect()
    }

    fn settings_schema(&self) -> Schema {
        schema_for!(I::Settings)
    }

    fn known_subjects(&self, settings: &Value) -> Option<Vec<String>> {
        self.subjects(&parsed(settings).ok()?)
    }

    fn known_accounts(&self, settings: &Value) -> Vec<String> {
        parsed(settings).map(|settings| self.accounts_in(&settings)).unwrap_or_default()
    }

    fn connected(&self, spec: &ConnectionSpec, services: &Services) -> Result<Connected, SetupError> {
        let settings = parsed(&spec.settings)?;
        let streams = self.streams(&settings);
        let source = Arc::new(self.connect(Setup { spec, settings, services })?);
        let bind = |stream: StreamOf<I::Source>| {
            let stream = stream.bind(Arc::clone(&source));
            let goes = source.goes_with(stream.name);
            stream.changed(|stream| stream.enabled &= goes)
        };
        let streams = streams.into_iter().map(bind).collect();
        Ok(Connected { source, streams })
    }
}

/// The settings as the integration's own type.
fn parsed<T: DeserializeOwned + Default>(settings: &Value) -> Result<T, SetupError> {
    if settings.is_null() {
        return Ok(T::default());
    }
    T::deserialize(settings)
        .map_err(|error| SetupError::Setting { key: "*".to_owned(), problem: error.to_string() })
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected").field("streams", &self.streams).finish_non_exhaustive()
    }
}
