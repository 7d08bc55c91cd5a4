//! The actor around a poller: it starts cycles as tasks and hears of their end. Handlers only pass messages on: they
//! never block, and all work that could panic runs in tasks.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context as ActorCtx, Handler, Message, SpawnHandle};
use futures::FutureExt as _;
use jiff::Timestamp;
use rows::{
    sink::{BackfillRequest, ConnectionRecord, Registration, Sink, SinkError, StatusRecord},
    state::State,
};
use tokio::{runtime::Handle, task::AbortHandle};
use tokio_util::sync::CancellationToken;

use super::{
    cycle::{Context, Outcome},
    job,
    overseer::{Ended, Fate, Overseer},
    poller::{BackfillState, Job, Key, Once, Poller, Restated},
    status::Statuses,
};
use crate::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, Integration},
    limits,
    observer::Observer,
    session::{Link, LinkServices, Signs},
};

/// Everything that a connection is built from, again and again.
#[derive(Clone)]
pub struct Blueprint {
    /// As configured.
    pub spec: Arc<ConnectionSpec>,
    /// Its integration.
    pub integration: Arc<dyn Integration>,
    /// The rooms around the engine.
    pub services: LinkServices,
    /// Where rows go.
    pub sink: Arc<dyn Sink>,
    /// Where statuses are shown.
    pub statuses: Statuses,
    /// Where tasks run.
    pub runtime: Handle,
    /// One page at most.
    pub page_timeout: Duration,
    /// A single run.
    pub once: Option<Once>,
    /// Wait so long before the first step: starts are spread.
    pub start_delay: Duration,
}

/// The actor.
pub struct Connection {
    blueprint: Arc<Blueprint>,
    overseer: Addr<Overseer>,
    generation: u64,
    /// There once the store has answered and the source is made.
    at_work: Option<AtWork>,
    tasks: Vec<AbortHandle>,
    wake: Option<SpawnHandle>,
    stopping: CancellationToken,
    /// Kept for whenever it begins anew: a request may have been lost with what was read for it.
    controls: Option<Controls>,
    ended: bool,
}

struct AtWork {
    poller: Poller,
    context: Context,
    /// How far requests for days are, as the store knows.
    backfills: BTreeMap<i64, BackfillState>,
}

/// The store does not know how far a request is: it is told again.
#[derive(Message)]
#[rtype(result = "()")]
struct BackfillUntold(i64);

/// The store's answer to a connection that begins.
#[derive(Message)]
#[rtype(result = "()")]
struct Registered(Result<Registration, SinkError>);

/// The check's end; nothing when it panicked.
#[derive(Message)]
#[rtype(result = "()")]
struct Checked(Option<Result<Accounts, Failure>>);

/// Accounts were forgotten in the store: polling goes on.
#[derive(Message)]
#[rtype(result = "()")]
struct Forgotten(Result<(), SinkError>);

/// A cycle's end; nothing when it panicked.
#[derive(Message)]
#[rtype(result = "()")]
struct CycleDone {
    key: Key,
    outcome: Option<Outcome>,
}

/// What operators asked for.
#[derive(Message, Debug, Clone, Default, PartialEq, Eq)]
#[rtype(result = "()")]
pub struct Controls {
    /// Hold it.
    pub paused: bool,
    /// Poll everything now.
    pub poll_requested_at: Option<Timestamp>,
    /// Days to read.
    pub backfills: Vec<BackfillRequest>,
}

/// The provider said by itself that there is something new.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct WebhookReceived;

/// Another worker had the store: the connection is taken again.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct BeginAnew;

/// End: cycles stop at their next page, and the actor when the last has.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub struct Stop;

/// A single run looks at its own time so often.
const ONCE_LOOK_EVERY: Duration = Duration::from_secs(1);
/// One that ends looks so often whether its tasks have.
const END_LOOK_EVERY: Duration = Duration::from_millis(10);

// === impl Connection ===

impl Connection {
    /// An actor that starts when it is started.
    pub fn new(blueprint: Arc<Blueprint>, overseer: Addr<Overseer>, generation: u64) -> Self {
        Self {
            blueprint,
            overseer,
            generation,
            at_work: None,
            tasks: Vec::new(),
            wake: None,
            stopping: CancellationToken::new(),
            controls: None,
            ended: false,
        }
    }

