//! Functions that make one type of another, and those of moments and days.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::Refusal;
use super::decimal::{Decimal, SCALE_LIMIT};
use super::functions::illegal;
use super::value::{Value, day, midnight, moment};

/// Conversions give NULL for a text that is no number.
pub(super) fn conversion(name: &str, value: &Value, second: &Value) -> Result<Value, Refusal> {
    Ok(match name {
        "toString" => value.to_text().map_or(Value::Null, |text| Value::text(&text)),
        "toFloat" => value.to_float().map_or(Value::Null, Value::Float),
        "toFloatOrZero" => Value::Float(value.to_float().unwrap_or(0.0)),
        "toFloatOrDefault" => value.to_float().map_or(second.clone(), Value::Float),
        "toInt" | "toIntOrZero" => {
            let whole = match value {
                Value::Int(whole) => Some(*whole),
                Value::Bool(value) => Some(i64::from(*value)),
                Value::Text(text) => text.parse().ok(),
                Value::Date(date) => midnight(*date, &TimeZone::UTC).map(|at| at.as_second() / 86_400),
                Value::Moment(at, _) => Some(at.as_second()),
                other => other.to_text().and_then(|text| text.split('.').next()?.parse().ok()),
            };
            let missing = if name == "toInt" { Value::Null } else { Value::Int(0) };
            whole.map_or(missing, Value::Int)
        }
        _ => {
            let scale = match second {
                Value::Int(scale) => u32::try_from(*scale).ok().filter(|scale| *scale <= SCALE_LIMIT),
                _ => None,
            };
            let scale = scale.ok_or_else(|| Refusal::new("toDecimal takes a scale from 0 to 18"))?;
            let decimal = value.to_text().and_then(|text| Decimal::parse(&text, scale));
            decimal.map_or(Value::Null, Value::Decimal)
        }
    })
}

/// Moments, days and zones.
pub(super) fn times(name: &str, args: &[Value], zone: &TimeZone) -> Result<Value, Refusal> {
    let first = args.first().unwrap_or(&Value::Null);
    let named_zone = |value: Option<&Value>| match value {
        Some(Value::Text(name)) => TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| Refusal::new(format!("Unknown or invalid time zone: {name}"))),
        Some(other) => Err(illegal(name, other)),
        None => Ok(zone.clone()),
    };
    if let Some(seconds) = match name {
        "toIntervalSecond" => Some(1),
        "toIntervalMinute" => Some(60),
        "toIntervalHour" => Some(3_600),
        "toIntervalDay" | "toIntervalWeek" => Some(0),
        _ => None,
    } {
        let Value::Int(count) = first else {
            return Err(illegal(name, first));
        };
        let days = match name {
            "toIntervalDay" => 1,
            "toIntervalWeek" => 7,
            _ => 0,
        };
        return Ok(Value::Span { days: count.saturating_mul(days), seconds: count.saturating_mul(seconds) });
    }
    Ok(match (name, first) {
        ("toTimeZone", Value::Moment(at, _)) => Value::Moment(*at, named_zone(args.get(1))?),
        ("toDate", Value::Moment(at, own)) => Value::Date(at.to_zoned_datetime(own.clone()).date()),
        ("toDate", Value::Date(date)) => Value::Date(*date),
        ("toDate", Value::Text(text)) => day(text).map_or(Value::Null, Value::Date),
        ("toDateTime", Value::Moment(at, own)) => {
            let zone = if args.len() > 1 { named_zone(args.get(1))? } else { own.clone() };
            Value::Moment(*at, zone)
        }
        ("toDateTime", value) => {
            let zone = named_zone(args.get(1))?;
            let at = match value {
                Value::Text(text) => moment(text, &zone),
                Value::Date(date) => midnight(*date, &zone),
                Value::Int(second) => Timestamp::from_second(*second).ok(),
                _ => return Err(illegal(name, value)),
            };
            at.map_or(Value::Null, |at| Value::Moment(at, zone))
        }
        ("toStartOfDay", Value::Moment(at, own)) => {
            let start = midnight(at.to_zoned_datetime(own.clone()).date(), own);
            start.map_or(Value::Null, |start| Value::Moment(start, own.clone()))
        }
        ("dateTrunc", Value::Text(unit)) if **unit == *"day" => {
            return times("toStartOfDay", args.get(1..).unwrap_or_default(), zone);
        }
        ("toUnixTimestamp", Value::Moment(at, _)) => Value::Int(at.as_second()),
        ("dateDiff", Value::Text(unit)) => {
            let (Some(Value::Moment(from, zone)), Some(Value::Moment(to, _))) = (args.get(1), args.get(2))
            else {
                return Err(illegal(name, args.get(1).unwrap_or(&Value::Null)));
            };
            let local = |at: &Timestamp| at.to_zoned_datetime(zone.clone()).date();
            Value::Int(match unit.as_ref() {
                "second" => to.as_second() - from.as_second(),
                "minute" => to.as_second().div_euclid(60) - from.as_second().div_euclid(60),
                "hour" => to.as_second().div_euclid(3_600) - from.as_second().div_euclid(3_600),
                "day" => i64::from((local(to) - local(from)).get_days()),
                _ => return Err(Refusal::new(format!("dateDiff: unsupported unit '{unit}'"))),
            })
        }
        (_, value) => return Err(illegal(name, value)),
    })
}
