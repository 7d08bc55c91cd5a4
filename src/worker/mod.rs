//! The worker as a library: everything that the daemon runs, inside a host's runtime.

mod marketing;
mod operator;
mod snapshots;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actors::{
    engine::{Engine, EngineError, EngineOptions, condition::Conditions, overseer::Progress, poller::Once},
    integration::Integration,
    integrations::catalogue,
    session::{
        Surroundings,
        quota::{Others, Quotas, shared::Sharing},
        transport::{HttpTransport, TransportError},
    },
};
use rows::{Cache, Clock, clock::SystemClock};
use secrecy::ExposeSecret;
use store::{Store, StoreError, StoreOptions};
use tokio::{runtime::Handle, task::JoinHandle};

use self::{
    operator::StoreOperator,
    snapshots::{EngineQuotas, StoreSnapshots, WorkerReadiness},
};
use crate::{
    cache::{self, CacheError, ReadModel, read_model::ReadModelOptions},
    http::{self, ServeError, Server},
    settings::{Changes, Settings},
    telemetry::{Exposition, Metrics, Publisher},
};

/// Builds a [`Worker`].
pub struct WorkerBuilder {
    settings: Settings,
    integrations: Vec<Arc<dyn Integration>>,
    clock: Arc<dyn Clock>,
    once: Option<Duration>,
    only: Option<String>,
    headless: bool,
}

/// A running worker: connections, store, telemetry and its HTTP side. It uses the host's runtime and touches nothing
/// process-wide: no signal handler, no subscriber, no panic hook, no TLS default.
pub struct Worker {
    settings: Settings,
    engine: Engine,
    store: Store,
    exposition: Arc<Exposition>,
    publisher: Arc<Publisher>,
    sharing: Option<Arc<Sharing>>,
    read_model: Option<Arc<ReadModel>>,
    tasks: Vec<JoinHandle<()>>,
    server: Option<Server>,
}

/// Why a worker does not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cache's settings.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The wire.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The HTTP side.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A metric's definition.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Cycles and quarantined rows are kept so long.
const RETENTION: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);
/// How often what is older is deleted.
const PURGE_EVERY: Duration = Duration::from_hours(6);

/// How long the end of a worker waits for the cache.
const CACHE_GRACE: Duration = Duration::from_secs(2);

// === impl WorkerBuilder ===

impl WorkerBuilder {
    /// Adds an integration that is not built in. Its connections may be configured like any other's, if the settings
    /// were loaded with it.
    #[must_use]
    pub fn integration(mut self, integration: Arc<dyn Integration>) -> Self {
        self.integrations.push(integration);
        self
    }

    /// Takes time from another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Reads every stream once, due or not, and ends; a connection waits so long, all in all, for limits and passing
    /// failures. Without an HTTP side.
    #[must_use]
    pub const fn once(mut self, wait_max: Duration) -> Self {
        self.once = Some(wait_max);
        self
    }

    /// Runs this connection alone.
    #[must_use]
    pub fn only(mut self, connection: &str) -> Self {
        self.only = Some(connection.to_owned());
        self
    }

    /// Without an HTTP side.
    #[must_use]
    pub const fn headless(mut self) -> Self {
        self.headless = true;
        self
    }

