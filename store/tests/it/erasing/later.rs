//! What is told of an erased person later: by a provider, and by a backup.

use std::fs;

use rows::{Table, sink::Commit};
use store::people::{PeopleError, erasure::Settled};

use super::{
    ADA, BEA, BESIDE, Crowd, LINKED, OTHER, OTHERS, TENANT, connection, everywhere, expect_emptied, named,
    objects, open, page, set_aside, told,
};
use crate::{samples::billing, support::Bench};

const NOWHERE: [&str; 0] = [];

pub async fn what_is_told_of_an_erased_person_later_is_stored_without_the_person(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    crowd.people.guard_writer().await.unwrap();
    let ada = crowd.ada().await;
    let mut epochs = Vec::new();
    for (name, tenant) in [(LINKED, TENANT), (BESIDE, TENANT), (OTHERS, OTHER)] {
        let epoch = connection(&bench.store, name, tenant).await;
        // The writer learns of each connection before anybody is erased.
        for (number, row) in (1..).zip(objects(BEA, "bea")) {
            bench.commit(page(name, epoch, row, &format!("{number}"))).await;
        }
        epochs.push((name, epoch));
    }
    bench.commit(told(LINKED, epochs[0].1, ADA, "ada")).await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();

    for (name, epoch) in epochs {
        let tenant = if name == OTHERS { OTHER } else { TENANT };
        // The first page of each finds out that somebody was erased; a second one goes the short way again.
        for round in ["late", "later"] {
            for (number, row) in (1..).zip(objects(ADA, round)) {
                bench.commit(page(name, epoch, row, &format!("{round} {number}"))).await;
                if tenant == TENANT {
                    assert_eq!(named(bench, TENANT, ADA).await, NOWHERE, "{name}: {round} {number}");
                }
            }
        }
        let aside = Commit { quarantined: vec![set_aside(ADA, "late")], ..billing(name, epoch, Vec::new()) };
        bench.commit(aside).await;
        bench.commit(told(name, epoch, ADA, "last")).await;
        assert_eq!(named(bench, tenant, ADA).await, if tenant == TENANT { vec![] } else { everywhere() });
        // Money is money, whoever moved it.
        for (table, id) in [("payments", "ch"), ("invoices", "in"), ("subscriptions", "sub")] {
            for tag in ["late", "later", "last"] {
                let there = format!("{table} WHERE connection = '{name}' AND id = '{id}_{tag}'");
                assert_eq!(bench.count(&there).await, 1, "{there}");
            }
        }
        // Somebody who is not erased is named all the same.
        assert_eq!(named(bench, tenant, BEA).await.len(), 5, "{name}");
        // Deleted at the provider, too: no trace that names the person.
        let tombstones = [(Table::BillingProfiles, ADA.to_owned()), (Table::Customers, ADA.to_owned())];
        let gone = Commit { tombstones: tombstones.into(), ..billing(name, epoch, Vec::new()) };
        bench.commit(gone).await;
        if tenant == TENANT {
            assert_eq!(named(bench, TENANT, ADA).await, NOWHERE, "{name}");
        }
    }
    crowd.people.close().await;
}

/// A row that an erasure has changed is, read again, no change.
pub async fn what_an_erasure_has_emptied_is_not_restated(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    crowd.people.guard_writer().await.unwrap();
    let ada = crowd.ada().await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    bench.commit(told(LINKED, epoch, ADA, "ada")).await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    let committed = bench.commit(told(LINKED, epoch, ADA, "ada")).await;
    assert_eq!((committed.written, committed.restated), (Vec::new(), 0));
    crowd.people.close().await;
}

pub async fn a_writer_that_cannot_know_erased_people_stores_nobody(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let ada = crowd.ada().await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();

    let other = bench.again().await;
    other.store.use_keys(Some(crowd.keyring.clone()));
    for customer in [ADA, BEA] {
        let refused = other.try_commit(told(LINKED, epoch, customer, "late")).await.unwrap_err().to_string();
        assert!(refused.contains("privacy.keys") && !refused.contains(customer), "{refused}");
        assert_eq!(named(bench, TENANT, customer).await, NOWHERE);
    }
    // What names nobody is stored.
    other.commit(page(LINKED, epoch, rows::Row::Refund(crate::samples::refund("re_1", "ch_1")), "1")).await;
    let people = open(&other.store, &crowd.directory).await;
    people.guard_writer().await.unwrap();
    people.close().await;
    other.commit(told(LINKED, epoch, ADA, "late")).await;
    assert_eq!(named(bench, TENANT, ADA).await, NOWHERE);
    assert_eq!(bench.count("payments WHERE id = 'ch_late'").await, 1);
    other.store.close().await;
    crowd.people.close().await;
}

