//! A statement under construction: text and bound values, for either engine.

use std::collections::BTreeSet;

use chrono::Datelike;
use sea_orm::{DbBackend, Statement, Value, prelude::Date, sea_query::ArrayType};

/// Text with bound values. Only names from this crate are written into the text; every value is bound.
pub struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Begins with this text.
    pub fn new(backend: DbBackend, text: &str) -> Self {
        Self { backend, text: text.to_owned(), values: Vec::new() }
    }

    /// Goes on with this text.
    pub fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Whether it is for PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// Binds one value here.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.push(value.into());
        self
    }

    /// `FROM` a list of keys, named `i`, joined to `table` (with its alias) by `condition`. SQLite finds each key in an
    /// index this way; after `IN`, keys of several columns make it read the whole table.
    pub fn reading_keys(
        mut self,
        names: &[&str],
        kinds: &[ArrayType],
        keys: Vec<Vec<Value>>,
        table: &str,
        condition: &str,
    ) -> Self {
        if self.backend == DbBackend::Postgres {
            self.text.push_str(" FROM ");
            let list = names.join(", ");
            return self.unnest(kinds, &keys).text(&format!(" AS i({list}) JOIN {table} ON {condition}"));
        }
        let columns: Vec<String> =
            (1..).zip(names).map(|(number, name)| format!("column{number} AS {name}")).collect();
        self = self.text(&format!(" FROM (SELECT {} FROM (VALUES ", columns.join(", ")));
        // CROSS: the keys first, then the table.
        self.tuples(keys).text(&format!(")) AS i CROSS JOIN {table} ON {condition}"))
    }

    /// `WHERE` a fact is one of these, by entity and day. The first condition lets SQLite find the rows; the second says which
    /// of them.
    pub fn at_facts(self, keys: &[Vec<Value>]) -> Self {
        let entities: BTreeSet<i64> = keys
            .iter()
            .filter_map(|key| match key.first() {
                Some(Value::BigInt(Some(id))) => Some(*id),
                _ => None,
            })
            .collect();
        let entities = entities.into_iter().map(|id| vec![id.into()]).collect();
        self.text(" WHERE entity_id IN ")
            .keys(&[ArrayType::BigInt], entities)
            .text(" AND (entity_id, date) IN ")
            .keys(&[ArrayType::BigInt, ArrayType::ChronoDate], keys.to_vec())
    }

    /// A list of keys, one or more columns each, in parentheses, to stand after `IN`. See [`Sql::reading_keys`] for keys of
    /// several columns.
    pub fn keys(mut self, kinds: &[ArrayType], keys: Vec<Vec<Value>>) -> Self {
        if self.backend == DbBackend::Postgres {
            self.text.push_str("(SELECT * FROM ");
            self = self.unnest(kinds, &keys);
            self.text.push(')');
            return self;
        }
        self.text.push('(');
        self.text.push_str("VALUES ");
        self = self.tuples(keys);
        self.text.push(')');
        self
    }

    /// `(?,?),(?,?)`.
    fn tuples(mut self, records: Vec<Vec<Value>>) -> Self {
        let width = records.first().map_or(0, Vec::len);
        self.values.reserve(records.len() * width);
        // On SQLite every record has the same text.
        let marks = format!("({})", vec!["?"; width].join(","));
        for (number, record) in records.into_iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            if self.backend != DbBackend::Postgres {
                self.text.push_str(&marks);
                self.values.extend(record.into_iter().map(on_sqlite));
                continue;
            }
            self.text.push('(');
            for (place, value) in record.into_iter().enumerate() {
                if place > 0 {
                    self.text.push(',');
                }
                self.push(value);
            }
            self.text.push(')');
        }
        self
    }

    /// `UNNEST(…)` of one array a column (PostgreSQL). The arrays travel as literals, because the query builder's own
    /// arrays cannot hold NULL.
    fn unnest(mut self, kinds: &[ArrayType], records: &[Vec<Value>]) -> Self {
        self.text.push_str("UNNEST(");
        for (place, kind) in kinds.iter().enumerate() {
            if place > 0 {
                self.text.push_str(", ");
            }
            let literal = array_literal(records.iter().filter_map(|record| record.get(place)));
            self.push(literal.into());
            self.text.push_str("::text::");
            self.text.push_str(array_type(kind));
        }
        self.text.push(')');
        self
    }

    /// Ready to run.
    pub fn done(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }

    fn push(&mut self, value: Value) {
        if self.backend == DbBackend::Postgres {
            self.values.push(value);
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        } else {
            self.values.push(on_sqlite(value));
            self.text.push('?');
        }
    }
}

