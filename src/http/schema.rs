//! Forms of values in the API's answers.

use rows::state::State;
use schemars::{Schema, SchemaGenerator, json_schema};

/// `"2026-01-31T12:00:00Z"`.
pub(super) fn instant(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

/// An instant that may not be known.
pub(super) fn instant_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}

/// `"2026-01-31"`.
pub(super) fn day(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date" })
}

/// A day that may not be known.
pub(super) fn day_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date" })
}

/// A state's word.
pub(super) fn state(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
    json_schema!({ "type": "string", "enum": words })
}
