//! Users and their consents, with the program as it is run.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::{
    Bench, PATIENCE, pause,
    program::{self, connection, until_state},
    sql::Eyes,
};

/// One of each in every personal field, and what a digest without a key would be looked up by.
const MARKERS: [&str; 5] =
    ["Marker Lovelace", "marker.ada@example.com", "marker-account", "1990-12-10", "Marker"];
pub const ADA: &str = r#"{"external_id":"app-1","name":"Marker Lovelace","email":"marker.ada@example.com",
    "account":"marker-account","birth_date":"1990-12-10"}"#;

/// Runs `dynamoi` with the configuration to its end, as talkative as it can be, with this on stdin.
pub fn run(bench: &Bench, arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(program::PATH);
    command.current_dir(bench.dir.path()).args(arguments).args(bench.config_arguments());
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.env("RUST_LOG", "trace").spawn().unwrap();
    // Who refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it printed, and what it said.
#[track_caller]
pub fn expect(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

/// A key and two tenants.
pub fn bench(seed: u64) -> Bench {
    let mut bench = Bench::new(seed);
    let key = bench.dir.path().join("key");
    fs::write(&key, format!("{}\n", *store::cipher::generate_key().unwrap())).unwrap();
    bench.more = format!(
        "[encryption]\nkey = {{ file = {:?} }}\n[tenants.label-a]\nname = \"Label A\"\ntime_zone = \"Europe/Berlin\"\n\
         [tenants.label-b]\nname = \"Label B\"\n",
        key.display().to_string()
    );
    bench
}

#[track_caller]
fn expect_nothing(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let wide: String = bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    for marker in MARKERS {
        let marker = marker.to_lowercase();
        let digits: String = hex::encode(&marker);
        for shape in [&marker, &digits] {
            assert!(!text.contains(shape.as_str()), "{marker:?} in {what}");
            assert!(
                !wide.to_lowercase().contains(shape.as_str()),
                "{marker:?} in {what}, two bytes a letter"
            );
        }
    }
}

/// Every file below, whatever it is called.
fn expect_nothing_in_files(directory: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += expect_nothing_in_files(&path);
        } else {
            expect_nothing(&path.display().to_string(), &fs::read(&path).unwrap());
            count += 1;
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tells_of_a_person_is_shown_to_who_asks_and_is_nowhere_else() {
    use std::os::unix::fs::PermissionsExt;
    let bench = bench(71);
    let at = ["--tenant", "label-a"];
    let users = |words: &[&str], stdin: &str| run(&bench, &[&["users"], words, &at].concat(), stdin);
    let (out, err) = expect(&users(&["add"], ADA), 0);
    expect_nothing("the log of add", err.as_bytes());
    let id = out.trim().to_owned();
    assert!(id.starts_with("usr_"), "{id}");
    let keys = bench.dir.path().join("dynamoi.db.keys");
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);

    // Beside a worker with an open log.
    let mut daemon = bench.start_with(&["run"], &[("RUST_LOG", "trace")]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "idle").await;
    let twin = r#"{"email":"marker.ada@example.com","age_statement":"at_least_18"}"#;
    let (out, _) = expect(&users(&["add"], twin), 0);
    let second = out.trim().to_owned();
    let lines = format!(
        "{}\nno record, Marker\n{{\"name\":\"Marker Child\",\"birth_date\":\"2024-01-01\"}}\n\n{{\"marker\":1}}\n{}\n",
        r#"{"external_id":"app-1","account":"marker-account-2"}"#,
        r#"{"external_id":"app-2","name":"Marker Two","age_statement":"at_least_13"}"#
    );
    let (_, err) = expect(&users(&["import"], &lines), 1);
    for line in ["line 2: ", "line 3: nobody under 13", "line 5: a field", "1 added, 1 corrected, 3 refused"]
    {
        assert!(err.contains(line), "{line}: {err}");
    }
    expect_nothing("the log of import", err.as_bytes());
    let eyes = Eyes::open(&bench.database_url).await;
    assert_eq!(eyes.number("SELECT count(*) FROM users").await, 3);

    // Shown whole to who asks, by every way.
    for (words, stdin) in
        [(vec!["show", &id, "--json"], ""), (vec!["show", "--external-id", "app-1", "--json"], "")]
    {
        let (out, err) = expect(&users(&words, stdin), 0);
        let shown: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(shown["name"], "Marker Lovelace");
        assert_eq!(shown["email"], "marker.ada@example.com");
        assert_eq!(shown["account"], "marker-account-2");
        assert_eq!(shown["birth_date"], "1990-12-10");
        expect_nothing("the log of show", err.as_bytes());
    }
    let (_, err) = expect(&users(&["show", "--by-email"], "marker.ada@example.com\n"), 1);
    assert!(err.contains(&id) && err.contains(&second), "{err}");
    expect_nothing("the refusal", err.as_bytes());
    let other = run(&bench, &["users", "show", &id, "--tenant", "label-b"], "");
    assert!(expect(&other, 1).1.contains("no such user"));
    let (out, _) = expect(&users(&["list"], ""), 0);
    assert!(out.contains(&id) && out.contains("active"), "{out}");
    expect_nothing("the list", out.as_bytes());
    let (_, err) = expect(&users(&["rectify", &second], r#"{"birth_date":"2020-01-01"}"#), 1);
    assert!(err.contains("under 13") && err.contains("erased"), "{err}");
    let by = eyes.query("SELECT action, actor FROM audit_log ORDER BY seq DESC LIMIT 2").await;
    let by: Vec<(&str, bool)> = by
        .iter()
        .map(|line| (line["action"].as_str().unwrap(), line["actor"].as_str().unwrap().starts_with("cli:")))
        .collect();
    assert_eq!(by, [("erase", true), ("rectify", true)], "it is on record who found it");
    // What some programs write before the first letter of a file is no part of its first record.
    let same = "\u{feff}{\"external_id\":\"app-1\",\"account\":\"marker-account-2\"}\n";
    let (_, err) = expect(&users(&["import"], same), 0);
    assert!(err.contains("0 added, 0 corrected, 0 refused, 1 unchanged"), "{err}");
    let (_, err) = expect(&users(&["rectify", &id], "{}"), 0);
    assert!(err.contains("nothing to correct"), "{err}");
    assert_eq!(eyes.number("SELECT count(*) FROM audit_log WHERE action = 'rectify'").await, 2);
    let (_, err) = expect(&users(&["add"], r#"{"name":"Marker","email":"Marker"}"#), 1);
    expect_nothing("a wrong record", err.as_bytes());

    // With the daemon still there: the write-ahead log counts, too.
    assert!(bench.dir.path().join("dynamoi.db-wal").exists());
    expect_nothing_in_files(bench.dir.path());
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
    assert!(expect_nothing_in_files(bench.dir.path()) > 3);

    let (_, err) = expect(&run(&bench, &["privacy", "export", &id, "--output", "-"], ""), 2);
    assert!(err.contains("expected a path"), "{err}");

    // A new key seals the data keys again, and the old one is needed no more.
    let key = bench.dir.path().join("key");
    expect(&run(&bench, &["secrets", "rotate"], ""), 0);
    let path = key.display().to_string();
    let added =
        Command::new(program::PATH).args(["secrets", "generate-key", "--add-to", &path]).status().unwrap();
    assert!(added.success());
    let (_, err) = expect(&run(&bench, &["secrets", "rotate"], ""), 0);
    assert!(err.contains("3 data keys"), "{err}");
    let begun = "SELECT count(*) FROM audit_log WHERE action = 'rotate' AND detail = 'begun'";
    assert_eq!(eyes.number(begun).await, 2, "also one that is killed is on record");
    let newest = fs::read_to_string(&key).unwrap().lines().next().unwrap().to_owned();
    fs::write(&key, newest).unwrap();
    let (out, _) = expect(&users(&["show", &id, "--json"], ""), 0);
    assert!(out.contains("Marker Lovelace"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_or_a_tenant_users_are_off_and_it_is_said() {
    let mut bench = bench(72);
    let both = bench.more.clone();
    let (_, err) = expect(&run(&bench, &["users", "add"], ADA), 2);
    assert!(err.contains("--tenant") && err.contains("label-a, label-b"), "{err}");
    let (_, err) = expect(&run(&bench, &["users", "add", "--tenant", "nobody"], ADA), 2);
    assert!(err.contains("label-a, label-b"), "{err}");
    let tenants = both.find("[tenants.label-a]").unwrap();
    bench.more = both[tenants..].to_owned();
    for words in [&["users", "add", "--tenant", "label-a"], &["users", "list", "--tenant", "label-a"]] {
        let (_, err) = expect(&run(&bench, words, ADA), 2);
        assert!(err.contains("generate-key"), "{err}");
        expect_nothing("the refusal", err.as_bytes());
    }
    bench.more = both[..tenants].to_owned();
    assert!(expect(&run(&bench, &["users", "add"], ADA), 2).1.contains("no tenant is configured"));
    assert!(
        !bench.dir.path().join("dynamoi.db").exists() && !bench.dir.path().join("dynamoi.db.keys").exists()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_that_does_not_hold_stops_what_rests_on_it() {
    let mut bench = bench(73);
    let at = ["--tenant", "label-a"];
    let users =
        |bench: &Bench, words: &[&str], stdin: &str| run(bench, &[&["users"], words, &at].concat(), stdin);
    let id = expect(&users(&bench, &["add"], ADA), 0).0.trim().to_owned();
    bench.layer = format!("connections.label-a-meta.rests_on = {{ user = \"{id}\", purpose = \"ads\" }}\n");

    // Nobody has agreed to anything: a single run reads the other connection only, and says so.
    let ended = bench.run(&["run", "--once"]).await.expect(3);
    assert!(
        ended.err.contains("label-a-meta: consent: ") && ended.err.contains("has not agreed"),
        "{}",
        ended.err
    );
    assert_eq!(bench.sandbox.request_count("meta_ads"), 0);
    assert!(bench.sandbox.request_count("stripe") > 0);

    let mut daemon = bench.start_with(&["run"], &[]);
    let address = daemon.address().await;
    let stopped = until_state(address, "label-a-meta", "stopped").await;
    assert!(stopped["error"].as_str().unwrap().starts_with("consent: "), "{stopped}");
    until_state(address, "label-a-stripe", "idle").await;
    assert_eq!(bench.sandbox.request_count("meta_ads"), 0);

    let text = bench.dir.path().join("policy.md");
    fs::write(&text, "What we do with data.").unwrap();
    let text = text.display().to_string();
    let policy = |version: &str, effective: &str, more: &[&str]| {
        let words =
            ["policy", "add", version, "--text", &text, "--purpose", "ads", "--effective-at", effective];
        run(&bench, &[&["users"], words.as_slice(), more, &at].concat(), "")
    };
    let (_, err) = expect(&users(&bench, &["consent", &id, "--grant", "ads"], ""), 1);
    assert!(err.contains("policy add"), "{err}");
    expect(&policy("1", "2026-01-01T00:00:00Z", &[]), 0);
    let (_, err) = expect(&users(&bench, &["consent", &id, "--grant", "ads", "--version", "7"], ""), 1);
    assert!(err.contains("no policy version"), "{err}");
    expect(&users(&bench, &["consent", &id, "--grant", "ads", "--source", "sign-up"], ""), 0);
    until_state(address, "label-a-meta", "idle").await;
    assert!(bench.sandbox.request_count("meta_ads") > 0);

    expect(&users(&bench, &["consent", &id, "--withdraw", "ads"], ""), 0);
    until_state(address, "label-a-meta", "stopped").await;
    let before = bench.sandbox.request_count("meta_ads");
    expect(&run(&bench, &["poll", "--connection", "label-a-meta"], ""), 0);
    // Longer than a worker needs to hear of a request.
    pause(std::time::Duration::from_secs(5)).await;
    assert_eq!(connection(address, "label-a-meta").await.unwrap()["state"], "stopped");
    assert_eq!(bench.sandbox.request_count("meta_ads"), before, "nothing is asked for");

    expect(&users(&bench, &["consent", &id, "--grant", "ads"], ""), 0);
    until_state(address, "label-a-meta", "idle").await;
    expect(&policy("2", "2026-02-01T00:00:00Z", &["--requires-consent"]), 0);
    let stopped = until_state(address, "label-a-meta", "stopped").await;
    assert!(stopped["error"].as_str().unwrap().contains("\"2\" demands"), "{stopped}");
    let (out, _) = expect(&users(&bench, &["policy", "list", "--json"], ""), 0);
    assert!(out.contains("\"requires_consent\": true"), "{out}");
    let (out, _) = expect(&users(&bench, &["consent", &id, "--json"], ""), 0);
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(said["consents"].as_array().unwrap().len(), 3);
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}
