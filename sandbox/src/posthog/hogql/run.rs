//! Carries a query out: scan, filter, group, sort, cut.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::Refusal;
use super::aggregates::State;
use super::ast::{Call, Column, Expr, Order, Query, Select, Source};
use super::functions::{Setting, call};
use super::resolve::{Origin, Scope, grouped, has_aggregate};
use super::table::{Bounds, Database, Row, Span};
use super::value::{Value, midnight, moment};

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
    setting: &'s Setting,
    named: Vec<(String, Output)>,
    outer: Option<&'s Scene<'s>>,
}

/// Where the values of fields come from.
enum Place<'p> {
    Row(&'p dyn Row),
    Cells(&'p [Value]),
    Nothing,
}

/// A row of the result with what it is sorted by.
struct Line {
    keys: Vec<Value>,
    cells: Vec<Value>,
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

    fn value(&self, expr: &Expr, place: &Place<'_>) -> Result<Value, Refusal> {
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

/// The scan of one selection.
struct Step<'s> {
    scene: &'s Scene<'s>,
    table: Option<&'s str>,
    inner: Option<&'s Output>,
    filter: Option<Expr>,
}

impl Step<'_> {
    /// Shows every row that the filter lets through.
    fn each(&self, visit: &mut dyn FnMut(&Place<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let scene = self.scene;
        let mut admit = |place: Place<'_>| {
            let admitted = match &self.filter {
                Some(filter) => scene.value(filter, &place)?.holds(),
                None => true,
            };
            if admitted { visit(&place) } else { Ok(()) }
        };
        if let Some(table) = self.table {
            let bounds = self.bounds(table)?;
            return scene.database.scan(table, &bounds, &mut |row| admit(Place::Row(row)));
        }
        match self.inner {
            Some(inner) => inner.rows.iter().try_for_each(|cells| admit(Place::Cells(cells))),
            None => admit(Place::Nothing),
        }
    }

    fn plain(&self, selected: &[Expr], orders: &[Expr]) -> Result<Vec<Line>, Refusal> {
        let mut lines = Vec::new();
        self.each(&mut |place| {
            let keys = self.values(orders, place)?;
            lines.push(Line { keys, cells: self.values(selected, place)? });
            Ok(())
        })?;
        Ok(lines)
    }

    fn values(&self, exprs: &[Expr], place: &Place<'_>) -> Result<Vec<Value>, Refusal> {
        exprs.iter().map(|expr| self.scene.value(expr, place)).collect()
    }

    fn groups(
        &self,
        keys: &[Expr],
        selected: &[Expr],
        orders: &[Expr],
        having: Option<&Expr>,
    ) -> Result<Vec<Line>, Refusal> {
        let mut found = Vec::new();
        let mut placed = |exprs: &[Expr]| {
            exprs.iter().map(|expr| grouped(expr, keys, &mut found)).collect::<Result<Vec<Expr>, _>>()
        };
        let (selected, orders) = (placed(selected)?, placed(orders)?);
        let having = having.map(|having| placed(std::slice::from_ref(having))).transpose()?;
        let mut lines = Vec::new();
        for cells in self.collect(keys, &found)? {
            let place = Place::Cells(&cells);
            if let Some([having]) = having.as_deref()
                && !self.scene.value(having, &place)?.holds()
            {
                continue;
            }
            lines.push(Line { keys: self.values(&orders, &place)?, cells: self.values(&selected, &place)? });
        }
        Ok(lines)
    }

    /// Each group's keys and finished aggregates, in the order in which the groups appear.
    fn collect(&self, keys: &[Expr], found: &[Call]) -> Result<Vec<Vec<Value>>, Refusal> {
        let states = || found.iter().map(State::new).collect::<Result<Vec<State>, _>>();
        let mut places = HashMap::new();
        let mut groups: Vec<(Vec<Value>, Vec<State>)> = Vec::new();
        if keys.is_empty() {
            // Without keys there is one group, even of no rows.
            groups.push((Vec::new(), states()?));
            places.insert(String::new(), 0);
        }
        self.each(&mut |place| {
            let values = self.values(keys, place)?;
            let key = key_of(&values);
            let at = if let Some(at) = places.get(&key) {
                *at
            } else {
                groups.push((values, states()?));
                places.insert(key, groups.len() - 1);
                groups.len() - 1
            };
            for (call, state) in found.iter().zip(&mut groups[at].1) {
                state.add(&self.values(&call.args, place)?, &self.scene.setting.zone)?;
            }
            Ok(())
        })?;
        let finish = |(mut cells, states): (Vec<Value>, Vec<State>)| {
            cells.extend(states.into_iter().map(State::finish));
            cells
        };
        Ok(groups.into_iter().map(finish).collect())
    }

    /// The times that the filter asks for: what need not be scanned.
    fn bounds(&self, table: &str) -> Result<Bounds, Refusal> {
        let mut bounds = Bounds::default();
        let mut parts = Vec::new();
        if let Some(filter) = &self.filter {
            filter.conjuncts(&mut parts);
        }
        for part in parts {
            let Expr::Call(Call { name, args, .. }) = part else { continue };
            let (field, constant, swapped) = match args.as_slice() {
                [Expr::Field(field), other] => (field, other, false),
                [other, Expr::Field(field)] => (field, other, true),
                _ => continue,
            };
            let span = match field.as_slice() {
                [own] if own == self.scene.database.time_field(table) => &mut bounds.own,
                [session, start] if session == "session" && start == "$start_timestamp" => {
                    &mut bounds.session
                }
                _ => continue,
            };
            if is_constant(constant) {
                let value = self.scene.value(constant, &Place::Nothing)?;
                self.narrow(span, name, swapped, &value);
            }
        }
        Ok(bounds)
    }

    fn narrow(&self, span: &mut Span, name: &str, swapped: bool, value: &Value) {
        let zone = &self.scene.setting.zone;
        let at = match value {
            Value::Moment(at, _) => Some(*at),
            Value::Date(date) => midnight(*date, zone),
            Value::Text(text) => moment(text, zone),
            _ => None,
        };
        let Some(at) = at else { return };
        match (name, swapped) {
            ("equals", _) => {
                span.begin(at);
                span.end(at);
            }
            ("greater" | "greaterOrEquals", false) | ("less" | "lessOrEquals", true) => span.begin(at),
            ("less" | "lessOrEquals", false) | ("greater" | "greaterOrEquals", true) => span.end(at),
            _ => {}
        }
    }
}

fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    expr.each(&mut |inner| {
        constant &= matches!(inner, Expr::Literal(_) | Expr::Call(_));
    });
    constant
}

fn key_of(values: &[Value]) -> String {
    let mut key = String::new();
    for value in values {
        value.write_key(&mut key);
    }
    key
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
