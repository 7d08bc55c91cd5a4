//! Forms of values, as schemas. The `title` is what an error message says was expected.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    document::{BudgetTable, TierTable},
    duration::PATTERN,
};

/// `"15m"`.
pub fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": PATTERN, "title": "a duration such as \"15m\", \"6h\" or \"1d\"" })
}

/// `"15m"`, and not nothing: an interval of zero would poll without end.
pub fn interval(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "interval",
        "pattern": PATTERN,
        "title": "an interval of at least a second, such as \"15m\", \"6h\" or \"1d\""
    })
}

/// `"2026-01-31"`.
pub fn date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date", "title": "a date such as \"2026-01-31\"" })
}

/// `"127.0.0.1:9464"`.
pub fn address(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "socket-address",
        "title": "an IP address with a port, such as \"127.0.0.1:9464\" or \"[::1]:9464\""
    })
}

/// `"https://…"`.
pub fn url(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "http-url",
        "title": "a URL such as \"https://api.example.com\", without user, query or fragment"
    })
}

/// `"sqlite://…"`.
pub fn database_url(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^(sqlite|postgres|postgresql):",
        "title": "a URL that begins with sqlite:// or postgres://",
        "writeOnly": true
    })
}

/// `"memory://"`.
pub fn cache_url(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^(memory://$|rediss?://.)",
        "title": "memory://, or a URL that begins with redis:// or rediss://",
        "writeOnly": true
    })
}

/// `"250ms"`.
pub fn timeout(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "timeout",
        "pattern": PATTERN,
        "title": "a duration from 1ms to 1m, such as \"250ms\""
    })
}

/// `"1h"`, longer than campaigns are left alone.
pub fn snapshot_ttl(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "snapshot-ttl",
        "pattern": PATTERN,
        "title": "a duration of at least 20m, such as \"1h\""
    })
}

/// `"dynamoi"`.
pub fn cache_prefix(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z0-9_.:-]{1,100}$",
        "title": "letters, digits and _ . : -, 1 to 100 of them"
    })
}

/// `"1500.00"`.
pub fn amount(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "amount",
        "pattern": "^[0-9]+(\\.[0-9]+)?$",
        "title": "a decimal amount in quotes, such as \"1500.00\""
    })
}

/// What a percentage is.
pub const PERCENT: &str = "a percentage from 0 to 1000 with up to four decimals, such as 15 or \"12.5\"";

/// `12.5`, or `"12.5"`.
pub fn percent(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["number", "string"],
        "format": "percent",
        "minimum": 0,
        "maximum": 1000,
        "title": PERCENT
    })
}

/// `"USD"`.
pub fn currency(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$", "title": "a currency code such as \"USD\"" })
}

/// A request rate.
pub fn rate(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number", "exclusiveMinimum": 0, "title": "a number above 0" })
}

/// Requests back to back.
pub fn burst(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": 1_000_000, "title": "a whole number from 1 to 1000000" })
}

/// A budget, in units. What is used of it must fit into the database's whole numbers.
pub fn units(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "integer",
        "minimum": 1,
        "maximum": 1_000_000_000_000_u64,
        "title": "a whole number from 1 to 1000000000000"
    })
}

/// When a budget is granted anew.
pub fn resets(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "resets",
        "title": "\"rolling\", or an IANA time zone such as \"America/Los_Angeles\""
    })
}

/// `"Europe/Berlin"`.
pub fn time_zone(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "iana-time-zone",
        "title": "an IANA time zone such as \"Europe/Berlin\""
    })
}

/// `"eu"`.
pub fn region(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z0-9-]{1,64}$",
        "title": "a region such as \"eu\": letters, digits and `-`, in either case"
    })
}

/// `"eu"`, or `""`.
pub fn region_or_none(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z0-9-]{0,64}$",
        "title": "a region such as \"eu\": letters, digits and `-`, in either case; or \"\""
    })
}

/// `"30d"`, or `"forever"`.
pub fn keep(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "keep",
        "title": "whole days such as \"30d\", at least one, or \"forever\""
    })
}

/// `"data/dynamoi.keys"`.
pub fn key_store(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": "^((sqlite|postgres|postgresql)://.|[^:]+$)",
        "title": "the path of a file, or a URL that begins with postgres://",
        "writeOnly": true
    })
}

/// A number of days.
pub fn days(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": 4_000, "title": "a whole number from 1 to 4000" })
}

/// On or off.
pub fn toggle(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "boolean" })
}

/// Text that is not empty.
pub fn text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

/// Any table.
pub fn table(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

/// Tiers of a stream.
pub fn tiers(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": generator.subschema_for::<TierTable>() })
}

/// A path.
pub fn path(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "title": "the path of a file" })
}

/// Another type's form, where the key may be left out.
pub fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A budget.
pub fn budget(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<BudgetTable>()
}

/// Names of hosts, without scheme and port.
pub fn host_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": {
        "type": "string",
        "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
        "title": "a host's name such as \"dynamoi.example.com\", without scheme and port"
    } })
}
