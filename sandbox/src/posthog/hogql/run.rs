//! Carries a query out: resolve, scan, sort, cut.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Refusal;
use super::ast::{Column, Expr, Order, Query, Select, Source};
use super::functions::{Setting, call};
use super::resolve::{Origin, Scope, has_aggregate};
use super::scan::{Step, key_of};
use super::table::{Database, Row};
use super::value::Value;

/// Rows of a query without a LIMIT.
pub(crate) const DEFAULT_LIMIT: usize = 100;

/// Rows of any query.
pub(crate) const MAX_LIMIT: usize = 50_000;

/// A query's rows.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// In the order of the SELECT.
    pub(crate) columns: Vec<String>,
    /// Cells in the order of the columns.
    pub(crate) rows: Vec<Vec<Value>>,
    /// Whether the limit cut rows off.
    pub(crate) more: bool,
    /// The limit that was used.
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// Whether the limit was the query's own.
    pub(crate) own_limit: bool,
}

/// Carries a query out.
pub(crate) fn run(query: &Query, database: &dyn Database, setting: &Setting) -> Result<Output, Refusal> {
    let scene = Scene { database, setting, named: Vec::new(), outer: None };
    let mut output = scene.rows(query)?;
    if !output.own_limit {
        output.limit = DEFAULT_LIMIT;
        output.more = output.rows.len() > DEFAULT_LIMIT;
        output.rows.truncate(DEFAULT_LIMIT);
    }
    Ok(output)
}

/// The tables that a selection can use, with those that `WITH` names.
pub(super) struct Scene<'s> {
    pub(super) database: &'s dyn Database,
    pub(super) setting: &'s Setting,
    named: Vec<(String, Output)>,
    outer: Option<&'s Scene<'s>>,
}

