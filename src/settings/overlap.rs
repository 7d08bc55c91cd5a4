//! Two connections that would read the same data.

use std::collections::BTreeMap;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{document::ConnectionTable, place::KeyPath, review::Review};

/// A connection that is polled, as written: for finding two that read the same.
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// What is configured for it.
    pub table: ConnectionTable,
    /// Where it reads; nothing when that is wrong.
    pub base_url: Option<Url>,
    /// What its settings say that it reads; nothing where its accounts say so.
    pub subjects: Option<Vec<String>>,
    /// Its secrets, as far as they were fetched.
    pub secrets: BTreeMap<String, SecretString>,
}

/// What two connections would both read.
enum Overlap {
    /// All that the same credentials see.
    Everything,
    /// One thing that the settings of both name.
    Subject(String),
    /// One account, with its index in the second connection.
    Account { index: usize, id: String },
}

// === impl Review ===

impl Review<'_> {
    /// Two connections on one account would double every total.
    pub fn refuse_doubles(&mut self, candidates: &[Candidate]) {
        for (index, second) in candidates.iter().enumerate() {
            for first in &candidates[..index] {
                let Some(overlap) = overlap(first, second) else { continue };
                let key = KeyPath::of(["connections", &second.name]);
                let (key, found) = match overlap {
                    Overlap::Everything => {
                        (key, "the same credentials, and all accounts that they see".to_owned())
                    }
                    Overlap::Subject(subject) => (key.child("settings"), format!("{subject} in both")),
                    Overlap::Account { index, id } => {
                        (key.child("accounts").child(&index.to_string()), format!("account {id:?} in both"))
                    }
                };
                let place = self.tree.place(&KeyPath::of(["connections", &first.name]));
                self.mistake(
                    &key,
                    &format!("connections `{}` and `{}` would read the same data", first.name, second.name),
                    "everything in one enabled connection only: a second one doubles all totals",
                    &found,
                    Some(format!(
                        "remove it here or from `{}` ({place}), or name what each reads",
                        first.name
                    )),
                );
            }
        }
    }
}

fn overlap(first: &Candidate, second: &Candidate) -> Option<Overlap> {
    if first.table.integration != second.table.integration || first.base_url != second.base_url {
        return None;
    }
    if let (Some(ours), Some(theirs)) = (&second.subjects, &first.subjects) {
        return ours.iter().find(|subject| theirs.contains(subject)).cloned().map(Overlap::Subject);
    }
    let plain = |account: &str| account.strip_prefix("act_").unwrap_or(account).to_owned();
    let (ours, theirs) = (&second.table.accounts, &first.table.accounts);
    if ours.is_empty() || theirs.is_empty() {
        return shares_credential(first, second).then_some(Overlap::Everything);
    }
    let index = ours.iter().position(|account| theirs.iter().any(|other| plain(other) == plain(account)))?;
    Some(Overlap::Account { index, id: ours[index].clone() })
}

fn shares_credential(first: &Candidate, second: &Candidate) -> bool {
    let same_place = second.table.credentials.iter().any(|(name, source)| {
        first.table.credentials.get(name).is_some_and(|other| source.same_place(other))
    });
    let same_value = second.secrets.iter().any(|(name, secret)| {
        first.secrets.get(name).is_some_and(|other| other.expose_secret() == secret.expose_secret())
    });
    same_place || same_value
}
