//! Reports as tables: the values of a row stand in the order of the columns, which go by their names.

use serde::Deserialize;

use super::{elements::Unreadable, wire::Scalar};
use crate::failure::Failure;

/// The columns of a report, or other fields: `[{"name": …}, …]`.
#[derive(Debug, Default, Deserialize)]
pub struct Columns(Vec<Column>);

/// A column, or another field.
#[derive(Debug, Deserialize)]
pub struct Column {
    /// What it is called.
    #[serde(alias = "apiName", alias = "metricName")]
    pub name: String,
}

/// A number from the text of a value; `field` and its `form` are named where it is none.
pub fn number<T: Scalar>(text: &str, field: &'static str, form: &'static str) -> Result<T, Unreadable> {
    T::read(text).map_err(|error| Unreadable::number(field, form, error))
}

// === impl Columns ===

impl Columns {
    /// How many there are.
    pub const fn width(&self) -> usize {
        self.0.len()
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The first of those that were asked for of which there is none. What a report leaves out would be taken for what is not there.
    pub fn lacks<N: AsRef<str>>(&self, asked: impl IntoIterator<Item = N>) -> Option<N> {
        asked.into_iter().find(|name| !self.has(name.as_ref()))
    }

    /// Refuses a report that lacks one of those, in this place.
    pub fn require<N: AsRef<str>>(
        &self,
        asked: impl IntoIterator<Item = N>,
        place: &str,
    ) -> Result<(), Failure> {
        self.lacks(asked).map_or(Ok(()), |name| {
            let name = name.as_ref();
            let reason = format!("{place}: the answer lacks the column {name}, which was asked for");
            Err(Failure::Transient { reason })
        })
    }

    /// A row's value in this column; none where there is no such column, or where the row ends before it.
    pub fn of<'v, V>(&self, name: &str, row: &'v [V]) -> Option<&'v V> {
        row.get(self.place(name)?)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.name == name)
    }
}

impl From<Vec<String>> for Columns {
    fn from(names: Vec<String>) -> Self {
        Self(names.into_iter().map(|name| Column { name }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::wire::Count;

    #[test]
    fn columns_go_by_their_names() {
        let columns: Columns =
            serde_json::from_str(r#"[{"name":"day","type":"DATE"},{"name":"views"}]"#).unwrap();
        assert_eq!((columns.width(), columns.has("day"), columns.has("likes")), (2, true, false));
        assert_eq!(columns.of("views", &["2026-11-21", "7"]), Some(&"7"));
        assert_eq!(columns.of("views", &["2026-11-21"]), None);
        assert_eq!(columns.of("likes", &["2026-11-21", "7"]), None);
        let names = Columns::from(vec!["views".to_owned(), "day".to_owned()]);
        assert_eq!(names.of("views", &[7, 8]), Some(&7));
        assert_eq!(
            (names.lacks(["day", "views"]), names.lacks(["day", "likes", "users"])),
            (None, Some("likes"))
        );
        assert_eq!(names.require(["day"], "/report"), Ok(()));
        let failure = names.require(["day", "likes"], "/report").unwrap_err();
        assert_eq!(failure.outcome(), "transient");
        assert!(failure.to_string().starts_with("/report: the answer lacks the column likes"), "{failure}");
    }

    #[test]
    fn a_number_names_its_field() {
        assert_eq!(number("12", "views", "count"), Ok(Count(12)));
        assert_eq!(number::<Count>("-1", "views", "count"), Err(Unreadable::Form("views", "count")));
        let large = number::<Count>("18446744073709551615", "views", "count");
        assert_eq!(large, Err(Unreadable::TooLarge("views")));
    }
}
