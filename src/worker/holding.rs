//! Having the database: nobody else works on it when this worker enters, and it is told when somebody takes it away, or
//! when the database itself is.

use std::{sync::Arc, time::Duration};

use actors::{
    engine::{
        Bell,
        status::{Common, Statuses},
    },
    observer::Observer as _,
};
use parking_lot::RwLock;
use rows::{Clock, state::State};
use store::{
    Access, Beat, Store, StoreError, WorkerIdentity, WorkerKind, WorkerStatus, limits::HEARTBEAT_EVERY,
};

use super::{marketing, open_store};
use crate::{settings::Settings, telemetry::Metrics};

/// A database that gives no answer within this time is away: half of the time between two signs of life.
const BEAT_TIMEOUT: Duration = Duration::from_secs(5);
/// A SQLite file that another process holds is waited for so long: as long as a commit is tried again.
const LOCKED_MAX: Duration = store::limits::AWAY_DURATION_MAX;
/// The pause between two tries.
const LOCKED_PAUSE: Duration = Duration::from_millis(200);
/// Where Linux tells the machine's name.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// What is wrong with the database, as of the last sign of life.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<RwLock<Trouble>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Trouble {
    #[default]
    None,
    /// Nothing can be stored now.
    Away(String),
    /// Another worker has it.
    Displaced(String),
}

/// Keeps the database for a worker.
pub struct Keeper {
    store: Store,
    statuses: Statuses,
    bell: Bell,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    /// Where it is noted.
    pub health: Health,
}

/// With a database that another process holds.
struct Patience {
    clock: Arc<dyn Clock>,
    began: Duration,
}

/// Opens the database. One that another process holds is waited for, and that is said.
pub async fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Store, StoreError> {
    let patience = Patience::new(clock);
    loop {
        match open_store(settings, Access::Make, clock.clone()).await {
            Err(error) if patience.allows(&error) => patience.wait(&error).await,
            opened => return opened,
        }
    }
}

