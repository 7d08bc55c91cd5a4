//! The worker as a library: everything that the daemon runs, inside a host's runtime.

mod figures;
mod holding;
pub(crate) mod marketing;
mod operator;
mod shared;
mod webhooks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actors::{
    engine::{
        Engine, EngineError, EngineOptions, Heartbeat, overseer::Progress, poller::Once, status::Statuses,
    },
    integration::AnyIntegration,
    integrations::catalogue,
    session::{
        LinkServices,
        quota::Quotas,
        transport::{HttpTransport, TransportError},
    },
};
use futures::FutureExt as _;
use rows::{Clock, clock::SystemClock};
use secrecy::ExposeSecret;
use store::{Access, Ending, Store, StoreError, StoreOptions, WorkerKind, WorkerStatus};
use tokio::{runtime::Handle, task::JoinHandle};

use self::{
    figures::{EngineQuotas, StoreFigures, WorkerReadiness},
    holding::{Health, Keeper},
    operator::StoreOperator,
    shared::Shared,
    webhooks::EngineWebhooks,
};
use crate::{
    cache::CacheError,
    http::{self, ServeError, Server},
    settings::{Changes, Settings},
    telemetry::{Exposition, Guest, Metrics, Publisher},
};

/// Builds a [`Worker`].
pub struct WorkerBuilder {
    settings: Settings,
    integrations: Vec<Arc<dyn AnyIntegration>>,
    clock: Arc<dyn Clock>,
    once: Option<Duration>,
    only: Option<String>,
    headless: bool,
    kind: WorkerKind,
    take_over: bool,
    runtime: Option<Handle>,
    registry: Option<prometheus::Registry>,
}

/// A running worker: connections, store, telemetry and its HTTP side. It uses the host's runtime and touches nothing
/// process-wide: no signal handler, no subscriber, no panic hook, no TLS default.
pub struct Worker {
    settings: Settings,
    engine: Engine,
    store: Store,
    exposition: Arc<Exposition>,
    publisher: Arc<Publisher>,
    webhooks: Arc<EngineWebhooks>,
    shared: Shared,
    tasks: Vec<JoinHandle<()>>,
    server: Option<Server>,
    health: Health,
    /// Whether it is a single run, and whether that has read everything.
    single: Option<bool>,
    /// The host's registry lets the worker's metrics go when it is dropped.
    _guest: Option<Guest>,
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
    /// Two workers of one name in one registry.
    #[error(
        "the registry holds a worker named {name} already: give each worker of a process its own [worker] name"
    )]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The runtime that it was given.
    #[error("the worker's runtime ended while it started: {0}")]
    Runtime(#[from] tokio::task::JoinError),
}

/// Cycles and quarantined rows are kept so long.
const RETENTION: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);
/// How often what is older is deleted.
const PURGE_EVERY: Duration = Duration::from_hours(6);

// === impl WorkerError ===

impl WorkerError {
    /// Whether another worker that lives has the database.
    pub const fn is_held(&self) -> bool {
        matches!(self, Self::Store(StoreError::Held(_)))
    }
}

// === impl WorkerBuilder ===

