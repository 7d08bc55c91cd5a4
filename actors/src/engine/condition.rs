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
pub struct Conditions(Arc<RwLock<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    all: BTreeMap<String, Arc<Condition>>,
    common: Option<Common>,
}

/// What holds for every connection of a worker, whatever its provider does: the database is away, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Shown where a connection's own state is no worse.
    pub state: State,
    /// What is wrong and what to do.
    pub error: String,
}

// === impl Conditions ===

impl Conditions {
    /// Every connection's, by name.
    pub fn all(&self) -> Vec<Arc<Condition>> {
        let shown = self.0.read();
        shown.all.values().map(|condition| shown.with_common(condition)).collect()
    }

    /// One connection's.
    pub fn get(&self, connection: &str) -> Option<Arc<Condition>> {
        let shown = self.0.read();
        shown.all.get(connection).map(|condition| shown.with_common(condition))
    }

    /// Shows this of every connection, until told otherwise.
    pub fn set_common(&self, common: Option<Common>) {
        self.0.write().common = common;
    }

    /// One connection's, without what holds for all.
    pub(super) fn own(&self, connection: &str) -> Option<Arc<Condition>> {
        self.0.read().all.get(connection).cloned()
    }

    /// Replaces one.
    pub(super) fn set(&self, condition: Condition) {
        self.0.write().all.insert(condition.connection.clone(), Arc::new(condition));
    }

    /// Changes one that is there.
    pub(super) fn change(&self, connection: &str, change: impl FnOnce(&mut Condition)) {
        let mut shown = self.0.write();
        if let Some(condition) = shown.all.get_mut(connection) {
            change(Arc::make_mut(condition));
        }
    }

    /// Takes one away.
    pub(super) fn remove(&self, connection: &str) {
        self.0.write().all.remove(connection);
    }
}

// === impl Shown ===

impl Shown {
    fn with_common(&self, condition: &Arc<Condition>) -> Arc<Condition> {
        match &self.common {
            Some(Common { state, error }) if *state < condition.state || condition.error.is_none() => {
                let mut condition = Condition::clone(condition);
                condition.state = condition.state.min(*state);
                condition.error = Some(error.clone());
                Arc::new(condition)
            }
            _ => Arc::clone(condition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_all_hides_no_worse_trouble() {
        let conditions = Conditions::default();
        let condition = |name: &str, state, error: Option<&str>| Condition {
            connection: name.to_owned(),
            integration: "meta_ads",
            tenant: "label-a".to_owned(),
            start_date: jiff::civil::date(2026, 1, 1),
            paused: false,
            state,
            last_success_at: None,
            next_poll_at: None,
            error: error.map(str::to_owned),
            streams: Vec::new(),
        };
        conditions.set(condition("idle", State::Idle, None));
        conditions.set(condition("refused", State::NeedsReauth, Some("a new token")));
        let away = Common { state: State::BackingOff, error: "the database is away".to_owned() };
        conditions.set_common(Some(away));
        let shown = |name: &str| {
            let condition = conditions.get(name).unwrap();
            (condition.state, condition.error.clone().unwrap_or_default())
        };
        assert_eq!(shown("idle"), (State::BackingOff, "the database is away".to_owned()));
        assert_eq!(shown("refused"), (State::NeedsReauth, "a new token".to_owned()));
        assert_eq!(conditions.own("idle").unwrap().state, State::Idle);
        conditions.set_common(None);
        assert_eq!(shown("idle"), (State::Idle, String::new()));
    }
}
