//! Starting and ending the engine: one thread with an actix `System` for the actors, the caller's runtime for all work.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use actix::{Actor, Addr};
use rows::sink::Sink;
use tokio::{runtime::Handle, sync::watch};

use super::{
    blueprint::Blueprint,
    messages::{Beat, BeginAnew, EndSystem, LookForControls, Run, StopAll, WebhookReceivedFor},
    overseer::{Overseer, Progress},
    poller::Once,
    status::Statuses,
};
use crate::{integration::AnyIntegration, limits, session::LinkServices, spec::ConnectionSpec};

/// What the engine runs with.
#[derive(Clone)]
pub struct EngineOptions {
    /// Every integration that connections may name.
    pub integrations: Vec<Arc<dyn AnyIntegration>>,
    /// The rooms around the engine.
    pub services: LinkServices,
    /// Where rows go.
    pub sink: Arc<dyn Sink>,
    /// Where tasks run.
    pub runtime: Handle,
    /// One page at most, without purposeful waits.
    pub page_timeout: Duration,
    /// How often the store is asked for operators' requests.
    pub controls_every: Duration,
    /// Read everything once and end.
    pub once: Option<Once>,
}

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The actors' thread.
    #[error("cannot start the actors' thread: {0}")]
    Thread(#[from] std::io::Error),
    /// It ended at once.
    #[error("the actors' thread ended at once")]
    Ended,
}

/// A running engine.
pub struct Engine {
    options: EngineOptions,
    statuses: Statuses,
    overseer: Addr<Overseer>,
    progress: watch::Receiver<Progress>,
    thread: Option<JoinHandle<()>>,
}

/// Rung by whoever has written an operator's request into the store, so that it is looked at now instead of within seconds, and by
/// whoever hears of news.
#[derive(Debug, Clone)]
pub struct Bell(Addr<Overseer>);

// === impl Bell ===

impl Bell {
    /// Has the engine look at operators' requests.
    pub fn ring(&self) {
        self.0.do_send(LookForControls);
    }

    /// Another worker had the store meanwhile: every connection takes its place there again, and begins with what is stored.
    pub fn begin_anew(&self) {
        self.0.do_send(BeginAnew);
    }

    /// A provider says that this connection has something new: its feeds are read soon. Lost without harm, because polling
    /// finds it, too.
    pub fn news_of(&self, connection: &str) {
        self.0.do_send(WebhookReceivedFor(connection.to_owned()));
    }
}

/// Asks a running engine for a sign of life.
#[derive(Clone)]
pub struct Heartbeat {
    overseer: Addr<Overseer>,
    runtime: Handle,
}

// === impl EngineOptions ===

impl EngineOptions {
    /// With the usual deadlines, as a daemon.
    pub fn new(
        integrations: Vec<Arc<dyn AnyIntegration>>,
        services: LinkServices,
        sink: Arc<dyn Sink>,
        runtime: Handle,
    ) -> Self {
        let (page_timeout, controls_every) = (limits::PAGE_TIMEOUT, Duration::from_secs(2));
        Self { integrations, services, sink, runtime, page_timeout, controls_every, once: None }
    }
}

// === impl Engine ===

impl Engine {
    /// Starts the actors' thread and these connections.
    pub async fn start(
        options: EngineOptions,
        specs: Vec<impl Into<Arc<ConnectionSpec>>>,
    ) -> Result<Self, EngineError> {
        let (sender, progress) = watch::channel(Progress::default());
        let (started, overseer) = tokio::sync::oneshot::channel();
        let controls_every = options.controls_every;
        let thread = std::thread::Builder::new().name("dynamoi-actors".to_owned()).spawn(move || {
            let system = actix::System::new();
            system.block_on(async move {
                let overseer = Overseer::new(sender, controls_every).start();
                if started.send(overseer).is_err() {
                    actix::System::current().stop();
                }
            });
            // Runs until the overseer is told to end it.
            if let Err(error) = system.run() {
                tracing::error!(%error, "the actors' thread ended with an error");
            }
        })?;
        let overseer = overseer.await.map_err(|_| EngineError::Ended)?;
        let statuses = Statuses::default();
        let mut engine = Self { options, statuses, overseer, progress, thread: Some(thread) };
        engine.run(specs).await;
        Ok(engine)
    }

    /// Makes these, and no others, the running connections. Those whose specification changed (secrets included) are
    /// built anew, others are not touched. Once this returns, every new connection shows its status.
    pub async fn run(&mut self, specs: Vec<impl Into<Arc<ConnectionSpec>>>) {
        let count = specs.len();
        let blueprints = specs.into_iter().filter_map(|spec| self.blueprint(spec.into(), count)).collect();
        // Only an overseer that has ended does not answer; whoever waits for the engine hears of that.
        let _ = self.overseer.send(Run(blueprints)).await;
    }

    /// What every connection shows.
    pub const fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// For whoever takes operators' requests.
    pub fn bell(&self) -> Bell {
        Bell(self.overseer.clone())
    }

    /// For whoever watches over it.
    pub fn heartbeat(&self) -> Heartbeat {
        Heartbeat { overseer: self.overseer.clone(), runtime: self.options.runtime.clone() }
    }

    /// Waits for the end of a single run. Gives whether each connection read everything.
    pub async fn finished(&mut self) -> Progress {
        let ended = self.progress.wait_for(|progress| progress.all_ended).await;
        ended.map(|progress| progress.clone()).unwrap_or_default()
    }

    /// Ends: cycles stop at their next page; what takes longer than `grace` is cut off. Nothing is lost either way.
    pub async fn stop(mut self, grace: Duration) {
        self.overseer.do_send(StopAll);
        let ended = self.progress.wait_for(|progress| progress.all_ended);
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!(grace_seconds = grace.as_secs(), "connections did not end in time: cut off");
        }
        self.end_thread();
    }

    fn end_thread(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.overseer.do_send(EndSystem);
        if thread.join().is_err() {
            tracing::error!("the actors' thread panicked");
        }
    }

    fn blueprint(&self, spec: Arc<ConnectionSpec>, count: usize) -> Option<Blueprint> {
        let options = &self.options;
        let Some(integration) =
            options.integrations.iter().find(|known| known.manifest().id == spec.integration)
        else {
            tracing::error!(
                connection = spec.name,
                integration = spec.integration,
                "no such integration is built in"
            );
            return None;
        };
        Some(Blueprint {
            start_delay: if options.once.is_some() { Duration::ZERO } else { spread(&spec.name, count) },
            spec,
            integration: Arc::clone(integration),
            services: options.services.clone(),
            sink: Arc::clone(&options.sink),
            statuses: self.statuses.clone(),
            runtime: options.runtime.clone(),
            page_timeout: options.page_timeout,
            once: options.once,
        })
    }
}

// === impl Heartbeat ===

impl Heartbeat {
    /// Whether the actors' thread answers, asked by a task on the engine's runtime: both must turn for it. While one of them
    /// is stuck there is no answer at all, so whoever asks needs a deadline. False once the engine has ended.
    pub async fn beat(&self) -> bool {
        let overseer = self.overseer.clone();
        let asked = self.runtime.spawn(async move { overseer.send(Beat).await.is_ok() });
        asked.await.unwrap_or(false)
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heartbeat").finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end_thread();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Start times are spread by a hash of the name: ten milliseconds a connection, a minute at most.
fn spread(name: &str, count: usize) -> Duration {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let window = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(10).clamp(1, 60_000);
    Duration::from_millis(hasher.finish() % window)
}
