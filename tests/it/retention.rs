//! What is deleted in time and what a legal hold keeps, with the program as it is run.

use std::{
    fs,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use dynamoi::Worker;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rows::{Clock, clock::SystemClock};
use serde_json::Value;

use crate::{
    people::{ADA, bench, expect, run},
    support::{
        Bench, PATIENCE, get, instant, pause,
        program::{PATH, until_state},
        sql::Eyes,
        until,
    },
};

/// What somebody else does to the tables.
async fn execute(bench: &Bench, sql: &str) {
    use sea_orm::ConnectionTrait;
    let database = sea_orm::Database::connect(&bench.database_url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

/// Without the key, all that needs none is counted alike, and what it is needed for is said.
fn expect_counted_without_key(bench: &Bench, told: &Value) {
    let config = bench.config().remove(0);
    let whole = fs::read_to_string(&config).unwrap();
    let (before, rest) = whole.split_once("[encryption]").unwrap();
    let keyless = bench.dir.path().join("keyless.toml");
    fs::write(&keyless, format!("{before}{}", &rest[rest.find("[tenants.label-a]").unwrap()..])).unwrap();
    let mut command = Command::new(PATH);
    command.current_dir(bench.dir.path()).args(["privacy", "purge", "--dry-run", "--json", "--config"]);
    command.arg(&keyless).arg("--config").arg(bench.dir.path().join("layer.toml"));
    let (out, err) = expect(&command.output().unwrap(), 3);
    let counted: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&counted["rows"], &counted["tables"]), (&told["rows"], &told["tables"]));
    assert!(err.contains("without [encryption] key") && err.contains("left: disclosures"), "{err}");
}

/// Who left is erased, which is said, and where the receipt is.
async fn expect_erasure_told(bench: &Bench, user: &str) {
    let purge = |words: &[&str]| expect(&run(bench, &[&["privacy", "purge"], words].concat(), ""), 0).0;
    expect(&run(bench, &["users", "withdraw", user, "--tenant", "label-a"], ""), 0);
    execute(bench, "UPDATE users SET updated_at = '2020-01-01T00:00:00+00:00'").await;
    let told = purge(&["--dry-run"]);
    assert!(told.contains("would be erased") && told.ends_with("\n0 rows would be deleted\n"), "{told}");
    let of_tables = |told: &str| -> Vec<String> {
        told.lines().filter(|line| line.ends_with(" emptied")).map(str::to_owned).collect()
    };
    let foretold = of_tables(&told);
    assert!(foretold.iter().any(|line| line.contains("user_links: 1 rows deleted")), "{told}");
    let told = purge(&[]);
    assert_eq!(of_tables(&told), foretold, "{told}");
    let receipt = format!("privacy erase {user} --tenant label-a --yes");
    assert!(told.contains(&format!(": was erased; `dynamoi {receipt}` prints the receipt")), "{told}");
    assert!(told.ends_with("\n0 rows deleted, 1 user erased\n"), "{told}");
    let receipt: Vec<&str> = receipt.split(' ').collect();
    assert!(expect(&run(bench, &receipt, ""), 0).0.contains("\"state\": \"done\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_what_the_real_one_does_beside_a_worker() {
    let mut bench = bench(173);
    bench.layer = "[retention]\nads = \"21d\"\npayments = \"3650d\"\n".to_owned();
    let purge = |words: &[&str]| run(&bench, &[&["privacy", "purge"], words].concat(), "");
    assert!(expect(&purge(&["--dry-run"]), 1).1.contains("nothing is stored"));
    let user = expect(&run(&bench, &["users", "add", "--tenant", "label-a"], ADA), 0).0.trim().to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    for connection in ["label-a-meta", "label-a-stripe"] {
        until_state(address, connection, "idle").await;
    }
    execute(&bench, "UPDATE cycles SET finished_at = '2020-01-01T00:00:00+00:00' WHERE id % 2 = 0").await;
    let eyes = Eyes::open(&bench.database_url).await;
    let customer = eyes
        .query("SELECT customer_id FROM payments WHERE customer_id IS NOT NULL ORDER BY id LIMIT 1")
        .await;
    let customer = customer[0]["customer_id"].as_str().unwrap().to_owned();
    execute(&bench, "UPDATE payment_rows SET created_at = 1").await;
    execute(
        &bench,
        &format!("INSERT INTO user_links (user_id, connection, customer_id) VALUES ('{user}', 'label-a-stripe', '{customer}')"),
    )
    .await;
    let of_customer =
        eyes.number(&format!("SELECT count(*) FROM payments WHERE customer_id = '{customer}'")).await;
    let payments = eyes.number("SELECT count(*) FROM payments").await;

    let at = ["--tenant", "label-a"];
    let hold = |words: &[&str]| run(&bench, &[&["privacy", "hold"], words, &at].concat(), "");
    expect(&hold(&["add", &user, "--reason", "case 17/2026"]), 0);
    assert!(expect(&hold(&["add", &user, "--reason", "case 18/2026"]), 1).1.contains("held already"));
    let (out, _) = expect(&hold(&["list", "--json"]), 0);
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&listed["holds"][0]["user"], &listed["holds"][0]["reason"]),
        (&user.as_str().into(), &"case 17/2026".into())
    );

    let told: Value = serde_json::from_str(&expect(&purge(&["--dry-run", "--json"]), 0).0).unwrap();
    assert_eq!(eyes.number("SELECT count(*) FROM payments").await, payments, "nothing was deleted");
    expect_counted_without_key(&bench, &told);
    let done: Value = serde_json::from_str(&expect(&purge(&["--json"]), 0).0).unwrap();
    // The worker adds younger rows meanwhile; those that are due are the same.
    assert_eq!(
        (&told["tables"], &told["rows"], &told["users"]),
        (&done["tables"], &done["rows"], &done["users"])
    );
    let line = |table: &str| {
        done["tables"]
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["table"] == table)
            .cloned()
            .unwrap_or_default()
    };
    assert!(line("cycles")["rows"].as_i64() > Some(0), "{done}");
    assert!(line("ad_performance_rows")["rows"].as_i64() > Some(1_000), "{done}");
    assert_eq!(line("payment_rows")["held"], of_customer);
    assert_eq!(line("payment_rows")["rows"], payments - of_customer);
    assert_eq!(eyes.number("SELECT count(*) FROM payments").await, of_customer);
    let oldest = eyes.query("SELECT min(date) AS day FROM ad_performance_daily").await;
    assert!(oldest[0]["day"].as_str() > line("ad_performance_rows")["newest"].as_str(), "{oldest:?}");

    expect(&hold(&["release", &user]), 0);
    assert!(expect(&hold(&["release", &user]), 1).1.contains("hold list"));
    let (out, _) = expect(&purge(&[]), 0);
    assert!(out.contains("payment_rows: ") && out.contains("tax law"), "{out}");
    assert!(expect(&purge(&["--dry-run"]), 0).0.starts_with("0 rows would be deleted"));
    let actions = eyes.query("SELECT action, detail FROM audit_log ORDER BY seq").await;
    let actions: Vec<&str> = actions.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["hold", "purge", "hold", "purge"]);
    expect(&run(&bench, &["privacy", "verify", "--tenant", "label-a"], ""), 0);

    expect_erasure_told(&bench, &user).await;

    // Duties in time have their series from the start.
    let metrics = until("deadlines are looked at", async || {
        let text = get(&format!("http://{address}/metrics")).await;
        text.contains("dynamoi_privacy_overdue").then_some(text)
    })
    .await;
    for deadline in ["erasure", "notification", "purge"] {
        assert!(
            metrics.contains(&format!("dynamoi_privacy_overdue{{deadline=\"{deadline}\"}} 0")),
            "{metrics}"
        );
    }
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
    // What was not told in time is, from the next start on.
    execute(
        &bench,
        "INSERT INTO disclosures (tenant, subject_hmac, recipient, purpose, categories, disclosed_at, actor, notify_due_at) \
         VALUES ('label-a', X'00', 'r', 'p', '[]', '2020-01-01T00:00:00+00:00', 'a', '2020-02-01T00:00:00+00:00')",
    )
    .await;
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until("it is overdue", async || {
        let text = get(&format!("http://{address}/metrics")).await;
        text.contains("dynamoi_privacy_overdue{deadline=\"notification\"} 1").then_some(())
    })
    .await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_nothing_is_purged_by_hand_and_it_is_said() {
    let mut bench = bench(174);
    let tenants = bench.more.find("[tenants.label-a]").unwrap();
    bench.more = bench.more[tenants..].to_owned();
    for words in [&["privacy", "purge"][..], &["privacy", "hold", "list", "--tenant", "label-a"]] {
        let (_, err) = expect(&run(&bench, words, ""), 2);
        assert!(err.contains("encryption.key") && err.contains("generate-key"), "{err}");
    }
    // To look needs none, only something to look at.
    let (_, err) = expect(&run(&bench, &["privacy", "purge", "--dry-run"], ""), 1);
    assert!(err.contains("nothing is stored"), "{err}");
    bench.layer = "[retention]\ncycles = \"25h\"\nintegrations.youtub = { removed = \"7d\" }\n".to_owned();
    let (_, err) = expect(&run(&bench, &["privacy", "purge"], ""), 2);
    assert!(
        err.contains("retention.cycles") && err.contains("whole days") && err.contains("youtube"),
        "{err}"
    );
    assert!(!bench.dir.path().join("dynamoi.db").exists());
}

