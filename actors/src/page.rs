//! One page: what the engine asks for and what a source answers.

use jiff::Timestamp;
use rows::{Day, DayRange, Row, Table, quarantine::Quarantined, sink::Change};

use crate::{failure::Failure, integration::Account, stream::Stream};

/// One page of one stream of one account.
#[derive(Debug, Clone)]
pub struct PageRequest<'a> {
    /// Which stream.
    pub stream: &'a Stream,
    /// Which account.
    pub account: &'a Account,
    /// What to read.
    pub span: Span,
    /// Where the previous page of this window or set ended; nothing for the first. Kept in memory only, so it may hold
    /// a provider's short-lived cursor.
    pub cursor: Option<String>,
    /// From an earlier [`Reply::Pending`] of this span.
    pub resume: Option<String>,
    /// When the cycle asks.
    pub now: Timestamp,
}

/// What a request covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Account-local days, both ends included.
    Days {
        /// Which days.
        days: DayRange,
        /// One of the parts that the source answered with [`Reply::Split`]; it then covers that part only.
        part: Option<String>,
    },
    /// A feed from its token on.
    Feed {
        /// Which of its two readings.
        lane: Lane,
        /// Where it stands; nothing at the beginning.
        token: Option<String>,
        /// The first day (UTC) of interest: the start date, or where a re-listing begins.
        start: Day,
    },
    /// The whole set.
    Snapshot,
}

/// The two readings of a feed. Each has a durable token of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// From the beginning to the end, and then what is new.
    Tail,
    /// Listing the recent past again, for changes that the tail does not tell.
    Relist,
}

/// A source's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Rows.
    Page(Page),
    /// The provider is preparing a report. The engine keeps `resume` in the checkpoint and comes back at `not_before`;
    /// nothing waits meanwhile, and a kill loses nothing.
    Pending {
        /// The source's own words to pick it up: durable.
        resume: String,
        /// Not earlier.
        not_before: Timestamp,
    },
    /// Too much data for one request. The engine halves the days; a single day is read in these parts, which together
    /// cover it (without parts, the day fails).
    Split {
        /// The source's own words for each part.
        parts: Vec<String>,
    },
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
    /// What of the set could not be read, for people: the rest is stored, and the stream is shown as not well. Snapshots only.
    pub lacking: Option<String>,
    /// The provider's count of the whole set, where it tells one: when it moves between pages, nothing is deleted.
    pub total: Option<u64>,
    /// What follows.
    pub next: Next,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page: its cursor (windows and sets) or durable token (feeds).
    More(String),
    /// Nothing. For a feed: the token from which the next reading goes on.
    End(Option<String>),
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
