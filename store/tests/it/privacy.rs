//! What is stored of a person, where it is, and who did what with it.

use std::collections::BTreeSet;

use rows::{
    Row,
    checkpoint::{Checkpoint, FeedProgress, Progress},
    limits::TEXT_BYTES_MAX,
    payments::{Customer, Payment},
    personal::{BillingProfile, Personal, ProfileSource},
    quarantine::{Quarantined, sha256_hex},
    sink::Commit,
};
use serde_json::Value;
use store::{
    Access,
    cipher::{Keyring, generate_key},
    people::{
        ACCESS_REQUEST, Category, DATA_SUBJECT, Erasure, Journal, KeyStore, NOBODY, NewConsent,
        NewDisclosure, NewPolicy, OPERATION, PLACES, People, PeopleError, PersonForm, Tenant, UserLink,
        audit::{Action, Deed},
        erasure::receipt::Receipt,
        import::{Import, Tally},
    },
    retention::{By, Keep, Terms},
};
use tempfile::TempDir;

use crate::{
    samples::{insights, payment},
    support::{Bench, at},
};

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

/// How many users' keys there are.
async fn user_keys(directory: &TempDir) -> i64 {
    let url = format!("sqlite://{}?mode=ro", directory.path().join("keys.db").display());
    let keys = sea_orm::Database::connect(url).await.unwrap();
    let count = "SELECT count(*) AS n FROM data_keys WHERE name LIKE 'user/%'";
    let count = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, count);
    let row = sea_orm::ConnectionTrait::query_one_raw(&keys, count).await.unwrap().unwrap();
    keys.close().await.unwrap();
    row.try_get::<i64>("", "n").unwrap()
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
    for no_id in ["", "cus\0", &"c".repeat(TEXT_BYTES_MAX + 1)] {
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

/// What is stored of a customer with this id, in every place that names one.
pub fn of_customer(epoch: i64, id: &str) -> Commit {
    let created_at = at("2026-11-20T08:30:00Z");
    let mut profile =
        BillingProfile::blank(id.to_owned(), ProfileSource::Customer, id.to_owned(), created_at);
    profile.name = Personal::of("Ada");
    let customer = Customer {
        id: id.to_owned(),
        currency: None,
        delinquent: None,
        balance_minor: None,
        created_at,
        livemode: true,
    };
    let paid = Payment { customer_id: Some(id.to_owned()), ..payment("ch_1") };
    let rows = vec![Row::BillingProfile(profile), Row::Customer(customer), Row::Payment(paid)];
    let aside = Quarantined {
        reason: "malformed",
        detail: "a test".to_owned(),
        place: "a test".to_owned(),
        hash: sha256_hex(id.as_bytes()),
        fields: vec![("id", id.to_owned())],
        day: None,
    };
    Commit {
        stream: "customers".into(),
        integration: "stripe".into(),
        quarantined: vec![aside],
        ..insights("stripe", epoch, rows)
    }
}

pub async fn the_plain_hash_of_what_was_set_aside_is_nowhere(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let text = "\"zqx@example.com\"";
    let hashes = async || {
        let mut set_aside = of_customer(epoch, text);
        set_aside.rows.clear();
        set_aside.quarantined[0].fields.clear();
        bench.commit(set_aside).await;
        let rows = bench.query("SELECT hash, occurrences FROM quarantined_rows ORDER BY id").await;
        let told =
            |row: &Value| (row["hash"].as_str().unwrap().to_owned(), row["occurrences"].as_i64().unwrap());
        rows.iter().map(told).collect::<Vec<_>>()
    };
    // Without a key, then with one: each time known again.
    let without = hashes().await;
    assert_eq!(hashes().await, [(without[0].0.clone(), 2)]);
    people.guard_writer().await.unwrap();
    let with = hashes().await;
    assert_eq!(with.len(), 2);
    assert_eq!(hashes().await[1], (with[1].0.clone(), 2));
    for (hash, _) in &with {
        assert!(hash.len() == 64 && *hash != sha256_hex(text.as_bytes()), "{hash}");
    }
    people.close().await;
}

pub async fn whatever_is_a_customers_id_is_linked_handed_out_and_erased(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let long: String = (0..700_u32).map(|n| char::from_digit(n * 7 % 36, 36).unwrap()).collect();
    let ids = ["cus_a@b", "ada@example.com", "cus \"1\\'", "kundin ☂ ä", "1\t2\u{1}3\u{7f}", "c", &long];
    for (day, id) in (1..).zip(ids) {
        let user = add(&people, TENANT).await;
        let link = UserLink::of("stripe", id).unwrap();
        assert!(!people.is_stored(&link).await.unwrap(), "{id}");
        bench.commit(of_customer(epoch, id)).await;
        assert!(people.is_stored(&link).await.unwrap(), "{id}");
        // One that only begins like it is somebody else.
        let mut begin = id.chars();
        begin.next_back();
        if let Some(other) = UserLink::of("stripe", begin.as_str()) {
            assert!(!people.is_stored(&other).await.unwrap(), "{id}");
        }
        people.link(TENANT, &user, &link).await.unwrap();
        assert_eq!(people.links(TENANT, &user).await.unwrap(), std::slice::from_ref(&link), "{id}");
        let mut out = Vec::new();
        let exported = people.export(TENANT, &user, &Category::ALL, &mut out).await.unwrap();
        for place in ["billing_profile_rows", "customers", "payments", "quarantined_rows", "user_links"] {
            assert_eq!(exported[place], 1, "{id}: {place}");
        }
        assert!(String::from_utf8(out).unwrap().contains("\"name\":\"Ada\""), "{id}");

        bench.clock.set(&format!("2026-12-{day:02}T10:00:00Z"));
        people.hold(TENANT, &user, "case 1").await.unwrap();
        let held = bench.store.purgeable(&quickly(), Some(&people)).await.unwrap();
        let aside = held.lines.iter().find(|line| line.table == "quarantined_rows").unwrap();
        assert_eq!((aside.rows, aside.held), (0, 1), "{id}");
        people.release(TENANT, &user).await.unwrap();

        people.erase(TENANT, &user, "test", &[]).await.unwrap();
        people.guard_writer().await.unwrap();
        for comes in ["erased", "told of again"] {
            let left = "(SELECT 1 FROM billing_profile_rows UNION ALL SELECT 1 FROM customers \
                        UNION ALL SELECT 1 FROM quarantined_rows UNION ALL SELECT 1 FROM user_links) q";
            assert_eq!(bench.count(left).await, 0, "{id}: {comes}");
            assert_eq!(
                bench.one("SELECT customer_id FROM payments").await["customer_id"],
                Value::Null,
                "{id}: {comes}"
            );
            bench.commit(of_customer(epoch, id)).await;
        }
        let next = add(&people, TENANT).await;
        let refused = people.link(TENANT, &next, &link).await.unwrap_err().to_string();
        assert!(refused.contains("was erased"), "{id}: {refused}");
        bench.execute("DELETE FROM payment_rows").await;
    }
    people.close().await;
}

pub async fn a_listing_does_not_go_on_behind_who_was_erased(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let epoch = bench.register("stripe", "stripe").await.epoch;
    let behind = async |stream: &str, customer: &str| {
        let token = serde_json::json!({ "v": 1, "list": { "after": customer } }).to_string();
        let mut commit = of_customer(epoch, customer);
        commit.stream = stream.to_owned();
        commit.checkpoint = Some(Checkpoint {
            account_id: commit.account_id.clone(),
            stream: stream.to_owned(),
            time_zone: "UTC".to_owned(),
            currency: None,
            progress: Progress::Feed(FeedProgress { token: Some(token), ..FeedProgress::default() }),
            forbidden: None,
        });
        bench.commit(commit).await;
    };
    for id in ["cus_1", "cus \"1\\'"] {
        behind("customers", id).await;
        // One that only begins like it is somebody else.
        behind("others", &format!("{id}2")).await;
        let user = add(&people, TENANT).await;
        people.link(TENANT, &user, &UserLink::of("stripe", id).unwrap()).await.unwrap();
        let dry = people.erase_dry(TENANT, &user, "test", &[]).await.unwrap();
        assert_eq!(bench.count("ledger").await, 2);
        let receipt = people.erase(TENANT, &user, "test", &[]).await.unwrap();
        let of_ledger = |receipt: &Receipt| {
            let told = receipt.tables.iter().find(|told| told.table == "ledger").unwrap();
            (told.found, told.deleted)
        };
        assert_eq!((of_ledger(&dry), of_ledger(&receipt)), ((1, 1), (1, 1)), "{id}");
        people.guard_writer().await.unwrap();
        assert_eq!(bench.one("SELECT stream FROM ledger").await["stream"], "others", "{id}");
    }
    people.close().await;
}

/// What is a day old goes.
fn quickly() -> Terms {
    Terms { quarantined_rows: Keep::Days(0), ..Terms::forever() }
}

pub async fn many_are_imported_at_once_and_each_line_by_itself(bench: &Bench) {
    let (people, directory) = people(bench).await;
    let known = people
        .add(TENANT, PersonForm::read(br#"{"external_id":"known","age_statement":"at_least_18"}"#).unwrap());
    let known = known.await.unwrap();
    let adult =
        |id: &str| format!(r#"{{"external_id":"{id}","name":"Zqx {id}","age_statement":"at_least_18"}}"#);
    let lines: Vec<String> = (1..=450)
        .map(|line| match line {
            7 => "no record".to_owned(),
            8 => r#"{"name":"Zqx Child","age_statement":"under_13"}"#.to_owned(),
            // Somebody of this file, who waits to be stored, and somebody who is there.
            20 => adult("app-19"),
            30 => adult("known"),
            _ => adult(&format!("app-{line}")),
        })
        .collect();
    let mut import = Import::new(&people, TENANT, "test", &[]);
    let mut refused = Vec::new();
    for (line, record) in (1..).zip(&lines) {
        refused.extend(import.take(line, record.as_bytes()).await.unwrap());
    }
    refused.extend(import.flush().await.unwrap());
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(import.tally(), Tally { added: 446, corrected: 1, unchanged: 1, refused: 2 });
    assert_eq!(bench.count("users").await, 447, "446 new ones, and who was there");
    let named = async |id: &str| people.show(TENANT, id).await.unwrap().name.unwrap().reveal().to_owned();
    let app_19 = people.find_external(TENANT, "app-19").await.unwrap().unwrap();
    assert_eq!((named(&app_19).await, named(&known).await), ("Zqx app-19".into(), "Zqx known".into()));

    // One of a batch is somebody's meanwhile: that one is known then, the others are added, and no key is left of nobody.
    let keys = async || user_keys(&directory).await;
    assert_eq!(keys().await, 447);
    for (line, id) in [(1, "late-1"), (2, "late-2"), (3, "late-3")] {
        import.take(line, adult(id).as_bytes()).await.unwrap();
    }
    let late = people.add(TENANT, PersonForm::read(adult("late-2").as_bytes()).unwrap()).await.unwrap();
    assert!(import.flush().await.unwrap().is_empty());
    assert_eq!(import.tally(), Tally { added: 448, corrected: 1, unchanged: 2, refused: 2 });
    assert_eq!(people.find_external(TENANT, "late-2").await.unwrap(), Some(late));
    assert_eq!((bench.count("users").await, keys().await), (450, 450));
    people.close().await;
}

pub async fn of_many_who_add_one_user_one_does_and_the_others_are_refused(bench: &Bench) {
    let (people, _directory) = people(bench).await;
    let form = |id: &str| {
        let record = format!(r#"{{"external_id":"{id}","age_statement":"at_least_18"}}"#);
        PersonForm::read(record.as_bytes()).unwrap()
    };
    let added = futures::future::join_all((0..8).map(|_| people.add(TENANT, form("app-1")))).await;
    let (added, refused): (Vec<_>, Vec<_>) = added.into_iter().partition(Result::is_ok);
    assert_eq!(added.len(), 1);
    let id = added[0].as_ref().unwrap();
    for refused in &refused {
        let refused = refused.as_ref().unwrap_err();
        assert!(matches!(refused, PeopleError::Refused(text) if text.contains(id)), "{refused:?}");
    }
    // Who is corrected to be somebody else, likewise.
    let mut others = Vec::new();
    for other in ["app-2", "app-3", "app-4"] {
        others.push(people.add(TENANT, form(other)).await.unwrap());
    }
    let changes = others.iter().map(|other| people.rectify(TENANT, other, form("app-5"), "test", &[]));
    let corrected = futures::future::join_all(changes).await;
    assert_eq!(
        corrected.iter().filter(|corrected| matches!(corrected, Ok(Some(_)))).count(),
        1,
        "{corrected:?}"
    );
    let refused =
        corrected.iter().filter(|corrected| matches!(corrected, Err(PeopleError::Refused(_)))).count();
    assert_eq!(refused, 2, "{corrected:?}");
    assert_eq!(bench.count("users").await, 4);
    people.close().await;
}

/// Adds a user and breaks off when the key is made and the row is not.
async fn break_off_adding(bench: &Bench, people: &People, directory: &TempDir) {
    let keys = user_keys(directory).await;
    let writer = sea_orm::Database::connect(bench.url()).await.unwrap();
    let tx = sea_orm::TransactionTrait::begin(&writer).await.unwrap();
    let lock = match bench.backend() {
        sea_orm::DbBackend::Postgres => "LOCK TABLE users IN EXCLUSIVE MODE",
        _ => "UPDATE users SET status = status",
    };
    sea_orm::ConnectionTrait::execute_unprepared(&tx, lock).await.unwrap();
    let made = async {
        while user_keys(directory).await == keys {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = made => {}
        id = add(people, TENANT) => panic!("{id} was added"),
    }
    tx.rollback().await.unwrap();
    writer.close().await.unwrap();
}

async fn told_nobodys(bench: &Bench, people: &People) -> u64 {
    bench.store.purgeable(&Terms::forever(), Some(people)).await.unwrap().keys_of_nobody
}

pub async fn keys_of_nobody_go_and_no_others(bench: &Bench) {
    let (people, directory) = people(bench).await;
    let ada = add(&people, TENANT).await;
    break_off_adding(bench, &people, &directory).await;
    let terms = Terms::forever();
    let standing = |_: &str| Vec::new();
    let by = By { people: &people, actor: "test", standing: &standing };
    assert_eq!(told_nobodys(bench, &people).await, 0, "somebody may still be at it");
    bench.clock.set("2026-11-25T10:00:01Z");
    // What is on servers may be shared.
    let expected = u64::from(bench.backend() == sea_orm::DbBackend::Sqlite);
    assert_eq!((told_nobodys(bench, &people).await, user_keys(&directory).await), (expected, 2));
    let purged = bench.store.purge(&terms, Some(&by)).await.unwrap();
    assert_eq!((purged.keys_of_nobody, purged.left.len()), (expected, 0));
    let left = 2 - expected.cast_signed();
    assert_eq!((told_nobodys(bench, &people).await, user_keys(&directory).await), (0, left));
    assert_eq!(people.show(TENANT, &ada).await.unwrap().name.unwrap().reveal(), "Ada");

    // A database out of a backup from before a user came: the key stays, for the one that has the user.
    bench.execute(&format!("DELETE FROM users WHERE id = '{ada}'")).await;
    let purged = bench.store.purge(&terms, Some(&by)).await.unwrap();
    assert_eq!((purged.keys_of_nobody, user_keys(&directory).await), (0, left));
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
