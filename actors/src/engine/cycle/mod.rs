//! One reading of one stream of one account, from its first page to its commit. Plain async functions, free of actix:
//! they run as tasks, so that a panic comes back as a value. Idempotent: run twice, nothing changes.

mod days;
mod feed;
mod files;
mod snapshot;
mod trail;

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Clock, Row,
    checkpoint::{Checkpoint, Progress},
    fit::{Fitted, Fitter},
    quarantine::Quarantined,
    sink::{Commit, Committed, Sink, SinkError},
};
use tokio_util::sync::CancellationToken;

use self::days::DaysStream;
use super::schedule::Work;
use crate::{
    account::Account,
    failure::Failure,
    limits,
    observer::Observer,
    page::Page,
    reader::{BoundStream, Reader},
    session::{Budget, Link, Session},
    spec::ConnectionSpec,
    stream::Kind,
};

/// What all cycles of a connection share.
#[derive(Clone)]
pub struct Context {
    /// As configured.
    pub spec: Arc<ConnectionSpec>,
    /// The integration's id.
    pub integration: &'static str,
    /// Writes carry it.
    pub epoch: i64,
    /// Where rows go.
    pub sink: Arc<dyn Sink>,
    /// The way to the provider.
    pub link: Arc<Link>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Telemetry.
    pub observer: Arc<dyn Observer>,
    /// One page at most, without purposeful waits.
    pub page_timeout: Duration,
    /// Set when the connection is to end: cycles stop at the next page.
    pub stopping: CancellationToken,
}

/// One cycle's task.
#[derive(Debug, Clone)]
pub struct Task {
    /// The account to read.
    pub account: Account,
    /// The stream to read.
    pub stream: Arc<BoundStream>,
    /// What of it.
    pub work: Work,
    /// What was read before.
    pub checkpoint: Checkpoint,
    /// Everything counts as urgent: a person waits for the end of the run.
    pub urgent: bool,
}

/// How a cycle ended.
#[derive(Debug)]
pub struct Outcome {
    /// Success, or why not.
    pub result: Result<Done, CycleError>,
    /// The checkpoint as it is stored now.
    pub checkpoint: Checkpoint,
    /// Pages read.
    pub pages: u64,
    /// Rows read.
    pub rows: u64,
}

/// A cycle's success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// All of it is read.
    Complete,
    /// The provider prepares a report; the checkpoint knows.
    Pending,
    /// A window shrank: it must be read once more before anything is deleted.
    Unconfirmed,
    /// The connection ends; what was committed stays.
    Stopped,
}

/// A cycle's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CycleError {
    /// At the provider.
    #[error(transparent)]
    Source(#[from] Failure),
    /// At the store.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// None at all: the connection ends. [`run`] gives [`Done::Stopped`] instead.
    #[error("the connection ends")]
    Stopped,
    /// All that could be read is stored, and something could not.
    #[error("{0}")]
    Lacking(String),
}

/// A cycle at work.
struct Cycle<'a> {
    context: &'a Context,
    task: &'a Task,
    session: Session,
    checkpoint: Checkpoint,
    /// On the clock on which both sides agree, as everything in the checkpoint: a day is over when both say so.
    began_at: Timestamp,
    /// The same on the stopwatch.
    began: Duration,
    /// Pages that are read but not stored yet.
    gathered: Option<Gathered>,
    /// Bytes of answers whose rows are stored.
    stored_bytes: u64,
    pages: u64,
    rows: u64,
}

/// Pages that are stored together: a commit each would cost more than their rows.
struct Gathered {
    commit: Commit,
    /// When the first of them was read, by the clock's `elapsed`.
    since: Duration,
}

/// Runs one cycle to its end.
pub async fn run(context: &Context, task: &Task) -> Outcome {
    let urgency = if task.urgent { crate::session::quota::Urgency::Fresh } else { task.work.urgency() };
    let mut cycle = Cycle {
        context,
        task,
        session: context.link.session_within(urgency, Budget::of(&task.stream.kind)),
        checkpoint: task.checkpoint.clone(),
        began_at: context.link.agreed_now(),
        began: context.clock.elapsed(),
        gathered: None,
        stored_bytes: 0,
        pages: 0,
        rows: 0,
    };
    let mut result = match (&task.work, task.stream.reader(), &task.stream.kind) {
        (Work::Window { days, .. }, Reader::Days(reader), Kind::Days(policy)) => {
            cycle.window(DaysStream { policy, reader: reader.as_ref() }, *days).await
        }
        (Work::Feed { lane, start }, Reader::Feed(reader), _) => {
            cycle.feed(reader.as_ref(), *lane, *start).await
        }
        (Work::Snapshot, Reader::Snapshot(reader), Kind::Snapshot(policy)) => {
            cycle.snapshot(reader.as_ref(), policy).await
        }
        (Work::Files, Reader::Files(reader), _) => cycle.files(reader).await,
        // The schedule makes work of the stream's own kind.
        _ => Err(CycleError::Source(Failure::Permanent {
            reason: format!("stream {} is not read in this way: this is a bug", task.stream.name),
        })),
    };
    if matches!(result, Err(CycleError::Stopped)) {
        result = Ok(Done::Stopped);
    }
    // However it ended: what was read before is good. When the store itself is the trouble, it is read again.
    if !matches!(result, Err(CycleError::Sink(_)))
        && let Err(error) = cycle.store_gathered().await
    {
        result = Err(error);
    }
    if let Err(CycleError::Source(Failure::Forbidden { advice })) = &result {
        let advice = advice.clone();
        if let Err(error) = cycle.forbidden(advice).await {
            result = Err(error);
        }
    }
    Outcome { result, checkpoint: cycle.checkpoint, pages: cycle.pages, rows: cycle.rows }
}

