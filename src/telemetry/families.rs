//! The pipeline's metric families: names, labels, help, buckets.

use prometheus::{CounterVec, GaugeVec, Histogram, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec};

use super::{
    declare::{Declare, Declared},
    limits::{
        ARTISTS_MAX, CAMPAIGN_MEMBERS_MAX, CAMPAIGNS_MAX, COUNTERS_MAX, PAYMENTS_MAX, PLAYLISTS_MAX,
        ROYALTIES_MAX, TRACKS_MAX, WEB_GOALS_MAX, WEB_MAX,
    },
};

/// Seconds that a request, a commit or a rebuild takes.
const FAST_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Seconds that a cycle takes: one quick page, or a hundred behind a quota.
const CYCLE_SECONDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
/// Seconds that a cycle begins after it was due: the tightest schedule is minutes.
const LATENESS_SECONDS: &[f64] = &[0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0];

/// Who polls.
pub(super) struct Engine {
    pub cycles: IntCounterVec,
    pub cycle_duration: HistogramVec,
    pub schedule_lateness: HistogramVec,
    pub actor_restarts: IntCounterVec,
}

/// What goes over the wire.
pub(super) struct Provider {
    pub requests: IntCounterVec,
    pub request_duration: HistogramVec,
    pub rate_limited: IntCounterVec,
    pub quota_used: GaugeVec,
    pub quota_wait: CounterVec,
    pub field_unavailable: IntGaugeVec,
}

/// What becomes of rows.
pub(super) struct RowCounters {
    pub committed: IntCounterVec,
    pub quarantined: IntCounterVec,
    pub dropped: IntCounterVec,
    pub vanished: IntCounterVec,
    pub duplicated: IntCounterVec,
    pub restated: IntCounterVec,
}

/// The rest of the worker.
pub(super) struct Worker {
    pub cache_requests: IntCounterVec,
    pub store_commit_duration: Histogram,
    pub snapshot_rebuilds: IntCounterVec,
    pub snapshot_rebuild_duration: Histogram,
    pub database_ready: IntGaugeVec,
    pub privacy_overdue: IntGaugeVec,
    pub series_dropped: IntGaugeVec,
    pub http_refused: IntCounterVec,
}

// === impl Engine ===

impl Engine {
    pub fn new(declare: &Declare<'_>) -> Declared<Self> {
        Ok(Self {
            cycles: declare.counters(
                "dynamoi_cycles_total",
                "Finished cycles: readings of one stream of one account.",
                &["integration", "stream", "outcome"],
            )?,
            cycle_duration: declare.histograms(
                "dynamoi_cycle_duration_seconds",
                "How long cycles ran.",
                CYCLE_SECONDS,
            )?,
            schedule_lateness: declare.histograms(
                "dynamoi_schedule_lateness_seconds",
                "How long after they were due cycles began; backfill is never late.",
                LATENESS_SECONDS,
            )?,
            actor_restarts: declare.counters(
                "dynamoi_actor_restarts_total",
                "Connections rebuilt after a crash.",
                &["integration", "reason"],
            )?,
        })
    }
}

// === impl Provider ===

impl Provider {
    pub fn new(declare: &Declare<'_>) -> Declared<Self> {
        Ok(Self {
            requests: declare.counters(
                "dynamoi_provider_requests_total",
                "Requests by HTTP status; error when there was no answer.",
                &["integration", "status"],
            )?,
            request_duration: declare.histograms(
                "dynamoi_provider_request_duration_seconds",
                "How long providers took to answer, without waiting for quota.",
                FAST_SECONDS,
            )?,
            rate_limited: declare.counters(
                "dynamoi_rate_limited_total",
                "Requests that a provider refused for quota.",
                &["integration", "scope"],
            )?,
            quota_used: declare.ratios(
                "dynamoi_quota_used_ratio",
                "Share of an allowance that is used, as last told for any member of the scope.",
                &["integration", "scope"],
            )?,
            quota_wait: declare.fractional_counters(
                "dynamoi_quota_wait_seconds_total",
                "Time that requests waited for their turn.",
                &["integration"],
            )?,
            field_unavailable: declare.gauges(
                "dynamoi_field_unavailable",
                "1 for a field that was asked for and not delivered since the start.",
                &["integration", "field"],
            )?,
        })
    }
}

