//! `dynamoi users`: people that a platform hands over, what they agreed to, and the policy's versions. Personal values come
//! from stdin or a file, never as arguments: others could see those.

mod consent;
mod import;
mod input;
mod links;
pub mod policy;
mod room;
mod show;
pub mod shown;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use rows::personal::Personal;
use store::{
    Access,
    people::{PersonForm, Who, audit},
};

pub use self::room::{Room, enter, enter_unsettled, with};
use super::{Exit, output, privacy, source::ConfigFiles};

/// Keeps users: sealed, each under a key of its own. Needs `[encryption] key` and `[tenants.<id>]`.
#[derive(Debug, Args)]
#[command(after_help = "\
A user's record is a JSON object; birth_date or age_statement (at_least_13, at_least_16, at_least_18) is needed:
  {\"external_id\": \"app-17\", \"name\": \"…\", \"email\": \"…\", \"account\": \"…\", \"birth_date\": \"1990-12-31\"}

Hand users over, look one up, correct one:
  dynamoi users add --tenant label-a --config dynamoi.toml < user.json
  dynamoi users import --tenant label-a --config dynamoi.toml --file sign-ups.jsonl
  printf %s … | dynamoi users show --by-email --tenant label-a --config dynamoi.toml
  dynamoi users rectify usr_… --tenant label-a --config dynamoi.toml < changes.json      what is not named stays, null empties
  dynamoi users link usr_… --connection label-a-stripe --customer cus_… --tenant label-a --config dynamoi.toml

What they agreed to:
  dynamoi users policy add 2026-11 --text policy.md --purpose ads --effective-at 2026-12-01T00:00:00Z --tenant label-a --config dynamoi.toml
  dynamoi users consent usr_… --grant ads --source \"sign-up form\" --tenant label-a --config dynamoi.toml
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
    /// Correct a user by a record (JSON) on stdin or in a file: what is not named stays, null empties. Who turns out to be under
    /// 13 is erased, or withdrawn while a legal hold lasts.
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
    Link(links::NewLink),
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
                    if let Some(to_tell) = privacy::rectify(room, &user, PersonForm::read(&bytes)?).await? {
                        output::complain("corrected");
                        privacy::name_recipients(room, &to_tell);
                    } else {
                        output::complain("nothing to correct: the user is stored like this already");
                    }
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
