//! A condition on a row of a table, which is called `t`: text with values, to be written into several statements.

use sea_orm::Value;

use crate::sql::Sql;

/// A condition.
#[derive(Debug, Clone, Default)]
pub struct Condition(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Value(Value),
}

// === impl Condition ===

impl Condition {
    /// Begins with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// Goes on with this text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Text(text.into()));
        self
    }

    /// Goes on with this value.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.0.push(Piece::Value(value.into()));
        self
    }

    /// Goes on with this condition.
    pub fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// This one, and not the other.
    pub fn but_not(self, other: Self) -> Self {
        self.text(" AND NOT (").then(other).text(")")
    }

    /// Writes it into a statement.
    pub fn write(&self, sql: Sql) -> Sql {
        self.0.iter().fold(sql, |sql, piece| match piece {
            Piece::Text(text) => sql.text(text),
            Piece::Value(value) => sql.bind(value.clone()),
        })
    }
}
