//! What commands about people say and note, with the program as it is run.

use std::{
    fs,
    process::{Command, Output},
};

use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::{
    people::{ADA, bench, expect, run},
    support::{Bench, program, sql::Eyes, sqlite_url},
};

const AT: [&str; 2] = ["--tenant", "label-a"];

fn users(bench: &Bench, words: &[&str]) -> Output {
    run(bench, &[&["users"], words, &AT].concat(), "")
}

fn added(bench: &Bench, record: &str) -> String {
    expect(&run(bench, &[&["users", "add"][..], &AT].concat(), record), 0).0.trim().to_owned()
}

async fn execute(url: &str, sql: &str) {
    let database = sea_orm::Database::connect(url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_names_who_did_it_and_is_verified_by_whoever_asks() {
    let mut bench = bench(271);
    let id = added(&bench, ADA);
    for variable in ["USER", "SUDO_USER", "LOGNAME"] {
        let mut command = Command::new(program::PATH);
        command.current_dir(bench.dir.path()).args(["users", "show", id.as_str()]).args(AT);
        expect(&command.args(bench.config_arguments()).env(variable, "mallory").output().unwrap(), 0);
    }
    let account = Command::new("id").arg("-un").output().unwrap().stdout;
    let account = String::from_utf8(account).unwrap().trim().to_owned();
    let eyes = Eyes::open(&bench.database_url).await;
    let lines = eyes.query("SELECT seq, actor FROM audit_log ORDER BY seq").await;
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line["actor"], format!("cli:{account}"), "{line}");
    }

    // Of two tenants, of one, of none.
    let verify = |bench: &Bench| run(bench, &["privacy", "verify"], "");
    assert!(expect(&verify(&bench), 0).0.contains("3 lines"));
    expect(&run(&bench, &["privacy", "verify", "--tenant", "label-b"], ""), 0);
    let both = bench.more.clone();
    bench.more = both[..both.find("[tenants.label-a]").unwrap()].to_owned();
    assert!(expect(&verify(&bench), 0).0.contains("3 lines"));

    // Cut at its end; without the mark; both.
    let keys = sqlite_url(&bench.dir.path().join("dynamoi.db.keys"));
    execute(&bench.database_url, "CREATE TABLE saved AS SELECT * FROM audit_log").await;
    execute(&bench.database_url, "DELETE FROM audit_log WHERE seq = 3").await;
    let (_, err) = expect(&verify(&bench), 1);
    assert!(err.contains("line 3 is missing") && err.contains("privacy.md#audit"), "{err}");
    execute(&keys, "DELETE FROM anchors WHERE name LIKE 'audit%'").await;
    let (_, err) = expect(&verify(&bench), 1);
    assert!(err.contains("the key store knows of no last line"), "{err}");
    execute(&bench.database_url, "INSERT INTO audit_log SELECT * FROM saved WHERE seq = 3").await;
    let (_, err) = expect(&verify(&bench), 1);
    assert!(err.contains("the key store knows of no last line") && !err.contains("missing"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_by_another_version_is_noted_and_what_follows_is_said() {
    let bench = bench(272);
    let id = added(&bench, ADA);
    let text = bench.dir.path().join("policy.md");
    fs::write(&text, "What we do with data.").unwrap();
    let text = text.display().to_string();
    let policy = |version: &str, day: &str, more: &[&str]| {
        let words = ["policy", "add", version, "--text", &text, "--purpose", "ads", "--effective-at", day];
        expect(&users(&bench, &[&words[..], more].concat()), 0);
    };
    let consent = |more: &[&str]| expect(&users(&bench, &[&["consent", &*id][..], more].concat()), 0).1;
    policy("later", "2999-01-01T00:00:00Z", &[]);
    let said = consent(&["--grant", "ads", "--version", "later"]);
    assert!(said.contains("noted, by policy version later, and none holds yet"), "{said}");
    policy("1", "2026-01-01T00:00:00Z", &[]);
    policy("2", "2026-02-01T00:00:00Z", &[]);
    let said = consent(&["--grant", "ads"]);
    assert!(said.contains("noted, by policy version 2: a running worker acts on it"), "{said}");
    let said = consent(&["--grant", "ads", "--version", "1"]);
    assert!(said.contains("by policy version 1, and 2 holds now: it counts"), "{said}");
    policy("3", "2026-03-01T00:00:00Z", &["--requires-consent"]);
    let said = consent(&["--grant", "ads", "--version", "2"]);
    assert!(said.contains("by policy version 2, and 3 holds now: what rests on it stays stopped"), "{said}");
    assert!(said.contains("\"3\" demands"), "{said}");
    let said = consent(&["--withdraw", "ads", "--version", "2"]);
    assert!(said.contains("3 holds now: a running worker acts on it"), "{said}");
    let (out, _) = expect(&users(&bench, &["consent", &id, "--json"]), 0);
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(all["consents"].as_array().unwrap().len(), 5, "each was taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_known_is_linked_only_where_that_is_meant_and_who_was_erased_never() {
    let mut bench = bench(273);
    bench.layer = "[connections.label-a-meta]\nenabled = false\n".to_owned();
    bench.run(&["run", "--once"]).await.expect(0);
    let eyes = Eyes::open(&bench.database_url).await;
    let known = eyes.query("SELECT id FROM customers ORDER BY id LIMIT 1").await;
    let known = known[0]["id"].as_str().unwrap().to_owned();
    let (first, second) = (added(&bench, ADA), added(&bench, r#"{"age_statement":"at_least_18"}"#));
    let link = |user: &str, customer: &str, more: &[&str], code: i32| {
        let words = ["link", user, "--connection", "label-a-stripe", "--customer", customer];
        expect(&users(&bench, &[&words[..], more].concat()), code).1
    };
    assert!(link(&first, &known, &[], 0).contains("linked: what is stored"));
    let slip = format!("{known}x");
    let said = link(&first, &slip, &[], 1);
    assert!(said.contains("nothing was linked") && said.contains("--unknown"), "{said}");
    assert_eq!(eyes.number("SELECT count(*) FROM user_links").await, 1);
    assert!(link(&first, "cus_a@b", &["--unknown"], 0).contains("linked in advance"));
    link(&first, "cus_a@b", &[], 0);
    assert!(link(&second, "cus_a@b", &["--unknown"], 1).contains(&first));
    let (out, _) = expect(&users(&bench, &["links", &first, "--json"]), 0);
    assert!(out.contains("cus_a@b") && out.contains(&known), "{out}");

    expect(&run(&bench, &[&["privacy", "erase", &first, "--yes"][..], &AT].concat(), ""), 0);
    for customer in [&*known, "cus_a@b"] {
        for more in [&[][..], &["--unknown"]] {
            let said = link(&second, customer, more, 1);
            assert!(said.contains("was erased"), "{said}");
        }
    }
    assert_eq!(eyes.number("SELECT count(*) FROM user_links").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_processing_tells_whether_somebody_must_authenticate() {
    let mut bench = Bench::new(274);
    let authenticated = "http.authentication.bearer = \"a-secret-of-the-operators\"\n";
    let token = "http.tokens.studio = { tenant = \"label-a\", secret = \"a-secret-of-the-studio\" }\n";
    for (layer, in_force) in
        [(String::new(), false), (authenticated.to_owned(), true), (format!("{authenticated}{token}"), true)]
    {
        bench.layer = layer;
        let (out, _) = expect(&run(&bench, &["privacy", "records", "--format", "json"], ""), 0);
        let record: Value = serde_json::from_str(&out).unwrap();
        let measures = record["measures"].as_array().unwrap();
        let measure = measures.iter().find(|one| one["measure"] == "who asks for figures must authenticate");
        let measure = measure.unwrap_or_else(|| panic!("{measures:?}"));
        assert_eq!(measure["in_force"], in_force, "{}: {measure}", bench.layer);
        let by = measure["by"].as_str().unwrap();
        assert_eq!(by == "http.authentication", in_force, "{by}");
        assert!(!out.contains("a-secret-of"), "{out}");
    }
    // What is a user's is kept while the user is one; the terms that are configured begin when the user leaves.
    for (layer, leaves, limit) in [
        ("", "who left is erased after 90d", "for 1095d after the erasure"),
        (
            "[retention]\nwithdrawn_users = \"30d\"\nerased_users = \"365d\"\n",
            "who left is erased after 30d",
            "for 365d after the erasure",
        ),
        (
            "[retention]\nwithdrawn_users = \"forever\"\nerased_users = \"forever\"\n",
            "after that until the person is erased on demand",
            "without limit",
        ),
    ] {
        bench.layer = layer.to_owned();
        let (out, _) = expect(&run(&bench, &["privacy", "records", "--format", "json"], ""), 0);
        let record: Value = serde_json::from_str(&out).unwrap();
        let data = record["data"].as_array().unwrap();
        for (table, rest) in [
            ("users", format!("what is left then, without what tells of the person, is kept {limit}")),
            ("consents", format!("what is left then, without source, is kept {limit}")),
            ("user_links", "with the erasure nothing of it is left".to_owned()),
            ("legal_holds", format!("it leads to nobody then, and is kept {limit}")),
        ] {
            let row = data.iter().find(|row| row["table"] == table).unwrap();
            let expected = format!("for as long as the person is a user; {leaves}; {rest}");
            assert_eq!(row["kept"], expected, "{table}");
        }
    }
    // A token alone lets nobody in: it is refused.
    bench.layer = token.to_owned();
    expect(&run(&bench, &["privacy", "records"], ""), 2);
}
