//! From settings to a running worker.

use std::{sync::Arc, time::Duration};

use actors::{
    engine::{Engine, EngineOptions, poller::Once},
    files::OneFile,
    integration::{AnyIntegration, ConnectionSpec},
    integrations::catalogue,
    session::{LinkServices, quota::Quotas, transport::HttpTransport},
};
use futures::FutureExt as _;
use rows::{Clock, clock::SystemClock};
use store::{Ending, Store, WorkerKind, WorkerStatus};
use tokio::runtime::Handle;

use super::{
    Worker, WorkerError,
    figures::{EngineQuotas, StoreFigures, WorkerReadiness},
    following::Following,
    holding::{self, Keeper},
    marketing,
    operator::StoreOperator,
    people,
    retention::Retention,
    shared::Shared,
    users::StorePeople,
    webhooks::EngineWebhooks,
};
use crate::{
    http,
    settings::Settings,
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

// === impl WorkerBuilder ===

impl WorkerBuilder {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
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
        // Before anything is noted: who refuses to start leaves what another configuration has noted.
        let expected = match &entered {
            Ok(_) => people::expect_key(&store, &self.settings).await,
            Err(_) => Ok(false),
        };
        let started = match entered.and_then(|before| expected.map(|_| before)) {
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
        people::guard(&store, &settings).boxed().await?;

        let mut specs = settings.specs();
        specs.retain(|spec| only.as_ref().is_none_or(|only| *only == spec.name));
        announce(&metrics, &integrations, &specs);
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
            one_file: OneFile::default(),
        };
        let mut options =
            EngineOptions::new(integrations.clone(), services, Arc::new(store.clone()), Handle::current());
        options.page_timeout = settings.worker.page_timeout;
        options.once = once.map(|wait_max| Once { since: clock.now(), wait_max });
        let count = specs.len();
        let engine = Engine::start(options, specs.clone()).await?;
        let webhooks = Arc::new(EngineWebhooks::new(integrations, &specs, engine.bell()));

        let statuses = Arc::new(engine.statuses().clone());
        let source = Arc::new(StoreFigures::new(store.clone()));
        source.use_markups(settings.displayed_markups());
        let publisher = Arc::new(Publisher::new(source.clone(), statuses.clone(), exposition.clone()));
        publisher.set_marketing_campaigns(marketing::shown(&settings.campaigns));
        let mut tasks = shared.start();
        let keeper = Keeper::new(&store, engine.statuses(), engine.bell(), metrics.clone(), &clock);
        let health = keeper.health.clone();
        let (retention, following) = (Retention::new(&settings), Following::new(&settings));
        tasks.push(tokio::spawn(keeper.run()));
        holding::say_started(&store, count, &before);
        let people = Arc::new(StorePeople::new(store.clone(), &settings));
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
                series: publisher.clone(),
                statuses,
                campaigns: publisher.clone(),
                set_aside: publisher.clone(),
                days: source.clone(),
                quotas: Arc::new(EngineQuotas(quotas)),
                readiness: Arc::new(readiness),
                operator: Arc::new(operator),
                webhooks: webhooks.clone(),
                people: people.clone(),
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
            let followed = following.clone().run(store.clone(), health.clone(), clock.clone());
            tasks.push(tokio::spawn(followed));
            let keeping = retention.clone().run(store.clone(), health.clone(), metrics, clock);
            tasks.push(tokio::spawn(keeping));
        }
        Ok(Worker {
            settings,
            engine,
            store,
            exposition,
            publisher,
            figures: source,
            people,
            webhooks,
            shared,
            tasks,
            server,
            health,
            retention,
            following,
            single: once.map(|_| false),
            _guest: guest,
        })
    }
}

/// Makes the common series of what runs.
fn announce(metrics: &Metrics, integrations: &[Arc<dyn AnyIntegration>], specs: &[Arc<ConnectionSpec>]) {
    for integration in integrations {
        if specs.iter().any(|spec| spec.integration == integration.manifest().id) {
            metrics.announce(
                integration.manifest().id,
                integration.known_streams().iter().map(|stream| stream.name),
            );
        }
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
