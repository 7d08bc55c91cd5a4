//! Quota: what the provider says is obeyed, and what it allows is used.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::Failure,
    session::{
        Link,
        quota::{QuotaRule, Urgency},
    },
};
use rows::Clock;

use super::super::{bench::Bench, case::Case};
use crate::support::{
    allowance::{Allowance, Window},
    wire::{Mishap, Seen},
};

/// Requests that were under way when the provider spoke: twice the longest way of the wire.
const UNDER_WAY: Duration = Duration::from_millis(90);

/// After a refusal nothing is sent to what shares the limit before the wait is over.
pub async fn a_refusal_is_obeyed(case: &'static dyn Case) {
    let bench = Bench::new(case);
    let (path, wait) = case.limited();
    for refusals in [1, 3] {
        bench.wire.script(path, vec![Mishap::Limited; refusals]);
        bench.read().await;
        let seen = bench.wire.take_seen();
        let refused: Vec<&Seen> = seen.iter().filter(|seen| seen.told.is_some()).collect();
        assert_eq!(refused.len(), refusals);
        for refusal in refused {
            assert_silence(&seen, path, refusal, wait);
        }
    }
    bench.assert_true("after refusals");
}

/// Words to wait ride on good answers and on errors alike.
pub async fn words_to_wait_are_heard_on_every_answer(case: &'static dyn Case) {
    for said in case.wait_headers() {
        for mishap in [None, Some(Mishap::Status(500))] {
            let bench = Bench::new(case);
            let headers: Vec<(&str, &str)> =
                said.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            bench.wire.script_headers(said.path, &headers);
            bench.wire.script(said.path, mishap);
            bench.read().await;
            let seen = bench.wire.take_seen();
            let first = seen.iter().find(|seen| seen.path.contains(said.path)).unwrap();
            assert_silence(&seen, said.path, first, said.wait);
            bench.assert_true("after words to wait");
        }
    }
}

fn assert_silence(seen: &[Seen], path: &str, word: &Seen, wait: Duration) {
    let early =
        |seen: &&Seen| seen.path.contains(path) && seen.at > word.at + UNDER_WAY && seen.at < word.at + wait;
    if let Some(early) = seen.iter().find(early) {
        let after = early.at.saturating_sub(word.at);
        panic!("told to wait {wait:?} at {}, but sent {} after {after:?}", word.path, early.path);
    }
}

/// Under a limit that the configuration names, fewer than one request in a hundred is refused, and nine tenths of the
/// allowance are used.
pub async fn a_limit_is_kept_and_used(case: &'static dyn Case) {
    for window in [Window::Sliding, Window::Fixed] {
        let (limit, period) = (100_u32, Duration::from_secs(10));
        let mut bench = Bench::new(case);
        let (call, scope) = case.cheap_call();
        bench.spec.quotas =
            Some(vec![QuotaRule { scope, limit: f64::from(limit), per: period, burst: 1 }].into());
        bench.wire.set_allowance(Some(Allowance::new(limit as usize, period, window)));
        let link = link(&bench);
        let began = bench.clock.elapsed();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (link, call) = (Arc::clone(&link), call.clone());
            tasks.spawn(async move {
                for _ in 0..280 {
                    let answer = link.session(Urgency::Fresh).send(call.clone()).await;
                    assert!(!matches!(answer, Err(Failure::Permanent { .. })), "{answer:?}");
                }
            });
        }
        tasks.join_all().await;
        let took = bench.clock.elapsed().saturating_sub(began).as_secs_f64();
        let outcome = bench.wire.allowance().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let (admitted, refused) = (outcome.admitted as f64, outcome.refused as f64);
        assert!(admitted >= 2_000.0);
        assert!(refused < (admitted + refused) / 100.0, "{window:?}: {refused} of {admitted} refused");
        let allowed = f64::from(limit) * took / period.as_secs_f64();
        assert!(admitted >= 0.9 * allowed, "{window:?}: used {admitted} of {allowed:.0}");
    }
}

/// Under the limits of the specification alone: the integration's own are for other limits of the provider's.
fn link(bench: &Bench) -> Arc<Link> {
    let driver = bench.driver();
    let integration = bench.case.integration();
    let source = integration.connected(&bench.spec, &driver.services.services()).unwrap().source;
    Link::new(Arc::new(bench.spec.clone()), integration.manifest().id, source, Vec::new(), driver.services)
}
