//! Erasing a person, with the program as it is run: everything goes that an export reads, nothing brings the person back, and a
//! kill at any moment changes nothing of that.

mod gate;
mod rebuilt;
pub mod stage;

use std::{fs, path::Path};

use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rows::{
    Clock,
    clock::SystemClock,
    day::{day_at, plus_days},
};
use sandbox::stripe::Stripe;
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use serde_json::{Value, json};
use sha2::Sha256;

use self::{
    gate::Gate,
    stage::{Copy, Stage},
};
use crate::{
    postgres::PASSWORD,
    support::{HISTORY_DAYS, PATIENCE, instant, pause, program::until_state, sql::Eyes, until},
};

/// How often an erasure is killed.
const KILLS: usize = 20;
const SEED: u64 = 23;
const WEBHOOK: &str = "whsec_only_for_this_test";
const ADA: &str = r#"{"external_id":"app-1","name":"Marker Lovelace","email":"marker.ada@example.com",
    "account":"marker-account","birth_date":"1990-12-10"}"#;

/// A person who is erased.
struct Person {
    user: String,
    customer: String,
    /// What is sealed of the person in the database, and the sealed data key.
    sealed: Vec<Vec<u8>>,
}

/// Reads Stripe's people through the gate, and nobody else.
fn layer(gate: &Gate) -> String {
    let every: String = ["charges", "customers", "invoices", "subscriptions"]
        .map(|stream| format!("streams.{stream} = {{ every = \"1s\" }}\n"))
        .concat();
    format!(
        "[connections.label-a-meta]\nenabled = false\n[connections.label-a-stripe]\nbase_url = \"http://{}/stripe\"\n\
         credentials.webhook_secret = \"{WEBHOOK}\"\nsettings.billing_profiles = true\n{every}",
        gate.address
    )
}

/// Somebody who bought something, and signed up.
async fn person(stage: &Stage) -> Person {
    let eyes = stage.eyes().await;
    let rows = eyes
        .query(
            "SELECT p.customer_id AS id FROM payments p JOIN invoices i ON i.customer_id = p.customer_id \
             JOIN subscriptions s ON s.customer_id = p.customer_id GROUP BY p.customer_id \
             ORDER BY count(DISTINCT p.id) DESC, p.customer_id LIMIT 1",
        )
        .await;
    let customer = rows[0]["id"].as_str().unwrap().to_owned();
    let user = stage.dynamoi(&["users", "add"], ADA, 0).0.trim().to_owned();
    stage.dynamoi(
        &["users", "link", &user, "--connection", "label-a-stripe", "--customer", &customer],
        "",
        0,
    );
    let mut sealed = stage
        .bytes(&stage.keys_url(), &format!("SELECT sealed FROM data_keys WHERE name = 'user/{user}'"))
        .await;
    let profile = ["name", "email", "address_line1", "address_city", "card_last4", "card_brand"];
    let columns = profile.iter().map(|column| ("billing_profile_rows", *column, "customer_id", &*customer));
    let columns = columns
        .chain(["name", "email", "account", "birth_date"].map(|column| ("users", column, "id", &*user)));
    for (table, column, key, value) in columns {
        let query = format!("SELECT {column} FROM {table} WHERE {key} = '{value}' AND {column} IS NOT NULL");
        sealed.extend(stage.bytes(&stage.bench.database_url, &query).await);
    }
    assert!(sealed.len() > 8, "{}", sealed.len());
    Person { user, customer, sealed }
}

