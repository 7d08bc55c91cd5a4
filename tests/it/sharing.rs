//! Two workers, each on a database of its own, that share a key store and an erasure journal.

use std::{fs, path::Path, sync::Arc, time::Duration};

use dynamoi::Worker;

use crate::{
    erase::stage::Stage,
    people::{expect, run},
    retention::Ahead,
    support::{Bench, pause, sql::Eyes, sqlite_url, until},
};

/// Two workers and a command: together they need fewer connections than the server takes.
const LAYER: &str = "[database]\nmax_connections = 2\n[connections.label-a-meta]\nenabled = false\n[connections.label-a-stripe]\nsettings.billing_profiles = true\n";
const SEED: u64 = 285;

/// A worker that runs in this process, by a clock that is driven.
struct Running {
    bench: Bench,
    worker: Worker,
    clock: Ahead,
    eyes: Eyes,
}

// === impl Running ===

impl Running {
    /// Everything is read, and then it runs.
    async fn start(mut bench: Bench) -> Self {
        LAYER.clone_into(&mut bench.layer);
        bench.run(&["run", "--once"]).await.expect(0);
        let clock = Ahead::new();
        let worker = Worker::builder(bench.settings()).headless().clock(Arc::new(clock.clone()));
        let worker = worker.start().await.unwrap();
        let eyes = Eyes::open(&bench.database_url).await;
        Self { bench, worker, clock, eyes }
    }

    /// How often a customer is named.
    async fn named(&self, customer: &str) -> i64 {
        let mut count = 0;
        for (table, column) in [
            ("billing_profile_rows", "customer_id"),
            ("customers", "id"),
            ("payments", "customer_id"),
            ("invoices", "customer_id"),
            ("subscriptions", "customer_id"),
        ] {
            let named = format!("SELECT count(*) FROM {table} WHERE {column} = '{customer}'");
            count += self.eyes.number(&named).await;
        }
        count
    }

    /// Somebody who is added, corrected and linked.
    fn add(&self, name: &str, customer: &str) -> String {
        let record = format!(r#"{{"name":"{name}","age_statement":"at_least_18"}}"#);
        let user = expect(&run(&self.bench, &["users", "add"], &record), 0).0.trim().to_owned();
        let words = ["users", "rectify", &user];
        expect(&run(&self.bench, &words, r#"{"name":"Marker Corrected"}"#), 0);
        let words = ["users", "link", &user, "--connection", "label-a-stripe", "--customer", customer];
        expect(&run(&self.bench, &words, ""), 0);
        user
    }

    fn erase(&self, user: &str) -> String {
        expect(&run(&self.bench, &["privacy", "erase", user, "--yes"], ""), 0).0
    }

    fn expect_verified(&self) {
        let (out, _) = expect(&run(&self.bench, &["privacy", "verify"], ""), 0);
        assert!(out.contains("each as it was written") && out.contains("of 2 databases' logs"), "{out}");
    }

    /// Nothing is known of the customer within a minute.
    async fn until_gone(&self, customer: &str) {
        assert!(self.named(customer).await > 0, "it was not looked yet");
        self.clock.advance(Duration::from_mins(1));
        until("the journal is followed", async || (self.named(customer).await == 0).then_some(())).await;
    }
}

/// Customers who bought something.
async fn customers(eyes: &Eyes) -> Vec<String> {
    let query = "SELECT p.customer_id AS id FROM payments p JOIN billing_profile_rows b ON b.customer_id = p.customer_id \
                 GROUP BY p.customer_id ORDER BY p.customer_id LIMIT 3";
    let rows = eyes.query(query).await;
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn an_erasure_in_one_reaches_the_other(stage: Stage, beside: Bench) {
    let (journal, is_on_server) = (stage.journal.clone(), stage.server.is_some());
    let Stage { bench, server: _server, .. } = stage;
    let one = Running::start(bench).await;
    let other = Running::start(beside).await;
    let customers = customers(&one.eyes).await;
    let [ada, bea, cleo] = &customers[..] else { panic!("{customers:?}") };
    let money = "SELECT count(*) AS n, sum(amount_minor) AS a FROM payments";
    let before = other.eyes.query(money).await;

    let receipt = one.erase(&one.add("Marker Ada", ada));
    assert_eq!(
        receipt.contains("other databases that share this erasure journal"),
        is_on_server,
        "{receipt}"
    );
    assert_eq!(one.named(ada).await, 0);
    other.until_gone(ada).await;
    // The other way round, too.
    other.erase(&other.add("Marker Bea", bea));
    one.until_gone(bea).await;
    assert!(one.named(cleo).await > 0 && other.named(cleo).await > 0);
    assert_eq!(other.eyes.query(money).await, before);
    // Nothing but what each of them did is in its log, and all of it.
    for running in [&one, &other] {
        running.expect_verified();
    }

    // A journal that cannot be read stops nobody, and is followed once it can.
    let cleo_here = one.add("Marker Cleo", cleo);
    if !is_on_server {
        one.erase(&cleo_here);
        let (place, away) = (Path::new(&journal), format!("{journal}.away"));
        fs::rename(place, &away).unwrap();
        other.clock.advance(Duration::from_mins(1));
        pause(Duration::from_millis(300)).await;
        assert!(other.named(cleo).await > 0);
        fs::rename(&away, place).unwrap();
        other.until_gone(cleo).await;
        for running in [&one, &other] {
            running.expect_verified();
        }
    }
    for running in [one, other] {
        running.worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_an_erasure_reaches_the_other_database() {
    let stage = Stage::sqlite(SEED);
    let directory = tempfile::tempdir().unwrap();
    let url = sqlite_url(&directory.path().join("other.db"));
    let mut beside = Bench::on(directory, url, SEED);
    beside.more.clone_from(&stage.bench.more);
    an_erasure_in_one_reaches_the_other(stage, beside).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_an_erasure_reaches_the_other_database() {
    let stage = Stage::postgres(SEED).await;
    let url = stage.server.as_ref().unwrap().database("other").await;
    let mut beside = Bench::on(tempfile::tempdir().unwrap(), url, SEED);
    beside.more.clone_from(&stage.bench.more);
    an_erasure_in_one_reaches_the_other(stage, beside).await;
}
