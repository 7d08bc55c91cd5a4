//! People, before anything is served: who was erased stays so, whatever a backup brought back, and the writer knows them.

use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Store, StoreError,
    people::{KeptApart, KeyStore, People, PeopleError, erasure::Settled},
};

use crate::settings::Settings;

/// Whether there are people, or were; an error where there are, and no keys.
pub async fn expect_key(store: &Store, settings: &Settings) -> Result<bool, StoreError> {
    let journal = settings.erasure_journal();
    let has_people = store.has_people(journal.as_ref().map(ExposeSecret::expose_secret)).await?;
    if has_people && places(settings).is_none() { Err(off()) } else { Ok(has_people) }
}

/// Whether key store and erasure journal can be used as these settings have it. Changes nothing.
pub async fn rehearse(store: &Store, settings: &Settings) -> Result<(), StoreError> {
    expect_key(store, settings).await?;
    let (Some(keyring), Some((keys, journal))) = (&settings.encryption.keyring, places(settings)) else {
        return Ok(());
    };
    let (keys, journal) = (keys.expose_secret(), journal.expose_secret());
    let apart = KeptApart { store: Some(store), keyring, keys, journal };
    apart.key_store().await?;
    apart.journal().await.map(drop)
}

/// Follows the erasure journal, and tells the writer who was erased.
pub async fn guard(store: &Store, settings: &Settings) -> Result<(), StoreError> {
    let has_people = expect_key(store, settings).await?;
    let Some((keys, journal)) = places(settings) else { return Ok(()) };
    let (keys, journal) = (keys.expose_secret(), journal.expose_secret());
    // Where there are no people yet, nothing is made for them.
    if settings.tenants.is_empty() && !has_people && KeyStore::missing_file(keys).is_some() {
        return Ok(());
    }
    let people = People::open_at(store, keys, journal, Access::Make).await?;
    let guarded = async {
        let settled = people.settle().await?;
        if settled != Settled::default() {
            tracing::warn!("{settled}");
        }
        people.guard_writer().await
    };
    let guarded = guarded.await;
    people.close().await;
    guarded.map_err(|error| match error {
        PeopleError::Store(error) => error,
        error => StoreError::Unknown(error.to_string()),
    })
}

/// Key store and erasure journal, where there is a key.
fn places(settings: &Settings) -> Option<(SecretString, SecretString)> {
    settings.encryption.keyring.as_ref()?;
    settings.key_store().zip(settings.erasure_journal())
}

fn off() -> StoreError {
    StoreError::Unknown(
        "there are users, or were, as this database or the erasure journal has it, and who was erased would come back: set \
         [encryption] key, privacy.keys and privacy.journal as they were"
            .to_owned(),
    )
}
