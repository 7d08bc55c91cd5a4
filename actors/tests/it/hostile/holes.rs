//! Days for which a provider never answers, among others for which it does.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::civil::date;
use parking_lot::Mutex;
use proptest::prelude::*;
use rows::{Clock, Day, DayRange, Row, Table, state::State};

use crate::support::puppet::{Answer, Asked, NUMBERS, OBJECTS, Stage, TOO_LARGE};

/// What the puppet reads: from its start date to today.
fn history() -> DayRange {
    DayRange::new(date(2026, 11, 12), date(2026, 11, 21)).unwrap()
}

/// Answers this status where one of these days is asked for.
fn refusing(bad: impl Fn() -> BTreeSet<Day> + Send, status: u16) -> impl FnMut(&Asked) -> Answer + Send {
    move |asked| {
        let bad = bad();
        match asked.days {
            Some((first, last)) if bad.iter().any(|day| first <= *day && *day <= last) => {
                Answer::status(status, &[])
            }
            _ => Answer::page([1], None),
        }
    }
}

fn stored_days(stage: &Stage) -> BTreeSet<Day> {
    let rows = stage.sink.table("puppet", Table::AdPerformanceDaily);
    rows.iter().filter_map(Row::day).collect()
}

fn others(bad: &BTreeSet<Day>) -> BTreeSet<Day> {
    history().days().filter(|day| !bad.contains(day)).collect()
}

#[tokio::test(start_paused = true)]
async fn one_day_hides_no_other_and_is_read_when_it_can_be() {
    for status in [400, 500] {
        let bad = Arc::new(Mutex::new(BTreeSet::from([date(2026, 11, 18)])));
        let now = Arc::clone(&bad);
        let stage = Stage::new(&[NUMBERS, OBJECTS], refusing(move || now.lock().clone(), status));
        let end = stage.driver.daemon(Duration::from_hours(10)).await;
        assert_eq!(stored_days(&stage), others(&bad.lock()), "status {status}");
        assert_eq!(end.status.state, State::BackingOff);
        let error = end.status.error.clone().unwrap_or_default();
        assert!(
            error.contains("2026-11-18 cannot be read") && error.contains("other days are read"),
            "{error}"
        );
        let numbers = end.status.streams.iter().find(|stream| stream.stream == NUMBERS).unwrap();
        assert_eq!(numbers.state, State::BackingOff);
        // The hole is asked for with growing delays, the others as ever.
        let asked = stage.take_asked();
        let fresh =
            asked.iter().filter(|asked| asked.days.is_some_and(|(_, last)| last == date(2026, 11, 21)));
        assert!(fresh.count() >= 38, "fresh days are read every quarter of an hour");
        let hole = asked.iter().filter(|asked| asked.days.is_some_and(|(first, last)| first == last));
        assert!(hole.count() < 120 * 4, "a failed cycle tries four times");

        bad.lock().clear();
        let end = stage.driver.daemon(Duration::from_hours(1)).await;
        assert_eq!(stored_days(&stage), history().days().collect());
        assert_eq!((end.status.state, end.status.error), (State::Idle, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_run_reads_the_other_days_and_says_that_one_is_missing() {
    let bad = BTreeSet::from([date(2026, 11, 14), date(2026, 11, 20)]);
    let days = bad.clone();
    let stage = Stage::new(&[NUMBERS], refusing(move || days.clone(), 500));
    let end = stage.driver.once().await;
    assert_eq!(end.finished, Some(false));
    assert_eq!(stored_days(&stage), others(&bad));
    assert!(end.status.error.unwrap_or_default().contains("2026-11-20"));
}

/// An answer that is larger than is read is not asked for again: less is, and one day that is too large hides no other.
#[tokio::test(start_paused = true)]
async fn a_window_whose_answer_is_too_large_is_read_in_smaller_ones() {
    let stage = Stage::new(&[NUMBERS], |asked| match asked.days {
        Some((first, last)) if first != last => Answer::status(TOO_LARGE, &[]),
        Some((day, _)) if day == date(2026, 11, 18) => Answer::status(TOO_LARGE, &[]),
        _ => Answer::page([1], None),
    });
    let end = stage.driver.once().await;
    assert_eq!(stored_days(&stage), others(&BTreeSet::from([date(2026, 11, 18)])));
    assert_eq!(end.finished, Some(false));
    let error = end.status.error.unwrap_or_default();
    assert!(error.contains("2026-11-18 cannot be read") && error.contains("alone is too much"), "{error}");
}

/// Where no day can be read, it is the provider that is down: no more is asked for than before days were set aside.
#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_is_backed_off_from() {
    let bad = Arc::new(Mutex::new(history().days().collect::<BTreeSet<_>>()));
    let now = Arc::clone(&bad);
    let stage = Stage::new(&[NUMBERS], refusing(move || now.lock().clone(), 500));
    // The day turns for the account after seventeen hours.
    let end = stage.driver.daemon(Duration::from_hours(16)).await;
    assert_eq!(end.status.state, State::BackingOff);
    let cycles = stage.take_asked().len() / 4;
    assert!(cycles < 220, "{cycles} cycles of four attempts in sixteen hours");
    bad.lock().clear();
    stage.driver.daemon(Duration::from_hours(1)).await;
    assert_eq!(stored_days(&stage), history().days().collect());

    // A single run gives up soon, also where the newest days are to be had.
    for answers_from in [date(2026, 11, 20), date(2027, 1, 1)] {
        let stage = Stage::new(&[NUMBERS], move |asked| match asked.days {
            Some((first, _)) if first < answers_from => Answer::status(500, &[]),
            _ => Answer::page([1], None),
        });
        let began = stage.clock.elapsed();
        assert_eq!(stage.driver.once().await.finished, Some(false));
        let took = stage.clock.elapsed().saturating_sub(began);
        let cycles = stage.take_asked().len() / 4;
        // Seven tell of the provider; single days that were found by then fail up to twice more, as their delays have it.
        assert!((7..=15).contains(&cycles) && took < Duration::from_mins(2), "{cycles} cycles in {took:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever days are not to be had: a daemon reads all others, and so does a single run where they are few.
    #[test]
    fn any_days_missing_leave_the_others(bad in prop::collection::btree_set(0_i64..10, 0..8), is_final in any::<bool>()) {
        let bad: BTreeSet<Day> = bad.into_iter().map(|day| rows::day::plus_days(history().first, day)).collect();
        let status = if is_final { 400 } else { 500 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let days = bad.clone();
            let stage = Stage::new(&[NUMBERS], refusing(move || days.clone(), status));
            stage.driver.daemon(Duration::from_hours(12)).await;
            assert_eq!(stored_days(&stage), others(&bad));
            let bad: BTreeSet<Day> = bad.into_iter().take(2).collect();
            let days = bad.clone();
            let stage = Stage::new(&[NUMBERS], refusing(move || days.clone(), status));
            let end = stage.driver.once().await;
            assert_eq!(end.finished, Some(bad.is_empty()));
            assert_eq!(stored_days(&stage), others(&bad));
        });
    }
}
