//! Keys, stored secrets and billing profiles, with the program as it is run.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use dynamoi::open_store;
use rows::{
    Row,
    clock::SystemClock,
    personal::{BillingProfile, Personal, ProfileSource},
    sink::{Commit, ConnectionRecord, Sink},
};
use sandbox::{
    meta_ads::MetaAds,
    stripe::{Resource, Stripe},
};
use store::{Access, Store, cipher::Keyring};

use crate::{
    postgres::Server,
    support::{
        Bench, PATIENCE,
        program::{self, Program, until_state},
        sql::Eyes,
        until,
    },
};

/// Rows of another connection that a rotation has to seal again: enough to be killed in the middle.
const BULK: usize = 6_000;
/// Its connection.
const BULK_CONNECTION: &str = "bulk";

/// Runs `dynamoi` to its end, with this on stdin.
fn dynamoi(bench: &Bench, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(program::PATH);
    command.current_dir(bench.dir.path()).args(arguments).env_remove("RUST_LOG");
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// As [`dynamoi`], with the configuration.
fn configured(bench: &Bench, arguments: &[&str], stdin: &str) -> Output {
    let config = bench.config_arguments();
    let arguments: Vec<&str> = arguments.iter().copied().chain(config.iter().map(String::as_str)).collect();
    dynamoi(bench, &arguments, stdin)
}

#[track_caller]
fn expect(output: &Output, code: i32) -> String {
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// A key file, made by the program, and the configuration to use it.
fn with_key(bench: &mut Bench) -> PathBuf {
    let key = bench.dir.path().join("key");
    let path = key.display().to_string();
    expect(&dynamoi(bench, &["secrets", "generate-key", "--output", &path], ""), 0);
    bench.more = format!("[encryption]\nkey = {{ file = {path:?} }}\n");
    key
}

fn ids(key: &Path) -> Vec<String> {
    let keys = Keyring::parse(&fs::read_to_string(key).unwrap()).unwrap();
    keys.ids().map(str::to_owned).collect()
}

#[test]
fn a_key_is_never_overwritten_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::with(sandbox::Sandbox::start(sandbox::Options::default()).unwrap());
    let key = with_key(&mut bench);
    let first = fs::read_to_string(&key).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let path = key.display().to_string();
    let refused = expect(&dynamoi(&bench, &["secrets", "generate-key", "--output", &path], ""), 1);
    assert!(refused.contains("exists") && refused.contains("--add-to"), "{refused}");
    assert_eq!(fs::read_to_string(&key).unwrap(), first);
    expect(&dynamoi(&bench, &["secrets", "generate-key", "--add-to", &path], ""), 0);
    let both = fs::read_to_string(&key).unwrap();
    assert!(both.ends_with(&first) && ids(&key).len() == 2, "the new one before the old");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let printed = expect(&dynamoi(&bench, &["secrets", "generate-key"], ""), 0);
    assert!(Keyring::parse(&printed).is_ok());
    fs::write(&key, "my password").unwrap();
    let refused = expect(&dynamoi(&bench, &["secrets", "generate-key", "--add-to", &path], ""), 1);
    assert!(refused.contains("line 1") && !refused.contains("my password"), "{refused}");
    let refused = expect(&configured(&bench, &["check"], ""), 2);
    assert!(refused.contains("encryption.key") && !refused.contains("my password"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_profiles_are_off_and_it_is_said() {
    let mut bench = Bench::new(61);
    bench.layer = "connections.label-a-stripe.settings.billing_profiles = true".to_owned();
    let ended = bench.run(&["run", "--once"]).await.expect(0);
    assert!(
        ended.err.contains("billing_profiles is off") && ended.err.contains("generate-key"),
        "{}",
        ended.err
    );
    let eyes = Eyes::open(&bench.database_url).await;
    assert_eq!(eyes.number("SELECT count(*) FROM billing_profiles").await, 0);
    assert!(eyes.number("SELECT count(*) FROM customers").await > 0);
    let refused = expect(&configured(&bench, &["secrets", "put", "token"], "x"), 2);
    assert!(refused.contains("generate-key"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_secret_is_used_and_a_new_one_taken_at_once() {
    let mut bench = Bench::new(67);
    with_key(&mut bench);
    bench.layer =
        "connections.label-a-meta.credentials.access_token = { stored = \"meta-token\" }".to_owned();
    let missing = bench.run(&["run", "--once"]).await.expect(2);
    assert!(missing.err.contains("secrets put"), "{}", missing.err);
    let told = expect(&configured(&bench, &["secrets", "put", "meta-token"], sandbox::meta_ads::TOKEN), 0);
    assert!(!told.contains(sandbox::meta_ads::TOKEN));
    let refused = expect(&configured(&bench, &["secrets", "put", "no/name"], "x"), 2);
    assert!(refused.contains("never an argument"), "{refused}");
    let refused = expect(&configured(&bench, &["secrets", "put", "empty"], " \n"), 1);
    assert!(refused.contains("stdin"), "{refused}");
    let missing = bench.run(&["check"]).await.expect(0);
    assert!(missing.out.contains("label-a-meta"), "{}", missing.out);

    bench.sandbox.with_world(MetaAds::expire_token).unwrap();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "needs_reauth").await;
    bench.sandbox.with_world(|meta: &mut MetaAds| meta.set_token("a-new-token")).unwrap();
    expect(&configured(&bench, &["secrets", "put", "meta-token"], "a-new-token\n"), 0);
    daemon.signal("HUP").await;
    until_state(address, "label-a-meta", "idle").await;

    let listed = expect(&configured(&bench, &["secrets", "list"], ""), 0);
    assert!(listed.contains("meta-token") && !listed.contains("a-new-token"), "{listed}");
    let removed = expect(&configured(&bench, &["secrets", "remove", "meta-token"], ""), 0);
    assert!(
        removed.contains("still uses it, at connections.label-a-meta.credentials.access_token"),
        "{removed}"
    );
    expect(&configured(&bench, &["secrets", "remove", "meta-token"], ""), 1);
    daemon.signal("HUP").await;
    until("the reload is refused", async || daemon.err().contains("is refused").then_some(())).await;
    assert!(daemon.err().contains("meta-token"), "{}", daemon.err());
    until_state(address, "label-a-meta", "idle").await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_rotates_while_the_worker_runs() {
    rotates(Bench::new(71)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_rotates_while_the_worker_runs() {
    let server = Server::start();
    let url = server.database("rotated").await;
    rotates(Bench::on(tempfile::tempdir().unwrap(), url, 71)).await;
}

async fn rotates(mut bench: Bench) {
    let key = with_key(&mut bench);
    let every: String = ["charges", "customers", "invoices", "subscriptions"]
        .map(|stream| format!("streams.{stream} = {{ every = \"1s\" }}\n"))
        .concat();
    bench.layer = format!("[connections.label-a-stripe]\nsettings.billing_profiles = true\n{every}");
    expect(&configured(&bench, &["secrets", "put", "token"], "a secret"), 0);
    plant(&bench).await;
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    let eyes = Eyes::open(&bench.database_url).await;

    let path = key.display().to_string();
    expect(&dynamoi(&bench, &["secrets", "generate-key", "--add-to", &path], ""), 0);
    let [new, old] = <[String; 2]>::try_from(ids(&key)).unwrap();
    daemon.signal("HUP").await;
    let reloaded = async |daemon: &Program, times: usize| {
        until("it is reloaded", async || {
            (daemon.err().matches("encryption=true").count() == times).then_some(())
        })
        .await;
    };
    reloaded(&daemon, 1).await;

    // Killed in the middle.
    let sealed_with = async |key: &str| {
        eyes.number(&format!("SELECT count(*) FROM billing_profile_rows WHERE key_id = '{key}'")).await
    };
    let planted = |what: &str| {
        format!(
            "SELECT count(*) FROM billing_profile_rows r JOIN connections c ON c.id = r.connection_id \
             WHERE c.name = '{BULK_CONNECTION}' AND r.key_id = '{what}'"
        )
    };
    let mut rotation = bench.start(&["secrets", "rotate"]);
    until("it has begun", async || (eyes.number(&planted(&new)).await > 0).then_some(())).await;
    rotation.kill().await;
    let left = eyes.number(&planted(&old)).await;
    assert!(left > 0, "it was over before it was killed");

    // Taken up, while new customers come in.
    let rotation = bench.start(&["secrets", "rotate"]);
    for _ in 0..3 {
        new_customer(&bench);
        until_everybody_is_there(&bench, &eyes).await;
    }
    let ended = rotation.ended(PATIENCE).await.expect(0);
    assert!(ended.err.contains("nothing needs the older keys") && ended.err.contains(&old), "{}", ended.err);
    assert_eq!(sealed_with(&old).await, 0);
    assert!(sealed_with(&new).await > i64::try_from(BULK).unwrap());
    let revised = "SELECT count(*) FROM billing_profile_rows WHERE revision > 0";
    assert_eq!(eyes.number(revised).await, 0, "nothing changed but the seal");

    // The old key goes.
    let lines = fs::read_to_string(&key).unwrap();
    fs::write(&key, lines.lines().next().unwrap()).unwrap();
    daemon.signal("HUP").await;
    reloaded(&daemon, 2).await;
    new_customer(&bench);
    until_everybody_is_there(&bench, &eyes).await;
    let store = open_store(&bench.settings(), Access::Make, Arc::new(SystemClock::new())).await.unwrap();
    expect_everybody(&bench, &store).await;
    let secret = store.secret("token").await.unwrap().unwrap();
    assert_eq!(&**secret, b"a secret");
    store.close().await;
    assert!(!daemon.err().contains("ERROR"), "{}", daemon.err());

    // Whoever is deleted at the provider is blanked here, and stays so.
    let gone = customers(&bench)[0].clone();
    assert!(bench.sandbox.with_world(|stripe: &mut Stripe| stripe.delete_customer(&gone)).unwrap());
    let blanked = format!(
        "SELECT count(*) FROM billing_profiles WHERE customer_id = '{gone}' AND deleted AND name IS NULL \
         AND email IS NULL AND address_line1 IS NULL AND card_last4 IS NULL"
    );
    until("it is blanked", async || (eyes.number(&blanked).await == 1).then_some(())).await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

/// Profiles of a connection that nobody polls, sealed with the old key.
async fn plant(bench: &Bench) {
    let store = open_store(&bench.settings(), Access::Make, Arc::new(SystemClock::new())).await.unwrap();
    let record = ConnectionRecord {
        name: BULK_CONNECTION.to_owned(),
        integration: "stripe".to_owned(),
        tenant: "label-a".to_owned(),
        once_since: None,
    };
    let epoch = store.register(record).await.unwrap().epoch;
    let row = |number: usize| {
        let id = format!("cus_bulk_{number}");
        let mut row =
            BillingProfile::blank(id.clone(), ProfileSource::Customer, id, jiff::Timestamp::UNIX_EPOCH);
        row.name = Personal::of(&format!("Person {number}"));
        Row::BillingProfile(row)
    };
    let commit = Commit {
        connection: BULK_CONNECTION.to_owned(),
        integration: "stripe".to_owned(),
        epoch,
        stream: "customers".to_owned(),
        rows: (0..BULK).map(row).collect(),
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    store.close().await;
}

fn customers(bench: &Bench) -> Vec<String> {
    let customers =
        bench.sandbox.with_world(|stripe: &mut Stripe| stripe.objects(Resource::Customer)).unwrap();
    customers.iter().map(|customer| customer["id"].as_str().unwrap().to_owned()).collect()
}

fn new_customer(bench: &Bench) {
    bench
        .sandbox
        .with_world(|stripe: &mut Stripe| {
            let customer = stripe.new_customer();
            stripe.new_charge(1_000, "usd", Some(&customer));
        })
        .unwrap();
}

async fn until_everybody_is_there(bench: &Bench, eyes: &Eyes) {
    let count = i64::try_from(customers(bench).len()).unwrap();
    let there = "SELECT count(*) FROM billing_profiles WHERE connection = 'label-a-stripe' AND name_source = 'customer'";
    until("every customer has a profile", async || (eyes.number(there).await == count).then_some(())).await;
}

/// Every customer's profile opens, and says what the provider says.
async fn expect_everybody(bench: &Bench, store: &Store) {
    let customers =
        bench.sandbox.with_world(|stripe: &mut Stripe| stripe.objects(Resource::Customer)).unwrap();
    for customer in customers {
        let id = customer["id"].as_str().unwrap();
        let profile = store.billing_profile("label-a-stripe", id).await.unwrap().unwrap();
        assert_eq!(profile.name.as_ref().map(Personal::reveal), customer["name"].as_str());
        assert_eq!(profile.email.as_ref().map(Personal::reveal), customer["email"].as_str());
    }
    let bulk = store.billing_profile(BULK_CONNECTION, "cus_bulk_4321").await.unwrap().unwrap();
    assert_eq!(bulk.name.as_ref().map(Personal::reveal), Some("Person 4321"));
}