    fn name(&self) -> &str {
        &self.blueprint.spec.name
    }

    /// Runs `future` as a task; what becomes of it comes back as the message that `message` makes (from nothing when
    /// it panicked).
    fn run<T, M>(
        &mut self,
        ctx: &ActorCtx<Self>,
        future: impl Future<Output = T> + Send + 'static,
        message: impl FnOnce(Option<T>) -> M + Send + 'static,
    ) where
        T: Send + 'static,
        M: Message<Result = ()> + Send + 'static,
        Self: Handler<M>,
    {
        let address = ctx.address();
        self.tasks.retain(|task| !task.is_finished());
        let task = self.blueprint.runtime.spawn(async move {
            let result = AssertUnwindSafe(future).catch_unwind().await.ok();
            // At most one message per task: the mailbox cannot overflow.
            address.do_send(message(result));
        });
        self.tasks.push(task.abort_handle());
    }

    /// Asks the poller what to do, does it, shows the status.
    fn step(&mut self, ctx: &mut ActorCtx<Self>) {
        if self.ended {
            return;
        }
        if self.stopping.is_cancelled() {
            if self.tasks.iter().all(AbortHandle::is_finished) {
                self.end(ctx, Fate::Stopped);
            } else {
                // A task tells its end before it has ended: nobody else might ask again after the last.
                self.wake_in(ctx, END_LOOK_EVERY);
            }
            return;
        }
        // What has ended keeps its memory for as long as somebody could still ask for it.
        self.tasks.retain(|task| !task.is_finished());
        let Some(at_work) = &mut self.at_work else { return };
        let (link, epoch) = (Arc::clone(&at_work.context.link), at_work.context.epoch);
        let step = at_work.poller.step(link.agreed_now());
        let overdue = at_work.poller.is_overdue();
        let at_work_is_lost = at_work.poller.is_stopped();
        if !step.jobs.is_empty() {
            let context = at_work.context.clone();
            for job in step.jobs {
                self.start(ctx, &context, job);
            }
        }
        self.show();
        self.show_backfills(ctx);
        if at_work_is_lost && self.blueprint.once.is_none() {
            return self.wait_for_turn(ctx);
        }
        if let Some(ok) = step.finished {
            self.end(ctx, Fate::Finished { ok, epoch: Some(epoch) });
            return;
        }
        // Cycles wait for limits and passing failures within themselves, too.
        if overdue && (link.is_waiting() || link.is_troubled()) {
            tracing::warn!(connection = self.name(), "waited for longer than this run may: given up");
            self.end(ctx, Fate::Finished { ok: false, epoch: Some(epoch) });
            return;
        }
        if let Some(wait) = step.wake_in {
            let wait = if self.blueprint.once.is_some() { wait.min(ONCE_LOOK_EVERY) } else { wait };
            self.wake_in(ctx, wait);
        }
    }

    /// Steps again after `wait`, unless something else comes before.
    fn wake_in(&mut self, ctx: &mut ActorCtx<Self>, wait: Duration) {
        if let Some(wake) = self.wake.take() {
            ctx.cancel_future(wake);
        }
        self.wake = Some(ctx.run_later(wait, |connection, ctx| {
            connection.wake = None;
            connection.step(ctx);
        }));
    }

    /// Another worker has it: what was known may be outdated once it is free again, so that it begins anew then.
    fn wait_for_turn(&mut self, ctx: &mut ActorCtx<Self>) {
        self.forget();
        ctx.run_later(crate::limits::TURN_EVERY, |connection, ctx| connection.register(ctx));
    }

    fn forget(&mut self) {
        self.at_work = None;
        for task in self.tasks.drain(..) {
            task.abort();
        }
    }

    fn start(&mut self, ctx: &ActorCtx<Self>, context: &Context, job: Job) {
        let context = context.clone();
        match job {
            Job::Check => self.run(ctx, async move { job::checked(&context).await }, Checked),
            Job::Cycle { key, task, lateness } => {
                self.run(
                    ctx,
                    async move { job::recorded(&context, &task, lateness).await },
                    move |outcome| CycleDone { key, outcome },
                );
            }
        }
    }

