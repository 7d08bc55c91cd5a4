//! The functions of one row that are known here, by their HogQL names.

use std::cmp::Ordering;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::casts::{conversion, times};
use super::value::{Value, float};
use super::{Refusal, aggregates};

/// What a function may need beside its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The project's zone.
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
}

/// Name, fewest and most arguments.
const KNOWN: [(&str, usize, usize); 69] = [
    ("and", 1, MANY),
    ("or", 1, MANY),
    ("not", 1, 1),
    ("equals", 2, 2),
    ("notEquals", 2, 2),
    ("less", 2, 2),
    ("greater", 2, 2),
    ("lessOrEquals", 2, 2),
    ("greaterOrEquals", 2, 2),
    ("like", 2, 2),
    ("ilike", 2, 2),
    ("notLike", 2, 2),
    ("notILike", 2, 2),
    ("in", 2, 2),
    ("notIn", 2, 2),
    ("isNull", 1, 1),
    ("isNotNull", 1, 1),
    ("plus", 2, 2),
    ("minus", 2, 2),
    ("multiply", 2, 2),
    ("divide", 2, 2),
    ("modulo", 2, 2),
    ("negate", 1, 1),
    ("abs", 1, 1),
    ("round", 1, 2),
    ("floor", 1, 1),
    ("coalesce", 1, MANY),
    ("ifNull", 2, 2),
    ("nullIf", 2, 2),
    ("assumeNotNull", 1, 1),
    ("toNullable", 1, 1),
    ("if", 3, 3),
    ("multiIf", 3, MANY),
    ("concat", 1, MANY),
    ("lower", 1, 1),
    ("upper", 1, 1),
    ("trim", 1, 1),
    ("length", 1, 1),
    ("empty", 1, 1),
    ("notEmpty", 1, 1),
    ("substring", 2, 3),
    ("startsWith", 2, 2),
    ("endsWith", 2, 2),
    ("toString", 1, 1),
    ("toFloat", 1, 1),
    ("toFloatOrZero", 1, 1),
    ("toFloatOrDefault", 2, 2),
    ("toInt", 1, 1),
    ("toIntOrZero", 1, 1),
    ("toDecimal", 2, 2),
    ("toDate", 1, 1),
    ("toDateTime", 1, 2),
    ("toTimeZone", 2, 2),
    ("toStartOfDay", 1, 1),
    ("toUnixTimestamp", 1, 1),
    ("dateDiff", 3, 3),
    ("dateTrunc", 2, 2),
    ("addDays", 2, 2),
    ("subtractDays", 2, 2),
    ("greatest", 1, MANY),
    ("least", 1, MANY),
    ("now", 0, 1),
    ("today", 0, 0),
    ("tuple", 1, MANY),
    ("array", 0, MANY),
    ("toIntervalSecond", 1, 1),
    ("toIntervalMinute", 1, 1),
    ("toIntervalHour", 1, 1),
    ("toIntervalDay", 1, 1),
];

const MANY: usize = usize::MAX;

/// Functions that go by any spelling, as SQL's own do.
const ANY_CASE: [&str; 14] = [
    "count", "sum", "avg", "min", "max", "coalesce", "ifNull", "nullIf", "lower", "upper", "concat", "abs",
    "round", "length",
];

/// The name as it is known here.
pub(super) fn canonical(name: &str) -> Option<String> {
    let known = name == "toIntervalWeek"
        || KNOWN.iter().any(|(known, ..)| *known == name)
        || aggregates::is_known(name);
    if known {
        return Some(name.to_owned());
    }
    ANY_CASE.into_iter().find(|known| known.eq_ignore_ascii_case(name)).map(str::to_owned)
}

/// Refuses a call with too few or too many arguments.
pub(super) fn check_arity(name: &str, count: usize) -> Result<(), Refusal> {
    let bounds = KNOWN.iter().find(|(known, ..)| *known == name).map(|(_, low, high)| (*low, *high));
    let (low, high) = bounds.or_else(|| aggregates::arity(name)).unwrap_or((1, 1));
    if (low..=high).contains(&count) {
        return Ok(());
    }
    let (few, bound) = if count < low { ("at least", low) } else { ("at most", high) };
    let arguments = if bound == 1 { "argument" } else { "arguments" };
    Err(Refusal::new(format!("Function '{name}' expects {few} {bound} {arguments}, found {count}")))
}

