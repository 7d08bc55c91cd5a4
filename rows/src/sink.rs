//! The port through which the engine stores: rows and checkpoint in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::{
    checkpoint::Checkpoint,
    day::{Day, DayRange},
    files::FileSink,
    key::Fingerprint,
    quarantine::Quarantined,
    row::Row,
    state::State,
    table::{Kind, Table},
};

/// A configured connection as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// The configured name.
    pub name: String,
    /// The integration's id.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// For a single run ("read everything once"): when it begins.
    pub once_since: Option<Timestamp>,
}

/// What the store remembers of a connection when a worker takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Writes by this worker carry this number; a later registration outdates it.
    pub epoch: i64,
    /// An operator paused it.
    pub paused: bool,
    /// Why nothing may be read now: the consent on which it rests does not hold.
    pub withheld: Option<String>,
    /// When a cycle last succeeded, for a worker before this one.
    pub last_success_at: Option<Timestamp>,
    /// It had been taken out of the configuration: what is stored of it has not been shown meanwhile.
    pub returned: bool,
    /// For a single run: when it began. Earlier than asked for when a run was killed within [`SINGLE_RUN_KEPT`]: that
    /// one is taken up where it stopped.
    pub once_since: Option<Timestamp>,
    /// Every checkpoint of the connection.
    pub checkpoints: Vec<Checkpoint>,
}

/// How long a killed single run can be taken up; after that a new one begins.
pub const SINGLE_RUN_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(6);

/// One transaction: everything in it is stored, or nothing.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The connection's name.
    pub connection: String,
    /// The integration's id: stored with the rows as their `provider`.
    pub integration: String,
    /// From [`Registration`].
    pub epoch: i64,
    /// The stream that the rows come from.
    pub stream: String,
    /// The account that it read.
    pub account_id: String,
    /// The account's currency and zone are on the checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The last settled day, for the views' `provisional`; only with `ledger`. Snapshots need none: for them it is the day
    /// before the reading.
    pub settled_through: Option<Day>,
    /// Rows to insert or overwrite. A key twice: the last wins.
    pub rows: Vec<Row>,
    /// What the provider said is gone: tables and ids of objects. What becomes of them is said by the table
    /// ([`crate::table::Gone`]).
    pub tombstones: Vec<(Table, String)>,
    /// What is not there any more because a complete reading did not see it.
    pub vanish: Option<Vanish>,
    /// Rows that could not be understood.
    pub quarantined: Vec<Quarantined>,
    /// What is otherwise than before and should be seen. Stored once: not where it is what was last noted.
    pub changes: Vec<Change>,
}

/// Something that is otherwise than before and should be seen: an identity that moved, an account's zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Change {
    /// What about it: `isrc`, `upc`, `time_zone`, `currency`.
    pub kind: &'static str,
    /// What kind of thing it is: `track`, `album`, `account`.
    pub entity: &'static str,
    /// Which one: the provider's id, or the code by which it is named.
    pub id: String,
    /// What it was; `None` where only the store may know.
    pub before: Option<String>,
    /// What it is now; `None` when the provider says nothing of it any more.
    pub after: Option<String>,
}

/// How what was not seen is taken away at the end of a complete reading.
#[derive(Debug, Clone)]
pub enum Vanish {
    /// Daily rows of exactly this connection, account, stream and these days, in every table that the window filled. If
    /// one of the tables shrank, nothing of any is deleted.
    Days {
        /// Which days.
        days: DayRange,
        /// Where rows have levels: only those of this one (`campaign`, `ad_set`, `ad`).
        level: Option<&'static str>,
        /// What was seen in each table that the window fills: (entity, day).
        seen: BTreeMap<Table, SeenDays>,
        /// Ids of objects of which nothing could be read: rows with one of them in their key stay, whatever was seen.
        spared: BTreeSet<String>,
        /// A second reading agreed: delete even if the window shrank by half or to nothing.
        confirmed: bool,
    },
    /// Objects of this connection and account that get status `removed`.
    Objects {
        /// Where.
        table: Table,
        /// What was seen.
        seen: HashSet<Fingerprint>,
    },
}

/// What a window saw in one table.
pub type SeenDays = HashSet<(Fingerprint, Day)>;

/// What a commit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Rows that were new or changed, by table.
    pub written: Vec<(Table, u64)>,
    /// Of these: rows that had been there with another value.
    pub restated: u64,
    /// Rows deleted or marked as removed.
    pub vanished: u64,
    /// Rows whose key stood twice in the commit.
    pub duplicates: u64,
    /// Rows that came with the commit and were set aside while it was stored, each by its reason: they are in the
    /// quarantine, with the others.
    pub set_aside: Vec<&'static str>,
    /// Set when the window shrank by half or to nothing and `confirmed` was false: rows were stored, but nothing was
    /// deleted and the checkpoint was not advanced.
    pub shrunk: Option<Shrunk>,
    /// Changes that were new.
    pub changes: Vec<Change>,
}

/// A window with suspiciously few rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// Rows stored for the window before.
    pub stored: u64,
    /// Rows that this reading saw.
    pub seen: u64,
}

/// One finished cycle, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleRecord {
    /// Connection.
    pub connection: String,
    /// Account.
    pub account_id: String,
    /// Stream.
    pub stream: String,
    /// `ok`, `pending`, `rate_limited`, `transient`, `needs_reauth`, `forbidden`, `permanent`, `panicked` …
    pub outcome: &'static str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Pages read.
    pub pages: u64,
    /// Rows read.
    pub rows: u64,
    /// What went wrong and what to do, without secrets.
    pub error: Option<String>,
}

