//! What a connection shows of itself: to metrics, the status page and `status`.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use parking_lot::RwLock;
use rows::{Day, state::State};

/// A connection, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its configured name.
    pub connection: String,
    /// Its integration.
    pub integration: &'static str,
    /// Whom its data belongs to.
    pub tenant: String,
    /// The first day of its history: earlier ones are not asked for.
    pub start_date: Day,
    /// An operator holds it, whatever its state is.
    pub paused: bool,
    /// The worst of its own state and its streams'.
    pub state: State,
    /// When a cycle last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// When something is due next.
    pub next_poll_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// By account and stream.
    pub streams: Vec<StreamCondition>,
}

/// A stream of one account, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCondition {
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: &'static str,
    /// State.
    pub state: State,
    /// End of the last day completely read (feeds and snapshots: when last read whole).
    pub data_through: Option<Timestamp>,
    /// The last settled day, for streams of days.
    pub settled_through: Option<Day>,
    /// Its end as an instant.
    pub settled_through_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
}

/// All conditions, shared with whoever shows them.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Arc<RwLock<BTreeMap<String, Arc<Condition>>>>);

// === impl Conditions ===

impl Conditions {
    /// Every connection's, by name.
    pub fn all(&self) -> Vec<Arc<Condition>> {
        self.0.read().values().cloned().collect()
    }

    /// One connection's.
    pub fn get(&self, connection: &str) -> Option<Arc<Condition>> {
        self.0.read().get(connection).cloned()
    }

    /// Replaces one.
    pub(super) fn set(&self, condition: Condition) {
        self.0.write().insert(condition.connection.clone(), Arc::new(condition));
    }

    /// Changes one that is there.
    pub(super) fn change(&self, connection: &str, change: impl FnOnce(&mut Condition)) {
        let mut all = self.0.write();
        if let Some(condition) = all.get_mut(connection) {
            change(Arc::make_mut(condition));
        }
    }

    /// Takes one away.
    pub(super) fn remove(&self, connection: &str) {
        self.0.write().remove(connection);
    }
}