    /// Publishes the status, and stores it when it changed.
    fn show(&mut self) {
        let Some(at_work) = &self.at_work else { return };
        let link = &at_work.context.link;
        let status = at_work.poller.status(&link.signs());
        let before = self.blueprint.statuses.own(&status.connection);
        if before.as_deref() == Some(&status) {
            return;
        }
        let report = StatusRecord {
            connection: status.connection.clone(),
            epoch: at_work.context.epoch,
            state: status.state,
            last_success_at: status.last_success_at,
            next_poll_at: status.next_poll_at,
            error: status.error.clone(),
        };
        self.blueprint.statuses.set(status);
        at_work.context.observer.status_changed(&report.connection);
        let is_new = before.as_ref().is_none_or(|before| before.error != report.error);
        let turned = is_new || before.is_some_and(|before| before.state != report.state);
        if turned {
            // What is said while all goes on is said once, not with every cycle.
            let goes_on = matches!(report.state, State::Polling | State::Idle);
            let error = report.error.as_ref().filter(|_| is_new || !goes_on);
            if let Some(error) = error.filter(|_| report.state == State::WaitingQuota) {
                tracing::info!(connection = report.connection, error, "the connection waits");
            } else if let Some(error) = error {
                tracing::warn!(
                    connection = report.connection,
                    state = report.state.as_str(),
                    error,
                    "connection"
                );
            } else {
                tracing::debug!(connection = report.connection, state = report.state.as_str(), "connection");
            }
        }
        // Polling and idle take turns all day: only what lasts is worth a write, the rest is in the checkpoint.
        if turned && !matches!(report.state, State::Polling | State::WaitingQuota) {
            let sink = Arc::clone(&at_work.context.sink);
            self.blueprint.runtime.spawn(async move {
                if let Err(error) = sink.report(report).await {
                    tracing::debug!(%error, "the connection's status was not stored");
                }
            });
        }
    }

    /// Stores how far requests for days are, where that has changed.
    fn show_backfills(&mut self, ctx: &ActorCtx<Self>) {
        let Some(at_work) = &mut self.at_work else { return };
        let now = at_work.poller.backfills(at_work.context.link.agreed_now());
        let before = std::mem::replace(&mut at_work.backfills, now.iter().cloned().collect());
        for (id, state) in now {
            if before.get(&id) == Some(&state) {
                continue;
            }
            let (sink, address) = (Arc::clone(&self.blueprint.sink), ctx.address());
            self.blueprint.runtime.spawn(async move {
                let stored = match &state {
                    BackfillState::Left(days) => sink.backfill_progress(id, *days).await,
                    BackfillState::Ended(reason) => sink.end_backfill(id, reason).await,
                };
                if let Err(error) = stored {
                    tracing::debug!(%error, "the progress of a backfill was not stored");
                    address.do_send(BackfillUntold(id));
                }
            });
        }
    }

    fn end(&mut self, ctx: &mut ActorCtx<Self>, fate: Fate) {
        self.ended = true;
        for task in self.tasks.drain(..) {
            task.abort();
        }
        if matches!(fate, Fate::Stopped)
            && let Some(at_work) = &self.at_work
        {
            let shown = at_work.poller.status(&Signs::default());
            let report = StatusRecord {
                connection: shown.connection,
                epoch: at_work.context.epoch,
                state: State::Stopped,
                last_success_at: shown.last_success_at,
                next_poll_at: None,
                error: shown.error,
            };
            let sink = Arc::clone(&self.blueprint.sink);
            self.blueprint.runtime.spawn(async move {
                let _ = sink.report(report).await;
            });
        }
        self.overseer.do_send(Ended {
            connection: self.name().to_owned(),
            generation: self.generation,
            fate,
        });
        ctx.stop();
    }

    fn crash(&mut self, ctx: &mut ActorCtx<Self>, what: &str) {
        tracing::error!(connection = self.name(), what, "a bug: the connection is rebuilt");
        self.end(ctx, Fate::Crashed { reason: "panic" });
    }

