//! What PostHog sends: the fields that are used, and no others.

use jiff::Timestamp;
use rows::Micros;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Unreadable,
    table::{Columns, number},
    wire::{Count, Scalar, Text},
};

/// An answer to a query, or word that it is still worked on.
#[derive(Debug, Default, Deserialize)]
pub struct Answer {
    /// Names of the columns, in the order of each row's cells.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// Rows, each a list of cells. Read one by one, so that a bad one does not take its page with it.
    #[serde(default)]
    pub results: Option<Vec<Box<RawValue>>>,
    /// Whether rows were left out.
    #[serde(rename = "hasMore", default)]
    pub has_more: Option<bool>,
    /// The limit that PostHog kept to.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Whether it was calculated for an earlier request.
    #[serde(default)]
    pub is_cached: Option<bool>,
    /// When it was calculated.
    #[serde(default)]
    pub last_refresh: Option<Timestamp>,
    /// For queries that PostHog works on by itself.
    #[serde(default)]
    pub query_status: Option<QueryStatus>,
}

/// How a query fares that PostHog works on by itself.
#[derive(Debug, Default, Deserialize)]
pub struct QueryStatus {
    /// Its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Whether it has come to an end.
    #[serde(default)]
    pub complete: bool,
    /// Whether that end is an error. Its message is not read: it may quote what the events hold.
    #[serde(default)]
    pub error: bool,
    /// The answer.
    #[serde(default)]
    pub results: Option<Box<Answer>>,
}

/// An answer's rows with the names of their cells.
#[derive(Debug)]
pub struct Table {
    columns: Columns,
    /// Rows, not yet read.
    pub rows: Vec<Box<RawValue>>,
    /// The answer says that there is more.
    pub has_more: bool,
    /// The limit that the answer says it kept to.
    pub limit: Option<u64>,
}

/// One row's cells by name.
pub struct Cells<'a> {
    columns: &'a Columns,
    cells: Vec<&'a RawValue>,
}

// === impl Answer ===

impl Answer {
    /// Rows and names, if the answer has both.
    pub fn table(self) -> Option<Table> {
        let Self { columns, results, has_more, limit, .. } = self;
        Some(Table { columns: columns?.into(), rows: results?, has_more: has_more.unwrap_or(false), limit })
    }
}

// === impl Table ===

impl Table {
    /// One row's cells.
    pub fn cells<'a>(&'a self, row: &'a RawValue) -> Result<Cells<'a>, Unreadable> {
        let count = self.columns.width();
        let cells = serde_json::from_str::<Vec<&RawValue>>(row.get()).ok();
        let cells = cells.filter(|cells| cells.len() == count);
        let cells = cells.ok_or_else(|| Unreadable::Shape(format!("no list of {count} cells")))?;
        Ok(Cells { columns: &self.columns, cells })
    }

    /// Which of these columns the answer lacks.
    pub fn lacks(&self, names: &[&'static str]) -> Option<&'static str> {
        self.columns.lacks(names.iter().copied())
    }
}

// === impl Cells ===

impl<'a> Cells<'a> {
    fn cell(&self, name: &'static str) -> Result<&'a str, Unreadable> {
        self.columns.of(name, &self.cells).map(|cell| cell.get()).ok_or(Unreadable::Missing(name))
    }

    /// A text.
    pub fn text(&self, name: &'static str) -> Result<String, Unreadable> {
        serde_json::from_str(self.cell(name)?).map_err(|_| Unreadable::Form(name, "text"))
    }

    /// Several texts.
    pub fn texts(&self, names: &[&'static str]) -> Result<Vec<String>, Unreadable> {
        names.iter().map(|name| self.text(name)).collect()
    }

    /// A count; none for null.
    pub fn count(&self, name: &'static str) -> Result<Option<i64>, Unreadable> {
        Ok(self.number(name, "count")?.map(|Count(count)| count))
    }

    /// A decimal; none for null.
    pub fn decimal(&self, name: &'static str) -> Result<Option<Micros>, Unreadable> {
        self.number(name, "decimal")
    }

    /// Numbers beyond 2^53 may come as texts.
    fn number<T: Scalar>(&self, name: &'static str, form: &'static str) -> Result<Option<T>, Unreadable> {
        let text: Option<Text<'_>> =
            serde_json::from_str(self.cell(name)?).map_err(|_| Unreadable::Form(name, form))?;
        text.map(|text| number(&text.0, name, form)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(columns: &[&str], rows: &str) -> Table {
        let rows = serde_json::from_str(rows).unwrap();
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        Table { columns: columns.into(), rows, has_more: false, limit: None }
    }

    fn count(cell: &str) -> Result<Option<i64>, Unreadable> {
        let table = table(&["sessions"], &format!("[[{cell}]]"));
        table.cells(&table.rows[0])?.count("sessions")
    }

    fn decimal(cell: &str) -> Result<Option<Micros>, Unreadable> {
        let table = table(&["revenue"], &format!("[[{cell}]]"));
        table.cells(&table.rows[0])?.decimal("revenue")
    }

    #[test]
    fn counts_are_exact_in_every_form() {
        assert_eq!(count("9007199254740993"), Ok(Some(9_007_199_254_740_993)));
        assert_eq!(count("\"9007199254740993\""), Ok(Some(9_007_199_254_740_993)));
        assert_eq!(count("12.0"), Ok(Some(12)));
        assert_eq!(count("null"), Ok(None));
        assert_eq!(count("18446744073709551615"), Err(Unreadable::TooLarge("sessions")));
        for cell in ["12.5", "-1", "1e3", "\"\"", "\"seven\"", "[1]", "{}", "true", "\".0\""] {
            assert_eq!(count(cell), Err(Unreadable::Form("sessions", "count")), "{cell}");
        }
    }

    #[test]
    fn decimals_never_pass_through_a_float() {
        assert_eq!(decimal("\"9007199254.740993\""), Ok(Some(Micros(9_007_199_254_740_993))));
        assert_eq!(decimal("9007199254.740993"), Ok(Some(Micros(9_007_199_254_740_993))));
        assert_eq!(decimal("\"-3.5\""), Ok(Some(Micros(-3_500_000))));
        assert_eq!(decimal("null"), Ok(None));
        assert!(decimal("\"NaN\"").is_err());
    }

    #[test]
    fn cells_are_found_by_name() {
        let table = table(&["users", "sessions"], "[[1, 2], [1], {\"sessions\": 2}, 7]");
        let cells = table.cells(&table.rows[0]).unwrap();
        assert_eq!(cells.count("sessions"), Ok(Some(2)));
        assert_eq!(cells.count("page_views"), Err(Unreadable::Missing("page_views")));
        for row in &table.rows[1..] {
            assert_eq!(table.cells(row).err(), Some(Unreadable::Shape("no list of 2 cells".to_owned())));
        }
        assert_eq!(table.lacks(&["sessions", "users"]), None);
        assert_eq!(table.lacks(&["sessions", "revenue"]), Some("revenue"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = serde_json::from_slice::<Answer>(&bytes);
        }

        #[test]
        fn any_cell_is_answered(text in ".{0,40}") {
            let cell = serde_json::to_string(&text).unwrap();
            let _ = count(&cell);
            let _ = decimal(&cell);
        }

        #[test]
        fn any_count_survives(value in 0..=i64::MAX) {
            prop_assert_eq!(count(&value.to_string()), Ok(Some(value)));
        }
    }
}
