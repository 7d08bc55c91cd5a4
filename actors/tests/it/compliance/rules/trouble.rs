//! Passing trouble: retried, then backed off, and the tables are right in the end.

use std::time::Duration;

use rows::{
    Clock,
    checkpoint::{Checkpoint, Progress},
    state::State,
};

use super::super::{bench::Bench, case::Case};
use crate::support::wire::Mishap;

/// Everything that goes wrong once is tried again within the call.
pub async fn passing_errors_are_retried(case: &'static dyn Case) {
    let bench = Bench::new(case);
    let mishaps = [
        Mishap::Status(500),
        Mishap::Status(503),
        Mishap::Truncated,
        Mishap::Html,
        Mishap::Hangs,
        Mishap::Refused,
    ];
    for (place, mishap) in mishaps.into_iter().enumerate() {
        // Each in front of another request: the check's is the first.
        bench.wire.script("", vec![mishap; 1 + place % 2]);
        let end = bench.once().await;
        assert!(end.failures.is_empty(), "{mishap:?}: {:#?}", end.failures);
    }
    bench.assert_true("after single mishaps");
}

/// With one exchange in seven going wrong, a complete reading still ends equal to the truth.
pub async fn a_bad_line_loses_nothing(case: &'static dyn Case) {
    for seed in 0..4 {
        let bench = Bench::at(case, super::super::bench::NOON, seed);
        bench.wire.set_hazard(0.15);
        let end = bench.daemon(Duration::from_mins(90)).await;
        assert_eq!(end.panics, 0);
        bench.wire.set_hazard(0.0);
        bench.daemon(Duration::from_mins(40)).await;
        bench.assert_true("after a bad line");
    }
}

/// A provider that is down from the start, or goes down, is asked less and less, visibly, and read again when it is up.
pub async fn a_provider_that_is_down_is_backed_off_from(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.wire.set_hazard(1.0);
    let end = bench.daemon(Duration::from_hours(6)).await;
    assert_eq!(end.status.state, State::BackingOff, "{:?}", end.status);
    assert!(end.status.error.is_some(), "nothing says what is wrong");
    // One thing to try: the check.
    assert_few(&bench, 1, 6);

    bench.wire.set_hazard(0.0);
    let driver = bench.driver();
    let down = async {
        bench.clock.sleep(Duration::from_mins(30)).await;
        bench.assert_true("half an hour after the provider came up");
        bench.wire.set_hazard(1.0);
        bench.wire.take_seen();
        bench.clock.sleep(Duration::from_hours(6)).await;
        assert_few(&bench, things(&bench) + 1, 6);
        bench.wire.set_hazard(0.0);
    };
    let (end, ()) = tokio::join!(driver.daemon(Duration::from_hours(7)), down);
    assert_eq!(end.panics, 0);
    bench.assert_true("half an hour after the provider came back");
}

/// What is tried by itself: streams, and the two halves of a window that fails.
fn things(bench: &Bench) -> usize {
    let of = |checkpoint: &Checkpoint| if matches!(checkpoint.progress, Progress::Days(_)) { 2 } else { 1 };
    bench.checkpoints().iter().map(of).sum()
}

/// Four attempts a try; a quarter of an hour between tries at most, half of that on average; and the way there.
fn assert_few(bench: &Bench, things: usize, hours: usize) {
    let requests = bench.wire.take_seen().len();
    let allowed = things * (hours * 4 * 10 + 40);
    assert!(requests <= allowed, "{requests} requests in {hours} hours to a provider that is down");
}
