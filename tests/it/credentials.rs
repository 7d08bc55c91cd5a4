//! Credentials that are wrong, expired, or may not read everything: said once, with what to do, and no bother to others.

use std::{fs, time::Duration};

use sandbox::{
    meta_ads::MetaAds,
    stripe::{Resource, Stripe},
};

use crate::support::{
    Bench, pause,
    program::{connection, until_state},
    sql::Eyes,
    until,
};

/// A refused credential is tried so often at most: a check, and every cycle that was already on its way.
const REQUESTS_MAX: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_said_and_leaves_the_others_alone() {
    let mut bench = Bench::new(37);
    bench.layer =
        "connections.label-a-stripe.credentials.api_key = \"rk_test_of_another_account\"".to_owned();
    let ended = bench.run(&["run", "--once"]).await.expect(3);
    assert!(ended.err.contains("label-a-stripe: Stripe refuses the API key"), "{}", ended.err);
    assert!(ended.err.contains("set credentials.api_key"), "{}", ended.err);
    assert!(!ended.err.contains("label-a-meta:"), "{}", ended.err);
    assert!(bench.sandbox.request_count("stripe") <= REQUESTS_MAX);
    let eyes = Eyes::open(&bench.database_url).await;
    assert!(eyes.number("SELECT count(*) FROM campaign_performance_daily").await > 0);
    assert_eq!(eyes.number("SELECT count(*) FROM payments").await, 0);
    let stored = eyes.query("SELECT state, error FROM connections WHERE name = 'label-a-stripe'").await;
    assert_eq!(stored[0]["state"], "needs_reauth");

    let checked = bench.run(&["check"]).await.expect(3);
    let line = |name: &str| checked.out.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("label-a-meta").contains("ok"), "{}", checked.out);
    assert!(line("label-a-stripe").contains("FAILED"), "{}", checked.out);
    assert!(checked.out.contains("set credentials.api_key"), "{}", checked.out);

    let status = bench.run(&["status"]).await.expect(0);
    assert!(
        status.out.contains("needs_reauth") && status.out.contains("credentials.api_key"),
        "{}",
        status.out
    );

    bench.layer.clear();
    bench.run(&["check"]).await.expect(0);
    bench.run(&["run", "--once"]).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_waited_for_and_a_new_one_taken_at_once() {
    let mut bench = Bench::new(41);
    let token = bench.dir.path().join("token");
    fs::write(&token, sandbox::meta_ads::TOKEN).unwrap();
    bench.layer = format!("connections.label-a-meta.credentials.access_token = {{ file = {token:?} }}");
    bench.sandbox.with_world(MetaAds::expire_token).unwrap();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    let shown = until_state(address, "label-a-meta", "needs_reauth").await;
    let error = shown["error"].as_str().unwrap();
    assert!(error.contains("expired") && error.contains("make a new one"), "{error}");
    until_state(address, "label-a-stripe", "idle").await;
    pause(Duration::from_secs(1)).await;
    assert!(bench.sandbox.request_count("meta_ads") <= REQUESTS_MAX, "nothing is asked meanwhile");

    bench.sandbox.with_world(|meta: &mut MetaAds| meta.set_token("a-new-token")).unwrap();
    fs::write(&token, "a-new-token").unwrap();
    daemon.signal("HUP").await;
    until_state(address, "label-a-meta", "idle").await;
    daemon.signal("TERM").await;
    daemon.ended(crate::support::PATIENCE).await.expect(0);
}

/// Of an app that wants proof of its secret on every call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apps_secret_is_proved_and_never_shown() {
    let mut bench = Bench::new(47);
    let secret = "5f0c1d2e3b4a69788796a5b4c3d2e1f0";
    bench.sandbox.with_world(|meta: &mut MetaAds| meta.require_app_secret(secret)).unwrap();
    let without = bench.run(&["run", "--once"]).await.expect(3);
    assert!(without.err.contains("set credentials.app_secret"), "{}", without.err);
    assert!(bench.sandbox.request_count("meta_ads") <= REQUESTS_MAX);
    bench.layer =
        "connections.label-a-meta.credentials.app_secret = \"00000000000000000000000000000000\"".to_owned();
    let wrong = bench.run(&["run", "--once"]).await.expect(3);
    assert!(wrong.err.contains("label-a-meta: set credentials.app_secret"), "{}", wrong.err);

    bench.layer =
        format!("connections.label-a-meta.credentials.app_secret = \"{secret}\"\nlog.level = \"trace\"");
    let right = bench.run(&["run", "--once"]).await.expect(0);
    let eyes = Eyes::open(&bench.database_url).await;
    assert!(eyes.number("SELECT count(*) FROM campaign_performance_daily").await > 0);
    let told = format!("{}{}", right.out, right.err);
    // What a request is logged as by the crates below us, at their most talkative, names no parameter.
    for hidden in [secret, "appsecret_proof"] {
        assert!(!told.contains(hidden), "{hidden} is shown");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forbidden_stream_keeps_its_siblings() {
    let bench = Bench::new(43);
    bench.sandbox.with_world(|stripe: &mut Stripe| stripe.forbid("subscription")).unwrap();
    let ended = bench.run(&["run", "--once"]).await.expect(3);
    assert!(
        ended.err.contains("label-a-stripe") && ended.err.contains("rak_subscription_read"),
        "{}",
        ended.err
    );
    let eyes = Eyes::open(&bench.database_url).await;
    assert_eq!(eyes.number("SELECT count(*) FROM subscriptions").await, 0);
    for (table, resource) in [
        ("payments", Resource::Charge),
        ("invoices", Resource::Invoice),
        ("ledger_entries", Resource::BalanceTransaction),
    ] {
        let count = bench.sandbox.with_world(|stripe: &mut Stripe| stripe.objects(resource).len()).unwrap();
        assert_eq!(
            eyes.number(&format!("SELECT count(*) FROM {table}")).await,
            i64::try_from(count).unwrap(),
            "{table}"
        );
    }
    let status = bench.run(&["status", "--json"]).await.expect(0);
    assert!(status.out.contains("rak_subscription_read"), "{}", status.out);

    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    let shown = until("the daemon shows the stream", async || {
        let connection = connection(address, "label-a-stripe").await?;
        let streams = connection["streams"].as_array()?.clone();
        streams.into_iter().find(|stream| stream["stream"] == "subscriptions" && !stream["error"].is_null())
    })
    .await;
    assert!(shown["error"].as_str().unwrap().contains("rak_subscription_read"), "{shown}");

    bench.sandbox.with_world(|stripe: &mut Stripe| stripe.allow("subscription")).unwrap();
    drop(daemon);
    bench.run(&["run", "--once"]).await.expect(0);
    assert!(eyes.number("SELECT count(*) FROM subscriptions").await > 0);
}
