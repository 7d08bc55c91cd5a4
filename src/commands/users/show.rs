//! `dynamoi users show`: whoever looks at a person leaves a trace.

use clap::Args;
use store::Access;

use super::{At, Whom, shown, with};
use crate::commands::{Exit, account::actor};

/// A user to open.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub whom: Whom,
    #[command(flatten)]
    pub at: At,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl Show ===

impl Show {
    /// Runs it to its end. What cannot be noted is not shown.
    pub async fn run(self) -> Exit {
        let who = match self.whom.who() {
            Ok(who) => who,
            Err(problem) => return Exit::failed(problem),
        };
        with(&self.at, Access::Write, async |room| {
            let id = room.people.find(&room.tenant, &who).await?;
            let links = room.people.links(&room.tenant, &id).await?;
            let person = room.people.show_to(&room.tenant, &id, &actor()).await?;
            Ok(shown::person(&person, &links, self.json))
        })
        .await
    }
}
