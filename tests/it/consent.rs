//! What people did not agree to, or may not: what is stored then, and which requests were sent.

use std::{fs, time::Duration};

use actors::integrations::catalogue;
use sandbox::Fault;

use crate::{
    people::{ADA, bench, expect, run},
    support::{PATIENCE, pause, program::until_state, sql::Eyes, until},
};

/// Longer than a withdrawal takes to be written and heard of.
const HELD: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_under_way_when_consent_was_taken_back_is_not_stored() {
    let mut bench = bench(175);
    let at = ["--tenant", "label-a"];
    let add = run(&bench, &[&["users", "add"][..], &at].concat(), ADA);
    let id = expect(&add, 0).0.trim().to_owned();
    let text = bench.dir.path().join("policy.md");
    fs::write(&text, "What we do with data.").unwrap();
    let text = text.display().to_string();
    let policy = [
        "users",
        "policy",
        "add",
        "1",
        "--text",
        &text,
        "--purpose",
        "ads",
        "--effective-at",
        "2026-01-01T00:00:00Z",
    ];
    expect(&run(&bench, &[&policy[..], &at].concat(), ""), 0);
    expect(&run(&bench, &[&["users", "consent", &id, "--grant", "ads"][..], &at].concat(), ""), 0);

    bench.layer = format!(
        "connections.label-a-meta.rests_on = {{ user = \"{id}\", purpose = \"ads\" }}\nconnections.label-a-stripe.enabled = false\n"
    );
    // Which accounts there are is told; every answer about one is held open.
    let meta = catalogue().into_iter().find(|integration| integration.manifest().id == "meta_ads").unwrap();
    let of_account = format!("/{}/act_", meta.manifest().api_version);
    bench.sandbox.script("meta_ads", &of_account, vec![Fault::Hang(HELD); 200]);
    let requests = || -> u64 {
        let paths = bench.sandbox.request_paths("meta_ads");
        paths.iter().filter(|(path, _)| path.starts_with(&of_account)).map(|(_, count)| count).sum()
    };
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    let eyes = Eyes::open(&bench.database_url).await;
    until("a cycle is under way", async || (requests() > 0).then_some(())).await;
    expect(&run(&bench, &[&["users", "consent", &id, "--withdraw", "ads"][..], &at].concat(), ""), 0);
    let stopped = until_state(address, "label-a-meta", "stopped").await;
    assert!(stopped["error"].as_str().unwrap().starts_with("consent: "), "{stopped}");
    let under_way = requests();
    until("what was under way was answered", async || {
        (eyes.number("SELECT count(*) FROM cycles WHERE outcome = 'consent'").await > 0).then_some(())
    })
    .await;
    pause(HELD).await;
    assert_eq!(requests(), under_way, "nothing more is asked for");
    // Nor by who looks whether all is right, or what there is.
    let before = bench.sandbox.request_paths("meta_ads");
    let checked = expect(&run(&bench, &["check"], ""), 0).0;
    assert!(checked.contains("label-a-meta") && checked.contains("not asked: consent: "), "{checked}");
    let refused = expect(&run(&bench, &["discover", "--connection", "label-a-meta"], ""), 3).1;
    assert!(refused.contains("not asked: consent: "), "{refused}");
    // Whom nobody knows is a mistake in the configuration.
    let layer = bench.layer.replace(&id, "usr_00000000000000000000000000000000");
    let layer = std::mem::replace(&mut bench.layer, layer);
    let checked = expect(&run(&bench, &["check"], ""), 3).0;
    assert!(checked.contains("FAILED  not asked: consent: tenant label-a has no user usr_0000"), "{checked}");
    bench.layer = layer;
    assert_eq!(bench.sandbox.request_paths("meta_ads"), before);
    for table in ["ad_accounts", "ad_campaigns", "ad_performance_daily", "ledger"] {
        assert_eq!(eyes.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_too_young_and_what_no_policy_names_leaves_nothing() {
    let bench = bench(176);
    let at = ["--tenant", "label-a"];
    let users = |words: &[&str], stdin: &str| run(&bench, &[&["users"], words, &at].concat(), stdin);
    let stored = async |tables: &[&str]| {
        let eyes = Eyes::open(&bench.database_url).await;
        let mut rows = 0;
        for table in tables {
            rows += eyes.number(&format!("SELECT count(*) FROM {table}")).await;
        }
        rows
    };
    let young = bench.sandbox.now().to_string();
    for record in [
        format!("{{\"name\":\"Marker Child\",\"birth_date\":\"{}\"}}", &young[..10]),
        "{\"name\":\"Marker Child\",\"age_statement\":\"under_13\"}".to_owned(),
        "{\"name\":\"Marker Child\"}".to_owned(),
    ] {
        let (_, err) = expect(&users(&["add"], &record), 1);
        assert!(!err.contains("Marker"), "{err}");
    }
    let everything =
        ["users", "consents", "user_links", "disclosures", "erasures", "audit_log", "tombstones"];
    assert_eq!(stored(&everything).await, 0);
    let keys = fs::read(bench.dir.path().join("dynamoi.db.keys")).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&keys).contains("user/"), "no key of anybody was made");

    let id = expect(&users(&["add"], ADA), 0).0.trim().to_owned();
    let text = bench.dir.path().join("policy.md");
    fs::write(&text, "What we do with data.").unwrap();
    let text = text.display().to_string();
    let add =
        ["policy", "add", "1", "--text", &text, "--purpose", "ads", "--effective-at", "2026-01-01T00:00:00Z"];
    expect(&users(&add, ""), 0);
    for words in [
        &["consent", &id, "--grant", "ads", "--version", "2"][..],
        &["consent", &id, "--grant", "sale"],
        &["consent", &id, "--withdraw", "sale"],
    ] {
        expect(&users(words, ""), 1);
    }
    assert_eq!(stored(&["consents"]).await, 0);
    assert_eq!(bench.sandbox.request_count("meta_ads") + bench.sandbox.request_count("stripe"), 0);
}
