//! All layers, merged: later ones win, tables are merged key by key, lists replace each other.

use std::collections::BTreeMap;

use config::Config;
use serde_json::{Value, json};

use super::{
    layer::{Layer, Values},
    place::{KeyPath, Place},
};

/// The merged configuration, and where each of its keys was set last.
#[derive(Debug, Clone)]
pub struct Tree {
    /// What holds.
    pub values: Value,
    places: BTreeMap<KeyPath, Place>,
}

/// What [`Values`] put together are.
#[derive(serde::Deserialize)]
struct Merged {
    configuration: Value,
}

// === impl Tree ===

impl Tree {
    /// Merges the layers, the first one being the weakest.
    pub fn merge(mut layers: Vec<Layer>) -> Self {
        for later in 1..layers.len() {
            let (earlier, rest) = layers.split_at_mut(later);
            for path in rest[0].places.keys() {
                for layer in &mut *earlier {
                    replace_unit(layer, path);
                }
            }
        }
        let mut builder = Config::builder();
        let mut places: BTreeMap<KeyPath, Place> = BTreeMap::new();
        for Layer { values, places: of_layer } in layers {
            for (path, place) in of_layer {
                if !get(&values, &path).is_some_and(Value::is_object) {
                    // What a replaced list or value had below it is gone: it stands right behind it.
                    let below = places.range(path.clone()..).map(|(known, _)| known);
                    let below: Vec<KeyPath> =
                        below.take_while(|known| known.0.starts_with(&path.0)).cloned().collect();
                    for gone in below {
                        places.remove(&gone);
                    }
                }
                places.insert(path, place);
            }
            builder = builder.add_source(Values(values));
        }
        let merged = builder.build().and_then(Config::try_deserialize::<Merged>);
        // The layers are tables already; merging them cannot fail.
        let values = merged.map_or_else(|_| json!({}), |Merged { configuration }| configuration);
        Self { values, places }
    }

    /// Where the key was set last; for one that is not set, where the table around it was.
    pub fn place(&self, path: &KeyPath) -> Place {
        (0..=path.0.len())
            .rev()
            .find_map(|depth| self.places.get(&KeyPath(path.0[..depth].to_vec())))
            .cloned()
            .unwrap_or(Place::Builtin)
    }

    /// The value of this key.
    pub fn get(&self, path: &KeyPath) -> Option<&Value> {
        get(&self.values, path)
    }
}

/// Some tables make sense as a whole only: merging `{ env = … }` of one file with `{ file = … }` of the next would name
/// two places for one secret, and a rate has one period. What the later layer sets goes from the earlier one.
fn replace_unit(earlier: &mut Layer, path: &KeyPath) {
    match path.parts().as_slice() {
        ["encryption", "key"] | ["connections", _, "credentials", _] | ["http", "tokens", _, "secret"] => {
            remove(&mut earlier.values, &path.0);
        }
        [_, _, "quota", _, period] if period.starts_with("per_") => {
            for period in ["per_second", "per_minute", "per_hour"] {
                let mut sibling = path.0.clone();
                period.clone_into(&mut sibling[4]);
                remove(&mut earlier.values, &sibling);
            }
        }
        _ => {}
    }
}

/// Takes a key out of a tree.
pub fn remove(values: &mut Value, path: &[String]) {
    match (path, values) {
        ([key], Value::Object(table)) => {
            table.remove(key);
        }
        ([key], Value::Array(items)) => {
            // Its place is kept, so that the paths of its neighbours stay right.
            if let Some(item) = key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = Value::Null;
            }
        }
        ([key, rest @ ..], Value::Object(table)) => {
            if let Some(below) = table.get_mut(key) {
                remove(below, rest);
            }
        }
        ([key, rest @ ..], Value::Array(items)) => {
            if let Some(below) = key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                remove(below, rest);
            }
        }
        _ => {}
    }
}

impl From<Tree> for Layer {
    fn from(Tree { values, places }: Tree) -> Self {
        Self { values, places }
    }
}

/// The value of this key in a tree.
pub fn get<'a>(values: &'a Value, path: &KeyPath) -> Option<&'a Value> {
    path.0.iter().try_fold(values, |value, key| super::schema::child(value, key))
}
