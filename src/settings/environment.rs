//! The environment as the last layer.
//!
//! `DYNAMOI__HTTP__LISTEN` sets `http.listen`: two underscores go one level down. Variables have no dashes and no case,
//! so a level matches the key that is the same after lower-casing and taking dashes for underscores:
//! `DYNAMOI__CONNECTIONS__LABEL_A_META__ENABLED` sets `enabled` of `[connections.label-a-meta]` when a file has that
//! connection. A name that no file has is taken with dashes: `label-a-meta`. Values have the type that the schema wants;
//! lists and tables are written as in TOML: `DYNAMOI__CONNECTIONS__LABEL_A_META__ACCOUNTS=["act_1"]`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    layer::{Layer, insert},
    mistake::{Mistake, Mistakes},
    place::{KeyPath, Place},
    schema::{self, Schema, known_keys, types},
    tree,
};

/// What the variables of configuration begin with.
pub const PREFIX: &str = "DYNAMOI__";

/// Reads the layer. `below` is what the files say.
pub fn layer(
    environment: &BTreeMap<String, String>,
    schema: &Schema,
    below: &Value,
    mistakes: &mut Mistakes,
) -> Layer {
    let mut layer = Layer::empty();
    let mut variables: Vec<_> = environment
        .iter()
        .filter_map(|(name, text)| Some((name, name.strip_prefix(PREFIX)?, text)))
        .collect();
    if variables.is_empty() {
        return layer;
    }
    let mut known = below.clone();
    // A connection's keys depend on its integration: that one first.
    variables.sort_by_key(|(_, key, _)| !key.to_uppercase().ends_with("__INTEGRATION"));
    for (name, key, text) in variables {
        match path(key, schema, &known) {
            Ok(path) => {
                let value = typed(text, &schema.nodes(&path, &known));
                insert(&mut known, &path.0, value.clone());
                layer.insert(&path, value, &Place::Variable(name.clone()));
            }
            Err((expected, found)) => mistakes.push(Mistake {
                what: "environment variable without a clear meaning".to_owned(),
                place: Place::Variable(name.clone()),
                key: KeyPath::default(),
                expected,
                found,
                help: None,
            }),
        }
    }
    layer
}

/// Finds the key that a variable's name means; otherwise what was expected and what was found.
fn path(name: &str, schema: &Schema, known: &Value) -> Result<KeyPath, (String, String)> {
    let mut path = KeyPath::default();
    for part in name.split("__") {
        if part.is_empty() {
            return Err((format!("{PREFIX}SECTION__KEY"), "an empty level".to_owned()));
        }
        path = path.child(&level(part, &path, schema, known)?);
    }
    Ok(path)
}

fn level(part: &str, path: &KeyPath, schema: &Schema, known: &Value) -> Result<String, (String, String)> {
    let plain = |key: &str| key.to_lowercase().replace(['-', '.'], "_");
    let nodes = schema.nodes(path, known);
    let in_tree = tree::get(known, path).and_then(Value::as_object);
    let candidates: BTreeSet<&str> = known_keys(&nodes)
        .into_iter()
        .chain(in_tree.into_iter().flat_map(|table| table.keys().map(String::as_str)))
        .filter(|key| plain(key) == plain(part))
        .collect();
    let lower = part.to_lowercase();
    match candidates.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Ok((*only).to_owned()),
        [] if nodes.iter().any(|node| node["additionalProperties"].is_object()) => {
            Ok(lower.replace('_', "-"))
        }
        [] => Ok(lower),
        several => Err(("a name that means one key".to_owned(), several.join(" and "))),
    }
}

/// Gives the text the type that the schema wants. What does not fit stays text, which the schema then refuses.
fn typed(text: &str, nodes: &[&Value]) -> Value {
    let wanted: BTreeSet<_> = nodes.iter().flat_map(|node| types(node)).collect();
    let looks_composed = text.trim_start().starts_with(['{', '[']);
    let wants_composed = wanted.contains("object") || wanted.contains("array");
    let as_toml = match (wanted.contains("string"), looks_composed) {
        (true, composed) => composed && wants_composed,
        (false, _) => !wanted.is_empty(),
    };
    if !as_toml {
        return json!(text);
    }
    let mut mistakes = Mistakes::default();
    let parsed = Layer::parse(&format!("value = {text}"), None, &mut mistakes);
    match schema::child(&parsed.values, "value") {
        Some(value) if mistakes.is_empty() => value.clone(),
        _ => json!(text),
    }
}
