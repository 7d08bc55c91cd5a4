//! What rests on a user's consent: without it, its provider is asked for nothing.

use std::sync::Arc;

use dynamoi::{open_store, settings::Settings};
use rows::clock::SystemClock;
use store::{Access, Store, StoreError};

use super::source::missing_file;

/// Why a provider is not asked.
pub struct Withheld {
    /// For people.
    pub why: String,
    /// Whether it can be meant so: not where the user is nobody in a database that is there.
    pub is_plausible: bool,
}

/// Why this connection's provider is not asked now; nothing where it rests on no consent, or the consent holds. Without a
/// database nobody has agreed to anything.
pub async fn withheld(
    settings: &Settings,
    store: Option<&Store>,
    connection: &str,
) -> Result<Option<Withheld>, StoreError> {
    let Some(on) = settings.stored_rests().remove(connection) else { return Ok(None) };
    let Some(store) = store else {
        let why = format!("consent: the database has no user {} yet", on.user);
        return Ok(Some(Withheld { why, is_plausible: true }));
    };
    let Some(why) = store.withheld(&on).await? else { return Ok(None) };
    Ok(Some(Withheld { why, is_plausible: store.has_user(&on).await? }))
}

/// The same, for who has no database open.
pub async fn withheld_now(settings: &Settings, connection: &str) -> Result<Option<Withheld>, StoreError> {
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
