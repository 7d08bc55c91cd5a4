//! Planted secrets and people's data appear nowhere: not in logs at their most talkative, not in errors, not in any
//! byte of the database, not in what the daemon shows.

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf, process::Command, sync::Arc};

use dynamoi::open_store;
use rows::{clock::SystemClock, personal::Personal};
use sandbox::{
    Chaos,
    meta_ads::MetaAds,
    posthog::{EU_PROJECT, PostHog},
    stripe::{Resource, Stripe},
};
use serde_json::Value;
use store::{Access, cipher::generate_key};

use crate::{
    postgres::{self, Server},
    redis::{self, Redis},
    support::{Bench, PATIENCE, get, program::until_state},
    tools,
};

const TOKEN: &str = "EAAplanted7token9of3label5a";
const KEY: &str = "rk_test_planted1key2of3label4a5";
const POSTHOG_KEY: &str = "phx_planted6key8of7label5a4";
const PROVIDERS: [&str; 4] = ["meta_ads", "stripe", "posthog", "deezer"];

/// Where secrets may not be.
struct Search {
    secrets: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_and_people_appear_nowhere() {
    let mut bench = planted();
    let search = Search::of(&bench);
    for format in ["text", "json"] {
        bench.layer = format!("{}log = {{ level = \"trace\", format = \"{format}\" }}\n", credentials());
        // Nonsense in answers makes errors and quarantined rows, which might repeat it.
        for provider in PROVIDERS {
            bench.sandbox.set_chaos(provider, Chaos::profile("malformed").unwrap());
        }
        let ended = bench
            .start_with(&["run", "--once", "--max-wait", "5s"], &[("RUST_LOG", "trace")])
            .ended(PATIENCE)
            .await;
        assert!(ended.err.contains("DEBUG"), "it is talkative: {}", ended.err);
        search.expect_nothing(&format!("{format} log"), ended.err.as_bytes());
        for provider in PROVIDERS {
            bench.sandbox.set_chaos(provider, Chaos::none());
        }
    }
    let redis = Redis::with_password();
    let redis_url = format!("redis://:{}@127.0.0.1:{}", redis::PASSWORD, redis.port);
    bench.layer = format!("{}cache.url = \"{redis_url}\"\n", bench.layer);
    let search = search.and(redis::PASSWORD);
    let mut daemon = bench.start_with(&["run"], &[("RUST_LOG", "trace")]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    until_state(address, "label-a-posthog", "idle").await;
    until_state(address, "label-a-deezer", "idle").await;
    // Meanwhile campaigns and parts of limits are there.
    let dump = redis.dump(&redis_url).await;
    let text = String::from_utf8_lossy(&dump);
    assert!(text.contains("campaign:meta_ads:") && text.contains("{quota}"), "{text}");
    search.expect_nothing("Redis", &dump);
    for path in ["/metrics", "/", "/api/v1/connections", "/api/v1/campaigns", "/readyz", "/nowhere"] {
        search.expect_nothing(path, get(&format!("http://{address}{path}")).await.as_bytes());
    }
    expect_profiles(&bench).await;
    // With the daemon still there: the write-ahead log counts, too.
    for name in ["dynamoi.db", "dynamoi.db-wal", "dynamoi.db-shm"] {
        search.expect_nothing(name, &fs::read(bench.dir.path().join(name)).unwrap());
    }
    for command in [["config", "show"].as_slice(), &["check"], &["status"], &["status", "--json"]] {
        let ended = bench.run(command).await;
        search.expect_nothing(&format!("{command:?}"), (ended.out + &ended.err).as_bytes());
    }
    // Refused ones are not repeated either.
    bench.sandbox.with_world(|stripe: &mut Stripe| stripe.set_key("rk_test_other")).unwrap();
    bench.sandbox.with_world(|meta: &mut MetaAds| meta.set_token("other")).unwrap();
    bench.sandbox.with_world(|posthog: &mut PostHog| posthog.set_key(EU_PROJECT, "other")).unwrap();
    for command in [["check"].as_slice(), &["discover", "--connection", "label-a-meta"]] {
        let ended = bench.run(command).await;
        assert_ne!(ended.code, Some(0));
        search.expect_nothing(&format!("refused {command:?}"), (ended.out + &ended.err).as_bytes());
    }
    daemon.signal("TERM").await;
    search.expect_nothing("the daemon's log", daemon.ended(PATIENCE).await.err.as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_password_appears_nowhere() {
    let server = Server::start();
    let mut bench = planted();
    bench.layer = credentials();
    bench.database_url = server.database("there").await;
    let right = bench.database_url.clone();
    let mut search = Search::of(&bench);
    search.secrets.insert(postgres::PASSWORD.to_owned());
    search.secrets.insert("wrong-and-secret".to_owned());
    let trace = [("RUST_LOG", "trace")];
    let ended = bench.start_with(&["run", "--once"], &trace).ended(PATIENCE).await.expect(0);
    search.expect_nothing("the log", ended.err.as_bytes());
    expect_profiles(&bench).await;
    let dump = Command::new(tools::find("pg_dump", "postgresql-client")).arg(&right).output().unwrap();
    let tables = String::from_utf8(dump.stdout).unwrap();
    assert!(tables.contains("billing_profile_rows"), "{}", String::from_utf8_lossy(&dump.stderr));
    search.expect_nothing("the dump", tables.as_bytes());
    for (what, url) in [
        ("no such database", server.url("missing")),
        ("a wrong password", right.replace(postgres::PASSWORD, "wrong-and-secret")),
        ("a wrong port", right.replace(&server.port.to_string(), "1")),
        ("not a URL", right.replace("postgres://", "postgress://")),
    ] {
        bench.database_url = url;
        for command in [
            ["run", "--once"].as_slice(),
            &["check"],
            &["status"],
            &["config", "show"],
            &["migrate", "status"],
        ] {
            let ended = bench.start_with(command, &trace).ended(PATIENCE).await;
            assert!(ended.code != Some(0) || command[0] == "config", "{what}: {command:?} {ended:?}");
            search.expect_nothing(&format!("{what}: {command:?}"), (ended.out + &ended.err).as_bytes());
        }
    }
}

/// Providers that take the planted credentials only.
fn planted() -> Bench {
    let mut bench = Bench::four(59);
    bench.sandbox.with_world(|posthog: &mut PostHog| posthog.set_key(EU_PROJECT, POSTHOG_KEY)).unwrap();
    bench.sandbox.with_world(|stripe: &mut Stripe| stripe.set_key(KEY)).unwrap();
    bench.sandbox.with_world(|meta: &mut MetaAds| meta.set_token(TOKEN)).unwrap();
    fs::write(key_file(&bench), generate_key().unwrap().as_bytes()).unwrap();
    let encryption = format!("\n[encryption]\nkey = {{ file = \"{}\" }}\n", key_file(&bench).display());
    bench.more.push_str(&encryption);
    bench
}

fn key_file(bench: &Bench) -> PathBuf {
    bench.dir.path().join("key")
}

/// Everything that the provider says about people is there, for who has the key.
async fn expect_profiles(bench: &Bench) {
    let store = open_store(&bench.settings(), Access::Make, Arc::new(SystemClock::new())).await.unwrap();
    let customers =
        bench.sandbox.with_world(|stripe: &mut Stripe| stripe.objects(Resource::Customer)).unwrap();
    for customer in &customers {
        let id = customer["id"].as_str().unwrap();
        let profile = store.billing_profile("label-a-stripe", id).await.unwrap().unwrap();
        let text = |value: Option<&Personal>| value.map(|value| value.reveal().to_owned());
        assert_eq!(text(profile.name.as_ref()).as_deref(), customer["name"].as_str());
        assert_eq!(text(profile.email.as_ref()).as_deref(), customer["email"].as_str());
        if customer["address"].is_object() {
            assert_eq!(
                text(profile.address.line1.as_ref()).as_deref(),
                customer["address"]["line1"].as_str()
            );
            assert_eq!(
                text(profile.address.country.as_ref()).as_deref(),
                customer["address"]["country"].as_str()
            );
        }
    }
    store.close().await;
}

fn credentials() -> String {
    format!(
        "connections.label-a-meta.credentials.access_token = \"{TOKEN}\"\n\
         connections.label-a-stripe.credentials.api_key = \"{KEY}\"\n\
         connections.label-a-posthog.credentials.api_key = \"{POSTHOG_KEY}\"\n\
         connections.label-a-stripe.settings.billing_profiles = true\n"
    )
}

// === impl Search ===

impl Search {
    /// For the planted credentials, and everything personal in what Stripe answers.
    fn of(bench: &Bench) -> Self {
        let mut secrets = BTreeSet::from([TOKEN, KEY, POSTHOG_KEY].map(str::to_owned));
        bench
            .sandbox
            .with_world(|stripe: &mut Stripe| {
                for resource in [Resource::Customer, Resource::Charge, Resource::Invoice] {
                    stripe.objects(resource).iter().for_each(|object| personal(object, &mut secrets));
                }
            })
            .unwrap();
        let key = fs::read_to_string(key_file(bench)).unwrap();
        // Whom PostHog knows.
        secrets.insert("@mail.example".to_owned());
        secrets.insert(key.rsplit(':').next().unwrap().trim_end_matches('=').to_owned());
        assert!(secrets.iter().any(|secret| secret.ends_with("@example.com")));
        assert!(secrets.iter().any(|secret| secret.ends_with("Harbour Street")));
        assert!(secrets.len() > 50, "{}", secrets.len());
        Self { secrets }
    }

    /// And this.
    fn and(mut self, secret: &str) -> Self {
        self.secrets.insert(secret.to_owned());
        self
    }

    /// None of it is there.
    fn expect_nothing(&self, place: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for secret in &self.secrets {
            // A dump shows bytes as digits.
            let mut digits = String::new();
            for byte in secret.bytes() {
                write!(digits, "{byte:02x}").unwrap();
            }
            if let Some(at) = text.find(secret.as_str()).or_else(|| text.find(&digits)) {
                let around: String =
                    text[..at].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("{secret:?} in {place}, after {around:?}");
            }
        }
    }
}

/// Collects the values of fields that tell of a person.
fn personal(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_personal = matches!(
                    name.as_str(),
                    "email"
                        | "receipt_email"
                        | "customer_email"
                        | "customer_name"
                        | "line1"
                        | "city"
                        | "postal_code"
                        | "phone"
                        | "fingerprint"
                );
                match value.as_str().filter(|text| is_personal && text.len() > 6) {
                    Some(text) => drop(into.insert(text.to_owned())),
                    None => personal(value, into),
                }
            }
            // Products have names, too; people's stand beside addresses.
            if let Some(name) =
                fields.get("name").and_then(Value::as_str).filter(|_| fields.contains_key("email"))
            {
                into.insert(name.to_owned());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| personal(value, into)),
        _ => {}
    }
}
