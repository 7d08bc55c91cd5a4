//! Keeps the prepared body current: after changes, when an account's day ends, and from time to time.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use rows::Clock;

use super::{
    board::Board,
    changes::{Changes, Pending, build_at},
    exposition::Exposition,
    limits::{REFRESH_INTERVAL, RETRY_INTERVAL},
    render::render,
    snapshot::{
        CampaignSnapshot, ConditionSource, MarketingCampaign, PaymentSnapshot, SnapshotError, SnapshotSource,
        Touched,
    },
};

/// Reads snapshots and renders them, away from scrapes and actors.
pub struct Publisher {
    source: Arc<dyn SnapshotSource>,
    conditions: Arc<dyn ConditionSource>,
    exposition: Arc<Exposition>,
    changes: Arc<Changes>,
    board: Arc<Mutex<Board>>,
}

/// When the body is to be built again without a change, by elapsed time.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    /// Everything is read again.
    refresh_at: Duration,
    /// What could not be read is tried again.
    retry_at: Option<Duration>,
}

/// What one rebuild read.
#[derive(Debug, Default)]
struct Reading {
    campaigns: Option<(Touched, Vec<CampaignSnapshot>)>,
    payments: Option<Vec<PaymentSnapshot>>,
}

// === impl Publisher ===

impl Publisher {
    /// Publishes into `exposition`, whose metrics hear from the engine what changed.
    pub fn new(
        source: Arc<dyn SnapshotSource>,
        conditions: Arc<dyn ConditionSource>,
        exposition: Arc<Exposition>,
    ) -> Self {
        let changes = exposition.metrics().changes();
        Self { source, conditions, exposition, changes, board: Arc::default() }
    }

    /// The configured marketing campaigns, at the start and after a reload.
    pub fn set_marketing_campaigns(&self, campaigns: Vec<MarketingCampaign>) {
        self.board.lock().marketing_campaigns = campaigns;
        self.changes.condition_changed(self.clock().elapsed());
    }

    /// Works until it is dropped.
    pub async fn run(&self) {
        let mut owed = Pending::everything();
        let mut failing = false;
        let mut refresh_at = Duration::ZERO;
        loop {
            let (began_at, now) = (self.clock().elapsed(), self.clock().now());
            owed.merge(self.changes.take());
            let is_refresh = owed.campaigns == Touched::All;
            let error;
            (owed, error) = self.rebuild(owed, now).await;
            if let Some(error) = &error
                && !failing
            {
                tracing::warn!(%error, "snapshots cannot be read: metrics show what was read before");
            }
            failing = error.is_some();
            if is_refresh && !failing {
                refresh_at = began_at + REFRESH_INTERVAL;
            }
            let built_at = self.clock().elapsed();
            let schedule = Schedule {
                refresh_at: refresh_at.min(began_at + self.until_rollover(now)),
                retry_at: failing.then_some(built_at + RETRY_INTERVAL),
            };
            if self.wait(built_at, schedule).await {
                owed.merge(Pending::everything());
            }
        }
    }

    fn clock(&self) -> &dyn Clock {
        self.exposition.clock().as_ref()
    }

    /// Time until windows move, at most until the next refresh.
    fn until_rollover(&self, now: Timestamp) -> Duration {
        let Some(rollover) = self.board.lock().next_rollover(now) else { return REFRESH_INTERVAL };
        Duration::try_from(rollover.duration_since(now)).unwrap_or_default().min(REFRESH_INTERVAL)
    }

    /// Waits until a build is due; gives whether everything is to be read again.
    async fn wait(&self, built_at: Duration, schedule: Schedule) -> bool {
        loop {
            let change_at = self.changes.noted().map(|noted| build_at(noted, Some(built_at)));
            // While the store does not answer, changes that it would have to be asked about wait for the retry, but
            // conditions are shown at once.
            let refresh_at = schedule.retry_at.unwrap_or(schedule.refresh_at);
            let due_at = change_at.map_or(refresh_at, |at| at.min(refresh_at));
            let now = self.clock().elapsed();
            if now >= due_at {
                return schedule.retry_at.is_none() && now >= schedule.refresh_at;
            }
            tokio::select! {
                () = self.clock().sleep(due_at.saturating_sub(now)) => {}
                () = self.changes.changed() => {}
            }
        }
    }

    /// Reads what is pending, renders, and publishes if anything differs. Gives what could not be read, and why.
    async fn rebuild(&self, pending: Pending, now: Timestamp) -> (Pending, Option<SnapshotError>) {
        let began_at = self.clock().elapsed();
        let (reading, owed, error) = self.read(pending, now).await;
        let (board, exposition) = (self.board.clone(), self.exposition.clone());
        let (conditions, token_expiries) = (self.conditions.conditions(), self.changes.token_expiries());
        // Tens of milliseconds with many campaigns: not on a thread that others wait for.
        let work = tokio::task::spawn_blocking(move || {
            let (texts, dropped) = {
                let mut board = board.lock();
                if let Some((touched, snapshots)) = reading.campaigns {
                    board.replace_campaigns(&touched, snapshots, now);
                }
                if let Some(snapshots) = reading.payments {
                    board.replace_payments(snapshots, now);
                }
                board.conditions = conditions;
                board.token_expiries = token_expiries;
                render(&board, now)
            };
            for (kind, members) in dropped {
                exposition.metrics().dropped_series(kind, members);
            }
            if let Some(body) = exposition.body().renewed(texts) {
                exposition.publish(body);
            }
        });
        let error = match work.await {
            Ok(()) => error,
            Err(failure) => Some(SnapshotError(format!("rendering: {failure}"))),
        };
        let result = if error.is_some() { "error" } else { "ok" };
        self.exposition.metrics().rebuilt(result, self.clock().elapsed().saturating_sub(began_at));
        (owed, error)
    }

    async fn read(&self, pending: Pending, now: Timestamp) -> (Reading, Pending, Option<SnapshotError>) {
        let (mut reading, mut owed, mut error) = (Reading::default(), Pending::default(), None);
        let Pending { campaigns, payments, .. } = pending;
        if !campaigns.is_nothing() {
            match self.source.campaigns(campaigns.clone(), now).await {
                Ok(snapshots) => reading.campaigns = Some((campaigns, snapshots)),
                Err(failure) => {
                    owed.campaigns = campaigns;
                    error = Some(failure);
                }
            }
        }
        if payments {
            match self.source.payments(now).await {
                Ok(snapshots) => reading.payments = Some(snapshots),
                Err(failure) => {
                    owed.payments = true;
                    error = Some(failure);
                }
            }
        }
        (reading, owed, error)
    }
}
