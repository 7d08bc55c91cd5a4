//! Makes the expressions of a selection ready: aliases replaced by what they stand for, selections inside by their values, fields
//! checked, and after grouping everything by its place in the group.

use super::Refusal;
use super::aggregates;
use super::ast::{Call, Column, Expr};
use super::run::Scene;
use super::value::Value;

/// What fields of a selection mean.
pub(super) enum Origin {
    Table(String),
    /// The columns of a selection.
    Columns(Vec<String>),
    Nothing,
}

/// The names that are known in one selection.
pub(super) struct Scope<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) origin: Origin,
    /// The name before a dot that means the table itself.
    pub(super) qualifiers: Vec<String>,
    pub(super) columns: &'s [Column],
}

impl Scope<'_> {
    /// Resolves a clause.
    pub(super) fn clause(&self, expr: &Expr) -> Result<Expr, Refusal> {
        self.resolve(expr, &mut Vec::new())
    }

    /// Resolves a selected expression: in it, its own alias means the field of that name.
    pub(super) fn column(&self, place: usize) -> Result<Expr, Refusal> {
        let expr = self.columns.get(place).map_or(&Expr::Star, |column| &column.expr);
        self.resolve(expr, &mut vec![place])
    }

    fn resolve(&self, expr: &Expr, active: &mut Vec<usize>) -> Result<Expr, Refusal> {
        match expr {
            Expr::Literal(_) | Expr::Slot(_) => Ok(expr.clone()),
            Expr::Star => Err(Refusal::new("* is not supported in this place")),
            Expr::Field(chain) => self.field(chain, active),
            Expr::Query(query) => {
                let rows = self.scene.rows(query)?.rows;
                let firsts = rows.into_iter().filter_map(|row| row.into_iter().next());
                Ok(Expr::Literal(Value::List(firsts.collect())))
            }
            Expr::Call(call) => {
                let args = call.args.iter().map(|arg| self.resolve(arg, active)).collect::<Result<_, _>>()?;
                let mut args: Vec<Expr> = args;
                // A selection that is compared, not searched, stands for its only value.
                if !matches!(call.name.as_str(), "in" | "notIn") {
                    for (arg, given) in args.iter_mut().zip(&call.args) {
                        if let (Expr::Query(_), Expr::Literal(Value::List(values))) = (given, &*arg) {
                            *arg = Expr::Literal(values.first().cloned().unwrap_or(Value::Null));
                        }
                    }
                }
                Ok(Expr::Call(Call { name: call.name.clone(), args, distinct: call.distinct }))
            }
        }
    }

    fn field(&self, chain: &[String], active: &mut Vec<usize>) -> Result<Expr, Refusal> {
        if let [name] = chain {
            let aliased = |(place, column): &(usize, &Column)| {
                column.aliased && column.name == *name && !active.contains(place)
            };
            if let Some((place, column)) = self.columns.iter().enumerate().find(aliased) {
                active.push(place);
                let resolved = self.resolve(&column.expr, active);
                active.pop();
                return resolved;
            }
        }
        let own = match chain {
            [first, rest @ ..] if !rest.is_empty() && self.qualifiers.contains(first) => rest,
            all => all,
        };
        let unknown = || Refusal::new(format!("Unable to resolve field: {}", chain.join(".")));
        match &self.origin {
            Origin::Table(table) if self.scene.database.knows(table, own) => Ok(Expr::Field(own.to_vec())),
            Origin::Columns(columns) => {
                let [name] = own else {
                    return Err(unknown());
                };
                columns.iter().position(|column| column == name).map(Expr::Slot).ok_or_else(unknown)
            }
            Origin::Table(_) | Origin::Nothing => Err(unknown()),
        }
    }
}

/// Whether an expression holds an aggregate.
pub(super) fn has_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    expr.each(&mut |inner| {
        found |= matches!(inner, Expr::Call(call) if aggregates::is_known(&call.name));
    });
    found
}

/// Replaces group keys and aggregates by their places: keys first, then the aggregates in the order they are found.
pub(super) fn grouped(expr: &Expr, keys: &[Expr], found: &mut Vec<Call>) -> Result<Expr, Refusal> {
    if let Some(place) = keys.iter().position(|key| key == expr) {
        return Ok(Expr::Slot(place));
    }
    match expr {
        Expr::Call(call) if aggregates::is_known(&call.name) => {
            if call.args.iter().any(has_aggregate) {
                return Err(Refusal::new(
                    "Aggregation functions cannot be inside other aggregation functions",
                ));
            }
            let place = found.iter().position(|known| known == call).unwrap_or_else(|| {
                found.push(call.clone());
                found.len() - 1
            });
            Ok(Expr::Slot(keys.len() + place))
        }
        Expr::Call(call) => {
            let args = call.args.iter().map(|arg| grouped(arg, keys, found)).collect::<Result<_, _>>()?;
            Ok(Expr::Call(Call { name: call.name.clone(), args, distinct: call.distinct }))
        }
        Expr::Field(chain) => Err(Refusal::new(format!(
            "Column '{}' is not under aggregate function and not in GROUP BY",
            chain.join(".")
        ))),
        Expr::Slot(_) => Err(Refusal::new("A column is not under aggregate function and not in GROUP BY")),
        other => Ok(other.clone()),
    }
}
