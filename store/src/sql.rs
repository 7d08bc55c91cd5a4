//! A statement under construction: text and bound values, for either engine.

use sea_orm::{DbBackend, Statement, Value, sea_query::ArrayType};

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

    /// `(?, ?), (?, ?)`.
    pub fn tuples(mut self, records: Vec<Vec<Value>>) -> Self {
        for (number, record) in records.into_iter().enumerate() {
            self.text.push_str(if number == 0 { "(" } else { ", (" });
            for (place, value) in record.into_iter().enumerate() {
                if place > 0 {
                    self.text.push_str(", ");
                }
                self.push(value);
            }
            self.text.push(')');
        }
        self
    }

    /// `UNNEST(…)` of one array a column (PostgreSQL). The arrays travel as literals, because the query builder's own
    /// arrays cannot hold NULL.
    pub fn unnest(mut self, kinds: &[ArrayType], records: &[Vec<Value>]) -> Self {
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
        self.values.push(value);
        if self.backend == DbBackend::Postgres {
            self.text.push('$');
            self.text.push_str(&self.values.len().to_string());
        } else {
            self.text.push('?');
        }
    }
}

fn array_type(kind: &ArrayType) -> &'static str {
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
    fn placeholders_follow_the_engine() {
        let statement = |backend| {
            Sql::new(backend, "SELECT ")
                .bind(1_i64)
                .text(" WHERE (a, b) IN ")
                .keys(&[ArrayType::BigInt, ArrayType::String], vec![vec![2_i64.into(), "x".into()]])
                .done()
                .sql
        };
        assert_eq!(statement(DbBackend::Sqlite), "SELECT ? WHERE (a, b) IN (VALUES (?, ?))");
        assert_eq!(
            statement(DbBackend::Postgres),
            "SELECT $1 WHERE (a, b) IN (SELECT * FROM UNNEST($2::text::bigint[], $3::text::text[]))"
        );
    }
}