/// Nothing of the person is in a table.
async fn expect_gone(stage: &Stage, person: &Person, why: &str) {
    let Person { user, customer, .. } = person;
    let eyes = stage.eyes().await;
    for (table, condition) in [
        ("billing_profile_rows", format!("customer_id = '{customer}'")),
        ("customers", format!("id = '{customer}'")),
        ("payments", format!("customer_id = '{customer}'")),
        ("invoices", format!("customer_id = '{customer}'")),
        ("subscriptions", format!("customer_id = '{customer}'")),
        ("user_links", format!("user_id = '{user}'")),
        ("quarantined_rows", format!("fields LIKE '%{customer}%'")),
        (
            "users",
            format!(
                "id = '{user}' AND (status <> 'erased' OR name IS NOT NULL OR email IS NOT NULL OR account IS NOT NULL \
                 OR birth_date IS NOT NULL OR email_hmac IS NOT NULL OR external_id IS NOT NULL)"
            ),
        ),
    ] {
        let count = eyes.number(&format!("SELECT count(*) FROM {table} WHERE {condition}")).await;
        assert_eq!(count, 0, "{why}: {table}");
    }
    let keys = Eyes::open(&stage.keys_url()).await;
    let key = format!("SELECT count(*) FROM data_keys WHERE name = 'user/{user}'");
    assert_eq!(keys.number(&key).await, 0, "{why}: the data key");
}

/// Money, exactly.
async fn figures(eyes: &Eyes) -> Vec<Value> {
    let mut figures = Vec::new();
    for query in [
        "SELECT currency, count(*) AS n, sum(amount_minor) AS a, sum(fee_minor) AS f, sum(net_minor) AS m, \
         sum(refunded_minor) AS r FROM payments GROUP BY currency ORDER BY currency",
        "SELECT currency, count(*) AS n, sum(total_minor) AS a, sum(amount_paid_minor) AS p FROM invoices GROUP BY currency \
         ORDER BY currency",
        "SELECT currency, count(*) AS n, sum(amount_minor) AS a FROM ledger_entries GROUP BY currency ORDER BY currency",
        "SELECT currency, count(*) AS n, sum(mrr_micros) AS a FROM subscriptions GROUP BY currency ORDER BY currency",
        "SELECT count(*) AS n, sum(amount_minor) AS a FROM refunds",
        "SELECT count(*) AS n, sum(amount_minor) AS a FROM disputes",
    ] {
        figures.extend(eyes.query(query).await);
    }
    assert!(figures.len() > 5, "{figures:?}");
    figures
}

