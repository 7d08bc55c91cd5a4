//! The pipeline's own metrics: one registry a worker, nothing global, every label bounded.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use actors::{
    observer::{CycleFacts, Observer},
    session::quota::Scope,
};
use jiff::Timestamp;
use prometheus::{Registry, TextEncoder};
use rows::{Clock, budget::Period, sink::Committed, table::Family};

use super::{
    changes::Changes,
    declare::Declare,
    families::{Engine, Provider, RowCounters, Worker, set},
};

/// Outcomes whose counters exist from the start, so that the first one is an increase and not a new series.
const COMMON_OUTCOMES: [&str; 2] = ["ok", "transient"];
/// Likewise statuses.
const COMMON_STATUSES: [&str; 3] = ["200", "429", "error"];

/// The pipeline's metrics, and the engine's [`Observer`].
pub struct Metrics {
    registry: Registry,
    clock: Arc<dyn Clock>,
    changes: Arc<Changes>,
    /// Hears of rows, too.
    follower: OnceLock<Arc<Changes>>,
    engine: Engine,
    provider: Provider,
    rows: RowCounters,
    worker: Worker,
}

// === impl Metrics ===

impl Metrics {
    /// A registry with everything in it; `version` is shown by `dynamoi_build_info`. Fails only if two metrics had one
    /// name.
    pub fn new(version: &str, clock: Arc<dyn Clock>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Self::in_registry(version, clock, registry)
    }

    /// In this registry, without `process_*`: in a host program the process is the host's.
    pub fn in_registry(
        version: &str,
        clock: Arc<dyn Clock>,
        registry: Registry,
    ) -> Result<Self, prometheus::Error> {
        let declare = Declare(&registry);
        Ok(Self {
            engine: Engine::new(&declare)?,
            provider: Provider::new(&declare)?,
            rows: RowCounters::new(&declare)?,
            worker: Worker::new(&declare, version)?,
            changes: Arc::new(Changes::default()),
            follower: OnceLock::new(),
            clock,
            registry,
        })
    }

    /// Makes the common series of an integration with value 0, so that their first event is seen as an increase.
    pub fn announce<'a>(&self, integration: &str, streams: impl IntoIterator<Item = &'a str>) {
        for status in COMMON_STATUSES {
            self.provider.requests.with_label_values(&[integration, status]);
        }
        for scope in Scope::ALL {
            self.provider.rate_limited.with_label_values(&[integration, scope.as_str()]);
        }
        self.provider.quota_wait.with_label_values(&[integration]);
        for stream in streams {
            for outcome in COMMON_OUTCOMES {
                self.engine.cycles.with_label_values(&[integration, stream, outcome]);
            }
            self.rows.restated.with_label_values(&[integration, stream]);
        }
    }

    /// The cache was asked: `operation` such as `get`, `result` such as `hit`, `miss`, `error`.
    pub fn cache_request(&self, operation: &'static str, result: &'static str) {
        self.worker.cache_requests.with_label_values(&[operation, result]).inc();
    }

    /// So many more requests to the worker were refused for this.
    pub(crate) fn http_refused(&self, reason: &'static str, count: u64) {
        self.worker.http_refused.with_label_values(&[reason]).inc_by(count);
    }

    /// Whether the database is this worker's and takes what is read.
    pub fn database_ready(&self, is_ready: bool) {
        self.worker.database_ready.with_label_values::<&str>(&[]).set(i64::from(is_ready));
    }

    /// So many duties of this kind are past their time.
    pub(crate) fn privacy_overdue(&self, deadline: &'static str, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.worker.privacy_overdue.with_label_values(&[deadline]).set(count);
    }

    /// A commit was acknowledged.
    fn store_committed(&self, duration: Duration) {
        self.worker.store_commit_duration.observe(duration.as_secs_f64());
    }

    /// Notes of changes, for the publisher.
    pub fn changes(&self) -> Arc<Changes> {
        self.changes.clone()
    }

    /// Notes of changed rows, for one more reader.
    pub fn follow(&self) -> Arc<Changes> {
        self.follower.get_or_init(Arc::default).clone()
    }

    /// The registry as text.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    pub(super) fn rebuilt(&self, result: &'static str, duration: Duration) {
        self.worker.snapshot_rebuilds.with_label_values(&[result]).inc();
        self.worker.snapshot_rebuild_duration.observe(duration.as_secs_f64());
    }

    pub(super) fn dropped_series(&self, kind: &'static str, members: usize) {
        set(&self.worker.series_dropped.with_label_values(&[kind]), members);
    }
}