impl WorkerBuilder {
    /// Adds an integration that is not built in. Its connections may be configured like any other's, if the settings
    /// were loaded with it.
    #[must_use]
    pub fn integration(mut self, integration: Arc<dyn AnyIntegration>) -> Self {
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

    /// Without an HTTP side. Metrics are kept current all the same: see [`Worker::exposition`].
    #[must_use]
    pub const fn headless(mut self) -> Self {
        self.headless = true;
        self
    }

    /// What it is started for, as other workers and commands are told; [`WorkerKind::Embedded`] unless said.
    #[must_use]
    pub const fn kind(mut self, kind: WorkerKind) -> Self {
        self.kind = kind;
        self
    }

    /// Takes the database over from a worker that lives. Without, that is an error: two workers on one database take each
    /// other's connections. The other one takes them back when this one has ended.
    #[must_use]
    pub const fn take_over(mut self, take_over: bool) -> Self {
        self.take_over = take_over;
        self
    }

    /// Works on this runtime, which must be able to do I/O and keep time, and must outlive the worker. Without, on the one
    /// that [`start`](Self::start) is called on.
    #[must_use]
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Puts the pipeline's metrics into the host's registry until the worker ends, each with the label `worker` (the
    /// configured `worker.name`), so that several workers can share it. Campaign, payment and connection series are prepared
    /// text and not in a registry: [`Exposition::prepared`].
    #[must_use]
    pub fn registry(mut self, registry: prometheus::Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Opens the database, brings its tables up to date, and starts every enabled connection.
    pub async fn start(mut self) -> Result<Worker, WorkerError> {
        match self.runtime.take() {
            // On the heap, its type forgotten: commands hold it within futures of their own.
            None => self.start_here().boxed().await,
            // The database's connections and all tasks belong to the runtime on which they are made.
            Some(runtime) => runtime.spawn(self.start_here()).await?,
        }
    }

    async fn start_here(mut self) -> Result<Worker, WorkerError> {
        let (metrics, guest) = metrics(&self.settings.worker.name, &self.clock, self.registry.take())?;
        let store = holding::open(&self.settings, &self.clock).await?;
        let entered = holding::enter(&store, &self.settings, self.kind, self.take_over, &self.clock).await;
        let started = match entered {
            Ok(before) => self.assemble(store.clone(), metrics, guest, before).await,
            Err(error) => Err(error.into()),
        };
        if started.is_err() {
            // Why it does not start says more than whether it could say goodbye.
            let _ = store.leave(Ending::Stopped).await;
            store.close().await;
        }
        started
    }

    async fn assemble(
        self,
        store: Store,
        metrics: Arc<Metrics>,
        guest: Option<Guest>,
        before: Vec<WorkerStatus>,
    ) -> Result<Worker, WorkerError> {
        let Self { settings, integrations, clock, once, only, headless, .. } = self;
        holding::note_configured(&store, &settings, &clock).await?;

        let mut specs = settings.specs();
        specs.retain(|spec| only.as_ref().is_none_or(|only| *only == spec.name));
        for integration in &integrations {
            if specs.iter().any(|spec| spec.integration == integration.id()) {
                metrics
                    .announce(integration.id(), integration.known_streams().iter().map(|stream| stream.name));
            }
        }
        let exposition = Arc::new(Exposition::new(metrics.clone(), clock.clone()));
        let shared = Shared::open(&settings, &store, &metrics, &clock).await?;
        let quotas = Quotas::among(shared.others(), clock.clone(), metrics.clone());
        let quotas = Arc::new(quotas.kept_by(Arc::new(store.clone())));
        let services = LinkServices {
            transport: Arc::new(HttpTransport::new()?),
            quotas: quotas.clone(),
            clock: clock.clone(),
            observer: metrics.clone(),
            tokens: Arc::new(shared.tokens(&store, &clock)),
        };
        let mut options =
            EngineOptions::new(integrations.clone(), services, Arc::new(store.clone()), Handle::current());
        options.page_timeout = settings.worker.page_timeout;
        options.once = once.map(|wait_max| Once { since: clock.now(), wait_max });
        let count = specs.len();
        let engine = Engine::start(options, specs.clone()).await?;
        let webhooks = Arc::new(EngineWebhooks::new(integrations, &specs, engine.bell()));

        let statuses = Arc::new(engine.statuses().clone());
        let source = Arc::new(StoreFigures(store.clone()));
        let publisher = Arc::new(Publisher::new(source.clone(), statuses.clone(), exposition.clone()));
        publisher.set_marketing_campaigns(marketing::shown(&settings.campaigns));
        let mut tasks = shared.start();
        let keeper = Keeper::new(&store, engine.statuses(), engine.bell(), metrics, &clock);
        let health = keeper.health.clone();
        tasks.push(tokio::spawn(keeper.run()));
        holding::say_started(&store, count, &before);
        let mut server = None;
        if once.is_none() && !headless {
            let readiness = WorkerReadiness {
                store: store.clone(),
                statuses: statuses.clone(),
                configured: count,
                health: health.clone(),
            };
            let operator = StoreOperator {
                store: store.clone(),
                bell: engine.bell(),
                statuses: engine.statuses().clone(),
                clock: clock.clone(),
            };
            let sources = http::Sources {
                name: settings.worker.name.clone(),
                clock: clock.clone(),
                exposition: exposition.clone(),
                statuses,
                campaigns: publisher.clone(),
                set_aside: publisher.clone(),
                days: source,
                quotas: Arc::new(EngineQuotas(quotas)),
                readiness: Arc::new(readiness),
                operator: Arc::new(operator),
                webhooks: webhooks.clone(),
            };
            let listening = http::serve(&settings.http, sources)?;
            tracing::info!(address = %listening.address, connections = count, "listening");
            server = Some(listening);
        }
        if once.is_none() {
            tasks.push(tokio::spawn({
                let publisher = publisher.clone();
                async move { publisher.run().await }
            }));
            tasks.push(tokio::spawn(purge(store.clone(), clock)));
        }
        Ok(Worker {
            settings,
            engine,
            store,
            exposition,
            publisher,
            webhooks,
            shared,
            tasks,
            server,
            health,
            single: once.map(|_| false),
            _guest: guest,
        })
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
            kind: WorkerKind::Embedded,
            take_over: false,
            runtime: None,
            registry: None,
        }
    }

    /// What every connection shows.
    pub const fn statuses(&self) -> &Statuses {
        self.engine.statuses()
    }

    /// For whoever watches over it: a service manager, a host's own health check.
    pub fn heartbeat(&self) -> Heartbeat {
        self.engine.heartbeat()
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
        self.store.use_keys(settings.encryption.keyring.clone());
        // Another worker's campaigns and connections are not this one's to change.
        let is_displaced = self.health.is_displaced();
        if !is_displaced {
            self.store.sync_campaigns(&marketing::stored(&settings.campaigns)).await?;
        }
        let unchanged = |name: &str| {
            let (before, after) = (self.settings.connections.get(name)?, settings.connections.get(name)?);
            before.is_same(after).then(|| before.spec.clone()).flatten()
        };
        // What did not change keeps its specification to the letter: a default start date moves from day to day.
        let specs = settings.specs().into_iter().map(|spec| unchanged(&spec.name).unwrap_or(spec));
        let specs: Vec<_> = specs.collect();
        self.webhooks.renew(&specs);
        self.engine.run(specs).await;
        let configured: Vec<String> = settings.connections.keys().cloned().collect();
        if !is_displaced {
            self.store.retire_connections(&configured).await?;
        }
        self.publisher.set_marketing_campaigns(marketing::shown(&settings.campaigns));
        self.shared.touch().await;
        if let (Some(server), Some(tls)) = (&self.server, &self.settings.http.tls)
            && let Err(error) = server.renew_certificate(tls)
        {
            tracing::error!(%error, "the certificate was not renewed: the one before goes on");
        }
        self.settings = settings.after_reload(&self.settings);
        Ok(changes)
    }

    /// Waits for the end of a single run.
    pub async fn finished(&mut self) -> Progress {
        let progress = self.engine.finished().await;
        self.single = Some(!progress.finished.is_empty() && progress.finished.values().all(|ok| *ok));
        progress
    }

    /// Ends: cycles stop at their next page, what waits is stored, connections are closed. The host goes on.
    pub async fn stop(self) {
        self.end().boxed().await;
    }

    async fn end(self) {
        let Self { settings, engine, store, shared, tasks, server, exposition, single, .. } = self;
        let connections = engine.statuses().all().len();
        engine.stop(settings.worker.shutdown_grace).await;
        for task in tasks {
            task.abort();
        }
        shared.end().await;
        // A host may go on serving it: what nobody keeps current must not look as if somebody did.
        exposition.clear();
        if let Some(server) = server
            && let Err(error) = server.stop().await
        {
            tracing::warn!(%error, "the HTTP server ended with an error");
        }
        let ending = match single {
            None => Ending::Stopped,
            Some(true) => Ending::Finished,
            Some(false) => Ending::Unfinished,
        };
        if let Err(error) = store.leave(ending).await {
            tracing::warn!(%error, "the end of this worker was not noted");
        }
        let (version, database) = (env!("CARGO_PKG_VERSION"), store.location());
        store.close().await;
        tracing::info!(version, database, connections, ending = ending.as_str(), "stopped");
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.settings.worker.name).finish_non_exhaustive()
    }
}

/// The pipeline's metrics: in a registry of their own, or in the host's.
fn metrics(
    worker: &str,
    clock: &Arc<dyn Clock>,
    host: Option<prometheus::Registry>,
) -> Result<(Arc<Metrics>, Option<Guest>), WorkerError> {
    let version = env!("CARGO_PKG_VERSION");
    let Some(host) = host else {
        return Ok((Arc::new(Metrics::new(version, clock.clone())?), None));
    };
    let own = Guest::registry(worker)?;
    let metrics = Metrics::in_registry(version, clock.clone(), own.clone())?;
    let guest = Guest::register(host, own, worker).map_err(|error| match error {
        prometheus::Error::AlreadyReg => WorkerError::NameTaken { name: worker.to_owned() },
        error => error.into(),
    })?;
    Ok((Arc::new(metrics), Some(guest)))
}

/// Opens the configured database, with the configured keys. Does not migrate.
pub async fn open_store(
    settings: &Settings,
    access: Access,
    clock: Arc<dyn Clock>,
) -> Result<Store, StoreError> {
    let options = StoreOptions {
        access,
        readers_max: settings.database.max_connections,
        application_name: format!("dynamoi {}", settings.worker.name),
        file_mode: settings.database.file_mode.into(),
    };
    let store = Store::connect(settings.database.url.expose_secret(), options, clock).await?;
    store.use_keys(settings.encryption.keyring.clone());
    Ok(store)
}

/// Deletes old records of cycles and workers, and old quarantined rows, now and then.
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
