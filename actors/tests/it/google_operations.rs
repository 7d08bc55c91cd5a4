//! The day's operations, which Google grants to a Cloud project: they last over restarts and over several workers, and
//! Google never has to refuse one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use actors::{
    integration::StreamOverride,
    observer::Silent,
    session::quota::{BudgetRule, MemoryBudgets, Quota, Quotas, REQUESTS, Scope},
    stream::Tier,
};
use futures::future::BoxFuture;
use rows::{
    budget::{BudgetError, Budgets, Charge, Taken},
    state::State,
};
use sandbox::{google::DEMO_KEY, google_ads::GoogleAds as World};

use crate::{
    compliance::{bench::Bench, cases::google_ads::CASE},
    support::{
        drive::{Driver, End},
        memory::MemorySink,
    },
};

/// A worker of its own, on this database.
fn worker(bench: &Bench, budgets: &Arc<dyn Budgets>) -> Driver {
    let mut driver = bench.driver();
    let quotas = Quotas::new(driver.services.clock.clone(), Arc::new(Silent));
    driver.services.quotas = Arc::new(quotas.kept_by(Arc::clone(budgets)));
    driver
}

fn of_a_day(operations: u64) -> Quota {
    let budgets = vec![BudgetRule::per_day(Scope::Project, operations, REQUESTS)];
    Quota { rates: Vec::new(), budgets }
}

/// Google's own count is what tells: it would refuse the first operation too many.
#[tokio::test(start_paused = true)]
async fn the_days_operations_last_over_restarts_and_two_workers() {
    const OPERATIONS: u32 = 50;
    let mut first = Bench::new(&CASE);
    first.spec.quotas = Some(of_a_day(OPERATIONS.into()));
    // A second connection of the same OAuth client, in another process.
    let mut second_spec = first.spec.clone();
    second_spec.name = "label-b-google".to_owned();
    let second = Bench {
        spec: second_spec,
        wire: first.wire.clone(),
        sink: MemorySink::default(),
        ..Bench::new(&CASE)
    };
    let second = Bench { clock: first.clock.clone(), ..second };
    first.wire.world(|world: &mut World| world.set_operations(Some(OPERATIONS)));
    let counts = || first.wire.world(|world: &mut World| world.operations());
    let database: Arc<dyn Budgets> = Arc::new(MemoryBudgets::default());
    let hours = |hours| Duration::from_hours(hours);
    let said = |end: &End| {
        assert_eq!(end.status.state, State::WaitingQuota, "{:#?}", end.failures);
        end.status.error.clone().unwrap_or_default()
    };
    // Both at once, then each again after a kill: what was used stays used.
    for _ in 0..3 {
        let (one, two) = (worker(&first, &database), worker(&second, &database));
        let ends = tokio::join!(one.daemon(hours(3)), two.daemon(hours(3)));
        for error in [said(&ends.0), said(&ends.1)] {
            let words =
                "used 50 of 50 operations in 24 hours (quota.project); goes on at 2026-11-22T13:02:00Z";
            assert!(error.contains(words), "{error}");
        }
        assert_eq!((counts().admitted, counts().refused), (OPERATIONS.into(), 0));
    }
    // Whoever waits goes on by itself on the next day, and Google never had to say no.
    let (one, two) = (worker(&first, &database), worker(&second, &database));
    tokio::join!(one.daemon(hours(24)), two.daemon(hours(24)));
    let counts = counts();
    assert_eq!((counts.admitted, counts.refused), (u64::from(2 * OPERATIONS), 0), "{counts:?}");
}

/// Only the first page of an answer is an operation, and no access token is one.
#[tokio::test(start_paused = true)]
async fn further_pages_and_tokens_cost_no_operation() {
    let bench = Bench::new(&CASE);
    bench.wire.world(|world: &mut World| world.set_operations(Some(2_880)));
    let database = Arc::new(CountingBudgets::default());
    let shared: Arc<dyn Budgets> = database.clone();
    let end = worker(&bench, &shared).once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    let admitted = bench.wire.world(|world: &mut World| world.operations().admitted);
    assert_eq!(database.taken.load(Ordering::Relaxed), admitted);
    let sent = bench.wire.take_seen().len() as u64;
    assert!(sent > admitted + 10, "there were further pages: {sent} requests, {admitted} operations");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_the_database_is_away() {
    let bench = Bench::new(&CASE);
    let database = Arc::new(CountingBudgets::default());
    database.is_away.store(true, Ordering::Relaxed);
    let shared: Arc<dyn Budgets> = database.clone();
    let end = worker(&bench, &shared).daemon(Duration::from_hours(1)).await;
    assert_eq!(end.status.state, State::BackingOff);
    let error = end.status.error.unwrap_or_default();
    assert!(
        error.contains("cannot be looked up, and nothing is sent before it can: the disk is full"),
        "{error}"
    );
    let sent = bench.wire.take_seen();
    assert!(sent.iter().all(|seen| seen.path.ends_with("/token")), "{sent:#?}");
    database.is_away.store(false, Ordering::Relaxed);
    let end = worker(&bench, &shared).once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
}

/// Without a configuration it is the least that Google grants, of which a key file's project is the owner.
#[tokio::test(start_paused = true)]
async fn the_least_that_google_grants_is_never_exceeded() {
    let mut bench = Bench::new(&CASE);
    bench.spec.credentials = [("service_account".to_owned(), DEMO_KEY.into())].into();
    // Much more than there is to know.
    let often = vec![Tier { days: 1, every: Duration::from_mins(1) }];
    for stream in ["performance", "ad_performance", "country_performance"] {
        let tiers = StreamOverride { tiers: Some(often.clone()), ..StreamOverride::default() };
        bench.spec.streams.insert(stream.to_owned(), tiers);
    }
    bench.wire.world(|world: &mut World| world.set_operations(Some(2_880)));
    let end = bench.daemon(Duration::from_hours(20)).await;
    assert_eq!(end.status.state, State::WaitingQuota);
    let counts = bench.wire.world(|world: &mut World| world.operations());
    assert_eq!((counts.admitted, counts.refused), (2_880, 0));
}

/// Budgets in memory that tell how much was taken, and can be away.
#[derive(Default)]
struct CountingBudgets {
    kept: MemoryBudgets,
    taken: AtomicU64,
    is_away: AtomicBool,
}

impl Budgets for CountingBudgets {
    fn take<'a>(&'a self, charges: &'a [Charge<'a>]) -> BoxFuture<'a, Result<Taken, BudgetError>> {
        Box::pin(async move {
            if self.is_away.load(Ordering::Relaxed) {
                return Err(BudgetError("the disk is full".to_owned()));
            }
            let taken = self.kept.take(charges).await?;
            if let Taken::All { .. } = taken {
                self.taken.fetch_add(charges.iter().map(|charge| charge.amount).sum(), Ordering::Relaxed);
            }
            Ok(taken)
        })
    }
}
