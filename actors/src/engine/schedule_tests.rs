//! What is due, against a plain reading of the rules.

use jiff::civil::date;
use proptest::prelude::*;
use rows::{Currency, checkpoint::ReadRange};

use super::schedule::*;
use crate::{
    page::Lane,
    stream::{DAILY, Days, FRESH, Feed, Kind, QUARTER_DAY, Relist, Snapshot, Stream, Tier},
};
use jiff::{SignedDuration, Timestamp};
use rows::{
    Day, DayRange, Table,
    checkpoint::{Checkpoint, DaysProgress, FeedProgress, Forbidden, Progress, Resume, SnapshotProgress},
    day::{day_at, days_between, plus_days, start_of},
    sink::BackfillRequest,
};

fn insights() -> Stream {
    Stream {
        name: "insights",
        tables: &[Table::AdPerformanceDaily],
        enabled: true,
        kind: Kind::Days(Days {
            level: Some("campaign"),
            tiers: vec![
                Tier { days: 2, every: FRESH },
                Tier { days: 3, every: QUARTER_DAY },
                Tier { days: 28, every: DAILY },
            ],
            settling: SignedDuration::from_hours(72),
            window_days_max: 7,
            history_days_max: Some(1_000),
        }),
    }
}

fn checkpoint(zone: &str, ranges: Vec<ReadRange>) -> Checkpoint {
    Checkpoint {
        account_id: "1".to_owned(),
        stream: "insights".to_owned(),
        time_zone: zone.to_owned(),
        currency: Currency::parse("USD").ok(),
        progress: Progress::Days(DaysProgress { ranges, ..DaysProgress::default() }),
        forbidden: None,
    }
}

