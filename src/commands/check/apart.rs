//! Key store and erasure journal.

use dynamoi::settings::Settings;
use secrecy::ExposeSecret;
use store::{
    Store, StoreError,
    people::{KeptApart, KeyStore},
};

use super::{line, try_making};

const KEY_STORE: &str = "key store";
const JOURNAL: &str = "erasure journal";

/// A line each; whether both can be used, or are not needed.
pub async fn lines(settings: &Settings, store: Option<&Store>) -> bool {
    let (Some(keyring), Some(keys), Some(journal)) =
        (&settings.encryption.keyring, settings.key_store(), settings.erasure_journal())
    else {
        return off(settings, store).await;
    };
    let (keys, journal) = (keys.expose_secret(), journal.expose_secret());
    let apart = KeptApart { store, keyring, keys, journal };
    let key_store = told(KEY_STORE, keys, apart.key_store().await);
    let journal = told(JOURNAL, journal, apart.journal().await);
    key_store && journal
}

/// What is not there yet must be possible to make.
fn told(what: &str, place: &str, state: Result<String, StoreError>) -> bool {
    let missing = KeyStore::missing_file(place);
    let state = state.map_err(|error| error.to_string()).and_then(|state| {
        let made = missing.map_or(Ok(()), |path| try_making(&path));
        made.map(|()| state.clone()).map_err(|error| format!("{state}; but it cannot be made: {error}"))
    });
    line(what, state.is_ok(), &state.clone().unwrap_or_else(|error| error));
    state.is_ok()
}

/// Without a key, or without a place, there are no users. Where people were erased, nothing starts like that.
async fn off(settings: &Settings, store: Option<&Store>) -> bool {
    let missing = match settings.encryption.keyring {
        None => "[encryption] key",
        Some(_) => "privacy.keys and privacy.journal",
    };
    let journal = settings.erasure_journal();
    let has_people = match store {
        Some(store) => store.has_people(journal.as_ref().map(ExposeSecret::expose_secret)).await,
        None => Ok(false),
    };
    let detail = match &has_people {
        Ok(false) => format!("not used: without {missing} there are no users"),
        Ok(true) => format!(
            "there are users, or were, as this database or the erasure journal has it, and who was erased would come back: set {missing} as it was"
        ),
        Err(error) => error.to_string(),
    };
    let is_right = matches!(has_people, Ok(false));
    line(KEY_STORE, is_right, &detail);
    line(JOURNAL, is_right, &detail);
    is_right
}
