//! One layer of the configuration: what it sets, and where.

use std::{collections::BTreeMap, path::Path};

use config::{ConfigError, Map, Source, ValueKind};
use serde_json::{Number, Value, json};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    mistake::{Mistake, Mistakes},
    place::{KeyPath, Place},
};

/// What one file or the environment sets.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// A table of what is set.
    pub values: Value,
    /// Where each key is set.
    pub places: BTreeMap<KeyPath, Place>,
}

// === impl Layer ===

impl Layer {
    /// Nothing yet.
    pub fn empty() -> Self {
        Self { values: json!({}), places: BTreeMap::new() }
    }

    /// Reads TOML. `path` is nothing for the built-in defaults. Every syntax error is noted.
    pub fn parse(text: &str, path: Option<&Path>, mistakes: &mut Mistakes) -> Self {
        let file = File::new(text, path);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            mistakes.push(Mistake {
                what: "not valid TOML".to_owned(),
                place: file.place(error.span().map_or(0, |span| span.start)),
                key: KeyPath::default(),
                expected: String::new(),
                // Never the error's own text: that quotes the line, which may hold a secret.
                found: error.message().to_owned(),
                help: None,
            });
        }
        let mut layer = Self::empty();
        layer.values = layer.table(document.get_ref(), &KeyPath::default(), &file, mistakes);
        layer
    }

    /// Sets one key, with the tables around it.
    pub fn insert(&mut self, path: &KeyPath, value: Value, place: &Place) {
        for depth in 1..=path.0.len() {
            self.places.insert(KeyPath(path.0[..depth].to_vec()), place.clone());
        }
        insert(&mut self.values, &path.0, value);
    }

    fn table(
        &mut self,
        table: &DeTable<'_>,
        path: &KeyPath,
        file: &File<'_>,
        mistakes: &mut Mistakes,
    ) -> Value {
        let mut values = serde_json::Map::new();
        for (key, value) in table {
            let below = path.child(key.get_ref());
            self.places.insert(below.clone(), file.place(key.span().start));
            let value = self.value(value, &below, file, mistakes);
            values.insert(key.get_ref().to_string(), value);
        }
        Value::Object(values)
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        path: &KeyPath,
        file: &File<'_>,
        mistakes: &mut Mistakes,
    ) -> Value {
        match value.get_ref() {
            DeValue::String(text) => json!(text),
            DeValue::Boolean(flag) => json!(flag),
            DeValue::Datetime(time) => json!(time.to_string()),
            DeValue::Float(number) => {
                let digits = number.as_str().replace('_', "");
                digits.parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
            }
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                if let Ok(integer) = i64::from_str_radix(&digits, number.radix()) {
                    return json!(integer);
                }
                mistakes.push(Mistake {
                    what: "number too large".to_owned(),
                    place: file.place(value.span().start),
                    key: path.clone(),
                    expected: "a whole number of 64 bits".to_owned(),
                    found: format!("{} digits", digits.len()),
                    help: Some("write ids in quotes: they are text".to_owned()),
                });
                Value::Null
            }
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let below = path.child(&index.to_string());
                    self.places.insert(below.clone(), file.place(item.span().start));
                    values.push(self.value(item, &below, file, mistakes));
                }
                Value::Array(values)
            }
            DeValue::Table(table) => self.table(table, path, file, mistakes),
        }
    }
}

/// A file, for finding lines.
#[derive(Debug)]
struct File<'a> {
    /// Where each line but the last ends, in bytes: a file of thousands of connections has as many keys to place.
    line_ends: Vec<usize>,
    path: Option<&'a Path>,
}

impl<'a> File<'a> {
    fn new(text: &str, path: Option<&'a Path>) -> Self {
        Self { line_ends: text.match_indices('\n').map(|(at, _)| at).collect(), path }
    }

    fn place(&self, offset: usize) -> Place {
        let line = 1 + self.line_ends.partition_point(|end| *end < offset);
        match self.path {
            Some(path) => Place::File { path: path.to_owned(), line: Some(line) },
            None => Place::Builtin,
        }
    }
}

/// Puts a value into a tree; whatever is in the way of the tables around it is replaced.
pub fn insert(tree: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *tree = value;
        return;
    };
    if !tree.is_object() {
        *tree = json!({});
    }
    if let Some(table) = tree.as_object_mut() {
        insert(table.entry(key.clone()).or_insert(Value::Null), rest, value);
    }
}

/// A layer's values, to be merged.
#[derive(Debug, Clone)]
pub struct Values(pub Value);

/// Everything is merged below this one key, because the `config` crate reads top-level keys as expressions: `"a[9]"`
/// would make a list of ten.
const ROOT: &str = "configuration";

impl Source for Values {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        Ok(Map::from_iter([(ROOT.to_owned(), to_config(&self.0))]))
    }
}

fn to_config(value: &Value) -> config::Value {
    let kind = match value {
        Value::Null => ValueKind::Nil,
        Value::Bool(flag) => ValueKind::Boolean(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => ValueKind::I64(integer),
            None => number.as_f64().map_or(ValueKind::Nil, ValueKind::Float),
        },
        Value::String(text) => ValueKind::String(text.clone()),
        Value::Array(items) => ValueKind::Array(items.iter().map(to_config).collect()),
        Value::Object(table) => {
            ValueKind::Table(table.iter().map(|(key, value)| (key.clone(), to_config(value))).collect())
        }
    };
    config::Value::new(None, kind)
}