/// Real time, and as much more as a test adds.
#[derive(Clone)]
pub struct Ahead {
    real: SystemClock,
    ahead: Arc<Mutex<Duration>>,
}

// === impl Ahead ===

impl Ahead {
    /// As real time.
    pub fn new() -> Self {
        Self { real: SystemClock::new(), ahead: Arc::default() }
    }

    /// Goes on by so much at once.
    pub fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap() += by;
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.real.now() + *self.ahead.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.real.elapsed() + *self.ahead.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let ahead = self.ahead.clone();
        let until = *ahead.lock().unwrap() + duration;
        let began = instant();
        Box::pin(async move {
            while began.elapsed() + *ahead.lock().unwrap() < until {
                pause(Duration::from_millis(20).min(duration)).await;
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_deletes_once_a_day_and_looks_every_hour() {
    let mut bench = Bench::new(177);
    bench.layer =
        "connections.label-a-meta.enabled = false\nconnections.label-a-stripe.enabled = false\n".to_owned();
    let clock = Ahead::new();
    let ahead = clock.clone();
    let advance = |minutes: u64| ahead.advance(Duration::from_mins(minutes));
    let worker = Worker::builder(bench.settings()).headless().clock(Arc::new(clock)).start().await.unwrap();
    let eyes = Eyes::open(&bench.database_url).await;
    let cycles = async || eyes.number("SELECT count(*) FROM cycles").await;
    let old = "INSERT INTO cycles (connection, account_id, stream, outcome, started_at, finished_at, pages, rows_read) \
         VALUES ('c', '', 's', 'ok', '2020-01-01T00:00:00+00:00', '2020-01-01T00:00:00+00:00', 0, 0)";
    let until_overdue = async |count: u32| {
        let series = format!("dynamoi_privacy_overdue{{deadline=\"purge\"}} {count}\n");
        until(&series, async || {
            let text: Vec<u8> = worker.exposition().scrape(false).unwrap().concat();
            String::from_utf8(text).unwrap().contains(&series).then_some(())
        })
        .await;
    };
    until_overdue(0).await;
    execute(&bench, old).await;
    advance(14);
    pause(Duration::from_millis(300)).await;
    assert_eq!(cycles().await, 1, "first readings go first");
    advance(1);
    until("it is deleted", async || (cycles().await == 0).then_some(())).await;

    execute(&bench, old).await;
    advance(61);
    until_overdue(1).await;
    assert_eq!(cycles().await, 1, "once a day");
    advance(23 * 60);
    until("it is deleted a day later", async || (cycles().await == 0).then_some(())).await;
    until_overdue(0).await;
    worker.stop().await;
}
