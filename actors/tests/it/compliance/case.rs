//! What the suite must know about a provider. A new provider is one implementation of [`Case`] and one line in
//! `mod.rs`.

use std::{sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    session::{Call, quota::Scope},
};
use jiff::Timestamp;
use rows::Table;
use sandbox::exchange::Imitation;
use serde_json::Value;

use super::fact::Fact;
use crate::support::wire::{ImitationWire, Seen};

/// An integration and its imitation.
pub trait Case: Sync {
    /// The integration under test.
    fn integration(&self) -> Arc<dyn AnyIntegration>;

    /// A fresh world with so many days of history before `now`. Its numbers stand still until a control changes them.
    fn imitation(&self, seed: u64, days: u32, now: Timestamp) -> Box<dyn Imitation>;

    /// A connection that reads all of it.
    fn spec(&self, start: rows::Day) -> ConnectionSpec;

    /// Everything that the tables must say, by the imitation's own account.
    fn truth(&self, wire: &ImitationWire, spec: &ConnectionSpec) -> Vec<Fact>;

    /// Whether a row is a reading of an earlier day, of which the world remembers nothing.
    fn is_past(&self, _: Table, _key: &str, _: &ImitationWire, _: &ConnectionSpec) -> bool {
        false
    }

    /// Whether the same request may stand twice in one complete reading, because the integration's README says so.
    fn may_repeat(&self, _seen: &Seen) -> bool {
        false
    }

    /// Whether a request may stand again after a kill without having been part of a page or window: checks, look-ups.
    fn is_cheap_after_kill(&self, seen: &Seen) -> bool;

    /// For a page of a feed: the parameter that says where it begins. Nothing for everything else.
    fn feed_cursor(&self, _seen: &Seen) -> Option<&'static str> {
        None
    }

    /// For a request of a set that is read as a whole (a snapshot): a name of the set. A kill costs one reading of it,
    /// not one page, because its pages are stored together at its end.
    fn set(&self, _seen: &Seen) -> Option<String> {
        None
    }

    // --- What happens at the provider ---

    /// Lets the world's numbers follow time, or holds them.
    fn set_moving(&self, wire: &ImitationWire, moving: bool);

    /// A value within the look-back changes.
    fn restate(&self, wire: &ImitationWire);

    /// Something new appears within the look-back.
    fn add(&self, wire: &ImitationWire);

    /// Something within the look-back disappears.
    fn remove(&self, wire: &ImitationWire);

    /// Reports are answered without rows, or with them again. False where nothing is read by windows of days.
    fn empty_windows(&self, _wire: &ImitationWire, _empty: bool) -> bool {
        false
    }

    /// From now on complete answers are too much for one request. False where the provider knows no such thing.
    fn make_heavy(&self, _wire: &ImitationWire) -> bool {
        false
    }

    /// Whether a request is one that only heavy windows need.
    fn is_for_heavy(&self, _seen: &Seen) -> bool {
        false
    }

    /// Moves days into this zone, at the provider or in the connection's settings.
    fn set_zone(&self, wire: &ImitationWire, spec: &mut ConnectionSpec, zone: &str);

    // --- Credentials ---

    /// Whether there are any. False for an API that is open to everybody: then the rules about refused credentials
    /// have nothing to refuse, and `credential`, `accept` and `expire` are never called.
    fn has_credentials(&self) -> bool {
        true
    }

    /// The name of the secret.
    fn credential(&self) -> &'static str;

    /// A secret of the form that is needed, where `planted`, which is any text, is none.
    fn secret(&self, planted: &'static str) -> &'static str {
        planted
    }

    /// The provider accepts this secret and no other.
    fn accept(&self, wire: &ImitationWire, secret: &str);

    /// The secret stops working.
    fn expire(&self, wire: &ImitationWire);

    /// Refuses one stream for lack of permission, or permits it again.
    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal;

    /// Whether [`Case::forbid`] refuses this stream: more than the one where permissions are not so fine.
    fn is_refused(&self, refusal: &Refusal, stream: &str) -> bool {
        refusal.stream == stream
    }

    // --- Limits ---

    /// Part of the path of requests that share one limit, and the wait that its refusal imposes at least.
    fn limited(&self) -> (&'static str, Duration);

    /// Headers that say to wait on an answer that is otherwise good, and for how long; part of the path that they hold.
    fn wait_headers(&self) -> Vec<WaitHeaders> {
        Vec::new()
    }

    /// A request to send thousands of times, and whose limit it meets.
    fn cheap_call(&self) -> (Call, Scope);

    // --- The shape of answers ---

    /// The list in a good answer, if it is one.
    fn list<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body["data"].as_array_mut()
    }

    /// Makes an answer say that another page follows, though it does not say where.
    fn promise_more(&self, body: &mut Value) {
        if body.get("has_more").is_some() {
            body["has_more"] = Value::Bool(true);
        } else {
            body["paging"] = serde_json::json!({ "next": "https://provider.invalid/next" });
        }
    }

    /// The text of an error for people, if the answer is one.
    fn error_text<'a>(&self, body: &'a mut Value) -> Option<&'a mut Value> {
        body.pointer_mut("/error/message")
    }

    /// Adds what nobody knows to a list, beside unknown fields in its elements.
    fn add_unknown(&self, _body: &mut Value) {}

    // --- What is unexpected ---

    /// Whether a body without a list is an element by itself, where objects are asked for one by one: what is done to
    /// elements is then done to it, too.
    fn is_element(&self, _body: &Value) -> bool {
        false
    }

    /// Puts a value of the wrong type, `text`, into an element of a list. False where elements of that path stay as
    /// they are.
    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool;

    /// Puts an enum value that nobody knows and numbers above 2^53 into an element of a list.
    fn plant(&self, path: &str, element: &mut Value);

    /// What the tables must say after [`Case::plant`]: these values somewhere in the table.
    fn planted(&self) -> Vec<Planted>;

    /// Texts about persons that the provider sends and that must go nowhere.
    fn personal(&self, _wire: &ImitationWire) -> Vec<String> {
        Vec::new()
    }
}

/// What is refused.
pub struct Refusal {
    /// The stream.
    pub stream: &'static str,
    /// The tables that it fills, alone or with others: not compared while it is refused.
    pub tables: &'static [Table],
    /// The permission, as the advice must name it.
    pub permission: &'static str,
}

/// A word to wait on a good answer.
pub struct WaitHeaders {
    pub path: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub wait: Duration,
}

/// A value that must have arrived.
pub struct Planted {
    pub table: Table,
    pub name: &'static str,
    pub value: String,
}

/// The elements of an answer: of its list, or itself where it is one.
pub fn elements<'a>(case: &dyn Case, body: &'a mut Value) -> Vec<&'a mut Value> {
    if case.is_element(body) {
        return vec![body];
    }
    case.list(body).into_iter().flatten().collect()
}
