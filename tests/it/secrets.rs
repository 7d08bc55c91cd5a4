//! Planted secrets and people's data appear nowhere: not in logs at their most talkative, not in errors, not in any
//! byte of the database, not in what the daemon shows.

use std::{collections::BTreeSet, fs};

use sandbox::{
    Chaos,
    meta_ads::MetaAds,
    stripe::{Resource, Stripe},
};
use serde_json::Value;

use crate::{
    postgres::{self, Server},
    redis::{self, Redis},
    support::{Bench, PATIENCE, get, program::until_state},
};

const TOKEN: &str = "EAAplanted7token9of3label5a";
const KEY: &str = "rk_test_planted1key2of3label4a5";

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
        bench.sandbox.set_chaos("stripe", Chaos::profile("malformed").unwrap());
        bench.sandbox.set_chaos("meta_ads", Chaos::profile("malformed").unwrap());
        let ended = bench
            .start_with(&["run", "--once", "--max-wait", "5s"], &[("RUST_LOG", "trace")])
            .ended(PATIENCE)
            .await;
        assert!(ended.err.contains("DEBUG"), "it is talkative: {}", ended.err);
        search.expect_nothing(&format!("{format} log"), ended.err.as_bytes());
        bench.sandbox.set_chaos("stripe", Chaos::none());
        bench.sandbox.set_chaos("meta_ads", Chaos::none());
    }
    let redis = Redis::with_password();
    let redis_url = format!("redis://:{}@127.0.0.1:{}", redis::PASSWORD, redis.port);
    bench.layer = format!("{}cache.url = \"{redis_url}\"\n", bench.layer);
    let search = search.and(redis::PASSWORD);
    let mut daemon = bench.start_with(&["run"], &[("RUST_LOG", "trace")]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    until_state(address, "label-a-meta", "idle").await;
    // Meanwhile campaigns and parts of limits are there.
    let dump = redis.dump(&redis_url).await;
    let text = String::from_utf8_lossy(&dump);
    assert!(text.contains("campaign:meta_ads:") && text.contains("{quota}"), "{text}");
    search.expect_nothing("Redis", &dump);
    for path in ["/metrics", "/", "/api/v1/connections", "/api/v1/campaigns", "/readyz", "/nowhere"] {
        search.expect_nothing(path, get(&format!("http://{address}{path}")).await.as_bytes());
    }
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
    let bench = Bench::new(59);
    bench.sandbox.with_world(|stripe: &mut Stripe| stripe.set_key(KEY)).unwrap();
    bench.sandbox.with_world(|meta: &mut MetaAds| meta.set_token(TOKEN)).unwrap();
    bench
}

fn credentials() -> String {
    format!(
        "connections.label-a-meta.credentials.access_token = \"{TOKEN}\"\n\
         connections.label-a-stripe.credentials.api_key = \"{KEY}\"\n"
    )
}

// === impl Search ===

impl Search {
    /// For the planted credentials, and everything personal in what Stripe answers.
    fn of(bench: &Bench) -> Self {
        let mut secrets = BTreeSet::from([TOKEN.to_owned(), KEY.to_owned()]);
        bench
            .sandbox
            .with_world(|stripe: &mut Stripe| {
                for resource in [Resource::Customer, Resource::Charge, Resource::Invoice] {
                    stripe.objects(resource).iter().for_each(|object| personal(object, &mut secrets));
                }
            })
            .unwrap();
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
            if let Some(at) = text.find(secret.as_str()) {
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
