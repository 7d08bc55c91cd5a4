//! The values of a query: what columns hold and functions take.

use std::cmp::Ordering;
use std::fmt::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::decimal::Decimal;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Decimal(Decimal),
    Text(Arc<str>),
    Date(Date),
    /// A moment and the zone it is shown in.
    Moment(Timestamp, TimeZone),
    /// Whole days and seconds to add to a moment.
    Span {
        days: i64,
        seconds: i64,
    },
    /// A tuple or an array.
    List(Vec<Value>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// A text, or NULL.
    pub(crate) fn optional(text: Option<&Arc<str>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(Arc::clone(text)))
    }

    /// A count.
    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A number as it is written in a query.
    pub(crate) fn number(text: &str) -> Option<Self> {
        if text.contains('.') {
            return text.parse().ok().map(Self::Float);
        }
        text.parse().ok().map(Self::Int)
    }

    /// A constant of the request's `values`; objects are none.
    pub(crate) fn from_json(json: &serde_json::Value) -> Option<Self> {
        Some(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => Self::Float(number.as_f64()?),
            },
            serde_json::Value::String(text) => Self::text(text),
            serde_json::Value::Array(list) => {
                Self::List(list.iter().map(Self::from_json).collect::<Option<_>>()?)
            }
            serde_json::Value::Object(_) => return None,
        })
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether a condition holds; NULL does not.
    pub(crate) fn holds(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            _ => false,
        }
    }

    /// As a floating-point number, unless it is no number.
    pub(crate) fn to_float(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Int(value) => Some(float(*value)),
            Self::Float(value) => Some(*value),
            Self::Decimal(value) => Some(value.to_float()),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// As the text that `toString` gives; `None` for NULL and lists.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Decimal(value) => Some(value.to_string()),
            Self::Text(text) => Some(text.to_string()),
            Self::Date(date) => Some(date.to_string()),
            Self::Moment(at, zone) => {
                let local = at.to_zoned_datetime(zone.clone()).datetime();
                Some(local.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string())
            }
            Self::Null | Self::Span { .. } | Self::List(_) => None,
        }
    }

    /// As it stands in an answer: moments in ISO 8601 with their offset, what is no number as null.
    pub(crate) fn to_json(&self, decimals_as_text: bool) -> serde_json::Value {
        match self {
            Self::Null | Self::Span { .. } => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Decimal(value) if decimals_as_text => value.to_string().into(),
            Self::Decimal(value) => value.to_float().into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Date(date) => date.to_string().into(),
            Self::Moment(at, zone) => iso(*at, zone).into(),
            Self::List(values) => values.iter().map(|value| value.to_json(decimals_as_text)).collect(),
        }
    }

    /// The name of its type in the database.
    pub(crate) fn type_name(&self) -> String {
        let name = match self {
            Self::Null => "Nothing",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "UInt64",
            Self::Float(_) => "Float64",
            Self::Decimal(decimal) => return format!("Decimal(18, {})", decimal.scale()),
            Self::Text(_) => "String",
            Self::Date(_) => "Date",
            Self::Moment(_, zone) => return format!("DateTime64(6, '{}')", zone_name(zone)),
            Self::Span { .. } => "IntervalSecond",
            Self::List(values) => {
                let names: Vec<String> = values.iter().map(Self::type_name).collect();
                return format!("Tuple({})", names.join(", "));
            }
        };
        name.to_owned()
    }

    /// Appends what tells this value from every other, for sets and groups.
    pub(crate) fn write_key(&self, key: &mut String) {
        // Writing to a `String` does not fail.
        let _ = match self {
            Self::Null => write!(key, "n;"),
            Self::Bool(value) => write!(key, "i{};", u8::from(*value)),
            Self::Int(value) => write!(key, "i{value};"),
            Self::Float(value) => write!(key, "f{value};"),
            Self::Decimal(value) => write!(key, "d{value};"),
            Self::Text(text) => write!(key, "t{}:{text};", text.len()),
            Self::Date(date) => write!(key, "D{date};"),
            Self::Moment(at, _) => write!(key, "m{};", at.as_microsecond()),
            Self::Span { days, seconds } => write!(key, "s{days},{seconds};"),
            Self::List(values) => {
                for value in values {
                    value.write_key(key);
                }
                write!(key, "l{};", values.len())
            }
        };
    }

    /// Which of two values is the greater; `None` where they cannot be compared, as with NULL. Text is read as a
    /// day or moment beside one; `zone` is what such a text is in.
    pub(crate) fn compare(&self, other: &Self, zone: &TimeZone) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Decimal(left), Self::Decimal(right)) => left.compare(right),
            (Self::Date(left), Self::Date(right)) => Some(left.cmp(right)),
            (Self::Date(left), Self::Text(right)) => Some(left.cmp(&day(right)?)),
            (Self::Moment(left, _), Self::Moment(right, _)) => Some(left.cmp(right)),
            (Self::Moment(left, _), Self::Text(right)) => Some(left.cmp(&moment(right, zone)?)),
            (Self::Moment(left, own), Self::Date(right)) => Some(left.cmp(&midnight(*right, own)?)),
            (Self::Text(_) | Self::Date(_), Self::Date(_) | Self::Moment(..)) => {
                other.compare(self, zone).map(Ordering::reverse)
            }
            (Self::List(left), Self::List(right)) if left.len() == right.len() => {
                for (left, right) in left.iter().zip(right) {
                    let order = left.compare(right, zone)?;
                    if order != Ordering::Equal {
                        return Some(order);
                    }
                }
                Some(Ordering::Equal)
            }
            (left, right) if left.is_number() && right.is_number() => {
                left.to_float()?.partial_cmp(&right.to_float()?)
            }
            _ => None,
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Decimal(_))
    }
}

/// A whole number as a floating-point one.
#[expect(clippy::cast_precision_loss, reason = "what the database does in the same place")]
pub(crate) fn float(value: i64) -> f64 {
    value as f64
}

/// The first ten characters as a day.
pub(crate) fn day(text: &str) -> Option<Date> {
    text.get(..10).unwrap_or(text).parse().ok()
}

/// A text as a moment: with its own offset, or else in this zone; a day alone is its midnight.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local = match text.replacen(' ', "T", 1).parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
    };
    zone.to_timestamp(local).ok()
}

/// The first moment of a day.
pub(crate) fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp())
}

/// The zone's IANA name.
pub(crate) fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// A moment in ISO 8601, `Z` where the zone is UTC.
pub(crate) fn iso(at: Timestamp, zone: &TimeZone) -> String {
    if zone_name(zone) == "UTC" {
        return at.to_string();
    }
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()
}
