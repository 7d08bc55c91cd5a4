//! People, before anything is served: who was erased stays so, whatever a backup brought back, and the writer knows them.

use secrecy::ExposeSecret;
use store::{
    Access, Store, StoreError,
    people::{KeyStore, People, PeopleError, erasure::Settled},
};

use crate::settings::Settings;

/// Follows the erasure journal, and tells the writer who was erased.
pub async fn guard(store: &Store, settings: &Settings) -> Result<(), StoreError> {
    let places = (&settings.encryption.keyring, settings.key_store(), settings.erasure_journal());
    let journal = places.2.as_ref().map(ExposeSecret::expose_secret);
    let has_people = store.has_people(journal).await?;
    let (Some(_), Some(keys), Some(journal)) = places else {
        return if has_people { Err(off()) } else { Ok(()) };
    };
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

fn off() -> StoreError {
    StoreError::Unknown(
        "there are users, or were, as this database or the erasure journal has it, and who was erased would come back: set \
         [encryption] key, privacy.keys and privacy.journal as they were"
            .to_owned(),
    )
}