/// Where the values of fields come from.
pub(super) enum Place<'p> {
    Row(&'p dyn Row),
    Cells(&'p [Value]),
    Nothing,
}

/// A row of the result with what it is sorted by.
pub(super) struct Line {
    pub(super) keys: Vec<Value>,
    pub(super) cells: Vec<Value>,
}

impl Scene<'_> {
    /// The rows of all selections of a query, each with its own limit.
    pub(super) fn rows(&self, query: &Query) -> Result<Output, Refusal> {
        let mut all: Option<Output> = None;
        for select in &query.selects {
            let part = self.select(select)?;
            all = Some(match all {
                None => part,
                Some(mut all) => {
                    if all.columns.len() != part.columns.len() {
                        return Err(Refusal::new(
                            "UNION ALL of selections with different numbers of columns",
                        ));
                    }
                    all.rows.extend(part.rows);
                    all.more |= part.more;
                    all.own_limit &= part.own_limit;
                    all
                }
            });
        }
        all.ok_or_else(|| Refusal::new("Empty query"))
    }

    fn named(&self, name: &str) -> Option<&Output> {
        let own = self.named.iter().find(|(known, _)| known == name).map(|(_, output)| output);
        own.or_else(|| self.outer.and_then(|outer| outer.named(name)))
    }

    fn select(&self, select: &Select) -> Result<Output, Refusal> {
        let mut scene =
            Scene { database: self.database, setting: self.setting, named: Vec::new(), outer: Some(self) };
        for (name, query) in &select.named {
            let output = scene.rows(query)?;
            scene.named.push((name.clone(), output));
        }
        scene.carry_out(select)
    }

    fn carry_out(&self, select: &Select) -> Result<Output, Refusal> {
        let (origin, inner, qualifiers) = self.origin(select)?;
        let columns = starless(&select.columns, &origin)?;
        let scope = Scope { scene: self, origin, qualifiers, columns: &columns };
        let selected =
            (0..columns.len()).map(|place| scope.column(place)).collect::<Result<Vec<Expr>, _>>()?;
        let filter = select.filter.as_ref().map(|filter| scope.clause(filter)).transpose()?;
        if filter.as_ref().is_some_and(has_aggregate) {
            return Err(Refusal::new("Aggregate function found in WHERE"));
        }
        let having = select.having.as_ref().map(|having| scope.clause(having)).transpose()?;
        let keys = select.group_by.iter().map(|key| match key {
            Expr::Literal(Value::Int(place)) => positional(*place, &selected),
            key => scope.clause(key),
        });
        let keys = keys.collect::<Result<Vec<Expr>, _>>()?;
        let orders = select.order_by.iter().map(|Order { expr, .. }| match expr {
            Expr::Literal(Value::Int(place)) => positional(*place, &selected),
            expr => scope.clause(expr),
        });
        let orders = orders.collect::<Result<Vec<Expr>, _>>()?;
        let table = match &scope.origin {
            Origin::Table(table) => Some(table.as_str()),
            _ => None,
        };
        let step = Step { scene: self, table, inner: inner.as_ref(), filter };
        let aggregated = selected.iter().chain(&orders).chain(&having).any(has_aggregate);
        let mut lines = if keys.is_empty() && !aggregated {
            if having.is_some() {
                return Err(Refusal::new("HAVING needs an aggregation"));
            }
            step.plain(&selected, &orders)?
        } else {
            step.groups(&keys, &selected, &orders, having.as_ref())?
        };
        if select.distinct {
            let mut seen = HashSet::new();
            lines.retain(|line| seen.insert(key_of(&line.cells)));
        }
        let descending: Vec<bool> = select.order_by.iter().map(|order| order.descending).collect();
        lines.sort_by(|left, right| self.order(&left.keys, &right.keys, &descending));
        let names = columns.into_iter().map(|column| column.name).collect();
        self.cut(select, names, lines)
    }

    /// What is selected from: its meaning for names, its rows where they are made already, and its names.
    fn origin(&self, select: &Select) -> Result<(Origin, Option<Output>, Vec<String>), Refusal> {
        let Some(from) = &select.from else {
            return Ok((Origin::Nothing, None, Vec::new()));
        };
        let mut qualifiers: Vec<String> = from.alias.iter().cloned().collect();
        let output = match &from.source {
            Source::Query(query) => self.rows(query)?,
            Source::Table(name) => {
                qualifiers.push(name.clone());
                match self.named(name) {
                    Some(output) => output.clone(),
                    None if self.database.has(name) => {
                        return Ok((Origin::Table(name.clone()), None, qualifiers));
                    }
                    None => return Err(Refusal::new(format!("Unknown table `{name}`."))),
                }
            }
        };
        Ok((Origin::Columns(output.columns.clone()), Some(output), qualifiers))
    }

    fn cut(&self, select: &Select, columns: Vec<String>, lines: Vec<Line>) -> Result<Output, Refusal> {
        let number = |expr: &Option<Expr>| match expr {
            None => Ok(None),
            Some(expr) => match self.value(expr, &Place::Nothing)? {
                Value::Int(number) => Ok(Some(usize::try_from(number).unwrap_or(0))),
                _ => Err(Refusal::new("LIMIT and OFFSET take whole numbers")),
            },
        };
        let own_limit = number(&select.limit)?;
        let offset = number(&select.offset)?.unwrap_or(0);
        let limit = own_limit.map_or(usize::MAX, |limit| limit.min(MAX_LIMIT));
        let more = lines.len().saturating_sub(offset) > limit;
        let rows = lines.into_iter().skip(offset).take(limit).map(|line| line.cells).collect();
        Ok(Output { columns, rows, more, limit, offset, own_limit: own_limit.is_some() })
    }

    /// NULL comes last either way.
    fn order(&self, left: &[Value], right: &[Value], descending: &[bool]) -> Ordering {
        for ((left, right), descending) in left.iter().zip(right).zip(descending) {
            let order = match (left.is_null(), right.is_null()) {
                (false, false) => {
                    let order = left.compare(right, &self.setting.zone).unwrap_or(Ordering::Equal);
                    if *descending { order.reverse() } else { order }
                }
                (left, right) => left.cmp(&right),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    /// The value of an expression there.
    pub(super) fn value(&self, expr: &Expr, place: &Place<'_>) -> Result<Value, Refusal> {
        match expr {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Slot(slot) => match place {
                Place::Cells(cells) => Ok(cells.get(*slot).cloned().unwrap_or(Value::Null)),
                Place::Row(_) | Place::Nothing => Err(Refusal::new("A column is used out of its place")),
            },
            Expr::Field(chain) => match place {
                Place::Row(row) => Ok(row.field(chain)),
                _ => Err(Refusal::new(format!("Unable to resolve field: {}", chain.join(".")))),
            },
            Expr::Call(inner) => {
                // The first part that decides spares the rest.
                if inner.name == "and" {
                    return self.all(&inner.args, place);
                }
                let args = inner.args.iter().map(|arg| self.value(arg, place));
                call(&inner.name, &args.collect::<Result<Vec<Value>, _>>()?, self.setting)
            }
            Expr::Query(_) | Expr::Star => Err(Refusal::new("A selection is used out of its place")),
        }
    }

    fn all(&self, parts: &[Expr], place: &Place<'_>) -> Result<Value, Refusal> {
        let mut holds = Value::Bool(true);
        for part in parts {
            match self.value(part, place)? {
                Value::Null => holds = Value::Null,
                value if value.holds() => {}
                _ => return Ok(Value::Bool(false)),
            }
        }
        Ok(holds)
    }
}

/// `GROUP BY 1`: the expression that is selected there.
fn positional(place: i64, selected: &[Expr]) -> Result<Expr, Refusal> {
    let at = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    let expr = at.and_then(|at| selected.get(at)).cloned();
    expr.ok_or_else(|| Refusal::new(format!("Positional argument out of bounds: {place}")))
}

/// The columns with `*` written out.
fn starless(columns: &[Column], origin: &Origin) -> Result<Vec<Column>, Refusal> {
    let mut all = Vec::new();
    for column in columns {
        match (&column.expr, origin) {
            (Expr::Star, Origin::Columns(names)) => all.extend(names.iter().map(|name| Column {
                expr: Expr::Field(vec![name.clone()]),
                name: name.clone(),
                aliased: false,
            })),
            (Expr::Star, _) => return Err(Refusal::new("SELECT * needs a selection to select from here")),
            _ => all.push(column.clone()),
        }
    }
    Ok(all)
}
