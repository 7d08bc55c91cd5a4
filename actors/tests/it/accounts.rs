//! One bad account never takes the others with it.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use rows::{Clock as _, Row, Table, day::start_of, state::State};
use sandbox::meta_ads::{AccountFault, MetaAds as World, MetaError};

use crate::{
    compliance::{bench::Bench, cases::meta_ads::CASE},
    support::{drive::End, wire::Mishap},
};

/// In which ways an account can fail; the last one by a refusal of everything about it.
const FAULTS: [Option<AccountFault>; 6] = [
    Some(AccountFault::NoZone),
    Some(AccountFault::StrangeZone),
    Some(AccountFault::NullCurrency),
    Some(AccountFault::Missing),
    Some(AccountFault::Broken),
    None,
];

fn ids(bench: &Bench) -> Vec<String> {
    bench.wire.world(|world: &mut World| {
        world.truth_accounts().iter().map(|account| account.account_id.clone()).collect()
    })
}

fn spoil(bench: &Bench, id: &str, fault: Option<AccountFault>) {
    bench.wire.world(|world: &mut World| match fault {
        Some(fault) => world.set_account_fault(id, Some(fault)),
        None => world.set_account_forbidden(id, true),
    });
}

fn heal(bench: &Bench, id: &str) {
    bench.wire.world(|world: &mut World| {
        world.set_account_fault(id, None);
        world.set_account_forbidden(id, false);
    });
}

/// Rows of days by account.
fn days(bench: &Bench) -> BTreeMap<String, usize> {
    let mut days = BTreeMap::new();
    for row in bench.sink.table(&bench.spec.name, Table::AdPerformanceDaily) {
        if let Row::AdPerformance(row) = row {
            *days.entry(row.account_id).or_default() += 1;
        }
    }
    days
}

/// The worst state of an account's streams, with what is said.
fn shown(end: &End, id: &str) -> (State, String) {
    let streams = end.status.streams.iter().filter(|stream| stream.account_id == id);
    let worst = streams.min_by_key(|stream| stream.state).expect("an account that is configured is shown");
    (worst.state, worst.error.clone().unwrap_or_default())
}

