//! The merged configuration as people may see it: secrets hidden.

use serde_json::{Map, Value, json};

use super::{place::KeyPath, schema::Schema};

/// What stands where a secret is.
const HIDDEN: &str = "(hidden)";

/// A copy without secrets. References to secrets stay: they say where a secret is, not what it is.
pub fn without_secrets(schema: &Schema, values: &Value) -> Value {
    hide(schema, values, values, &KeyPath::default(), false)
}

/// As TOML.
pub fn to_toml(values: &Value) -> String {
    toml::to_string(values).unwrap_or_else(|error| format!("# cannot be shown as TOML: {error}\n"))
}

fn hide(schema: &Schema, root: &Value, value: &Value, path: &KeyPath, around: bool) -> Value {
    let is_secret = around || schema.nodes(path, root).iter().any(|node| node["writeOnly"] == json!(true));
    match value {
        Value::Object(table) => {
            let visible = table.iter().map(|(key, below)| {
                let is_reference = is_secret
                    && matches!(key.as_str(), "env" | "file" | "credential" | "stored")
                    && path.0.last().is_some_and(|name| name != "credentials");
                let shown = if is_reference {
                    below.clone()
                } else {
                    hide(schema, root, below, &path.child(key), is_secret)
                };
                (key.clone(), shown)
            });
            Value::Object(visible.collect::<Map<_, _>>())
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| hide(schema, root, item, &path.child(&index.to_string()), is_secret))
            .collect(),
        Value::String(text) if is_secret => json!(hidden_text(text)),
        _ if is_secret => json!(HIDDEN),
        other => other.clone(),
    }
}

/// A URL keeps its host, so that one can see which database is meant; everything that can hold a secret goes.
fn hidden_text(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return HIDDEN.to_owned() };
    match scheme {
        "sqlite" | "memory" => text.split('?').next().unwrap_or_default().to_owned(),
        "postgres" | "postgresql" | "redis" | "rediss" => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            match rest.rsplit_once('@') {
                Some((_, place)) => format!("{scheme}://{HIDDEN}@{place}"),
                None => format!("{scheme}://{rest}"),
            }
        }
        _ => HIDDEN.to_owned(),
    }
}
