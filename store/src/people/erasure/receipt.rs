//! What an erasure did, where it did not reach, and what is to be done there. Nothing personal is in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{
    Disclosure,
    places::{Erasure, Place},
};

/// The receipt's own version, for programs.
const SCHEMA_VERSION: u32 = 1;

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of this form.
    pub schema_version: u32,
    /// Whose user.
    pub tenant: String,
    /// The person: a keyed digest.
    pub subject: String,
    /// How far it has come.
    pub state: State,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
    /// When it was done again, because a backup had brought the person back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated_at: Option<Timestamp>,
    /// Tables that hold, or held, something of the person.
    pub tables: Vec<TableReceipt>,
    /// Customers of payment providers of whom nothing personal is stored any more, whatever is read later.
    pub customers_barred: u64,
    /// What sealed the person's values.
    pub keys: Vec<Reached>,
    /// Old bytes.
    pub files: Vec<Reached>,
    /// Where nothing of a person is.
    pub holds_nothing: Vec<Note>,
    /// Where this program does not reach.
    pub not_reached: Vec<Note>,
    /// Who was told of the person, and must be told of the erasure.
    pub to_tell: Vec<ToTell>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing was changed: it was only asked what would be.
    DryRun,
    /// Rows are erased; keys and files may not be yet.
    Erasing,
    /// Everything that is reached from here is done.
    Done,
}

/// What became of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReceipt {
    /// The table.
    pub table: String,
    /// Rows of the person.
    pub found: u64,
    /// Of these: deleted.
    pub deleted: u64,
    /// Of these: what told of the person was emptied.
    pub emptied: u64,
    /// Of these: left as they are. Nothing in them leads to the person any more.
    pub kept: u64,
    /// Why rows are there at all.
    pub why: String,
}

/// Something that was to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// What.
    pub what: String,
    /// Whether it was.
    pub done: bool,
    /// What became of it, or why not and what to do.
    pub note: String,
}

/// A place, and what is to be known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Where.
    pub place: String,
    /// What.
    pub note: String,
}

/// Somebody who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToTell {
    /// Which disclosure: for `dynamoi privacy disclosures --done`.
    pub disclosure: i64,
    /// Who.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// What.
    pub categories: Vec<String>,
    /// Until when.
    pub due_at: Option<Timestamp>,
    /// How, as configured when the receipt is shown: it is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl From<Disclosure> for ToTell {
    fn from(told: Disclosure) -> Self {
        Self {
            disclosure: told.id,
            recipient: told.recipient,
            purpose: told.purpose,
            categories: told.categories,
            due_at: told.notify_due_at,
            contact: None,
        }
    }
}

// === impl Receipt ===

impl Receipt {
    /// Before anything was done.
    pub fn begun(tenant: &str, subject: String, actor: &str, requested_at: Timestamp) -> Self {
        let note =
            |(place, note): &(&str, &str)| Note { place: (*place).to_owned(), note: (*note).to_owned() };
        Self {
            schema_version: SCHEMA_VERSION,
            tenant: tenant.to_owned(),
            subject,
            state: State::Erasing,
            requested_at,
            actor: actor.to_owned(),
            finished_at: None,
            repeated_at: None,
            tables: Vec::new(),
            customers_barred: 0,
            keys: Vec::new(),
            files: Vec::new(),
            holds_nothing: HOLDS_NOTHING.iter().map(note).collect(),
            not_reached: NOT_REACHED.iter().map(note).collect(),
            to_tell: Vec::new(),
        }
    }

    /// Notes what became of a place. What was done before a kill counts, too.
    pub fn note(&mut self, place: &Place, found: u64, changed: u64) {
        let before = self.tables.iter_mut().find(|table| table.table == place.table);
        let table = match before {
            Some(table) => table,
            None if found == 0 => return,
            None => {
                self.tables.push(TableReceipt {
                    table: place.table.to_owned(),
                    found: 0,
                    deleted: 0,
                    emptied: 0,
                    kept: 0,
                    why: place.why.to_owned(),
                });
                let last = self.tables.len() - 1;
                &mut self.tables[last]
            }
        };
        match place.erasure {
            Erasure::Deleted => table.deleted += changed,
            Erasure::Emptied(_) => table.emptied += changed,
            Erasure::Blanked(_) => {
                table.emptied += changed;
                table.kept = found.saturating_sub(changed);
            }
            Erasure::Kept => table.kept = found,
        }
        table.found = table.deleted + table.emptied + table.kept;
    }

    /// Whether nothing is left to be done from here.
    pub fn is_finished(&self) -> bool {
        self.state == State::Done && self.files.iter().all(|file| file.done)
    }

    /// Whether it is that of this request, or goes on being it: what was not finished is not begun a second time.
    pub fn goes_on(&self, requested_at: Timestamp) -> bool {
        !self.is_finished() || self.requested_at == requested_at
    }

    /// Tables of which rows were changed.
    pub fn changed(&self) -> impl Iterator<Item = String> {
        self.tables.iter().filter(|of| of.deleted + of.emptied > 0).map(|of| of.table.clone())
    }
}

/// Who else may share the key store or the journal, where these are on a server.
pub fn other_databases() -> Note {
    Note {
        place: "other databases that share this erasure journal".to_owned(),
        note: "each follows it by itself: within a minute while its worker runs, else before that one serves anything; only what the \
               journal knows of the person is erased there, which is the customers that were linked here. The person as a user of its own \
               is to be erased there, too"
            .to_owned(),
    }
}

/// Where nothing of a person can be.
const HOLDS_NOTHING: [(&str, &str); 5] = [
    (
        "cycles under way",
        "each commit looks for erased people within its own transaction: what was asked for before and comes later is not stored",
    ),
    ("webhooks", "a message rings a bell and is dropped: none is queued or stored"),
    (
        "the cache (Redis)",
        "campaigns' figures, parts of limits, sealed access tokens: no customer and no user",
    ),
    ("metrics", "series are of connections, campaigns and currencies: no label names a person"),
    (
        "logs, cycles, reports",
        "errors and rows that were set aside are told by place and kind, never by value",
    ),
];

/// Where it does not reach, and what to do there.
const NOT_REACHED: [(&str, &str); 5] = [
    (
        "backups of the database, its write-ahead log, archives of it, replicas",
        "the user's values in them open no more: their key is destroyed. Billing profiles in them are sealed under [encryption] \
         key: `dynamoi secrets generate-key --add-to`, `secrets rotate`, and the older line removed make those open no more, too. \
         Ids of customers in them stay until they are deleted. A backup that is restored is erased again before anything is served",
    ),
    (
        "backups of the key store",
        "for as long as one lives in which the key still is, values in the database's backups can be opened: keep them for days, \
         apart from those, and delete older ones now",
    ),
    (
        "exports and reports that were written earlier",
        "files are whoever's they were handed to: see to_tell, and delete copies of your own",
    ),
    (
        "the payment provider",
        "it has the person until it is asked itself: delete or redact the customer there",
    ),
    ("the platform that handed the user over", "it has its own copy, and would hand it over as a new user"),
];