/// A value as it is bound on SQLite.
fn on_sqlite(value: Value) -> Value {
    match value {
        Value::ChronoDate(Some(date)) => date_text(date).into(),
        other => other,
    }
}

/// A day as the driver would write it, in a tenth of the time: there is one in every daily row.
pub fn date_text(date: Date) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let Some(year) = u32::try_from(year).ok().filter(|year| *year <= 9_999) else {
        return date.to_string();
    };
    let mut text = String::with_capacity(10);
    for (number, first) in [(year, 1_000), (month, 10), (day, 10)] {
        if !text.is_empty() {
            text.push('-');
        }
        let mut place = first;
        while place > 0 {
            text.extend(char::from_digit(number / place % 10, 10));
            place /= 10;
        }
    }
    text
}

/// A type's arrays, as PostgreSQL calls them.
pub fn array_type(kind: &ArrayType) -> &'static str {
    match kind {
        ArrayType::BigInt => "bigint[]",
        ArrayType::Int => "integer[]",
        ArrayType::Bool => "boolean[]",
        ArrayType::ChronoDate => "date[]",
        ArrayType::Bytes => "bytea[]",
        _ => "text[]",
    }
}

/// PostgreSQL's own notation of an array: `{1,NULL,"a \"word\""}`.
fn array_literal<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    use std::fmt::Write;
    let mut text = String::from("{");
    for (number, value) in values.enumerate() {
        if number > 0 {
            text.push(',');
        }
        // Writing into a String cannot fail.
        let _ = match value {
            Value::BigInt(Some(value)) => write!(text, "{value}"),
            Value::Int(Some(value)) => write!(text, "{value}"),
            Value::Bool(Some(value)) => write!(text, "{value}"),
            Value::ChronoDate(Some(value)) => write!(text, "{value}"),
            Value::Bytes(Some(value)) => {
                // `\x…`, its backslash escaped as in any array.
                text.push_str("\"\\\\x");
                for byte in value {
                    let _ = write!(text, "{byte:02x}");
                }
                text.push('"');
                Ok(())
            }
            Value::String(Some(value)) => {
                text.push('"');
                for character in value.chars() {
                    if matches!(character, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
                text.push('"');
                Ok(())
            }
            _ => write!(text, "NULL"),
        };
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_literals_keep_null_quotes_and_the_word_null() {
        let values =
            [Value::from("a \"b\" \\ {c},"), Value::String(None), Value::from("NULL"), Value::from("")];
        assert_eq!(array_literal(values.iter()), r#"{"a \"b\" \\ {c},",NULL,"NULL",""}"#);
        let numbers = [Value::from(i64::MIN), Value::BigInt(None)];
        assert_eq!(array_literal(numbers.iter()), "{-9223372036854775808,NULL}");
    }

    #[test]
    fn days_are_written_as_the_driver_writes_them() {
        for (year, month, day) in
            [(2026, 11, 24), (1970, 1, 1), (987, 6, 5), (0, 2, 29), (9_999, 12, 31), (-1, 3, 4)]
        {
            let date = Date::from_ymd_opt(year, month, day).unwrap();
            assert_eq!(date_text(date), date.format("%F").to_string());
        }
    }

    #[test]
    fn placeholders_follow_the_engine() {
        let statement = |backend| {
            Sql::new(backend, "SELECT ")
                .bind(1_i64)
                .text(" WHERE (a, b) IN ")
                .keys(&[ArrayType::BigInt, ArrayType::String], vec![vec![2_i64.into(), "x".into()]])
                .done()
                .sql
        };
        assert_eq!(statement(DbBackend::Sqlite), "SELECT ? WHERE (a, b) IN (VALUES (?,?))");
        assert_eq!(
            statement(DbBackend::Postgres),
            "SELECT $1 WHERE (a, b) IN (SELECT * FROM UNNEST($2::text::bigint[], $3::text::text[]))"
        );
    }
}
