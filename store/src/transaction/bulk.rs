//! A statement of many rows: their values go straight into the driver's form.

use sea_orm::{DbBackend, DbErr, Value, sea_query::ArrayType};

use super::Arguments;
use crate::sql::array_type;

/// Text and what is bound to it. Only names from this crate are written into the text; every value is bound.
pub struct Bulk {
    text: String,
    arguments: Arguments,
}

// === impl Bulk ===

impl Bulk {
    /// Begins with this text.
    pub fn new(backend: DbBackend, text: &str) -> Self {
        Self { text: text.to_owned(), arguments: Arguments::new(backend) }
    }

    /// Goes on with this text.
    pub fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Binds one value and answers its mark, `$1`, to be written into the text. Not together with [`tuples`](Self::tuples),
    /// whose marks have no numbers.
    pub fn mark(&mut self, value: impl Into<Value>) -> Result<String, DbErr> {
        self.arguments.bind(&value.into())?;
        Ok(format!("${}", self.arguments.len()))
    }

    /// `(?,?),(?,?)` (SQLite): each record's values, `width` of them.
    pub fn tuples<'a>(
        mut self,
        width: usize,
        records: impl ExactSizeIterator<Item: IntoIterator<Item = &'a Value>>,
    ) -> Result<Self, DbErr> {
        let marks = format!("({})", vec!["?"; width].join(","));
        self.text.reserve(records.len() * (marks.len() + 1));
        self.arguments.reserve(records.len() * width);
        for (number, record) in records.enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.text.push_str(&marks);
            for value in record {
                self.arguments.bind(value)?;
            }
        }
        Ok(self)
    }

    /// `UNNEST($1, $2)` (PostgreSQL): an array of each of these columns of the records, by place and kind.
    pub fn unnest(
        mut self,
        columns: impl IntoIterator<Item = (usize, ArrayType)>,
        records: &[Vec<Value>],
    ) -> Result<Self, DbErr> {
        self.text.push_str("UNNEST(");
        for (number, (place, kind)) in columns.into_iter().enumerate() {
            if number > 0 {
                self.text.push_str(", ");
            }
            self.arguments.bind_column(&kind, records.iter().filter_map(|record| record.get(place)))?;
            self.text.push('$');
            self.text.push_str(&self.arguments.len().to_string());
            self.text.push_str("::");
            self.text.push_str(array_type(&kind));
        }
        self.text.push(')');
        Ok(self)
    }

    /// Ready to run.
    pub fn done(self) -> (String, Arguments) {
        (self.text, self.arguments)
    }
}
