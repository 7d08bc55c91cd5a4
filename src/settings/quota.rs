//! `quota.<scope>`: a rate, a budget, or both.

use std::{collections::BTreeMap, time::Duration};

use actors::session::quota::{BudgetRule, Quota, QuotaRule, REQUESTS, Scope};
use rows::budget::{Period, Resets, Term};

use super::{document::QuotaTable, place::KeyPath, review::Review, schema::SCOPES};

/// The word for budgets that free bit by bit.
const ROLLING: &str = "rolling";

// === impl Review ===

impl Review<'_> {
    /// What the schema cannot tell: which keys go together.
    pub(super) fn check_quota(&mut self, path: &KeyPath, quota: &BTreeMap<String, QuotaTable>) {
        for (scope, table) in quota {
            let key = path.child("quota").child(scope);
            let QuotaTable { per_second, per_minute, per_hour, burst, per_day, per_month, resets } = table;
            let rates = [per_second, per_minute, per_hour].into_iter().flatten().count();
            let budgets = [per_day, per_month].into_iter().flatten().count();
            let rate = "exactly one of per_second, per_minute, per_hour";
            let budget = "one of per_day, per_month";
            if rates > 1 {
                self.mistake(&key, "rate without one period", rate, &format!("{rates} of them"), None);
            }
            if rates + budgets == 0 {
                let expected = format!("{rate} for a rate; {budget} for a budget; or both");
                self.mistake(&key, "neither rate nor budget", &expected, "none of them", None);
                continue;
            }
            if rates == 0 && burst.is_some() {
                self.mistake(&key.child("burst"), "burst of no rate", rate, "none of them", None);
            }
            if budgets > 1 {
                self.mistake(&key, "two budgets of one scope", budget, "both", None);
            }
            if budgets == 0 && resets.is_some() {
                self.mistake(&key.child("resets"), "reset of no budget", budget, "none of them", None);
            }
        }
    }
}

/// What such tables say. Keys that do not go together are told by [`Review::check_quota`].
pub fn read(quota: &BTreeMap<String, QuotaTable>) -> Quota {
    let tables = || SCOPES.iter().filter_map(|scope| Some((*scope, quota.get(scope.as_str())?)));
    Quota {
        rates: tables().filter_map(|(scope, table)| rate(scope, table)).collect(),
        budgets: tables().filter_map(|(scope, table)| budget(scope, table)).collect(),
    }
}

fn rate(scope: Scope, table: &QuotaTable) -> Option<QuotaRule> {
    let (limit, per) = match (table.per_second, table.per_minute, table.per_hour) {
        (Some(limit), None, None) => (limit, Duration::from_secs(1)),
        (None, Some(limit), None) => (limit, Duration::from_mins(1)),
        (None, None, Some(limit)) => (limit, Duration::from_hours(1)),
        _ => return None,
    };
    Some(QuotaRule { scope, limit, per, burst: table.burst.unwrap_or(1) })
}

fn budget(scope: Scope, table: &QuotaTable) -> Option<BudgetRule> {
    let (limit, per) = match (table.per_day, table.per_month) {
        (Some(limit), None) => (limit, Period::Day),
        (None, Some(limit)) => (limit, Period::Month),
        _ => return None,
    };
    let resets = resets(table.resets.as_deref().unwrap_or(ROLLING))?;
    Some(BudgetRule { scope, limit, term: Term { per, resets }, unit: REQUESTS })
}

/// What `resets` says; none for what is no zone.
pub fn resets(text: &str) -> Option<Resets> {
    if text == ROLLING { Some(Resets::Rolling) } else { rows::zone::zone(text).map(Resets::Zone) }
}
