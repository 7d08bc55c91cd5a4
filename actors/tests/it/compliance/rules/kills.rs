//! Kills: the worker dies between any two awaits.

use std::{collections::BTreeMap, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rows::Clock;

use super::super::{
    bench::{Bench, NOON},
    case::Case,
};
use crate::support::wire::Seen;

/// Killed at any moment and started again: the tables end equal to the truth, and what was read twice is at most one
/// page, window or set for each cycle that was cut off.
pub async fn a_kill_loses_nothing_and_costs_a_page(case: &'static dyn Case) {
    for seed in 0..20 {
        let mut random = StdRng::seed_from_u64(seed);
        let bench = Bench::at(case, NOON, seed);
        bench.sink.0.lock().slow = Some(bench.clock.clone());
        let kills = 12;
        for _ in 0..kills {
            bench.killed_after(Duration::from_millis(random.random_range(1..4_000))).await;
        }
        // Short enough that nothing is due again by itself.
        let end = bench.daemon(Duration::from_mins(5)).await;
        assert!(bench.clock.elapsed() < Duration::from_mins(10));
        assert!(end.failures.is_empty(), "seed {seed}: {:#?}", end.failures);
        bench.assert_true(&format!("seed {seed}: after {kills} kills"));

        let seen = bench.wire.take_seen();
        assert_pages_stay_read(case, &seen);
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        let mut sets: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for seen in seen {
            let request = format!("{} {:?}", seen.path, seen.query);
            match case.set(&seen) {
                Some(set) if !case.may_repeat(&seen) => {
                    *sets.entry(set).or_default().entry(request).or_default() += 1;
                }
                None if !case.is_cheap_after_kill(&seen) => *asked.entry(request).or_default() += 1,
                _ => {}
            }
        }
        // A set was begun as often as its most frequent request was sent.
        let begun = sets.values().filter_map(|requests| requests.values().max());
        let repeated: usize = asked.values().chain(begun).map(|times| times - 1).sum();
        let allowed = kills * actors::limits::CYCLES_PER_CONNECTION_MAX;
        assert!(repeated <= allowed, "seed {seed}: {repeated} pages or sets read again after {kills} kills");
    }
}

/// A page of a feed is stored, with its token, before the next one is asked for: it is never asked for again, kill or no
/// kill.
fn assert_pages_stay_read(case: &'static dyn Case, seen: &[Seen]) {
    let mut feeds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in seen {
        let Some(cursor) = case.feed_cursor(seen) else { continue };
        let (cursors, rest): (Vec<_>, Vec<_>) = seen.query.iter().partition(|(name, _)| name == cursor);
        let cursor = cursors.first().map(|(_, value)| value.clone()).unwrap_or_default();
        let pages = feeds.entry(format!("{} {rest:?}", seen.path)).or_default();
        match pages.iter().position(|page| *page == cursor) {
            None => pages.push(cursor),
            Some(place) => {
                assert_eq!(place + 1, pages.len(), "{} went back to the page after {cursor:?}", seen.path);
            }
        }
    }
}
