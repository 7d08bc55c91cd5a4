//! Pages that lead nowhere end soon, in bounded requests, bytes and time; what was read stands as the rules say.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actors::limits;
use proptest::prelude::*;
use rows::{Row, Table, ads::REMOVED, state::State};

use crate::support::puppet::{Answer, EVENTS, NUMBERS, OBJECTS, Stage};

/// Two cursors that lead to each other are noticed when the first comes again.
#[tokio::test(start_paused = true)]
async fn a_circle_ends_at_the_first_cursor_that_comes_again() {
    for stream in [OBJECTS, EVENTS, NUMBERS] {
        let stage = Stage::new(&[stream], |asked| match asked.cursor.as_deref() {
            Some("a") => Answer::page([1, 2], Some("b")),
            Some(_) => Answer::page([3, 4], Some("a")),
            None => Answer::page([5], Some("a")),
        });
        let end = stage.driver.once().await;
        assert_eq!(end.finished, Some(false), "{stream}");
        assert!(end.failures.iter().all(|failure| failure.contains("same cursor twice")), "{end:#?}");
        let readings = end.failures.len();
        assert!(self::readings(stream).contains(&readings), "{stream}: {readings} readings");
        let asked = stage.take_asked().iter().filter(|asked| asked.what == stream).count();
        assert!(asked <= 3 * readings, "{stream}: {asked} requests for {readings} readings of two cursors");
    }
}

/// How often a single run reads what fails each time: days also in halves, in case one of them is to blame, and single days that
/// failed twice more.
fn readings(stream: &str) -> RangeInclusive<usize> {
    let least = usize::try_from(limits::FAILURES_IN_A_ROW_MAX).unwrap() + 1;
    if stream == NUMBERS { least..=least + 4 } else { 3..=3 }
}

/// Cursors that are always new, over pages that bring nothing new.
#[tokio::test(start_paused = true)]
async fn pages_that_bring_nothing_new_end() {
    for (stream, rows, most) in [
        (OBJECTS, vec![1, 2], 5),
        (EVENTS, vec![1, 2], 5),
        (NUMBERS, vec![1, 2], 5),
        (OBJECTS, Vec::new(), 1_001),
        (EVENTS, Vec::new(), 1_001),
        (NUMBERS, Vec::new(), 1_001),
    ] {
        let mut count = 0;
        let stage = Stage::new(&[stream], move |_| {
            count += 1;
            Answer::page(rows.clone(), Some(&format!("cursor {count}")))
        });
        let end = stage.driver.once().await;
        assert!(end.failures.iter().all(|failure| failure.contains("leads nowhere")), "{end:#?}");
        let asked = stage.take_asked().iter().filter(|asked| asked.what == stream).count();
        assert!(asked <= readings(stream).end() * most, "{stream}: {asked} requests");
    }
}

/// A list that moves while it is read repeats a page: that is no circle.
#[tokio::test(start_paused = true)]
async fn a_page_that_comes_again_is_no_circle() {
    for stream in [OBJECTS, EVENTS, NUMBERS] {
        let stage = Stage::new(&[stream], |asked| match asked.cursor.as_deref() {
            None => Answer::page([1, 2], Some("a")),
            Some("a") => Answer::page([1, 2], Some("b")),
            Some("b") => Answer::page([], Some("c")),
            _ => Answer::page([3], None),
        });
        let end = stage.driver.once().await;
        assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    }
}

/// Endless pages with names of a megabyte: bytes are bounded, and that is said.
#[tokio::test(start_paused = true)]
async fn endless_pages_of_large_names_end_by_their_bytes() {
    let mut count = 0;
    let stage = Stage::new(&[OBJECTS], move |asked| {
        count += 1;
        if asked.what == "check" {
            return Answer::page([], None);
        }
        Answer {
            name_bytes: 1_000_000,
            ..Answer::page(count * 10..count * 10 + 10, Some(&count.to_string()))
        }
    });
    let end = stage.driver.daemon(Duration::from_millis(1_700)).await;
    let error = end.status.error.unwrap_or_default();
    assert_eq!(end.status.state, State::BackingOff);
    assert!(error.contains("128 MiB of answers in one reading"), "{error}");
    // One reading, or a second one after the shortest delay.
    let pages = stage.take_asked().len();
    assert!((10..=40).contains(&pages), "{pages} pages of ten megabytes");
}

