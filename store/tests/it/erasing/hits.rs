//! One person is erased, wherever something of the person is, and nobody else.

use store::people::{
    Category, NewConsent, NewDisclosure,
    erasure::receipt::{Receipt, State},
};

use super::{
    ADA, BEA, BESIDE, Crowd, LINKED, OTHER, OTHERS, TENANT, connection, expect_emptied, named, told,
};
use crate::support::{Bench, at};

const ERASED_AT: &str = "2026-11-25T10:00:00Z";

/// Table, and how many rows were found, deleted, emptied and kept.
fn shape(receipt: &Receipt) -> Vec<(&str, [u64; 4])> {
    let shape = receipt.tables.iter().map(|of| (&*of.table, [of.found, of.deleted, of.emptied, of.kept]));
    shape.collect()
}

fn disclosure(recipient: &'static str) -> NewDisclosure<'static> {
    NewDisclosure {
        recipient,
        purpose: "bookkeeping",
        categories: &[Category::Payments],
        region: None,
        actor: "test",
        rests_on_consent: false,
    }
}

/// Everything that is of others than Ada, without what this program keeps for itself.
async fn others(bench: &Bench, ada: &str) -> Vec<String> {
    let others = format!("(SELECT id FROM connections WHERE name = '{OTHERS}')");
    let mut queries = vec![
        format!(
            "SELECT id, tenant, status, external_id, key_id, length(name) AS name, length(email) AS email, \
             length(email_hmac) AS digest, updated_at FROM users WHERE id <> '{ada}' ORDER BY id"
        ),
        format!(
            "SELECT * FROM user_links WHERE user_id <> '{ada}' ORDER BY user_id, connection, customer_id"
        ),
        format!("SELECT user_id, purpose, granted FROM consents WHERE user_id <> '{ada}' ORDER BY id"),
        format!(
            "SELECT id, connection, fields FROM quarantined_rows WHERE connection = '{OTHERS}' \
             OR fields NOT LIKE '%\"{ADA}\"%' ORDER BY id"
        ),
        format!(
            "SELECT connection_id, customer_id, source, observed_at, length(name) AS name FROM billing_profile_rows \
             WHERE connection_id = {others} OR customer_id <> '{ADA}' ORDER BY 1, 2, 3"
        ),
        format!(
            "SELECT connection_id, id, observed_at FROM customer_rows WHERE connection_id = {others} OR id <> '{ADA}' \
             ORDER BY 1, 2"
        ),
        "SELECT connection_id, id, payment_id, observed_at FROM refund_rows ORDER BY 1, 2".to_owned(),
    ];
    for table in ["payment_rows", "invoice_rows", "subscription_rows"] {
        queries.push(format!(
            "SELECT connection_id, id, customer_id, observed_at FROM {table} WHERE id NOT LIKE '%_ada' ORDER BY 1, 2"
        ));
    }
    let mut rows = Vec::new();
    for query in queries {
        let found = bench.query(&query).await;
        assert!(!found.is_empty(), "{query}");
        rows.extend(found.iter().map(ToString::to_string));
    }
    rows
}

pub async fn an_erasure_hits_one_person_wherever_and_nobody_else(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let people = &crowd.people;
    let (ada, bea, bob) = (crowd.ada().await, crowd.add(TENANT, "bea").await, crowd.add(OTHER, "bob").await);
    crowd.link(TENANT, &bea, LINKED, BEA).await;
    crowd.link(OTHER, &bob, OTHERS, ADA).await;
    for (name, tenant, told_of) in
        [(LINKED, TENANT, &[ADA, BEA][..]), (BESIDE, TENANT, &[ADA][..]), (OTHERS, OTHER, &[ADA][..])]
    {
        let epoch = connection(&bench.store, name, tenant).await;
        for customer in told_of {
            let tag = match (name, *customer) {
                (OTHERS, _) => "bob",
                (_, ADA) => "ada",
                _ => "bea",
            };
            bench.commit(told(name, epoch, customer, tag)).await;
        }
    }
    for (tenant, user) in [(TENANT, &ada), (TENANT, &bea), (OTHER, &bob)] {
        let word = NewConsent { version: None, purpose: "ads".into(), granted: true, source: "form".into() };
        people.consent(tenant, user, &word).await.unwrap();
    }
    people.disclose(TENANT, &ada, &disclosure("accountant")).await.unwrap();
    people.disclose(TENANT, &bea, &disclosure("printer")).await.unwrap();
    let (before, count) = (others(bench, &ada).await, bench.rows_by_table().await);

    bench.clock.set(ERASED_AT);
    let receipt = people.erase(TENANT, &ada, "test", &[disclosure("mailer")]).await.unwrap();
    let wherever = [
        ("users", [1, 0, 1, 0]),
        ("user_links", [1, 1, 0, 0]),
        ("consents", [1, 0, 1, 0]),
        ("billing_profile_rows", [4, 4, 0, 0]),
        ("customer_rows", [2, 2, 0, 0]),
        ("quarantined_rows", [2, 2, 0, 0]),
        ("payment_rows", [2, 0, 2, 0]),
        ("invoice_rows", [2, 0, 2, 0]),
        ("subscription_rows", [2, 0, 2, 0]),
        ("refund_rows", [2, 0, 0, 2]),
        ("disclosures", [1, 0, 0, 1]),
    ];
    assert_eq!(shape(&receipt), wherever);
    assert_eq!((receipt.state, receipt.customers_barred), (State::Done, 1));
    let told: Vec<&str> = receipt.to_tell.iter().map(|one| &*one.recipient).collect();
    assert_eq!(told, ["accountant", "mailer"], "who was told, and who gets data by other ways");
    assert_eq!(receipt.to_tell[0].due_at, Some(at("2026-12-25T10:00:00Z")));

    expect_emptied(bench, &ada).await;
    assert_eq!(named(bench, TENANT, ADA).await, Vec::<&str>::new());
    let last = people.consents(TENANT, &ada).await.unwrap().pop().unwrap();
    assert!(!last.granted);
    assert_eq!(others(bench, &ada).await, before);
    // Nothing else went, and money stayed.
    let mut expected = count;
    for (table, more) in [
        ("user_links", -1),
        ("billing_profile_rows", -4),
        ("customer_rows", -2),
        ("quarantined_rows", -2),
        ("consents", 1),
        ("disclosures", 1),
        ("tombstones", 1),
        ("erasures", 1),
        ("audit_log", 1),
        ("journal_marks", 1),
    ] {
        *expected.get_mut(table).unwrap() += more;
    }
    assert_eq!(bench.rows_by_table().await, expected);
    // Whoever copies what has changed hears of it.
    for table in ["payment_rows", "invoice_rows", "subscription_rows"] {
        let moved = format!("{table} WHERE id LIKE '%_ada' AND observed_at = {}", at(ERASED_AT).as_second());
        assert_eq!(bench.count(&moved).await, 2, "{table}");
    }
    for user in [&ada, &bea] {
        let shown = people.show(TENANT, user).await.unwrap();
        assert_eq!(shown.name.is_some(), user == &bea);
    }
    assert!(people.show(OTHER, &bob).await.unwrap().name.is_some());
    assert!(people.erase(TENANT, &bob, "test", &[]).await.is_err(), "another tenant's");
    assert!(people.show(OTHER, &bob).await.unwrap().name.is_some());
    crowd.people.close().await;
}

/// A connection was renamed, and has not run under its new name: what it stored under the old one is the person's all the same.
pub async fn a_link_to_a_connection_that_never_ran_hides_nobody(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    let epoch = connection(&bench.store, BESIDE, TENANT).await;
    let others_epoch = connection(&bench.store, OTHERS, OTHER).await;
    bench.commit(told(BESIDE, epoch, ADA, "ada")).await;
    bench.commit(told(OTHERS, others_epoch, ADA, "bob")).await;
    let ada = crowd.ada().await;
    crowd.people.erase(TENANT, &ada, "test", &[]).await.unwrap();
    assert_eq!(named(bench, TENANT, ADA).await, Vec::<&str>::new());
    assert_eq!(named(bench, OTHER, ADA).await, super::everywhere());
    crowd.people.close().await;
}
