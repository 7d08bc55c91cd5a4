//! The door: what comes in is fit to be stored, whoever made it.

use std::collections::BTreeMap;

use rows::{
    fit::{Fitted, Fitter, cleaned},
    sink::Commit,
    texts::Role,
};
use sea_orm::DbBackend;

use crate::long_keys;

/// A commit as it is stored.
#[derive(Debug, Default)]
pub struct Admitted {
    /// The commit; what could not be kept is in its quarantine.
    pub commit: Commit,
    /// Why each of those rows could not be kept.
    pub set_aside: Vec<&'static str>,
    /// Texts of keys that stand there in short, whole.
    pub long_keys: BTreeMap<String, String>,
    /// How long all texts of its rows are.
    pub text_bytes: usize,
}

/// Makes a commit fit.
pub fn admit(mut commit: Commit, backend: DbBackend) -> Admitted {
    let place = format!("commit of stream {}", commit.stream);
    let Fitted { rows, mut set_aside, text_bytes } =
        Fitter::default().fit(std::mem::take(&mut commit.rows), &place);
    commit.rows = rows;
    let reasons = set_aside.iter().map(|row| row.reason).collect();
    commit.quarantined.append(&mut set_aside);
    for (_, id) in &mut commit.tombstones {
        *id = long_keys::stored(backend, cleaned(id));
    }
    let mut long_keys = BTreeMap::new();
    if backend == DbBackend::Postgres {
        for row in &mut commit.rows {
            row.each_text(&mut |role, place| {
                let long = place.text().filter(|_| role == Role::Key);
                if let Some((whole, short)) = long.and_then(|text| Some((text, long_keys::short(text)?))) {
                    long_keys.insert(short.clone(), whole.to_owned());
                    place.put(short);
                }
            });
        }
    }
    Admitted { commit, set_aside: reasons, long_keys, text_bytes }
}
