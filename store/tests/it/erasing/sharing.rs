//! Databases that share a key store and an erasure journal.

use std::fs;

use sea_orm::DbBackend;
use store::people::{
    People, PersonForm,
    audit::{Action, Deed},
    erasure::Settled,
};
use tempfile::TempDir;

use super::{
    ADA, BEA, Crowd, LINKED, TENANT, connection, everywhere, expect_emptied, named, open, tenants, told,
};
use crate::support::Bench;

const NOWHERE: [&str; 0] = [];
const NOTHING: [String; 0] = [];

/// Another database beside the one of the bench, with the same key, key store and journal.
struct Beside {
    bench: Bench,
    people: People,
    _directory: TempDir,
}

// === impl Beside ===

impl Beside {
    async fn of(crowd: &Crowd) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bench = Bench::open(&format!("sqlite://{}", directory.path().join("beside.db").display())).await;
        bench.store.sync_tenants(&tenants()).await.unwrap();
        bench.store.use_keys(Some(crowd.keyring.clone()));
        let people = open(&bench.store, &crowd.directory).await;
        Self { bench, people, _directory: directory }
    }

    async fn close(self) {
        self.people.close().await;
        self.bench.store.close().await;
    }
}

async fn note(people: &People, detail: &str) {
    let deed =
        Deed { actor: "test", action: Action::Records, tenant: None, user: None, detail: detail.to_owned() };
    people.note(&deed).await.unwrap();
}

async fn findings(people: &People) -> Vec<String> {
    people.verify().await.unwrap().findings
}

fn form(text: &str) -> PersonForm {
    PersonForm::read(text.as_bytes()).unwrap()
}

/// Of the journal.
fn lines(crowd: &Crowd) -> usize {
    fs::read_to_string(crowd.journal()).map_or(0, |text| text.lines().count())
}

