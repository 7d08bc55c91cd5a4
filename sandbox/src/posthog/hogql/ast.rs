//! A query as it was read. Operators are calls of the functions they stand for, as in the database: `a = b` is `equals(a, b)`.

use super::value::Value;

/// One or more selections, their rows put together (`UNION ALL`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) selects: Vec<Select>,
}

/// One selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    /// `WITH name AS (…)`: known to this selection only.
    pub(crate) named: Vec<(String, Query)>,
    pub(crate) distinct: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) from: Option<From>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<Expr>,
    pub(crate) having: Option<Expr>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
}

/// One selected expression and the name of its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) expr: Expr,
    /// The alias, or what the column is called without one.
    pub(crate) name: String,
    /// Whether the name was given with `AS`: only then other expressions may use it.
    pub(crate) aliased: bool,
}

/// What is selected from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct From {
    pub(crate) source: Source,
    pub(crate) alias: Option<String>,
}

/// A table by name or a selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Table(String),
    Query(Box<Query>),
}

/// One sort key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Literal(Value),
    /// `session.$start_timestamp`: names from left to right.
    Field(Vec<String>),
    Call(Call),
    /// A selection whose first column is a list of values.
    Query(Box<Query>),
    /// `*`.
    Star,
    /// A cell of a row that was made by another step: never in what was read.
    Slot(usize),
}

/// A function and its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) args: Vec<Expr>,
    pub(crate) distinct: bool,
}

impl Expr {
    /// A call without `DISTINCT`.
    pub(crate) fn call(name: &str, args: Vec<Expr>) -> Self {
        Self::Call(Call { name: name.to_owned(), args, distinct: false })
    }

    /// Visits this expression and every one inside it; selections inside are not entered.
    pub(crate) fn each<'e>(&'e self, visit: &mut impl FnMut(&'e Expr)) {
        visit(self);
        if let Self::Call(call) = self {
            for arg in &call.args {
                arg.each(visit);
            }
        }
    }

    /// The expressions that must all hold: the parts of a chain of `AND`.
    pub(crate) fn conjuncts<'e>(&'e self, found: &mut Vec<&'e Expr>) {
        match self {
            Self::Call(call) if call.name == "and" => {
                for arg in &call.args {
                    arg.conjuncts(found);
                }
            }
            other => found.push(other),
        }
    }
}
