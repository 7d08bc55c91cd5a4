//! What is stored of a person, where it is, and who did what with it.

use std::collections::BTreeSet;

use store::{
    Access,
    cipher::{Keyring, generate_key},
    people::{
        ACCESS_REQUEST, Category, DATA_SUBJECT, Erasure, Journal, KeyStore, NOBODY, NewDisclosure, OPERATION,
        PLACES, People, PeopleError, PersonForm, Tenant, UserLink,
        audit::{Action, Deed},
    },
};
use tempfile::TempDir;

use crate::support::{Bench, at};

const TENANT: &str = "label-a";
const OTHER: &str = "label-b";

pub async fn every_table_has_its_place_or_nobody_in_it(bench: &Bench) {
    let dumped = match bench.backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let there: BTreeSet<String> =
        bench.query(dumped).await.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    let listed: Vec<&str> = PLACES
        .iter()
        .map(|place| place.table)
        .chain(NOBODY.iter().flat_map(|(_, tables)| tables.iter().copied()))
        .collect();
    let known: BTreeSet<String> = listed.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(known.len(), listed.len(), "a table stands in the list once");
    let unclassed: Vec<_> = there.difference(&known).collect();
    assert!(unclassed.is_empty(), "say in people/places.rs what of a person is in {unclassed:?}");
    // Texts of any length have a table on PostgreSQL only.
    let missing: Vec<_> = known.difference(&there).filter(|table| *table != "long_texts").collect();
    assert!(missing.is_empty(), "no such table: {missing:?}");
    for place in &PLACES {
        bench.query(&format!("SELECT * FROM {} LIMIT 1", place.shown)).await;
        let columns = match place.erasure {
            Erasure::Emptied(columns) => columns.join(", "),
            Erasure::Blanked(column) => column.to_owned(),
            Erasure::Deleted | Erasure::Kept => continue,
        };
        bench.query(&format!("SELECT {columns} FROM {} LIMIT 1", place.table)).await;
    }
}

/// A store with two tenants and a key, whose key store is in a directory of its own.
async fn people(bench: &Bench) -> (People, TempDir) {
    let tenant = |id: &str| Tenant {
        id: id.into(),
        name: id.into(),
        data_region: None,
        time_zone: Some("UTC".into()),
    };
    bench.store.sync_tenants(&[tenant(TENANT), tenant(OTHER)]).await.unwrap();
    bench.store.use_keys(Some(Keyring::parse(&generate_key().unwrap()).unwrap()));
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("keys.db").display().to_string();
    let keys = KeyStore::open(&place, Access::Make).await.unwrap();
    let journal = directory.path().join("erasures").display().to_string();
    let journal = Journal::open(&journal, Access::Make).await.unwrap();
    let people = People::open(&bench.store, keys, journal).unwrap();
    (people, directory)
}