fn plan<'a>(stream: &'a Stream, start: Day, now: &str) -> Plan<'a> {
    let now = now.parse().unwrap();
    let lag = SignedDuration::ZERO;
    Plan { stream, start, now, lag, once_since: None, backfills: &[], poll_requested_at: None, news_at: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn days(first: Day, last: Day) -> DayRange {
    DayRange::new(first, last).unwrap()
}

#[test]
fn requests_are_dated_by_our_own_clock_and_readings_by_the_slower_one() {
    let stream = insights();
    // Asked for at noon, read five minutes later: by a clock that is an hour behind.
    let read = vec![ReadRange {
        days: days(date(2026, 11, 23), date(2026, 11, 24)),
        read_at: at("2026-11-24T11:05:00Z"),
        missing: false,
    }];
    let asked = Some(at("2026-11-24T12:00:00Z"));
    let start = date(2026, 11, 23);
    let without_lag = Plan { poll_requested_at: asked, ..plan(&stream, start, "2026-11-24T11:06:00Z") };
    assert_eq!(due(&checkpoint("UTC", read.clone()), &without_lag).len(), 1);
    let plan = Plan { lag: SignedDuration::from_hours(1), ..without_lag };
    assert_eq!(due(&checkpoint("UTC", read), &plan), []);
}

#[test]
fn an_empty_checkpoint_reads_the_newest_first_and_history_last() {
    let stream = insights();
    let works = due(&checkpoint("UTC", vec![]), &plan(&stream, date(2026, 9, 1), "2026-11-24T12:00:00Z"));
    let first = works.first().unwrap();
    assert_eq!(
        *first,
        Work::Window { days: days(date(2026, 11, 23), date(2026, 11, 24)), reason: Reason::Fresh }
    );
    assert!(works.iter().skip(1).all(|work| matches!(work, Work::Window { reason: Reason::Backfill, .. })));
    let total: u32 =
        works.iter().map(|work| if let Work::Window { days, .. } = work { days.len_days() } else { 0 }).sum();
    assert_eq!(total, 30 + 31 + 24);
    let Some(Work::Window { days: oldest, .. }) = works.last() else { panic!("no windows") };
    assert_eq!(oldest.first, date(2026, 9, 1));
}

#[test]
fn only_what_a_tier_asks_for_is_read_again() {
    let stream = insights();
    let read = |read_at| {
        vec![ReadRange { days: days(date(2026, 9, 1), date(2026, 11, 24)), read_at, missing: false }]
    };
    let start = date(2026, 9, 1);
    let after_ten = due(
        &checkpoint("UTC", read(at("2026-11-24T12:00:00Z"))),
        &plan(&stream, start, "2026-11-24T12:10:00Z"),
    );
    assert_eq!(after_ten, []);
    let after_fifteen = due(
        &checkpoint("UTC", read(at("2026-11-24T12:00:00Z"))),
        &plan(&stream, start, "2026-11-24T12:15:00Z"),
    );
    assert_eq!(
        after_fifteen,
        [Work::Window { days: days(date(2026, 11, 23), date(2026, 11, 24)), reason: Reason::Fresh }]
    );
    let after_six_hours = due(
        &checkpoint("UTC", read(at("2026-11-24T12:00:00Z"))),
        &plan(&stream, start, "2026-11-24T18:00:00Z"),
    );
    assert_eq!(
        after_six_hours,
        [Work::Window { days: days(date(2026, 11, 22), date(2026, 11, 24)), reason: Reason::Fresh }]
    );
}

#[test]
fn the_whole_attribution_window_is_due_when_the_accounts_day_turns() {
    let stream = insights();
    let zone = "America/Los_Angeles";
    // Read a minute before midnight in Los Angeles …
    let read = vec![ReadRange {
        days: days(date(2026, 9, 1), date(2026, 11, 23)),
        read_at: at("2026-11-24T07:59:00Z"),
        missing: false,
    }];
    let before =
        due(&checkpoint(zone, read.clone()), &plan(&stream, date(2026, 9, 1), "2026-11-24T07:59:30Z"));
    assert_eq!(before, []);
    // … and two minutes later the deep tier absorbs the shallow ones.
    let after = due(&checkpoint(zone, read), &plan(&stream, date(2026, 9, 1), "2026-11-24T08:01:00Z"));
    assert_eq!(after.len(), 4);
    assert_eq!(
        after[0],
        Work::Window { days: days(date(2026, 11, 18), date(2026, 11, 24)), reason: Reason::Fresh }
    );
    assert_eq!(
        after[3],
        Work::Window { days: days(date(2026, 10, 28), date(2026, 11, 3)), reason: Reason::Deep }
    );
}

#[test]
fn a_hole_is_a_gap_and_goes_before_history() {
    let stream = insights();
    let read_at = at("2026-11-24T12:00:00Z");
    let read = vec![
        ReadRange { days: days(date(2026, 9, 20), date(2026, 9, 25)), read_at, missing: false },
        ReadRange { days: days(date(2026, 10, 1), date(2026, 11, 24)), read_at, missing: false },
    ];
    let works = due(&checkpoint("UTC", read), &plan(&stream, date(2026, 9, 15), "2026-11-24T12:01:00Z"));
    assert_eq!(
        works,
        [
            Work::Window { days: days(date(2026, 9, 26), date(2026, 9, 30)), reason: Reason::Gap },
            Work::Window { days: days(date(2026, 9, 15), date(2026, 9, 19)), reason: Reason::Backfill },
        ]
    );
}

#[test]
fn a_report_in_progress_is_waited_for_alone() {
    let stream = insights();
    let mut waiting = checkpoint("UTC", vec![]);
    let window = days(date(2026, 11, 1), date(2026, 11, 1));
    if let Progress::Days(progress) = &mut waiting.progress {
        progress.resume = Some(Resume {
            days: Some(window),
            token: "7".to_owned(),
            not_before: at("2026-11-24T12:00:30Z"),
        });
    }
    assert_eq!(due(&waiting, &plan(&stream, date(2026, 9, 1), "2026-11-24T12:00:00Z")), []);
    assert_eq!(
        due(&waiting, &plan(&stream, date(2026, 9, 1), "2026-11-24T12:00:30Z")),
        [Work::Window { days: window, reason: Reason::Report }]
    );
}

#[test]
fn a_clock_that_was_ahead_does_not_stop_polling() {
    let stream = insights();
    let read = vec![ReadRange {
        days: days(date(2026, 9, 1), date(2026, 11, 24)),
        read_at: at("2027-03-01T00:00:00Z"),
        missing: false,
    }];
    let works = due(&checkpoint("UTC", read), &plan(&stream, date(2026, 9, 1), "2026-11-24T12:00:00Z"));
    assert!(!works.is_empty());
}

#[test]
fn what_the_provider_forbids_is_asked_for_hourly() {
    let stream = insights();
    let mut refused = checkpoint("UTC", vec![]);
    refused.forbidden = Some(Forbidden { advice: "grant it".to_owned(), since: at("2026-11-24T12:00:00Z") });
    assert_eq!(due(&refused, &plan(&stream, date(2026, 9, 1), "2026-11-24T12:59:00Z")), []);
    assert!(!due(&refused, &plan(&stream, date(2026, 9, 1), "2026-11-24T13:00:00Z")).is_empty());
}

#[test]
fn what_was_read_before_it_was_forbidden_is_not_due_sooner_for_that() {
    let stream = Stream {
        name: "playlists",
        tables: &[Table::Playlists],
        enabled: true,
        kind: Kind::Snapshot(Snapshot { every: QUARTER_DAY, vanishing: None }),
    };
    let progress =
        SnapshotProgress { read_at: Some(at("2026-11-24T11:50:00Z")), ..SnapshotProgress::default() };
    let forbidden = Forbidden { advice: "grant it".to_owned(), since: at("2026-11-24T12:00:00Z") };
    let refused = Checkpoint {
        progress: Progress::Snapshot(progress),
        forbidden: Some(forbidden),
        ..checkpoint("UTC", vec![])
    };
    for (now, is_due) in
        [("2026-11-24T12:30:00Z", false), ("2026-11-24T13:30:00Z", false), ("2026-11-24T17:50:00Z", true)]
    {
        let plan = plan(&stream, date(2026, 9, 1), now);
        assert_eq!(!due(&refused, &plan).is_empty(), is_due, "{now}");
        // Else nothing is done, again and again, until something is.
        assert_eq!(next_at(&refused, &plan) <= plan.now, is_due, "{now}");
    }
}

#[test]
fn a_feed_is_followed_and_listed_again_once_a_day() {
    let stream = Stream {
        name: "charges",
        tables: &[Table::Payments],
        enabled: true,
        kind: Kind::Feed(Feed { every: FRESH, relist: Some(Relist { days: Some(35), every: DAILY }) }),
    };
    let feed = |caught_up: Option<&str>, relisted: Option<&str>| Checkpoint {
        progress: Progress::Feed(FeedProgress {
            caught_up_at: caught_up.map(at),
            relisted_at: relisted.map(at),
            ..FeedProgress::default()
        }),
        ..checkpoint("UTC", vec![])
    };
    let start = date(2026, 1, 1);
    let tail = Work::Feed { lane: Lane::Tail, start };
    let now = "2026-11-24T00:10:00Z";
    assert_eq!(due(&feed(None, None), &plan(&stream, start, now)), std::slice::from_ref(&tail));
    let relist = Work::Feed { lane: Lane::Relist, start: date(2026, 10, 20) };
    let works =
        due(&feed(Some("2026-11-24T00:00:00Z"), Some("2026-11-23T23:00:00Z")), &plan(&stream, start, now));
    assert_eq!(works, [relist]);
    let works =
        due(&feed(Some("2026-11-23T23:50:00Z"), Some("2026-11-24T00:00:00Z")), &plan(&stream, start, now));
    assert_eq!(works, [tail]);
}

#[test]
fn news_are_read_soon_once_and_only_by_feeds() {
    let stream = Stream {
        name: "charges",
        tables: &[Table::Payments],
        enabled: true,
        kind: Kind::Feed(Feed { every: FRESH, relist: None }),
    };
    let caught_up = |time: &str| Checkpoint {
        progress: Progress::Feed(FeedProgress { caught_up_at: Some(at(time)), ..FeedProgress::default() }),
        ..checkpoint("UTC", vec![])
    };
    let start = date(2026, 1, 1);
    let news = |now| Plan { news_at: Some(at("2026-11-24T12:00:02Z")), ..plan(&stream, start, now) };
    let before = caught_up("2026-11-24T12:00:00Z");
    assert_eq!(due(&before, &news("2026-11-24T12:00:04Z")), [], "a moment later, for there may be more");
    assert_eq!(next_at(&before, &news("2026-11-24T12:00:04Z")), at("2026-11-24T12:00:05Z"));
    let works = due(&before, &news("2026-11-24T12:00:05Z"));
    assert_eq!(works, [Work::Feed { lane: Lane::Tail, start }]);
    let after = caught_up("2026-11-24T12:00:05Z");
    assert_eq!(due(&after, &news("2026-11-24T12:01:00Z")), [], "they are read");
    assert_eq!(next_at(&after, &news("2026-11-24T12:01:00Z")), at("2026-11-24T12:15:05Z"));
    let insights = insights();
    let days = checkpoint(
        "UTC",
        vec![ReadRange {
            days: days(date(2026, 11, 1), date(2026, 11, 24)),
            read_at: at("2026-11-24T12:00:00Z"),
            missing: false,
        }],
    );
    let plan = Plan {
        news_at: Some(at("2026-11-24T12:00:02Z")),
        ..plan(&insights, date(2026, 11, 1), "2026-11-24T12:01:00Z")
    };
    assert_eq!(due(&days, &plan), []);
}

proptest! {
    /// Every day that must be read is in exactly one window; none is that need not be.
    #[test]
    fn windows_cover_what_is_due_exactly_once(
        reads in prop::collection::vec((0_i64..80, 1_i64..30, 0_i64..400), 0..8),
        hour in 0_i64..48,
        zone in prop::sample::select(vec!["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Etc/GMT+12", "Europe/Berlin"]),
        once in any::<bool>(),
        backfill in prop::option::of((0_i64..100, 1_i64..40)),
    ) {
        let stream = insights();
        let Kind::Days(policy) = &stream.kind else { unreachable!() };
        let now = at("2026-03-29T00:30:00Z").checked_add(SignedDuration::from_hours(hour)).unwrap();
        let tz = rows::zone::zone(zone).unwrap();
        let today = day_at(now, &tz);
        let start = plus_days(today, -70);
        let mut progress = DaysProgress::default();
        for (age, length, hours_ago) in reads {
            let last = plus_days(today, -age);
            let read_at = now.checked_sub(SignedDuration::from_hours(hours_ago)).unwrap();
            progress.mark(days(plus_days(last, 1 - length), last), read_at);
        }
        let request = backfill.map(|(age, length)| {
            let last = plus_days(today, -age);
            BackfillRequest { id: 1, days: days(plus_days(last, 1 - length), last), requested_at: now }
        });
        let since = now.checked_sub(SignedDuration::from_mins(1)).unwrap();
        let plan = Plan {
            stream: &stream,
            start,
            now,
            lag: SignedDuration::ZERO,
            once_since: once.then_some(since),
            backfills: request.as_slice(),
            poll_requested_at: None,
            news_at: None,
        };
        let mut checkpoint = checkpoint(zone, vec![]);
        checkpoint.progress = Progress::Days(progress.clone());
        let works = due(&checkpoint, &plan);

        let mut covered = std::collections::BTreeMap::<Day, u32>::new();
        for work in &works {
            let Work::Window { days, reason } = work else { panic!("{work:?}") };
            prop_assert!(days.len_days() <= policy.window_days_max);
            for day in days.days() {
                // A request may repeat what is due anyway.
                *covered.entry(day).or_default() += u32::from(*reason != Reason::Requested);
            }
        }
        for age in 0..140 {
            let day = plus_days(today, -age);
            let read_at = progress.read_at(day);
            let tier_due = policy.tiers.iter().any(|tier| age < i64::from(tier.days) && read_at.is_some_and(|read_at| {
                if tier.every >= DAILY { day_at(read_at, &tz) < today } else {
                    now.duration_since(read_at) >= SignedDuration::try_from(tier.every).unwrap()
                }
            }));
            let asked = once && read_at.is_some_and(|read_at| read_at < since);
            let must = day >= start && (read_at.is_none() || tier_due || asked);
            let requested = request.is_some_and(|request| request.days.contains(day))
                && read_at.is_none_or(|read_at| read_at < now);
            prop_assert_eq!(covered.get(&day).copied().unwrap_or(0), u32::from(must), "{} requested {}", day, requested);
            prop_assert!(must || requested == covered.contains_key(&day));
        }
        // The newest days always come first.
        if let Some(Work::Window { days, .. }) = works.first() && must_read_today(&progress, today) {
            prop_assert_eq!(days.last, today);
        }
        // Asking again at `next_at` is never too late for a day to turn unnoticed.
        let tomorrow = start_of(plus_days(today, 1), &tz);
        prop_assert!(next_at(&checkpoint, &plan) <= tomorrow);
        let _ = days_between(start, today);
    }
}

fn must_read_today(progress: &DaysProgress, today: Day) -> bool {
    progress.read_at(today).is_none()
}

#[test]
fn where_more_is_due_than_can_be_read_the_longest_unread_window_goes_first() {
    let mut stream = insights();
    if let Kind::Days(policy) = &mut stream.kind {
        policy.tiers = vec![Tier { days: 28, every: std::time::Duration::from_secs(20) }];
    }
    let today = date(2026, 11, 24);
    let read = |newest: i64, oldest: i64, read_at: &str| ReadRange {
        days: days(plus_days(today, -oldest), plus_days(today, -newest)),
        read_at: at(read_at),
        missing: false,
    };
    let checkpoint = checkpoint(
        "UTC",
        vec![
            read(21, 27, "2026-11-24T11:58:00Z"),
            read(14, 20, "2026-11-24T11:50:00Z"),
            read(7, 13, "2026-11-24T11:59:00Z"),
            read(0, 6, "2026-11-24T11:59:30Z"),
        ],
    );
    let due = due(&checkpoint, &plan(&stream, plus_days(today, -27), "2026-11-24T12:00:00Z"));
    let ages: Vec<i64> = due
        .iter()
        .map(|work| match work {
            Work::Window { days, .. } => days_between(days.last, today),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ages, [14, 21, 7, 0]);
}

#[test]
fn days_that_had_not_come_are_asked_for_by_the_tiers_and_beyond_them_as_if_never_read() {
    let stream = insights();
    let today = date(2026, 11, 24);
    let asked = |newest: i64, oldest: i64, missing: bool| ReadRange {
        days: days(plus_days(today, -oldest), plus_days(today, -newest)),
        read_at: at("2026-11-24T11:59:00Z"),
        missing,
    };
    let plan = plan(&stream, plus_days(today, -60), "2026-11-24T12:00:00Z");
    let lately = checkpoint("UTC", vec![asked(4, 60, false), asked(0, 3, true)]);
    assert_eq!(due(&lately, &plan), []);
    // A worker that stood still for a month.
    let long_ago = checkpoint("UTC", vec![asked(35, 60, false), asked(31, 34, true), asked(0, 30, false)]);
    let hole = Work::Window { days: asked(31, 34, true).days, reason: Reason::Gap };
    assert_eq!(due(&long_ago, &plan), [hole]);
}
