//! The scan of one selection: rows, or groups of them.

use std::collections::HashMap;

use super::Refusal;
use super::aggregates::State;
use super::ast::{Call, Expr};
use super::resolve::grouped;
use super::run::{Line, Output, Place, Scene};
use super::table::{Bounds, Span};
use super::value::{Value, midnight, moment};

/// The scan of one selection.
pub(super) struct Step<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) table: Option<&'s str>,
    /// Rows that are made already.
    pub(super) inner: Option<&'s Output>,
    pub(super) filter: Option<Expr>,
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

    /// One line for each row.
    pub(super) fn plain(&self, selected: &[Expr], orders: &[Expr]) -> Result<Vec<Line>, Refusal> {
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

    /// One line for each group.
    pub(super) fn groups(
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

/// Tells rows and groups apart.
pub(super) fn key_of(values: &[Value]) -> String {
    let mut key = String::new();
    for value in values {
        value.write_key(&mut key);
    }
    key
}
