//! `dynamoi users`: people that a platform hands over, what they agreed to, and the policy's versions. Personal values come
//! from stdin or a file, never as arguments: others could see those.

mod import;
mod input;
mod policy;
mod shown;

use std::{path::PathBuf, sync::Arc};

use clap::{ArgGroup, Args, Subcommand};
use dynamoi::{open_store, settings::Settings};
use rows::{clock::SystemClock, personal::Personal};
use secrecy::ExposeSecret;
use store::{
    Access, Store, StoreError,
    people::{KeyStore, NewConsent, People, PeopleError, PersonForm, Who, audit},
};

use super::{
    Exit, output, privacy,
    source::{ConfigFiles, missing_file},
};

/// Keeps users: sealed, each under a key of its own. Needs `[encryption] key` and `[tenants.<id>]`.
#[derive(Debug, Args)]
#[command(after_help = "\
A user's record is a JSON object; birth_date or age_statement (at_least_13, at_least_16, at_least_18) is needed:
  {\"external_id\": \"app-17\", \"name\": \"…\", \"email\": \"…\", \"account\": \"…\", \"birth_date\": \"1990-12-31\"}

Hand users over, look one up, correct one:
  dynamoi users add --tenant label-a --config dynamoi.toml < user.json
  dynamoi users import --tenant label-a --config dynamoi.toml --file sign-ups.jsonl
  printf %s … | dynamoi users show --by-email --tenant label-a --config dynamoi.toml
  dynamoi users rectify usr_… --config dynamoi.toml < changes.json      what is not named stays, null empties

What they agreed to:
  dynamoi users policy add 2026-11 --text policy.md --purpose ads --effective-at 2026-12-01T00:00:00Z --config dynamoi.toml
  dynamoi users consent usr_… --grant ads --source \"sign-up form\" --config dynamoi.toml
  rests_on = { user = \"usr_…\", purpose = \"ads\" }      in [connections.<name>]: polled only while the consent holds")]
