//! Quota: who may send when.
//!
//! Each scope (an endpoint, an account, an application …) has a [`gate::Gate`]: a steady rate, holds that the
//! provider's answers impose, and a queue that is served round robin over the connections that share it. A request
//! passes the gates of all its scopes from narrow to wide. What the provider grants by the day or month is a budget,
//! which lasts longer than this process: `spending`.

pub mod gate;
mod holds;
mod memory;
pub mod pace;
mod queue;
mod rules;
pub mod shared;
mod spending;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rows::{Budgets, Clock};

use self::{gate::Gate, holds::Moment, shared::Sharing};
pub use self::{
    memory::MemoryBudgets,
    rules::{BudgetRule, Quota, QuotaRule, REQUESTS},
};
use super::said::SaidWait;
pub use crate::scope::Scope;
use crate::{failure::Wait, observer::Observer};

/// Which work a request belongs to: fresh work goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Recent days, tails of feeds, what a person asked for.
    Fresh,
    /// Deep re-reads and backfill: at most half of a rate, and only when nothing fresh waits.
    Deep,
}

/// Who asks, in the terms that scopes need.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Integration.
    pub integration: &'static str,
    /// Connection.
    pub connection: &'a str,
    /// Account at the provider; `""` = the connection itself.
    pub account: &'a str,
    /// Endpoint.
    pub endpoint: &'static str,
    /// Host of the base URL.
    pub host: &'a str,
}

/// What a provider told longer ago says nothing about now.
const USAGE_AGE_MAX: Duration = Duration::from_hours(1);

/// How much of an allowance is used, as the provider last told a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Whose allowance.
    pub scope: Scope,
    /// 1 = all of it.
    pub ratio: f64,
    /// When it told, on the clock's stopwatch.
    told_at: Duration,
}

/// All gates of a worker, and its way to the budgets.
pub struct Quotas {
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    others: Others,
    budgets: Arc<dyn Budgets>,
    gates: Mutex<HashMap<(Scope, String), Arc<Gate>>>,
    /// By connection and scope.
    usage: Mutex<BTreeMap<String, BTreeMap<Scope, Usage>>>,
    /// When a person last had a connection ask again in spite of holds.
    lifts: Mutex<HashMap<String, Moment>>,
}

/// Who else sends within the same limits.
#[derive(Debug, Clone)]
pub enum Others {
    /// Nobody: this worker takes all.
    Nobody,
    /// So many workers, this one included, that cannot talk to each other: each takes an equal part.
    Apart(u32),
    /// Workers that agree on their parts.
    Sharing(Arc<Sharing>),
}

// === impl Caller ===

impl Caller<'_> {
    /// The member of the scope. A limit is its host's: another base URL has nothing to do with what was told here.
    fn key(&self, scope: Scope) -> String {
        let Caller { integration, connection, account, endpoint, host } = self;
        let account = if account.is_empty() { connection } else { account };
        match scope {
            Scope::Endpoint => format!("{integration}@{host}/{account}/{endpoint}"),
            Scope::Account => format!("{integration}@{host}/{account}"),
            Scope::Project => format!("{integration}@{host}/{connection}"),
            Scope::App => format!("{integration}@{host}"),
            Scope::Ip => (*host).to_owned(),
        }
    }
}

// === impl Quotas ===

impl Quotas {
    /// No gates yet: they come with the first caller.
    pub fn new(clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self::among(Others::Nobody, clock, observer)
    }

    /// As [`Quotas::new`], where others send within the same limits. Budgets are remembered while it lives, unless they
    /// are [`kept_by`](Self::kept_by) somebody.
    pub fn among(others: Others, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        let (gates, usage, lifts) = (Mutex::default(), Mutex::default(), Mutex::default());
        let budgets = Arc::new(MemoryBudgets::default());
        Self { clock, observer, others, budgets, gates, usage, lifts }
    }

    /// Budgets are kept there.
    #[must_use]
    pub fn kept_by(self, budgets: Arc<dyn Budgets>) -> Self {
        Self { budgets, ..self }
    }

    /// The gate of one scope. The first caller's rule makes it.
    fn gate(&self, scope: Scope, caller: &Caller<'_>, rules: &[QuotaRule]) -> Arc<Gate> {
        let mut gates = self.gates.lock();
        let gate = gates.entry((scope, caller.key(scope))).or_insert_with_key(|(scope, key)| {
            let rule = rule_of(*scope, rules);
            let clock = self.clock.clone();
            Arc::new(match &self.others {
                Others::Nobody => Gate::new(clock, rule),
                Others::Apart(workers) => Gate::part_of(clock, rule, 1.0 / f64::from(*workers)),
                Others::Sharing(sharing) => {
                    Gate::shared(clock, rule, format!("{}:{key}", scope.as_str()), Arc::clone(sharing))
                }
            })
        });
        Arc::clone(gate)
    }