/// When the provider's own count moves while its pages are read, what is missing may only have slipped by.
#[tokio::test(start_paused = true)]
async fn where_the_count_moved_nothing_is_deleted() {
    for (stream, table) in [(NUMBERS, Table::AdPerformanceDaily), (OBJECTS, Table::AdAccounts)] {
        let now = Arc::new(AtomicU64::new(0));
        let reading = Arc::clone(&now);
        let stage = Stage::new(&[stream], move |asked| {
            let total = |total, answer: Answer| Answer { total: Some(total), ..answer };
            match (reading.load(Ordering::Relaxed), asked.cursor.as_deref()) {
                (1 | 2, None) => total(4, Answer::page([1, 2], Some("a"))),
                (1, _) => total(4, Answer::page([3, 4], None)),
                // In the second reading one goes between the pages: all behind it move up, and 3 slips by. In the third, in
                // peace, 2 is really gone.
                (_, None) => total(3, Answer::page([1, 3], Some("a"))),
                (..) => total(3, Answer::page([4], None)),
            }
        });
        let ids = || {
            let mut ids: Vec<String> = stage
                .sink
                .table("puppet", table)
                .into_iter()
                .filter_map(|row| match row {
                    Row::AdPerformance(row) => Some(row.campaign_id),
                    Row::AdAccount(row) if row.status.as_deref() == Some(REMOVED) => None,
                    Row::AdAccount(row) => Some(row.account_id),
                    _ => None,
                })
                .collect();
            ids.sort();
            ids.dedup();
            ids
        };
        for (reading, expected) in
            [(1, vec!["1", "2", "3", "4"]), (2, vec!["1", "2", "3", "4"]), (3, vec!["1", "3", "4"])]
        {
            now.store(reading, Ordering::Relaxed);
            let end = stage.driver.once().await;
            assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
            assert_eq!(ids(), expected, "{stream}, reading {reading}");
        }
    }
}

/// Where a page leads: to another of a few, to a new one for ever, or to the end.
#[derive(Debug, Clone, Copy)]
enum Leads {
    To(usize),
    On,
    End,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any set of pages ends: cursors that repeat, circle or lead nowhere, empty pages, totals that lie.
    #[test]
    fn any_set_of_pages_ends(
        stream in prop_oneof![Just(OBJECTS), Just(EVENTS), Just(NUMBERS)],
        pages in proptest::collection::vec(
            (
                proptest::collection::vec(0_u64..6, 0..4),
                prop_oneof![(0_usize..8).prop_map(Leads::To), Just(Leads::On), Just(Leads::End)],
                proptest::option::of(0_u64..10),
            ),
            1..8,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async move {
            let mut count = 0_u64;
            let stage = Stage::new(&[stream], move |asked| {
                count += 1;
                let place = asked.cursor.as_deref().and_then(|cursor| cursor.split(' ').next());
                let place = place.and_then(|place| place.parse::<usize>().ok()).unwrap_or(0);
                let (rows, leads, total) = &pages[place % pages.len()];
                let next = match leads {
                    Leads::To(place) => Some(format!("{place}")),
                    Leads::On => Some(format!("{} {count}", place + 1)),
                    Leads::End => None,
                };
                Answer { total: *total, ..Answer::page(rows.iter().copied(), next.as_deref()) }
            });
            let end = stage.driver.once().await;
            assert!(end.finished.is_some());
            assert_eq!(end.panics, 0);
            let asked = stage.take_asked().len();
            // Some tries, two lanes, a thousand empty pages in a row at most.
            assert!(asked < 2 * readings(stream).end() * 1_010 + 10, "{asked} requests");
            assert!(end.finished == Some(true) || !end.failures.is_empty(), "ended badly without a word");
        });
    }
}
