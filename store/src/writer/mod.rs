//! The one writer: takes the commits that wait, stores several in one transaction, and acknowledges each after COMMIT.

mod group;

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use futures::FutureExt;
use rows::{
    Clock, Row,
    sink::{Commit, Committed, SinkError},
};
use sea_orm::DbBackend;
use tokio::sync::{mpsc, oneshot};

use self::group::Manner;
use crate::{
    Keys,
    commit::{
        admit::{Admitted, admit},
        erased::{DigestKey, Erased},
    },
    connect::Pools,
    dimension::EntityIds,
    error::Failure,
    limits,
    people::Rests,
    transaction::Line,
    upsert::Expectations,
};

/// Hands commits to the writer.
#[derive(Debug, Clone)]
pub struct Queue {
    jobs: mpsc::Sender<Job>,
    clock: ClockHandle,
    backend: DbBackend,
}

/// A clock that can be printed.
#[derive(Clone)]
pub struct ClockHandle(pub Arc<dyn Clock>);

impl std::fmt::Debug for ClockHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A commit that waits.
#[derive(Debug)]
pub struct Job {
    commit: Admitted,
    bytes: usize,
    /// By the clock's `elapsed`.
    queued_at: Duration,
    reply: oneshot::Sender<Result<Committed, SinkError>>,
}

/// The task behind the queue.
pub struct Writer {
    jobs: mpsc::Receiver<Job>,
    waiting: VecDeque<Job>,
    line: Line,
    ids: EntityIds,
    expectations: Expectations,
    /// As they are when a group is stored: they change while we run.
    keys: Keys,
    /// What rests on a user's consent, likewise.
    rests: Rests,
    erased: Erased,
    clock: Arc<dyn Clock>,
    /// Whether the log has said that the database is away.
    away: bool,
}

// === impl Queue ===

impl Queue {
    /// Queues a commit, waiting for room, and waits until it is stored.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, SinkError> {
        crate::commit::check(&commit)?;
        let closed = || SinkError::Unavailable("the store is closed".to_owned());
        let (reply, answer) = oneshot::channel();
        let commit = admit(commit, self.backend);
        let job = Job { bytes: bytes_of(&commit), commit, queued_at: self.clock.0.elapsed(), reply };
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| {
            SinkError::Refused(
                "the writer broke while storing this commit; its log has the reason".to_owned(),
            )
        })?
    }
}

/// Roughly, what a commit holds in memory.
fn bytes_of(Admitted { commit, text_bytes, .. }: &Admitted) -> usize {
    commit.rows.len() * size_of::<Row>()
        + text_bytes
        + commit.quarantined.len() * 1_024
        + commit.tombstones.len() * 64
}

// === impl Writer ===

impl Writer {
    /// Starts the task; it ends when every queue is dropped and what waits is stored.
    pub fn start(
        pools: Pools,
        clock: Arc<dyn Clock>,
        ids_stale: Arc<AtomicBool>,
        keys: Keys,
        rests: Rests,
        digest_key: DigestKey,
    ) -> (Queue, tokio::task::JoinHandle<()>) {
        let (sender, jobs) = mpsc::channel(limits::QUEUE_COMMITS_MAX);
        let backend = pools.write.get_database_backend();
        let queue = Queue { jobs: sender, clock: ClockHandle(clock.clone()), backend };
        let writer = Self {
            jobs,
            waiting: VecDeque::new(),
            line: Line::new(pools, clock.clone()),
            ids: EntityIds::new(ids_stale),
            expectations: Expectations::new(),
            keys,
            rests,
            erased: Erased::new(digest_key),
            clock,
            away: false,
        };
        (queue, tokio::spawn(writer.run()))
    }

    async fn run(mut self) {
        while let Some(group) = self.next_group().await {
            // A panic costs this group, not the connections that come after it.
            let work = std::panic::AssertUnwindSafe(self.store(group)).catch_unwind();
            if work.await.is_err() {
                tracing::error!("the writer panicked while storing a group; its commits are refused");
                self.ids.clear();
                self.line.release();
            }
        }
    }

