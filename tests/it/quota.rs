//! Providers that limit requests and say so in their own ways: hardly ever refused, never pressed, well used.

use std::time::Duration;

use dynamoi::Worker;
use rows::state::State;
use sandbox::{Limit, Options, Sandbox, meta_ads, stripe};

use crate::support::{Bench, instant, until};

/// What every imitation here allows, requests a second.
const ALLOWED: u32 = 20;
/// Requests after which the counts are looked at.
const REQUESTS: u64 = 2_000;

/// Two worlds that answer Stripe's way (429) and one that answers Meta's (400 with code 80000, and usage headers on
/// every answer), all at once: each needs 100 seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_used_and_hardly_ever_exceeded() {
    let sliding = Limit::per_second(ALLOWED);
    tokio::join!(
        stripe_within("sliding", sliding),
        stripe_within("fixed", sliding.fixed()),
        meta_within("sliding", sliding),
        meta_within("fixed", sliding.fixed()),
    );
}

async fn stripe_within(name: &str, limit: Limit) {
    let mut bench = Bench::with(Sandbox::start(Options::default().seed(3).days(60)).unwrap());
    bench.sandbox.with_world(stripe::Stripe::freeze).unwrap();
    bench.layer = format!(
        "connections.label-a-meta.enabled = false\n\
         [integrations.stripe]\n\
         quota.account = {{ per_second = {ALLOWED}, burst = 1 }}\n\
         streams.customers = {{ every = \"1s\" }}\n"
    );
    let worker = Worker::builder(bench.settings()).start().await.unwrap();
    until("history is read", async || {
        let all = worker.conditions().all();
        all.iter().all(|condition| condition.state == State::Idle).then_some(())
    })
    .await;
    // Each new customer is an event, and a request for the customer as it is now.
    bench.sandbox.with_world(|stripe: &mut stripe::Stripe| (0..REQUESTS).for_each(|_| drop(stripe.new_customer()))).unwrap();
    stays_within(&bench, worker, "stripe", limit, name).await;
}

async fn meta_within(name: &str, limit: Limit) {
    let mut bench = Bench::with(Sandbox::start(Options::default().seed(3).days(60)).unwrap());
    bench.sandbox.with_world(meta_ads::MetaAds::freeze).unwrap();
    // Small pages: history alone is more than is asked here.
    bench.layer = format!(
        "connections.label-a-stripe.enabled = false\n\
         connections.label-a-meta.settings.page_size = 1\n\
         [integrations.meta_ads]\n\
         quota.app = {{ per_second = {ALLOWED}, burst = 1 }}\n"
    );
    let worker = Worker::builder(bench.settings()).start().await.unwrap();
    stays_within(&bench, worker, "meta_ads", limit, name).await;
}

async fn stays_within(bench: &Bench, worker: Worker, id: &str, limit: Limit, name: &str) {
    let sandbox = &bench.sandbox;
    sandbox.set_limit(id, Some(limit));
    until("the first request", async || (sandbox.limit_counts(id).admitted > 0).then_some(())).await;
    let began = instant();
    until("the last request", async || (sandbox.limit_counts(id).admitted >= REQUESTS).then_some(())).await;
    let counts = sandbox.limit_counts(id);
    let elapsed = began.elapsed();
    worker.stop().await;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let (admitted, refused) = (counts.admitted as f64, counts.refused as f64);
    let used = admitted / (elapsed.as_secs_f64() * f64::from(ALLOWED));
    let refused = refused / (admitted + refused);
    println!("{id} {name}: {counts:?}, {:.1} % of the allowance in {elapsed:.1?}", used * 100.0);
    assert!(used >= 0.9, "{id} {name}: {used} of the allowance: {counts:?}");
    assert!(refused < 0.01, "{id} {name}: {refused} refused: {counts:?}");
    assert_eq!(counts.violations, 0, "{id} {name}: {counts:?}");
    assert!(elapsed < Duration::from_mins(2));
}
