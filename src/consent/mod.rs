//! Getting a connection's credential from a person: what `dynamoi connect` does, step by step. The provider's own part of it is
//! [`actors::consent`].

mod loopback;

use std::{path::PathBuf, sync::Arc};

use actors::{
    consent::{Code, Consent, Request},
    failure::Failure,
    integration::{Accounts, AnyIntegration, ConnectionSpec, Manifest, SetupError},
};
use reqwest::Url;
use rows::clock::SystemClock;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Access, StoreError};

pub use loopback::{Loopback, PATH};

use crate::{
    open_store,
    probe::{Probe, ProbeError},
    settings::{Mistakes, Settings, StoredSecrets, consented},
};

/// A connection that waits for its credential.
pub struct Asking {
    settings: Settings,
    spec: ConnectionSpec,
    integration: Arc<dyn AnyIntegration>,
    consent: Consent,
    /// The name under which the credential is stored.
    stored: String,
}

/// Why a connection cannot get its credential in this way.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Its provider has no page for it.
    #[error(
        "{0} has no page on which a person lets an application in: its credentials are copied from its console (`dynamoi config example {0}`)"
    )]
    NoPage(&'static str),
    /// What is stored would not be used.
    #[error(
        "connections.{connection}.credentials.{credential} is configured, and would be used instead of what is stored: take it out of the configuration first"
    )]
    Configured {
        /// The connection.
        connection: String,
        /// The credential.
        credential: &'static str,
    },
    /// Nothing can be sealed.
    #[error(
        "there is no encryption key to seal the credential with\n  encryption.key: expected where the key is, such as {{ file = \"data/key\" }}\n  help: `dynamoi secrets generate-key --output data/key` makes one"
    )]
    NoKey,
    /// The application's own secret is not there.
    #[error(
        "credentials.{credential}: there is no stored secret {name:?}: `dynamoi secrets put {name} --config …` stores it"
    )]
    NotStored {
        /// The credential.
        credential: String,
        /// The secret's name.
        name: String,
    },
    /// The connection's settings.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The way to the provider.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The provider's answer.
    #[error("{0}")]
    Provider(#[from] Failure),
}

/// Reads the configuration of connections whose credentials are still missing, as [`load_settings`](crate::load_settings).
pub fn load_settings(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
    integrations: &[Arc<dyn AnyIntegration>],
) -> Result<Settings, Mistakes> {
    Settings::load_with_stored(&StoredSecrets::Assumed, files, env, integrations)
}

// === impl Asking ===

impl Asking {
    /// For this connection of settings that [`load_settings`] has read. Sends nothing.
    pub async fn new(
        settings: Settings,
        spec: &ConnectionSpec,
        integration: Arc<dyn AnyIntegration>,
    ) -> Result<Self, ConsentError> {
        let Manifest { id, consent, .. } = integration.manifest();
        let consent = consent.ok_or(ConsentError::NoPage(id))?;
        if settings.encryption.keyring.is_none() {
            return Err(ConsentError::NoKey);
        }
        let mut stored = settings.stored_credentials(&spec.name);
        let credential = consent.gives.name;
        let own = stored.remove(credential);
        if own.is_none() && spec.credentials.contains_key(credential) {
            return Err(ConsentError::Configured { connection: spec.name.clone(), credential });
        }
        let mut asking = Self {
            stored: own.unwrap_or_else(|| consented(&spec.name)),
            spec: spec.clone(),
            settings,
            integration,
            consent,
        };
        for (credential, name) in stored {
            let secret = asking.stored_secret(&name).await?;
            let secret =
                secret.ok_or_else(|| ConsentError::NotStored { credential: credential.clone(), name })?;
            asking.spec.credentials.insert(credential, secret);
        }
        Ok(asking)
    }

    /// How its provider asks.
    pub const fn consent(&self) -> &Consent {
        &self.consent
    }

    /// The name under which the credential is stored.
    pub fn stored_as(&self) -> &str {
        &self.stored
    }

    /// What to open. The answer goes to `redirect`.
    pub fn request(&self, redirect: Url) -> Result<Request, ConsentError> {
        Ok(self.consent.request(&self.spec, redirect)?)
    }

    /// Exchanges the code, and stores what it is good for, sealed. Gives the scopes that were asked for and not given.
    pub async fn take(&mut self, code: Code) -> Result<Vec<&'static str>, ConsentError> {
        let mut spec = self.spec.clone();
        // Nothing is authenticated by it yet.
        spec.credentials.insert(self.consent.gives.name.to_owned(), SecretString::from("-"));
        let probe = Probe::new(&self.settings, Arc::new(spec), self.integration.as_ref())?;
        let given = self.consent.exchange(probe.session(), code).await?;
        let lacking = given.lacking(&self.consent);
        let credential = given.credential;
        let store = open_store(&self.settings, Access::Make, Arc::new(SystemClock::new())).await?;
        let stored = async {
            store.expect_current_or_empty().await?;
            store.put_secret(&self.stored, credential.expose_secret().as_bytes()).await
        };
        let stored = stored.await;
        store.close().await;
        stored?;
        self.spec.credentials.insert(self.consent.gives.name.to_owned(), credential);
        Ok(lacking)
    }

    /// All accounts that the credential sees.
    pub async fn accounts(&self) -> Result<Accounts, ConsentError> {
        let spec = ConnectionSpec { accounts: Vec::new(), ..self.spec.clone() };
        let probe = Probe::new(&self.settings, Arc::new(spec), self.integration.as_ref())?;
        Ok(probe.accounts().await?)
    }

    async fn stored_secret(&self, name: &str) -> Result<Option<SecretString>, ConsentError> {
        if self.settings.database.missing_file().is_some() {
            return Ok(None);
        }
        let store = open_store(&self.settings, Access::Read, Arc::new(SystemClock::new())).await?;
        let secret = store.secret(name).await;
        store.close().await;
        Ok(secret?.and_then(|secret| Some(SecretString::from(str::from_utf8(&secret).ok()?))))
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").field("connection", &self.spec.name).finish_non_exhaustive()
    }
}