    fn gates(&self, caller: &Caller<'_>, rules: &[QuotaRule]) -> [Arc<Gate>; 5] {
        Scope::ALL.map(|scope| self.gate(scope, caller, rules))
    }

    /// Waits for the caller's turn in every scope. Gives how long it waited, or, when a provider's hold lasts longer
    /// than `patience`, how long that hold still is.
    pub async fn admit(
        &self,
        caller: &Caller<'_>,
        rules: &[QuotaRule],
        urgency: Urgency,
        cost: u32,
        patience: Duration,
    ) -> Result<Duration, SaidWait> {
        let began = self.clock.elapsed();
        let gates = self.gates(caller, rules);
        self.lift_for(caller, rules, &gates);
        'again: loop {
            for gate in &gates {
                gate.pass(caller.connection, urgency, cost, patience).await?;
            }
            // While one gate was waited for, an answer may have closed another. Its turn is lost: start over, so that
            // those who waited do not all run through together when it opens.
            for gate in &gates {
                if gate.held().is_some() {
                    continue 'again;
                }
            }
            let waited = self.clock.elapsed().saturating_sub(began);
            if !waited.is_zero() {
                self.observer.quota_waited(caller.integration, waited);
            }
            return Ok(waited);
        }
    }

    /// The provider refused a request that was sent at `sent_at`. Gives how long the scope is held.
    pub fn refused(
        &self,
        caller: &Caller<'_>,
        rules: &[QuotaRule],
        scope: Scope,
        wait: Wait,
        sent_at: Duration,
    ) -> SaidWait {
        self.observer.rate_limited(caller.integration, scope);
        self.gate(scope, caller, rules).refused(wait.said(self.clock.now()), sent_at)
    }

    /// A person wants this connection to ask again, and said so long ago: holds that were told before are over, for
    /// whoever shares them. The next refusal holds again.
    pub fn lift(&self, connection: &str, age: Duration) {
        self.lifts.lock().insert(connection.to_owned(), holds::before(self.clock.elapsed(), age));
    }

    fn lift_for(&self, caller: &Caller<'_>, rules: &[QuotaRule], gates: &[Arc<Gate>]) {
        let Some(at) = self.lifts.lock().get(caller.connection).copied() else { return };
        for (scope, gate) in Scope::ALL.into_iter().zip(gates) {
            gate.lift(at, rule_of(scope, rules));
        }
    }

    /// The provider answered: what it allowed stands.
    pub fn succeeded(&self, caller: &Caller<'_>, rules: &[QuotaRule]) {
        for gate in self.gates(caller, rules) {
            gate.succeeded();
        }
    }

    /// The provider told how much of the scope's allowance is used.
    pub fn used(&self, caller: &Caller<'_>, rules: &[QuotaRule], scope: Scope, ratio: f64) {
        self.observer.quota_used(caller.integration, scope, ratio);
        let usage = Usage { scope, ratio, told_at: self.clock.elapsed() };
        let mut told = self.usage.lock();
        match told.get_mut(caller.connection) {
            Some(of_connection) => _ = of_connection.insert(scope, usage),
            None => _ = told.insert(caller.connection.to_owned(), BTreeMap::from([(scope, usage)])),
        }
        drop(told);
        self.gate(scope, caller, rules).used(ratio);
    }

    /// The fullest allowance of which the provider has told this connection within the last hour; providers' windows
    /// are no longer than that.
    pub fn usage(&self, connection: &str) -> Option<Usage> {
        let now = self.clock.elapsed();
        let told = self.usage.lock();
        let of_connection = told.get(connection)?.values().copied();
        let recent = of_connection.filter(|usage| usage.told_at + USAGE_AGE_MAX >= now);
        recent.max_by(|a, b| a.ratio.total_cmp(&b.ratio))
    }

    /// The provider told to wait.
    pub fn hold(&self, caller: &Caller<'_>, rules: &[QuotaRule], scope: Scope, wait: Duration) {
        self.gate(scope, caller, rules).hold(SaidWait::new(wait));
    }

    /// The provider told its real limit.
    pub fn limit(&self, caller: &Caller<'_>, rules: &[QuotaRule], scope: Scope, per_second: f64) {
        self.gate(scope, caller, rules).limit(per_second);
    }
}

fn rule_of(scope: Scope, rules: &[QuotaRule]) -> Option<QuotaRule> {
    rules.iter().find(|rule| rule.scope == scope).copied()
}

impl std::fmt::Debug for Quotas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quotas").field("gates", &self.gates.lock().len()).finish_non_exhaustive()
    }
}