/// Of a backup that was made before the customer was linked, or before the user was there at all, the customer is known again.
pub async fn a_backup_without_the_user_brings_no_customer_back(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let ada = crowd.ada().await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    let beside = connection(&bench.store, BESIDE, TENANT).await;
    let others = connection(&bench.store, OTHERS, OTHER).await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    for (name, commit) in [
        (LINKED, told(LINKED, epoch, ADA, "ada")),
        // Nothing but a row that could not be understood.
        (BESIDE, Commit { quarantined: vec![set_aside(ADA, "ada")], ..billing(BESIDE, beside, Vec::new()) }),
    ] {
        for table in ["tombstones", "journal_marks", "erasures", "user_links", "users"] {
            bench.execute(&format!("DELETE FROM {table}")).await;
        }
        // As it was read then.
        let older = bench.again().await;
        older.store.use_keys(Some(crowd.keyring.clone()));
        older.commit(commit).await;
        older.commit(told(LINKED, epoch, BEA, "bea")).await;
        older.commit(told(OTHERS, others, ADA, "bob")).await;
        older.store.close().await;
        assert!(!named(bench, TENANT, ADA).await.is_empty());
        assert!(!crowd.people.is_settled().await.unwrap());
        let settled = crowd.people.settle().await.unwrap();
        assert_eq!(settled, Settled { customers: 1, ..Settled::default() }, "{name}");
        assert_eq!(named(bench, TENANT, ADA).await, NOWHERE, "{name}");
        for (tenant, customer) in [(TENANT, BEA), (OTHER, ADA)] {
            assert_eq!(named(bench, tenant, customer).await, everywhere(), "{name}");
        }
        assert_eq!(crowd.people.settle().await.unwrap(), Settled::default());
    }
    // Nor does what is read of the person afterwards.
    crowd.people.guard_writer().await.unwrap();
    bench.commit(told(LINKED, epoch, ADA, "late")).await;
    assert_eq!(named(bench, TENANT, ADA).await, NOWHERE);
    crowd.people.close().await;
}

/// How much of the journal there was is known to the database and to the key store: each alone notices what is missing.
pub async fn a_journal_that_is_shorter_than_either_knows_is_refused(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let ada = crowd.ada().await;
    let bea = crowd.add(TENANT, "bea").await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    let older = fs::read(crowd.journal()).unwrap();
    crowd.people.erase(TENANT, &bea, "test", &[]).await.unwrap();
    let whole = fs::read(crowd.journal()).unwrap();
    let refused = async || {
        let results = [crowd.people.is_settled().await.map(drop), crowd.people.settle().await.map(drop)];
        for result in results {
            let Err(PeopleError::Store(error)) = result else { panic!("{result:?}") };
            assert!(error.to_string().contains("and there were 4"), "{error}");
        }
    };
    // The database is from before; then the key store is.
    for (database, keys) in [(true, false), (false, true)] {
        if database {
            bench.execute("DELETE FROM journal_marks").await;
        }
        if keys {
            crowd.in_key_store("DELETE FROM anchors WHERE name = 'erasures'").await;
        }
        fs::write(crowd.journal(), &older).unwrap();
        refused().await;
        fs::remove_file(crowd.journal()).unwrap();
        refused().await;
        fs::write(crowd.journal(), &whole).unwrap();
        assert!(!crowd.people.is_settled().await.unwrap());
        assert_eq!(crowd.people.settle().await.unwrap(), Settled::default());
        assert!(crowd.people.is_settled().await.unwrap());
    }
    for user in [&ada, &bea] {
        expect_emptied(bench, user).await;
    }
    crowd.people.close().await;
}

/// One table alone may come out of a backup, or be emptied by a slip: the journal says who is in it.
pub async fn tombstones_that_are_gone_are_put_again(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let ada = crowd.ada().await;
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    bench.execute("DELETE FROM tombstones").await;
    let other = bench.again().await;
    other.store.use_keys(Some(crowd.keyring.clone()));
    other.commit(told(LINKED, epoch, ADA, "ada")).await;
    other.store.close().await;
    assert!(!named(bench, TENANT, ADA).await.is_empty());
    assert!(!crowd.people.is_settled().await.unwrap());
    let settled = crowd.people.settle().await.unwrap();
    assert_eq!(settled, Settled { customers: 1, ..Settled::default() });
    assert_eq!(named(bench, TENANT, ADA).await, NOWHERE);
    assert!(crowd.people.is_settled().await.unwrap());
    crowd.people.guard_writer().await.unwrap();
    bench.commit(told(LINKED, epoch, ADA, "late")).await;
    assert_eq!(named(bench, TENANT, ADA).await, NOWHERE);
    crowd.people.close().await;
}
