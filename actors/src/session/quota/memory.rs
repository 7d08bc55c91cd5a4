//! Budgets that are remembered while this process lives: for whoever has no database, and for tests.

use std::collections::{BTreeMap, HashMap};

use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use rows::budget::{BudgetError, Budgets, Charge, Slots, Taken};

/// What is used, by owner and scope, and by slot.
#[derive(Debug, Default)]
pub struct MemoryBudgets(Mutex<HashMap<(String, String), BTreeMap<Timestamp, u64>>>);

impl Budgets for MemoryBudgets {
    fn take<'a>(&'a self, charges: &'a [Charge<'a>]) -> BoxFuture<'a, Result<Taken, BudgetError>> {
        Box::pin(async move { Ok(self.take_all(charges)) })
    }
}

// === impl MemoryBudgets ===

impl MemoryBudgets {
    fn take_all(&self, charges: &[Charge<'_>]) -> Taken {
        let mut all = self.0.lock();
        let key = |charge: &Charge<'_>| (charge.owner.to_owned(), charge.scope.to_owned());
        let slots = |charge: &Charge<'_>| -> Slots {
            let noted = all.get(&key(charge)).into_iter().flatten();
            noted.map(|(slot, used)| (*slot, *used)).collect()
        };
        let used: Vec<Slots> = charges.iter().map(slots).collect();
        let taken = Taken::judge(charges, &used);
        if let Taken::All { .. } = taken {
            for charge in charges {
                let noted = all.entry(key(charge)).or_default();
                let oldest = charge.term.oldest(charge.at);
                noted.retain(|slot, _| *slot >= oldest);
                let used = noted.entry(charge.term.slot(charge.at)).or_default();
                *used = used.saturating_add(charge.amount);
            }
        }
        taken
    }
}
