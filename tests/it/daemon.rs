//! A running daemon takes over a new configuration and ends when it is told to.

use std::time::Duration;

use sandbox::{Chaos, Fault, Hazard, meta_ads::MetaAds};

use crate::support::{
    Bench, PATIENCE, get, instant, pause,
    program::{self, until_state},
    sql::Eyes,
    truth, until,
};

/// The accounts of two connections that share a token.
fn accounts(bench: &Bench) -> (String, String) {
    let accounts = bench.sandbox.with_world(|meta: &mut MetaAds| meta.truth_accounts()).unwrap();
    (accounts[0].account_id.clone(), accounts[1].account_id.clone())
}

async fn epoch(eyes: &Eyes, connection: &str) -> i64 {
    eyes.number(&format!("SELECT epoch FROM connections WHERE name = '{connection}'")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_touches_only_what_changed() {
    let mut bench = Bench::new(47);
    let (first, second) = accounts(&bench);
    // Asked so often that a connection which is not stopped would be noticed.
    let untouched = format!(
        "integrations.stripe.streams.charges.every = \"1s\"\n\
         connections.label-a-meta.accounts = [\"{first}\"]\n"
    );
    bench.layer.clone_from(&untouched);
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-meta", "idle").await;
    until_state(address, "label-a-stripe", "idle").await;
    let eyes = Eyes::open(&bench.database_url).await;
    let epoch_before = epoch(&eyes, "label-a-meta").await;
    let payments = eyes.number("SELECT count(*) FROM payments").await;

    // One is removed, one is added.
    bench.layer = format!(
        "{untouched}connections.label-a-stripe.enabled = false\n\
         [connections.label-b-meta]\n\
         integration = \"meta_ads\"\n\
         tenant = \"label-b\"\n\
         accounts = [\"{second}\"]\n\
         base_url = \"{}\"\n\
         credentials.access_token = \"{}\"\n",
        bench.sandbox.url("meta_ads"),
        sandbox::meta_ads::TOKEN,
    );
    bench.config();
    // The second file is an argument already: the daemon reads what it holds now.
    daemon.signal("HUP").await;
    until_state(address, "label-b-meta", "idle").await;
    until("the removed one is gone", async || {
        program::connection(address, "label-a-stripe").await.is_none().then_some(())
    })
    .await;
    assert_eq!(epoch(&eyes, "label-a-meta").await, epoch_before, "{}", daemon.err());
    assert!(eyes.number("SELECT count(*) FROM ad_campaigns WHERE tenant = 'label-b'").await > 0);
    assert_eq!(eyes.number("SELECT count(*) FROM payments").await, payments, "its rows stay");
    let asked = bench.sandbox.request_count("stripe");
    until("the metrics follow", async || {
        let metrics = get(&format!("http://{address}/metrics")).await;
        (metrics.contains("label-b-meta") && !metrics.contains("label-a-stripe")).then_some(())
    })
    .await;
    pause(Duration::from_millis(2_500)).await;
    assert_eq!(bench.sandbox.request_count("stripe"), asked, "it is polled no more");

    // An invalid file is refused whole: neither the mistake nor what is right beside it is taken over.
    bench.layer = format!("{untouched}[connections.label-a-meta.settings]\npage_sice = 50\n");
    bench.config();
    daemon.signal("HUP").await;
    // The mistakes follow the line that says how many there are.
    until("the refusal", async || {
        let err = daemon.err();
        ["is refused", "page_sice", "page_size"].iter().all(|part| err.contains(part)).then_some(())
    })
    .await;
    until_state(address, "label-b-meta", "idle").await;
    assert_eq!(epoch(&eyes, "label-a-meta").await, epoch_before);
    assert_eq!(epoch(&eyes, "label-b-meta").await, 1);

    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_within_its_grace_and_loses_nothing() {
    let mut bench = Bench::new(53);
    bench.layer = "worker.shutdown_grace = \"4s\"\n".to_owned();
    let slow = Hazard { fault: Fault::Hang(Duration::from_secs(30)), probability: 0.05, burst: 1 };
    bench.sandbox.set_chaos("meta_ads", Chaos { hazards: vec![slow] });
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    until("it is in the middle", async || (bench.sandbox.request_count("meta_ads") > 20).then_some(())).await;
    pause(Duration::from_millis(200)).await;
    daemon.signal("TERM").await;
    let began = instant();
    daemon.ended(PATIENCE).await.expect(0);
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());

    bench.sandbox.set_chaos("meta_ads", Chaos::none());
    bench.run(&["run", "--once"]).await.expect(0);
    truth::assert_equal(&bench.sandbox, &Eyes::open(&bench.database_url).await).await;
}

/// It starts itself again as the same process: service managers and shells know it by its number.
#[cfg(target_env = "gnu")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_share_one_heap() {
    let bench = Bench::new(91);
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", daemon.id())).unwrap();
    assert!(read("environ").split('\0').any(|variable| variable == "MALLOC_ARENA_MAX=1"));
    assert!(read("cmdline").split('\0').any(|argument| argument == "run"), "{}", read("cmdline"));
    assert_eq!(read("comm").trim_end(), "dynamoi");
}
