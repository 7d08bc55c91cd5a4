//! Report files: what is known of each, how it stands with it, and the port through which the engine stores them. A file is
//! known by its content, never by its name.

mod place;
mod port;
mod unit;

use jiff::Timestamp;

pub use self::{
    port::{FileNote, FileSink, Publication, Published, Standing},
    unit::SetOf,
};
use crate::day::{Day, DayRange};

/// How it stands with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileState {
    /// Its rows are being stored; no reader sees them. One that was interrupted is begun again.
    Loading,
    /// Its rows are shown.
    Loaded,
    /// It waits for a person, for the reason that is told.
    Quarantined,
    /// A person does not want it.
    Rejected,
    /// A later file of the same unit took its place.
    Superseded,
    /// No report: something else that lies there, or what another integration reads.
    Foreign,
}

/// What is known of a file when all of it was read, before a row of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// SHA-256 of its content, unpacked, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Bytes, unpacked.
    pub size_bytes: u64,
    /// How it is read.
    pub layout: String,
    /// What it stands for: a later file of the same unit, or of all that is in it where it is a set ([`SetOf`]), is a
    /// correction of it. Never empty.
    pub unit: String,
    /// Its rows are of days that each stand for themselves (a timeline): it replaces the days that it has, and nothing else;
    /// no file supersedes another.
    pub by_day: bool,
    /// From the first to the last day that it speaks of; `None` when it says of none.
    pub period: Option<DayRange>,
    /// The statement's own period, as the file writes it; `None` for none or several.
    pub statement_period: Option<String>,
    /// How many rows it makes.
    pub rows: u64,
    /// How many of its lines could not be read.
    pub rejected: u64,
    /// Exact sums of its amounts by currency, as a JSON object of decimal texts.
    pub totals: Option<String>,
    /// Of two files of one unit the one that was made later counts, where the files say when they were made: a file that is
    /// older than the one that is loaded is no correction of it.
    pub made_at: Option<Timestamp>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// What the store keeps of a file: a row of `report_files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Whose it is.
    pub connection: String,
    /// SHA-256 of its content, unpacked, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Its path below what is watched, as it was first seen; of an archive's member, that of the archive.
    pub name: String,
    /// Its path in the archive; `None` for a file that is no archive.
    pub member: Option<String>,
    /// Bytes, unpacked.
    pub size_bytes: u64,
    /// How it stands.
    pub state: FileState,
    /// How it was read; `None` where it could not be.
    pub layout: Option<String>,
    /// What it stands for.
    pub unit: Option<String>,
    /// From the first to the last day; a person's word (`--from`, `--to`) where the file has none.
    pub period: Option<DayRange>,
    /// The statement's own period, as the file writes it.
    pub statement_period: Option<String>,
    /// How many rows it makes.
    pub rows: Option<u64>,
    /// How many of its lines could not be read.
    pub rejected: Option<u64>,
    /// Exact sums of its amounts by currency, as a JSON object of decimal texts.
    pub totals: Option<String>,
    /// When it was made, where it says so.
    pub made_at: Option<Timestamp>,
    /// Why it waits, was rejected or is foreign, and what to do.
    pub reason: Option<String>,
    /// The file whose place it takes: its hash.
    pub replaces: Option<String>,
    /// The file that took its place: its hash.
    pub superseded_by: Option<String>,
    /// Who decided, where a person did. Of a quarantined file: it is accepted, and loaded next.
    pub decided_by: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was published.
    pub loaded_at: Option<Timestamp>,
}

// === impl FileState ===

impl FileState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Loading, Self::Loaded, Self::Quarantined, Self::Rejected, Self::Superseded, Self::Foreign];

    /// As stored: `loading`, `loaded`, `quarantined`, `rejected`, `superseded`, `foreign`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Quarantined => "quarantined",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::Foreign => "foreign",
        }
    }

    /// The state with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

// === impl FileFacts ===

impl FileFacts {
    /// Files are loaded in the order of their last day: what a later one says of a day stands.
    pub fn last_day(&self) -> Option<Day> {
        self.period.map(|period| period.last)
    }
}

// === impl FileRecord ===

impl FileRecord {
    /// Whether a person wants it, and it is to be loaded: `replaces` says instead of which, or beside all others.
    pub fn is_accepted(&self) -> bool {
        self.decided_by.is_some() && matches!(self.state, FileState::Quarantined | FileState::Loading)
    }
}

/// The beginning of a hash, by which people name a file.
pub fn short_hash(sha256: &str) -> &str {
    sha256.get(..SHORT_HASH_DIGITS).unwrap_or(sha256)
}

/// Digits of a hash that tell some thousand files apart.
const SHORT_HASH_DIGITS: usize = 12;
