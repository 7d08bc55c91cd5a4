//! Users over HTTP, with the program as it is run.

use std::{fs, net::SocketAddr, sync::Arc};

use reqwest::header::CACHE_CONTROL;
use rows::clock::SystemClock;
use serde_json::{Value, json};
use store::{Ending, Store, StoreOptions, WorkerIdentity, WorkerKind};

use crate::support::{Bench, PATIENCE, sql::Eyes, until};

const OPERATORS: &str = "a-secret-of-the-operators";
const A: &str = "a-secret-token-of-label-a";
const B: &str = "a-secret-token-of-label-b";

const CONFIGURED: &str = r#"
[http.authentication]
bearer = "a-secret-of-the-operators"
[http.tokens.a]
tenant = "label-a"
secret = "a-secret-token-of-label-a"
[http.tokens.b]
tenant = "label-b"
secret = "a-secret-token-of-label-b"
[tenants.label-a]
name = "Label A"
[tenants.label-b]
name = "Label B"
"#;

/// Whom requests are made of.
struct Api(SocketAddr);

// === impl Api ===

impl Api {
    async fn ask(&self, token: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/api/v1/users{path}", self.0);
        let request = client.request(method.parse().unwrap(), url).bearer_auth(token);
        let request = if body.is_empty() { request } else { request.body(body.to_owned()) };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store", "{method} {path}");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }
}

/// The answer, which has this status.
#[track_caller]
fn expect(status: u16, (got, answer): (u16, Value)) -> Value {
    assert_eq!(got, status, "{answer}");
    answer
}

/// What is sent once more changes nothing, and nothing is noted.
async fn expect_nothing_changed(api: &Api, eyes: &Eyes, one: &str, lines: &str) {
    let corrections = "SELECT count(*) FROM audit_log WHERE action = 'rectify'";
    let times = "SELECT updated_at FROM users ORDER BY id";
    let before = (eyes.number(corrections).await, eyes.query(times).await);
    let imported = expect(200, api.ask(A, "POST", "/import", lines).await);
    let counts = ["added", "corrected", "unchanged", "refused"].map(|name| imported[name].as_u64().unwrap());
    assert_eq!(counts, [0, 0, 2, 2], "{imported}");
    for nothing in ["{}", r#"{"account":"marker-account"}"#] {
        expect(200, api.ask(A, "PATCH", one, nothing).await);
    }
    assert_eq!((eyes.number(corrections).await, eyes.query(times).await), before);
}

/// A tenant that nobody configured has no users, and no list of none.
async fn expect_unknown_tenant(api: &Api) {
    let unknown = expect(404, api.ask(OPERATORS, "GET", "?tenant=label-z", "").await);
    assert!(unknown["error"].as_str().unwrap().contains("[tenants.label-z]"), "{unknown}");
}

/// Who is found to be under 13 is withdrawn while a hold lasts.
async fn expect_held_child(bench: &Bench, api: &Api, eyes: &Eyes) {
    let found = expect(200, api.ask(A, "POST", "/find", r#"{"external_id":"app-2"}"#).await);
    let id = found["id"].as_str().unwrap();
    let hold = ["privacy", "hold", "add", id, "--reason", "case 1", "--tenant", "label-a"];
    bench.run(&hold).await.expect(0);
    let young = r#"{"age_statement":"under_13"}"#;
    let told = expect(422, api.ask(A, "PATCH", &format!("/{id}"), young).await);
    let told = told["error"].as_str().unwrap();
    assert!(told.contains("is withdrawn") && told.contains("due when the hold ends"), "{told}");
    let shown = expect(200, api.ask(A, "GET", &format!("/{id}"), "").await);
    assert_eq!(shown["status"], "withdrawn");
    let by = "SELECT count(*) FROM audit_log WHERE action = 'withdraw' AND actor LIKE 'http, %'";
    assert_eq!(eyes.number(by).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_handed_over_and_opened_by_their_tenant_alone() {
    let mut bench = Bench::new(1209);
    let key = bench.dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    bench.layer = format!("{CONFIGURED}[encryption]\nkey = {{ file = {:?} }}\n", key.display().to_string());
    let mut daemon = bench.start_with(&["run"], &[("RUST_LOG", "trace")]);
    let api = Api(daemon.address().await);

    let ada = json!({ "external_id": "app-1", "name": "Marker Lovelace", "email": "marker.ada@example.com", "birth_date": "1990-12-10" });
    let added = expect(200, api.ask(A, "POST", "", &ada.to_string()).await);
    let id = added["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("usr_"), "{id}");
    let one = format!("/{id}");
    for sought in [json!({ "email": "marker.ada@example.com" }), json!({ "external_id": "app-1" })] {
        let found = expect(200, api.ask(A, "POST", "/find", &sought.to_string()).await);
        assert_eq!((&found["id"], &found["name"]), (&json!(id), &json!("Marker Lovelace")));
    }
    let shown = expect(200, api.ask(A, "GET", &one, "").await);
    assert_eq!((&shown["birth_date"], &shown["tenant"]), (&json!("1990-12-10"), &json!("label-a")));

    // Nobody else's, however it is asked for.
    for path in [one.clone(), format!("{one}/consents")] {
        expect(404, api.ask(B, "GET", &path, "").await);
    }
    expect(404, api.ask(B, "PATCH", &one, r#"{"name":"Marker"}"#).await);
    expect(404, api.ask(B, "POST", &format!("{one}/withdraw"), "").await);
    expect(404, api.ask(B, "POST", "/find", r#"{"email":"marker.ada@example.com"}"#).await);
    for path in ["?tenant=label-a", "/find?tenant=label-a", "/import?tenant=label-a"] {
        let (method, body) = if path.starts_with('?') { ("GET", "") } else { ("POST", "{}") };
        expect(403, api.ask(B, method, path, body).await);
    }
    assert_eq!(expect(200, api.ask(B, "GET", "", "").await)["users"], json!([]));
    let unsaid = expect(400, api.ask(OPERATORS, "GET", "", "").await);
    assert!(unsaid["error"].as_str().unwrap().contains("?tenant="), "{unsaid}");
    expect_unknown_tenant(&api).await;
    let listed = expect(200, api.ask(OPERATORS, "GET", "?tenant=label-a&external_id=app-1", "").await);
    assert_eq!(listed["users"][0]["id"], json!(id));
    assert!(!listed.to_string().contains("Marker"), "{listed}");

    // Many at once: a line that is refused takes no other with it, and is told by its number.
    let lines = "\u{feff}{\"external_id\":\"app-1\",\"account\":\"marker-account\"}\nno record, Marker\n\n\
                 {\"name\":\"Marker Child\",\"birth_date\":\"2024-01-01\"}\n{\"external_id\":\"app-2\",\"age_statement\":\"at_least_16\"}\n";
    let imported = expect(200, api.ask(A, "POST", "/import", lines).await);
    let counts = ["added", "corrected", "refused"].map(|name| imported[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 2], "{imported}");
    assert_eq!(imported["next_line"], Value::Null, "all were reached");
    assert_eq!((&imported["refusals"][0]["line"], &imported["refusals"][1]["line"]), (&json!(2), &json!(4)));
    assert!(!imported.to_string().contains("Marker"), "{imported}");
    let eyes = Eyes::open(&bench.database_url).await;
    let corrections = "SELECT count(*) FROM audit_log WHERE action = 'rectify' AND actor LIKE 'http, %'";
    assert_eq!(eyes.number(corrections).await, 1, "who corrected somebody is on record");
    expect_nothing_changed(&api, &eyes, &one, lines).await;
    let too_many = "x".repeat(5 << 20);
    assert_eq!(api.ask(A, "POST", "/import", &too_many).await.0, 413);

    // What is wrong is told without what was sent.
    for (path, body, status) in [
        ("", "Marker", 400),
        ("", r#"{"name":"Marker","email":"Marker"}"#, 400),
        ("", r#"{"name":"Marker","birth_date":"2024-01-01"}"#, 422),
        ("/find", r#"{"email":"marker","external_id":"Marker"}"#, 400),
        ("/find", r#"{"marker":"Marker"}"#, 400),
        ("/nobody/consents", r#"{"purpose":"ads","granted":true}"#, 404),
        ("/nobody/consents", r#"{"purpose":["Marker"]}"#, 400),
    ] {
        let answer = expect(status, api.ask(A, "POST", path, body).await);
        assert!(!answer.to_string().contains("arker"), "{answer}");
    }
    expect(200, api.ask(A, "PATCH", &one, r#"{"name":null,"email":"marker.new@example.com"}"#).await);
    let shown = expect(200, api.ask(A, "GET", &one, "").await);
    assert_eq!((&shown["name"], &shown["email"]), (&Value::Null, &json!("marker.new@example.com")));
    assert_eq!(shown["account"], "marker-account");

    let text = bench.dir.path().join("policy.md");
    fs::write(&text, "What we do with data.").unwrap();
    let text = text.display().to_string();
    let policy = [
        "users",
        "policy",
        "add",
        "1",
        "--tenant",
        "label-a",
        "--text",
        &text,
        "--purpose",
        "ads",
        "--effective-at",
    ];
    bench.run(&[&policy[..], &["2026-01-01T00:00:00Z"]].concat()).await.expect(0);
    expect_held_child(&bench, &api, &eyes).await;
    let consents = format!("{one}/consents");
    let noted = expect(200, api.ask(A, "POST", &consents, r#"{"purpose":"ads","granted":true}"#).await);
    assert_eq!(noted, json!({ "policy_version": "1" }));
    let refused = api.ask(A, "POST", &consents, r#"{"purpose":"spam","granted":true}"#).await;
    assert!(matches!(refused.0, 404 | 409), "{refused:?}");
    let left = expect(200, api.ask(A, "POST", &format!("{one}/withdraw"), r#"{"source":"letter"}"#).await);
    assert_eq!(left, json!({ "id": id, "status": "withdrawn" }));
    let said = expect(200, api.ask(A, "GET", &consents, "").await);
    let words: Vec<bool> =
        said["consents"].as_array().unwrap().iter().map(|word| word["granted"] == true).collect();
    assert!(words.contains(&true) && words.contains(&false) && said.to_string().contains("letter"), "{said}");

    daemon.signal("TERM").await;
    let log = daemon.ended(PATIENCE).await.expect(0).err;
    assert!(log.contains("users: done as asked over HTTP"), "{log}");
    for marker in ["marker", "1990-12-10", A, B, OPERATORS] {
        assert!(!log.to_lowercase().contains(marker), "{marker} in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_was_taken_over_takes_no_users() {
    let mut bench = Bench::new(1217);
    let key = bench.dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    bench.layer = format!("{CONFIGURED}[encryption]\nkey = {{ file = {:?} }}\n", key.display().to_string());
    let mut daemon = bench.start(&["run"]);
    let api = Api(daemon.address().await);
    let adult = r#"{"external_id":"app-1","age_statement":"at_least_18"}"#;
    let id = expect(200, api.ask(A, "POST", "", adult).await)["id"].as_str().unwrap().to_owned();

    let clock = Arc::new(SystemClock::new());
    let other = Store::connect(&bench.database_url, StoreOptions::default(), clock).await.unwrap();
    let identity = WorkerIdentity {
        instance: "other".to_owned(),
        name: "other".to_owned(),
        kind: WorkerKind::Daemon,
        host: "host".to_owned(),
        process_id: 1,
        version: "0".to_owned(),
    };
    let secured = other.secure(true).await.unwrap();
    other.enter(identity, secured).await.unwrap();
    // At once, and not only with the next sign of life.
    let second = r#"{"external_id":"app-2","age_statement":"at_least_18"}"#;
    let withdraw = format!("/{id}/withdraw");
    for (path, body) in [("", second), ("/import", second), (&*withdraw, "{}")] {
        let refused = expect(503, api.ask(OPERATORS, "POST", &format!("{path}?tenant=label-a"), body).await);
        let said = refused["error"].as_str().unwrap();
        assert!(
            said.contains("other (daemon, process 1 on host") && said.contains("taken the database over"),
            "{said}"
        );
        let refused = expect(503, api.ask(A, "POST", path, body).await);
        assert!(!refused.to_string().contains("process 1"), "{refused}");
    }
    let eyes = Eyes::open(&bench.database_url).await;
    assert_eq!(eyes.number("SELECT count(*) FROM users WHERE status = 'active'").await, 1);
    other.leave(Ending::Finished).await.unwrap();
    other.close().await;
    until("the database is taken back", async || {
        (api.ask(A, "POST", "", second).await.0 == 200).then_some(())
    })
    .await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_or_authentication_users_are_off_and_it_is_said() {
    let mut bench = Bench::new(1210);
    bench.layer = CONFIGURED.to_owned();
    let mut daemon = bench.start(&["run"]);
    let api = Api(daemon.address().await);
    for (method, path, body) in [("GET", "", ""), ("POST", "", r#"{"name":"Ada"}"#), ("GET", "/usr_1", "")] {
        let off = expect(503, api.ask(A, method, path, body).await);
        assert!(off["error"].as_str().unwrap().contains("generate-key"), "{off}");
    }
    assert!(!bench.dir.path().join("dynamoi.db.keys").exists());
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);

    bench.layer = "[tenants.label-a]\nname = \"Label A\"\n".to_owned();
    let mut daemon = bench.start(&["run"]);
    let api = Api(daemon.address().await);
    let closed = expect(403, api.ask("anything", "GET", "?tenant=label-a", "").await);
    assert!(closed["error"].as_str().unwrap().contains("http.authentication"), "{closed}");
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_that_cannot_open_what_is_kept_apart_is_refused_whole() {
    let mut bench = Bench::new(1214);
    let key = |name: &str| {
        let path = bench.dir.path().join(name);
        fs::write(&path, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
        format!("[encryption]\nkey = {{ file = {:?} }}\n", path.display().to_string())
    };
    let (right, wrong) = (key("key"), key("other-key"));
    let layer = |keys: &str, more: &str| format!("{CONFIGURED}{keys}{more}");
    bench.layer = layer(&right, "");
    let mut daemon = bench.start(&["run"]);
    let api = Api(daemon.address().await);
    let record =
        |id: u32| format!(r#"{{"external_id":"app-{id}","name":"Ada","age_statement":"at_least_18"}}"#);
    expect(200, api.ask(A, "POST", "", &record(1)).await);
    let eyes = Eyes::open(&bench.database_url).await;

    // By who would have to open them, not by who reads the file.
    let refusal = "key store and erasure journal: ";
    let stranger = "[tenants.label-c]\nname = \"Label C\"\n[http.tokens.c]\ntenant = \"label-a\"\nsecret = \"a-token-of-a-refused-file\"\n";
    let nowhere =
        format!("[privacy]\nkeys = {:?}\n", bench.dir.path().join("none.keys").display().to_string());
    let refused =
        [layer(&wrong, stranger), layer(&right, &format!("{stranger}{nowhere}")), layer("", stranger)];
    for (number, refused) in (1..).zip(refused) {
        bench.layer = refused;
        bench.config();
        daemon.signal("HUP").await;
        until(refusal, async || (daemon.err().matches(refusal).count() == number).then_some(())).await;
        // Neither the keys nor who may look, nor of whom.
        expect(200, api.ask(A, "POST", "/find", r#"{"external_id":"app-1"}"#).await);
        assert_eq!(api.ask("a-token-of-a-refused-file", "POST", "/find", "{}").await.0, 401, "{number}");
        assert_eq!(eyes.number("SELECT count(*) FROM tenants").await, 2, "{number}");
    }
    assert!(!bench.dir.path().join("none.keys").exists());

    // Another database is taken over at the next start only, and what is kept beside it with it.
    let other = bench.dir.path().join("other.db");
    bench.layer = layer(&right, &format!("[database]\nurl = \"sqlite://{}\"\n", other.display()));
    bench.config();
    daemon.signal("HUP").await;
    until("it is told", async || daemon.err().contains("take effect after a restart only").then_some(()))
        .await;
    let added = expect(200, api.ask(A, "POST", "", &record(2)).await);
    assert!(!bench.dir.path().join("other.db.keys").exists());
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
    bench.layer = layer(&right, "");
    let id = added["id"].as_str().unwrap();
    bench.run(&["users", "show", id, "--tenant", "label-a"]).await.expect(0);
}
