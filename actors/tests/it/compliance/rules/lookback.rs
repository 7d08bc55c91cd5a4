//! What changes at the provider after it was read.

use std::time::Duration;

use super::super::{bench::Bench, case::Case};

/// Shortly before the days turn, in UTC and in the account that is changed …
const EVENING: &str = "2026-11-21T22:30:00Z";
/// … so that in this time every look-back comes round once.
const ROUND: Duration = Duration::from_hours(11);

/// Restated values overwrite.
pub async fn a_restated_value_overwrites(case: &'static dyn Case) {
    follow(case, |bench| case.restate(&bench.wire)).await;
}

/// What is new appears.
pub async fn an_added_row_appears(case: &'static dyn Case) {
    follow(case, |bench| case.add(&bench.wire)).await;
}

/// Rows and objects that the provider no longer shows go: deleted, or marked as removed.
pub async fn what_vanished_goes(case: &'static dyn Case) {
    follow(case, |bench| case.remove(&bench.wire)).await;
}

async fn follow(case: &'static dyn Case, change: impl FnOnce(&Bench)) {
    let bench = Bench::at(case, EVENING, 1);
    bench.read().await;
    let before = bench.truth();
    change(&bench);
    assert!(bench.truth() != before, "the change changes nothing: the case is of no use");
    let end = bench.daemon(ROUND).await;
    assert!(end.failures.is_empty(), "{:#?}", end.failures);
    bench.assert_true("after every look-back came round");
}
