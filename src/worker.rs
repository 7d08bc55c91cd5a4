//! The worker as a library: everything that the daemon runs, inside a host's runtime.

use std::{sync::Arc, time::Duration};

use actors::{
    engine::{Engine, EngineError, EngineOptions, condition::Conditions, overseer::Progress, poller::Once},
    integration::Integration,
    integrations::catalogue,
    observer::{Observer, Silent},
    session::{
        Surroundings,
        quota::Quotas,
        transport::{HttpTransport, TransportError},
    },
};
use rows::{Clock, clock::SystemClock};
use secrecy::ExposeSecret;
use store::{Store, StoreError, StoreOptions};
use tokio::runtime::Handle;

use crate::settings::{Changes, Settings};

/// Builds a [`Worker`].
pub struct WorkerBuilder {
    settings: Settings,
    integrations: Vec<Arc<dyn Integration>>,
    clock: Arc<dyn Clock>,
    once: Option<Duration>,
}

/// A running worker: connections, store and telemetry. It uses the host's runtime and touches nothing process-wide: no
/// signal handler, no subscriber, no panic hook, no TLS default.
pub struct Worker {
    settings: Settings,
    engine: Engine,
    store: Store,
}

/// Why a worker does not start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The wire.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

// === impl WorkerBuilder ===

impl WorkerBuilder {
    /// Adds an integration that is not built in. Its connections may be configured like any other's.
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
    /// failures.
    #[must_use]
    pub const fn once(mut self, wait_max: Duration) -> Self {
        self.once = Some(wait_max);
        self
    }

    /// Opens the database, brings its tables up to date, and starts every enabled connection.
    pub async fn start(self) -> Result<Worker, WorkerError> {
        let Self { settings, integrations, clock, once } = self;
        let store = open_store(&settings, clock.clone()).await?;
        store.migrate_up().await?;
        let observer: Arc<dyn Observer> = Arc::new(Silent);
        let surroundings = Surroundings {
            transport: Arc::new(HttpTransport::new()?),
            quotas: Arc::new(Quotas::new(clock.clone(), observer.clone())),
            clock: clock.clone(),
            observer,
        };
        let mut options =
            EngineOptions::new(integrations, surroundings, Arc::new(store.clone()), Handle::current());
        options.once = once.map(|wait_max| Once { since: clock.now(), wait_max });
        let engine = Engine::start(options, settings.specs()).await?;
        Ok(Worker { settings, engine, store })
    }
}

// === impl Worker ===

impl Worker {
    /// A worker for these settings, with every integration that is built in.
    pub fn builder(settings: Settings) -> WorkerBuilder {
        WorkerBuilder { settings, integrations: catalogue(), clock: Arc::new(SystemClock::new()), once: None }
    }

    /// What every connection shows.
    pub const fn conditions(&self) -> &Conditions {
        self.engine.conditions()
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Takes over new settings: connections, integrations and campaigns at once, and only what changed is touched. The
    /// answer says what changed and what needs a restart.
    pub fn reload(&mut self, settings: Settings) -> Changes {
        let changes = Settings::changes(&self.settings, &settings);
        self.engine.run(settings.specs());
        self.settings = settings;
        changes
    }

    /// Waits for the end of a single run.
    pub async fn finished(&mut self) -> Progress {
        self.engine.finished().await
    }

    /// Ends: cycles stop at their next page, what waits is stored, connections are closed. The host goes on.
    pub async fn stop(self) {
        let Self { settings, engine, store } = self;
        engine.stop(settings.worker.shutdown_grace).await;
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
