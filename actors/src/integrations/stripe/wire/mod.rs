//! What Stripe sends, field by field: only what becomes a column is named here, so that nothing personal is ever read but
//! by `people`, when billing profiles are switched on.
//!
//! Times are Unix seconds, amounts integer minor units, currencies lower-case ISO codes. Words of open sets (statuses,
//! types, reasons) stay text: new ones come with every monthly version.

mod billing;
mod event;
mod payments;
mod people;

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

pub use billing::{Coupon, Customer, Discount, Price, Product, Subscription, SubscriptionItem, Tier};
pub use event::Event;
pub use payments::{BalanceTransaction, Charge, Dispute, Invoice, InvoicePayment, Refund};
pub use people::{
    Address, Card, ChargePerson, CustomerPerson, InvoicePerson, PaymentMethod, SubscriptionPerson,
};

/// One page of a list. Its elements are read one by one, so that one of them can be wrong alone.
#[derive(Debug, Deserialize)]
pub struct List<'a> {
    /// Whether another page follows.
    pub has_more: bool,
    /// Newest first.
    #[serde(borrow)]
    pub data: Vec<&'a RawValue>,
}

/// One page of a list, read in one go.
#[derive(Debug, Deserialize)]
pub struct Whole<T> {
    /// Whether another page follows.
    pub has_more: bool,
    /// Newest first.
    pub data: Vec<T>,
}

/// A list inside an object. Nothing inside it can be read apart.
#[derive(Debug, Deserialize)]
pub struct Inline<T> {
    /// Whether there are more elements than these.
    #[serde(default)]
    pub has_more: bool,
    /// The first elements.
    pub data: Vec<T>,
}

/// What every object has: enough to page over one that cannot be read, and to see that it was deleted.
#[derive(Debug, Default, Deserialize)]
pub struct Head {
    /// Its id.
    pub id: Option<String>,
    /// Its type: `charge`.
    pub object: Option<String>,
    /// When it was made.
    pub created: Option<i64>,
    /// A stub of an object that is gone: `{"id": …, "object": …, "deleted": true}`.
    #[serde(default)]
    pub deleted: bool,
}

/// An error body: `{"error": {…}}`.
#[derive(Debug, Deserialize)]
pub struct ErrorBody<'a> {
    /// What went wrong.
    #[serde(borrow)]
    pub error: ApiError<'a>,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
pub struct ApiError<'a> {
    /// `invalid_request_error`, `api_error` …
    #[serde(borrow, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
    /// `resource_missing`, `lock_timeout` …
    #[serde(borrow)]
    pub code: Option<Cow<'a, str>>,
    /// The parameter that is wrong.
    #[serde(borrow)]
    pub param: Option<Cow<'a, str>>,
    /// For people.
    #[serde(borrow)]
    pub message: Option<Cow<'a, str>>,
}

/// A link to an object: its id, or the object itself where it was expanded. Only the id is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(pub String);

/// An object where it was expanded, else its id.
#[derive(Debug)]
pub enum Expandable<T> {
    /// Not expanded.
    Id(String),
    /// Expanded.
    Object(T),
}

/// A decimal number exactly as Stripe wrote it, as a JSON number or as a string: never a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

// === impl Link ===

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Linked {
            id: String,
        }
        Ok(match Expandable::<Linked>::deserialize(deserializer)? {
            Expandable::Id(id) => Self(id),
            Expandable::Object(linked) => Self(linked.id),
        })
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

// === impl Expandable ===

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Expandable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand: an untagged enum would buffer the object, which costs time and cannot hold numbers as text.
        struct IdOrObject<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for IdOrObject<T> {
            type Value = Expandable<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id or an object")
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Self::Value, E> {
                Ok(Expandable::Id(id.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Expandable::Object)
            }
        }

        deserializer.deserialize_any(IdOrObject(PhantomData))
    }
}

// === impl Decimal ===

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        plain(text).map(Self).ok_or_else(|| de::Error::custom("not a decimal, expected a decimal number"))
    }
}

/// Decimal text without an exponent: `1.5e-4` becomes `0.00015`.
fn plain(text: &str) -> Option<String> {
    /// Beyond it no rate or price makes sense, and the text would only be long.
    const EXPONENT_MAX: i32 = 30;
    const LENGTH_MAX: usize = 64;

    if text.len() > LENGTH_MAX {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || exponent.abs() > EXPONENT_MAX {
        return None;
    }
    if exponent == 0 {
        return Some(mantissa.to_owned());
    }
    let shift = usize::try_from(exponent.unsigned_abs()).ok()?;
    let (whole, fraction) = if exponent > 0 {
        let padded = format!("{fraction:0<shift$}");
        let (moved, rest) = padded.split_at_checked(shift)?;
        (format!("{whole}{moved}"), rest.to_owned())
    } else {
        let padded = format!("{whole:0>width$}", width = shift + 1);
        let (rest, moved) = padded.split_at_checked(padded.len() - shift)?;
        (rest.to_owned(), format!("{moved}{fraction}"))
    };
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for (json, text) in [
            ("1.184623907351294857", "1.184623907351294857"),
            ("25", "25"),
            (r#""0.000000000001""#, "0.000000000001"),
            ("1.5e-4", "0.00015"),
            ("-12.5E1", "-125"),
            ("1.25e3", "1250"),
            ("0", "0"),
        ] {
            assert_eq!(serde_json::from_str::<Decimal>(json).unwrap().0, text, "{json}");
        }
        for json in [r#""abc""#, "{}", "true", r#""""#, "1e999", "[1]"] {
            assert!(serde_json::from_str::<Decimal>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_link_is_an_id_or_an_object() {
        assert_eq!(serde_json::from_str::<Link>(r#""ch_1""#).unwrap().0, "ch_1");
        assert_eq!(serde_json::from_str::<Link>(r#"{"object":"charge","id":"ch_1"}"#).unwrap().0, "ch_1");
        assert_eq!(serde_json::from_str::<Option<Link>>("null").unwrap(), None);
        assert!(serde_json::from_str::<Link>("7").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[-+0-9.eE]{0,20}|.{0,70}") {
            let _ = plain(&text);
        }
    }
}
