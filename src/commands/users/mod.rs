//! `dynamoi users`: people that a platform hands over, what they agreed to, and the policy's versions. Personal values come
//! from stdin or a file, never as arguments: others could see those.

mod consent;
mod import;
mod input;
mod links;
pub mod policy;
mod show;
pub mod shown;

use std::{path::PathBuf, sync::Arc};

use clap::{ArgGroup, Args, Subcommand};
use dynamoi::{open_store, settings::Settings};
use rows::{clock::SystemClock, personal::Personal};
use secrecy::ExposeSecret;
use store::{
    Access, Store,
    people::{Journal, KeyStore, People, PeopleError, PersonForm, Who, audit, erasure::Settled},
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
  dynamoi users link usr_… --connection label-a-stripe --customer cus_… --config dynamoi.toml

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
    /// Show who a user is, opened. That somebody looked is noted, and who.
    Show(show::Show),
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
    Consent(consent::Consent),
    /// Note that a user is this customer of a payment provider: what is stored of the customer is the user's then.
    Link(links::Link),
    /// Take such a link away. What is stored of the customer stays.
    Unlink(links::Link),
    /// Show which customers a user is.
    Links(links::Links),
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
            Action::Show(show) => show.run().await,
            Action::Rectify { user, at, record } => {
                let bytes = match input::record(&record) {
                    Ok(bytes) => bytes,
                    Err(problem) => return Exit::failed(problem),
                };
                with(&at, Access::Write, async |room| {
                    room.people.rectify(&room.tenant, &user, PersonForm::read(&bytes)?).await?;
                    room.note(audit::Action::Rectify, &user).await?;
                    output::complain("corrected");
                    privacy::tell_recipients(room, &user).await?;
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
            Action::Link(link) => link.make().await,
            Action::Unlink(link) => link.take_away().await,
            Action::Links(links) => links.run().await,
            Action::Policy(policy) => policy.run().await,
        }
    }
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
        let actor = privacy::actor();
        let (tenant, user) = (Some(&*self.tenant), Some(user));
        self.people.note(&audit::Deed { actor: &actor, action, tenant, user, detail }).await
    }
}

// === impl Whom ===

impl Whom {
    /// As the store takes it; an address is read from stdin.
    pub fn who(&self) -> Result<Who, String> {
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
    let room = match enter(settings, access, tenant).await {
        Ok(room) => room,
        Err(exit) => return exit,
    };
    let exit = Box::pin(action(&room)).await.unwrap_or_else(Exit::failed);
    room.leave().await;
    exit
}

/// Opens database and key store.
pub async fn enter(settings: Settings, access: Access, tenant: String) -> Result<Room, Exit> {
    // Boxed: every command that asks about people holds this.
    Box::pin(opened(settings, access, tenant)).await
}

async fn opened(settings: Settings, access: Access, tenant: String) -> Result<Room, Exit> {
    if settings.encryption.keyring.is_none() {
        return Err(Exit::usage(
            "users are off without a key\n  encryption.key: expected where the key is, such as { file = \"data/key\" }\n  \
             help: `dynamoi secrets generate-key --output data/key` makes one",
        ));
    }
    let Some(place) = settings.key_store() else {
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
    let places = [place.expose_secret(), journal.expose_secret()];
    if access != Access::Make
        && let Some(path) = missing_file(&settings)
    {
        return Err(Exit::failed(format_args!("{} is not there yet: nothing is stored", path.display())));
    }
    if access == Access::Read {
        settle_before_reading(&settings, places, &tenant).await.map_err(Exit::failed)?;
    }
    let store = open_store(&settings, access, Arc::new(SystemClock::new())).await.map_err(Exit::failed)?;
    match room(settings.clone(), &store, places, access, tenant).await {
        Ok(room) => Ok(room),
        Err(error) => {
            store.close().await;
            Err(Exit::failed(error))
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
    let people =
        People::open(store, KeyStore::open(keys, access).await?, Journal::open(journal, access).await?)?;
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