    /// Waits for a commit and takes with it what waits already, within the limits.
    async fn next_group(&mut self) -> Option<Vec<Job>> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.jobs.recv().await?);
        }
        while self.waiting.len() < limits::GROUP_COMMITS_MAX {
            match self.jobs.try_recv() {
                Ok(job) => self.waiting.push_back(job),
                Err(_) => break,
            }
        }
        let (mut group, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while let Some(job) = self.waiting.pop_front() {
            rows += job.commit.commit.rows.len();
            bytes += job.bytes;
            if !group.is_empty() && (rows > limits::GROUP_ROWS_MAX || bytes > limits::GROUP_BYTES_MAX) {
                self.waiting.push_front(job);
                break;
            }
            group.push(job);
        }
        Some(group)
    }

    /// Stores a group; when the database refuses it, each member alone, with nothing remembered, and without the rows that
    /// it refuses for what they hold.
    async fn store(&mut self, group: Vec<Job>) {
        let Err((failure, group)) = self.store_together(group, false).await else {
            return;
        };
        tracing::debug!(reason = ?failure, commits = group.len(), "a group was refused: its members are tried alone");
        for job in group {
            if let Err((failure, job)) = self.store_together(vec![job], true).await {
                answer_all(job, &failure);
            }
        }
    }

    /// Stores a group in one transaction (several, when it takes long), trying again while the database is away.
    /// Gives back what the database refuses.
    async fn store_together(
        &mut self,
        mut group: Vec<Job>,
        narrowing: bool,
    ) -> Result<(), (Failure, Vec<Job>)> {
        let mut pause = limits::RETRY_PAUSE_MIN;
        loop {
            // Nobody waits for these any more.
            group.retain(|job| !job.reply.is_closed());
            if group.is_empty() {
                return Ok(());
            }
            match self.try_together(&group, narrowing).await {
                Ok(answers) => {
                    self.note_answering();
                    let done: Vec<Job> = group.drain(..answers.len()).collect();
                    for (job, answer) in done.into_iter().zip(answers) {
                        // The caller may have gone away: then nobody wants to know.
                        let _ = job.reply.send(answer);
                    }
                }
                Err(Failure::Away(reason)) => {
                    self.note_away(&reason);
                    let now = self.clock.elapsed();
                    let (late, rest): (Vec<Job>, Vec<Job>) = group
                        .into_iter()
                        .partition(|job| now.saturating_sub(job.queued_at) >= limits::AWAY_DURATION_MAX);
                    answer_all(late, &Failure::Away(reason));
                    group = rest;
                    if !group.is_empty() {
                        self.clock.sleep(pause).await;
                        pause = (pause * 2).min(limits::RETRY_PAUSE_MAX);
                    }
                }
                Err(failure @ Failure::Unable(_)) => {
                    tracing::warn!(reason = ?failure, "the database cannot write");
                    answer_all(group, &failure);
                    return Ok(());
                }
                Err(failure @ Failure::Refused(_)) => return Err((failure, group)),
            }
        }
    }

    async fn try_together(
        &mut self,
        group: &[Job],
        narrowing: bool,
    ) -> Result<Vec<Result<Committed, SinkError>>, Failure> {
        let commits: Vec<&Admitted> = group.iter().map(|job| &job.commit).collect();
        let keyring = self.keys.read().clone();
        let rests = Arc::clone(&self.rests.read());
        let result = group::store(
            &mut self.line,
            &mut self.ids,
            &mut self.expectations,
            &mut self.erased,
            Manner { keyring: keyring.as_ref(), rests: &rests, narrowing },
            &*self.clock,
            &commits,
        )
        .await;
        if result.is_err() {
            // Perhaps an id that we remember was deleted by another worker, or the connection is broken.
            self.ids.clear();
            self.line.release();
        }
        result.map_err(|error| Failure::of(&error))
    }

    fn note_away(&mut self, reason: &str) {
        if !self.away {
            self.away = true;
            tracing::warn!(reason, "the database is away: commits wait until it is back");
        }
    }

    fn note_answering(&mut self) {
        if self.away {
            self.away = false;
            tracing::info!("the database is back");
        }
    }
}

