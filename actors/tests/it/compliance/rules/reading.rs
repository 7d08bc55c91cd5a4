//! What a complete reading gives.

use std::collections::BTreeMap;

use rows::checkpoint::Progress;

use super::super::{bench::Bench, case::Case};

/// Every object and every day that the imitation serves is in its table with exact values, and no page is asked for
/// twice.
pub async fn everything_is_read_once(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.read().await;
    assert_eq!(bench.quarantined(), 0, "set aside: {:#?}", bench.sink.0.lock().quarantined);
    bench.assert_true("after one reading");
    let mut asked: BTreeMap<String, u32> = BTreeMap::new();
    for seen in bench.wire.take_seen() {
        if !case.may_repeat(&seen) {
            *asked
                .entry(format!("{:?} {} {:?} {}", seen.method, seen.path, seen.query, seen.body))
                .or_default() += 1;
        }
    }
    for checkpoint in bench.checkpoints() {
        if let Progress::Feed(feed) = &checkpoint.progress {
            let since = Some(bench.spec.start_date);
            assert_eq!(feed.since, since, "{}: from when on everything was listed", checkpoint.stream);
        }
    }
    asked.retain(|_, times| *times > 1);
    assert!(asked.is_empty(), "asked for more than once: {asked:#?}");
}

/// Idempotent: nothing changes, not even how often a value changed.
pub async fn a_second_run_changes_nothing(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.read().await;
    let before = bench.sink.dump();
    bench.read().await;
    let after = bench.sink.dump();
    assert!(before == after, "a second run changed the tables");
}
