//! Which worker has the database. At most one has: a second one would take its connections away and give them other
//! settings. Names do not identify (every worker is `worker-1` until somebody changes it); an instance, made at each start, does.

mod claim;
mod life;

use std::fmt;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, prelude::DateTimeUtc};

use crate::{Store, StoreError, convert::timestamp, hold, sql::Sql};

pub use self::claim::{Beat, Secured};
pub(crate) use self::claim::{Claim, is_mine};
use self::life::Life;

/// What a worker was started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// `dynamoi run`.
    Daemon,
    /// `dynamoi run --once`.
    Once,
    /// `dynamoi backfill` without a daemon.
    Backfill,
    /// `dynamoi demo`.
    Demo,
    /// A host program's.
    Embedded,
}

/// A worker as it introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerIdentity {
    /// Made at each start: what tells workers apart.
    pub instance: String,
    /// As configured.
    pub name: String,
    /// What it was started for.
    pub kind: WorkerKind,
    /// The machine.
    pub host: String,
    /// The process there.
    pub process_id: u32,
    /// The program's version.
    pub version: String,
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was told to.
    Stopped,
    /// A single run that read everything.
    Finished,
    /// A single run that did not.
    Unfinished,
    /// Without a word: the next one found it dead.
    Lost,
    /// Another one was told to take over.
    TakenOver,
}

/// A worker as the database knows it. Times are by the database's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Which start.
    pub instance: String,
    /// Its configured name.
    pub name: String,
    /// What it was started for, in a word.
    pub kind: String,
    /// The machine.
    pub host: String,
    /// The process there.
    pub process_id: i64,
    /// The program's version.
    pub version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Its last sign of life.
    pub heartbeat_at: Timestamp,
    /// When it ended, if it said so or was found dead.
    pub ended_at: Option<Timestamp>,
    /// How; none for a word of another version.
    pub ending: Option<Ending>,
    /// Seconds since it began.
    pub age_seconds: i64,
    /// Seconds since its last sign of life.
    pub silent_seconds: i64,
    /// It holds the lock, too.
    locked: bool,
    /// The server was started again since its last sign of life.
    server_restarted: bool,
}

impl Store {
    /// The living worker that has this database, if there is one.
    pub async fn holder(&self) -> Result<Option<WorkerStatus>, StoreError> {
        let running = running(&self.pools.read).await?;
        if running.is_empty() {
            return Ok(None);
        }
        let lock = hold::seen(&self.pools.location).await?;
        let is_server = self.backend() == DbBackend::Postgres;
        Ok(running.into_iter().find(|worker| worker.life(lock, is_server, None) != Life::Dead))
    }

    /// The worker that had the database last, whatever became of it: one that was taken over and took it back was started
    /// before the other.
    pub async fn last_worker(&self) -> Result<Option<WorkerStatus>, StoreError> {
        let last =
            "ORDER BY (ended_at IS NULL) DESC, COALESCE(ended_at, heartbeat_at) DESC, instance LIMIT 1";
        Ok(workers(&self.pools.read, last).await?.into_iter().next())
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.pools.write.get_database_backend()
    }
}

/// The database's own time.
const fn now(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "clock_timestamp()",
        _ => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
    }
}

/// Those that have not ended, as far as the database knows, the latest first. None where the table is still missing.
async fn running(database: &impl ConnectionTrait) -> Result<Vec<WorkerStatus>, DbErr> {
    workers(database, "WHERE ended_at IS NULL ORDER BY started_at DESC, instance").await
}

/// Those that `which` (condition, order, limit) selects.
async fn workers(database: &impl ConnectionTrait, which: &str) -> Result<Vec<WorkerStatus>, DbErr> {
    let backend = database.get_database_backend();
    let there = match backend {
        DbBackend::Postgres => "SELECT to_regclass('workers') IS NOT NULL AS there",
        _ => "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'workers') AS there",
    };
    let row = database.query_one_raw(Statement::from_string(backend, there)).await?;
    let is_there = row.map(|row| row.try_get::<bool>("", "there")).transpose()?.unwrap_or(false);
    if !is_there {
        return Ok(Vec::new());
    }
    let (age, silent, restarted) = match backend {
        DbBackend::Postgres => (
            "CAST(EXTRACT(EPOCH FROM clock_timestamp() - started_at) AS bigint)",
            "CAST(EXTRACT(EPOCH FROM clock_timestamp() - heartbeat_at) AS bigint)",
            "pg_postmaster_start_time() > heartbeat_at",
        ),
        _ => (
            "CAST((julianday('now') - julianday(started_at)) * 86400 AS integer)",
            "CAST((julianday('now') - julianday(heartbeat_at)) * 86400 AS integer)",
            "false",
        ),
    };
    let statement = Sql::new(
        backend,
        "SELECT instance, name, kind, host, process_id, version, locked, started_at, heartbeat_at, ended_at, ending, ",
    )
    .text(&format!("{age} AS age, {silent} AS silent, {restarted} AS restarted FROM workers {which}"))
    .done();
    database.query_all_raw(statement).await?.iter().map(worker).collect()
}

fn worker(row: &QueryResult) -> Result<WorkerStatus, DbErr> {
    let ended_at: Option<DateTimeUtc> = row.try_get("", "ended_at")?;
    let ending: Option<String> = row.try_get("", "ending")?;
    Ok(WorkerStatus {
        instance: row.try_get("", "instance")?,
        name: row.try_get("", "name")?,
        kind: row.try_get("", "kind")?,
        host: row.try_get("", "host")?,
        process_id: row.try_get("", "process_id")?,
        version: row.try_get("", "version")?,
        started_at: timestamp(row.try_get("", "started_at")?),
        heartbeat_at: timestamp(row.try_get("", "heartbeat_at")?),
        ended_at: ended_at.map(timestamp),
        ending: ending.as_deref().and_then(Ending::parse),
        age_seconds: row.try_get("", "age")?,
        silent_seconds: row.try_get("", "silent")?,
        locked: row.try_get("", "locked")?,
        server_restarted: row.try_get("", "restarted")?,
    })
}

// === impl WorkerKind ===

impl WorkerKind {
    /// As in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daemon => "daemon",
            Self::Once => "once",
            Self::Backfill => "backfill",
            Self::Demo => "demo",
            Self::Embedded => "embedded",
        }
    }
}

// === impl Ending ===

impl Ending {
    const ALL: [Self; 5] = [Self::Stopped, Self::Finished, Self::Unfinished, Self::Lost, Self::TakenOver];

    /// As in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Finished => "finished",
            Self::Unfinished => "unfinished",
            Self::Lost => "lost",
            Self::TakenOver => "taken_over",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == word)
    }
}

// === impl WorkerStatus ===

impl fmt::Display for WorkerStatus {
    /// `worker-1 (daemon, process 4711 on host-a, version 0.1.0, started 3 h ago, last heard of 4 s ago)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind, process_id, host, version, .. } = self;
        let (age, silent) = (span(self.age_seconds), span(self.silent_seconds));
        write!(
            f,
            "{name} ({kind}, process {process_id} on {host}, version {version}, started {age} ago, last heard of {silent} ago)"
        )
    }
}

/// Rounded down to one unit.
fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