fn in_virtual_time(future: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn any_subset_of_accounts_failing_in_any_way_leaves_the_others_read(
        faults in prop::collection::vec(prop::option::of(0..FAULTS.len()), 3),
        is_named in any::<bool>(),
    ) {
        in_virtual_time(async move {
            let whole = Bench::new(&CASE);
            whole.read().await;
            let expected = days(&whole);

            let mut bench = Bench::new(&CASE);
            let ids = ids(&bench);
            if is_named {
                bench.spec.accounts = ids.iter().map(|id| format!("act_{id}")).collect();
            }
            let bad: BTreeMap<&String, Option<AccountFault>> =
                ids.iter().zip(&faults).filter_map(|(id, fault)| Some((id, FAULTS[(*fault)?]))).collect();
            for (id, fault) in &bad {
                spoil(&bench, id, *fault);
            }
            let end = bench.once().await;
            assert_eq!(end.finished, Some(bad.is_empty()), "{:#?}", end.failures);
            let start = start_of(bench.spec.start_date, &jiff::tz::TimeZone::UTC);
            for id in &ids {
                let read = days(&bench).get(id).copied();
                let Some(fault) = bad.get(id) else {
                    assert_eq!(read, expected.get(id).copied(), "account {id} beside {bad:?}");
                    continue;
                };
                assert_eq!(read, None, "{fault:?}");
                let (state, error) = shown(&end, id);
                assert!(matches!(state, State::NeedsReauth | State::BackingOff), "{fault:?}: {state} {error}");
                assert!(!error.is_empty(), "{fault:?}");
                assert!(!is_named || error.contains(&**id), "{fault:?}: {error} names no account");
                for stream in end.status.streams.iter().filter(|stream| stream.account_id == *id) {
                    let through = stream.data_through.expect("never absent");
                    assert!(through >= start - jiff::SignedDuration::from_hours(26), "{fault:?} {stream:?}");
                    assert!(through < bench.wire.now(), "{stream:?}");
                }
            }
            let error = end.status.error.unwrap_or_default();
            assert!(bad.keys().all(|id| error.contains(&***id)), "{error} does not name {bad:?}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn the_bad_one_is_named_and_read_again_once_it_is_well() {
    let mut bench = Bench::new(&CASE);
    let ids = ids(&bench);
    bench.spec.accounts.clone_from(&ids);
    spoil(&bench, &ids[1], Some(AccountFault::Missing));
    let end = bench.daemon(Duration::from_mins(30)).await;
    let (state, error) = shown(&end, &ids[1]);
    assert_eq!(state, State::NeedsReauth);
    assert!(error.contains(&ids[1]), "{error}");
    assert_eq!(end.status.state, State::NeedsReauth);
    assert!(end.status.error.as_ref().unwrap().contains(&ids[1]));
    assert_eq!(days(&bench).len(), ids.len() - 1);
    heal(&bench, &ids[1]);
    let end = bench.daemon(Duration::from_hours(2)).await;
    assert_eq!(days(&bench).len(), ids.len(), "{:?}", end.failures);
    assert!(matches!(end.status.state, State::Idle | State::Polling), "{:?}", end.status);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_one_account_is_not_waited_for_by_the_others() {
    for place in 0..2 {
        let mut bench = Bench::new(&CASE);
        let ids = ids(&bench);
        bench.spec.accounts.clone_from(&ids);
        let limited = ids[place].clone();
        bench.wire.script(&format!("/act_{limited}"), std::iter::repeat_n(Mishap::Limited, 10_000));
        let end = bench.daemon(Duration::from_secs(45)).await;
        let (state, error) = shown(&end, &limited);
        assert_eq!(state, State::WaitingQuota, "{error}");
        assert_eq!(days(&bench).len(), ids.len() - 1, "beside account {place}: {:?}", end.failures);
        let seen = bench.wire.take_seen();
        let asked = seen.iter().filter(|seen| seen.path.ends_with(&format!("/act_{limited}"))).count();
        assert_eq!(asked, 1, "nobody asks again before the wait is over");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_all_accounts_is_asked_about_once() {
    let mut bench = Bench::new(&CASE);
    bench.spec.accounts = ids(&bench);
    bench.wire.world(|world: &mut World| world.fail_next("/act_", vec![MetaError::new(400, 4, "limit")]));
    let end = bench.daemon(Duration::from_millis(500)).await;
    assert_eq!(bench.wire.take_seen().len(), 1, "{:?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn an_excluded_account_is_neither_read_nor_missed() {
    let mut bench = Bench::new(&CASE);
    let ids = ids(&bench);
    spoil(&bench, &ids[0], Some(AccountFault::NullCurrency));
    bench.spec.accounts_exclude = vec![format!("act_{}", ids[0])];
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:?}", end.failures);
    assert!(end.status.streams.iter().all(|stream| stream.account_id != ids[0]));
    assert_eq!(days(&bench).len(), ids.len() - 1);
    bench.spec.accounts_exclude = ids;
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(end.failures.iter().any(|failure| failure.contains("accounts_exclude")), "{:?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_goes_on_when_the_check_fails_after_a_restart() {
    let bench = Bench::new(&CASE);
    bench.read().await;
    let before: Vec<_> = bench.checkpoints().iter().map(rows::checkpoint::Checkpoint::data_through).collect();
    bench.clock.sleep(Duration::from_hours(30)).await;
    bench.wire.script("/me/adaccounts", std::iter::repeat_n(Mishap::Status(500), 10_000));
    let end = bench.daemon(Duration::from_hours(2)).await;
    assert_eq!(end.status.state, State::BackingOff, "that the check fails is shown");
    let after: Vec<_> = bench.checkpoints().iter().map(rows::checkpoint::Checkpoint::data_through).collect();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert!(after > before, "not read since: {after:?}");
    }
    // A single run reads them, too, and says that it did not go well.
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
}

#[tokio::test(start_paused = true)]
async fn one_that_says_less_than_before_is_read_as_before() {
    for fault in [AccountFault::NullCurrency, AccountFault::NoZone, AccountFault::StrangeZone] {
        let bench = Bench::new(&CASE);
        let ids = ids(&bench);
        bench.read().await;
        let of_it = |bench: &Bench| {
            let checkpoints =
                bench.checkpoints().into_iter().filter(|checkpoint| checkpoint.account_id == ids[0]);
            checkpoints.map(|checkpoint| checkpoint.data_through()).collect::<Vec<_>>()
        };
        let before = of_it(&bench);
        spoil(&bench, &ids[0], Some(fault));
        bench.clock.sleep(Duration::from_hours(30)).await;
        let end = bench.daemon(Duration::from_hours(1)).await;
        let (state, error) = shown(&end, &ids[0]);
        assert!(state == State::BackingOff && error.contains(&ids[0]), "{state} {error}");
        let goes_on = of_it(&bench).iter().zip(&before).all(|(after, before)| after > before);
        // Another zone would mix days.
        assert_eq!(goes_on, fault != AccountFault::StrangeZone, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_listed_any_more_is_missed() {
    let bench = Bench::new(&CASE);
    let ids = ids(&bench);
    bench.read().await;
    let gone = ids[0].clone();
    bench.wire.set_tamper(move |path, body| {
        if path.ends_with("/me/adaccounts")
            && let Some(data) = body["data"].as_array_mut()
        {
            data.retain(|account| account["account_id"] != gone.as_str());
        }
    });
    let end = bench.daemon(Duration::from_mins(10)).await;
    let (state, error) = shown(&end, &ids[0]);
    assert_eq!(state, State::NeedsReauth);
    assert!(error.contains(&ids[0]) && error.contains("accounts_exclude"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn before_anything_is_known_the_age_counts_from_the_start() {
    let bench = Bench::new(&CASE);
    bench.wire.script("/me/adaccounts", std::iter::repeat_n(Mishap::Status(500), 10_000));
    let end = bench.daemon(Duration::from_hours(1)).await;
    let start = start_of(bench.spec.start_date, &jiff::tz::TimeZone::UTC);
    assert!(!end.status.streams.is_empty());
    for stream in &end.status.streams {
        assert_eq!((stream.data_through, stream.state), (Some(start), State::BackingOff), "{stream:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_zone_and_currency_are_noted() {
    let bench = Bench::new(&CASE);
    let ids = ids(&bench);
    bench.read().await;
    bench.wire.world(|world: &mut World| {
        assert!(world.change_currency_and_zone(&ids[0], "JPY", 0, "Asia/Tokyo"));
    });
    bench.read().await;
    let noted: Vec<String> = bench.sink.0.lock().changes.iter().map(ToString::to_string).collect();
    let expected = [
        format!("currency of account {}: JPY, was USD", ids[0]),
        format!("time_zone of account {}: Asia/Tokyo, was America/Los_Angeles", ids[0]),
    ];
    assert_eq!(noted, expected);
    bench.assert_true("after the zone changed");
}

/// What is limited waits within its calls: it must not take every place that the connection has.
#[tokio::test(start_paused = true)]
async fn an_account_that_is_limited_everywhere_leaves_room_for_the_others() {
    let bench = Bench::new(&CASE);
    let ids = ids(&bench);
    let limited = &ids[ids.len() - 1];
    for edge in ["insights", "campaigns", "adsets", "ads"] {
        bench.wire.script(&format!("/act_{limited}/{edge}"), std::iter::repeat_n(Mishap::Limited, 10_000));
    }
    let whole = Bench::new(&CASE);
    whole.daemon(Duration::from_mins(1)).await;
    let mut expected = days(&whole);
    assert!(expected.remove(limited).is_some());
    bench.daemon(Duration::from_mins(1)).await;
    assert_eq!(days(&bench), expected);
}
