//! Guarded deletes: what is missing by mistake must not be deleted.

use std::time::Duration;

use super::super::{bench::Bench, case::Case, fact::Facts};
use crate::support::wire::Mishap;
use rows::{Clock, checkpoint::Progress};

/// A window that comes back empty is not deleted before a second reading agrees, and stays when it does not.
pub async fn an_empty_window_is_not_believed_at_once(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.read().await;
    let before = bench.sink.dump();
    if !case.empty_windows(&bench.wire, true) {
        return; // Feeds delete by tombstones only: an empty list is no reason. See `what_is_missing…` below.
    }
    let is_suspected = || {
        bench.checkpoints().iter().any(|checkpoint| match &checkpoint.progress {
            Progress::Days(days) => days.suspect.is_some(),
            _ => false,
        })
    };
    let mut minutes = 0;
    while !is_suspected() {
        bench.killed_after(Duration::from_secs(5)).await;
        bench.clock.sleep(Duration::from_secs(55)).await;
        minutes += 1;
        assert!(minutes < 30, "an empty window was read and nobody wondered");
    }
    assert!(bench.sink.dump() == before, "rows were deleted after one reading");
    case.empty_windows(&bench.wire, false);
    bench.daemon(Duration::from_mins(20)).await;
    bench.assert_true("after the numbers came back");

    case.empty_windows(&bench.wire, true);
    bench.daemon(Duration::from_hours(26)).await;
    let left = bench.stored().len();
    case.empty_windows(&bench.wire, false);
    let all = bench.truth().len();
    assert!(left < all / 2, "two readings agreed, and still {left} of {all} rows are there");
}

/// One row of a page cannot be understood, another is missing: the others are stored, nothing is deleted.
pub async fn beside_an_unreadable_row_nothing_is_deleted(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.read().await;
    let before = bench.stored();
    bench.wire.set_tamper(move |path, body| {
        let Some(elements) = case.list(body) else { return };
        let mut spoilt = 0;
        elements.retain_mut(|element| {
            if spoilt < 2 && case.spoil(path, element, "seven") {
                spoilt += 1;
                // The first one cannot be read, the second one is left out.
                return spoilt == 1;
            }
            true
        });
    });
    let end = bench.once().await;
    assert!(end.failures.is_empty(), "a bad row stops nothing: {:#?}", end.failures);
    assert!(bench.quarantined() > 0, "nothing was set aside");
    // One that is left out gives those behind it other places, where places count what is delivered; and where it was the first
    // of two places, the second is told.
    let placeless = |mut facts: Facts| {
        for values in facts.values_mut() {
            values.remove("position");
            values.remove("added");
        }
        facts
    };
    let difference = super::super::fact::difference(&placeless(before), &placeless(bench.stored()));
    assert!(difference.is_empty(), "rows were lost:\n{difference}");
    bench.wire.end_tamper();
    bench.read().await;
    bench.assert_true("after the provider was mended");
}

/// A page breaks off: what it would have held stays.
pub async fn a_page_cut_short_deletes_nothing(case: &'static dyn Case) {
    let bench = Bench::new(case);
    bench.read().await;
    let before = bench.stored();
    // Longer than any call is retried: whole cycles fail.
    bench.wire.script("", [Mishap::Truncated; 30]);
    bench.daemon(Duration::from_mins(40)).await;
    let difference = super::super::fact::difference(&before, &bench.stored());
    assert!(difference.is_empty(), "rows were lost:\n{difference}");
    // Whole JSON without elements that says another page follows: it leads nowhere.
    let driver = bench.driver();
    let cut = async {
        bench.clock.sleep(Duration::from_mins(5)).await;
        bench.wire.set_tamper(move |_, body| {
            let Some(elements) = case.list(body) else { return };
            elements.clear();
            case.promise_more(body);
        });
        bench.clock.sleep(Duration::from_hours(1)).await;
        let difference = super::super::fact::difference(&before, &bench.stored());
        assert!(difference.is_empty(), "rows were lost to pages that lead nowhere:\n{difference}");
        bench.wire.end_tamper();
    };
    tokio::join!(driver.daemon(Duration::from_mins(66)), cut);
    bench.daemon(Duration::from_mins(40)).await;
    bench.assert_true("after the provider was mended");
}