    fn register(&mut self, ctx: &ActorCtx<Self>) {
        let record = ConnectionRecord {
            name: self.blueprint.spec.name.clone(),
            integration: self.blueprint.spec.integration.clone(),
            tenant: self.blueprint.spec.tenant.clone(),
            once_since: self.blueprint.once.map(|once| once.since),
        };
        let sink = Arc::clone(&self.blueprint.sink);
        let lost = || Err(SinkError::Unavailable("the store panicked".to_owned()));
        self.run(ctx, async move { sink.register(record).await }, move |result| {
            Registered(result.unwrap_or_else(lost))
        });
    }

    fn begin(&mut self, registration: Registration) -> Result<(), String> {
        let blueprint = &self.blueprint;
        if registration.returned {
            blueprint.services.observer.returned(&blueprint.spec.name);
        }
        let services = blueprint.services.services();
        let source = blueprint.integration.connect(&blueprint.spec, &services);
        let source = source.map_err(|error| error.to_string())?;
        let streams = source.adjust_streams(blueprint.integration.streams());
        let integration = blueprint.integration.id();
        let link = Link::new(
            Arc::clone(&blueprint.spec),
            integration,
            source,
            blueprint.integration.quotas(),
            blueprint.services.clone(),
        );
        let mut poller = Poller::new(
            Arc::clone(&blueprint.spec),
            blueprint.integration.as_ref(),
            streams,
            registration.checkpoints,
            registration.paused,
            blueprint.once.map(|once| Once { since: registration.once_since.unwrap_or(once.since), ..once }),
            blueprint.services.clock.clone(),
        );
        poller.remember(registration.last_success_at);
        let context = Context {
            spec: Arc::clone(&blueprint.spec),
            integration,
            epoch: registration.epoch,
            sink: Arc::clone(&blueprint.sink),
            link,
            clock: blueprint.services.clock.clone(),
            observer: blueprint.services.observer.clone(),
            page_timeout: blueprint.page_timeout,
            stopping: self.stopping.clone(),
        };
        let mut at_work = AtWork { poller, context, backfills: BTreeMap::new() };
        if let Some(Controls { paused, poll_requested_at, backfills }) = self.controls.clone() {
            at_work.heed(paused, poll_requested_at, backfills);
        }
        self.at_work = Some(at_work);
        Ok(())
    }
}

// === impl AtWork ===

impl AtWork {
    fn heed(&mut self, paused: bool, poll_requested_at: Option<Timestamp>, backfills: Vec<BackfillRequest>) {
        if let Some(age) = self.poller.control(paused, poll_requested_at, backfills) {
            self.context.link.lift(age);
        }
    }
}

impl Actor for Connection {
    type Context = ActorCtx<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(self.blueprint.start_delay, |connection, ctx| connection.register(ctx));
    }
}

impl Drop for Connection {
    /// However the actor dies, the overseer hears of it. A handler that panicked drops the actor without a word.
    fn drop(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
        }
        if !self.ended {
            let fate = Fate::Crashed { reason: "actor_died" };
            let connection = self.blueprint.spec.name.clone();
            self.overseer.do_send(Ended { connection, generation: self.generation, fate });
        }
    }
}

impl Handler<Registered> for Connection {
    type Result = ();

    fn handle(&mut self, Registered(result): Registered, ctx: &mut Self::Context) {
        match result {
            Ok(registration) => {
                if let Err(error) = self.begin(registration) {
                    tracing::error!(connection = self.name(), error, "the connection cannot be made");
                    self.end(ctx, Fate::Unusable { error });
                    return;
                }
                self.step(ctx);
            }
            Err(error @ SinkError::Held { .. }) if self.blueprint.once.is_none() => {
                self.blueprint.statuses.change(self.name(), |status| {
                    status.state = rows::state::State::Stopped;
                    status.error = Some(error.to_string());
                });
                self.blueprint.observer().status_changed(self.name());
                self.wait_for_turn(ctx);
            }
            Err(error) => {
                tracing::warn!(connection = self.name(), %error, "cannot take the connection yet");
                if self.blueprint.once.is_some() {
                    self.end(ctx, Fate::Unusable { error: error.to_string() });
                    return;
                }
                ctx.run_later(limits::BACKOFF_INITIAL, |connection, ctx| connection.register(ctx));
            }
        }
    }
}

impl Handler<Checked> for Connection {
    type Result = ();