fn receipt(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn table<'a>(receipt: &'a Value, name: &str) -> &'a Value {
    let tables = receipt["tables"].as_array().unwrap();
    tables.iter().find(|table| table["table"] == name).unwrap_or_else(|| panic!("{name}: {receipt}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_nothing_brings_a_person_back() {
    nothing_brings_a_person_back(Stage::sqlite(91)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_nothing_brings_a_person_back() {
    nothing_brings_a_person_back(Stage::postgres(91).await).await;
}

/// Rows are kept for whoever may still see them, and a transaction of any database of the server makes everybody's view older.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_waits_for_transactions_of_neighbours() {
    let mut stage = Stage::postgres(92).await;
    let gate = Gate::before(stage.bench.sandbox.address()).await;
    stage.bench.layer = layer(&gate);
    stage.bench.run(&["run", "--once"]).await.expect(0);
    let person = person(&stage).await;
    let neighbour = Database::connect(stage.server.as_ref().unwrap().url("postgres")).await.unwrap();
    let older = neighbour.begin().await.unwrap();
    older.execute_unprepared("SELECT txid_current()").await.unwrap();
    let erasure = stage.bench.start(&["privacy", "erase", &person.user, "--yes"]);
    let eyes = stage.eyes().await;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dynamoi keys' \
                 AND query LIKE '%txid_snapshot_xmin%'";
    until("the erasure waits", async || (eyes.number(waits).await > 0).then_some(())).await;
    older.commit().await.unwrap();
    neighbour.close().await.unwrap();
    erasure.ended(PATIENCE).await.expect(0);
    assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new(), "old bytes");
}

async fn nothing_brings_a_person_back(mut stage: Stage) {
    let mut gate = Gate::before(stage.bench.sandbox.address()).await;
    stage.bench.layer = layer(&gate);
    stage.bench.run(&["run", "--once"]).await.expect(0);
    let person = person(&stage).await;
    let (user, customer) = (&*person.user, &*person.customer);
    let before = stage.copy().await;
    assert!(stage.found(&person.sealed).await.len() >= person.sealed.len(), "the search itself");
    let eyes = stage.eyes().await;
    let money = figures(&eyes).await;
    let billed =
        eyes.number(&format!("SELECT count(*) FROM payments WHERE customer_id = '{customer}'")).await;

    // A hold forbids it, and nobody is asked where nobody can be.
    stage
        .execute(&format!(
            "INSERT INTO legal_holds (tenant, user_id, reason, since) VALUES ('label-a', '{user}', 'case 17', \
             '2026-01-01T00:00:00+00:00')"
        ))
        .await;
    let (_, err) = stage.dynamoi(&["privacy", "erase", user, "--yes"], "", 1);
    assert!(err.contains("under a legal hold"), "{err}");
    stage.execute("DELETE FROM legal_holds").await;
    let (_, err) = stage.dynamoi(&["privacy", "erase", user], "", 2);
    assert!(err.contains("--yes"), "{err}");

    // A run has the person's answer already, and stores it only afterwards.
    stage.execute("DELETE FROM ledger").await;
    gate.hold("/v1/customers?");
    let run = stage.bench.start(&["run", "--once"]);
    gate.holds_one().await;
    let dry = receipt(&stage.dynamoi(&["privacy", "erase", user, "--dry-run"], "", 0).0);
    assert_eq!(dry["state"], "dry_run");
    let told =
        receipt(&stage.dynamoi(&["privacy", "erase", "--by-email", "--yes"], "marker.ada@example.com", 0).0);
    assert_eq!((&told["state"], &told["schema_version"]), (&json!("done"), &json!(1)));
    assert_eq!(dry["tables"], told["tables"], "the dry run tells what is done");
    let files = |receipt: &Value| -> Vec<Value> {
        receipt["files"].as_array().unwrap().iter().map(|file| file["what"].clone()).collect()
    };
    assert_eq!(files(&dry), files(&told));
    for file in dry["files"].as_array().unwrap() {
        assert!(
            file["done"] == false && file["note"].as_str().unwrap().starts_with("would be written anew"),
            "{dry}"
        );
    }
    assert_eq!(table(&told, "users")["emptied"], 1);
    assert_eq!(table(&told, "payment_rows")["emptied"], billed);
    assert!(table(&told, "billing_profile_rows")["deleted"].as_i64().unwrap() > 1);
    assert!(table(&told, "ledger_entry_rows")["kept"].as_i64().unwrap() >= billed, "{told}");
    assert!(told["files"].as_array().unwrap().iter().all(|file| file["done"] == true), "{told}");
    let not_reached = told["not_reached"].to_string();
    assert!(not_reached.contains("backups of the key store"), "{told}");
    let log =
        not_reached.contains("write-ahead log of the key store") && not_reached.contains("wal_keep_size = 0");
    assert_eq!(log, stage.server.is_some(), "{told}");
    for marker in ["Marker", "marker", customer, user] {
        assert!(!told.to_string().contains(marker), "{marker}: {told}");
    }
    gate.open();
    run.ended(PATIENCE).await.expect(0);
    expect_gone(&stage, &person, "an answer that was under way").await;
    assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new(), "old bytes");
    assert_eq!(figures(&stage.eyes().await).await, money);
    let again = receipt(&stage.dynamoi(&["privacy", "erase", user, "--yes"], "", 0).0);
    assert_eq!(again, told, "once more is the same");

    let lately = lives_on(&mut stage, &person).await;
    stage.execute("DELETE FROM ledger").await;
    stage.bench.run(&["run", "--once"]).await.expect(0);
    expect_gone(&stage, &person, "a cleared ledger").await;

    comes_out_of_no_backup(&mut stage, &person, &before).await;

    // A rotation: what knows the person again outlives the key.
    let path = stage.key_file().display().to_string();
    let added = std::process::Command::new(crate::support::program::PATH)
        .args(["secrets", "generate-key", "--add-to", &path])
        .status()
        .unwrap();
    assert!(added.success());
    stage.dynamoi(&["secrets", "rotate"], "", 0);
    let newest = fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned();
    fs::write(&path, newest).unwrap();
    stage.execute("DELETE FROM ledger").await;
    stage.bench.run(&["run", "--once"]).await.expect(0);
    expect_gone(&stage, &person, "a rotation").await;
    let eyes = stage.eyes().await;
    let profile = format!("SELECT count(*) FROM billing_profiles WHERE customer_id = '{lately}'");
    assert_eq!(eyes.number(&profile).await, 1, "who came anew is there");
    stage.dynamoi(&["privacy", "verify"], "", 0);
    for (action, subject) in [("erase", "IS NOT NULL"), ("rotate", "IS NULL")] {
        let lines =
            format!("SELECT count(*) FROM audit_log WHERE action = '{action}' AND subject_hmac {subject}");
        assert!(eyes.number(&lines).await > 0, "{action}");
    }
}

