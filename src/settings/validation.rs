//! The merged tree against the schema: every violation becomes a [`Mistake`], and is cut out so that what is left can
//! be looked at further.

use std::borrow::Cow;

use actors::session::quota::Scope;
use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    known,
    layer::insert,
    mistake::{Mistake, Mistakes},
    place::{KeyPath, Place},
    schema::{SCOPES, Schema, expectation, known_keys},
    suggestion::{did_you_mean, one_of},
    tree::{self, Tree},
};

/// Notes every violation. Returns the tree without what is wrong, defaults in its place.
pub fn check<'a>(
    schema: &Schema,
    tree: &'a Tree,
    defaults: &Value,
    mistakes: &mut Mistakes,
) -> Cow<'a, Value> {
    let mut sound = Cow::Borrowed(&tree.values);
    let validator = match schema.validator() {
        Ok(validator) => validator,
        Err(problem) => {
            mistakes.push(Mistake {
                what: "an integration's settings schema is broken".to_owned(),
                place: Place::Builtin,
                key: KeyPath::default(),
                expected: String::new(),
                found: problem,
                help: None,
            });
            return sound;
        }
    };
    let checker = Checker { schema, tree };
    for error in validator.iter_errors(&tree.values) {
        for (path, mistake) in checker.mistakes(&error) {
            if let Some(mistake) = mistake {
                mistakes.push(mistake);
            }
            match tree::get(defaults, &path) {
                Some(default) => insert(sound.to_mut(), &path.0, default.clone()),
                None => tree::remove(sound.to_mut(), &checker.smallest_whole(path).0),
            }
        }
    }
    if has_holes(&sound) {
        drop_holes(sound.to_mut());
    }
    sound
}

fn has_holes(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_null() || has_holes(item)),
        Value::Object(table) => table.values().any(has_holes),
        _ => false,
    }
}

/// List items that were cut out left a hole.
fn drop_holes(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_holes);
        }
        Value::Object(table) => table.values_mut().for_each(drop_holes),
        _ => {}
    }
}

struct Checker<'a> {
    schema: &'a Schema,
    tree: &'a Tree,
}

