//! Drives one connection in virtual time, as its actor does in real time: asks the poller, runs its jobs as tasks,
//! tells it what became of them.

use std::{sync::Arc, time::Duration};

use actors::{
    engine::{
        cycle::{self, Context, Outcome},
        poller::{BackfillState, Job, Key, Once, Poller, Restated},
        status::ConnectionStatus,
    },
    failure::Failure,
    integration::{Accounts, AnyIntegration, Connected, ConnectionSpec},
    observer::Observer,
    reader::BoundStream,
    session::{Link, LinkServices, quota::Urgency, transport::Transport},
};
use rows::{
    Clock,
    sink::{BackfillRequest, Change, ConnectionRecord, Sink},
};
use tokio::sync::mpsc;

/// One connection under test.
pub struct Driver {
    pub spec: Arc<ConnectionSpec>,
    pub integration: Arc<dyn AnyIntegration>,
    pub services: LinkServices,
    pub sink: Arc<dyn Sink>,
    pub backfills: Vec<BackfillRequest>,
    /// A person asks for a poll so long after the start.
    pub poll_after: Option<Duration>,
}

/// How driving ended.
#[derive(Debug)]
pub struct End {
    /// For a single run: whether everything was read.
    pub finished: Option<bool>,
    pub status: ConnectionStatus,
    pub panics: u64,
    /// Every failure of a check or cycle, as people would read it.
    pub failures: Vec<String>,
}

/// More than a few may be in order: something ends at that very moment.
const WAKES_MAX: u32 = 500;

enum Event {
    Checked(Result<Accounts, Failure>),
    Done(Key, Box<Outcome>),
    Panicked,
}

impl Driver {
    pub fn new(
        spec: ConnectionSpec,
        integration: Arc<dyn AnyIntegration>,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        sink: Arc<dyn Sink>,
    ) -> Self {
        let services = LinkServices::alone(transport, clock, observer);
        Self { spec: Arc::new(spec), integration, services, sink, backfills: Vec::new(), poll_after: None }
    }

    /// Reads everything once.
    pub async fn once(&self) -> End {
        let since = self.services.clock.now();
        let once = Once { since, wait_max: Duration::from_hours(24) };
        self.run(Some(once), Duration::from_hours(48)).await
    }

    /// Polls as a daemon for so long, then is cut off wherever it is (as by a kill).
    pub async fn daemon(&self, duration: Duration) -> End {
        self.run(None, duration).await
    }

    async fn note_backfills(&self, poller: &Poller, now: jiff::Timestamp) {
        for (id, state) in poller.backfills(now) {
            match state {
                BackfillState::Left(days) => self.sink.backfill_progress(id, days).await.unwrap(),
                BackfillState::Ended(reason) => self.sink.end_backfill(id, &reason).await.unwrap(),
            }
        }
    }

    fn link(&self) -> (Arc<Link>, Vec<BoundStream>) {
        let connected = self.integration.connected(&self.spec, &self.services.services()).unwrap();
        let Connected { source, streams } = connected;
        let (id, quota) = (self.integration.manifest().id, self.integration.manifest().quota());
        let link = Link::new(Arc::clone(&self.spec), id, source, quota, self.services.clone());
        (link, streams)
    }

    async fn reset(&self, context: &Context, account_id: &str, changes: Vec<Change>) {
        self.sink.reset_account(&self.spec.name, context.epoch, account_id, changes).await.unwrap();
    }

