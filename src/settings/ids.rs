//! Ids that are written as numbers: `tracks = [3135556]`. Ids are text, and TOML's whole numbers keep every digit of one.

use serde_json::Value;

use super::{
    place::KeyPath,
    schema::{Schema, types},
};

/// Makes text of whole numbers where a connection names what it reads and the schema wants text: accounts and settings.
/// Everywhere else a number in the place of a text is a mistake.
pub fn as_text(schema: &Schema, values: &mut Value) {
    let Some(connections) = values.get("connections").and_then(Value::as_object) else { return };
    let mut numbers = Vec::new();
    for (name, connection) in connections {
        for key in ["accounts", "accounts_exclude", "settings"] {
            if let Some(value) = connection.get(key) {
                find(value, &KeyPath::of(["connections", name, key]), &mut numbers);
            }
        }
    }
    numbers.retain(|path| {
        let nodes = schema.nodes(path, values);
        let mut wanted = nodes.iter().flat_map(|node| types(node)).peekable();
        wanted.peek().is_some() && wanted.all(|name| matches!(name, "string" | "null"))
    });
    for path in numbers {
        let place = path.0.iter().try_fold(&mut *values, |value, key| match value {
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            value => value.get_mut(key),
        });
        if let Some(number) = place {
            *number = Value::String(number.to_string());
        }
    }
}

/// The paths of all whole numbers.
fn find(value: &Value, path: &KeyPath, found: &mut Vec<KeyPath>) {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => found.push(path.clone()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find(item, &path.child(&index.to_string()), found);
            }
        }
        Value::Object(table) => {
            for (key, item) in table {
                find(item, &path.child(key), found);
            }
        }
        _ => {}
    }
}
