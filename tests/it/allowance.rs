//! Providers that limit requests and say so in their own ways: hardly ever refused, never pressed, well used.

use std::time::Duration;

use dynamoi::Worker;
use rows::state::State;
use sandbox::{Limit, LimitCounts, Options, Sandbox, meta_ads, stripe};

use crate::support::{Bench, PATIENCE, instant, pause, until};

/// What every imitation here allows, requests a second.
const ALLOWED: u32 = 20;
/// Requests after which the counts are looked at.
const REQUESTS: u64 = 2_000;

/// Stripe says 429 and nothing else. Meta says 400 with code 80000 and minutes to wait, and tells with every answer how
/// much is used; it counts longer windows. All at once: each needs 100 seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_used_and_hardly_ever_exceeded() {
    let over = |period: Duration| Limit::per(ALLOWED * u32::try_from(period.as_secs()).unwrap(), period);
    // A sliding second would measure how evenly this machine lets processes run: late by 100 ms is one too many.
    let (second, seconds, minute) =
        (over(Duration::from_secs(1)), over(Duration::from_secs(5)), over(Duration::from_mins(1)));
    let (a, b, c, d) = tokio::join!(
        stripe_within("stripe, fixed", second.fixed()),
        stripe_within("stripe, sliding", seconds),
        meta_within("meta_ads, fixed", minute.fixed()),
        meta_within("meta_ads, sliding", minute),
    );
    for outcome in [a, b, c, d] {
        outcome.judge();
    }
}

/// What came of a limit.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    counts: LimitCounts,
    elapsed: Duration,
}

async fn stripe_within(name: &'static str, limit: Limit) -> Outcome {
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
        let all = worker.statuses().all();
        all.iter().all(|status| status.state == State::Idle).then_some(())
    })
    .await;
    // Each new customer is an event, and a request for the customer as it is now.
    bench
        .sandbox
        .with_world(|stripe: &mut stripe::Stripe| (0..REQUESTS).for_each(|_| drop(stripe.new_customer())))
        .unwrap();
    stays_within(&bench, worker, "stripe", limit, name).await
}

async fn meta_within(name: &'static str, limit: Limit) -> Outcome {
    let mut bench = Bench::with(Sandbox::start(Options::default().seed(3).days(60)).unwrap());
    bench.sandbox.with_world(meta_ads::MetaAds::freeze).unwrap();
    // Small pages: history alone is more than is asked here.
    bench.layer = format!(
        "connections.label-a-stripe.enabled = false\n\
         connections.label-a-meta.settings.page_size = 1\n\
         [integrations.meta_ads]\n\
         quota.app = {{ per_second = {ALLOWED}, burst = 1 }}\n"
    );
    // A single run: a daemon gives history half of the allowance only, the rest is for what is new.
    let worker = Worker::builder(bench.settings()).once(PATIENCE).start().await.unwrap();
    stays_within(&bench, worker, "meta_ads", limit, name).await
}

async fn stays_within(bench: &Bench, worker: Worker, id: &str, limit: Limit, name: &'static str) -> Outcome {
    let sandbox = &bench.sandbox;
    sandbox.set_limit(id, Some(limit));
    until("the first request", async || (sandbox.limit_counts(id).admitted > 0).then_some(())).await;
    let began = instant();
    let mut counts = sandbox.limit_counts(id);
    while counts.admitted < REQUESTS && began.elapsed() < PATIENCE {
        pause(Duration::from_millis(10)).await;
        counts = sandbox.limit_counts(id);
    }
    let elapsed = began.elapsed();
    worker.stop().await;
    Outcome { name, counts, elapsed }
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    fn judge(&self) {
        let (admitted, refused) = (self.counts.admitted as f64, self.counts.refused as f64);
        let used = admitted / (self.elapsed.as_secs_f64() * f64::from(ALLOWED));
        let refused = refused / (admitted + refused);
        println!("{}: {:.1} % used, {:.2} % refused", self.name, used * 100.0, refused * 100.0);
        assert!(self.counts.admitted >= REQUESTS, "{self:?}");
        assert!(used >= 0.9, "{used} of the allowance: {self:?}");
        assert!(refused < 0.01, "{refused} refused: {self:?}");
        assert_eq!(self.counts.violations, 0, "{self:?}");
    }
}
