//! What a provider says about waiting and about the time is bounded and shown.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use parking_lot::Mutex;
use proptest::prelude::*;
use rows::{Clock, state::State};

use crate::support::puppet::{Answer, Asked, EVENTS, NUMBERS, OBJECTS, Stage};

const ALL: [&str; 3] = [OBJECTS, EVENTS, NUMBERS];

/// Refuses the first request as `answer` says; then all is well.
fn once(answer: Answer) -> impl FnMut(&Asked) -> Answer + Send + 'static {
    let mut answer = Some(answer);
    move |_| answer.take().unwrap_or_else(|| Answer::page([1], None))
}

fn http_date(at: Timestamp) -> String {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// `Retry-After` as a Unix time is an instant, in whichever unit, and not a wait until 2083.
#[tokio::test(start_paused = true)]
async fn a_unix_time_is_waited_for() {
    let at = now().as_second() + 50;
    for said in [at.to_string(), format!("{}", at * 1_000)] {
        let stage = Stage::new(&ALL, once(Answer::status(429, &[("retry-after", &said)])));
        let end = stage.driver.daemon(Duration::from_mins(2)).await;
        assert_eq!(end.status.state, State::Idle, "{:?}", end.status.error);
        let asked = stage.take_asked();
        assert!(asked[1].at >= Duration::from_secs(49), "{asked:?}");
    }
}

/// A wait of decades is a day, and says so; a person's word ends it.
#[tokio::test(start_paused = true)]
async fn decades_are_a_day_and_a_person_may_ask_sooner() {
    for (status, header, said) in [
        (429, "retry-after", "900000000".to_owned()),
        (429, "retry-after", "99999999999999999999999999".to_owned()),
        (429, "retry-after", http_date(now() + SignedDuration::from_hours(24 * 365 * 57))),
        (503, "retry-after", "900000000".to_owned()),
        (429, "x-hold", "900000000".to_owned()),
    ] {
        let script = || once(Answer::status(status, &[(header, &said)]));
        let mut stage = Stage::new(&ALL, script());
        let end = stage.driver.daemon(Duration::from_hours(3)).await;
        assert_eq!(stage.take_asked().len(), 1, "{header}: {said}");
        let error = end.status.error.unwrap_or_default();
        assert!(error.contains("taken as a day"), "{header}: {said}: {error}");
        let end = stage.driver.daemon(Duration::from_hours(22)).await;
        let goes_on = matches!(end.status.state, State::Idle | State::Polling);
        assert!(goes_on, "over after a day: {:?}", end.status);

        stage = Stage::new(&ALL, script());
        stage.driver.poll_after = Some(Duration::from_mins(10));
        let end = stage.driver.daemon(Duration::from_mins(11)).await;
        assert_eq!(end.status.state, State::Idle, "{header}: {said}: {:?}", end.status.error);
        let asked = stage.take_asked();
        assert!(asked[1].at >= Duration::from_mins(10), "{asked:?}");
    }
}

/// A provider that is down and says for how long is left alone by every stream, and shows as down.
#[tokio::test(start_paused = true)]
async fn a_provider_that_says_how_long_it_is_down_is_left_alone() {
    for said in ["3600".to_owned(), http_date(now() + SignedDuration::from_mins(62))] {
        let mut count = 0;
        let stage = Stage::new(&ALL, move |_| {
            count += 1;
            // After the check, while several streams are on their way.
            if count == 2 { Answer::status(503, &[("retry-after", &said)]) } else { Answer::page([1], None) }
        });
        let end = stage.driver.daemon(Duration::from_mins(59)).await;
        let asked = stage.take_asked();
        let told_at = asked[1].at + Duration::from_millis(20);
        let late: Vec<_> = asked.iter().filter(|asked| asked.at > told_at).collect();
        assert!(late.is_empty(), "asked while it is down: {late:?}");
        assert_eq!(end.status.state, State::BackingOff);
        assert!(end.status.error.is_some_and(|error| error.contains("status 503")));
    }
}

/// "At once", again and again, is not taken at its word: our own back-off is the least.
#[tokio::test(start_paused = true)]
async fn at_once_for_ever_is_backed_off_from() {
    for (status, said) in [(429, "0".to_owned()), (503, "0".to_owned()), (429, http_date(now()))] {
        let stage = Stage::new(&ALL, move |_| Answer::status(status, &[("retry-after", &said)]));
        stage.driver.daemon(Duration::from_hours(2)).await;
        let asked = stage.take_asked().len();
        assert!(asked < 240, "{asked} requests in two hours");
    }
}

/// The same where other requests are answered well in between.
#[tokio::test(start_paused = true)]
async fn one_stream_that_is_refused_for_ever_is_backed_off_from() {
    let stage = Stage::new(&ALL, move |asked| match asked.what.as_str() {
        OBJECTS => Answer::status(429, &[("retry-after", "0")]),
        _ => Answer::page([1], None),
    });
    stage.driver.daemon(Duration::from_hours(2)).await;
    let refused = stage.take_asked().iter().filter(|asked| asked.what == OBJECTS).count();
    assert!(refused < 400, "{refused} requests in two hours");
}

/// A clock more than a day off is not believed, and that shows; `Age` is added to what a cache kept.
#[tokio::test(start_paused = true)]
async fn a_clock_that_was_never_set_is_not_believed() {
    for off in [-57 * 365 * 24, -365 * 24, 365 * 24] {
        let stage = Stage::new(&ALL, move |asked| {
            let shown = now() + SignedDuration::try_from(asked.at).unwrap() + SignedDuration::from_hours(off);
            Answer { headers: vec![("date", http_date(shown))], ..Answer::page([1], None) }
        });
        let end = stage.driver.daemon(Duration::from_mins(30)).await;
        assert_eq!(end.status.state, State::Idle);
        let error = end.status.error.clone().unwrap_or_default();
        assert!(error.contains("not believed"), "{error}");
        for stream in &end.status.streams {
            let through = stream.data_through.unwrap();
            assert!(now().duration_since(through) < SignedDuration::from_hours(24), "{stream:?}");
        }
    }
    let stage = Stage::new(&ALL, move |asked| {
        let shown = now() + SignedDuration::try_from(asked.at).unwrap() - SignedDuration::from_hours(9);
        let headers = vec![("date", http_date(shown)), ("age", "32400".to_owned())];
        Answer { headers, ..Answer::page([1], None) }
    });
    let end = stage.driver.daemon(Duration::from_mins(30)).await;
    let midnight: Timestamp = "2026-11-21T05:00:00Z".parse().unwrap();
    let numbers = end.status.streams.iter().find(|stream| stream.stream == NUMBERS).unwrap();
    assert_eq!(numbers.data_through, Some(midnight), "the answer lay in a cache for nine hours");
}

/// Two servers take turns, and the clock of one is wrong: nothing is read more often for it.
#[tokio::test(start_paused = true)]
async fn clocks_that_take_turns_start_no_storm() {
    let mut count = 0;
    let stage = Stage::new(&ALL, move |asked| {
        count += 1;
        let off = SignedDuration::from_hours(if count % 2 == 0 { -20 } else { 0 });
        let shown = now() + SignedDuration::try_from(asked.at).unwrap() + off;
        Answer { headers: vec![("date", http_date(shown))], ..Answer::page([1], None) }
    });
    stage.driver.daemon(Duration::from_hours(4)).await;
    let asked = stage.take_asked().len();
    assert!(asked < 120, "{asked} requests in four hours");
}

/// A redirect is not followed and says what to look at, without anything that we sent.
#[tokio::test(start_paused = true)]
async fn a_redirect_names_its_target_and_the_next_step() {
    for (location, target) in [
        ("https://login.example/sso?token=planted", "https://login.example"),
        ("/elsewhere?token=planted", "http://provider.invalid"),
    ] {
        let stage = Stage::new(&ALL, move |_| Answer::status(302, &[("location", location)]));
        let end = stage.driver.daemon(Duration::from_mins(1)).await;
        let error = end.status.error.unwrap_or_default();
        assert_eq!(end.status.state, State::BackingOff);
        assert!(error.contains(&format!("redirects to {target} ")), "{error}");
        assert!(error.contains("base_url") && error.contains("login page"), "{error}");
        assert!(!error.contains("planted"), "{error}");
    }
}

/// A header as a hostile or broken server may send it.
fn header() -> impl Strategy<Value = (&'static str, String)> {
    let instant = (-3_000_000_000_i64..10_000_000_000).prop_map(|second| {
        let at = Timestamp::from_second(second).unwrap_or_default();
        // Years of four digits only.
        http_date(at.clamp(Timestamp::UNIX_EPOCH, "9998-12-31T00:00:00Z".parse().unwrap()))
    });
    let number = prop_oneof![
        Just("0".to_owned()),
        "[0-9]{1,25}",
        any::<f64>().prop_map(|number| number.to_string()),
        (0..200_000_u32).prop_map(|seconds| seconds.to_string()),
    ];
    let text = "[ -~]{0,40}";
    prop_oneof![
        (Just("retry-after"), prop_oneof![instant.clone(), number.clone().boxed(), text.boxed()]),
        (Just("date"), instant),
        (Just("age"), number.clone()),
        (Just("x-hold"), number.clone()),
        (Just("x-limit"), number.clone()),
        (Just("x-used"), number),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever headers say, every stream is read again within a day (25 hours over a change of the clock) and eight turns at the
    /// slowest pace, what keeps it is shown, and the time that is shown is no later than that day.
    #[test]
    fn no_header_keeps_a_stream_for_longer_than_a_day(
        answers in proptest::collection::vec(
            (prop_oneof![Just(200_u16), Just(429), Just(503)], proptest::collection::vec(header(), 0..4)),
            1..10,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async move {
            let left = Arc::new(Mutex::new(answers.into_iter()));
            let answers = Arc::clone(&left);
            let stage = Stage::new(&ALL, move |_| match answers.lock().next() {
                Some((status, headers)) => Answer { status, headers, ..Answer::page([1], None) },
                None => Answer::page([1], None),
            });
            let end = stage.driver.daemon(Duration::from_mins(5)).await;
            let now = stage.clock.now();
            if let Some(next) = end.status.next_poll_at {
                let wait = next.duration_since(now);
                assert!(wait <= SignedDuration::from_hours(25), "next in {wait:?}: {:?}", end.status);
            }
            if matches!(end.status.state, State::WaitingQuota | State::BackingOff) {
                assert!(end.status.error.is_some(), "{:?}", end.status);
            }
            // Each answer may bring a day more.
            let longest = Duration::from_hours(25) + Duration::from_hours(8);
            loop {
                let before = left.lock().len();
                stage.take_asked();
                stage.driver.daemon(longest).await;
                if left.lock().len() == before {
                    break;
                }
            }
            let asked = stage.take_asked();
            for stream in ALL {
                assert!(asked.iter().any(|asked| asked.what == stream), "{stream} was not asked for in {longest:?}");
            }
        });
    }
}

/// The slowest pace that a word can bring, refused at once, after which fresh reads alone need more than there is: no wait is
/// begun anew while the pace recovers, and the stream with a history to read has its turns too.
#[tokio::test(start_paused = true)]
async fn a_refusal_at_the_slowest_pace_keeps_no_stream_for_a_day() {
    let mut answers = 0;
    let stage = Stage::new(&ALL, move |_| {
        answers += 1;
        match answers {
            2 => Answer::status(429, &[("x-limit", "0.0000001")]),
            _ => Answer::page([1], None),
        }
    });
    stage.driver.daemon(Duration::from_mins(5)).await;
    for _ in 0..3 {
        stage.take_asked();
        stage.driver.daemon(Duration::from_hours(25)).await;
        let asked = stage.take_asked();
        for stream in ALL {
            assert!(asked.iter().any(|asked| asked.what == stream), "{stream} was not asked for in 25 hours");
        }
    }
}

/// Before anything could be asked, what comes next is the check, and that shows.
#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_for_its_first_check_says_until_when() {
    let stage = Stage::new(&ALL, |_| Answer::status(503, &[("retry-after", "3600")]));
    let end = stage.driver.daemon(Duration::from_mins(5)).await;
    let wait = end.status.next_poll_at.unwrap().duration_since(now());
    assert!(wait > SignedDuration::from_mins(59) && wait < SignedDuration::from_mins(61), "{wait:?}");
}