    /// Opens the database, brings its tables up to date, and starts every enabled connection.
    pub async fn start(self) -> Result<Worker, WorkerError> {
        let Self { settings, integrations, clock, once, only, headless } = self;
        let store = open_store(&settings, clock.clone()).await?;
        store.migrate_up().await?;
        store.sync_campaigns(&marketing::stored(&settings.campaigns)).await?;
        let configured: Vec<String> = settings.connections.keys().cloned().collect();
        store.retire_connections(&configured).await?;

        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), clock.clone())?);
        let mut specs = settings.specs();
        specs.retain(|spec| only.as_ref().is_none_or(|only| *only == spec.name));
        for integration in &integrations {
            if specs.iter().any(|spec| spec.integration == integration.id()) {
                metrics.announce(integration.id(), integration.streams().iter().map(|stream| stream.name));
            }
        }
        let exposition = Arc::new(Exposition::new(metrics.clone(), clock.clone()));
        let cache = cache::open(&settings.cache, clock.clone(), {
            let metrics = metrics.clone();
            Arc::new(move |operation, result| metrics.cache_request(operation, result))
        })?;
        let process = format!("{}#{:08x}", settings.worker.name, rand::random::<u32>());
        let sharing = sharing(&cache, &clock, &process, settings.worker.count).await;
        let read_model = cache.is_shared().then(|| {
            let source = Arc::new(StoreSnapshots(store.clone()));
            let options = ReadModelOptions {
                worker: process,
                prefix: settings.cache.prefix.clone(),
                ttl: settings.cache.snapshot_ttl,
            };
            Arc::new(ReadModel::new(cache, source, metrics.follow(), clock.clone(), options))
        });
        let others = match (&sharing, settings.worker.count) {
            (Some(sharing), _) => Others::Sharing(sharing.clone()),
            (None, 0 | 1) => Others::Nobody,
            (None, count) => Others::Apart(count),
        };
        let quotas = Arc::new(Quotas::among(others, clock.clone(), metrics.clone()));
        let surroundings = Surroundings {
            transport: Arc::new(HttpTransport::new()?),
            quotas: quotas.clone(),
            clock: clock.clone(),
            observer: metrics,
        };
        let mut options =
            EngineOptions::new(integrations, surroundings, Arc::new(store.clone()), Handle::current());
        options.page_timeout = settings.worker.page_timeout;
        options.once = once.map(|wait_max| Once { since: clock.now(), wait_max });
        let count = specs.len();
        let engine = Engine::start(options, specs).await?;

        let conditions = Arc::new(engine.conditions().clone());
        let source = Arc::new(StoreSnapshots(store.clone()));
        let publisher = Arc::new(Publisher::new(source.clone(), conditions.clone(), exposition.clone()));
        publisher.set_marketing_campaigns(marketing::shown(&settings.campaigns));
        let mut tasks = Vec::new();
        if let Some(sharing) = sharing.clone() {
            tasks.push(tokio::spawn(async move { sharing.run().await }));
        }
        if let Some(read_model) = read_model.clone() {
            tasks.push(tokio::spawn(async move { read_model.run().await }));
        }
        let mut server = None;
        if once.is_none() && !headless {
            let readiness =
                WorkerReadiness { store: store.clone(), conditions: conditions.clone(), configured: count };
            let operator = StoreOperator {
                store: store.clone(),
                bell: engine.bell(),
                conditions: engine.conditions().clone(),
                clock: clock.clone(),
            };
            let sources = http::Sources {
                name: settings.worker.name.clone(),
                clock: clock.clone(),
                exposition: exposition.clone(),
                conditions,
                campaigns: publisher.clone(),
                days: source,
                quotas: Arc::new(EngineQuotas(quotas)),
                readiness: Arc::new(readiness),
                operator: Arc::new(operator),
            };
            let listening = http::serve(&settings.http, sources)?;
            tracing::info!(address = %listening.address, connections = count, "listening");
            server = Some(listening);
            tasks.push(tokio::spawn({
                let publisher = publisher.clone();
                async move { publisher.run().await }
            }));
            tasks.push(tokio::spawn(purge(store.clone(), clock)));
        }
        Ok(Worker { settings, engine, store, exposition, publisher, sharing, read_model, tasks, server })
    }
}

// === impl Worker ===

impl Worker {
    /// A worker for these settings, with every integration that is built in.
    pub fn builder(settings: Settings) -> WorkerBuilder {
        WorkerBuilder {
            settings,
            integrations: catalogue(),
            clock: Arc::new(SystemClock::new()),
            once: None,
            only: None,
            headless: false,
        }
    }

