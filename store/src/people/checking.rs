//! Key store and erasure journal as whoever checks a configuration is told of them: looked at, and nothing made or changed.

use std::{collections::BTreeSet, fmt::Write};

use super::{DIGESTS, Journal, KeyStore, erasure};
use crate::{
    Access, Store, StoreError,
    cipher::{DataKey, Keyring},
};

/// What is kept apart from a database.
#[derive(Debug, Clone, Copy)]
pub struct KeptApart<'a> {
    /// The database, once it has its tables.
    pub store: Option<&'a Store>,
    /// The configured keys.
    pub keyring: &'a Keyring,
    /// The place of the key store.
    pub keys: &'a str,
    /// That of the journal.
    pub journal: &'a str,
}

/// What the key store tells of itself and of the journal.
struct Told {
    users: usize,
    digests: Option<DataKey>,
    /// The number of the journal's last line.
    anchor: u64,
}

// === impl KeptApart ===

impl KeptApart<'_> {
    /// How it is with the key store, in a few words. The error says what is missing.
    pub async fn key_store(&self) -> Result<String, StoreError> {
        let is_needed = match self.store {
            Some(store) => store.needs_key_store().await?,
            None => false,
        };
        if let Some(path) = KeyStore::missing_file(self.keys) {
            let path = path.display().to_string();
            if is_needed {
                return Err(StoreError::KeysGone(path));
            }
            return Ok(format!("{path} is not there yet: it is made when it is first needed"));
        }
        match self.ask().await? {
            Some(Told { users, digests: Some(_), .. }) => Ok(format!("keys of {users} users, which open")),
            _ if is_needed => Err(StoreError::KeysGone(self.location().await?)),
            _ => Ok("reachable, and empty: its keys are made when they are first needed".to_owned()),
        }
    }

    /// How it is with the journal.
    pub async fn journal(&self) -> Result<String, StoreError> {
        let told = match KeyStore::missing_file(self.keys) {
            Some(_) => None,
            None => self.ask().await?,
        };
        let mark = match self.store {
            Some(store) => erasure::mark(store, &store.pools.read).await?,
            None => None,
        };
        let identity = match self.store {
            Some(store) => store.known_identity().await?.unwrap_or_default(),
            None => String::new(),
        };
        let journal = Journal::open(self.journal, Access::Read).await?;
        let state = journal_state(&journal, told.as_ref(), mark, &identity).await;
        journal.close().await;
        state
    }

    /// What the key store tells; nothing where it has no tables yet.
    async fn ask(&self) -> Result<Option<Told>, StoreError> {
        let keys = KeyStore::open(self.keys, Access::Read).await?;
        let told = async {
            if !keys.has_tables().await? {
                return Ok(None);
            }
            let anchor = keys.anchor(erasure::JOURNAL).await?;
            Ok(Some(Told {
                users: keys.users().await?.len(),
                digests: keys.key(self.keyring, DIGESTS).await?,
                anchor: anchor.map_or(0, |(seq, _)| seq.unsigned_abs()),
            }))
        };
        let told = told.await;
        keys.close().await;
        told
    }

    async fn location(&self) -> Result<String, StoreError> {
        let keys = KeyStore::open(self.keys, Access::Read).await?;
        let location = keys.location().to_owned();
        keys.close().await;
        Ok(location)
    }
}

async fn journal_state(
    journal: &Journal,
    told: Option<&Told>,
    mark: Option<(u64, String)>,
    identity: &str,
) -> Result<String, StoreError> {
    let followed = mark.as_ref().map_or(0, |(seq, _)| *seq);
    let known = followed.max(told.map_or(0, |told| told.anchor));
    let Some(key) = told.and_then(|told| told.digests.as_ref()) else {
        if journal.is_there().await? || known > 0 {
            return Err(StoreError::Unreadable(format!(
                "the erasure journal {} cannot be checked without the key store that belongs to it",
                journal.location()
            )));
        }
        return Ok("not there yet: it begins with the first erasure".to_owned());
    };
    let lines = journal.read(key).await?;
    let count = lines.as_ref().map(|lines| lines.len() as u64);
    match lines {
        None if known == 0 => Ok("not there yet: it begins with the first erasure".to_owned()),
        Some(lines) if lines.len() as u64 >= known => {
            let people: BTreeSet<&str> = lines.iter().map(|line| line.subject.as_str()).collect();
            let people = people.iter().filter(|subject| !subject.is_empty()).count();
            let open = erasure::unfinished(&lines, identity).len();
            let mut state = format!("{} lines about {people} people, each as it was written", lines.len());
            if lines.len() as u64 > followed {
                state.push_str(
                    "; the database has not followed all of it: it does within a minute, or at the start",
                );
            }
            if open > 0 {
                let _ = write!(state, "; {open} erasures are finished at the start");
            }
            Ok(state)
        }
        _ => Err(journal.lost(count, known)),
    }
}
