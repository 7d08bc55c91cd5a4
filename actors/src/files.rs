//! What a stream of files reads from: where files lie, what is in one, and its rows. Everything that decides whether a file is
//! loaded, waits or takes another's place is the engine's ([`crate::engine`]).

mod reader;
mod seen;

use futures::future::BoxFuture;
use rows::{DayRange, Row, files::FileFacts};

pub use self::reader::{FilesOf, FilesReader, OneFile};
pub(crate) use self::seen::{Look, Report};
use crate::{failure::Failure, session::Session};

/// Where the files of a connection lie: a watched directory, an object store.
pub trait FileSource: Send + Sync {
    /// Everything that lies there now, in no order. It fails only where nothing can be said of any file.
    fn list<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Vec<FoundFile>, Failure>>;

    /// Opens one, by the path that [`FileSource::list`] told. Of a file that lies elsewhere, it is brought here first, whole,
    /// within an hour. [`Failure::Gone`] where it is not there any more. What passes ([`Failure::Transient`]) or is of this
    /// file alone ([`Failure::Permanent`], [`Failure::TooMuch`]) stops no other file.
    fn open<'a>(
        &'a self,
        session: &'a Session,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn OpenFile>, Failure>>;
}

/// A file that lies there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundFile {
    /// Its path below what is watched, parts separated by `/`.
    pub path: String,
    /// Its size, as it lies there.
    pub size_bytes: u64,
    /// Changes whenever its content may have: its time of change, its tag. A file whose version moved within the last
    /// moments still grows, and is left alone.
    pub version: String,
}

/// A file, opened: one report, or those of an archive. Blocking: used on threads that may block.
pub trait OpenFile: Send {
    /// The reports in it: paths in the archive, `None` for a file that is no archive. A container that cannot be read is
    /// one report, which says so when it is asked.
    fn members(&self) -> Vec<Option<String>>;

    /// SHA-256 (lower-case hexadecimal digits) and bytes of a report, unpacked: by these it is known whether it was read
    /// before, and under these it is kept when it is refused. `Err`: not even that can be had.
    fn digest(&mut self, member: usize) -> Result<(String, u64), Refused>;

    /// Reads a report, all of it, before a row is given out. `period` is what a person named, for layouts that do not.
    fn read(&mut self, member: usize, period: Option<DayRange>) -> Result<Box<dyn FileRows>, Refused>;
}

/// A report that is whole and makes sense.
pub trait FileRows: Send {
    /// What is known of it.
    fn facts(&self) -> &FileFacts;

    /// At most `count` rows from the row `first` on, always in the same order; none after the last.
    fn page(&self, first: u64, count: usize) -> Vec<Row>;
}

/// Why a report is not loaded, in words for the person who put it there. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// What is wrong with it, and what to do. Holds no values of the file but its header and names.
    pub reason: String,
    /// What becomes of it.
    pub kind: Refusal,
}

/// What becomes of a report that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It waits for a person, or for its next version.
    Waits,
    /// It is no report of this integration: it is noted, and nothing waits for it.
    Foreign,
    /// Its bytes could not be had just now: it is tried again.
    Unreadable,
}
