//! Budgets: what a call costs is taken from them before it is sent.

use rows::budget::{Charge, Taken};

use super::{BudgetRule, Caller, Quotas};
use crate::{failure::Failure, session::digest::digest};

impl Quotas {
    /// Takes what a call costs from the budgets: from all of them, or from none where one of them lacks it. `owner` is a
    /// digest of what the provider counts by.
    pub(in crate::session) async fn spend(
        &self,
        caller: &Caller<'_>,
        owner: &str,
        budgets: &[BudgetRule],
        units: u32,
    ) -> Result<(), Failure> {
        if units == 0 || budgets.is_empty() {
            return Ok(());
        }
        let amount = u64::from(units);
        if let Some(BudgetRule { scope, limit, unit, .. }) = budgets.iter().find(|rule| rule.limit < amount) {
            let scope = scope.as_str();
            return Err(Failure::Permanent {
                reason: format!("a request costs {amount} {unit}, more than quota.{scope} allows: {limit}"),
            });
        }
        let counted = Caller { connection: owner, ..*caller };
        let owners: Vec<String> =
            budgets.iter().map(|rule| digest([counted.key(rule.scope).as_str()])).collect();
        let at = self.clock.now();
        let mut charges = Vec::with_capacity(budgets.len());
        for (BudgetRule { scope, limit, term, .. }, owner) in budgets.iter().zip(&owners) {
            charges.push(Charge { owner, scope: scope.as_str(), limit: *limit, term, amount, at });
        }
        let taken = self.budgets.take(&charges).await;
        match taken.map_err(|error| Failure::Transient { reason: error.to_string() })? {
            Taken::All { used } => {
                for (rule, used) in budgets.iter().zip(used) {
                    self.show(caller, rule, used);
                }
                Ok(())
            }
            Taken::Nothing { place, used, until } => {
                let Some(rule @ BudgetRule { scope, limit, term, unit }) = budgets.get(place) else {
                    return Err(Failure::Transient { reason: "a budget that nobody asked for".to_owned() });
                };
                self.show(caller, rule, used);
                let (words, scope) = (term.words(), scope.as_str());
                let reason = format!("used {used} of {limit} {unit} {words} (quota.{scope})");
                Err(Failure::OverBudget { reason, until })
            }
        }
    }

    fn show(&self, caller: &Caller<'_>, rule: &BudgetRule, used: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let ratio = used as f64 / rule.limit as f64;
        self.observer.budget_used(caller.integration, rule.scope, rule.term.per, ratio);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use parking_lot::Mutex;
    use rows::{
        Clock as _,
        budget::{Period, Resets, Term},
        clock::SimulatedClock,
    };

    use super::*;
    use crate::{observer::Observer, scope::Scope};

    /// The last word about each budget.
    #[derive(Default)]
    struct Ratios(Mutex<Vec<(Scope, Period, f64)>>);

    impl Observer for Ratios {
        fn budget_used(&self, _: &'static str, scope: Scope, per: Period, ratio: f64) {
            self.0.lock().push((scope, per, ratio));
        }
    }

    fn quotas() -> (Quotas, SimulatedClock, Arc<Ratios>) {
        let clock = SimulatedClock::new("2026-11-24T10:30:00Z".parse().unwrap());
        let ratios = Arc::new(Ratios::default());
        (Quotas::new(Arc::new(clock.clone()), ratios.clone()), clock, ratios)
    }

    fn caller(account: &str) -> Caller<'_> {
        Caller {
            integration: "tubes",
            connection: "label-a",
            account,
            endpoint: "list",
            host: "tubes.example",
        }
    }

    fn monthly(scope: Scope, limit: u64) -> BudgetRule {
        let resets = Resets::Zone(rows::zone::zone("America/Los_Angeles").unwrap());
        BudgetRule { scope, limit, term: Term { per: Period::Month, resets }, unit: "units" }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_takes_its_units_from_every_budget_or_from_none() {
        let (quotas, clock, ratios) = quotas();
        let budgets = [monthly(Scope::Account, 300), monthly(Scope::App, 401)];
        let spend = async |account, units| quotas.spend(&caller(account), "key", &budgets, units).await;
        for account in ["a", "a", "b"] {
            assert_eq!(spend(account, 100).await, Ok(()));
        }
        assert_eq!(ratios.0.lock().first(), Some(&(Scope::Account, Period::Month, 1.0 / 3.0)));
        // The application has 101 left, whoever asks; a's own budget has 100.
        assert_eq!(spend("b", 1).await, Ok(()));
        let until = "2026-12-01T08:00:00Z".parse().unwrap();
        let reason = "used 301 of 401 units this month (quota.app)".to_owned();
        for account in ["b", "c"] {
            let refused = spend(account, 101).await;
            assert_eq!(refused, Err(Failure::OverBudget { reason: reason.clone(), until }), "{account}");
        }
        assert_eq!(spend("c", 0).await, Ok(()), "what costs nothing asks nobody");
        // What was refused was taken from no budget: c has all of its own.
        assert_eq!(spend("c", 100).await, Ok(()));
        let wait = until.duration_since(clock.now());
        tokio::time::advance(Duration::try_from(wait).unwrap()).await;
        assert_eq!(spend("a", 300).await, Ok(()));
        assert_eq!(ratios.0.lock().last(), Some(&(Scope::App, Period::Month, 300.0 / 401.0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_fits_does_not_wait() {
        let (quotas, ..) = quotas();
        let refused = quotas.spend(&caller("a"), "key", &[monthly(Scope::Project, 99)], 100).await;
        let reason = "a request costs 100 units, more than quota.project allows: 99".to_owned();
        assert_eq!(refused, Err(Failure::Permanent { reason }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_its_owners_at_one_host() {
        let (quotas, ..) = quotas();
        let budgets = [BudgetRule::per_day(Scope::Project, 1, "requests")];
        let spend = async |caller: Caller<'_>, owner| quotas.spend(&caller, owner, &budgets, 1).await.is_ok();
        assert!(spend(caller("a"), "project").await);
        let connection = Caller { connection: "label-b", ..caller("b") };
        assert!(!spend(connection, "project").await, "other connections of the project share it");
        assert!(spend(caller("a"), "another project").await);
        assert!(spend(Caller { host: "127.0.0.1", ..caller("a") }, "project").await);
    }
}
