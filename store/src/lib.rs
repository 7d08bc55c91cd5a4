//! SQL persistence: entities, the batching writer behind the [`rows::sink::Sink`] port, the checkpoint, and what readers
//! of the worker's own state need. One code for PostgreSQL and SQLite.

mod budgets;
pub mod cipher;
mod commit;
mod connect;
mod connections;
mod convert;
mod dimension;
mod entity;
mod error;
mod fence;
mod file_mode;
mod files;
mod hold;
pub mod limits;
mod location;
mod long_keys;
mod marketing;
mod operate;
pub mod people;
mod profiles;
pub mod read;
mod records;
mod refresh;
pub mod retention;
mod retry;
mod rotation;
mod secrets;
mod sink;
mod sql;
mod tables;
mod transaction;
mod trial;
mod upsert;
mod workers;
mod writer;

use std::sync::{Arc, atomic::AtomicBool};

use parking_lot::{Mutex, RwLock};
use rows::{
    Clock,
    sink::{Committed, SinkError},
};
use sea_orm::DatabaseConnection;
use tokio::{sync::Mutex as AsyncMutex, task::JoinHandle};

pub use crate::{
    connect::{Access, StoreOptions},
    error::StoreError,
    file_mode::FileMode,
    files::FileDecision,
};
pub use crate::{
    marketing::{MarketingBudget, MarketingCampaign, MarketingMember},
    operate::BackfillStatus,
    profiles::OpenProfile,
    rotation::{Place, Rotated},
    secrets::StoredSecret,
    workers::{Beat, Ending, Secured, WorkerIdentity, WorkerKind, WorkerStatus},
};
pub use migrations::Step;

use crate::{
    cipher::Keyring,
    commit::erased::DigestKey,
    connect::Pools,
    error::Failure,
    people::Rests,
    workers::Claim,
    writer::{ClockHandle, Queue, Writer},
};

/// An open database. Cheap to clone; all clones share one writer.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    clock: ClockHandle,
    ids_stale: Arc<AtomicBool>,
    writer: Arc<Mutex<Handle>>,
    keyring: Keys,
    /// What rests on a user's consent.
    rests: Rests,
    /// By which erased people are known again.
    digest_key: DigestKey,
    /// That of the worker in this process, where there is one.
    claim: Arc<AsyncMutex<Option<Claim>>>,
    /// Whose commit the database could not store, and why.
    refusal: Arc<RwLock<Option<(String, String)>>>,
}

/// The keys in use; they can change.
type Keys = Arc<RwLock<Option<Keyring>>>;

/// The writer's queue and task, until the store is closed.
#[derive(Debug, Default)]
struct Handle {
    queue: Option<Queue>,
    task: Option<JoinHandle<()>>,
}

// === impl Store ===

impl Store {
    /// Opens `sqlite://PATH` (the file and its directory are made when missing), `sqlite::memory:` or `postgres://…` and
    /// starts the writer on the current runtime. Does not migrate.
    pub async fn connect(
        url: &str,
        options: StoreOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let pools = Pools::open(url, &options).await?;
        let ids_stale = Arc::new(AtomicBool::new(false));
        let keyring = Keys::default();
        let rests = Rests::default();
        let digest_key = DigestKey::default();
        let (queue, task) = Writer::start(
            pools.clone(),
            clock.clone(),
            ids_stale.clone(),
            keyring.clone(),
            rests.clone(),
            digest_key.clone(),
        );
        Ok(Self {
            pools,
            clock: ClockHandle(clock),
            ids_stale,
            writer: Arc::new(Mutex::new(Handle { queue: Some(queue), task: Some(task) })),
            keyring,
            rests,
            digest_key,
            claim: Arc::default(),
            refusal: Arc::default(),
        })
    }

    /// Applies every schema step that is missing.
    pub async fn migrate_up(&self) -> Result<(), StoreError> {
        migrations::up(&self.pools.write).await.map_err(migration_error)
    }

    /// Every schema step, applied or not. Changes nothing.
    pub async fn migration_status(&self) -> Result<Vec<Step>, StoreError> {
        migrations::status(&self.pools.read).await.map_err(migration_error)
    }

    /// Fails unless the tables are those of this version.
    pub async fn expect_current(&self) -> Result<(), StoreError> {
        let steps = self.migration_status().await?;
        let missing: Vec<String> =
            steps.iter().filter(|step| !step.applied).map(|step| step.name.clone()).collect();
        match missing.len() {
            0 => Ok(()),
            count if count == steps.len() => Err(StoreError::Empty(self.location())),
            _ => Err(StoreError::Older { location: self.location(), steps: missing }),
        }
    }

    /// Makes the tables where there are none at all; those of another version are left as they are, and an error.
    pub async fn expect_current_or_empty(&self) -> Result<(), StoreError> {
        match self.expect_current().await {
            Err(StoreError::Empty(_)) => self.migrate_up().await,
            other => other,
        }
    }

    /// What a failed question or statement means for who operates the worker.
    pub fn explain(&self, error: &StoreError) -> String {
        match error {
            StoreError::Database(refusal) => SinkError::from(Failure::of(refusal)).to_string(),
            StoreError::Full { place, reason } => StoreError::Full {
                place: place.clone().or_else(|| Some(self.named())),
                reason: reason.clone(),
            }
            .to_string(),
            other => other.to_string(),
        }
    }

    /// Why the database could not store a commit; none once it stores again. A server whose disk is full still takes a
    /// sign of life.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.read().as_ref().map(|(_, reason)| reason.clone())
    }

    /// Another connection's commit that wrote no row says nothing of room: what is there can often be changed in its place.
    fn note_refusal(&self, connection: String, result: &Result<Committed, SinkError>) {
        match result {
            Err(SinkError::Unavailable(reason)) => *self.refusal.write() = Some((connection, reason.clone())),
            Err(_) => {}
            Ok(committed) => {
                let is_over =
                    |(refused, _): &(String, String)| *refused == connection || !committed.written.is_empty();
                if self.refusal.read().as_ref().is_some_and(is_over) {
                    *self.refusal.write() = None;
                }
            }
        }
    }

    /// What it is called in errors.
    fn named(&self) -> String {
        format!("the database {}", self.location())
    }

    /// Where it is, for people: a path, or host, port and database.
    pub fn location(&self) -> String {
        self.pools.location.name()
    }

    /// Whether the database answers now, and is still the one that was opened.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pools.location.check()?;
        Ok(self.pools.read.ping().await?)
    }

    /// For queries of one's own over the tables that readers see. Read only.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.pools.read
    }

    /// Stores what waits, then closes every connection. Commits that come later are told that the store is closed.
    pub async fn close(&self) {
        let Handle { queue, task } = std::mem::take(&mut *self.writer.lock());
        drop(queue);
        if let Some(task) = task {
            // A writer that was cancelled with its runtime has nothing left to do.
            let _ = task.await;
        }
        if let Some(claim) = self.claim.lock().await.take() {
            claim.drop_lock().await;
        }
        self.pools.close().await;
    }
}

fn migration_error(error: sea_orm::DbErr) -> StoreError {
    match error {
        sea_orm::DbErr::Custom(text) if text.contains("its file is missing") => StoreError::Newer(text),
        other => other.into(),
    }
}
