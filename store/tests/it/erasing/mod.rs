//! Erasures: who is hit and who is not, what is told later, and what is left when a step fails.

mod broken;
mod bytes;
mod hits;
mod later;
mod neighbour;
mod sharing;

use std::path::PathBuf;

use rows::{
    Row,
    checkpoint::{Checkpoint, FeedProgress, Progress},
    payments::{Invoice, Payment, Subscription},
    personal::{BillingProfile, Personal, ProfileSource},
    quarantine::Quarantined,
    sink::{Commit, ConnectionRecord, Sink},
};
use sea_orm::ConnectionTrait;
use store::{
    Access, Store,
    cipher::{Keyring, generate_key},
    people::{Journal, KeyStore, NewPolicy, People, PersonForm, Tenant, UserLink},
};
use tempfile::TempDir;

pub use self::{broken::*, hits::*, later::*, neighbour::*, sharing::*};
use crate::{
    samples::{billing, customer, invoice, payment, refund, subscription},
    support::{Bench, at},
};

const TENANT: &str = "label-a";
const OTHER: &str = "label-b";
/// Of a payment provider: one of the tenant's, another of its to the same provider, and the other tenant's.
const LINKED: &str = "stripe";
const BESIDE: &str = "stripe-before";
const OTHERS: &str = "stripe-b";
/// Who is erased, as the provider knows the person; and somebody whose id begins alike.
const ADA: &str = "cus_1";
const BEA: &str = "cus_12";

/// Where something names a customer: the table, and the column that does.
const NAMED: [(&str, &str); 5] = [
    ("billing_profile_rows", "customer_id"),
    ("customer_rows", "id"),
    ("payment_rows", "customer_id"),
    ("invoice_rows", "customer_id"),
    ("subscription_rows", "customer_id"),
];

/// A store with people of two tenants, whose key store and journal are files.
struct Crowd {
    people: People,
    directory: TempDir,
    keyring: Keyring,
}

// === impl Crowd ===

impl Crowd {
    async fn of(bench: &Bench) -> Self {
        Self::beside(&bench.store).await
    }

    async fn beside(store: &Store) -> Self {
        store.sync_tenants(&tenants()).await.unwrap();
        let keyring = Keyring::parse(&generate_key().unwrap()).unwrap();
        store.use_keys(Some(keyring.clone()));
        let directory = tempfile::tempdir().unwrap();
        let people = open(store, &directory).await;
        for tenant in [TENANT, OTHER] {
            let policy = NewPolicy {
                version: "1".into(),
                text_sha256: "00".repeat(32),
                purposes: vec!["ads".into()],
                effective_at: at("2026-01-01T00:00:00Z"),
                requires_consent: false,
            };
            people.add_policy(tenant, &policy).await.unwrap();
        }
        Self { people, directory, keyring }
    }

    /// Somebody with a value in every field.
    async fn add(&self, tenant: &str, name: &str) -> String {
        let record = format!(
            r#"{{"external_id":"app-{name}","name":"{name}","email":"{name}@example.com","account":"{name}",
                "birth_date":"1990-12-10","age_statement":"at_least_18"}}"#
        );
        self.people.add(tenant, PersonForm::read(record.as_bytes()).unwrap()).await.unwrap()
    }

    async fn link(&self, tenant: &str, user: &str, connection: &str, customer: &str) {
        self.people.link(tenant, user, &UserLink::of(connection, customer).unwrap()).await.unwrap();
    }

    /// Ada, who is linked.
    async fn ada(&self) -> String {
        let ada = self.add(TENANT, "ada").await;
        self.link(TENANT, &ada, LINKED, ADA).await;
        ada
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("erasures")
    }

    /// Changes something in the key store behind everybody's back.
    async fn in_key_store(&self, sql: &str) {
        let url = format!("sqlite://{}", self.directory.path().join("keys.db").display());
        let keys = sea_orm::Database::connect(url).await.unwrap();
        keys.execute_unprepared(sql).await.unwrap();
        keys.close().await.unwrap();
    }
}

fn tenants() -> [Tenant; 2] {
    [TENANT, OTHER].map(|id| Tenant {
        id: id.into(),
        name: id.into(),
        data_region: None,
        time_zone: Some("UTC".into()),
    })
}

async fn open(store: &Store, directory: &TempDir) -> People {
    let keys = directory.path().join("keys.db").display().to_string();
    let journal = directory.path().join("erasures").display().to_string();
    // On the heap: whoever opens them holds this.
    let keys = Box::pin(KeyStore::open(&keys, Access::Make)).await.unwrap();
    let journal = Box::pin(Journal::open(&journal, Access::Make)).await.unwrap();
    People::open(store, keys, journal).unwrap()
}

