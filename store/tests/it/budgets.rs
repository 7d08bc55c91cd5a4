//! Budgets: common to all who use a database, and not refilled by a restart.

use jiff::Timestamp;
use rows::budget::{BudgetError, Budgets as _, Charge, Period, Resets, Taken, Term};
use store::{Store, retention::Terms};

use crate::support::{Bench, at};

/// Of an owner's project, by day.
fn charge<'a>(owner: &'a str, term: &'a Term, limit: u64, amount: u64, at: Timestamp) -> Charge<'a> {
    Charge { owner, scope: "project", limit, term, amount, at }
}

async fn take(store: &Store, charges: &[Charge<'_>]) -> Taken {
    store.take(charges).await.unwrap()
}

pub async fn a_budget_is_not_refilled_by_a_restart(bench: &Bench) {
    let rolling = Term::rolling(Period::Day);
    let monthly = Term { per: Period::Month, resets: Resets::Zone(rows::zone::zone("Asia/Tokyo").unwrap()) };
    let asked = |amount, at| [charge("a", &rolling, 10, amount, at), charge("a", &monthly, 100, amount, at)];
    let now = at("2026-11-24T10:30:00Z");
    // Two budgets of one owner have scopes of their own, else they would be one.
    let [day, month] = asked(4, now);
    let month = Charge { scope: "app", ..month };
    assert_eq!(take(&bench.store, &[day, month]).await, Taken::All { used: vec![4, 4] });
    assert_eq!(take(&bench.store, &[Charge { amount: 6, ..day }]).await, Taken::All { used: vec![10] });
    let again = bench.again().await;
    let until = at("2026-11-25T11:02:00Z");
    let late = at("2026-11-24T23:00:00Z");
    let [day, month] = [Charge { at: late, ..day }, Charge { at: late, ..month }];
    let nothing = Taken::Nothing { place: 0, used: 10, until };
    assert_eq!(take(&again.store, &[day]).await, nothing);
    assert_eq!(take(&again.store, &[day, month]).await, nothing, "and of the other budget nothing either");
    assert_eq!(take(&again.store, &[month]).await, Taken::All { used: vec![8] });
    // Another owner's is another.
    assert_eq!(take(&again.store, &[charge("b", &rolling, 10, 4, late)]).await, Taken::All { used: vec![4] });
    // In Tokyo it is December already.
    let december = Charge { at: at("2026-11-30T15:00:00Z"), ..month };
    assert_eq!(take(&again.store, &[december]).await, Taken::All { used: vec![4] });
    again.store.close().await;
    let closed = again.store.take(&[day]).await;
    assert!(matches!(closed, Err(BudgetError(_))), "{closed:?}");
}

/// A rolling budget is a sum over several rows: nobody may add to it between another's look and its own.
pub async fn two_writers_never_exceed_a_budget(bench: &Bench) {
    const LIMIT: u64 = 40;
    let other = bench.again().await;
    let term = Term::rolling(Period::Day);
    let hours = ["2026-11-24T08:30:00Z", "2026-11-24T09:30:00Z", "2026-11-24T10:30:00Z"].map(at);
    let first = [charge("shared", &term, LIMIT, 7, hours[0])];
    assert_eq!(take(&bench.store, &first).await, Taken::All { used: vec![7] });
    // Each asks for as much as there is; workers' clocks differ, so that they write to different rows.
    let askers = (0..8).map(|number| {
        let store = if number % 2 == 0 { &bench.store } else { &other.store };
        let charge = [charge("shared", &term, LIMIT, 1, hours[number % 3])];
        async move {
            let mut granted = 0;
            for _ in 0..LIMIT {
                if let Taken::All { used } = take(store, &charge).await {
                    assert!(used[0] <= LIMIT);
                    granted += 1;
                }
            }
            granted
        }
    });
    let granted: u64 = futures::future::join_all(askers).await.into_iter().sum();
    assert_eq!(granted, LIMIT - 7);
    let stored = bench.one("SELECT CAST(SUM(used) AS bigint) AS used FROM quota_budgets").await;
    assert_eq!(stored["used"], LIMIT);
    other.store.close().await;
}

pub async fn what_was_used_long_ago_is_purged(bench: &Bench) {
    let term = Term::rolling(Period::Month);
    for then in ["2026-10-01T00:00:00Z", "2026-10-24T10:00:00Z", "2026-11-24T10:00:00Z"] {
        let taken = take(&bench.store, &[charge("a", &term, 10, 1, at(then))]).await;
        assert!(matches!(taken, Taken::All { .. }), "{taken:?}");
    }
    assert_eq!(bench.count("quota_budgets").await, 3);
    bench.store.purge(&Terms::forever(), None).await.unwrap();
    // What is 31 days old may count still.
    assert_eq!(bench.count("quota_budgets").await, 2);
}
