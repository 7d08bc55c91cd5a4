//! The functions of many rows.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::Refusal;
use super::ast::Call;
use super::functions::mean;
use super::value::{Value, float};

const NAMES: [&str; 8] = ["count", "sum", "avg", "min", "max", "uniq", "uniqExact", "any"];

/// Splits off `If`: `countIf` is `count` with a condition.
fn base(name: &str) -> Option<(&'static str, bool)> {
    let found = |name: &str| NAMES.into_iter().find(|known| *known == name);
    match found(name) {
        Some(base) => Some((base, false)),
        None => name.strip_suffix("If").and_then(found).map(|base| (base, true)),
    }
}

pub(super) fn is_known(name: &str) -> bool {
    base(name).is_some()
}

/// Fewest and most arguments.
pub(super) fn arity(name: &str) -> Option<(usize, usize)> {
    let (base, conditional) = base(name)?;
    let condition = usize::from(conditional);
    let (low, high) = match base {
        "count" => (0, 1),
        "uniq" | "uniqExact" => (1, 8),
        _ => (1, 1),
    };
    Some((low + condition, high + condition))
}

/// One aggregate at work on one group.
#[derive(Debug)]
pub(super) struct State {
    base: &'static str,
    conditional: bool,
    distinct: bool,
    seen: HashSet<String>,
    rows: u64,
    nullable: bool,
    sum: Option<Value>,
    best: Option<Value>,
}

impl State {
    pub(super) fn new(call: &Call) -> Result<Self, Refusal> {
        let (base, conditional) =
            base(&call.name).ok_or_else(|| Refusal::new(format!("Unknown aggregate {}", call.name)))?;
        if call.distinct && base != "count" {
            return Err(Refusal::new(format!("DISTINCT is not supported in {}", call.name)));
        }
        Ok(Self {
            base,
            conditional,
            distinct: call.distinct,
            seen: HashSet::new(),
            rows: 0,
            nullable: false,
            sum: None,
            best: None,
        })
    }

    /// Takes one row's arguments.
    pub(super) fn add(&mut self, args: &[Value], zone: &TimeZone) -> Result<(), Refusal> {
        let (args, admitted) = match args.split_last() {
            Some((condition, args)) if self.conditional => (args, condition.holds()),
            _ => (args, true),
        };
        if args.iter().any(Value::is_null) {
            self.nullable = true;
            return Ok(());
        }
        if !admitted {
            return Ok(());
        }
        if self.distinct || self.base.starts_with("uniq") {
            let mut key = String::new();
            for value in args {
                value.write_key(&mut key);
            }
            self.seen.insert(key);
            return Ok(());
        }
        self.rows += 1;
        let Some(value) = args.first() else {
            return Ok(());
        };
        match self.base {
            "sum" | "avg" => {
                if !value.is_number() {
                    return Err(Refusal::new(format!(
                        "Illegal type {} of argument for aggregate function {}",
                        value.type_name(),
                        self.base
                    )));
                }
                self.sum = Some(match self.sum.take() {
                    Some(sum) => added(&sum, value),
                    None => added(&Value::Int(0), value),
                });
            }
            "min" | "max" | "any" => {
                let wanted = if self.base == "min" { Ordering::Less } else { Ordering::Greater };
                let better = match &self.best {
                    None => true,
                    Some(best) => self.base != "any" && value.compare(best, zone) == Some(wanted),
                };
                if better {
                    self.best = Some(value.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The group's value. A sum of nothing but NULLs is NULL.
    pub(super) fn finish(self) -> Value {
        match self.base {
            "count" if !self.distinct => Value::Int(i64::try_from(self.rows).unwrap_or(i64::MAX)),
            "count" | "uniq" | "uniqExact" => Value::count(self.seen.len()),
            "sum" => self.sum.unwrap_or(if self.nullable { Value::Null } else { Value::Int(0) }),
            "avg" => {
                let sum = self.sum.and_then(|sum| sum.to_float()).unwrap_or(0.0);
                mean(sum, self.rows).map_or(Value::Null, Value::Float)
            }
            _ => self.best.unwrap_or(Value::Null),
        }
    }
}

fn added(sum: &Value, value: &Value) -> Value {
    match (sum, value) {
        (Value::Int(sum), Value::Int(value)) => Value::Int(sum.saturating_add(*value)),
        (Value::Int(sum), Value::Bool(value)) => Value::Int(sum.saturating_add(i64::from(*value))),
        (Value::Int(0), other) => other.clone(),
        (Value::Decimal(sum), Value::Decimal(value)) => sum.add(*value).map_or(Value::Null, Value::Decimal),
        (sum, value) => {
            Value::Float(sum.to_float().unwrap_or(float(0)) + value.to_float().unwrap_or(float(0)))
        }
    }
}
