//! A provider's budget of a day, kept by the worker in its database.

use std::time::Duration;

use dynamoi::Worker;
use sandbox::{
    Limit, Options, Sandbox,
    google::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
    google_ads::{FORBIDDEN, GoogleAds},
};

use crate::support::{Bench, PATIENCE};

const OPERATIONS: u32 = 12;

/// Google Ads alone, with this budget.
fn layer(bench: &Bench, operations: u32) -> String {
    let url = bench.sandbox.url("google_ads");
    format!(
        r#"
connections.label-a-meta.enabled = false
connections.label-a-stripe.enabled = false

[integrations.google_ads]
quota.app = {{ per_second = 2000, burst = 100 }}
quota.account = {{ per_second = 2000, burst = 100 }}
quota.project = {{ per_day = {operations} }}

[connections.label-a-google]
integration = "google_ads"
base_url = "{url}"
endpoints.token = "{url}/token"
accounts_exclude = ["{FORBIDDEN}"]
credentials = {{ client_id = "{CLIENT_ID}", client_secret = "{CLIENT_SECRET}", refresh_token = "{REFRESH_TOKEN}" }}
"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operations_of_a_day_last_over_restarts() {
    let mut bench = Bench::with(Sandbox::start(Options::default().seed(5).days(20)).unwrap());
    bench.sandbox.with_world(GoogleAds::freeze).unwrap();
    bench.layer = layer(&bench, OPERATIONS);
    bench.sandbox.set_limit("google_ads", Some(Limit::per(OPERATIONS, Duration::from_hours(24))));
    for _ in 0..2 {
        let mut worker =
            Worker::builder(bench.settings()).once(Duration::from_secs(1)).start().await.unwrap();
        let ended = tokio::time::timeout(PATIENCE, worker.finished()).await.unwrap();
        let statuses = worker.statuses().all();
        assert!(ended.finished.values().all(|ok| !ok), "{ended:?}");
        let words =
            format!("used {OPERATIONS} of {OPERATIONS} operations in 24 hours (quota.project); goes on at");
        let error = statuses[0].error.as_deref().unwrap_or_default();
        assert!(error.contains(&words), "{statuses:#?}");
        let counts = bench.sandbox.limit_counts("google_ads");
        assert_eq!((counts.admitted, counts.refused), (OPERATIONS.into(), 0));
        let parts = worker.exposition().scrape(false).unwrap();
        let shown: String = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
        let ratio = "dynamoi_quota_used_ratio{integration=\"google_ads\",scope=\"project_day\"} 1\n";
        assert!(shown.contains(ratio), "{shown}");
        worker.stop().await;
    }
    // With a larger budget it goes on at once.
    bench.sandbox.set_limit("google_ads", None);
    bench.layer = layer(&bench, 2_000);
    assert!(bench.once().await);
}