pub struct Users {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a user from a record (JSON) on stdin or in a file; prints the id.
    Add {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        record: Record,
    },
    /// List a tenant's users: ids and states, nothing personal.
    List {
        #[command(flatten)]
        at: At,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Show what is stored of a user, opened.
    Show {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        at: At,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Correct a user by a record (JSON) on stdin or in a file: what is not named stays, null empties.
    Rectify {
        /// The user's id here.
        user: String,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        record: Record,
    },
    /// Add many users, a record a line; one whose `external_id` is known is corrected. A line that is refused takes no other
    /// with it.
    Import {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        record: Record,
    },
    /// The person leaves: every consent is taken back, and nothing rests on one any more. What is stored stays.
    Withdraw {
        /// The user's id here.
        user: String,
        #[command(flatten)]
        at: At,
        /// Where it was said: a form, a letter. Not a name.
        #[arg(long, default_value = "operator")]
        source: String,
    },
    /// Note that a user agreed to a purpose, or took it back; without either, show all that was said.
    Consent(Consent),
    /// Versions of the policy that users agree to.
    Policy(policy::Policy),
}

/// Whose users, and where.
#[derive(Debug, Args)]
pub struct At {
    /// The tenant; may be left out where one only is configured.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    #[command(flatten)]
    pub source: ConfigFiles,
}

/// Where a record is.
#[derive(Debug, Args)]
pub struct Record {
    /// A file with it, instead of stdin.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Which user.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["user", "external_id", "by_email"]))]
pub struct Whom {
    /// The user's id here.
    pub user: Option<String>,
    /// The user's id at the tenant.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// By the e-mail address on stdin. Of several users with one address none is chosen: their ids are told.
    #[arg(long)]
    pub by_email: bool,
}

/// A user's word.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("word").args(["grant", "withdraw"]))]
pub struct Consent {
    /// The user's id here.
    pub user: String,
    /// Agreed to this purpose.
    #[arg(long, value_name = "PURPOSE")]
    pub grant: Option<String>,
    /// Took back what was agreed to this purpose.
    #[arg(long, value_name = "PURPOSE")]
    pub withdraw: Option<String>,
    /// By which policy version; the one that holds now unless given.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Where it was said: a form, a letter. Not a name.
    #[arg(long, default_value = "operator")]
    pub source: String,
    #[command(flatten)]
    pub at: At,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

/// What a command works with.
pub struct Room {
    /// Everybody's values.
    pub people: People,
    /// The database.
    pub store: Store,
    /// Whose people.
    pub tenant: String,
}

// === impl Users ===

impl Users {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Add { at, record } => {
                let bytes = match input::record(&record) {
                    Ok(bytes) => bytes,
                    Err(problem) => return Exit::failed(problem),
                };
                with(&at, Access::Make, async |room| {
                    let id = room.people.add(&room.tenant, PersonForm::read(&bytes)?).await?;
                    Ok(output::print_data(&format!("{id}\n")))
                })
                .await
            }
            Action::List { at, json } => {
                with(&at, Access::Read, async |room| {
                    Ok(shown::list(&room.tenant, &room.people.list(&room.tenant).await?, json))
                })
                .await
            }
            Action::Show { whom, at, json } => {
                let who = match whom.who() {
                    Ok(who) => who,
                    Err(problem) => return Exit::failed(problem),
                };
                with(&at, Access::Read, async |room| {
                    let id = room.people.find(&room.tenant, &who).await?;
                    Ok(shown::person(&room.people.show(&room.tenant, &id).await?, json))
                })
                .await
            }
            Action::Rectify { user, at, record } => {
                let bytes = match input::record(&record) {
                    Ok(bytes) => bytes,
                    Err(problem) => return Exit::failed(problem),
                };
                with(&at, Access::Write, async |room| {
                    room.people.rectify(&room.tenant, &user, PersonForm::read(&bytes)?).await?;
                    room.note(audit::Action::Rectify, &user).await?;
                    output::complain("corrected");
                    Ok(Exit::Done)
                })
                .await
            }
            Action::Import { at, record } => {
                let mut lines = match input::Lines::open(&record) {
                    Ok(lines) => lines,
                    Err(problem) => return Exit::failed(problem),
                };
                with(&at, Access::Make, async |room| import::all(room, &mut lines).await).await
            }
            Action::Withdraw { user, at, source } => {
                with(&at, Access::Write, async |room| {
                    room.people.withdraw(&room.tenant, &user, &source).await?;
                    room.note(audit::Action::Withdraw, &user).await?;
                    output::complain(
                        "withdrawn: what rests on a consent of this user stops; what is stored stays",
                    );
                    Ok(Exit::Done)
                })
                .await
            }
            Action::Consent(consent) => consent.run().await,
            Action::Policy(policy) => policy.run().await,
        }
    }
}

// === impl Room ===

impl Room {
    /// Adds what was done to a user to the audit log.
    pub async fn note(&self, action: audit::Action, user: &str) -> Result<(), PeopleError> {
        let actor = privacy::actor();
        let (tenant, user) = (Some(&*self.tenant), Some(user));
        self.people.note(&audit::Deed { actor: &actor, action, tenant, user, detail: String::new() }).await
    }
}

// === impl Consent ===

impl Consent {
    async fn run(self) -> Exit {
        let Self { user, grant, withdraw, version, source, at, json } = self;
        let granted = grant.is_some();
        let Some(purpose) = grant.or(withdraw) else {
            return with(&at, Access::Read, async |room| {
                room.people.find(&room.tenant, &Who::Id(user.clone())).await?;
                Ok(shown::consents(&room.people.consents(&room.tenant, &user).await?, json))
            })
            .await;
        };
        let word = NewConsent { version, purpose, granted, source };
        with(&at, Access::Write, async |room| {
            let version = room.people.consent(&room.tenant, &user, &word).await?;
            output::complain(format_args!(
                "noted, by policy version {version}: a running worker acts on it within seconds"
            ));
            Ok(Exit::Done)
        })
        .await
    }
}

// === impl Whom ===

impl Whom {
    fn who(&self) -> Result<Who, String> {
        if let Some(id) = &self.user {
            return Ok(Who::Id(id.clone()));
        }
        if let Some(id) = &self.external_id {
            return Ok(Who::External(id.clone()));
        }
        let bytes = input::record(&Record { file: None })?;
        let text = str::from_utf8(&bytes).map_err(|_| "what is on stdin is no text".to_owned())?;
        Personal::of(text).map(Who::Email).ok_or_else(|| "there is no e-mail address on stdin".to_owned())
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
    if settings.encryption.keyring.is_none() {
        return Exit::usage(
            "users are off without a key\n  encryption.key: expected where the key is, such as { file = \"data/key\" }\n  \
             help: `dynamoi secrets generate-key --output data/key` makes one",
        );
    }
    let Some(place) = settings.key_store() else {
        return Exit::usage(
            "users are off without a key store\n  privacy.keys: expected a PostgreSQL database of its own, \
             postgres://…, or the path of a file where one worker only is on this database",
        );
    };
    if access != Access::Make
        && let Some(path) = missing_file(&settings)
    {
        return Exit::failed(format_args!("{} is not there yet: nothing is stored", path.display()));
    }
    let opened = async {
        let store = open_store(&settings, access, Arc::new(SystemClock::new())).await?;
        let room = room(&settings, &store, place.expose_secret(), access, tenant).await;
        match room {
            Ok(room) => Ok(room),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    };
    let room = match opened.await {
        Ok(room) => room,
        Err(error) => return Exit::failed(error),
    };
    let exit = action(&room).await.unwrap_or_else(Exit::failed);
    room.people.close().await;
    room.store.close().await;
    exit
}

async fn room(
    settings: &Settings,
    store: &Store,
    place: &str,
    access: Access,
    tenant: String,
) -> Result<Room, StoreError> {
    match access {
        // Users may come before the first run. What is there already is not migrated: a worker may be at it.
        Access::Make => store.expect_current_or_empty().await?,
        Access::Write | Access::Read => store.expect_current().await?,
    }
    if access != Access::Read {
        store.sync_tenants(&settings.stored_tenants()).await?;
    }
    let people = People::open(store, KeyStore::open(place, access).await?)?;
    Ok(Room { people, store: store.clone(), tenant })
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
