//! Passing trouble: retried, then backed off, and the tables are right in the end.

use std::time::Duration;

use rows::state::State;

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
        bench.read().await;
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

/// A provider that is down is asked less and less, visibly, and read again as soon as it is up.
pub async fn a_provider_that_is_down_is_backed_off_from(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.wire.set_hazard(1.0);
    let end = bench.daemon(Duration::from_hours(6)).await;
    assert_eq!(end.condition.state, State::BackingOff, "{:?}", end.condition);
    assert!(end.condition.error.is_some(), "nothing says what is wrong");
    bench.wire.take_seen();
    let end = bench.daemon(Duration::from_hours(6)).await;
    // Four attempts a try, four tries an hour, one thing to try: the check; and the way there.
    let requests = bench.wire.take_seen().len();
    assert!(requests <= 6 * 4 * 4 * 2 + 40, "{requests} requests in six hours to a provider that is down");
    assert_eq!(end.panics, 0);
    bench.wire.set_hazard(0.0);
    bench.daemon(Duration::from_mins(30)).await;
    bench.assert_true("half an hour after the provider came back");
}
