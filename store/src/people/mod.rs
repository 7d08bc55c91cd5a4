//! People: users of a tenant, what they agreed to, and the keys under which what tells of them is sealed.
//!
//! Personal columns of a user are sealed under a data key of that user alone. Data keys are kept in a key store of their own
//! ([`KeyStore`]), sealed by the configured keyring: whoever destroys one makes everything that it sealed unreadable, in the
//! database, its log and every backup of it.

mod age;
mod apart;
pub mod audit;
mod category;
mod checking;
mod consent;
mod disclosures;
pub mod erasure;
mod export;
mod form;
mod holds;
mod identity;
pub mod import;
mod keys;
mod links;
mod nobody;
mod person;
pub(crate) mod places;
mod policy;
mod read;
mod subject;
mod tenants;
mod unseen;
mod write;

use sea_orm::DbBackend;
use unicode_normalization::UnicodeNormalization as _;

pub use self::{
    age::{AgeStatement, YEARS_MIN},
    apart::{is_database, is_no_file, is_one_place},
    category::Category,
    checking::KeptApart,
    consent::{Consent, NewConsent, RestsOn},
    disclosures::{ACCESS_REQUEST, DATA_SUBJECT, Disclosure, NewDisclosure, OPERATION, refused_purpose},
    erasure::Journal,
    export::{Exported, LEFT_OUT},
    form::{FormError, PersonForm},
    holds::LegalHold,
    keys::{KeyStore, Resealed},
    links::{Source, UserLink},
    person::{BirthDate, Listed, Person, PersonStatus, Who},
    places::{Erasure, Found, NOBODY, PLACES, Place, Through},
    policy::{NewPolicy, Policy},
    tenants::Tenant,
};
pub(crate) use self::{
    consent::{Rests, withheld},
    erasure::customer_digest,
};
use crate::{
    Access, Store, StoreError,
    cipher::{DataKey, Keyring},
};

/// The users of all tenants, for who has the keys.
#[derive(Debug)]
pub struct People {
    store: Store,
    keys: KeyStore,
    journal: Journal,
    keyring: Keyring,
}

/// Why something about a user is not done. No message repeats anything personal.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The database, the key store or the key.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too young to be served.
    #[error("nobody under {YEARS_MIN} is served: nothing was stored")]
    UnderAge,
    /// Too young, and known already.
    #[error(
        "user {0} is under {YEARS_MIN}: what was stored of this person is erased, and the person's data key is destroyed"
    )]
    FoundUnderAge(String),
    /// Too young, known already, and held.
    #[error(
        "user {0} is under {YEARS_MIN}, and under a legal hold: the user is withdrawn, every consent is taken back, and nothing \
         was erased; the erasure is due when the hold ends (`dynamoi privacy hold list` shows why it lasts)"
    )]
    HeldUnderAge(String),
    /// An e-mail address of several.
    #[error("several users have this e-mail address: choose one by its id: {}", .0.join(", "))]
    Ambiguous(Vec<String>),
    /// What was handed over.
    #[error("{0}")]
    Form(#[from] FormError),
    /// Something that is not there.
    #[error("{0}")]
    Unknown(String),
    /// Something that is not done, and why.
    #[error("{0}")]
    Refused(String),
    /// The place that an export goes to.
    #[error("what is stored of the person cannot be written: {0}")]
    Unwritten(std::io::Error),
}

impl From<sea_orm::DbErr> for PeopleError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// The name under which the key of digests is kept. It outlives every rotation of the configured key and every subject.
const DIGESTS: &str = "digests";

// === impl PeopleError ===

impl PeopleError {
    /// As [`StoreError::at`].
    fn at(self, where_it_is: impl FnOnce() -> String) -> Self {
        match self {
            Self::Store(error) => Self::Store(error.at(where_it_is)),
            other => other,
        }
    }
}

// === impl Store ===

impl Store {
    /// An error of people in this database, which is named where it has no room.
    pub fn name_in(&self, error: PeopleError) -> PeopleError {
        error.at(|| self.named())
    }
}

// === impl People ===

