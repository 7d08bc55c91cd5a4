//! What may be sent: rates and budgets.

use std::time::Duration;

use rows::budget::{Period, Term};

use super::Scope;

/// What may be sent: at most one rate and one budget for a scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quota {
    /// How fast.
    pub rates: Vec<QuotaRule>,
    /// How much.
    pub budgets: Vec<BudgetRule>,
}

/// A steady rate for each member of a scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaRule {
    /// Whose limit.
    pub scope: Scope,
    /// Requests per `per`.
    pub limit: f64,
    /// The period that `limit` counts.
    pub per: Duration,
    /// Requests that may go back to back, at least 1.
    pub burst: u32,
}

/// A budget for each member of a scope, kept where a restart does not refill it.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetRule {
    /// Whose budget.
    pub scope: Scope,
    /// How much there is of it, in `unit`.
    pub limit: u64,
    /// For how long, and when it is granted anew.
    pub term: Term,
    /// What the provider counts, for people: `operations`.
    pub unit: &'static str,
}

/// What a budget counts unless the integration has a word for it.
pub const REQUESTS: &str = "requests";

// === impl Quota ===

impl Quota {
    /// With `changes` in place of what is there for the same scope; rates and budgets each for themselves. What a budget
    /// counts stays: it is the provider's.
    #[must_use]
    pub fn with(mut self, changes: &Self) -> Self {
        for rate in &changes.rates {
            self.rates.retain(|before| before.scope != rate.scope);
            self.rates.push(*rate);
        }
        for budget in &changes.budgets {
            let before = self.budgets.iter().position(|before| before.scope == budget.scope);
            let unit = before.map_or(budget.unit, |place| self.budgets.remove(place).unit);
            self.budgets.push(BudgetRule { unit, ..budget.clone() });
        }
        self.rates.sort_by_key(|rate| rate.scope);
        self.budgets.sort_by_key(|budget| budget.scope);
        self
    }

    /// Whether nothing is limited.
    pub const fn is_empty(&self) -> bool {
        self.rates.is_empty() && self.budgets.is_empty()
    }
}

/// Rates alone.
impl From<Vec<QuotaRule>> for Quota {
    fn from(rates: Vec<QuotaRule>) -> Self {
        Self { rates, budgets: Vec::new() }
    }
}

// === impl QuotaRule ===

impl QuotaRule {
    /// So many requests a second.
    pub const fn per_second(scope: Scope, limit: f64, burst: u32) -> Self {
        Self { scope, limit, per: Duration::from_secs(1), burst }
    }

    /// So many requests a minute.
    pub const fn per_minute(scope: Scope, limit: f64, burst: u32) -> Self {
        Self { scope, limit, per: Duration::from_mins(1), burst }
    }

    /// A part of it, above 0 up to 1. Rates are exact; less than one request in a period is one in a longer period.
    #[must_use]
    pub fn part(self, part: f64) -> Self {
        let limit = self.limit * part;
        let burst = f64::from(self.burst) * part;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most what it was")]
        let burst = (burst as u32).max(1);
        let stretched =
            (limit < 1.0).then(|| Duration::try_from_secs_f64(self.per.as_secs_f64() / limit).ok());
        match stretched.flatten() {
            Some(per) => Self { limit: 1.0, per, burst, ..self },
            None => Self { limit, burst, ..self },
        }
    }
}

// === impl BudgetRule ===

impl BudgetRule {
    /// So many units in any 24 hours.
    pub const fn per_day(scope: Scope, limit: u64, unit: &'static str) -> Self {
        Self { scope, limit, term: Term::rolling(Period::Day), unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_replaces_its_own_scope_and_its_own_kind() {
        let built_in = Quota {
            rates: vec![
                QuotaRule::per_second(Scope::Account, 1.0, 5),
                QuotaRule::per_second(Scope::App, 5.0, 10),
            ],
            budgets: vec![BudgetRule::per_day(Scope::Project, 2_880, "operations")],
        };
        let faster = QuotaRule::per_minute(Scope::App, 90.0, 3);
        let changed = built_in.clone().with(&vec![faster].into());
        assert_eq!(changed.rates, [QuotaRule::per_second(Scope::Account, 1.0, 5), faster]);
        assert_eq!(changed.budgets, built_in.budgets);
        let of_apps = BudgetRule::per_day(Scope::App, 10, REQUESTS);
        let larger = BudgetRule::per_day(Scope::Project, 15_000, REQUESTS);
        let both = Quota { rates: Vec::new(), budgets: vec![of_apps.clone(), larger] };
        let changed = built_in.clone().with(&both);
        assert_eq!(changed.rates, built_in.rates);
        assert_eq!(changed.budgets, [BudgetRule::per_day(Scope::Project, 15_000, "operations"), of_apps]);
        assert_eq!(built_in.clone().with(&Quota::default()), built_in);
    }
}
