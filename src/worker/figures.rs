//! The store as telemetry's source of snapshots.

use std::sync::Arc;

use actors::session::quota::Quotas;
use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::RwLock;
use rows::{
    figures::{CampaignFigures, MusicFigures, PaymentFigures, RoyaltyFigures, SetAside, WebFigures},
    markup::Markups,
    money::DisplaySpend,
};
use store::{
    Store,
    read::{CampaignKey, RoyaltyMemory},
};
use tokio::sync::Mutex;

use super::holding::Health;
use crate::{
    http::{DaySource, DaysByCampaign, QuotaSource, QuotaUsed, Readiness},
    telemetry::figures::{FigureError, FigureSource, StatusSource, Touched},
};

/// Reads snapshots from the database.
#[derive(Debug)]
pub struct StoreFigures {
    store: Store,
    /// Of tenants that are shown something.
    markups: RwLock<Arc<Markups>>,
    /// What was read of statements: half a million lines are not read for every refresh.
    royalties: Mutex<RoyaltyMemory>,
}

/// Ready = the database is this worker's, takes what is read, and every connection has been taken.
pub struct WorkerReadiness {
    /// The database.
    pub store: Store,
    /// What the connections show.
    pub statuses: Arc<dyn StatusSource>,
    /// How many are configured.
    pub configured: usize,
    /// What the last sign of life found.
    pub health: Health,
}

// === impl StoreFigures ===

impl StoreFigures {
    /// Of this database; nothing is remembered yet.
    pub fn new(store: Store) -> Self {
        Self { store, markups: RwLock::default(), royalties: Mutex::default() }
    }

    /// From now on these tenants are shown what their markups make of spend, and no others anything.
    pub fn use_markups(&self, markups: Markups) {
        *self.markups.write() = Arc::new(markups);
    }

    fn markups(&self) -> Arc<Markups> {
        self.markups.read().clone()
    }
}

impl FigureSource for StoreFigures {
    fn campaigns(
        &self,
        touched: Touched,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<CampaignFigures>, FigureError>> {
        Box::pin(async move {
            let accounts: Option<Vec<_>> = match touched {
                Touched::Nothing => return Ok(Vec::new()),
                Touched::Accounts(accounts) => Some(accounts.into_iter().collect()),
                Touched::All => None,
            };
            let read = self.store.campaign_windows(accounts.as_deref(), &self.markups(), now).await;
            read.map_err(|error| FigureError(error.to_string()))
        })
    }

    fn payments(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<PaymentFigures>, FigureError>> {
        Box::pin(async move {
            self.store.payment_windows(now).await.map_err(|error| FigureError(error.to_string()))
        })
    }

    fn web(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<WebFigures>, FigureError>> {
        Box::pin(
            async move { self.store.web_windows(now).await.map_err(|error| FigureError(error.to_string())) },
        )
    }

    fn music(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<MusicFigures>, FigureError>> {
        Box::pin(async move { self.store.music(now).await.map_err(|error| FigureError(error.to_string())) })
    }

    fn royalties(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<RoyaltyFigures>, FigureError>> {
        Box::pin(async move {
            let mut memory = self.royalties.lock().await;
            let read = self.store.settled_royalties(&mut memory, now).await;
            read.map_err(|error| FigureError(error.to_string()))
        })
    }

    fn set_aside(&self) -> BoxFuture<'_, Result<Vec<SetAside>, FigureError>> {
        Box::pin(async move { self.store.set_aside().await.map_err(|error| FigureError(error.to_string())) })
    }
}

/// What providers told the engine of their quotas.
pub struct EngineQuotas(pub Arc<Quotas>);

impl QuotaSource for EngineQuotas {
    fn used(&self, connection: &str) -> Option<QuotaUsed> {
        let usage = self.0.usage(connection)?;
        Some(QuotaUsed { scope: usage.scope.as_str().to_owned(), ratio: usage.ratio })
    }
}

impl DaySource for StoreFigures {
    fn days(
        &self,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<DaysByCampaign, String>> {
        Box::pin(
            async move { self.store.campaign_days(&campaigns, now).await.map_err(|error| error.to_string()) },
        )
    }

    fn days_displayed(
        &self,
        tenant: String,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<DaysByCampaign<DisplaySpend>, String>> {
        Box::pin(async move {
            // A token that was taken back meanwhile.
            let markups = self.markups();
            let Some(markup) = markups.get(&tenant) else { return Ok(DaysByCampaign::new()) };
            let days = self.store.campaign_days(&campaigns, now).await.map_err(|error| {
                tracing::warn!(%error, "a tenant's charts cannot be read");
                "the database did not answer".to_owned()
            })?;
            Ok(days.into_iter().map(|(key, days)| (key, days.displayed(markup))).collect())
        })
    }
}

impl Readiness for WorkerReadiness {
    fn missing(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async move {
            let mut missing = Vec::new();
            // What is known is said at once: a database that is away may take longer to ask than whoever asks waits.
            if let Some(trouble) = self.health.trouble() {
                missing.push(trouble);
            } else if let Err(error) = self.store.ping().await {
                missing.push(self.store.explain(&error));
            }
            let started = self.statuses.statuses().len();
            if started < self.configured {
                missing.push(format!("{started} of {} connections have started", self.configured));
            }
            missing
        })
    }
}
