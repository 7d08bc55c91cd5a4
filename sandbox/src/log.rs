//! What an imitation was asked: the newest requests in full, and counts of all of them.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

/// Requests kept in full per imitation; older ones remain in the counts.
const KEPT: usize = 10_000;

/// Paths counted on their own per imitation; further ones count in the total only.
const COUNTED_PATHS: usize = 10_000;

/// One request as the imitation saw it. Headers are left out: they carry the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `POST` …
    pub method: String,
    /// Path below the imitation's root.
    pub path: String,
    /// Decoded query parameters in the order sent.
    pub query: Vec<(String, String)>,
    /// The status that was answered; 0 where the connection was dropped without an answer.
    pub status: u16,
    /// The sandbox's clock at arrival.
    pub at: Timestamp,
}

impl Seen {
    /// The first query parameter of this name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The log of one imitation.
#[derive(Debug, Default)]
pub(crate) struct Log {
    newest: VecDeque<Seen>,
    total: u64,
    paths: BTreeMap<String, u64>,
}

impl Log {
    pub(crate) fn note(&mut self, seen: Seen) {
        self.total += 1;
        if let Some(count) = self.paths.get_mut(&seen.path) {
            *count += 1;
        } else if self.paths.len() < COUNTED_PATHS {
            self.paths.insert(seen.path.clone(), 1);
        }
        if self.newest.len() == KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(seen);
    }

    pub(crate) fn newest(&self) -> Vec<Seen> {
        self.newest.iter().cloned().collect()
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn paths(&self) -> BTreeMap<String, u64> {
        self.paths.clone()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