/// By poll, webhook, backfill and restart; answers the customer as whom the person comes anew.
async fn lives_on(stage: &mut Stage, person: &Person) -> String {
    let customer = person.customer.clone();
    let mut daemon = stage.bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    let (charge, lately) = stage
        .bench
        .sandbox
        .with_world(|stripe: &mut Stripe| {
            let fields = json!({ "name": "Marker Lovelace", "email": "marker.ada@example.com" });
            assert!(stripe.update_customer(&customer, &fields));
            let charge = stripe.new_charge(4_711, "usd", Some(&customer));
            let lately = stripe.new_customer();
            assert!(stripe.update_customer(&lately, &fields));
            stripe.new_charge(815, "usd", Some(&lately));
            (charge, lately)
        })
        .unwrap();
    let body = r#"{"id":"evt_made_up","object":"event","type":"customer.updated"}"#;
    let time = SystemClock::new().now().as_second();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK.as_bytes()).unwrap();
    let code = hex::encode(mac.chain_update(format!("{time}.{body}")).finalize().into_bytes());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let message = client.post(format!("http://{address}/webhooks/stripe/label-a-stripe"));
    let message = message.header("stripe-signature", format!("t={time},v1={code}")).body(body);
    assert_eq!(message.send().await.unwrap().status().as_u16(), 200);
    let eyes = stage.eyes().await;
    let stored = format!("SELECT count(*) FROM payments WHERE id = '{charge}' AND customer_id IS NULL");
    until("the charge is there, without the person", async || {
        (eyes.number(&stored).await == 1).then_some(())
    })
    .await;
    let profile = format!(
        "SELECT count(*) FROM billing_profiles WHERE customer_id = '{lately}' AND name_source = 'customer'"
    );
    until("who comes anew is a new person", async || (eyes.number(&profile).await == 1).then_some(())).await;
    expect_gone(stage, person, "polls and a webhook").await;
    let first = plus_days(day_at(stage.bench.sandbox.now(), &TimeZone::UTC), -i64::from(HISTORY_DAYS) + 1);
    let backfill =
        ["backfill", "--connection", "label-a-stripe", "--from", &first.to_string()].map(str::to_owned);
    let arguments: Vec<&str> = backfill.iter().map(String::as_str).collect();
    let ended = stage.bench.run(&arguments).await;
    assert!(ended.code == Some(0) || ended.err.contains("no days"), "{ended:?}");
    expect_gone(stage, person, "a backfill").await;
    daemon.kill().await;
    stage.bench.run(&["run", "--once"]).await.expect(0);
    expect_gone(stage, person, "a restart").await;
    lately
}