/// A connection's condition, for `status` when no daemon answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRecord {
    /// Connection.
    pub connection: String,
    /// From [`Registration`]: an outdated worker's report is dropped.
    pub epoch: i64,
    /// Its state.
    pub state: State,
    /// When a cycle last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// When it polls next.
    pub next_poll_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
}

/// What an operator asked for through the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Connection.
    pub connection: String,
    /// Hold it.
    pub paused: bool,
    /// Why nothing may be read: the consent on which it rests does not hold.
    pub withheld: Option<String>,
    /// Poll everything now: when it was asked for.
    pub poll_requested_at: Option<Timestamp>,
    /// Read these days again or for the first time.
    pub backfills: Vec<BackfillRequest>,
}

/// Days to read on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillRequest {
    /// The request's id.
    pub id: i64,
    /// Which days.
    pub days: DayRange,
    /// Days read before this do not count.
    pub requested_at: Timestamp,
}

/// How storing failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// Another worker has taken the connection: this one must stop writing.
    #[error("connection {0:?} was taken by another worker: this one stops writing")]
    Outdated(String),
    /// Another worker has the database: this one takes the connection up once that has ended.
    #[error(
        "connection {connection:?} is with another worker, {holder}: it is taken up here once that has ended"
    )]
    Held {
        /// Which connection.
        connection: String,
        /// Who has it.
        holder: String,
    },
    /// A person's consent, on which the connection rests, does not hold: nothing of it is stored until it does.
    #[error("{0}")]
    Withheld(String),
    /// Passing: the database is away, busy or full. Try again.
    #[error("database: {0}")]
    Unavailable(String),
    /// The commit can never succeed.
    #[error("database refused the rows: {0}")]
    Refused(String),
}

// === impl Commit ===

impl Commit {
    /// Refuses what no store can do, because the tables are not made for it: objects alone are deleted by id, daily tables
    /// alone lose days, and objects that no complete set is read of cannot be missing from it.
    pub fn check(&self) -> Result<(), SinkError> {
        let is_of_objects = |table: &Table| matches!(table.description().kind, Kind::Objects { .. });
        if let Some((table, id)) = self.tombstones.iter().find(|(table, _)| !is_of_objects(table)) {
            return Err(SinkError::Refused(format!(
                "{} has no objects: {id:?} cannot be deleted from it by id",
                table.name()
            )));
        }
        let refused = match &self.vanish {
            None => None,
            Some(Vanish::Days { seen, .. }) => {
                seen.keys().find(|table| !table.is_daily()).map(|table| (table, "days"))
            }
            Some(Vanish::Objects { table, .. }) => {
                let is_read_in_sets =
                    matches!(table.description().kind, Kind::Objects { unseen: Some(_), .. });
                (!is_read_in_sets).then_some((table, "objects"))
            }
        };
        match refused {
            Some((table, what)) => {
                Err(SinkError::Refused(format!("{} cannot lose {what} that were not seen", table.name())))
            }
            None => Ok(()),
        }
    }
}

// === impl Vanish ===

impl Vanish {
    /// Where something may have vanished.
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Days { seen, .. } => seen.keys().copied().collect(),
            Self::Objects { table, .. } => vec![*table],
        }
    }
}

// === impl Change ===

impl std::fmt::Display for Change {
    /// `time_zone of account 1: Europe/Berlin, was UTC`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, entity, id, before, after } = self;
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        write!(f, "{kind} of {entity} {id}: {}, was {}", said(after), said(before))
    }
}

/// Where rows go.
pub trait Sink: FileSink + Send + Sync {
    /// Takes the connection for this worker: raises its epoch and gives its memory.
    fn register(&self, connection: ConnectionRecord) -> BoxFuture<'_, Result<Registration, SinkError>>;

    /// A single run came to its end, well or not: the next one begins anew.
    fn end_once<'a>(&'a self, connection: &'a str, epoch: i64) -> BoxFuture<'a, Result<(), SinkError>>;

    /// Stores one transaction; returns after COMMIT.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, SinkError>>;

    /// Forgets everything read for an account (facts and checkpoints), because its zone or currency changed: such days
    /// cannot be mixed. Notes the changes in the same transaction.
    fn reset_account<'a>(
        &'a self,
        connection: &'a str,
        epoch: i64,
        account_id: &'a str,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), SinkError>>;

    /// Notes a finished cycle. Best effort: losing one loses history, not data.
    fn record_cycle(&self, cycle: CycleRecord) -> BoxFuture<'_, Result<(), SinkError>>;

    /// Notes a connection's condition.
    fn report(&self, report: StatusRecord) -> BoxFuture<'_, Result<(), SinkError>>;

    /// Notes a connection's state from outside its actor, when that has crashed.
    fn note_state<'a>(
        &'a self,
        connection: &'a str,
        state: State,
        error: Option<String>,
    ) -> BoxFuture<'a, Result<(), SinkError>>;

    /// What operators asked for: connections that are paused, were to be polled, or have open backfills.
    fn controls(&self) -> BoxFuture<'_, Result<Vec<Control>, SinkError>>;

    /// Notes progress of a backfill request: days left to read; 0 ends it.
    fn backfill_progress(&self, id: i64, days_left: u32) -> BoxFuture<'_, Result<(), SinkError>>;

    /// Ends a backfill request whose days, or some of them, will not be read: `reason` says why, and what can be read. For
    /// a request that has ended already nothing changes.
    fn end_backfill<'a>(&'a self, id: i64, reason: &'a str) -> BoxFuture<'a, Result<(), SinkError>>;
}