    /// What every connection shows.
    pub const fn conditions(&self) -> &Conditions {
        self.engine.conditions()
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What a scrape gets.
    pub const fn exposition(&self) -> &Arc<Exposition> {
        &self.exposition
    }

    /// Where the HTTP side really listens; nothing in a single run.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(|server| server.address)
    }

    /// Takes over new settings: connections, integrations and campaigns at once, and only what changed is touched. The
    /// answer says what changed and what needs a restart.
    pub async fn reload(&mut self, settings: Settings) -> Result<Changes, WorkerError> {
        let changes = Settings::changes(&self.settings, &settings);
        self.store.sync_campaigns(&marketing::stored(&settings.campaigns)).await?;
        let unchanged = |name: &str| {
            let (before, after) = (self.settings.connections.get(name)?, settings.connections.get(name)?);
            before.is_same(after).then(|| before.spec.clone()).flatten()
        };
        // What did not change keeps its specification to the letter: a default start date moves from day to day.
        let specs = settings.specs().into_iter().map(|spec| unchanged(&spec.name).unwrap_or(spec));
        let specs = specs.collect();
        self.engine.run(specs);
        let configured: Vec<String> = settings.connections.keys().cloned().collect();
        self.store.retire_connections(&configured).await?;
        self.publisher.set_marketing_campaigns(marketing::shown(&settings.campaigns));
        if let Some(read_model) = &self.read_model {
            read_model.touch().await;
        }
        if let (Some(server), Some(tls)) = (&self.server, &self.settings.http.tls)
            && let Err(error) = server.renew_certificate(tls)
        {
            tracing::error!(%error, "the certificate was not renewed: the one before goes on");
        }
        self.settings = settings;
        Ok(changes)
    }

    /// Waits for the end of a single run.
    pub async fn finished(&mut self) -> Progress {
        self.engine.finished().await
    }

    /// Ends: cycles stop at their next page, what waits is stored, connections are closed. The host goes on.
    pub async fn stop(self) {
        let Self { settings, engine, store, sharing, read_model, tasks, server, .. } = self;
        engine.stop(settings.worker.shutdown_grace).await;
        for task in tasks {
            task.abort();
        }
        if let Some(read_model) = read_model {
            // What the last commits changed; longer than this, and the next start writes it.
            let _ = tokio::time::timeout(CACHE_GRACE, read_model.write()).await;
        }
        if let Some(sharing) = sharing {
            sharing.end().await;
        }
        if let Some(server) = server
            && let Err(error) = server.stop().await
        {
            tracing::warn!(%error, "the HTTP server ended with an error");
        }
        store.close().await;
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.settings.worker.name).finish_non_exhaustive()
    }
}

/// Opens the configured database. Does not migrate.
pub async fn open_store(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Store, StoreError> {
    let options = StoreOptions {
        readers_max: settings.database.max_connections,
        application_name: format!("dynamoi {}", settings.worker.name),
    };
    Store::connect(settings.database.url.expose_secret(), options, clock).await
}

/// This worker among those that share the cache, if anybody can; it has met the others.
async fn sharing(
    cache: &Arc<dyn Cache>,
    clock: &Arc<dyn Clock>,
    process: &str,
    count: u32,
) -> Option<Arc<Sharing>> {
    if !cache.is_shared() {
        return None;
    }
    let sharing = Sharing::new(cache.clone(), clock.clone(), process.to_owned(), count);
    sharing.begin().await;
    Some(sharing)
}

/// Deletes old cycles and quarantined rows, now and then.
async fn purge(store: Store, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(PURGE_EVERY).await;
        let before = clock.now().checked_sub(RETENTION).unwrap_or(jiff::Timestamp::MIN);
        match store.purge(before).await {
            Ok(purged) => tracing::debug!(?purged, "old cycles and quarantined rows deleted"),
            Err(error) => tracing::warn!(%error, "old cycles and quarantined rows were not deleted"),
        }
    }
}
