//! Logs from before databases had identities.

use std::sync::Arc;

use rows::clock::SystemClock;
use tempfile::TempDir;

use super::*;
use crate::{
    Access, Store, StoreOptions,
    cipher::{Keyring, generate_key},
    people::{Journal, KeyStore, Tenant},
};

/// Databases that share a key store, in a directory of their own.
struct Shared {
    directory: TempDir,
    keyring: Keyring,
}

// === impl Shared ===

impl Shared {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            keyring: Keyring::parse(&generate_key().unwrap()).unwrap(),
        }
    }

    async fn open(&self, name: &str) -> People {
        let at = |name: &str| self.directory.path().join(name).display().to_string();
        let url = format!("sqlite://{}", at(name));
        let clock = Arc::new(SystemClock::new());
        let store = Box::pin(Store::connect(&url, StoreOptions::default(), clock)).await.unwrap();
        store.migrate_up().await.unwrap();
        store.use_keys(Some(self.keyring.clone()));
        let keys = Box::pin(KeyStore::open(&at("keys"), Access::Make)).await.unwrap();
        People::open(&store, keys, Journal::open(&at("journal"), Access::Make).await.unwrap()).unwrap()
    }

    /// One that an older program has used, with so many lines after those of others. The step that gives it an identity is still to
    /// come.
    async fn older(&self, name: &str, lines: i64) -> People {
        let people = self.open(name).await;
        let tenant = Tenant { id: "a".into(), name: "A".into(), data_region: None, time_zone: None };
        people.store.sync_tenants(&[tenant]).await.unwrap();
        execute(&people, "DROP TABLE database_identity").await;
        execute(&people, "DELETE FROM seaql_migrations WHERE version LIKE '%database_identity'").await;
        let (mut seq, mut prev) = people.keys.anchor(ANCHOR).await.unwrap().unwrap_or_default();
        for _ in 0..lines {
            seq += 1;
            let mut line = Line {
                seq,
                at: "2026-11-24T10:00:00Z".to_owned(),
                actor: "test".to_owned(),
                action: "records".to_owned(),
                tenant: None,
                subject: None,
                detail: name.to_owned(),
                prev,
                mac: Vec::new(),
            };
            line.mac = people.mac(&line, None).await.unwrap();
            people.store.pools.write.execute_raw(line.insert(people.backend()).done()).await.unwrap();
            people.keys.set_anchor(ANCHOR, seq, &line.mac).await.unwrap();
            prev = line.mac;
        }
        people
    }
}

async fn execute(people: &People, sql: &str) {
    people.store.pools.write.execute_unprepared(sql).await.unwrap();
}

async fn upgrade(people: &People) {
    people.store.migrate_up().await.unwrap();
}

async fn note(people: &People) {
    let deed =
        Deed { actor: "test", action: Action::Records, tenant: None, user: None, detail: String::new() };
    people.note(&deed).await.unwrap();
}

async fn findings(people: &People) -> Vec<String> {
    people.verify().await.unwrap().findings
}

const NOTHING: [String; 0] = [];

#[tokio::test]
async fn an_older_log_is_taken_over_with_what_is_known_of_it() {
    let shared = Shared::new();
    let people = shared.older("one.db", 3).await;
    upgrade(&people).await;
    assert_eq!(findings(&people).await, NOTHING, "before anything is written");
    note(&people).await;
    assert_eq!(people.keys.anchor(ANCHOR).await.unwrap(), None);
    let verified = people.verify().await.unwrap();
    assert_eq!((verified.lines, verified.logs, verified.findings), (4, 1, Vec::new()));
    // Its backup from before the upgrade is the same database.
    for table in ["database_identity", "seaql_migrations WHERE version LIKE '%database_identity'"] {
        execute(&people, &format!("DELETE FROM {table}")).await;
    }
    execute(&people, "DROP TABLE database_identity").await;
    execute(&people, "DELETE FROM audit_log WHERE seq > 2").await;
    upgrade(&people).await;
    assert!(findings(&people).await[0].starts_with("lines 3 to 4 are missing"));
    note(&people).await;
    assert!(findings(&people).await[0].starts_with("lines 3 to 4 are missing"));
}

#[tokio::test]
async fn what_was_taken_out_of_an_older_log_is_found_after_the_upgrade() {
    for (kept, name) in [(2, "one.db"), (0, "two.db")] {
        let shared = Shared::new();
        let people = shared.older(name, 3).await;
        execute(&people, &format!("DELETE FROM audit_log WHERE seq > {kept}")).await;
        upgrade(&people).await;
        // Whatever is written to it.
        for _ in 0..3 {
            let found = findings(&people).await;
            assert!(found.iter().any(|finding| finding.contains("knows of a line 3")), "{kept}: {found:?}");
            people.settle().await.unwrap();
            note(&people).await;
        }
        // One that is new beside it has nothing to do with that.
        let new = shared.open("new.db").await;
        assert_eq!(findings(&new).await, NOTHING);
        note(&new).await;
        note(&new).await;
        assert_eq!(findings(&new).await, NOTHING);
    }
    // With the name, too.
    let shared = Shared::new();
    let people = shared.older("one.db", 3).await;
    upgrade(&people).await;
    note(&people).await;
    execute(&people, "DELETE FROM audit_log WHERE seq = 4").await;
    assert!(findings(&people).await[0].starts_with("line 4 is missing"));
    execute(&people, "UPDATE audit_log SET detail = 'x' WHERE seq = 3").await;
    assert!(findings(&people).await[0].starts_with("line 3: it was changed"));
}

/// As they were left: each says for ever what was missing then, and nothing more.
#[tokio::test]
async fn what_older_logs_knew_of_one_another_passes() {
    let shared = Shared::new();
    let one = shared.older("one.db", 4).await;
    let other = shared.older("other.db", 1).await;
    upgrade(&one).await;
    assert!(findings(&one).await.iter().any(|finding| finding.contains("another database's that shares")));
    // Its worker is started, and then writes.
    upgrade(&other).await;
    other.settle().await.unwrap();
    for people in [&one, &other] {
        note(people).await;
        note(people).await;
    }
    assert_eq!(findings(&one).await, NOTHING);
    let found = findings(&other).await;
    assert!(found.len() == 1 && found[0].starts_with("lines 1 to 4 are missing"), "{found:?}");
}
