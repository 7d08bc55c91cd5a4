//! Users for the HTTP side: the key store is opened for each request, so that one that was moved, restored or given another key is
//! noticed at once, and nothing of it is held while nobody asks.

use futures::future::BoxFuture;
use parking_lot::RwLock;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Store,
    people::{KeyStore, People},
};

use crate::{
    http::{PeopleOff, PeopleSource},
    settings::Settings,
};

/// The worker's users.
pub struct StorePeople {
    store: Store,
    place: RwLock<Result<SecretString, Missing>>,
}

/// What is not configured.
#[derive(Clone, Copy)]
enum Missing {
    Key,
    KeyStore,
}

// === impl StorePeople ===

impl StorePeople {
    /// As configured.
    pub fn new(store: Store, settings: &Settings) -> Self {
        Self { store, place: RwLock::new(place(settings)) }
    }

    /// The configuration has changed.
    pub fn use_settings(&self, settings: &Settings) {
        *self.place.write() = place(settings);
    }
}

impl PeopleSource for StorePeople {
    fn open(&self) -> BoxFuture<'_, Result<People, PeopleOff>> {
        Box::pin(async {
            let place = self.place.read().clone().map_err(|missing| match missing {
                Missing::Key => PeopleOff::NoKey,
                Missing::KeyStore => PeopleOff::NoKeyStore,
            })?;
            let keys = KeyStore::open(place.expose_secret(), Access::Make).await?;
            Ok(People::open(&self.store, keys)?)
        })
    }
}

fn place(settings: &Settings) -> Result<SecretString, Missing> {
    if settings.encryption.keyring.is_none() {
        return Err(Missing::Key);
    }
    settings.key_store().ok_or(Missing::KeyStore)
}