// === impl Done ===

impl Done {
    /// A short word for labels and records.
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Complete => "ok",
            Self::Pending => "pending",
            Self::Unconfirmed => "unconfirmed",
            Self::Stopped => "stopped",
        }
    }
}

// === impl CycleError ===

impl CycleError {
    /// A short word for labels and records.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Source(failure) => failure.outcome(),
            Self::Sink(SinkError::Outdated(_)) => "outdated",
            Self::Sink(SinkError::Withheld(_)) => "consent",
            Self::Sink(_) => "database",
            Self::Stopped => "stopped",
            Self::Lacking(_) => "lacking",
        }
    }
}

// === impl Cycle ===

impl Cycle<'_> {
    /// Reads one page, within the deadline. When the connection ends, whatever it waits for is given up: what was not stored
    /// is read again.
    async fn ask<T>(&self, reading: BoxFuture<'_, Result<T, Failure>>) -> Result<T, CycleError> {
        self.check_time()?;
        let clock = self.context.clock.as_ref();
        let reading = within(clock, &self.session, self.context.page_timeout, reading);
        Ok(self.unless_stopping(reading).await??)
    }

    /// Counts a page that was read.
    fn counted(&mut self, page: Page) -> Page {
        self.pages += 1;
        self.rows += page.rows.len() as u64;
        self.count(page.quarantined.iter().map(|quarantined| quarantined.reason));
        page
    }

    /// Takes from the rows what cannot be kept, and gives it back set aside. Their keys are known: no window deletes less
    /// for them.
    fn fit(&self, fitter: &mut Fitter, rows: &mut Vec<Row>) -> Vec<Quarantined> {
        let place = format!("{}, page {}", self.task.stream.name, self.pages);
        let Fitted { rows: kept, set_aside, .. } = fitter.fit(std::mem::take(rows), &place);
        *rows = kept;
        self.count(set_aside.iter().map(|quarantined| quarantined.reason));
        set_aside
    }

    /// Counts rows that were set aside for these reasons.
    fn count(&self, reasons: impl Iterator<Item = &'static str>) {
        for reason in reasons {
            self.context.observer.quarantined(self.context.integration, self.task.stream.name, reason);
        }
    }

    /// A commit of this cycle with the page's rows; the checkpoint is added by those that advance it.
    fn commit_of(&self, page: Page) -> Commit {
        Commit {
            connection: self.context.spec.name.clone(),
            integration: self.context.integration.to_owned(),
            epoch: self.context.epoch,
            stream: self.task.stream.name.to_owned(),
            account_id: self.task.account.id.clone(),
            rows: page.rows,
            tombstones: page.tombstones,
            quarantined: page.quarantined,
            changes: page.changes,
            ..Commit::default()
        }
    }

    /// The commit, with `ledger` to be stored beside the rows.
    fn with_checkpoint(&self, mut commit: Commit, checkpoint: Checkpoint) -> Commit {
        if let (Progress::Days(progress), Kind::Days(policy)) = (&checkpoint.progress, &self.task.stream.kind)
        {
            commit.settled_through =
                checkpoint.zone().and_then(|zone| progress.settled_through(&zone, policy.settling));
        }
        commit.checkpoint = Some(checkpoint);
        commit
    }

    /// Stores it together with the pages that follow at once, and before it becomes large or old: a slow provider's pages
    /// are stored one by one, a fast one's in thousands of rows.
    async fn gather(&mut self, commit: Commit) -> Result<(), CycleError> {
        // Rows of the next page may bring back what these take away.
        if !commit.tombstones.is_empty() {
            return self.store(commit).await.map(drop);
        }
        let now = self.context.clock.elapsed();
        let gathered = match self.gathered.take() {
            Some(Gathered { commit: earlier, since }) => Gathered { commit: joined(earlier, commit), since },
            None => Gathered { commit, since: now },
        };
        let is_full = gathered.commit.rows.len() >= limits::GATHERED_ROWS_MAX
            || now.saturating_sub(gathered.since) >= limits::GATHERED_AGE_MAX
            || self.session.taken_bytes() - self.stored_bytes >= limits::GATHERED_BYTES_MAX;
        self.gathered = Some(gathered);
        if is_full { self.store_gathered().await } else { Ok(()) }
    }

    /// Stores what was gathered, if anything.
    async fn store_gathered(&mut self) -> Result<(), CycleError> {
        match self.gathered.take() {
            Some(gathered) => self.store_now(gathered.commit).await.map(drop),
            None => Ok(()),
        }
    }

    /// Stores it, in one transaction with what was gathered before.
    async fn store(&mut self, commit: Commit) -> Result<Committed, CycleError> {
        let commit = match self.gathered.take() {
            Some(gathered) => joined(gathered.commit, commit),
            None => commit,
        };
        self.store_now(commit).await
    }

    /// Stores it; the checkpoint in memory follows the stored one.
    async fn store_now(&mut self, commit: Commit) -> Result<Committed, CycleError> {
        let checkpoint = commit.checkpoint.clone();
        let account_id = commit.account_id.clone();
        let sets_aside = !commit.quarantined.is_empty();
        self.stored_bytes = self.session.taken_bytes();
        let context = self.context;
        let began = context.clock.elapsed();
        let committed = context.sink.commit(commit).await?;
        let took = context.clock.elapsed().saturating_sub(began);
        context.observer.committed(context.integration, self.task.stream.name, &committed, took);
        self.count(committed.set_aside.iter().copied());
        if sets_aside || !committed.set_aside.is_empty() {
            context.observer.set_aside(&context.spec.name);
        }
        let mut shows_more = false;
        if committed.shrunk.is_none()
            && let Some(checkpoint) = checkpoint
        {
            // Days known to be empty are zeros from now on, though no row says so.
            shows_more = checkpoint.reach() != self.checkpoint.reach();
            self.checkpoint = checkpoint;
        }
        for change in &committed.changes {
            tracing::warn!(connection = context.spec.name, stream = self.task.stream.name, %change, "changed");
        }
        let wrote = committed.vanished > 0 || committed.written.iter().any(|(_, rows)| *rows > 0);
        if wrote || shows_more {
            context.observer.rows_changed(&context.spec.name, &account_id);
        }
        Ok(committed)
    }

    /// Notes that the provider does not permit this stream.
    async fn forbidden(&mut self, advice: String) -> Result<(), CycleError> {
        let mut checkpoint = self.checkpoint.clone();
        checkpoint.forbidden = Some(rows::checkpoint::Forbidden { advice, since: self.began_at });
        let commit = self.with_checkpoint(self.commit_of(Page::default()), checkpoint);
        self.store(commit).await.map(drop)
    }

    /// The zone of the account's days.
    fn zone(&self) -> Result<TimeZone, CycleError> {
        self.checkpoint.zone().ok_or_else(|| {
            let reason =
                format!("time zone {:?} is not known: its days cannot be told", self.checkpoint.time_zone);
            CycleError::Source(Failure::Permanent { reason })
        })
    }

    /// Waits for `future`, but not beyond the end of the connection.
    async fn unless_stopping<T>(&self, future: impl Future<Output = T>) -> Result<T, CycleError> {
        tokio::select! {
            biased;
            () = self.context.stopping.cancelled() => Err(CycleError::Stopped),
            output = future => Ok(output),
        }
    }

    /// A reading that has no end in sight makes room for another try.
    fn check_time(&self) -> Result<(), CycleError> {
        let took = self.context.clock.elapsed().saturating_sub(self.began);
        if took.saturating_sub(self.session.waited()) <= limits::CYCLE_TIME_MAX {
            return Ok(());
        }
        let hours = limits::CYCLE_TIME_MAX.as_secs() / 3_600;
        let reason = format!(
            "not read to its end within {hours} hours: the provider is slow, or its pages have no end"
        );
        Err(CycleError::Source(Failure::Transient { reason }))
    }

    /// When a report that the provider prepares is looked at again: soon enough to matter, late enough to be no hammering.
    fn look_again_at(&self, not_before: Timestamp) -> Timestamp {
        let now = self.context.link.agreed_now();
        let after = |wait| now.checked_add(wait).unwrap_or(now);
        not_before.clamp(after(limits::PENDING_MIN), after(limits::PENDING_MAX))
    }
}

/// Both, as one commit of the same cycle.
fn joined(mut earlier: Commit, mut later: Commit) -> Commit {
    earlier.rows.append(&mut later.rows);
    earlier.quarantined.append(&mut later.quarantined);
    earlier.changes.append(&mut later.changes);
    Commit {
        changes: earlier.changes,
        rows: earlier.rows,
        quarantined: earlier.quarantined,
        checkpoint: later.checkpoint.or(earlier.checkpoint),
        settled_through: later.settled_through.or(earlier.settled_through),
        ..later
    }
}

/// Runs `future` for at most `limit`, not counting the time that `session` waits on purpose.
pub(super) async fn within<T>(
    clock: &dyn Clock,
    session: &Session,
    limit: Duration,
    future: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let began = clock.elapsed();
    let waited_before = session.waited();
    tokio::pin!(future);
    loop {
        let allowed = limit + session.waited().saturating_sub(waited_before);
        let left = (began + allowed).saturating_sub(clock.elapsed());
        if left.is_zero() {
            return Err(Failure::Transient { reason: format!("no answer within {} s", limit.as_secs()) });
        }
        tokio::select! {
            biased;
            result = &mut future => return result,
            () = clock.sleep(left) => {}
        }
    }
}