    async fn run(&self, once: Option<Once>, limit: Duration) -> End {
        let clock = &self.services.clock;
        let until = clock.elapsed() + limit;
        let record = ConnectionRecord {
            name: self.spec.name.clone(),
            integration: self.spec.integration.clone(),
            tenant: self.spec.tenant.clone(),
            once_since: once.map(|once| once.since),
        };
        let registration = self.sink.register(record).await.unwrap();
        let (link, streams) = self.link();
        let mut poller = Poller::new(
            Arc::clone(&self.spec),
            self.integration.as_ref(),
            streams,
            registration.checkpoints,
            registration.paused,
            once,
            clock.clone(),
        );
        poller.control(false, None, self.backfills.clone());
        let mut poll_at = self.poll_after.map(|after| clock.elapsed() + after);
        let context = Context {
            spec: Arc::clone(&self.spec),
            integration: self.integration.manifest().id,
            epoch: registration.epoch,
            sink: Arc::clone(&self.sink),
            link: Arc::clone(&link),
            clock: clock.clone(),
            observer: self.services.observer.clone(),
            page_timeout: Duration::from_mins(5),
            stopping: tokio_util::sync::CancellationToken::new(),
        };
        let (sender, mut news) = mpsc::unbounded_channel();
        let mut tasks = tokio::task::JoinSet::new();
        let mut panics = 0;
        let mut failures = Vec::new();
        // Wakes in a row without a moment's sleep.
        let mut wakes = 0;
        loop {
            let step = poller.step(link.agreed_now());
            for job in step.jobs {
                begin(job, context.clone(), sender.clone(), &mut tasks);
            }
            self.note_backfills(&poller, link.agreed_now()).await;
            let status = || poller.status(&link.signs());
            if step.finished.is_some() {
                return End { finished: step.finished, status: status(), panics, failures };
            }
            let left = until.saturating_sub(clock.elapsed());
            if left.is_zero() || panics > 0 {
                return End { finished: None, status: status(), panics, failures };
            }
            let poll_in = poll_at.map_or(left, |at| at.saturating_sub(clock.elapsed()));
            if poll_in.is_zero() {
                poll_at = None;
                if let Some(age) = poller.control(false, Some(clock.now()), self.backfills.clone()) {
                    link.lift(age);
                }
                continue;
            }
            let sleep = step.wake_in.unwrap_or(left).min(left).min(poll_in);
            wakes = if sleep > Duration::from_millis(10) { 0 } else { wakes + 1 };
            assert!(wakes < WAKES_MAX, "the poller wakes again and again, and nothing comes of it");
            tokio::select! {
                biased;
                Some(news) = news.recv() => match news {
                    Event::Checked(result) => {
                        failures.extend(told(&result));
                        for Restated { account_id, changes } in poller.checked(result) {
                            self.reset(&context, &account_id, changes).await;
                        }
                    }
                    Event::Done(key, outcome) => {
                        failures.extend(
                            outcome.result.as_ref().err().map(|error| format!("{}: {error}", key.stream)),
                        );
                        poller.done(&key, *outcome);
                    }
                    Event::Panicked => panics += 1,
                },
                () = clock.sleep(sleep) => {}
            }
        }
    }
}

/// Runs a job as a task, and sends what became of it.
fn begin(
    job: Job,
    context: Context,
    sender: mpsc::UnboundedSender<Event>,
    tasks: &mut tokio::task::JoinSet<()>,
) {
    match job {
        Job::Check => tasks.spawn(async move {
            let session = context.link.session(Urgency::Fresh);
            let checked = isolated(async move { context.link.source().check(&session).await });
            let _ = sender.send(checked.await.map_or(Event::Panicked, Event::Checked));
        }),
        Job::Cycle { key, task, .. } => tasks.spawn(async move {
            let outcome = isolated(async move { cycle::run(&context, &task).await }).await;
            let done = |outcome| Event::Done(key, Box::new(outcome));
            let _ = sender.send(outcome.map_or(Event::Panicked, done));
        }),
    };
}

/// What a check says against the connection or single accounts.
fn told(result: &Result<Accounts, Failure>) -> Vec<String> {
    match result {
        Ok(found) => {
            found.unusable.iter().map(|one| format!("account {}: {}", one.id, one.failure)).collect()
        }
        Err(failure) => vec![format!("check: {failure}")],
    }
}

/// Runs `future` as a task of its own, so that a panic comes back as a value; ends it when dropped, as a kill would.
async fn isolated<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let mut task = tokio::task::JoinSet::new();
    task.spawn(future);
    match task.join_next().await {
        Some(result) => result,
        None => std::future::pending().await,
    }
}
