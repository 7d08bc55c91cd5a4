//! Secrets that the worker keeps itself: `{ stored = "NAME" }` in the configuration.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use actors::integration::AnyIntegration;
use rows::clock::SystemClock;
use secrecy::SecretString;
use store::{Access, Store, StoreError};

use crate::{
    open_store,
    settings::{Mistakes, Settings, StoredSecrets},
};

/// Reads the files and the environment, as [`Settings::load`], and the stored secrets that they name from the database
/// that they name.
pub async fn load_settings(
    files: &[PathBuf],
    env: impl Iterator<Item = (String, String)>,
    integrations: &[Arc<dyn AnyIntegration>],
) -> Result<Settings, Mistakes> {
    let environment: BTreeMap<String, String> = env.collect();
    let load = |stored: &StoredSecrets| {
        let environment = environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        Settings::load_with_stored(stored, files, environment, integrations)
    };
    let settings = load(&StoredSecrets::Assumed)?;
    if !settings.uses_stored_secrets() {
        return Ok(settings);
    }
    load(&stored(&settings).await)
}

/// Everything that is stored in the configured database.
async fn stored(settings: &Settings) -> StoredSecrets {
    let unavailable =
        |reason: String, help: &str| StoredSecrets::Unavailable { reason, help: help.to_owned() };
    if settings.encryption.keyring.is_none() {
        return unavailable(
            "no key to open it with".to_owned(),
            "set [encryption] key; `dynamoi secrets generate-key` makes one, then `dynamoi secrets put` stores secrets",
        );
    }
    if let Some(file) = settings.database.missing_file() {
        // Looking must not make it.
        return unavailable(
            format!("a database ({}) that is not there yet", file.display()),
            "`dynamoi secrets put NAME --config …` makes it and stores the secret",
        );
    }
    match read(settings).await {
        Ok(secrets) => StoredSecrets::Known(secrets),
        Err(error) => unavailable(
            error.to_string(),
            "see that the database is reachable and the key the right one; `dynamoi secrets list` shows which key sealed what",
        ),
    }
}

async fn read(settings: &Settings) -> Result<Secrets, StoreError> {
    let store = open_store(settings, Access::Read, Arc::new(SystemClock::new())).await?;
    let secrets = open_all(&store).await;
    store.close().await;
    secrets
}

/// Secrets by name; where one does not open, why.
type Secrets = BTreeMap<String, Result<SecretString, String>>;

async fn open_all(store: &Store) -> Result<Secrets, StoreError> {
    let mut secrets = BTreeMap::new();
    for known in store.secrets().await? {
        let opened = match store.secret(&known.name).await {
            Ok(None) => continue,
            Ok(Some(opened)) => {
                str::from_utf8(&opened).map(SecretString::from).map_err(|_| "it is no text".to_owned())
            }
            Err(StoreError::Unreadable(reason)) => Err(reason),
            Err(error) => return Err(error),
        };
        secrets.insert(known.name, opened);
    }
    Ok(secrets)
}