/// Calls a function of one row.
pub(crate) fn call(name: &str, args: &[Value], setting: &Setting) -> Result<Value, Refusal> {
    let zone = &setting.zone;
    let first = args.first().unwrap_or(&Value::Null);
    let second = args.get(1).unwrap_or(&Value::Null);
    Ok(match name {
        "and" | "or" | "not" => logic(name, args),
        "equals" | "notEquals" | "less" | "greater" | "lessOrEquals" | "greaterOrEquals" => {
            comparison(name, first, second, zone)?
        }
        "like" | "ilike" | "notLike" | "notILike" => like(name, first, second),
        "in" | "notIn" => {
            let Value::List(list) = second else {
                return Err(Refusal::new("The right side of IN is no list"));
            };
            let found = list.iter().any(|item| same(first, item, zone));
            Value::Bool(found == (name == "in"))
        }
        "isNull" => Value::Bool(first.is_null()),
        "isNotNull" => Value::Bool(!first.is_null()),
        "coalesce" | "ifNull" => args.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null),
        "nullIf" if same(first, second, zone) => Value::Null,
        "nullIf" | "assumeNotNull" | "toNullable" => first.clone(),
        "if" => if first.holds() { second } else { args.get(2).unwrap_or(&Value::Null) }.clone(),
        "multiIf" => args
            .chunks_exact(2)
            .find(|pair| pair[0].holds())
            .map(|pair| pair[1].clone())
            .or_else(|| args.last().cloned())
            .unwrap_or(Value::Null),
        "tuple" | "array" => Value::List(args.to_vec()),
        "now" => Value::Moment(setting.now, zone.clone()),
        "today" => Value::Date(setting.now.to_zoned_datetime(zone.clone()).date()),
        _ if args.iter().any(Value::is_null) => Value::Null,
        "greatest" | "least" => {
            let wanted = if name == "least" { Ordering::Less } else { Ordering::Greater };
            let better = |best: &Value, value: &Value| value.compare(best, zone) == Some(wanted);
            args.iter().fold(first, |best, value| if better(best, value) { value } else { best }).clone()
        }
        "addDays" | "subtractDays" => {
            let Value::Int(days) = second else {
                return Err(illegal(name, second));
            };
            let span = Value::Span { days: *days, seconds: 0 };
            moved(if name == "addDays" { "plus" } else { "minus" }, first, &span)?
        }
        "plus" | "minus" | "multiply" | "divide" | "modulo" => arithmetic(name, first, second)?,
        "negate" | "abs" | "round" | "floor" => rounding(name, first, second)?,
        "concat" | "lower" | "upper" | "trim" | "length" | "empty" | "notEmpty" | "substring"
        | "startsWith" | "endsWith" => texts(name, args)?,
        "toString" | "toFloat" | "toFloatOrZero" | "toFloatOrDefault" | "toInt" | "toIntOrZero"
        | "toDecimal" => conversion(name, first, second)?,
        _ => times(name, args, zone)?,
    })
}

/// Three-valued: NULL where the answer hangs on a NULL.
fn logic(name: &str, args: &[Value]) -> Value {
    let unknown = args.iter().any(Value::is_null);
    match name {
        "and" if args.iter().any(|value| !value.is_null() && !value.holds()) => Value::Bool(false),
        "or" if args.iter().any(Value::holds) => Value::Bool(true),
        _ if unknown => Value::Null,
        "and" => Value::Bool(true),
        "or" => Value::Bool(false),
        _ => Value::Bool(!args.iter().any(Value::holds)),
    }
}

fn same(left: &Value, right: &Value, zone: &TimeZone) -> bool {
    left.compare(right, zone) == Some(Ordering::Equal)
}

/// HogQL compares so that NULL is unequal to everything else and less or greater than nothing.
fn comparison(name: &str, left: &Value, right: &Value, zone: &TimeZone) -> Result<Value, Refusal> {
    let order = left.compare(right, zone);
    let nulls = |value: &Value| match value {
        Value::List(values) => values.iter().any(Value::is_null),
        other => other.is_null(),
    };
    if order.is_none() && !nulls(left) && !nulls(right) {
        let types = (left.type_name(), right.type_name());
        return Err(Refusal::new(format!(
            "Illegal types of arguments ({}, {}) of function {name}",
            types.0, types.1
        )));
    }
    let both_null = left.is_null() && right.is_null();
    let equal = order == Some(Ordering::Equal) || both_null;
    Ok(Value::Bool(match name {
        "equals" => equal,
        "notEquals" => !equal,
        "less" => order == Some(Ordering::Less),
        "greater" => order == Some(Ordering::Greater),
        "lessOrEquals" => order.is_some_and(Ordering::is_le),
        _ => order.is_some_and(Ordering::is_ge),
    }))
}

