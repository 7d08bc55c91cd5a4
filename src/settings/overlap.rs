//! Two connections that would read the same data.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

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
        let mut earlier = Claims::default();
        for (index, second) in candidates.iter().enumerate() {
            for first in earlier.rivals(second) {
                let first = &candidates[first];
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
            earlier.add(index, second);
        }
    }
}

/// Who claims what: so that thousands of connections are not compared each with each.
#[derive(Default)]
struct Claims {
    /// By a hash of the claim: who names the account or subject, or takes all that a credential sees.
    narrow: HashMap<u64, Vec<usize>>,
    /// By a hash of the credential: who has it at all.
    credentials: HashMap<u64, Vec<usize>>,
}

// === impl Claims ===

impl Claims {
    /// Those among the earlier ones that may read the same, in their order.
    fn rivals(&self, candidate: &Candidate) -> BTreeSet<usize> {
        let everyone = if takes_all(candidate) { &self.credentials } else { &self.narrow };
        let by_name = names(candidate).into_iter().filter_map(|claim| self.narrow.get(&claim));
        let by_credential = credentials(candidate).into_iter().filter_map(|claim| everyone.get(&claim));
        by_name.chain(by_credential).flatten().copied().collect()
    }

    fn add(&mut self, index: usize, candidate: &Candidate) {
        let credentials = credentials(candidate);
        for claim in
            names(candidate).into_iter().chain(credentials.iter().copied().filter(|_| takes_all(candidate)))
        {
            self.narrow.entry(claim).or_default().push(index);
        }
        for claim in credentials {
            self.credentials.entry(claim).or_default().push(index);
        }
    }
}

fn takes_all(candidate: &Candidate) -> bool {
    candidate.table.accounts.is_empty() && candidate.subjects.is_none()
}

/// Of each account and subject that it names.
fn names(candidate: &Candidate) -> Vec<u64> {
    let accounts =
        candidate.table.accounts.iter().map(|account| claim(candidate, "account", &plain(account)));
    let subjects = candidate.subjects.iter().flatten().map(|subject| claim(candidate, "subject", subject));
    accounts.chain(subjects).collect()
}

/// Of each of its secrets, by where it is and by what it is.
fn credentials(candidate: &Candidate) -> Vec<u64> {
    let places =
        candidate.table.credentials.values().map(|source| claim(candidate, "place", &source.place()));
    let values = candidate.secrets.values().map(|secret| claim(candidate, "secret", secret.expose_secret()));
    places.chain(values).collect()
}

fn claim(candidate: &Candidate, kind: &str, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&candidate.table.integration, &candidate.base_url, kind, text).hash(&mut hasher);
    hasher.finish()
}

/// `act_123` is 123, and `123-456-7890` is 1234567890.
fn plain(account: &str) -> String {
    account.strip_prefix("act_").unwrap_or(account).replace('-', "")
}

fn overlap(first: &Candidate, second: &Candidate) -> Option<Overlap> {
    if first.table.integration != second.table.integration || first.base_url != second.base_url {
        return None;
    }
    if let (Some(ours), Some(theirs)) = (&second.subjects, &first.subjects) {
        return ours.iter().find(|subject| theirs.contains(subject)).cloned().map(Overlap::Subject);
    }
    let (ours, theirs) = (&second.table.accounts, &first.table.accounts);
    if ours.is_empty() || theirs.is_empty() {
        let apart = leaves_out(second, theirs) || leaves_out(first, ours);
        return (!apart && shares_credential(first, second)).then_some(Overlap::Everything);
    }
    let index = ours.iter().position(|account| theirs.iter().any(|other| plain(other) == plain(account)))?;
    Some(Overlap::Account { index, id: ours[index].clone() })
}

/// Whether it leaves out everything that the other names.
fn leaves_out(all: &Candidate, named: &[String]) -> bool {
    let excluded = &all.table.accounts_exclude;
    !named.is_empty() && named.iter().all(|id| excluded.iter().any(|other| plain(other) == plain(id)))
}

fn shares_credential(first: &Candidate, second: &Candidate) -> bool {
    let same_place = second.table.credentials.iter().any(|(name, source)| {
        first.table.credentials.get(name).is_some_and(|other| source.place() == other.place())
    });
    let same_value = second.secrets.iter().any(|(name, secret)| {
        first.secrets.get(name).is_some_and(|other| other.expose_secret() == secret.expose_secret())
    });
    same_place || same_value
}
