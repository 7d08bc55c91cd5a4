//! What a single run waits for, and what only looks leaves no trace.

use std::time::Duration;

use sandbox::Fault;

use crate::support::{Bench, instant};

/// Far less than the minute that the provider asks for.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(30);

/// Meta tells waits in whole minutes: a cycle waits for that inside itself, and the run's own limit must still hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_run_waits_no_longer_than_it_may() {
    let bench = Bench::new(61);
    bench.sandbox.script("meta_ads", "/", vec![Fault::Limited(Duration::from_mins(1)); 200]);
    let began = instant();
    let ended = bench.run(&["run", "--once", "--max-wait", "2s"]).await.expect(3);
    assert!(began.elapsed() < GIVEN_UP_WITHIN, "given up after {:?}", began.elapsed());
    // Which of both depends on how far it came.
    let reasons = ["the provider allows no requests until", "requests still waited for their turn"];
    let is_told = reasons.iter().any(|reason| ended.err.contains(&format!("label-a-meta: {reason}")));
    assert!(is_told, "{}", ended.err);
    assert!(!ended.err.contains("label-a-stripe: "), "{}", ended.err);
    bench.sandbox.clear_script("meta_ads");
    bench.run(&["run", "--once"]).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_look_make_no_database() {
    let bench = Bench::new(62);
    let checked = bench.run(&["check"]).await.expect(0);
    assert!(checked.out.contains("is not there yet"), "{}", checked.out);
    let status = bench.run(&["status"]).await.expect(0);
    assert!(status.out.contains("No connection has run yet"), "{}", status.out);
    assert!(!bench.dir.path().join("dynamoi.db").exists());
}
