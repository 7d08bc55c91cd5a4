//! What the engine tells the world about itself: one method a fact, so that telemetry is a contract and not scattered
//! calls. Every label value is bounded.

use std::time::Duration;

use jiff::Timestamp;
use rows::{budget::Period, sink::Committed};

use crate::scope::Scope;

/// A finished cycle.
#[derive(Debug, Clone, Copy)]
pub struct CycleFacts<'a> {
    /// Connection.
    pub connection: &'a str,
    /// Integration.
    pub integration: &'static str,
    /// Stream.
    pub stream: &'static str,
    /// Outcome word.
    pub outcome: &'static str,
    /// How long it ran.
    pub duration: Duration,
    /// How long after it was due it began; zero for work that was never late (backfill).
    pub lateness: Duration,
}

/// Receives facts. Methods must be cheap and must not block.
pub trait Observer: Send + Sync {
    /// A request was answered (`status`) or failed on the way (nothing).
    fn request(&self, _integration: &'static str, _status: Option<u16>, _duration: Duration) {}
    /// The provider refused a request for quota.
    fn rate_limited(&self, _integration: &'static str, _scope: Scope) {}
    /// The provider told how much of an allowance is used, or our own gate did.
    fn quota_used(&self, _integration: &'static str, _scope: Scope, _ratio: f64) {}
    /// So much of a budget is used, 1 = all, as of the last request that it was asked for.
    fn budget_used(&self, _integration: &'static str, _scope: Scope, _per: Period, _ratio: f64) {}
    /// A request waited for its turn.
    fn quota_waited(&self, _integration: &'static str, _duration: Duration) {}
    /// A cycle ended.
    fn cycle(&self, _facts: CycleFacts<'_>) {}
    /// Rows were committed; the commit took so long, waiting for its turn included.
    fn committed(
        &self,
        _integration: &'static str,
        _stream: &'static str,
        _committed: &Committed,
        _duration: Duration,
    ) {
    }
    /// Rows were set aside.
    fn quarantined(&self, _integration: &'static str, _stream: &'static str, _reason: &'static str) {}
    /// Rows dated outside the window asked for were dropped.
    fn dropped(&self, _integration: &'static str, _stream: &'static str, _rows: u64) {}
    /// A connection was rebuilt after a crash.
    fn restarted(&self, _integration: &'static str, _reason: &'static str) {}
    /// A field asked for was not delivered.
    fn field_unavailable(&self, _integration: &'static str, _field: &'static str) {}
    /// Credentials stop working then.
    fn token_expires(&self, _connection: &str, _integration: &'static str, _at: Timestamp) {}
    /// A connection's condition changed: pages and metrics may be rebuilt.
    fn status_changed(&self, _connection: &str) {}
    /// A connection that had been taken out of the configuration is back: all that is stored of it is to be shown.
    fn returned(&self, _connection: &str) {}
    /// What is stored of this connection's rows that were set aside has changed.
    fn set_aside(&self, _connection: &str) {}
    /// Rows of this connection's account were written, or more days of it are known: snapshots of it are out of date.
    fn rows_changed(&self, _connection: &str, _account_id: &str) {}
    /// A report file of this connection is loaded: its lines are shown now, and those of what it replaced are not any more.
    fn file_loaded(&self, _connection: &str) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