impl Checker<'_> {
    /// What to cut out, and what to say about it (nothing where another rule says it better).
    fn mistakes(&self, error: &ValidationError<'_>) -> Vec<(KeyPath, Option<Mistake>)> {
        let path = KeyPath::from_pointer(error.instance_path().as_str());
        let nodes = self.schema.nodes(&path, &self.tree.values);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.iter().map(|key| self.unknown(&path, key, &nodes)).collect()
            }
            ValidationErrorKind::Required { property } => {
                let key = path.child(property.as_str().unwrap_or_default());
                vec![(key.clone(), Some(self.missing(&path, &key)))]
            }
            // Otherwise a table would be expected, and a table found.
            ValidationErrorKind::MinProperties { .. } => {
                let known = known_keys(&nodes);
                vec![(path.clone(), Some(self.empty(&path, &known.into_iter().collect::<Vec<_>>())))]
            }
            // Which integrations there are is looked at later, and not cut out: the message says more.
            ValidationErrorKind::Enum { .. } if is_integration_id(&path) => Vec::new(),
            _ => {
                // A table that fits none of several forms: an unknown key is the likely reason.
                let known = known_keys(&nodes);
                let stranger = error
                    .instance()
                    .as_object()
                    .filter(|_| !known.is_empty())
                    .and_then(|table| table.keys().find(|key| !known.contains(key.as_str())));
                match stranger {
                    Some(key) => {
                        let (_, mistake) = self.unknown(&path, key, &nodes);
                        vec![(path, mistake)]
                    }
                    None => vec![(path.clone(), Some(self.misfit(&path, error.instance(), &nodes)))],
                }
            }
        }
    }

    /// What has to go with this key: a table that cannot do without it is no use either. Credentials are looked at one
    /// by one, so there the rest stays.
    fn smallest_whole(&self, mut path: KeyPath) -> KeyPath {
        while let Some((key, table)) = path.0.split_last() {
            let table = KeyPath(table.to_vec());
            let is_needed = self.schema.nodes(&table, &self.tree.values).iter().any(|node| {
                node["required"].as_array().is_some_and(|names| names.iter().any(|name| name == key))
            });
            if !is_needed || key == "credentials" || table.0.last().is_some_and(|last| last == "credentials")
            {
                break;
            }
            path = table;
        }
        path
    }

    fn unknown(&self, path: &KeyPath, key: &str, nodes: &[&Value]) -> (KeyPath, Option<Mistake>) {
        let below = path.child(key);
        let known = known_keys(nodes);
        let place = self.tree.place(&below);
        if path.parts() == ["integrations"] {
            return (
                below.clone(),
                Some(not_built_in(key, &known.into_iter().collect::<Vec<_>>(), place, below)),
            );
        }
        let what = match path.0.last().map(String::as_str) {
            Some("streams") => "unknown stream",
            Some("quota") => "unknown quota scope",
            Some("credentials") => "unknown credential",
            Some("settings") => "unknown setting",
            None => "unknown section",
            Some(_) => "unknown key",
        };
        let names: Vec<_> = match what {
            // From wide to narrow, as the documentation tells them.
            "unknown quota scope" => SCOPES.iter().copied().map(Scope::as_str).collect(),
            _ => known.into_iter().collect(),
        };
        let mistake = Mistake {
            what: what.to_owned(),
            place,
            expected: one_of(names.iter().copied()),
            found: format!("`{key}`"),
            help: did_you_mean(key, names),
            key: below.clone(),
        };
        (below, Some(mistake))
    }

    fn missing(&self, table: &KeyPath, key: &KeyPath) -> Mistake {
        let nodes = self.schema.nodes(key, &self.tree.values);
        let description = nodes.iter().rev().find_map(|node| node["description"].as_str());
        Mistake {
            what: match table.0.last().map(String::as_str) {
                Some("credentials") => "missing credential".to_owned(),
                _ => "missing key".to_owned(),
            },
            place: self.tree.place(table),
            expected: expectation(&nodes),
            found: "nothing".to_owned(),
            help: description.map(ToOwned::to_owned),
            key: key.clone(),
        }
    }

    fn empty(&self, path: &KeyPath, known: &[&str]) -> Mistake {
        Mistake {
            what: "empty table".to_owned(),
            place: self.tree.place(path),
            key: path.clone(),
            expected: format!("at least {}", one_of(known.iter().copied())),
            found: "none".to_owned(),
            help: Some("leave the key out for none of it".to_owned()),
        }
    }

    fn misfit(&self, path: &KeyPath, found: &Value, nodes: &[&Value]) -> Mistake {
        let is_secret = self.schema.is_secret(path, &self.tree.values);
        let expected = expectation(nodes);
        let help = match found {
            Value::Number(_) if expected.contains("text") || expected.contains("quotes") => {
                Some("put it in quotes: ids and amounts are text".to_owned())
            }
            _ => None,
        };
        Mistake {
            what: "wrong value".to_owned(),
            place: self.tree.place(path),
            key: path.clone(),
            expected,
            found: if is_secret { kind(found).to_owned() } else { shown(found) },
            help,
        }
    }
}

fn is_integration_id(path: &KeyPath) -> bool {
    matches!(path.parts().as_slice(), ["connections", _, "integration"])
}

/// The mistake of naming an integration that is not there.
pub fn not_built_in(id: &str, built_in: &[&str], place: Place, key: KeyPath) -> Mistake {
    let is_known = known::INTEGRATIONS.contains(&id);
    Mistake {
        what: if is_known {
            format!("integration `{id}` is known, but not built in yet")
        } else {
            format!("integration `{id}` is not built in")
        },
        place,
        key,
        expected: match built_in {
            [] => "an integration that is built in (this build has none)".to_owned(),
            _ => one_of(built_in.iter().copied()),
        },
        found: format!("`{id}`"),
        help: if is_known { None } else { did_you_mean(id, built_in.iter().copied()) },
    }
}

/// Longest text that a message repeats: tokens are longer.
const SHOWN_LENGTH_MAX: usize = 24;

/// A value as a message repeats it. Long texts are not: a secret in the wrong place must not get out this way.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => shown_text(text),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("the number {number}"),
        _ => kind(value).to_owned(),
    }
}

/// A text as a message repeats it.
pub fn shown_text(text: &str) -> String {
    let length = text.chars().count();
    if length <= SHOWN_LENGTH_MAX { format!("{text:?}") } else { format!("a text of {length} characters") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "text that does not fit",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