impl People {
    /// Needs the store's keyring: without one there are no users.
    pub fn open(store: &Store, keys: KeyStore, journal: Journal) -> Result<Self, StoreError> {
        let keyring = store.require_keys("users")?;
        Ok(Self { store: store.clone(), keys, journal, keyring })
    }

    /// Opens key store and journal at these places, too. What is not there yet is made, as `access` says; but never a key store
    /// in the place of one that is gone.
    pub async fn open_at(
        store: &Store,
        keys: &str,
        journal: &str,
        access: Access,
    ) -> Result<Self, StoreError> {
        store.require_keys("users")?;
        if let Some(path) = KeyStore::missing_file(keys)
            && store.needs_key_store().await?
        {
            return Err(StoreError::KeysGone(path.display().to_string()));
        }
        let keys = KeyStore::open(keys, access).await?;
        match Journal::open(journal, access).await {
            Ok(journal) => Self::open(store, keys, journal),
            Err(error) => {
                keys.close().await;
                Err(error)
            }
        }
    }

    /// Closes key store and journal. The database is the caller's.
    pub async fn close(self) {
        self.keys.close().await;
        self.journal.close().await;
    }

    /// As [`Store::name_in`].
    pub fn name_in(&self, error: PeopleError) -> PeopleError {
        self.store.name_in(error)
    }

    fn backend(&self) -> DbBackend {
        self.store.pools.write.get_database_backend()
    }

    /// The key of digests; made when it is first needed. A key store without it beside a database with users, or with traces of
    /// erased ones, is not the one that belongs to it: a new key would find nobody.
    async fn digests(&self) -> Result<DataKey, StoreError> {
        if let Some(key) = self.keys.key(&self.keyring, DIGESTS).await? {
            return Ok(key);
        }
        if self.store.needs_key_store().await? {
            return Err(StoreError::KeysGone(self.keys.location().to_owned()));
        }
        self.keys.make(&self.keyring, DIGESTS, self.store.clock.0.now()).await
    }

    /// The keyed digest by which an e-mail address is found within its tenant, in capitals or not, and whichever way its accents
    /// are written. Two tenants' digests of one address differ.
    async fn email_digest(&self, tenant: &str, email: &str) -> Result<Vec<u8>, StoreError> {
        let address: String = email.trim().to_lowercase().nfc().collect();
        Ok(self.digests().await?.digest(&["email", tenant, &address]))
    }

    /// The keyed digest that stands for a user where nothing of the user may be left.
    pub async fn subject_digest(&self, tenant: &str, user: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.digests().await?.digest(&["subject", tenant, user]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rows::clock::SystemClock;
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::{StoreOptions, cipher::generate_key};

    #[tokio::test]
    async fn a_full_disk_is_said_to_be_that_of_the_database() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        let url = format!("sqlite://{}", at("main.db"));
        let store =
            Store::connect(&url, StoreOptions::default(), Arc::new(SystemClock::new())).await.unwrap();
        store.migrate_up().await.unwrap();
        store.use_keys(Some(Keyring::parse(&generate_key().unwrap()).unwrap()));
        let tenant = Tenant { id: "label-a".into(), name: "A".into(), data_region: None, time_zone: None };
        store.sync_tenants(&[tenant]).await.unwrap();
        let people = People::open_at(&store, &at("keys.db"), &at("erasures"), Access::Make).await.unwrap();
        // SQLite takes that for a full disk.
        store.pools.write.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let form = || PersonForm::read(br#"{"age_statement":"at_least_18"}"#).unwrap();
        let mut added = 0;
        // What is left in pages that are there already.
        let full = loop {
            match people.add("label-a", form()).await {
                Ok(_) => added += 1,
                Err(error) => break people.name_in(error).to_string(),
            }
            assert!(added < 1000);
        };
        assert!(full.contains(&format!("the database {} could not be written", at("main.db"))), "{full}");
        assert!(full.contains("make room"), "{full}");
        assert_eq!(people.keys.users().await.unwrap().len(), added, "no key is left of who is not stored");
        people.close().await;
        store.close().await;
    }
}
