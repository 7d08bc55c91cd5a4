//! What a connection shows of itself: to metrics, the status page and `status`.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use parking_lot::RwLock;
use rows::{Day, state::State};

/// A connection, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
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
    pub streams: Vec<StreamStatus>,
}

/// A stream of one account, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: &'static str,
    /// State.
    pub state: State,
    /// End of the last day completely read (feeds and snapshots: when last read whole; files: the last day that one speaks of).
    pub data_through: Option<Timestamp>,
    /// The last settled day, for streams of days and of files.
    pub settled_through: Option<Day>,
    /// Its end as an instant.
    pub settled_through_at: Option<Timestamp>,
    /// When a report was last seen for the first time, for streams of files.
    pub last_file_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
}

/// All statuses, shared with whoever shows them.
#[derive(Debug, Clone, Default)]
pub struct Statuses(Arc<RwLock<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    all: BTreeMap<String, Arc<ConnectionStatus>>,
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

// === impl Statuses ===

impl Statuses {
    /// Every connection's, by name.
    pub fn all(&self) -> Vec<Arc<ConnectionStatus>> {
        let shown = self.0.read();
        shown.all.values().map(|status| shown.with_common(status)).collect()
    }

    /// One connection's.
    pub fn get(&self, connection: &str) -> Option<Arc<ConnectionStatus>> {
        let shown = self.0.read();
        shown.all.get(connection).map(|status| shown.with_common(status))
    }

    /// Shows this of every connection, until told otherwise.
    pub fn set_common(&self, common: Option<Common>) {
        self.0.write().common = common;
    }

    /// One connection's, without what holds for all.
    pub(super) fn own(&self, connection: &str) -> Option<Arc<ConnectionStatus>> {
        self.0.read().all.get(connection).cloned()
    }

    /// Replaces one.
    pub(super) fn set(&self, status: ConnectionStatus) {
        self.0.write().all.insert(status.connection.clone(), Arc::new(status));
    }

    /// Changes one that is there.
    pub(super) fn change(&self, connection: &str, change: impl FnOnce(&mut ConnectionStatus)) {
        let mut shown = self.0.write();
        if let Some(status) = shown.all.get_mut(connection) {
            change(Arc::make_mut(status));
        }
    }

    /// Takes one away.
    pub(super) fn remove(&self, connection: &str) {
        self.0.write().all.remove(connection);
    }
}

// === impl Shown ===

impl Shown {
    fn with_common(&self, status: &Arc<ConnectionStatus>) -> Arc<ConnectionStatus> {
        match &self.common {
            Some(Common { state, error }) if *state < status.state || status.error.is_none() => {
                let mut status = ConnectionStatus::clone(status);
                status.state = status.state.min(*state);
                status.error = Some(error.clone());
                Arc::new(status)
            }
            _ => Arc::clone(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_all_hides_no_worse_trouble() {
        let statuses = Statuses::default();
        let status = |name: &str, state, error: Option<&str>| ConnectionStatus {
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
        statuses.set(status("idle", State::Idle, None));
        statuses.set(status("refused", State::NeedsReauth, Some("a new token")));
        let away = Common { state: State::BackingOff, error: "the database is away".to_owned() };
        statuses.set_common(Some(away));
        let shown = |name: &str| {
            let status = statuses.get(name).unwrap();
            (status.state, status.error.clone().unwrap_or_default())
        };
        assert_eq!(shown("idle"), (State::BackingOff, "the database is away".to_owned()));
        assert_eq!(shown("refused"), (State::NeedsReauth, "a new token".to_owned()));
        assert_eq!(statuses.own("idle").unwrap().state, State::Idle);
        statuses.set_common(None);
        assert_eq!(shown("idle"), (State::Idle, String::new()));
    }
}
