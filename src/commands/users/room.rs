//! What commands about people work with: database, key store and journal, open.

use std::sync::Arc;

use dynamoi::{open_store, settings::Settings};
use rows::clock::SystemClock;
use secrecy::{ExposeSecret, SecretString};
use store::{
    Access, Store,
    people::{People, PeopleError, audit, erasure::Settled},
};

use super::At;
use crate::commands::{Exit, account::actor, output, source::missing_file};

/// What a command works with.
pub struct Room {
    /// Everybody's values.
    pub people: People,
    /// The database.
    pub store: Store,
    /// What is configured.
    pub settings: Settings,
    /// Whose people.
    pub tenant: String,
}

// === impl Room ===

impl Room {
    /// Closes what was opened.
    pub async fn leave(self) {
        self.people.close().await;
        self.store.close().await;
    }

    /// Adds what was done to a user to the audit log.
    pub async fn note(&self, action: audit::Action, user: &str) -> Result<(), PeopleError> {
        self.note_with(action, user, String::new()).await
    }

    /// As [`Room::note`], with numbers and names of ours.
    pub async fn note_with(
        &self,
        action: audit::Action,
        user: &str,
        detail: String,
    ) -> Result<(), PeopleError> {
        let actor = actor();
        let (tenant, user) = (Some(&*self.tenant), Some(user));
        self.people.note(&audit::Deed { actor: &actor, action, tenant, user, detail }).await
    }
}

/// Opens database and key store, does it, closes both.
pub async fn with(
    at: &At,
    access: Access,
    action: impl AsyncFnOnce(&Room) -> Result<Exit, PeopleError>,
) -> Exit {
    let settings = match at.source.load_with_key_only() {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let tenant = match tenant(&settings, at.tenant.as_deref()) {
        Ok(tenant) => tenant,
        Err(problem) => return Exit::usage(problem),
    };
    let room = match enter(settings, access, tenant).await {
        Ok(room) => room,
        Err(exit) => return exit,
    };
    let exit = Box::pin(action(&room)).await.unwrap_or_else(|error| Exit::failed(room.store.name_in(error)));
    room.leave().await;
    exit
}

/// Opens database and key store.
pub async fn enter(settings: Settings, access: Access, tenant: String) -> Result<Room, Exit> {
    // Boxed: every command that asks about people holds this.
    Box::pin(opened(settings, access, tenant)).await
}

/// As [`enter`], to write, but without following the erasure journal: for who makes a new one.
pub async fn enter_unsettled(settings: Settings) -> Result<Room, Exit> {
    let [keys, journal] = places(&settings)?;
    expect_file(&settings)?;
    let opened = async {
        let store = open_store(&settings, Access::Write, Arc::new(SystemClock::new())).await?;
        let people = async {
            store.expect_current().await?;
            // The database is ours alone to read; key store and journal are made where they are tables.
            People::open_at(&store, keys.expose_secret(), journal.expose_secret(), Access::Make).await
        };
        match people.await {
            Ok(people) => Ok((store, people)),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    };
    let (store, people) = Box::pin(opened).await.map_err(Exit::failed)?;
    Ok(Room { people, store, settings, tenant: String::new() })
}

/// Where key store and journal are.
fn places(settings: &Settings) -> Result<[SecretString; 2], Exit> {
    if settings.encryption.keyring.is_none() {
        return Err(Exit::usage(
            "users are off without a key\n  encryption.key: expected where the key is, such as { file = \"data/key\" }\n  \
             help: `dynamoi secrets generate-key --output data/key` makes one",
        ));
    }
    let Some(keys) = settings.key_store() else {
        return Err(Exit::usage(
            "users are off without a key store\n  privacy.keys: expected a PostgreSQL database of its own, \
             postgres://…, or the path of a file where one worker only is on this database",
        ));
    };
    let Some(journal) = settings.erasure_journal() else {
        return Err(Exit::usage(
            "users are off without an erasure journal\n  privacy.journal: expected a PostgreSQL database of its own, \
             postgres://…, or the path of a file where one worker only is on this database",
        ));
    };
    Ok([keys, journal])
}

fn expect_file(settings: &Settings) -> Result<(), Exit> {
    match missing_file(settings) {
        Some(path) => {
            Err(Exit::failed(format_args!("{} is not there yet: nothing is stored", path.display())))
        }
        None => Ok(()),
    }
}

async fn opened(settings: Settings, access: Access, tenant: String) -> Result<Room, Exit> {
    let [keys, journal] = places(&settings)?;
    let places = [keys.expose_secret(), journal.expose_secret()];
    if access != Access::Make {
        expect_file(&settings)?;
    }
    if access == Access::Read {
        settle_before_reading(&settings, places, &tenant).await.map_err(Exit::failed)?;
    }
    let store = open_store(&settings, access, Arc::new(SystemClock::new())).await.map_err(Exit::failed)?;
    match room(settings.clone(), &store, places, access, tenant).await {
        Ok(room) => Ok(room),
        Err(error) => {
            store.close().await;
            Err(Exit::failed(store.name_in(error)))
        }
    }
}

/// Nobody is shown who was erased: out of a backup, a database is to be written before it is read.
async fn settle_before_reading(
    settings: &Settings,
    places: [&str; 2],
    tenant: &str,
) -> Result<(), PeopleError> {
    let open = async |access| open_store(settings, access, Arc::new(SystemClock::new())).await;
    let store = open(Access::Read).await?;
    let looked = async {
        let Room { people, .. } =
            room(settings.clone(), &store, places, Access::Read, tenant.to_owned()).await?;
        let is_settled = people.is_settled().await;
        people.close().await;
        is_settled
    };
    let is_settled = looked.await;
    store.close().await;
    if is_settled? {
        return Ok(());
    }
    let store = open(Access::Write).await?;
    let settled = room(settings.clone(), &store, places, Access::Write, tenant.to_owned()).await;
    if let Ok(Room { people, .. }) = settled {
        people.close().await;
    }
    store.close().await;
    Ok(())
}

async fn room(
    settings: Settings,
    store: &Store,
    [keys, journal]: [&str; 2],
    access: Access,
    tenant: String,
) -> Result<Room, PeopleError> {
    match access {
        // Users may come before the first run. What is there already is not migrated: a worker may be at it.
        Access::Make => store.expect_current_or_empty().await?,
        Access::Write | Access::Read => store.expect_current().await?,
    }
    if access != Access::Read {
        store.sync_tenants(&settings.stored_tenants()).await?;
    }
    let people = People::open_at(store, keys, journal, access).await?;
    if access != Access::Read {
        let settled = people.settle().await?;
        if settled != Settled::default() {
            output::complain(format_args!("{settled}"));
        }
    }
    Ok(Room { people, store: store.clone(), settings, tenant })
}

fn tenant(settings: &Settings, named: Option<&str>) -> Result<String, String> {
    let mut configured = settings.tenants.keys();
    let known = || settings.tenants.keys().cloned().collect::<Vec<_>>().join(", ");
    match (named, configured.next(), configured.next()) {
        (_, None, _) => {
            Err("no tenant is configured\n  help: [tenants.<id>] with a name makes one".to_owned())
        }
        (Some(name), ..) if settings.tenants.contains_key(name) => Ok(name.to_owned()),
        (Some(_), ..) => {
            Err(format!("a tenant that is not configured\n  --tenant: expected one of {}", known()))
        }
        (None, Some(only), None) => Ok(only.clone()),
        (None, ..) => {
            Err(format!("which tenant is meant is not said\n  --tenant: expected one of {}", known()))
        }
    }
}