/// A connection of a payment provider; its epoch.
async fn connection(store: &Store, name: &str, tenant: &str) -> i64 {
    let record = ConnectionRecord {
        name: name.into(),
        integration: "stripe".into(),
        tenant: tenant.into(),
        once_since: None,
    };
    store.register(record).await.unwrap().epoch
}

/// What each object that names a customer is like: one of each, with ids of their own.
fn objects(customer_id: &str, tag: &str) -> Vec<Row> {
    let named = || Some(customer_id.to_owned());
    let mut profile = profile(customer_id, ProfileSource::Customer);
    profile.name = Personal::of("Somebody");
    vec![
        Row::Customer(customer(customer_id)),
        Row::BillingProfile(profile),
        Row::Payment(Payment {
            customer_id: named(),
            payment_intent_id: Some(format!("pi_{tag}")),
            ..payment(&format!("ch_{tag}"))
        }),
        Row::Invoice(Invoice { customer_id: named(), ..invoice(&format!("in_{tag}")) }),
        Row::Subscription(Subscription {
            customer_id: named(),
            mrr: None,
            ..subscription(&format!("sub_{tag}"))
        }),
    ]
}

fn profile(customer_id: &str, source: ProfileSource) -> BillingProfile {
    let mut profile =
        BillingProfile::blank(customer_id.into(), source, "of".into(), at("2026-11-20T08:30:00Z"));
    profile.card.last4 = Personal::of("4242");
    profile
}

/// Something that could not be understood, and names somebody.
fn set_aside(customer_id: &str, tag: &str) -> Quarantined {
    Quarantined {
        reason: "malformed",
        detail: "balance: expected a number".into(),
        place: "customers.list".into(),
        hash: format!("{customer_id} {tag}"),
        fields: vec![("id", customer_id.to_owned())],
        day: None,
    }
}

/// Everything that a provider tells of a customer.
fn told(connection: &str, epoch: i64, customer_id: &str, tag: &str) -> Commit {
    let mut rows = objects(customer_id, tag);
    rows.push(Row::BillingProfile(profile(customer_id, ProfileSource::Charge)));
    rows.push(Row::Refund(refund(&format!("re_{tag}"), &format!("ch_{tag}"))));
    Commit { quarantined: vec![set_aside(customer_id, tag)], ..billing(connection, epoch, rows) }
}

/// A page of objects of one table, which PostgreSQL stores in one statement where it can.
fn page(connection: &str, epoch: i64, row: Row, token: &str) -> Commit {
    let mut commit = billing(connection, epoch, vec![row]);
    commit.checkpoint = Some(Checkpoint {
        account_id: String::new(),
        stream: commit.stream.clone(),
        time_zone: "UTC".into(),
        currency: None,
        progress: Progress::Feed(FeedProgress { token: Some(token.into()), ..FeedProgress::default() }),
        forbidden: None,
    });
    commit
}

/// Where a tenant's customer is named.
async fn named(bench: &Bench, tenant: &str, customer_id: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (table, column) in NAMED {
        let condition = format!(
            "{table} t JOIN connections c ON c.id = t.connection_id WHERE c.tenant = '{tenant}' \
             AND t.{column} = '{customer_id}'"
        );
        if bench.count(&condition).await > 0 {
            found.push(table);
        }
    }
    let condition = format!(
        "quarantined_rows q JOIN connections c ON c.name = q.connection WHERE c.tenant = '{tenant}' \
         AND q.fields LIKE '%\"{customer_id}\"%'"
    );
    if bench.count(&condition).await > 0 {
        found.push("quarantined_rows");
    }
    found
}

/// In each table.
fn everywhere() -> Vec<&'static str> {
    NAMED.iter().map(|(table, _)| *table).chain(["quarantined_rows"]).collect()
}

/// What is told of a person in `users`: a row with nothing in it.
async fn expect_emptied(bench: &Bench, user: &str) {
    let columns =
        ["external_id", "name", "email", "account", "birth_date", "email_hmac", "age_statement", "key_id"];
    let filled = columns.map(|column| format!("{column} IS NOT NULL")).join(" OR ");
    let condition = format!("users WHERE id = '{user}' AND (status <> 'erased' OR {filled})");
    assert_eq!(bench.count(&condition).await, 0);
    assert_eq!(bench.count(&format!("users WHERE id = '{user}'")).await, 1);
    assert_eq!(bench.count(&format!("user_links WHERE user_id = '{user}'")).await, 0);
}