fn like(name: &str, text: &Value, pattern: &Value) -> Value {
    let negated = name.starts_with("not");
    let (Value::Text(text), Value::Text(pattern)) = (text, pattern) else {
        return Value::Bool(negated);
    };
    let fold = |text: &str| {
        let folded =
            if name.to_ascii_lowercase().ends_with("ilike") { text.to_lowercase() } else { text.to_owned() };
        folded.chars().collect::<Vec<char>>()
    };
    Value::Bool(matches(&fold(text), &fold(pattern)) != negated)
}

/// `%` is any text, `_` any character, a backslash takes the next character literally. Time grows with text times
/// pattern at most: on a mismatch only the last `%` is moved.
fn matches(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut wanted) = (0, 0);
    let mut restart = None;
    while at < text.len() {
        let escaped = pattern.get(wanted) == Some(&'\\') && wanted + 1 < pattern.len();
        let literal = pattern.get(wanted + usize::from(escaped));
        if !escaped && literal == Some(&'%') {
            restart = Some((at, wanted + 1));
            wanted += 1;
        } else if literal == text.get(at) || (!escaped && literal == Some(&'_')) {
            at += 1;
            wanted += 1 + usize::from(escaped);
        } else if let Some((from, after)) = restart {
            restart = Some((from + 1, after));
            (at, wanted) = (from + 1, after);
        } else {
            return false;
        }
    }
    pattern.get(wanted..).is_none_or(|rest| rest.iter().all(|c| *c == '%'))
}

pub(super) fn illegal(name: &str, value: &Value) -> Refusal {
    Refusal::new(format!("Illegal type {} of argument of function {name}", value.type_name()))
}

fn arithmetic(name: &str, left: &Value, right: &Value) -> Result<Value, Refusal> {
    if let (Value::Moment(..) | Value::Date(_), Value::Span { .. }) = (left, right) {
        return moved(name, left, right);
    }
    if !left.is_number() || !right.is_number() {
        return Err(illegal(name, if left.is_number() { right } else { left }));
    }
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        let whole = match name {
            "plus" => left.checked_add(*right),
            "minus" => left.checked_sub(*right),
            "multiply" => left.checked_mul(*right),
            "modulo" => left.checked_rem(*right),
            _ => None,
        };
        if let Some(whole) = whole {
            return Ok(Value::Int(whole));
        }
    }
    if let (Value::Decimal(left), Value::Decimal(right)) = (left, right) {
        let exact = match name {
            "plus" => left.add(*right),
            "minus" => left.add(right.negated()),
            _ => None,
        };
        if let Some(exact) = exact {
            return Ok(Value::Decimal(exact));
        }
    }
    let (left, right) = (left.to_float().unwrap_or(f64::NAN), right.to_float().unwrap_or(f64::NAN));
    Ok(Value::Float(match name {
        "plus" => left + right,
        "minus" => left - right,
        "multiply" => left * right,
        "modulo" => left % right,
        _ => left / right,
    }))
}

/// A moment or day before or after another.
fn moved(name: &str, value: &Value, by: &Value) -> Result<Value, Refusal> {
    let Value::Span { days, seconds } = by else {
        return Err(illegal(name, by));
    };
    let sign = if name == "minus" { -1 } else { 1 };
    let (days, seconds) = ((days * sign).days(), SignedDuration::from_secs(seconds * sign));
    let moved = match value {
        Value::Date(date) if by == &Value::Span { days: 0, seconds: 0 } => Some(Value::Date(*date)),
        Value::Date(date) => date.checked_add(days).ok().map(Value::Date),
        Value::Moment(at, zone) => at
            .to_zoned_datetime(zone.clone())
            .checked_add(days)
            .and_then(|at| at.timestamp().checked_add(seconds))
            .ok()
            .map(|at| Value::Moment(at, zone.clone())),
        _ => None,
    };
    moved.ok_or_else(|| illegal(name, value))
}

