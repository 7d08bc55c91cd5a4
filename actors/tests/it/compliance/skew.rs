//! A rule of the engine, for all providers at once: where clocks disagree, the slower one says what day it is.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rows::state::State;

use super::{bench::Bench, cases::meta_ads};

const BERLIN: &str = "2345678901234567";

/// The provider's clock is an hour behind: while only ours has passed midnight, the new day is not asked for and the
/// old one is not complete; and nothing is asked for more often than ever.
#[tokio::test(start_paused = true)]
async fn the_turn_of_the_day_waits_for_the_slower_clock() {
    // Half past eleven in Berlin.
    let mut bench = Bench::at(&meta_ads::CASE, "2026-11-21T22:30:00Z", 1);
    bench.spec.accounts = vec![BERLIN.to_owned()];
    bench.wire.set_date_skew(Some(SignedDuration::from_hours(-1)));
    bench.daemon(Duration::from_mins(5)).await;
    bench.wire.take_seen();

    let end = bench.daemon(Duration::from_mins(80)).await;
    let seen = bench.wire.take_seen();
    assert!(seen.len() < 150, "{} requests in 80 minutes", seen.len());
    let asks_for_the_22nd = |seen: &[crate::support::wire::Seen]| {
        seen.iter().any(|seen| seen.query.iter().any(|(_, value)| value.contains("2026-11-22")))
    };
    assert!(!asks_for_the_22nd(&seen), "the new day was asked for before the provider had one");
    let midnight: Timestamp = "2026-11-21T23:00:00Z".parse().unwrap();
    for shown in end.status.streams.iter().filter(|shown| shown.stream.ends_with("insights")) {
        assert!(shown.data_through < Some(midnight), "{}: {:?}", shown.stream, shown.data_through);
    }

    // Ten to one by our clock, ten to twelve by the provider's: half an hour later both agree.
    let end = bench.daemon(Duration::from_mins(30)).await;
    assert!(asks_for_the_22nd(&bench.wire.take_seen()), "the new day is not asked for");
    assert_eq!(end.status.state, State::Idle, "{:?}", end.status.error);
}

/// A single run ends, whatever the provider's clock says.
#[tokio::test(start_paused = true)]
async fn a_single_run_ends_beside_a_slow_clock() {
    let bench = Bench::new(&meta_ads::CASE);
    bench.wire.set_date_skew(Some(SignedDuration::from_mins(-40)));
    bench.read().await;
    assert!(bench.wire.take_seen().len() < 200);
    bench.assert_true("beside a slow clock");
}
