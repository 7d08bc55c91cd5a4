//! The worker as a library: everything that the daemon runs, inside a host's runtime.

mod builder;
mod figures;
mod following;
mod holding;
pub(crate) mod marketing;
mod operator;
mod people;
mod retention;
mod shared;
mod users;
mod webhooks;

use std::{net::SocketAddr, sync::Arc};

use actors::{
    engine::{Engine, EngineError, Heartbeat, overseer::Progress, status::Statuses},
    session::transport::TransportError,
};
use futures::FutureExt as _;
use rows::Clock;
use secrecy::ExposeSecret;
use store::{Access, Ending, Store, StoreError, StoreOptions};
use tokio::task::JoinHandle;

pub use self::builder::WorkerBuilder;
use self::{
    figures::StoreFigures, following::Following, holding::Health, retention::Retention, shared::Shared,
    users::StorePeople, webhooks::EngineWebhooks,
};
use crate::{
    cache::CacheError,
    http::{ServeError, Server},
    settings::{Changes, Outside, Settings},
    telemetry::{Exposition, Guest, Publisher},
};

/// A running worker: connections, store, telemetry and its HTTP side. It uses the host's runtime and touches nothing
/// process-wide: no signal handler, no subscriber, no panic hook, no TLS default.
pub struct Worker {
    settings: Settings,
    engine: Engine,
    store: Store,
    exposition: Arc<Exposition>,
    publisher: Arc<Publisher>,
    figures: Arc<StoreFigures>,
    people: Arc<StorePeople>,
    webhooks: Arc<EngineWebhooks>,
    shared: Shared,
    tasks: Vec<JoinHandle<()>>,
    server: Option<Server>,
    health: Health,
    retention: Retention,
    following: Following,
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
    /// What a reload would take over beside what needs a restart.
    #[error(
        "{0}: a section that differs takes effect after a restart only; until then everything goes on as before"
    )]
    Region(Box<Outside>),
    /// Key store or erasure journal cannot be used like this.
    #[error("key store and erasure journal: {0}")]
    Apart(StoreError),
    /// The runtime that it was given.
    #[error("the worker's runtime ended while it started: {0}")]
    Runtime(#[from] tokio::task::JoinError),
}

// === impl WorkerError ===

impl WorkerError {
    /// Whether a reload was refused as it is, and nothing of it was taken over.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Region(_) | Self::Apart(_))
    }

    /// Whether another worker that lives has the database.
    pub const fn is_held(&self) -> bool {
        matches!(self, Self::Store(StoreError::Held(_)))
    }
}

// === impl Worker ===

impl Worker {
    /// A worker for these settings, with every integration that is built in.
    pub fn builder(settings: Settings) -> WorkerBuilder {
        WorkerBuilder::new(settings)
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
        // What was read is right in itself. But the database that runs may be another one than it names.
        let taken = settings.clone().after_reload(&self.settings);
        if let Some(outside) = taken.outside_region().into_iter().next() {
            return Err(WorkerError::Region(Box::new(outside)));
        }
        match people::rehearse(&self.store, &taken).boxed().await {
            Ok(()) => self.use_audiences(&taken),
            Err(error) => {
                // Who must see nothing any more need not wait for a database that is away.
                if error.is_away() {
                    self.use_audiences(&taken);
                    return Err(error.into());
                }
                return Err(WorkerError::Apart(error));
            }
        }
        self.retention.renew(&taken);
        self.following.renew(&taken);
        self.store.use_keys(taken.encryption.keyring.clone());
        // Beside the database that runs, where no other place is named.
        self.people.use_settings(&taken);
        // Another worker's campaigns and connections are not this one's to change.
        let is_displaced = self.health.is_displaced();
        if !is_displaced {
            self.store.sync_campaigns(&marketing::stored(&settings.campaigns)).await?;
            self.store.sync_tenants(&settings.stored_tenants()).await?;
        }
        self.store.use_consents(settings.stored_rests());
        if !is_displaced {
            people::guard(&self.store, &taken).boxed().await?;
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
        self.publisher.read_again();
        self.shared.touch().await;
        if let (Some(server), Some(tls)) = (&self.server, &self.settings.http.tls)
            && let Err(error) = server.renew_certificate(tls)
        {
            tracing::error!(%error, "the certificate was not renewed: the one before goes on");
        }
        self.settings = taken;
        Ok(changes)
    }

    /// Who may look, and at what.
    fn use_audiences(&self, settings: &Settings) {
        self.figures.use_markups(settings.displayed_markups());
        if let Some(server) = &self.server {
            server.use_tokens(&settings.http.tokens);
        }
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
    store.use_consents(settings.stored_rests());
    Ok(store)
}
