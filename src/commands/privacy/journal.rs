//! `dynamoi privacy journal`.

use clap::{Args, Subcommand};
use store::people::erasure::Rebuilt;

use super::super::{
    Exit,
    account::actor,
    output,
    source::ConfigFiles,
    users::{self, Room},
};

/// The erasure journal, which brings erasures back into a restored backup.
#[derive(Debug, Args)]
pub struct Journal {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a new one from what the database knows of who was erased, where no copy of the old one is left.
    Rebuild(Rebuild),
}

/// Makes a new journal. Only where there is none: one that is there and cannot be read is to be moved away first.
#[derive(Debug, Args)]
#[command(after_help = "\
Look for a backup of the journal first: what it has and the database has not cannot be known again. Without any:
  dynamoi privacy journal rebuild --yes --config dynamoi.toml

The new one knows whom this database knows to be erased. Who was erased after the backup that the database was restored from,
if it was, is not in it. The old journal, should it be found later, is refused from then on.")]
pub struct Rebuild {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// There is no copy of the old one: make a new one.
    #[arg(long)]
    pub yes: bool,
}

// === impl Journal ===

impl Journal {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Rebuild(rebuild) => rebuild.run().await,
        }
    }
}

// === impl Rebuild ===

impl Rebuild {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        if !self.yes {
            return Exit::usage(
                "nothing was made\n  --yes: expected, once no copy of the old journal is left: it may know more than the database",
            );
        }
        let settings = match self.source.load_with_key_only() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let room = match users::enter_unsettled(settings).await {
            Ok(room) => room,
            Err(exit) => return exit,
        };
        let Room { people, .. } = &room;
        let rebuilt = people.rebuild_journal(&actor()).await;
        room.leave().await;
        rebuilt.map_or_else(Exit::failed, |rebuilt| {
            tell(rebuilt);
            Exit::Done
        })
    }
}

fn tell(Rebuilt { people, customers, lines_unknown }: Rebuilt) {
    output::complain(format_args!(
        "a new erasure journal is there: {people} people and {customers} customers who were erased, as this database knows. Back \
         it up now"
    ));
    output::complain(if lines_unknown > 0 {
        format!(
            "not known any more: the key store knows of {lines_unknown} lines of the old one that this database, out of a backup, \
             never followed. Who was erased by them is there again: look into your receipts, and erase them anew"
        )
    } else {
        "as far as the key store knows, this database had followed the old one to its end: nobody is known to be missing".to_owned()
    });
}
