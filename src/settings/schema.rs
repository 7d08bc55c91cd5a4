//! The configuration's JSON schema, and what it says about a key.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use actors::{
    integration::{AnyIntegration, CredentialSpec},
    session::quota::Scope,
};
use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{base_url, document::Document, duration, place::KeyPath};

/// Every scope that a quota may name, from wide to narrow.
pub const SCOPES: [Scope; 5] = [Scope::App, Scope::Project, Scope::Account, Scope::Endpoint, Scope::Ip];

/// The schema of a whole configuration, with these integrations.
#[derive(Debug)]
pub struct Schema {
    root: Value,
}

// === impl Schema ===

impl Schema {
    /// Puts it together. `defaults` are the built-in ones: they show up as such.
    pub fn new(integrations: &[Arc<dyn AnyIntegration>], defaults: &Value) -> Self {
        let mut root = generate::<Document>();
        set(&mut root, "$id", json!("dynamoi.schema.json"));
        set(&mut root, "title", json!("Configuration of dynamoi"));
        note_defaults(&mut root, defaults);
        let integration = integrations_schema(&root["$defs"]["IntegrationTable"], integrations);
        let connection = connection_schema(&root["$defs"]["ConnectionTable"], integrations);
        root["properties"]["integrations"] = integration;
        root["properties"]["connections"]["additionalProperties"] = connection;
        for integration in integrations {
            for (name, definition) in settings_schema(integration.as_ref()).1 {
                root["$defs"][name] = definition;
            }
        }
        drop_unused_definitions(&mut root);
        Self { root }
    }

    /// As JSON, indented, with a newline at its end.
    pub fn to_text(&self) -> String {
        format!("{:#}\n", self.root)
    }

    /// Compiles it.
    pub fn validator(&self) -> Result<Validator, String> {
        jsonschema::options()
            .should_validate_formats(true)
            .with_format("socket-address", |text: &str| text.parse::<SocketAddr>().is_ok())
            .with_format("http-url", |text: &str| base_url::parse(text).is_ok())
            .with_format("percent", |text: &str| rows::markup::Percent::parse(text).is_some())
            .with_format("amount", |text: &str| rows::Micros::parse(text).is_ok())
            .with_format("interval", |text: &str| {
                duration::parse(text).is_some_and(|interval| interval.as_secs() >= 1)
            })
            .with_format("timeout", |text: &str| {
                duration::parse(text).is_some_and(|timeout| (1..=60_000).contains(&timeout.as_millis()))
            })
            .with_format("snapshot-ttl", |text: &str| {
                duration::parse(text).is_some_and(|ttl| ttl.as_secs() >= 20 * 60)
            })
            .with_format("keep", |text: &str| super::retention::parse(text).is_some())
            .with_format("resets", |text: &str| super::quota::resets(text).is_some())
            .with_format("iana-time-zone", |text: &str| rows::zone::zone(text).is_some())
            .build(&self.root)
            .map_err(|error| error.to_string())
    }

    /// Every part of the schema that speaks about this key. Where it depends on a value (a connection's keys on its
    /// integration), `tree` decides.
    pub fn nodes(&self, path: &KeyPath, tree: &Value) -> Vec<&Value> {
        let mut instance = Some(tree);
        let mut nodes = Vec::new();
        self.expand(&self.root, instance, &mut nodes);
        for key in &path.0 {
            instance = instance.and_then(|value| child(value, key));
            let mut below = Vec::new();
            for node in nodes {
                if let Some(next) = step(node, key) {
                    self.expand(next, instance, &mut below);
                }
            }
            nodes = below;
        }
        nodes
    }

    /// Whether the key or a table around it holds secrets: their values are never shown.
    pub fn is_secret(&self, path: &KeyPath, tree: &Value) -> bool {
        (1..=path.0.len()).any(|depth| {
            self.nodes(&KeyPath(path.0[..depth].to_vec()), tree)
                .iter()
                .any(|node| node["writeOnly"] == json!(true))
        })
    }

    fn expand<'a>(&'a self, node: &'a Value, instance: Option<&Value>, nodes: &mut Vec<&'a Value>) {
        nodes.push(node);
        if let Some(target) =
            node["$ref"].as_str().and_then(|target| self.root.pointer(target.strip_prefix('#')?))
        {
            self.expand(target, instance, nodes);
        }
        for combined in
            ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| node[keyword].as_array()).flatten()
        {
            self.expand(combined, instance, nodes);
        }
        let condition = node.pointer("/if/properties/integration/const");
        if condition.is_some() && condition == instance.and_then(|value| value.get("integration")) {
            self.expand(&node["then"], instance, nodes);
        }
    }
}