    fn handle(&mut self, Checked(result): Checked, ctx: &mut Self::Context) {
        let Some(result) = result else { return self.crash(ctx, "the check panicked") };
        let Some(at_work) = &mut self.at_work else { return };
        let changed = at_work.poller.checked(result);
        if changed.is_empty() {
            return self.step(ctx);
        }
        for Restated { account_id, changes } in &changed {
            tracing::warn!(
                connection = self.name(),
                account = account_id,
                changes = %changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                "zone or currency changed: everything of this account is read again from the start date"
            );
        }
        let (sink, name) = (Arc::clone(&self.blueprint.sink), self.name().to_owned());
        let epoch = self.at_work.as_ref().map_or(0, |at_work| at_work.context.epoch);
        let forget = async move {
            for Restated { account_id, changes } in changed {
                sink.reset_account(&name, epoch, &account_id, changes).await?;
            }
            Ok(())
        };
        self.run(ctx, forget, |result| {
            Forgotten(result.unwrap_or_else(|| Err(SinkError::Unavailable("the store panicked".to_owned()))))
        });
    }
}

impl Handler<Forgotten> for Connection {
    type Result = ();

    fn handle(&mut self, Forgotten(result): Forgotten, ctx: &mut Self::Context) {
        match result {
            Ok(()) => self.step(ctx),
            Err(error) => {
                // Nothing may be read on top of what should have been forgotten: begin anew.
                tracing::error!(connection = self.name(), %error, "old days could not be forgotten");
                self.end(ctx, Fate::Crashed { reason: "database" });
            }
        }
    }
}

impl Handler<CycleDone> for Connection {
    type Result = ();

    fn handle(&mut self, CycleDone { key, outcome }: CycleDone, ctx: &mut Self::Context) {
        let Some(outcome) = outcome else {
            let Key { account_id, stream } = key;
            return self.crash(ctx, &format!("a cycle of {stream} panicked (account {account_id:?})"));
        };
        if let Some(at_work) = &mut self.at_work {
            at_work.poller.done(&key, outcome);
        }
        self.step(ctx);
    }
}

impl Handler<Controls> for Connection {
    type Result = ();

    fn handle(&mut self, controls: Controls, ctx: &mut Self::Context) {
        self.controls = Some(controls.clone());
        let Some(at_work) = &mut self.at_work else { return };
        at_work.heed(controls.paused, controls.poll_requested_at, controls.backfills);
        self.step(ctx);
    }
}

impl Handler<BackfillUntold> for Connection {
    type Result = ();

    fn handle(&mut self, BackfillUntold(id): BackfillUntold, ctx: &mut Self::Context) {
        ctx.run_later(limits::BACKOFF_INITIAL, move |connection, ctx| {
            if let Some(at_work) = &mut connection.at_work {
                at_work.backfills.remove(&id);
                connection.step(ctx);
            }
        });
    }
}

impl Handler<WebhookReceived> for Connection {
    type Result = ();

    fn handle(&mut self, _: WebhookReceived, ctx: &mut Self::Context) {
        // One that has not begun reads everything anyway.
        if let Some(at_work) = &mut self.at_work {
            at_work.poller.has_news();
            self.step(ctx);
        }
    }
}

impl Handler<BeginAnew> for Connection {
    type Result = ();

    fn handle(&mut self, _: BeginAnew, ctx: &mut Self::Context) {
        // One that waits for its place asks for it anyway; a single run is not begun twice.
        let is_over = self.ended || self.stopping.is_cancelled() || self.blueprint.once.is_some();
        if self.at_work.is_some() && !is_over {
            self.forget();
            self.register(ctx);
        }
    }
}

impl Handler<Stop> for Connection {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Self::Context) {
        self.stopping.cancel();
        self.tasks.retain(|task| !task.is_finished());
        // Who only waits for its place in the store has nothing to bring to an end.
        if self.tasks.is_empty() || self.at_work.is_none() {
            self.end(ctx, Fate::Stopped);
        }
    }
}

/// So that the overseer's facts reach telemetry through the same door.
impl Blueprint {
    /// Telemetry.
    pub fn observer(&self) -> &dyn Observer {
        self.services.observer.as_ref()
    }
}
