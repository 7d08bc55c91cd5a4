//! What a worker has in common with others through the cache: its part of the providers' limits, access tokens, and current
//! numbers for other programs.

use std::{sync::Arc, time::Duration};

use actors::session::{
    quota::{Others, shared::Sharing},
    tokens::Tokens,
};
use rows::{Cache, Clock};
use store::Store;
use tokio::task::JoinHandle;

use super::figures::StoreFigures;
use crate::{
    cache::{self, CacheError, ReadModel, read_model::ReadModelOptions},
    settings::Settings,
    telemetry::Metrics,
};

/// What the last commits changed is written within this time when a worker ends; else the next start writes it.
const CACHE_GRACE: Duration = Duration::from_secs(2);

/// All of it, where the cache is shared by several programs.
pub struct Shared {
    count: u32,
    /// None: this process shares with no other.
    cache: Option<Arc<dyn Cache>>,
    sharing: Option<Arc<Sharing>>,
    read_model: Option<Arc<ReadModel>>,
}

// === impl Shared ===

impl Shared {
    /// Opens the configured cache; the worker has then met the others.
    pub async fn open(
        settings: &Settings,
        store: &Store,
        metrics: &Arc<Metrics>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CacheError> {
        let cache = cache::open(&settings.cache, clock.clone(), {
            let metrics = metrics.clone();
            Arc::new(move |operation, result| metrics.cache_request(operation, result))
        })?;
        let count = settings.worker.count;
        if !cache.is_shared() {
            return Ok(Self { count, cache: None, sharing: None, read_model: None });
        }
        let process = format!("{}#{:08x}", settings.worker.name, rand::random::<u32>());
        let sharing = Sharing::new(cache.clone(), clock.clone(), process.clone(), count);
        sharing.begin().await;
        let source = Arc::new(StoreFigures::new(store.clone()));
        let options = ReadModelOptions {
            worker: process,
            prefix: settings.cache.prefix.clone(),
            ttl: settings.cache.snapshot_ttl,
        };
        let read_model = ReadModel::new(cache.clone(), source, metrics.follow(), clock.clone(), options);
        Ok(Self { count, cache: Some(cache), sharing: Some(sharing), read_model: Some(Arc::new(read_model)) })
    }

    /// Who else sends within the same limits.
    pub fn others(&self) -> Others {
        match (&self.sharing, self.count) {
            (Some(sharing), _) => Others::Sharing(sharing.clone()),
            (None, 0 | 1) => Others::Nobody,
            (None, count) => Others::Apart(count),
        }
    }

    /// Access tokens: others see them as far as they have the keys; what providers replace is kept in the database.
    pub fn tokens(&self, store: &Store, clock: &Arc<dyn Clock>) -> Tokens {
        let tokens = match &self.cache {
            Some(cache) => Tokens::new(cache.clone(), Arc::new(store.clone()), clock.clone()),
            None => Tokens::alone(clock.clone()),
        };
        tokens.kept_by(Arc::new(store.clone()))
    }

    /// Starts what keeps both current.
    pub fn start(&self) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        if let Some(sharing) = self.sharing.clone() {
            tasks.push(tokio::spawn(async move { sharing.run().await }));
        }
        if let Some(read_model) = self.read_model.clone() {
            tasks.push(tokio::spawn(async move { read_model.run().await }));
        }
        tasks
    }

    /// What is configured has changed: other programs shall see it.
    pub async fn touch(&self) {
        if let Some(read_model) = &self.read_model {
            read_model.touch().await;
        }
    }

    /// Writes what is left, and leaves the others.
    pub async fn end(&self) {
        if let Some(read_model) = &self.read_model {
            let _ = tokio::time::timeout(CACHE_GRACE, read_model.write()).await;
        }
        if let Some(sharing) = &self.sharing {
            sharing.end().await;
        }
    }
}