/// What is below this key, in a table or list.
pub fn child<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(table) => table.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn step<'a>(node: &'a Value, key: &str) -> Option<&'a Value> {
    let named = node["properties"].get(key);
    let any = || node.get("additionalProperties").filter(|schema| schema.is_object());
    let item = || node.get("items").filter(|_| key.bytes().all(|byte| byte.is_ascii_digit()));
    named.or_else(any).or_else(item)
}

/// The keys that these parts of the schema name.
pub fn known_keys<'a>(nodes: &[&'a Value]) -> BTreeSet<&'a str> {
    nodes
        .iter()
        .filter_map(|node| node["properties"].as_object())
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

/// What these parts of the schema expect, in words.
pub fn expectation(nodes: &[&Value]) -> String {
    if let Some(title) = nodes.iter().find_map(|node| node["title"].as_str()) {
        return title.to_owned();
    }
    let constants: Vec<_> = nodes
        .iter()
        .flat_map(|node| node["enum"].as_array().into_iter().flatten().chain(node.get("const")))
        .map(ToString::to_string)
        .collect();
    if !constants.is_empty() {
        return super::suggestion::one_of(constants.iter().map(String::as_str));
    }
    let words: BTreeSet<_> = nodes.iter().flat_map(|node| types(node)).filter_map(type_words).collect();
    let words: Vec<_> = words.into_iter().collect();
    let bound = |keyword: &str, word: &str| {
        nodes
            .iter()
            .find_map(|node| node.get(keyword))
            .map(|limit| format!(" {word} {limit}"))
            .unwrap_or_default()
    };
    match words.as_slice() {
        [] => "a value of the documented form".to_owned(),
        ["text"] if nodes.iter().any(|node| node["minLength"] == json!(1)) => {
            "text that is not empty".to_owned()
        }
        words => {
            format!("{}{}{}", words.join(" or "), bound("minimum", "from"), bound("maximum", "to"))
        }
    }
}

/// The JSON types that a part of the schema names.
pub fn types(node: &Value) -> Vec<&str> {
    match &node["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn type_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => return None,
    })
}

fn generate<T: schemars::JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

fn generate_form(form: fn(&mut schemars::SchemaGenerator) -> schemars::Schema) -> Value {
    form(&mut SchemaSettings::draft2020_12().into_generator()).to_value()
}

/// A derived definition, where it is kept.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn set(node: &mut Value, key: &str, value: Value) {
    if let Some(table) = node.as_object_mut() {
        table.insert(key.to_owned(), value);
    }
}

/// Sections that have built-in defaults require nothing and say what the defaults are.
fn note_defaults(root: &mut Value, defaults: &Value) {
    set(root, "required", json!([]));
    for (section, values) in defaults.as_object().into_iter().flatten() {
        let definition = root["properties"][section]["$ref"]
            .as_str()
            .and_then(|target| target.strip_prefix('#'))
            .map(str::to_owned);
        let Some(node) = definition.and_then(|pointer| root.pointer_mut(&pointer)) else { continue };
        if let Some(table) = node.as_object_mut() {
            table.remove("required");
        }
        for (key, value) in values.as_object().into_iter().flatten() {
            set(&mut node["properties"][key], "default", value.clone());
        }
    }
}

fn integrations_schema(table: &Value, integrations: &[Arc<dyn AnyIntegration>]) -> Value {
    let mut tables = Map::new();
    for integration in integrations {
        let mut table = table.clone();
        set(&mut table["properties"]["base_url"], "default", json!(integration.manifest().base_url));
        if !integration.manifest().api_version.is_empty() {
            set(
                &mut table["properties"]["api_version"],
                "default",
                json!(integration.manifest().api_version),
            );
        }
        table["properties"]["endpoints"] = endpoints_schema(integration.as_ref());
        table["properties"]["quota"] = quota_schema();
        table["properties"]["streams"] = streams_schema(integration.as_ref());
        tables.insert(integration.manifest().id.to_owned(), table);
    }
    json!({
        "description": "What holds for all connections of an integration, by integration.",
        "type": "object",
        "properties": tables,
        "additionalProperties": false
    })
}

fn endpoints_schema(integration: &dyn AnyIntegration) -> Value {
    let hosts: Map<_, _> = integration
        .manifest()
        .hosts
        .iter()
        .map(|host| {
            let mut node = generate_form(super::form::url);
            set(&mut node, "description", json!(host.help));
            set(&mut node, "default", json!(host.url));
            (host.name.to_owned(), node)
        })
        .collect();
    json!({
        "description": "Its hosts beside base_url, by name.",
        "type": "object",
        "properties": hosts,
        "additionalProperties": false
    })
}

