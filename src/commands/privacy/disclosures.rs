//! `dynamoi privacy disclosures`: who was told what of a person, and who is still to be told of a correction or an erasure.

use clap::{ArgGroup, Args};
use serde_json::{Value, json};
use store::{
    Access,
    people::{Disclosure, Who},
};

use super::super::{
    Exit, output,
    users::{self, shown},
};

/// A person, or all who are still to be told.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["user", "due", "done"]))]
#[command(after_help = "\
Recipients of a person's data are to be told within a month when it was corrected or erased:
  dynamoi privacy disclosures --due --tenant label-a --config dynamoi.toml
  dynamoi privacy disclosures --done 17 --tenant label-a --config dynamoi.toml      the recipient of number 17 was told")]
pub struct Disclosures {
    /// Everything that was told of the user with this id.
    pub user: Option<String>,
    /// Recipients that are still to be told, the most urgent first.
    #[arg(long)]
    pub due: bool,
    /// The recipient of this number was told.
    #[arg(long, value_name = "NUMBER")]
    pub done: Option<i64>,
    #[command(flatten)]
    pub at: users::At,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl Disclosures ===

impl Disclosures {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let access = if self.done.is_some() { Access::Write } else { Access::Read };
        users::with(&self.at, access, async |room| {
            if let Some(id) = self.done {
                room.people.notified(&room.tenant, id).await?;
                output::complain("noted");
                return Ok(Exit::Done);
            }
            let disclosures = match &self.user {
                Some(user) => {
                    room.people.find(&room.tenant, &Who::Id(user.clone())).await?;
                    room.people.disclosures(&room.tenant, user).await?
                }
                None => room.people.notices_due(&room.tenant).await?,
            };
            Ok(list(room, &disclosures, self.json))
        })
        .await
    }
}

/// As people and programs see them.
fn list(room: &users::Room, disclosures: &[Disclosure], json: bool) -> Exit {
    if json {
        let disclosures: Vec<Value> = disclosures
            .iter()
            .map(|one| {
                json!({
                    "id": one.id, "recipient": one.recipient, "purpose": one.purpose, "categories": one.categories,
                    "region": one.region, "disclosed_at": one.disclosed_at.to_string(), "actor": one.actor,
                    "notify_due_at": one.notify_due_at.map(|at| at.to_string()),
                    "notified_at": one.notified_at.map(|at| at.to_string()),
                    "contact": super::contact(room, &one.recipient),
                })
            })
            .collect();
        return output::print_data(&format!("{:#}\n", json!({ "disclosures": disclosures })));
    }
    let mut table =
        shown::table(&["NUMBER", "WHEN", "RECIPIENT", "CONTACT", "PURPOSE", "DATA", "TELL UNTIL", "TOLD"]);
    for one in disclosures {
        let at = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let (categories, due, told) = (one.categories.join(", "), at(one.notify_due_at), at(one.notified_at));
        let when = one.disclosed_at.to_string();
        let contact = super::contact(room, &one.recipient).unwrap_or("-");
        let (number, recipient, purpose) = (one.id.to_string(), &*one.recipient, &*one.purpose);
        table.add_row([&number, &when, recipient, contact, purpose, &categories, &due, &told]);
    }
    output::print(&format!("{table}\n"))
}
