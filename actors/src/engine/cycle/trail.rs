//! Where the pages of one reading lead: noticed as soon as they lead nowhere.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hasher, RandomState},
};

use rows::key::Fingerprint;

use super::CycleError;
use crate::{
    failure::Failure,
    limits,
    page::{Next, Page},
};

/// The pages of one reading, from the second one on.
#[derive(Debug)]
pub(super) struct Trail {
    cursors: HashSet<Fingerprint>,
    known: Known,
    hasher: RandomState,
    pages: u64,
    /// Pages in a row that brought only what was known.
    stale: u64,
    /// Pages in a row that brought nothing.
    empty: u64,
}

/// What earlier pages brought, 8 bytes each.
#[derive(Debug)]
enum Known {
    /// Rows: each has one place in the set.
    Rows(HashSet<u64>),
    /// Pages: in a feed, rows come again when they have changed, but hardly whole pages of them.
    Pages(HashSet<u64>),
    /// The source walks a list of its own, in which things may stand twice.
    Own,
}

// === impl Trail ===

impl Trail {
    /// Of a set or window, in which a row stands once. `is_own` = the source walks a list of its own.
    pub fn of_set(is_own: bool) -> Self {
        Self::new(if is_own { Known::Own } else { Known::Rows(HashSet::new()) })
    }

    /// Of a feed that stands at `token`.
    pub fn of_feed(token: Option<&str>) -> Self {
        let mut trail = Self::new(Known::Pages(HashSet::new()));
        trail.cursors.extend(token.map(|token| Fingerprint::of(&[token])));
        trail
    }

    fn new(known: Known) -> Self {
        let (cursors, hasher) = (HashSet::new(), RandomState::new());
        Self { cursors, known, hasher, pages: 0, stale: 0, empty: 0 }
    }

    /// A page came. An error when the one that follows it must not be asked for.
    pub fn follow(&mut self, page: &Page) -> Result<(), CycleError> {
        let Next::More(next) = &page.next else { return Ok(()) };
        self.pages += 1;
        if self.pages >= limits::PAGES_MAX {
            let reason = format!("more than {} pages in one reading", limits::PAGES_MAX);
            return Err(CycleError::Source(Failure::Permanent { reason }));
        }
        if !self.cursors.insert(Fingerprint::of(&[next])) {
            return Err(nowhere("the provider gave the same cursor twice"));
        }
        if page.rows.is_empty() && page.tombstones.is_empty() {
            self.empty += 1;
        } else {
            self.empty = 0;
            self.stale = if self.brings_news(page) { 0 } else { self.stale + 1 };
        }
        if matches!(self.known, Known::Own) {
            return Ok(());
        }
        if self.stale >= limits::STALE_PAGES_MAX {
            return Err(nowhere(&format!("{} pages in a row brought only what had come before", self.stale)));
        }
        if self.empty >= limits::EMPTY_PAGES_MAX {
            return Err(nowhere(&format!("{} pages in a row brought nothing", self.empty)));
        }
        Ok(())
    }

    fn brings_news(&mut self, page: &Page) -> bool {
        let Self { known, hasher, .. } = self;
        let rows = page.rows.iter().map(|row| hasher.hash_one((row.table(), row.entity(), row.day())));
        match known {
            Known::Own => true,
            Known::Rows(known) => {
                let mut is_new = !page.tombstones.is_empty();
                for row in rows {
                    is_new |= known.insert(row);
                }
                is_new
            }
            Known::Pages(known) => {
                let mut digest = hasher.build_hasher();
                rows.for_each(|row| digest.write_u64(row));
                for (table, id) in &page.tombstones {
                    digest.write_u64(hasher.hash_one((table, id)));
                }
                known.insert(digest.finish())
            }
        }
    }
}

/// A provider that pages without advancing.
fn nowhere(how: &str) -> CycleError {
    CycleError::Source(Failure::Transient { reason: format!("paging leads nowhere: {how}") })
}
