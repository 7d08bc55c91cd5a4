//! Requests for days that cannot be read end at once and say why, and what can be read.

use std::time::Duration;

use jiff::{Timestamp, civil::date};
use rows::{DayRange, sink::BackfillRequest};

use crate::support::puppet::{Answer, EVENTS, NUMBERS, OBJECTS, Stage};

fn request(first: (i16, i8, i8), last: (i16, i8, i8)) -> BackfillRequest {
    let day = |(year, month, day)| date(year, month, day);
    let requested_at: Timestamp = "2026-11-21T12:00:01Z".parse().unwrap();
    BackfillRequest { id: 7, days: DayRange::new(day(first), day(last)).unwrap(), requested_at }
}

/// Asks for these days on a connection of these streams; gives how the request ended, and how many days were left when it
/// was last looked at.
async fn ask(streams: &[&'static str], request: BackfillRequest) -> (Option<String>, Option<u32>) {
    let mut stage = Stage::new(streams, |_| Answer::page([1], None));
    stage.driver.backfills = vec![request];
    stage.driver.daemon(Duration::from_mins(1)).await;
    let stored = stage.sink.0.lock();
    (stored.backfills_ended.get(&7).cloned(), stored.backfills_left.get(&7).copied())
}

#[tokio::test(start_paused = true)]
async fn days_that_the_provider_does_not_keep() {
    let (ended, left) = ask(&[NUMBERS], request((2026, 1, 1), (2026, 1, 31))).await;
    let reason = ended.unwrap();
    assert!(reason.contains("numbers: the provider keeps no day before 2026-10-23"), "{reason}");
    assert_eq!(left, None, "nothing was read");
    // What it keeps is read, and then it is said what it does not.
    let (ended, left) = ask(&[NUMBERS], request((2026, 10, 1), (2026, 11, 20))).await;
    assert!(ended.unwrap().contains("no day before 2026-10-23"));
    assert!(left.is_some_and(|left| left > 0));
    assert_eq!(ask(&[NUMBERS], request((2026, 11, 1), (2026, 11, 20))).await, (None, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn days_that_have_not_begun_and_connections_without_days() {
    let (ended, _) = ask(&[NUMBERS], request((2027, 1, 1), (2027, 1, 2))).await;
    assert!(ended.unwrap().contains("not begun"));
    let (ended, _) = ask(&[OBJECTS], request((2026, 11, 1), (2026, 11, 2))).await;
    assert!(ended.unwrap().contains("puppet has no days to read again"));
    // A feed lists the past again.
    assert_eq!(ask(&[EVENTS], request((2026, 11, 1), (2026, 11, 2))).await, (None, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_permitted() {
    let mut stage = Stage::new(&[NUMBERS], |asked| match asked.what.as_str() {
        NUMBERS => Answer::status(403, &[]),
        _ => Answer::page([1], None),
    });
    stage.driver.backfills = vec![request((2026, 11, 1), (2026, 11, 2))];
    stage.driver.daemon(Duration::from_mins(1)).await;
    let ended = stage.sink.0.lock().backfills_ended.get(&7).cloned();
    assert!(ended.unwrap().contains("numbers: not permitted: grant it"));
}