/// Of the database, of the key store, of both; and nothing is served while the journal is not there.
async fn comes_out_of_no_backup(stage: &mut Stage, person: &Person, before: &Copy) {
    let user = &*person.user;
    // With the configured key and every key that is left, the backup itself tells nothing.
    let settings = stage.bench.settings();
    let options = store::StoreOptions { access: store::Access::Read, ..store::StoreOptions::default() };
    let url = if stage.server.is_some() {
        before.database.clone()
    } else {
        format!("sqlite://{}", before.database)
    };
    let backup = store::Store::connect(&url, options, std::sync::Arc::new(SystemClock::new())).await.unwrap();
    backup.use_keys(settings.encryption.keyring.clone());
    let keys = store::people::KeyStore::open(&stage.keys, store::Access::Read).await.unwrap();
    let journal = store::people::Journal::open(&stage.journal, store::Access::Read).await.unwrap();
    let people = store::people::People::open(&backup, keys, journal).unwrap();
    let refused = people.show("label-a", user).await.unwrap_err().to_string();
    assert!(refused.contains("opens no more"), "{refused}");
    people.close().await;
    backup.close().await;

    stage.restore_database(before).await;
    let eyes = stage.eyes().await;
    let active =
        format!("SELECT count(*) FROM users WHERE id = '{user}' AND status = 'active' AND name IS NOT NULL");
    assert_eq!(eyes.number(&active).await, 1, "the backup has the person");
    drop(eyes);
    // Without a key the journal cannot be followed: nothing is served then.
    let without = stage.bench.more.find("[tenants.").unwrap();
    stage.bench.more.drain(..without);
    let places = stage.bench.more.find("[privacy]").unwrap();
    let aside = format!("{}-aside", stage.journal);
    for named in [stage.bench.more.clone(), stage.bench.more[..places].to_owned()] {
        // Where nobody names it and it does not lie beside the database either, only the database's users tell.
        if !named.contains("[privacy]") && stage.server.is_none() {
            std::fs::rename(&stage.journal, &aside).unwrap();
        }
        stage.bench.more = named;
        for words in [&["run", "--once"][..], &["check"]] {
            let (out, err) = stage.dynamoi(words, "", 1);
            assert!(format!("{out}{err}").contains("would come back"), "{out}\n{err}");
        }
    }
    if stage.server.is_none() {
        std::fs::rename(&aside, &stage.journal).unwrap();
    }
    stage.configure();
    let (out, err) = stage.dynamoi(&["users", "list", "--json"], "", 0);
    assert!(out.contains("\"erased\"") && !out.contains("\"active\""), "{out}");
    assert!(err.contains("the erasure journal was followed: 1 users"), "{err}");
    expect_gone(stage, person, "a command on a backup").await;
    assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new(), "old bytes of a backup");
    assert!(!stage.dynamoi(&["users", "list"], "", 0).1.contains("followed"), "once is enough");

    stage.restore_database(before).await;
    stage.restore_keys(before).await;
    let ended = stage.bench.run(&["run", "--once"]).await.expect(0);
    assert!(ended.err.contains("1 users") && ended.err.contains("1 data keys"), "{}", ended.err);
    expect_gone(stage, person, "a run on a backup of everything").await;
    assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new());
    stage.restore_keys(before).await;
    stage.bench.run(&["run", "--once"]).await.expect(0);
    expect_gone(stage, person, "a backup of the key store").await;

    let lost = match &stage.server {
        Some(server) => server.database("lost").await,
        None => format!("{}-lost", stage.journal),
    };
    let journal = std::mem::replace(&mut stage.journal, lost);
    stage.configure();
    for words in [&["run", "--once"][..], &["users", "list"], &["privacy", "erase", user, "--yes"]] {
        let (_, err) = stage.dynamoi(words, "", 1);
        assert!(err.contains("erasure journal") && err.contains("privacy.journal"), "{err}");
    }
    stage.journal = journal;
    stage.configure();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_a_killed_erasure_ends_the_same() {
    a_killed_erasure_ends_the_same(Stage::sqlite(92)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_a_killed_erasure_ends_the_same() {
    a_killed_erasure_ends_the_same(Stage::postgres_alone(92).await).await;
}

async fn a_killed_erasure_ends_the_same(mut stage: Stage) {
    let gate = Gate::before(stage.bench.sandbox.address()).await;
    stage.bench.layer = layer(&gate);
    stage.bench.run(&["run", "--once"]).await.expect(0);
    let person = person(&stage).await;
    let before = stage.copy().await;
    let erase = ["privacy", "erase", &*person.user, "--yes"];
    let began = instant();
    let told = receipt(&stage.dynamoi(&erase, "", 0).0);
    let whole = began.elapsed();
    expect_gone(&stage, &person, "undisturbed").await;
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut reached = [0; 3];
    // About every tenth falls into it. If none has, there are more.
    for kill in 0..3 * KILLS {
        if kill >= KILLS && reached[1] > 0 {
            break;
        }
        stage.restore(&before).await;
        let mut program = stage.bench.start(&erase);
        pause(whole.mul_f64(chance.random_range(0.1..1.1))).await;
        program.kill().await;
        reached[stage_reached(&stage, &person).await] += 1;
        let again = receipt(&stage.dynamoi(&erase, "", 0).0);
        let why = format!("kill {kill}");
        expect_gone(&stage, &person, &why).await;
        assert_eq!(stage.found(&person.sealed).await, Vec::<String>::new(), "{why}");
        assert_eq!(again["tables"], told["tables"], "{why}");
        assert_eq!((&again["state"], &again["customers_barred"]), (&json!("done"), &json!(1)), "{why}");
        let eyes = stage.eyes().await;
        assert_eq!(eyes.number("SELECT count(*) FROM erasures WHERE state = 'done'").await, 1, "{why}");
        assert_eq!(eyes.number("SELECT count(*) FROM erasures").await, 1, "{why}");
    }
    stage.dynamoi(&["privacy", "verify"], "", 0);
    println!(
        "of all kills {} came before the rows went, {} between, {} at the end",
        reached[0], reached[1], reached[2]
    );
    assert!(reached[1] > 0, "no kill fell into an erasure: {reached:?}");
}

/// How far a killed erasure had come: no row gone, rows, everything.
async fn stage_reached(stage: &Stage, person: &Person) -> usize {
    let eyes = stage.eyes().await;
    let done = eyes.number("SELECT count(*) FROM erasures WHERE state = 'done'").await;
    let rows = eyes
        .number(&format!("SELECT count(*) FROM users WHERE id = '{}' AND status = 'erased'", person.user))
        .await;
    usize::try_from(rows + done).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_nobody_can_be_erased_and_it_is_said() {
    let mut stage = Stage::sqlite(93);
    stage.bench.more = "[tenants.label-a]\nname = \"Label A\"\n".to_owned();
    let (_, err) = stage.dynamoi(&["privacy", "erase", "usr_1", "--yes"], "", 2);
    assert!(err.contains("generate-key"), "{err}");
    assert!(!Path::new(&stage.journal).exists() && !Path::new(&stage.keys).exists());
}

/// What could not be done is neither passed over nor called done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_old_bytes_that_are_left_are_said_and_end_with_1() {
    let mut stage = Stage::postgres_alone(96).await;
    let user = stage.dynamoi(&["users", "add"], ADA, 0).0.trim().to_owned();
    stage
        .execute(&format!(
            "CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guest"
        ))
        .await;
    let owners = stage.bench.database_url.clone();
    stage.bench.database_url = owners.replace("://worker:", "://guest:");
    let (out, err) = stage.dynamoi(&["privacy", "erase", &user, "--yes"], "", 1);
    assert!(err.contains("old bytes are left"), "{err}");
    let told = receipt(&out);
    let left: Vec<&Value> =
        told["files"].as_array().unwrap().iter().filter(|file| file["done"] == false).collect();
    let notes: Vec<&str> = left.iter().map(|file| file["note"].as_str().unwrap()).collect();
    assert!(notes.len() == 2 && notes[0].contains("VACUUM FULL users"), "{told}");
    assert!(notes[1].contains("ALTER DATABASE"), "{told}");
    // As it says; then once more.
    stage.bench.database_url = owners.clone();
    stage.execute("ALTER TABLE users OWNER TO guest; ALTER DATABASE worker OWNER TO guest").await;
    stage.bench.database_url = owners.replace("://worker:", "://guest:");
    let told = receipt(&stage.dynamoi(&["privacy", "erase", &user, "--yes"], "", 0).0);
    assert!(told["files"].as_array().unwrap().iter().all(|file| file["done"] == true), "{told}");
}