async fn add(people: &People, tenant: &str) -> String {
    let form = PersonForm::read(br#"{"name":"Ada","age_statement":"at_least_18"}"#).unwrap();
    people.add(tenant, form).await.unwrap()
}

fn disclosure<'a>(recipient: &'a str, purpose: &'a str) -> NewDisclosure<'a> {
    NewDisclosure {
        recipient,
        purpose,
        categories: &[Category::Identity, Category::Payments],
        region: Some("eu"),
        actor: "test",
        rests_on_consent: false,
    }
}

pub async fn a_changed_or_missing_line_of_the_audit_log_is_found(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let user = add(&people, TENANT).await;
    let note = async |user: Option<&str>, detail: &str| {
        let (action, tenant) = (Action::Export, user.map(|_| TENANT));
        let deed = Deed { actor: "test", action, tenant, user, detail: detail.to_owned() };
        people.note(&deed).await.unwrap();
    };
    for (user, detail) in [(Some(&*user), "one"), (None, "two"), (Some(&*user), "three"), (None, "four")] {
        note(user, detail).await;
    }
    let findings = async || people.verify().await.unwrap().findings;
    assert_eq!(findings().await, Vec::<String>::new());
    assert_eq!(people.verify().await.unwrap().lines, 4);
    bench.execute("CREATE TABLE saved AS SELECT * FROM audit_log").await;
    let restore = async || {
        bench.execute("DELETE FROM audit_log").await;
        bench.execute("INSERT INTO audit_log SELECT * FROM saved").await;
    };

    // Any column of any line, and nothing made of empty.
    for seq in 1..=4 {
        for change in [
            "seq = seq + 100",
            "at = at || 'x'",
            "actor = 'other'",
            "action = 'show'",
            "tenant = CASE WHEN tenant IS NULL THEN '' ELSE NULL END",
            "tenant = 'label-b'",
            "subject_hmac = CASE WHEN subject_hmac IS NULL THEN (SELECT prev FROM saved WHERE seq = 1) ELSE NULL END",
            "subject_hmac = mac",
            "detail = detail || ' '",
            "prev = mac",
            "mac = (SELECT s.mac FROM saved s WHERE s.seq = 5 - audit_log.seq)",
        ] {
            bench.execute(&format!("UPDATE audit_log SET {change} WHERE seq = {seq}")).await;
            assert!(!findings().await.is_empty(), "line {seq}: {change}");
            restore().await;
        }
    }
    assert_eq!(findings().await, Vec::<String>::new());
    // The first, one in the middle, the last, all; and two that change places.
    for (gone, told) in [
        ("seq = 1", "line 1 is"),
        ("seq = 3", "line 3 is"),
        ("seq = 4", "line 4 is"),
        ("seq > 0", "lines 1 to 4"),
    ] {
        bench.execute(&format!("DELETE FROM audit_log WHERE {gone}")).await;
        let found = findings().await;
        assert!(found.iter().any(|finding| finding.contains(told)), "{gone}: {found:?}");
        restore().await;
    }
    bench.execute("UPDATE audit_log SET seq = 9 - seq WHERE seq IN (4, 3)").await;
    bench.execute("UPDATE audit_log SET seq = seq - 2 WHERE seq > 4").await;
    assert!(!findings().await.is_empty());
    restore().await;
    // One that nobody wrote.
    bench
        .execute(
            "INSERT INTO audit_log (seq, at, actor, action, tenant, subject_hmac, detail, prev, mac) \
         SELECT 5, at, actor, action, tenant, subject_hmac, detail, mac, mac FROM saved WHERE seq = 4",
        )
        .await;
    assert!(findings().await[0].contains("line 5"));
    restore().await;

    // A database from before: what is missing stays visible, whatever is noted after it.
    bench.execute("DELETE FROM audit_log WHERE seq > 2").await;
    assert!(findings().await[0].contains("lines 3 to 4 are missing"));
    note(None, "five").await;
    let found = findings().await;
    assert!(found.len() == 1 && found[0].contains("lines 3 to 4"), "{found:?}");
    // Nothing of the person is in it.
    for row in bench.query("SELECT actor, detail, tenant, at FROM audit_log").await {
        assert!(!row.to_string().contains(&user) && !row.to_string().contains("Ada"), "{row}");
    }
    people.close().await;
}

pub async fn a_customer_is_one_users_only(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let (ada, other, stranger) =
        (add(&people, TENANT).await, add(&people, TENANT).await, add(&people, OTHER).await);
    for no_id in ["", "cus 1", "cus\"1", "cus\\1", &"c".repeat(256)] {
        assert_eq!(UserLink::of("stripe", no_id), None, "{no_id}");
    }
    let link = |customer: &str| UserLink::of("stripe", customer).unwrap();
    people.link(TENANT, &ada, &link("cus_1")).await.unwrap();
    people.link(TENANT, &ada, &link("cus_1")).await.unwrap();
    people.link(TENANT, &ada, &link("cus_2")).await.unwrap();
    let refused = async |tenant: &str, user: &str| {
        let Err(PeopleError::Refused(reason)) = people.link(tenant, user, &link("cus_1")).await else {
            panic!("{user} has it");
        };
        reason
    };
    assert!(refused(TENANT, &other).await.contains(&ada));
    let reason = refused(OTHER, &stranger).await;
    assert!(reason.contains("another user") && !reason.contains(&ada), "{reason}");
    assert!(people.link(OTHER, &ada, &link("cus_3")).await.is_err(), "not the tenant's");
    assert_eq!(people.links(TENANT, &ada).await.unwrap(), [link("cus_1"), link("cus_2")]);
    assert!(people.links(OTHER, &ada).await.unwrap().is_empty());
    assert!(people.unlink(OTHER, &ada, &link("cus_1")).await.is_err());
    assert!(people.unlink(TENANT, &ada, &link("cus_1")).await.unwrap());
    assert!(!people.unlink(TENANT, &ada, &link("cus_1")).await.unwrap());
    people.link(TENANT, &other, &link("cus_1")).await.unwrap();
    people.close().await;
}

pub async fn who_was_told_of_a_person_is_told_of_corrections(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let (ada, other) = (add(&people, TENANT).await, add(&people, TENANT).await);
    let tell =
        async |user: &str, disclosure: &NewDisclosure<'_>| people.disclose(TENANT, user, disclosure).await;
    for purpose in ["sale", "data-sale"] {
        let refused = tell(&ada, &disclosure("broker", purpose)).await.unwrap_err();
        assert!(refused.to_string().contains("not sold"), "{refused}");
    }
    let resting = NewDisclosure { rests_on_consent: true, ..disclosure("mailer", "ads") };
    for result in [tell(&ada, &resting).await, people.refuse_disclosure(TENANT, &ada, &resting).await] {
        assert!(result.unwrap_err().to_string().contains("has not agreed"));
    }
    assert_eq!(bench.count("disclosures").await, 0);
    for one in [
        disclosure("accountant", "reports"),
        disclosure("accountant", "reports"),
        disclosure("cli:ada", OPERATION),
        disclosure(DATA_SUBJECT, ACCESS_REQUEST),
    ] {
        tell(&ada, &one).await.unwrap();
    }
    tell(&other, &disclosure("accountant", "reports")).await.unwrap();
    let standing = [disclosure("mailer", "ads")];
    let due = people.to_notify(TENANT, &ada, &standing).await.unwrap();
    let told: Vec<(i64, &str)> = due.iter().map(|one| (one.id, &*one.recipient)).collect();
    assert_eq!(told, [(2, "accountant"), (6, "mailer")], "the latest of each who is outside");
    assert_eq!(due[0].notify_due_at, Some(at("2026-12-24T10:00:00Z")));
    assert_eq!(due[0].categories, ["identity", "payments"]);
    assert_eq!(people.notices_due(TENANT).await.unwrap(), due[..], "of the other user nothing changed");
    assert!(people.notices_due(OTHER).await.unwrap().is_empty());
    assert!(people.notified(OTHER, 2).await.is_err());
    assert!(people.notified(TENANT, 1).await.is_err(), "not to be told");
    people.notified(TENANT, 2).await.unwrap();
    assert_eq!(people.notices_due(TENANT).await.unwrap().len(), 1);
    // Corrected once more: told once more.
    bench.clock.set("2026-11-30T10:00:00Z");
    let due = people.to_notify(TENANT, &ada, &standing).await.unwrap();
    assert_eq!((due.len(), due[0].notified_at), (2, None));
    assert_eq!(bench.count("disclosures").await, 6, "who gets everything is listed once");
    assert_eq!(people.disclosures(TENANT, &ada).await.unwrap().len(), 5);
    people.close().await;
}
