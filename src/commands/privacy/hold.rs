//! `dynamoi privacy hold`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;
use store::{
    Access,
    people::{PeopleError, audit},
};

use super::super::{
    Exit,
    account::actor,
    output,
    users::{self, At, Room},
};

/// Keeps what is stored of a user from being deleted, for as long as a court or an authority asks for it.
#[derive(Debug, Args)]
#[command(after_help = "\
  dynamoi privacy hold add usr_… --reason \"case 17/2026\" --config dynamoi.toml
  dynamoi privacy hold release usr_… --config dynamoi.toml
  dynamoi privacy hold list --config dynamoi.toml

While it lasts, neither a purge nor an erasure takes rows of the user or of customers that the user is linked to.")]
pub struct Hold {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Hold what is stored of a user.
    Add {
        /// The user's id here.
        user: String,
        #[command(flatten)]
        at: At,
        /// A case's number, say. Not a name: it is stored as it is.
        #[arg(long)]
        reason: String,
    },
    /// End a hold: what is due goes with the next purge.
    Release {
        /// The user's id here.
        user: String,
        #[command(flatten)]
        at: At,
    },
    /// Show all holds of a tenant's users, also those that ended.
    List {
        #[command(flatten)]
        at: At,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

// === impl Hold ===

impl Hold {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Add { user, at, reason } => {
                users::with(&at, Access::Write, async |room| {
                    room.people.hold(&room.tenant, &user, &reason).await?;
                    note(room, &user, "held").await?;
                    output::complain("held: nothing of this user is deleted until the hold is released");
                    Ok(Exit::Done)
                })
                .await
            }
            Action::Release { user, at } => {
                users::with(&at, Access::Write, async |room| {
                    room.people.release(&room.tenant, &user).await?;
                    note(room, &user, "released").await?;
                    output::complain("released: what is due goes with the next purge");
                    Ok(Exit::Done)
                })
                .await
            }
            Action::List { at, json } => {
                users::with(&at, Access::Read, async |room| list(room, json).await).await
            }
        }
    }
}

async fn list(room: &Room, json: bool) -> Result<Exit, PeopleError> {
    let holds = room.people.holds(&room.tenant).await?;
    if json {
        let holds = holds.iter().map(|hold| {
            json!({
                "user": hold.user,
                "reason": hold.reason,
                "since": hold.since.to_string(),
                "released_at": hold.released_at.map(|at| at.to_string()),
            })
        });
        let told = json!({ "tenant": room.tenant, "holds": holds.collect::<Vec<_>>() });
        return Ok(output::print_data(&format!("{told:#}\n")));
    }
    let mut text = String::new();
    for hold in holds {
        let until = hold.released_at.map_or_else(|| "lasts".to_owned(), |at| format!("released {at}"));
        let _ = writeln!(text, "{}  since {}  {until}  {}", hold.user, hold.since, hold.reason);
    }
    Ok(output::print(&text))
}

/// The reason stands with the hold only: nobody knows what is in it.
async fn note(room: &Room, user: &str, detail: &str) -> Result<(), PeopleError> {
    let (actor, tenant) = (actor(), Some(&*room.tenant));
    let action = audit::Action::Hold;
    room.people
        .note(&audit::Deed { actor: &actor, action, tenant, user: Some(user), detail: detail.to_owned() })
        .await
}