// === impl RowCounters ===

impl RowCounters {
    pub fn new(declare: &Declare<'_>) -> Declared<Self> {
        let stream = ["integration", "stream"];
        Ok(Self {
            committed: declare.counters(
                "dynamoi_rows_committed_total",
                "Rows that were new or changed and were stored.",
                &["integration", "table"],
            )?,
            quarantined: declare.counters(
                "dynamoi_rows_quarantined_total",
                "Rows that could not be understood and were set aside.",
                &["integration", "stream", "reason"],
            )?,
            dropped: declare.counters(
                "dynamoi_rows_dropped_total",
                "Rows dated outside the window that was asked for.",
                &stream,
            )?,
            vanished: declare.counters(
                "dynamoi_rows_vanished_total",
                "Rows deleted or marked as removed because a complete reading did not see them.",
                &stream,
            )?,
            duplicated: declare.counters(
                "dynamoi_rows_duplicated_total",
                "Rows whose key came twice in one commit; the last one counts.",
                &stream,
            )?,
            restated: declare.counters(
                "dynamoi_restated_rows_total",
                "Stored rows that got another value.",
                &stream,
            )?,
        })
    }
}

// === impl Worker ===

impl Worker {
    /// `version` is shown by `dynamoi_build_info`.
    pub fn new(declare: &Declare<'_>, version: &str) -> Declared<Self> {
        let build =
            declare.gauges("dynamoi_build_info", "1; the label says which version runs.", &["version"])?;
        build.with_label_values(&[version]).set(1);
        let limits = declare.gauges(
            "dynamoi_series_limit",
            "How many members of a kind are shown at most; each has several series.",
            &["kind"],
        )?;
        let worker = Self {
            cache_requests: declare.counters(
                "dynamoi_cache_requests_total",
                "Requests to the cache by what came of them.",
                &["operation", "result"],
            )?,
            store_commit_duration: declare.histogram(
                "dynamoi_store_commit_duration_seconds",
                "How long commits took, from being queued to being acknowledged.",
                FAST_SECONDS,
            )?,
            snapshot_rebuilds: declare.counters(
                "dynamoi_snapshot_rebuilds_total",
                "Rebuilds of the prepared series of campaigns, payments, web analytics, streaming services, royalties and connections.",
                &["result"],
            )?,
            snapshot_rebuild_duration: declare.histogram(
                "dynamoi_snapshot_rebuild_duration_seconds",
                "How long these rebuilds took, reading included.",
                FAST_SECONDS,
            )?,
            privacy_overdue: declare.gauges(
                "dynamoi_privacy_overdue",
                "Duties that are past their time: erasures, notifications of recipients, tables with rows to delete.",
                &["deadline"],
            )?,
            database_ready: declare.gauges(
                "dynamoi_database_ready",
                "1 while the database is this worker's and takes what is read, else 0; looked at every 10 s.",
                &[],
            )?,
            series_dropped: declare.gauges(
                "dynamoi_series_dropped",
                "Members of a kind that are not shown because of its limit.",
                &["kind"],
            )?,
            http_refused: declare.counters(
                "dynamoi_http_refused_total",
                "Requests to this worker that were refused, and connections that were closed, by reason.",
                &["reason"],
            )?,
        };
        worker.database_ready.with_label_values::<&str>(&[]).set(1);
        for result in ["ok", "error"] {
            worker.snapshot_rebuilds.with_label_values(&[result]);
        }
        for (kind, limit) in [
            ("campaign", CAMPAIGNS_MAX),
            ("campaign_member", CAMPAIGN_MEMBERS_MAX),
            ("payment", PAYMENTS_MAX),
            ("web", WEB_MAX),
            ("web_goal", WEB_GOALS_MAX),
            ("track", TRACKS_MAX),
            ("artist", ARTISTS_MAX),
            ("playlist", PLAYLISTS_MAX),
            ("counter", COUNTERS_MAX),
            ("royalty", ROYALTIES_MAX),
        ] {
            set(&limits.with_label_values(&[kind]), limit);
            worker.series_dropped.with_label_values(&[kind]);
        }
        Ok(worker)
    }
}

/// A count as a gauge.
pub(super) fn set(gauge: &IntGauge, number: usize) {
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
}