/// Enters the database and brings its tables up to date, beside nobody. Gives whose place was taken. One that another
/// process writes to can be opened all the same: here, too, it is waited for.
pub async fn enter(
    store: &Store,
    settings: &Settings,
    kind: WorkerKind,
    take_over: bool,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<WorkerStatus>, StoreError> {
    let patience = Patience::new(clock);
    loop {
        match try_entering(store, settings, kind, take_over).await {
            Err(error) if patience.allows(&error) => patience.wait(&error).await,
            entered => return entered,
        }
    }
}

/// Notes what is configured. (The database may have been locked again.)
pub async fn note_configured(
    store: &Store,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<(), StoreError> {
    let patience = Patience::new(clock);
    let configured: Vec<String> = settings.connections.keys().cloned().collect();
    loop {
        let noted = async {
            store.sync_campaigns(&marketing::stored(&settings.campaigns)).await?;
            store.sync_tenants(&settings.stored_tenants()).await?;
            store.retire_connections(&configured).await
        };
        let noted = noted.await;
        match noted {
            Err(error) if patience.allows(&error) => patience.wait(&error).await,
            noted => return noted,
        }
    }
}

async fn try_entering(
    store: &Store,
    settings: &Settings,
    kind: WorkerKind,
    take_over: bool,
) -> Result<Vec<WorkerStatus>, StoreError> {
    let secured = store.secure(take_over).await?;
    if secured.from_the_living
        && let Err(error @ StoreError::Older { .. }) = store.expect_current().await
    {
        let living = secured.before().first().cloned();
        return Err(living.map_or(error, |worker| StoreError::HeldToMigrate(Box::new(worker))));
    }
    store.migrate_up().await?;
    let host = std::fs::read_to_string(HOST_NAME).ok().or_else(|| std::env::var("HOSTNAME").ok());
    let identity = WorkerIdentity {
        instance: format!("{:016x}", rand::random::<u64>()),
        name: settings.worker.name.clone(),
        kind,
        host: host.map_or_else(|| "an unnamed host".to_owned(), |host| host.trim().to_owned()),
        process_id: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    store.enter(identity, secured).await
}

/// One line for people: what runs, where, and whose place it took.
pub fn say_started(store: &Store, connections: usize, before: &[WorkerStatus]) {
    let taken_from: Vec<String> = before.iter().map(ToString::to_string).collect();
    let (version, database) = (env!("CARGO_PKG_VERSION"), store.location());
    tracing::info!(version, database, connections, ?taken_from, "started");
}

// === impl Patience ===

impl Patience {
    fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: clock.clone(), began: clock.elapsed() }
    }

    /// Whether it passes, and was not waited for too long.
    fn allows(&self, error: &StoreError) -> bool {
        error.is_locked() && self.clock.elapsed().saturating_sub(self.began) < LOCKED_MAX
    }

    /// The driver has waited already. Where it does not, somebody else gets a turn.
    async fn wait(&self, error: &StoreError) {
        tracing::warn!(%error, "waiting for the database");
        self.clock.sleep(LOCKED_PAUSE).await;
    }
}

// === impl Keeper ===

impl Keeper {
    /// For a worker that has entered.
    pub fn new(
        store: &Store,
        statuses: &Statuses,
        bell: Bell,
        metrics: Arc<Metrics>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        Self {
            store: store.clone(),
            statuses: statuses.clone(),
            bell,
            metrics,
            clock: clock.clone(),
            health: Health::default(),
        }
    }

    /// Gives signs of life until it is aborted.
    pub async fn run(self) {
        self.metrics.database_ready(true);
        loop {
            self.clock.sleep(HEARTBEAT_EVERY).await;
            self.beat().await;
        }
    }

    async fn beat(&self) {
        let beat = tokio::time::timeout(BEAT_TIMEOUT, self.store.beat()).await;
        let trouble = match beat {
            Ok(Ok(Beat::Held)) => self.store.refusal().map_or(Trouble::None, Trouble::Away),
            Ok(Ok(Beat::Back(by))) => {
                let by = by.map_or_else(|| "another worker".to_owned(), |worker| worker.to_string());
                tracing::warn!(
                    "{by} has taken the database over and ended: every connection is taken back now"
                );
                self.bell.begin_anew();
                Trouble::None
            }
            Ok(Ok(Beat::Displaced(by))) => {
                let by = by.map_or_else(|| "another worker".to_owned(), |worker| worker.to_string());
                Trouble::Displaced(format!(
                    "{by} has taken the database over: this worker takes its connections back once that has ended"
                ))
            }
            Ok(Err(error)) => Trouble::Away(self.store.explain(&error)),
            Err(_) => Trouble::Away(format!(
                "the database at {} does not answer: what was read waits, and is stored once it does",
                self.store.location()
            )),
        };
        let before = std::mem::replace(&mut *self.health.0.write(), trouble.clone());
        if before == trouble {
            return;
        }
        match &trouble {
            Trouble::None => tracing::info!("the database takes what is read again"),
            Trouble::Away(reason) => tracing::error!(reason, "the database cannot be written to"),
            Trouble::Displaced(reason) => tracing::warn!("{reason}"),
        }
        self.metrics.database_ready(trouble == Trouble::None);
        self.statuses.set_common(trouble.common());
        for status in self.statuses.all() {
            self.metrics.status_changed(&status.connection);
        }
    }
}

// === impl Health ===

impl Health {
    /// What is wrong; none when all is well.
    pub fn trouble(&self) -> Option<String> {
        match &*self.0.read() {
            Trouble::None => None,
            Trouble::Away(reason) | Trouble::Displaced(reason) => Some(reason.clone()),
        }
    }

    /// Whether another worker has the database.
    pub fn is_displaced(&self) -> bool {
        matches!(*self.0.read(), Trouble::Displaced(_))
    }
}

// === impl Trouble ===

impl Trouble {
    fn common(&self) -> Option<Common> {
        let (state, error) = match self {
            Self::None => return None,
            Self::Away(error) => (State::BackingOff, error),
            Self::Displaced(error) => (State::Stopped, error),
        };
        Some(Common { state, error: error.clone() })
    }
}
