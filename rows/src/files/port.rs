//! The port through which files are stored. Lines of statements are staged by ordinary commits ([`crate::sink::Sink::commit`]),
//! which nobody sees before the file that they are of is published.

use futures::future::BoxFuture;

use super::{FileFacts, FileRecord};
use crate::{
    limits,
    row::Row,
    sink::{Committed, SinkError},
};

/// How it stands with a file that is not loaded, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is whole and makes sense: its lines are stored next. What a person decided about it holds.
    Loading(FileFacts),
    /// It waits for a person. What was decided about it before did not help, and is over.
    Waits {
        /// Why, and what to do.
        reason: String,
        /// What is known of it, where it could be read.
        facts: Option<FileFacts>,
    },
    /// It is no report of this connection.
    Foreign {
        /// Why.
        reason: String,
    },
}

/// A file, and how it stands with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNote {
    /// Whose it is.
    pub connection: String,
    /// From the connection's registration.
    pub epoch: i64,
    /// SHA-256 of its content, unpacked, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Its path below what is watched; of an archive's member, that of the archive.
    pub name: String,
    /// Its path in the archive.
    pub member: Option<String>,
    /// Bytes, unpacked.
    pub size_bytes: u64,
    /// How it stands.
    pub standing: Standing,
}

/// The last step of loading a file: from here on readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Whose it is.
    pub connection: String,
    /// The integration's id.
    pub integration: String,
    /// From the connection's registration.
    pub epoch: i64,
    /// The stream that read it.
    pub stream: String,
    /// The account that its rows are of.
    pub account_id: String,
    /// What is known of it, as it was noted when its loading began.
    pub facts: FileFacts,
    /// How many lines of it were staged.
    pub lines: u64,
    /// Its rows of daily tables, which appear in the same transaction. A key twice: the last wins.
    pub rows: Vec<Row>,
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is loaded.
    Loaded {
        /// What was written to daily tables, and how many daily rows went with the files whose place it took.
        committed: Committed,
        /// The files whose place it took: their hashes.
        superseded: Vec<String>,
    },
    /// It would take away more than it brings: it is quarantined, for this reason, and no row changed.
    Waits {
        /// Why, and what to type.
        reason: String,
    },
}

/// Where files go.
pub trait FileSink: Send + Sync {
    /// All that is known of a connection's files, in the order in which they were first seen.
    fn files<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Vec<FileRecord>, SinkError>>;

    /// Notes how it stands with a file. False, and no change, where it was loaded, superseded or rejected meanwhile.
    fn note_file(&self, note: FileNote) -> BoxFuture<'_, Result<bool, SinkError>>;

    /// Shows a file whose lines are all staged, and takes away those whose place it takes: all of it in one short
    /// transaction, or none. Their lines, which nobody sees any more, are deleted by [`FileSink::sweep_files`].
    fn publish_file(&self, publication: Publication) -> BoxFuture<'_, Result<Published, SinkError>>;

    /// Deletes lines of files that are not loaded, in bounded steps: what a try that was interrupted left, and what was
    /// superseded. Not while one is being loaded. Answers how many.
    fn sweep_files<'a>(&'a self, connection: &'a str, epoch: i64) -> BoxFuture<'a, Result<u64, SinkError>>;
}

// === impl Publication ===

impl Publication {
    /// Refuses what no store can do.
    pub fn check(&self) -> Result<(), SinkError> {
        if self.rows.len() > limits::FILE_DAILY_ROWS_MAX {
            return Err(SinkError::Refused(format!(
                "{} rows of daily tables, and at most {} can appear at once: split the file",
                self.rows.len(),
                limits::FILE_DAILY_ROWS_MAX
            )));
        }
        match self.rows.iter().map(Row::table).find(|table| !table.is_filled_by_files()) {
            Some(table) => Err(SinkError::Refused(format!("{} is not filled by files", table.name()))),
            None => Ok(()),
        }
    }
}