fn quota_schema() -> Value {
    let scopes: Map<_, _> =
        SCOPES.iter().map(|scope| (scope.as_str().to_owned(), reference("QuotaTable"))).collect();
    json!({
        "description": "Request rates and budgets by scope, each instead of the one of its scope that would hold otherwise.",
        "type": "object",
        "properties": scopes,
        "additionalProperties": false
    })
}

fn streams_schema(integration: &dyn AnyIntegration) -> Value {
    let streams: Map<_, _> = integration
        .known_streams()
        .iter()
        .map(|known| (known.name.to_owned(), reference("StreamTable")))
        .collect();
    json!({
        "description": "Changes to streams, by stream.",
        "type": "object",
        "properties": streams,
        "additionalProperties": false
    })
}

/// What a connection may say depends on its integration.
fn connection_schema(table: &Value, integrations: &[Arc<dyn AnyIntegration>]) -> Value {
    let mut connection = table.clone();
    connection["properties"]["quota"] = quota_schema();
    set(&mut connection["properties"]["credentials"], "writeOnly", json!(true));
    if !integrations.is_empty() {
        let ids: Vec<_> = integrations.iter().map(|integration| integration.manifest().id).collect();
        set(&mut connection["properties"]["integration"], "enum", json!(ids));
    }
    let cases: Vec<_> =
        integrations.iter().map(|integration| connection_case(integration.as_ref())).collect();
    if !cases.is_empty() {
        set(&mut connection, "allOf", json!(cases));
    }
    connection
}

fn connection_case(integration: &dyn AnyIntegration) -> Value {
    let credentials = integration.manifest().credentials;
    let named: Map<_, _> = credentials
        .iter()
        .map(|credential| {
            let mut node = reference("SecretSource");
            set(&mut node, "description", json!(credential.help));
            (credential.name.to_owned(), node)
        })
        .collect();
    let required: Vec<_> = credentials.iter().filter(|credential| credential.required).collect();
    // What a consent gives may be stored, and missing here.
    let gives = integration.manifest().consent.map(|consent| consent.gives.name);
    let obligatory: Vec<_> =
        required.iter().map(|credential| credential.name).filter(|name| Some(*name) != gives).collect();
    let mut case = json!({
        "properties": {
            "settings": settings_schema(integration).0,
            "endpoints": endpoints_schema(integration),
            "streams": streams_schema(integration),
            "credentials": {
                "type": "object",
                "description": describe(&required),
                "properties": named,
                "required": obligatory,
                "additionalProperties": false
            }
        }
    });
    if !obligatory.is_empty() {
        set(&mut case, "required", json!(["credentials"]));
    }
    json!({
        "if": { "properties": { "integration": { "const": integration.manifest().id } }, "required": ["integration"] },
        "then": case
    })
}

fn describe(credentials: &[&CredentialSpec]) -> String {
    let lines: Vec<_> =
        credentials.iter().map(|credential| format!("{}: {}", credential.name, credential.help)).collect();
    lines.join("; ")
}

/// An integration's settings, and the definitions that they refer to under names that cannot collide.
fn settings_schema(integration: &dyn AnyIntegration) -> (Value, Map<String, Value>) {
    let mut schema = integration.settings_schema().to_value();
    let prefix = format!("{}.", integration.manifest().id);
    rename_references(&mut schema, &prefix);
    let mut definitions = Map::new();
    if let Some(table) = schema.as_object_mut() {
        table.remove("$schema");
        table.remove("title");
        if let Some(Value::Object(own)) = table.remove("$defs") {
            definitions = own.into_iter().map(|(name, node)| (format!("{prefix}{name}"), node)).collect();
        }
        if table.contains_key("properties") {
            // A misspelt setting must not pass silently.
            table.entry("additionalProperties").or_insert(json!(false));
        }
        table.entry("type").or_insert(json!("object"));
    }
    (schema, definitions)
}

/// Some derived definitions have been replaced by refined copies.
fn drop_unused_definitions(root: &mut Value) {
    loop {
        let text = root.to_string();
        let Some(definitions) = root["$defs"].as_object_mut() else { return };
        let count = definitions.len();
        definitions.retain(|name, _| text.contains(&format!("\"#/$defs/{name}\"")));
        if definitions.len() == count {
            return;
        }
    }
}

fn rename_references(node: &mut Value, prefix: &str) {
    match node {
        Value::Object(table) => {
            for (key, value) in table.iter_mut() {
                match (key.as_str(), value.as_str().and_then(|target| target.strip_prefix("#/$defs/"))) {
                    ("$ref", Some(name)) => *value = json!(format!("#/$defs/{prefix}{name}")),
                    _ => rename_references(value, prefix),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(item, prefix)),
        _ => {}
    }
}
