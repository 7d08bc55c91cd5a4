//! Customers of payment providers who are linked with users: whose they are, and where their ids stand.

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
    people::{Category, PeopleError, UserLink, erasure::receipt::Receipt},
    retention::{Keep, Terms},
};

use crate::{
    privacy::{OTHER, TENANT, add, people},
    samples::{insights, payment},
    support::{Bench, at},
};

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
