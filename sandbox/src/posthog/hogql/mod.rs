//! A part of HogQL, read and carried out over rows in memory: enough for any sensible query about sessions and events,
//! and a refusal in the provider's words for everything else.
//!
//! One selection or several (`UNION ALL`), `WITH`, `DISTINCT`, one table or selection to select from, `WHERE`, `GROUP BY`,
//! `HAVING`, `ORDER BY`, `LIMIT`, `OFFSET`, aliases usable everywhere, `{placeholders}`, `CASE`, `IN` with lists and selections,
//! `LIKE`, `BETWEEN`, `IS NULL`, tuples, intervals, the functions of [`functions`] and the aggregates of [`aggregates`]. No joins,
//! window functions, lambdas or parametric functions.

mod aggregates;
mod ast;
mod casts;
mod decimal;
mod expressions;
mod functions;
mod lexer;
mod parser;
mod resolve;
mod run;
mod scan;
mod table;
mod value;

#[cfg(test)]
mod tests;

pub(super) use functions::Setting;
pub(super) use parser::parse;
pub(super) use run::{MAX_LIMIT, Output, run};
pub(super) use table::{Bounds, Database, Row, Visit};
pub(super) use value::{Value, iso};

/// Why a query is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// In the provider's words, as far as they are known.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The text cannot be read from here on.
    fn syntax(what: &str, rest: &str) -> Self {
        let rest: String = rest.chars().take(30).collect();
        let place = if rest.is_empty() { "end of query".to_owned() } else { format!("'{rest}'") };
        Self::new(format!("Syntax error: {what} at {place}"))
    }
}
