//! `dynamoi privacy`: what somebody may ask of us who is in these tables, and what an auditor may.

mod about;
mod disclosures;
mod erase;
mod export;
mod hold;
mod journal;
mod purge;
mod records;
mod verify;
mod whole_file;

use clap::{Args, Subcommand};
use store::{
    people::{Disclosure, Erasure, NewDisclosure, PeopleError, PersonForm, Place},
    retention::{Keep, Terms},
};

use super::{
    Exit,
    account::actor,
    output,
    users::{Room, policy::Policy},
};

/// Answers people's requests about their data, and shows an auditor what was done. Needs `[encryption] key` and `[tenants.<id>]`.
#[derive(Debug, Args)]
pub struct Privacy {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Erase a person, everywhere and for good; prints a receipt.
    Erase(erase::Erase),
    /// Write everything that is stored of a person into a file.
    Export(export::Export),
    /// Show who was told what of a person, and who is still to be told of a correction or an erasure.
    Disclosures(disclosures::Disclosures),
    /// Print the record of processing: what is done with whose data, as configured and in force now.
    Records(records::Records),
    /// Keep versions of the policy: the same as `dynamoi users policy`.
    Policy(Policy),
    /// Check the audit log: whether a line was changed or removed.
    Verify(verify::Verify),
    /// Delete what has been kept for as long as `[retention]` says.
    Purge(purge::Purge),
    /// Keep what is stored of a user from being deleted.
    Hold(hold::Hold),
    /// Make a new erasure journal in the place of one that is lost.
    Journal(journal::Journal),
}

/// Corrects a user. Answers whom to tell of it; nothing where nothing is different.
pub async fn rectify(
    room: &Room,
    user: &str,
    form: PersonForm,
) -> Result<Option<Vec<Disclosure>>, PeopleError> {
    let actor = actor();
    room.people.rectify(&room.tenant, user, form, &actor, &standing(room, &actor)).await
}

/// Recipients who get the tenant's data by other ways than this program.
pub fn standing<'a>(room: &'a Room, actor: &'a str) -> Vec<NewDisclosure<'a>> {
    room.settings.privacy.standing(&room.tenant, actor)
}

/// How this recipient is told of corrections and erasures, where that is configured.
pub fn contact<'a>(room: &'a Room, recipient: &str) -> Option<&'a str> {
    room.settings.privacy.recipients.get(recipient)?.contact.as_deref()
}

/// Says who is to be told of a correction, and until when.
pub fn name_recipients(room: &Room, to_tell: &[Disclosure]) {
    for due in to_tell {
        let contact = contact(room, &due.recipient);
        let until = due.notify_due_at.map(|at| at.to_string()).unwrap_or_default();
        output::complain(format_args!(
            "tell {}{} until {until}, then `dynamoi privacy disclosures --done {}`",
            due.recipient,
            contact.map(|contact| format!(" ({contact})")).unwrap_or_default(),
            due.id
        ));
    }
}

/// Tables that are kept for as long as their user is one.
const OF_USERS: [&str; 4] = ["users", "user_links", "consents", "legal_holds"];

/// How long rows of this place are kept.
fn kept(place: &Place, terms: &Terms) -> String {
    if OF_USERS.contains(&place.table) {
        return kept_with_user(place, terms);
    }
    let limit = terms.keeping(place.table);
    let limit = if limit == Keep::Forever { "without limit".to_owned() } else { format!("for {limit}") };
    match place.erasure {
        Erasure::Kept => format!("{limit}: nothing in it leads to an erased person"),
        Erasure::Deleted => format!("{limit}, or until the person is erased"),
        Erasure::Blanked(column) => format!("{limit}; once the person is erased, without {column}"),
        Erasure::Emptied(_) => {
            format!("{limit}; once the person is erased, without what tells of the person")
        }
    }
}

/// How long what is a user's is kept: `[retention]` begins when the user leaves.
fn kept_with_user(place: &Place, terms: &Terms) -> String {
    let leaves = match terms.withdrawn_users {
        Keep::Forever => "after that until the person is erased on demand".to_owned(),
        days @ Keep::Days(_) => format!("who left is erased after {days}"),
    };
    let limit = match terms.erased_users {
        Keep::Forever => "without limit".to_owned(),
        days @ Keep::Days(_) => format!("for {days} after the erasure"),
    };
    let rest = match place.erasure {
        Erasure::Deleted => "with the erasure nothing of it is left".to_owned(),
        Erasure::Kept => format!("it leads to nobody then, and is kept {limit}"),
        Erasure::Blanked(column) => format!("what is left then, without {column}, is kept {limit}"),
        Erasure::Emptied(_) => {
            format!("what is left then, without what tells of the person, is kept {limit}")
        }
    };
    format!("for as long as the person is a user; {leaves}; {rest}")
}

// === impl Privacy ===

impl Privacy {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Erase(erase) => erase.run().await,
            Action::Export(export) => export.run().await,
            Action::Disclosures(disclosures) => disclosures.run().await,
            Action::Records(records) => records.run().await,
            Action::Policy(policy) => policy.run().await,
            Action::Verify(verify) => verify.run().await,
            Action::Purge(purge) => purge.run().await,
            Action::Hold(hold) => hold.run().await,
            Action::Journal(journal) => journal.run().await,
        }
    }
}
