//! What rests on a user's consent: without it, its provider is asked for nothing.

use std::sync::Arc;

use dynamoi::{open_store, settings::Settings};
use rows::clock::SystemClock;
use store::{Access, Store, StoreError};

use super::source::missing_file;

/// Why this connection's provider is not asked now; nothing where it rests on no consent, or the consent holds. Without a
/// database nobody has agreed to anything.
pub async fn withheld(
    settings: &Settings,
    store: Option<&Store>,
    connection: &str,
) -> Result<Option<String>, StoreError> {
    let Some(on) = settings.stored_rests().remove(connection) else { return Ok(None) };
    match store {
        Some(store) => store.withheld(&on).await,
        None => Ok(Some(format!("consent: the database has no user {} yet", on.user))),
    }
}

/// The same, for who has no database open.
pub async fn withheld_now(settings: &Settings, connection: &str) -> Result<Option<String>, StoreError> {
    if !settings.stored_rests().contains_key(connection) {
        return Ok(None);
    }
    if missing_file(settings).is_some() {
        return withheld(settings, None, connection).await;
    }
    let store = open_store(settings, Access::Read, Arc::new(SystemClock::new())).await?;
    let found = match store.expect_current().await {
        Ok(()) => withheld(settings, Some(&store), connection).await,
        Err(error) => Err(error),
    };
    store.close().await;
    found
}