fn answer_all(group: Vec<Job>, failure: &Failure) {
    for job in group {
        // The caller may have gone away: then nobody wants to know.
        let _ = job.reply.send(Err(failure.clone().into()));
    }
}

#[cfg(test)]
mod tests {
    use rows::{
        Row,
        clock::{SimulatedClock, SystemClock},
        sink::{ConnectionRecord, Sink},
    };
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::{Store, StoreOptions};

    async fn store(url: &str, clock: Arc<dyn Clock>) -> (Store, Commit) {
        let store = Store::connect(url, StoreOptions::default(), clock).await.unwrap();
        store.migrate_up().await.unwrap();
        let record = ConnectionRecord {
            name: "stripe".into(),
            integration: "stripe".into(),
            tenant: "label-a".into(),
            once_since: None,
        };
        let commit = Commit {
            epoch: store.register(record).await.unwrap().epoch,
            connection: "stripe".into(),
            integration: "stripe".into(),
            stream: "products".into(),
            ..Commit::default()
        };
        (store, commit)
    }

    fn products(numbers: std::ops::Range<u32>) -> Vec<Row> {
        let product = |number: u32| {
            Row::Product(rows::payments::Product {
                id: format!("prod_{number}"),
                name: Some("A long name, so that pages fill. ".repeat(8)),
                active: Some(true),
                default_price_id: None,
                created_at: jiff::Timestamp::UNIX_EPOCH,
                updated_at: None,
                livemode: true,
            })
        };
        numbers.map(product).collect()
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_overcome() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/small.db", directory.path().display());
        let (store, mut commit) = store(&url, Arc::new(SystemClock::new())).await;
        commit.rows = products(0..10);
        store.commit(commit.clone()).await.unwrap();
        let pages = store
            .pools
            .write
            .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA page_count"));
        let pages: i64 = pages.await.unwrap().unwrap().try_get_by_index(0).unwrap();
        let limit = |pages: i64| format!("PRAGMA max_page_count = {pages}");
        store.pools.write.execute_unprepared(&limit(pages + 2)).await.unwrap();
        commit.rows = products(10..1_000);
        for _ in 0..3 {
            let error = store.commit(commit.clone()).await.unwrap_err();
            assert!(
                matches!(&error, SinkError::Unavailable(text) if text.contains("disk is full")),
                "{error}"
            );
        }
        store.pools.write.execute_unprepared(&limit(1_000_000)).await.unwrap();
        let committed = store.commit(commit).await.unwrap();
        assert_eq!(committed.written, [(rows::Table::Products, 990)]);
        store.close().await;
    }

    #[tokio::test]
    async fn a_database_that_stays_away_is_given_up_at_the_limit() {
        let clock = Arc::new(SimulatedClock::new(jiff::Timestamp::UNIX_EPOCH));
        let (store, commit) = store("sqlite::memory:", clock.clone()).await;
        store.pools.close().await;
        tokio::time::pause();
        let began_at = clock.elapsed();
        let error = store.commit(commit).await.unwrap_err();
        assert!(matches!(error, SinkError::Unavailable(_)), "{error}");
        let waited = clock.elapsed().saturating_sub(began_at);
        assert!(waited >= limits::AWAY_DURATION_MAX, "{waited:?}");
        assert!(waited < limits::AWAY_DURATION_MAX + 2 * limits::RETRY_PAUSE_MAX, "{waited:?}");
    }

    #[tokio::test]
    async fn commits_that_nobody_waits_for_are_dropped() {
        let (store, mut commit) = store("sqlite::memory:", Arc::new(SystemClock::new())).await;
        commit.rows = products(0..10);
        // Queued, but the caller goes away before the writer has a turn.
        assert!(store.commit(commit.clone()).now_or_never().is_none());
        commit.rows = products(20..21);
        let committed = store.commit(commit.clone()).await.unwrap();
        assert_eq!(committed.written, [(rows::Table::Products, 1)]);
        commit.rows = products(0..10);
        let committed = store.commit(commit).await.unwrap();
        assert_eq!(committed.written, [(rows::Table::Products, 10)]);
    }
}
