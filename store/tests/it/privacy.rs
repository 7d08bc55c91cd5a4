//! What is stored of a person, where it is, and who did what with it.

use std::collections::BTreeSet;

use store::{
    Access,
    cipher::{Keyring, generate_key},
    people::{
        ACCESS_REQUEST, Category, DATA_SUBJECT, Erasure, Journal, KeyStore, NOBODY, NewConsent,
        NewDisclosure, NewPolicy, OPERATION, PLACES, People, PersonForm, Tenant,
        audit::{Action, Deed},
        erasure::receipt::Receipt,
    },
};
use tempfile::TempDir;

use crate::support::{Bench, at};

pub const TENANT: &str = "label-a";
pub const OTHER: &str = "label-b";

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
pub async fn people(bench: &Bench) -> (People, TempDir) {
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

/// How many users' keys there are.
pub async fn user_keys(directory: &TempDir) -> i64 {
    let count = "SELECT count(*) AS n FROM data_keys WHERE name LIKE 'user/%'";
    let row = in_key_store(directory, count).await.unwrap();
    row.try_get::<i64>("", "n").unwrap()
}

/// What the key store says to this.
async fn in_key_store(directory: &TempDir, sql: &str) -> Option<sea_orm::QueryResult> {
    let url = format!("sqlite://{}", directory.path().join("keys.db").display());
    let keys = sea_orm::Database::connect(url).await.unwrap();
    let sql = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
    let row = sea_orm::ConnectionTrait::query_one_raw(&keys, sql).await.unwrap();
    keys.close().await.unwrap();
    row
}

pub async fn a_key_that_is_not_there_is_not_told_to_be_destroyed(bench: &Bench) {
    let (people, directory) = people(bench).await;
    for is_there in [true, false] {
        let ada = add(&people, TENANT).await;
        if !is_there {
            in_key_store(&directory, "DELETE FROM data_keys WHERE name LIKE 'user/%'").await;
        }
        let dry = people.erase_dry(TENANT, &ada, "test", &[]).await.unwrap();
        assert!(
            !dry.keys[0].done && (dry.keys[0].note == "would be destroyed") == is_there,
            "{:?}",
            dry.keys
        );
        let receipt = people.erase(TENANT, &ada, "test", &[]).await.unwrap();
        let key = &receipt.keys[0];
        assert_eq!((receipt.keys.len(), key.done), (1, is_there), "{key:?}");
        assert_eq!(key.note.starts_with("destroyed"), is_there, "{key:?}");
        assert_eq!(people.erase(TENANT, &ada, "test", &[]).await.unwrap(), receipt, "and once more");
    }
    people.close().await;
}

pub async fn add(people: &People, tenant: &str) -> String {
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
    if bench.backend() == sea_orm::DbBackend::Sqlite {
        for column in ["at", "actor", "action", "tenant", "detail"] {
            bench.execute(&format!("UPDATE audit_log SET {column} = X'ff00' WHERE seq = 2")).await;
            let found = findings().await;
            assert!(found[0].starts_with("line 2: it was changed"), "{column}: {found:?}");
            restore().await;
        }
        bench
            .execute(
                "PRAGMA ignore_check_constraints = ON; UPDATE audit_log SET seq = X'ff00' WHERE seq = 4; \
                 PRAGMA ignore_check_constraints = OFF",
            )
            .await;
        let found = findings().await;
        assert!(found[0].starts_with("a line after line 3 has no number"), "{found:?}");
        restore().await;
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
    for seq in [0, -1] {
        bench
            .execute(&format!(
                "INSERT INTO audit_log (seq, at, actor, action, tenant, subject_hmac, detail, prev, mac) \
                 SELECT {seq}, at, actor, action, tenant, subject_hmac, detail, mac, mac FROM saved WHERE seq = 4"
            ))
            .await;
        assert!(findings().await[0].contains("1 lines stand before line 1"), "{seq}");
        restore().await;
    }

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

pub async fn where_consents_were_said_is_emptied(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let policy = NewPolicy {
        version: "1".into(),
        text_sha256: "0".repeat(64),
        purposes: vec!["ads".into(), "reports".into()],
        effective_at: at("2026-01-01T00:00:00Z"),
        requires_consent: true,
    };
    people.add_policy(TENANT, &policy).await.unwrap();
    let (ada, other) = (add(&people, TENANT).await, add(&people, TENANT).await);
    for user in [&ada, &other] {
        for (purpose, granted) in [("ads", true), ("reports", true), ("ads", false)] {
            let source = "letter of Zqxmark Lovelace".to_owned();
            let word = NewConsent { version: None, purpose: purpose.into(), granted, source };
            people.consent(TENANT, user, &word).await.unwrap();
        }
    }
    let before = bench.query(&format!("SELECT * FROM consents WHERE user_id = '{other}' ORDER BY id")).await;
    let standing = [disclosure("mailer", "ads")];
    people.disclose(TENANT, &ada, &disclosure("accountant", "reports")).await.unwrap();
    let dry = people.erase_dry(TENANT, &ada, "test", &standing).await.unwrap();
    assert!(people.notices_due(TENANT).await.unwrap().is_empty(), "nobody is due yet");
    let receipt = people.erase(TENANT, &ada, "test", &standing).await.unwrap();
    assert_eq!(dry.tables, receipt.tables);
    let files = |receipt: &Receipt| -> Vec<_> {
        receipt.files.iter().map(|file| (file.what.clone(), file.done)).collect()
    };
    let done: Vec<_> = files(&dry).into_iter().map(|(what, _)| (what, true)).collect();
    assert_eq!(files(&receipt), done);
    assert!(done.len() > 1 && dry.files.iter().all(|file| !file.done), "{:?}", dry.files);
    assert!(dry.files[0].note.contains("room for a second copy"), "{:?}", dry.files);
    let told = |receipt: &Receipt| -> Vec<_> {
        receipt.to_tell.iter().map(|one| (one.recipient.clone(), one.due_at)).collect()
    };
    assert_eq!(told(&dry).len(), 2);
    assert_eq!(told(&dry), told(&receipt));
    let consents = receipt.tables.iter().find(|table| table.table == "consents").unwrap();
    assert_eq!((consents.found, consents.emptied, consents.kept, consents.deleted), (3, 3, 0, 0));
    // What was said stays, where it was said does not; and what the erasure took back is told apart.
    let said = people.consents(TENANT, &ada).await.unwrap();
    let said: Vec<(&str, bool, &str)> =
        said.iter().map(|one| (&*one.purpose, one.granted, &*one.source)).collect();
    assert_eq!(
        said,
        [("ads", true, ""), ("reports", true, ""), ("ads", false, ""), ("reports", false, "erased")]
    );
    assert!(!serde_json::to_string(&receipt).unwrap().contains("Zqxmark"));
    let after = bench.query(&format!("SELECT * FROM consents WHERE user_id = '{other}' ORDER BY id")).await;
    assert_eq!(before, after, "nobody else's");
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
    let due = people.to_notify(TENANT, &ada, None, &standing).await.unwrap();
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
    let due = people.to_notify(TENANT, &ada, None, &standing).await.unwrap();
    assert_eq!((due.len(), due[0].notified_at), (2, None));
    assert_eq!(bench.count("disclosures").await, 6, "who gets everything is listed once");
    assert_eq!(people.disclosures(TENANT, &ada).await.unwrap().len(), 5);
    people.close().await;
}

pub async fn who_got_nothing_of_what_was_corrected_is_not_told(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let ada = add(&people, TENANT).await;
    let paid =
        |recipient| NewDisclosure { categories: &[Category::Payments], ..disclosure(recipient, "reports") };
    // One got both, the last time payments only; the other never got who somebody is.
    for one in [disclosure("accountant", "reports"), paid("accountant"), paid("auditor")] {
        people.disclose(TENANT, &ada, &one).await.unwrap();
    }
    let standing = [paid("bank"), disclosure("auditor-2", "reports")];
    let form = PersonForm::read(br#"{"name":"Zqx"}"#).unwrap();
    let corrected = people.rectify(TENANT, &ada, form, "test", &standing).await.unwrap().unwrap();
    assert_eq!(people.notices_due(TENANT).await.unwrap(), corrected);
    let corrected: Vec<&str> = corrected.iter().map(|one| &*one.recipient).collect();
    assert_eq!(corrected, ["accountant", "auditor-2"]);
    let told = async |about: Option<Category>| {
        let due = people.to_notify(TENANT, &ada, about, &standing).await.unwrap();
        due.into_iter().map(|one| one.recipient).collect::<Vec<_>>()
    };
    assert_eq!(told(Some(Category::Identity)).await, ["accountant", "auditor-2"]);
    assert_eq!(told(None).await, ["accountant", "auditor", "auditor-2", "bank"]);
    people.close().await;
}