fn rounding(name: &str, value: &Value, digits: &Value) -> Result<Value, Refusal> {
    let scale = match digits {
        Value::Int(digits) => 10_f64.powi(i32::try_from(*digits).unwrap_or(0)),
        _ => 1.0,
    };
    Ok(match (name, value) {
        ("negate", Value::Int(value)) => Value::Int(-value),
        ("abs", Value::Int(value)) => Value::Int(value.saturating_abs()),
        ("negate", Value::Decimal(value)) => Value::Decimal(value.negated()),
        (_, Value::Int(_)) => value.clone(),
        (_, Value::Float(_) | Value::Decimal(_)) => {
            let float = value.to_float().unwrap_or(f64::NAN);
            Value::Float(match name {
                "negate" => -float,
                "abs" => float.abs(),
                "floor" => float.floor(),
                _ => (float * scale).round_ties_even() / scale,
            })
        }
        _ => return Err(illegal(name, value)),
    })
}

fn texts(name: &str, args: &[Value]) -> Result<Value, Refusal> {
    if name == "concat" {
        let parts: Option<Vec<String>> = args.iter().map(Value::to_text).collect();
        return Ok(parts.map_or(Value::Null, |parts| Value::text(&parts.concat())));
    }
    let text = match args.first() {
        Some(Value::Text(text)) => text.as_ref(),
        other => return Err(illegal(name, other.unwrap_or(&Value::Null))),
    };
    let other = args.get(1).and_then(Value::to_text).unwrap_or_default();
    Ok(match name {
        "lower" => Value::text(&text.to_lowercase()),
        "upper" => Value::text(&text.to_uppercase()),
        "trim" => Value::text(text.trim_matches(' ')),
        "length" => Value::count(text.len()),
        "empty" => Value::Bool(text.is_empty()),
        "notEmpty" => Value::Bool(!text.is_empty()),
        "startsWith" => Value::Bool(text.starts_with(&other)),
        "endsWith" => Value::Bool(text.ends_with(&other)),
        _ => {
            let number = |place: usize| match args.get(place) {
                Some(Value::Int(number)) => usize::try_from(*number).ok(),
                _ => None,
            };
            let start = number(1)
                .and_then(|start| start.checked_sub(1))
                .ok_or_else(|| Refusal::new("Indices in substring are 1-based"))?;
            let taken: String = text.chars().skip(start).take(number(2).unwrap_or(MANY)).collect();
            Value::text(&taken)
        }
    })
}

/// A share of two numbers.
pub(super) fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / float(i64::try_from(count).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::super::value::day;
    use super::*;

    fn berlin(name: &str, args: &[Value]) -> Value {
        let setting = Setting {
            zone: jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap(),
            now: Timestamp::UNIX_EPOCH,
        };
        call(name, args, &setting).unwrap()
    }

    #[test]
    fn days_are_the_zone_s_own() {
        let late = berlin("toDateTime", &[Value::text("2026-11-20T23:30:00Z")]);
        assert_eq!(berlin("toDate", std::slice::from_ref(&late)), Value::Date(day("2026-11-21").unwrap()));
        let utc = berlin("toTimeZone", &[late, Value::text("UTC")]);
        assert_eq!(berlin("toDate", &[utc]), Value::Date(day("2026-11-20").unwrap()));
        let local = berlin("toDateTime", &[Value::text("2026-11-21 00:00:00")]);
        assert_eq!(local.to_json(false), "2026-11-21T00:00:00+01:00");
    }

    #[test]
    fn patterns_match_as_in_sql() {
        let cases = [("a%", "abc", true), ("a_c", "abc", true), ("a\\%", "ab", false), ("a\\%", "a%", true)];
        for (pattern, text, found) in cases {
            let args = [Value::text(text), Value::text(pattern)];
            assert_eq!(berlin("like", &args), Value::Bool(found), "{pattern} {text}");
        }
        assert_eq!(berlin("ilike", &[Value::text("ÄB"), Value::text("äb")]), Value::Bool(true));
        assert_eq!(berlin("notLike", &[Value::Null, Value::text("%")]), Value::Bool(true));
    }

    #[test]
    fn null_is_unequal_and_never_less() {
        assert_eq!(berlin("notEquals", &[Value::Null, Value::text("a")]), Value::Bool(true));
        assert_eq!(berlin("less", &[Value::Null, Value::Int(1)]), Value::Bool(false));
        assert_eq!(berlin("and", &[Value::Null, Value::Bool(false)]), Value::Bool(false));
        assert_eq!(berlin("or", &[Value::Null, Value::Bool(false)]), Value::Null);
    }
}
