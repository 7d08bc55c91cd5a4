//! What Stripe sends, field by field: only what becomes a column is named here, so that nothing personal is ever read but
//! by `people`, when billing profiles are switched on.
//!
//! Times are Unix seconds, amounts integer minor units, currencies lower-case ISO codes. Words of open sets (statuses,
//! types, reasons) stay text: new ones come with every monthly version. What is made of anything but small letters, digits and `_` is
//! none of them, and may be a person's.

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

use crate::reading::{elements::Named, names::name};
pub use billing::{Coupon, Customer, Discount, Price, Product, Subscription, SubscriptionItem, Tier};
pub use event::Event;
pub use payments::{BalanceTransaction, Charge, Dispute, Invoice, InvoicePayment, Refund};
pub use people::{
    Address, Card, ChargePerson, CustomerPerson, CustomerRedaction, InvoicePerson, PaymentMethod,
    SubscriptionPerson,
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

/// One of Stripe's own words: `requires_action`.
pub fn is_word(text: &str) -> bool {
    name(text, "_").is_some() && !text.contains(char::is_uppercase)
}

/// Reads a word.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_word(&text) { Ok(text) } else { Err(de::Error::custom("not one of Stripe's words")) }
}

/// Reads a word that may be missing; what is none is not known.
fn maybe_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| is_word(text)))
}

// === impl Head ===

impl Head {
    /// What may be repeated of an object that cannot be read.
    pub fn named(&self) -> Named {
        let fields = [
            ("id", self.id.clone()),
            ("object", self.object.clone()),
            ("created", self.created.map(|created| created.to_string())),
        ];
        Named {
            fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            day: None,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::elements::Unreadable;

    #[test]
    fn only_allowed_fields_are_kept() {
        let raw = r#"{"id":"cus_1","object":"customer","created":"yesterday","email":"ada@example.com"}"#;
        let head = Head { id: Some("cus_1".to_owned()), ..Head::default() };
        let problem = Unreadable::Shape(String::new());
        let aside = problem.set_aside(raw.as_bytes(), "customers.list".to_owned(), head.named());
        assert_eq!(aside.fields, vec![("id", "cus_1".to_owned())]);
        assert_eq!(aside.hash.len(), 64);
        assert!(!format!("{aside:?}").contains("example.com"));
    }

    #[test]
    fn a_link_is_an_id_or_an_object() {
        assert_eq!(serde_json::from_str::<Link>(r#""ch_1""#).unwrap().0, "ch_1");
        assert_eq!(serde_json::from_str::<Link>(r#"{"object":"charge","id":"ch_1"}"#).unwrap().0, "ch_1");
        assert_eq!(serde_json::from_str::<Option<Link>>("null").unwrap(), None);
        assert!(serde_json::from_str::<Link>("7").is_err());
    }
}
