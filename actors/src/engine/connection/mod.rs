//! The actor around a poller: it starts cycles as tasks and hears of their end. All work that could panic runs in tasks.

mod handlers;
mod shown;

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix::{
    Actor, ActorContext, AsyncContext, Context as ActorCtx, Handler, Message, Recipient, SpawnHandle,
};
use futures::FutureExt as _;
use rows::{
    sink::{ConnectionRecord, Registration, SinkError, StatusRecord},
    state::State,
};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    blueprint::Blueprint,
    cycle::{Context, Outcome},
    job,
    messages::{Controls, Ended, Fate},
    poller::{BackfillState, Job, Key, Once, Poller},
    status::ConnectionStatus,
};
use crate::{
    account::Accounts,
    failure::Failure,
    integration::Connected,
    session::{Link, Signs},
};

/// The actor.
pub struct Connection {
    blueprint: Arc<Blueprint>,
    overseer: Recipient<Ended>,
    generation: u64,
    /// There once the store has answered and the source is made.
    at_work: Option<AtWork>,
    tasks: Vec<AbortHandle>,
    wake: Option<SpawnHandle>,
    stopping: CancellationToken,
    /// Kept for whenever it begins anew: a request may have been lost with what was read for it.
    controls: Option<Controls>,
    /// The last word to the store, while it is under way: the next one waits for it.
    word: Option<JoinHandle<()>>,
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

/// A single run looks at its own time so often.
const ONCE_LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a single run says of a connection that it gives up, where no failure says more.
const STILL_WAITING: &str = "requests still waited for their turn when the run's time was over: the provider, or the limits, allow no more now";
const STILL_TROUBLED: &str =
    "requests were still being repeated after passing failures when the run's time was over";
/// One that ends looks so often whether its tasks have.
const END_LOOK_EVERY: Duration = Duration::from_millis(10);

// === impl Connection ===

impl Connection {
    /// An actor that starts when it is started.
    pub fn new(blueprint: Arc<Blueprint>, overseer: Recipient<Ended>, generation: u64) -> Self {
        Self {
            blueprint,
            overseer,
            generation,
            at_work: None,
            tasks: Vec::new(),
            wake: None,
            stopping: CancellationToken::new(),
            controls: None,
            word: None,
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

    /// Says something to the store, after everything that was said before: an older word that comes later would stand for
    /// good.
    fn say(&mut self, word: impl Future<Output = ()> + Send + 'static) {
        let before = self.word.take_if(|before| !before.is_finished());
        // Boxed: what is kept of a word that was said is a handle, not the room that it took.
        let word = Box::pin(word);
        self.word = Some(self.blueprint.runtime.spawn(async move {
            if let Some(before) = before {
                let _ = before.await;
            }
            word.await;
        }));
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
        self.word.take_if(|word| word.is_finished());
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
            let reason = if link.is_waiting() { STILL_WAITING } else { STILL_TROUBLED };
            return self.give_up(ctx, reason, epoch);
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

    /// A person's consent does not hold: nothing is begun until it does. What operators want may have been told before, so that
    /// the store is asked again and again.
    fn wait_for_consent(&mut self, ctx: &mut ActorCtx<Self>, reason: String, epoch: i64) {
        self.blueprint.statuses.change(self.name(), |status| {
            status.state = State::Stopped;
            status.error = Some(reason.clone());
        });
        self.blueprint.observer().status_changed(self.name());
        let (sink, name) = (Arc::clone(&self.blueprint.sink), self.name().to_owned());
        tracing::debug!(connection = name, reason, "the connection waits for a consent");
        self.say(async move {
            let _ = sink.note_state(&name, State::Stopped, Some(reason)).await;
        });
        if self.blueprint.once.is_some() {
            return self.end(ctx, Fate::Finished { ok: false, epoch: Some(epoch) });
        }
        self.wait_for_turn(ctx);
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
            self.say(async move {
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

    /// Ends a single run's connection, and says why where nothing else does.
    fn give_up(&mut self, ctx: &mut ActorCtx<Self>, reason: &str, epoch: i64) {
        tracing::warn!(connection = self.name(), reason, "waited for longer than this run may: given up");
        if let Some(shown) = self.blueprint.statuses.own(self.name()).filter(|shown| shown.error.is_none()) {
            self.blueprint
                .statuses
                .set(ConnectionStatus { error: Some(reason.to_owned()), ..(*shown).clone() });
        }
        self.end(ctx, Fate::Finished { ok: false, epoch: Some(epoch) });
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
        let connected = blueprint.integration.connected(&blueprint.spec, &services);
        let Connected { source, streams } = connected.map_err(|error| error.to_string())?;
        let integration = blueprint.integration.manifest().id;
        let link = Link::new(
            Arc::clone(&blueprint.spec),
            integration,
            source,
            blueprint.integration.manifest().quota(),
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
        if let Some(controls) = self.controls.clone() {
            at_work.heed(controls);
        }
        self.at_work = Some(at_work);
        Ok(())
    }
}

// === impl AtWork ===

impl AtWork {
    fn heed(&mut self, Controls { paused, withheld, poll_requested_at, backfills }: Controls) {
        self.poller.withhold(withheld);
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
