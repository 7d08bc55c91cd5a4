//! Users for the HTTP side: the key store is opened for each request, so that one that was moved, restored or given another key is
//! noticed at once, and nothing of it is held while nobody asks.

use futures::future::BoxFuture;
use parking_lot::RwLock;
use secrecy::{ExposeSecret, SecretString};
use store::{Access, Store, people::People};

use crate::{
    http::{PeopleOff, PeopleSource},
    settings::{Privacy, Settings},
};

/// The worker's users.
pub struct StorePeople {
    store: Store,
    places: RwLock<Result<Places, Missing>>,
    privacy: RwLock<Privacy>,
}

/// Where what is kept apart about people is.
#[derive(Clone)]
struct Places {
    keys: SecretString,
    journal: SecretString,
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
        Self { store, places: RwLock::new(places(settings)), privacy: RwLock::new(settings.privacy.clone()) }
    }

    /// The configuration has changed.
    pub fn use_settings(&self, settings: &Settings) {
        *self.places.write() = places(settings);
        *self.privacy.write() = settings.privacy.clone();
    }
}

impl PeopleSource for StorePeople {
    fn open(&self) -> BoxFuture<'_, Result<People, PeopleOff>> {
        Box::pin(async {
            let Places { keys, journal } = self.places.read().clone().map_err(|missing| match missing {
                Missing::Key => PeopleOff::NoKey,
                Missing::KeyStore => PeopleOff::NoKeyStore,
            })?;
            self.store.expect_mine().await?;
            let (keys, journal) = (keys.expose_secret(), journal.expose_secret());
            Ok(People::open_at(&self.store, keys, journal, Access::Make).await?)
        })
    }

    fn privacy(&self) -> Privacy {
        self.privacy.read().clone()
    }
}

fn places(settings: &Settings) -> Result<Places, Missing> {
    if settings.encryption.keyring.is_none() {
        return Err(Missing::Key);
    }
    let (keys, journal) = (settings.key_store(), settings.erasure_journal());
    keys.zip(journal).map(|(keys, journal)| Places { keys, journal }).ok_or(Missing::KeyStore)
}
