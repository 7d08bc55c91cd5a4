//! One page: what the engine asks for, and what a reader answers, by the kind of stream.

use jiff::Timestamp;
use rows::{Day, DayRange, Row, Table, quarantine::Quarantined, sink::Change};

use crate::{account::Account, failure::Failure};

/// What is asked of a stream of days: one page of a window of one account.
#[derive(Debug, Clone, Copy)]
pub struct DaysRequest<'a> {
    /// Which account.
    pub account: &'a Account,
    /// Account-local days, both ends included.
    pub days: DayRange,
    /// One of the parts that the source answered with [`DaysReply::Split`]; it then covers that part only.
    pub part: Option<&'a str>,
    /// Where the previous page of this window ended; none for the first. Kept in memory only, so it may hold a provider's
    /// short-lived cursor.
    pub cursor: Option<&'a str>,
    /// From an earlier [`Pending`] of these days.
    pub resume: Option<&'a str>,
    /// When the cycle began.
    pub now: Timestamp,
}

/// What is asked of a feed: one page of one account, from its token on.
#[derive(Debug, Clone, Copy)]
pub struct FeedRequest<'a> {
    /// Which account.
    pub account: &'a Account,
    /// Which of its two readings.
    pub lane: Lane,
    /// Where it stands; none at the beginning.
    pub token: Option<&'a str>,
    /// The first day (UTC) of interest: the start date, or where a re-listing begins.
    pub start: Day,
    /// When the cycle began.
    pub now: Timestamp,
}

/// What is asked of a snapshot: one page of the whole set of one account.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotRequest<'a> {
    /// Which account.
    pub account: &'a Account,
    /// Where the previous page of this set ended; none for the first. Kept in memory only, so it may hold a provider's
    /// short-lived cursor.
    pub cursor: Option<&'a str>,
    /// From an earlier [`Pending`] of this set.
    pub resume: Option<&'a str>,
    /// When the cycle began.
    pub now: Timestamp,
}

/// The two readings of a feed. Each has a durable token of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// From the beginning to the end, and then what is new.
    Tail,
    /// Listing the recent past again, for changes that the tail does not tell.
    Relist,
}

/// What a stream of days answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaysReply {
    /// Rows.
    Page(Page),
    /// The provider is preparing a report.
    Pending(Pending),
    /// Too much data for one request. The engine halves the days; a single day is read in these parts, which together
    /// cover it (without parts, the day fails).
    Split {
        /// The source's own words for each part.
        parts: Vec<String>,
    },
}

/// What a snapshot answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotReply {
    /// Rows.
    Page(SetPage),
    /// The provider is preparing a report.
    Pending(Pending),
}

/// A report that the provider prepares. The engine keeps `resume` in the checkpoint and comes back at `not_before`; nothing
/// waits meanwhile, and a kill loses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The source's own words to pick it up: durable.
    pub resume: String,
    /// Not earlier.
    pub not_before: Timestamp,
}

/// Rows of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What was understood.
    pub rows: Vec<Row>,
    /// What the provider says is gone.
    pub tombstones: Vec<(Table, String)>,
    /// What was not understood.
    pub quarantined: Vec<Quarantined>,
    /// What is otherwise than the source, or the store, knew it.
    pub changes: Vec<Change>,
    /// The provider's count of the whole set, where it tells one: when it moves between pages, nothing is deleted.
    pub total: Option<u64>,
    /// Of a window of days: the last day of which the provider has numbers, where those of the newest days come late. Later
    /// ones are then not read, and asked for again; the latest that a window's pages tell counts. `None`: all are there.
    pub through: Option<Day>,
    /// Of a window of days: ids of objects of which nothing could be read. What is stored of them stays, and what else was set
    /// aside on this page is about them alone.
    pub spared: Vec<String>,
    /// What follows.
    pub next: Next,
}

/// A page of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetPage {
    /// What was read.
    pub page: Page,
    /// What of the set could not be read, for people: the rest is stored, and the stream is shown as not well.
    pub lacking: Option<String>,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page: its cursor (windows and sets) or durable token (feeds).
    More(String),
    /// Nothing. For a feed: the token from which the next reading goes on.
    End(Option<String>),
}

impl From<Page> for DaysReply {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl From<Pending> for DaysReply {
    fn from(pending: Pending) -> Self {
        Self::Pending(pending)
    }
}

// === impl Page ===

impl Page {
    /// Of these rows.
    pub fn of(rows: Vec<Row>) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Of which nothing could be read.
    pub fn aside(quarantined: Quarantined) -> Self {
        Self { quarantined: vec![quarantined], ..Self::default() }
    }

    /// Takes what another page has; what follows stays.
    pub fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.tombstones.extend(other.tombstones);
        self.quarantined.extend(other.quarantined);
        self.changes.extend(other.changes);
    }
}

/// A page that lacks nothing.
impl From<Page> for SetPage {
    fn from(page: Page) -> Self {
        Self { page, lacking: None }
    }
}

/// A page that lacks nothing.
impl From<Page> for SnapshotReply {
    fn from(page: Page) -> Self {
        Self::Page(page.into())
    }
}

// === impl Next ===

impl Next {
    /// What follows a page that says whether there is `more`, and names where with `cursor`; `asked` is the cursor that it
    /// was asked for with. A page that says that more follows and does not lead there is no end: what follows would be
    /// lost and, after a whole reading, deleted, or read for ever. `place` names the list, for people.
    pub fn after(
        more: bool,
        cursor: Option<String>,
        asked: Option<&str>,
        place: &str,
    ) -> Result<Self, Failure> {
        if !more {
            return Ok(Self::End(None));
        }
        let why = match cursor.filter(|cursor| !cursor.is_empty()) {
            Some(cursor) if asked != Some(&*cursor) => return Ok(Self::More(cursor)),
            Some(_) => "leads back to itself",
            None => "does not say where",
        };
        Err(Failure::Transient { reason: format!("{place}: a page says that more follows, and {why}") })
    }

    /// The cursor of another page; none at the end.
    pub fn into_cursor(self) -> Option<String> {
        match self {
            Self::More(cursor) => Some(cursor),
            Self::End(_) => None,
        }
    }
}

impl Default for Next {
    fn default() -> Self {
        Self::End(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(more: bool, cursor: Option<&str>, asked: Option<&str>) -> Option<Next> {
        Next::after(more, cursor.map(str::to_owned), asked, "/v1/lines").ok()
    }

    #[test]
    fn a_page_that_leads_nowhere_is_no_end() {
        assert_eq!(after(false, None, None), Some(Next::End(None)));
        assert_eq!(after(false, Some("a"), Some("a")), Some(Next::End(None)), "the last page names itself");
        assert_eq!(after(true, Some("b"), Some("a")), Some(Next::More("b".to_owned())));
        for (cursor, asked) in [(None, None), (Some(""), None), (Some("a"), Some("a"))] {
            assert_eq!(after(true, cursor, asked), None, "{cursor:?} {asked:?}");
        }
    }
}