/// Each has a log of its own, whoever writes when.
pub async fn logs_of_databases_that_share_a_key_store_are_told_apart(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let beside = Beside::of(&crowd).await;
    for (number, people) in [&crowd.people, &beside.people, &beside.people, &crowd.people].iter().enumerate()
    {
        let record =
            format!(r#"{{"external_id":"app-{number}","name":"Somebody","age_statement":"at_least_18"}}"#);
        let user = people.add(TENANT, form(&record)).await.unwrap();
        people.rectify(TENANT, &user, form(r#"{"name":"Other"}"#), "test", &[]).await.unwrap();
        note(people, "one").await;
        people.erase(TENANT, &user, "test", &[]).await.unwrap();
        for people in [&crowd.people, &beside.people] {
            assert_eq!(findings(people).await, NOTHING, "{number}");
        }
    }
    for people in [&crowd.people, &beside.people] {
        let verified = people.verify().await.unwrap();
        assert_eq!((verified.lines, verified.logs), (6, 2));
    }
    // What is taken out of one is found in that one.
    bench.execute("CREATE TABLE saved AS SELECT * FROM audit_log").await;
    for (gone, told) in [("seq = 6", "line 6 is missing"), ("seq > 0", "lines 1 to 6 are missing")] {
        bench.execute(&format!("DELETE FROM audit_log WHERE {gone}")).await;
        assert!(findings(&crowd.people).await[0].starts_with(told), "{gone}");
        assert_eq!(findings(&beside.people).await, NOTHING);
        bench.execute("DELETE FROM audit_log").await;
        bench.execute("INSERT INTO audit_log SELECT * FROM saved").await;
    }
    // So is another name for it, and none.
    let id = bench.one("SELECT id FROM database_identity").await["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 32, "{id}");
    bench.execute("UPDATE database_identity SET id = 'other'").await;
    assert!(findings(&crowd.people).await[0].contains("or is another database's"));
    bench.execute("DELETE FROM database_identity").await;
    assert!(findings(&crowd.people).await[0].contains("identity was taken out"));
    note(&crowd.people, "on").await;
    assert!(findings(&crowd.people).await[0].contains("line 1: it was changed"));
    bench.execute(&format!("UPDATE database_identity SET id = '{id}'")).await;
    bench.execute("DELETE FROM audit_log WHERE seq > 6").await;
    assert_eq!(findings(&crowd.people).await, NOTHING);
    // A copy that is used beside its original has the same name: either finds what the other has written.
    note(&crowd.people, "seven").await;
    bench.execute("DELETE FROM audit_log WHERE seq = 7").await;
    note(&crowd.people, "eight").await;
    assert!(findings(&crowd.people).await[0].starts_with("line 7 is missing"));
    beside.close().await;
    crowd.people.close().await;
}

/// A database from before there were names gets one that a backup of it gets, too.
pub async fn an_older_database_is_given_a_name_by_its_log(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let name = async || {
        bench.execute("DROP TABLE database_identity").await;
        bench.execute("DELETE FROM seaql_migrations WHERE version LIKE '%database_identity'").await;
        bench.store.migrate_up().await.unwrap();
        bench.one("SELECT id FROM database_identity").await["id"].as_str().unwrap().to_owned()
    };
    let one = name().await;
    assert!(one.starts_with("older-") && one.len() == 38, "there are tenants: {one}");
    assert_ne!(name().await, one, "without a log it is random");
    note(&crowd.people, "one").await;
    note(&crowd.people, "two").await;
    let named = name().await;
    bench.execute("DELETE FROM audit_log WHERE seq = 2").await;
    assert_eq!(name().await, named);
    let hex = if bench.backend() == DbBackend::Postgres { "encode(mac, 'hex')" } else { "lower(hex(mac))" };
    let mac = bench.one(&format!("SELECT {hex} AS mac FROM audit_log")).await;
    assert_eq!(named, format!("older-{}", &mac["mac"].as_str().unwrap()[..32]));
    crowd.people.close().await;
}

/// What is erased in one is erased in the others while they run, and only what was added to the journal is looked at.
pub async fn an_erasure_in_one_database_reaches_another(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let beside = Beside::of(&crowd).await;
    let there = &beside.bench;
    let epoch = connection(&there.store, LINKED, TENANT).await;
    for (customer, tag) in [(ADA, "ada"), (BEA, "bea")] {
        there.commit(told(LINKED, epoch, customer, tag)).await;
    }
    assert_eq!(beside.people.follow_journal().await.unwrap(), Settled::default(), "nobody was erased yet");
    assert_eq!(beside.people.follow_journal().await.unwrap(), Settled::default());
    let ada = crowd.ada().await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert_eq!(named(there, TENANT, ADA).await, everywhere());
    let followed = beside.people.follow_journal().await.unwrap();
    assert_eq!(followed, Settled { customers: 1, ..Settled::default() });
    assert_eq!(named(there, TENANT, ADA).await, NOWHERE);
    assert_eq!(named(there, TENANT, BEA).await, everywhere());
    assert_eq!(beside.people.follow_journal().await.unwrap(), Settled::default());
    assert!(beside.people.is_settled().await.unwrap() && crowd.people.is_settled().await.unwrap());
    assert_eq!(lines(&crowd), 2, "wished, and done");
    beside.people.guard_writer().await.unwrap();
    there.commit(told(LINKED, epoch, ADA, "late")).await;
    assert_eq!(named(there, TENANT, ADA).await, NOWHERE);
    // Either way, also where lines of both stand between one another, and by who starts anew.
    crowd.people.guard_writer().await.unwrap();
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    bench.commit(told(LINKED, epoch, BEA, "bea")).await;
    let record = r#"{"external_id":"app-bea","name":"Bea","age_statement":"at_least_18"}"#;
    let bea = beside.people.add(TENANT, form(record)).await.unwrap();
    let link = store::people::UserLink::of(LINKED, BEA).unwrap();
    beside.people.link(TENANT, &bea, &link).await.unwrap();
    beside.people.erase(TENANT, &bea, "test", &[]).await.unwrap();
    let other = crowd.add(TENANT, "other").await;
    crowd.people.erase(TENANT, &other, "test", &[]).await.unwrap();
    assert_eq!(named(bench, TENANT, BEA).await, everywhere());
    let settled = crowd.people.settle().await.unwrap();
    assert_eq!(settled, Settled { customers: 1, ..Settled::default() });
    assert_eq!(named(bench, TENANT, BEA).await, NOWHERE);
    assert_eq!(beside.people.follow_journal().await.unwrap(), Settled::default());
    assert!(beside.people.is_settled().await.unwrap() && crowd.people.is_settled().await.unwrap());
    assert_eq!(lines(&crowd), 6);
    for people in [&crowd.people, &beside.people] {
        assert_eq!(findings(people).await, NOTHING);
    }
    beside.close().await;
    crowd.people.close().await;
}

/// What another database has begun is not this one's to finish: a kill there is found by a start there.
pub async fn an_erasure_is_finished_where_it_was_begun(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let beside = Beside::of(&crowd).await;
    let there = connection(&beside.bench.store, LINKED, TENANT).await;
    beside.bench.commit(told(LINKED, there, ADA, "ada")).await;
    let here = connection(&bench.store, LINKED, TENANT).await;
    bench.commit(told(LINKED, here, ADA, "ada")).await;
    let ada = crowd.ada().await;
    // It breaks off before the receipt.
    bench.execute("ALTER TABLE audit_log RENAME TO away").await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap_err();
    bench.execute("ALTER TABLE away RENAME TO audit_log").await;
    for people in [&beside.people, &crowd.people] {
        people.follow_journal().await.unwrap();
        assert_eq!(lines(&crowd), 1, "left to who is at it");
    }
    assert_eq!(named(&beside.bench, TENANT, ADA).await, NOWHERE);
    assert_eq!(beside.people.settle().await.unwrap(), Settled::default());
    assert!(beside.people.is_settled().await.unwrap());
    assert_eq!(lines(&crowd), 1);
    assert!(!crowd.people.is_settled().await.unwrap());
    assert_eq!(crowd.people.settle().await.unwrap().users, 1);
    expect_emptied(bench, &ada).await;
    assert_eq!(lines(&crowd), 2);
    assert!(crowd.people.is_settled().await.unwrap());
    assert_eq!(bench.count("erasures WHERE state = 'done'").await, 1);
    beside.close().await;
    crowd.people.close().await;
}

/// A command erases while a worker on the same database follows the journal, and somebody else looks whether all is done.
pub async fn who_follows_the_journal_is_in_nobodys_way(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let beside = Beside::of(&crowd).await;
    let again = bench.again().await;
    again.store.use_keys(Some(crowd.keyring.clone()));
    let worker = open(&again.store, &crowd.directory).await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    let mut users = Vec::new();
    for number in 0..6 {
        let user = crowd.add(TENANT, &format!("ada{number}")).await;
        let customer = format!("{ADA}_{number}");
        crowd.link(TENANT, &user, LINKED, &customer).await;
        bench.commit(told(LINKED, epoch, &customer, &format!("{number}"))).await;
        users.push(user);
    }
    for (half, is_started) in users.chunks(3).zip([false, true]) {
        let before = lines(&crowd);
        let erasing = async {
            for user in half {
                let receipt = crowd.people.erase(TENANT, user, "test", &[]).await.unwrap();
                assert!(receipt.is_finished(), "{receipt:?}");
                let of = |table: &str| receipt.tables.iter().find(|of| of.table == table).unwrap().found;
                assert!(is_started || (of("customer_rows"), of("users")) == (1, 1), "{receipt:?}");
            }
        };
        let following = async {
            loop {
                let followed = if is_started { worker.settle().await } else { worker.follow_journal().await };
                followed.unwrap();
                beside.people.follow_journal().await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = erasing => {}
            () = following => {}
        }
        if !is_started {
            assert_eq!(lines(&crowd) - before, 6, "nobody else said that it was done");
        }
    }
    worker.settle().await.unwrap();
    for (number, user) in users.iter().enumerate() {
        expect_emptied(bench, user).await;
        assert_eq!(named(bench, TENANT, &format!("{ADA}_{number}")).await, NOWHERE);
    }
    assert!(worker.is_settled().await.unwrap());
    for people in [&crowd.people, &beside.people, &worker] {
        assert_eq!(findings(people).await, NOTHING);
    }
    beside.close().await;
    worker.close().await;
    again.store.close().await;
    crowd.people.close().await;
}