impl Observer for Metrics {
    fn request(&self, integration: &'static str, status: Option<u16>, duration: Duration) {
        let number;
        let status = match status {
            None => "error",
            Some(status @ 100..=599) => {
                number = status.to_string();
                &number
            }
            Some(_) => "other",
        };
        self.provider.requests.with_label_values(&[integration, status]).inc();
        self.provider.request_duration.with_label_values(&[integration]).observe(duration.as_secs_f64());
    }

    fn rate_limited(&self, integration: &'static str, scope: Scope) {
        self.provider.rate_limited.with_label_values(&[integration, scope.as_str()]).inc();
    }

    fn quota_used(&self, integration: &'static str, scope: Scope, ratio: f64) {
        self.provider.quota_used.with_label_values(&[integration, scope.as_str()]).set(ratio);
    }

    fn budget_used(&self, integration: &'static str, scope: Scope, per: Period, ratio: f64) {
        // A scope may have both: told by the provider, and counted here.
        let scope = format!("{}_{}", scope.as_str(), per.as_str());
        self.provider.quota_used.with_label_values(&[integration, scope.as_str()]).set(ratio);
    }

    fn quota_waited(&self, integration: &'static str, duration: Duration) {
        self.provider.quota_wait.with_label_values(&[integration]).inc_by(duration.as_secs_f64());
    }

    fn cycle(&self, facts: CycleFacts<'_>) {
        let CycleFacts { integration, stream, outcome, duration, lateness, connection: _ } = facts;
        self.engine.cycles.with_label_values(&[integration, stream, outcome]).inc();
        self.engine.cycle_duration.with_label_values(&[integration]).observe(duration.as_secs_f64());
        self.engine.schedule_lateness.with_label_values(&[integration]).observe(lateness.as_secs_f64());
    }

    fn committed(
        &self,
        integration: &'static str,
        stream: &'static str,
        committed: &Committed,
        duration: Duration,
    ) {
        self.store_committed(duration);
        for (table, rows) in &committed.written {
            self.rows.committed.with_label_values(&[integration, table.name()]).inc_by(*rows);
        }
        for (counters, rows) in [
            (&self.rows.restated, committed.restated),
            (&self.rows.vanished, committed.vanished),
            (&self.rows.duplicated, committed.duplicates),
        ] {
            counters.with_label_values(&[integration, stream]).inc_by(rows);
        }
        // Of a connection that is shown already, the publisher hears by `rows_changed`; these are for the first rows.
        let written =
            |family| committed.written.iter().any(|(table, rows)| *rows > 0 && table.family() == family);
        if written(Family::Payments) {
            self.changes.payments_changed(self.clock.elapsed());
        }
        if written(Family::Web) {
            self.changes.web_changed(self.clock.elapsed());
        }
        if written(Family::Streaming) {
            self.changes.music_changed(self.clock.elapsed());
        }
    }

    fn quarantined(&self, integration: &'static str, stream: &'static str, reason: &'static str) {
        self.rows.quarantined.with_label_values(&[integration, stream, reason]).inc();
    }

    fn dropped(&self, integration: &'static str, stream: &'static str, rows: u64) {
        self.rows.dropped.with_label_values(&[integration, stream]).inc_by(rows);
    }

    fn restarted(&self, integration: &'static str, reason: &'static str) {
        self.engine.actor_restarts.with_label_values(&[integration, reason]).inc();
    }

    fn field_unavailable(&self, integration: &'static str, field: &'static str) {
        self.provider.field_unavailable.with_label_values(&[integration, field]).set(1);
    }

    fn token_expires(&self, connection: &str, _integration: &'static str, at: Timestamp) {
        self.changes.token_expires(self.clock.elapsed(), connection, at);
    }

    fn status_changed(&self, _connection: &str) {
        self.changes.status_changed(self.clock.elapsed());
    }

    fn returned(&self, _connection: &str) {
        let now = self.clock.elapsed();
        self.changes.everything_changed(now);
        if let Some(follower) = self.follower.get() {
            follower.everything_changed(now);
        }
    }

    fn set_aside(&self, _connection: &str) {
        self.changes.set_aside_changed(self.clock.elapsed());
    }

    fn file_loaded(&self, _connection: &str) {
        self.changes.royalties_changed(self.clock.elapsed());
    }

    fn rows_changed(&self, connection: &str, account_id: &str) {
        let now = self.clock.elapsed();
        self.changes.rows_changed(now, connection, account_id);
        if let Some(follower) = self.follower.get() {
            follower.rows_changed(now, connection, account_id);
        }
    }
}
