//! Events: what changed.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Link;

/// Something happened to an object.
///
/// The object is rendered in the API version that the account had when it happened, not in the one asked for: nothing
/// but ids is taken from it.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    pub created: i64,
    /// `charge.refunded`.
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Data,
}

/// What it happened to.
#[derive(Debug, Deserialize)]
pub struct Data {
    pub object: Subject,
}

/// The object, or one that belongs to it: a dispute names its charge.
#[derive(Debug, Deserialize)]
pub struct Subject {
    pub id: Option<String>,
    pub object: Option<String>,
    charge: Option<Box<RawValue>>,
    invoice: Option<Box<RawValue>>,
    subscription: Option<Box<RawValue>>,
}

// === impl Subject ===

impl Subject {
    /// The id of the object of type `wanted` that the event is about; nothing when it tells none.
    pub fn id_of(&self, wanted: &str) -> Option<String> {
        if self.object.as_deref() == Some(wanted) {
            return self.id.clone();
        }
        let link = match wanted {
            "charge" => &self.charge,
            "invoice" => &self.invoice,
            "subscription" => &self.subscription,
            _ => &None,
        };
        // A link of another shape (older versions have them) tells nothing, and is no reason to lose the event.
        serde_json::from_str::<Link>(link.as_ref()?.get()).ok().map(String::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(json: &str) -> Subject {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_object_itself_or_the_one_that_it_names() {
        assert_eq!(subject(r#"{"id":"ch_1","object":"charge"}"#).id_of("charge").as_deref(), Some("ch_1"));
        let dispute =
            subject(r#"{"id":"dp_1","object":"dispute","charge":"ch_1","subscription":{"a":[1.5]}}"#);
        assert_eq!(dispute.id_of("charge").as_deref(), Some("ch_1"));
        assert_eq!(dispute.id_of("dispute").as_deref(), Some("dp_1"));
        assert_eq!(dispute.id_of("subscription"), None);
        assert_eq!(dispute.id_of("invoice"), None);
    }
}
