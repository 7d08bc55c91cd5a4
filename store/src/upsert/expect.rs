//! What the writer expects of rows before it looks: it only chooses the way that is cheapest then. The result is the same.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use rows::Table;

use super::Outcome;

/// How most rows of a page compare with what is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expect {
    /// Not there yet.
    Added,
    /// There, value for value.
    Unchanged,
    /// Nothing is known, or there with other values.
    #[default]
    Changed,
}

/// What each connection's last page in each table was like: the next one is likely to be of the same kind.
#[derive(Debug, Default)]
pub struct Expectations {
    pages: HashMap<(i64, Table), Expect>,
    /// Where a row was refused since the process began: what was seen there is not all stored.
    refused: HashSet<(i64, Table)>,
}

// === impl Expectations ===

impl Expectations {
    /// Of the next rows.
    pub fn of(&self, connection_id: i64, table: Table) -> Expect {
        self.pages.get(&(connection_id, table)).copied().unwrap_or_default()
    }

    /// What became of `rows` rows.
    pub fn learn(&mut self, connection_id: i64, table: Table, rows: usize, outcome: Outcome) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let (unchanged, added) =
            (rows.saturating_sub(outcome.written), outcome.written.saturating_sub(outcome.restated));
        let expect = if unchanged >= added.max(outcome.restated) {
            Expect::Unchanged
        } else if added >= outcome.restated {
            Expect::Added
        } else {
            Expect::Changed
        };
        self.pages.insert((connection_id, table), expect);
    }

    /// Rows of this table were refused.
    pub fn note_refused(&mut self, connection_id: i64, table: Table) {
        self.refused.insert((connection_id, table));
    }

    /// Whether what was seen of this table is stored, all of it.
    pub fn is_all_stored(&self, connection_id: i64, table: Table) -> bool {
        !self.refused.contains(&(connection_id, table))
    }

    /// Room for nothing yet.
    pub fn new() -> Self {
        Self { pages: HashMap::new(), refused: HashSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_rows_did_is_expected_next() {
        let mut expectations = Expectations::new();
        for (rows, written, restated, expect) in [
            (100, 100, 0, Expect::Added),
            (100, 100, 100, Expect::Changed),
            (100, 3, 2, Expect::Unchanged),
            (100, 0, 0, Expect::Unchanged),
            (100, 90, 20, Expect::Added),
        ] {
            expectations.learn(1, Table::Payments, rows, Outcome { written, restated });
            assert_eq!(expectations.of(1, Table::Payments), expect, "{rows} {written} {restated}");
            assert_eq!(expectations.of(2, Table::Payments), Expect::Changed);
        }
    }
}
