//! `dynamoi privacy erase`.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use store::{
    Access,
    people::erasure::receipt::{Receipt, State},
};

use super::super::{Exit, account::actor, output, users};

/// Erases a person: everywhere that an export reads, and so that neither a provider's later answer nor a backup brings the
/// person back. Prints a receipt. Run again, it ends the same; killed, it is finished by whatever comes next.
#[derive(Debug, Args)]
#[command(after_help = "\
Look first, then erase, and keep the receipt:
  dynamoi privacy erase usr_… --dry-run --tenant label-a --config dynamoi.toml
  dynamoi privacy erase usr_… --yes --tenant label-a --config dynamoi.toml > receipt.json
  printf %s \"$address\" | dynamoi privacy erase --by-email --tenant label-a --yes --config dynamoi.toml

Payments, invoices and what belongs to them stay, without the person: the receipt says how many, and why.
It also names what this program does not reach, such as backups, and what is to be done there.")]
pub struct Erase {
    #[command(flatten)]
    pub whom: users::Whom,
    #[command(flatten)]
    pub at: users::At,
    /// Do it without asking.
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Change nothing: print what would be erased and what would stay.
    #[arg(long)]
    pub dry_run: bool,
}

// === impl Erase ===

impl Erase {
    /// Runs it to its end: 0 when everything that is reached from here is erased, else 1.
    pub async fn run(self) -> Exit {
        let who = match self.whom.who() {
            Ok(who) => who,
            Err(problem) => return Exit::failed(problem),
        };
        users::with(&self.at, Access::Write, async |room| {
            let user = room.people.find(&room.tenant, &who).await?;
            let actor = actor();
            let standing = super::standing(room, &actor);
            if self.dry_run {
                return Ok(print(room, room.people.erase_dry(&room.tenant, &user, &actor, &standing).await?));
            }
            if !self.yes && !is_wanted(&user) {
                return Ok(Exit::usage(
                    "nothing was erased\n  --yes: expected, where nobody can be asked\n  help: --dry-run shows what would be erased",
                ));
            }
            let receipt = room.people.erase(&room.tenant, &user, &actor, &standing).await?;
            let is_finished = receipt.is_finished();
            let printed = print(room, receipt);
            if !is_finished {
                return Ok(Exit::failed(format_args!(
                    "user {user} is erased, but old bytes are left: see `files` in the receipt, then run this again"
                )));
            }
            output::complain(format_args!("user {user} is erased: see `not_reached` and `to_tell` in the receipt"));
            Ok(printed)
        })
        .await
    }
}

/// Asks, where somebody can be asked.
fn is_wanted(user: &str) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    let asked = write!(io::stderr(), "Erase user {user} for good? Type the id to go on: ");
    let mut answer = String::new();
    asked.is_ok() && io::stdin().read_line(&mut answer).is_ok() && answer.trim() == user
}

/// With how recipients are told, as configured.
fn print(room: &users::Room, mut receipt: Receipt) -> Exit {
    debug_assert!(receipt.state != State::Erasing, "a receipt is whole");
    for told in &mut receipt.to_tell {
        told.contact = super::contact(room, &told.recipient).map(str::to_owned);
    }
    match serde_json::to_string_pretty(&receipt) {
        Ok(text) => output::print_data(&format!("{text}\n")),
        Err(error) => Exit::failed(error),
    }
}
