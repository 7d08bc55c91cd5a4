//! The actor that owns every connection and rebuilds it from its blueprint when it dies. `actix::Supervisor` does not:
//! it restarts only an actor that stopped itself, and one whose handler panicked is gone.
//!
//! Crashes count: [`limits::CRASHES_MAX`] within [`limits::CRASH_WINDOW`], each followed by a growing, jittered delay,
//! and the connection is parked: visible, probed hourly, and no bother to its siblings. A provider that is down or
//! answers nonsense is not a crash; the connection deals with that itself.

mod handlers;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Addr, AsyncContext, Context, Message};
use rows::{
    sink::{Control, SinkError},
    state::State,
};
use tokio::sync::watch;

use super::{blueprint::Blueprint, connection::Connection, messages::Controls, status::ConnectionStatus};
use crate::{limits, session::retry::Delays};

/// What the store says operators asked for.
#[derive(Message)]
#[rtype(result = "()")]
struct Controlled(Result<Vec<Control>, SinkError>);

/// The store knows that a single run is over.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
struct RunNoted;

/// How far a single run has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Connections that have ended, and whether all was well.
    pub finished: BTreeMap<String, bool>,
    /// No connection is left.
    pub all_ended: bool,
}

struct Child {
    blueprint: Arc<Blueprint>,
    address: Option<Addr<Connection>>,
    generation: u64,
    crashes: VecDeque<Duration>,
    delays: Delays,
    controls: Controls,
    /// Takes over once the actor has ended.
    next: Option<Arc<Blueprint>>,
    removed: bool,
}

/// The actor.
pub struct Overseer {
    /// Boxed, because up to half of a tree's places are empty.
    children: BTreeMap<String, Box<Child>>,
    /// What was asked for, also of connections that are just being rebuilt.
    generation: u64,
    progress: watch::Sender<Progress>,
    controls_every: Duration,
    asking: bool,
    /// Of whom the store named a request when it was last asked.
    wished: BTreeSet<String>,
    /// Somebody rang while the store was being asked: the answer may be older than the request.
    ask_again: bool,
    stopping: bool,
    /// Connections whose part of a single run is over, with their epochs.
    finished: Vec<(Arc<Blueprint>, i64)>,
}

// === impl Overseer ===

impl Overseer {
    /// Without connections yet. `controls_every` is how often the store is asked for operators' requests.
    pub fn new(progress: watch::Sender<Progress>, controls_every: Duration) -> Self {
        Self {
            children: BTreeMap::new(),
            generation: 0,
            progress,
            controls_every,
            asking: false,
            wished: BTreeSet::new(),
            ask_again: false,
            stopping: false,
            finished: Vec::new(),
        }
    }

    fn launch(&mut self, name: &str, ctx: &Context<Self>) {
        self.generation += 1;
        let generation = self.generation;
        let Some(child) = self.children.get_mut(name) else { return };
        child.generation = generation;
        let connection = Connection::new(Arc::clone(&child.blueprint), ctx.address().recipient(), generation);
        let address = connection.start();
        if child.controls != Controls::default() {
            address.do_send(child.controls.clone());
        }
        child.address = Some(address);
    }

    fn adopt(&mut self, blueprint: Arc<Blueprint>, ctx: &Context<Self>) {
        let name = blueprint.spec.name.clone();
        let spec = &blueprint.spec;
        blueprint.statuses.set(ConnectionStatus {
            connection: name.clone(),
            integration: blueprint.integration.manifest().id,
            tenant: spec.tenant.clone(),
            start_date: spec.start_date,
            paused: false,
            state: State::Starting,
            last_success_at: None,
            next_poll_at: None,
            error: None,
            streams: Vec::new(),
        });
        let child = Child {
            blueprint,
            address: None,
            generation: 0,
            crashes: VecDeque::new(),
            delays: Delays::new(limits::RESTART_INITIAL, limits::RESTART_MAX),
            controls: Controls::default(),
            next: None,
            removed: false,
        };
        self.children.insert(name.clone(), Box::new(child));
        self.launch(&name, ctx);
    }

    fn crashed(&mut self, name: &str, reason: &'static str, ctx: &mut Context<Self>) {
        let Some(child) = self.children.get_mut(name) else { return };
        let blueprint = &child.blueprint;
        blueprint.observer().restarted(blueprint.integration.manifest().id, reason);
        if blueprint.once.is_some() {
            self.finish(name, false, None, ctx);
            return;
        }
        let now = blueprint.services.clock.elapsed();
        child.crashes.retain(|at| *at + limits::CRASH_WINDOW > now);
        child.crashes.push_back(now);
        let parked = child.crashes.len() >= limits::CRASHES_MAX;
        let (state, error, wait) = if parked {
            let error = format!(
                "crashed {} times within {} minutes: a bug; tried again every hour, or at once when its configuration \
                 changes. The log has the details",
                child.crashes.len(),
                limits::CRASH_WINDOW.as_secs() / 60
            );
            (State::Parked, error, limits::PROBE)
        } else {
            let wait = child.delays.next_delay();
            (State::BackingOff, "crashed: it is being rebuilt".to_owned(), wait)
        };
        if parked {
            tracing::error!(connection = name, "parked: {error}");
        }
        blueprint.statuses.change(name, |status| {
            status.state = state;
            status.error = Some(error.clone());
        });
        blueprint.observer().status_changed(name);
        store_status(blueprint, state, error);
        let (name, generation) = (name.to_owned(), child.generation);
        ctx.run_later(wait, move |overseer, ctx| {
            let current = overseer.children.get(&name).is_some_and(|child| child.generation == generation);
            if current && !overseer.stopping {
                overseer.launch(&name, ctx);
            }
        });
    }

    fn finish(&mut self, name: &str, ok: bool, epoch: Option<i64>, ctx: &Context<Self>) {
        let child = self.children.remove(name);
        self.finished.extend(child.map(|child| child.blueprint).zip(epoch));
        self.progress.send_modify(|progress| {
            progress.finished.insert(name.to_owned(), ok);
        });
        self.rest(ctx);
    }

    /// Tells those who wait when nothing is left to oversee. A single run that came to its end is noted in the store
    /// before: for all connections together, since one that is killed is taken up as a whole.
    fn rest(&mut self, ctx: &Context<Self>) {
        if !self.children.is_empty() {
            return;
        }
        let finished = std::mem::take(&mut self.finished);
        let runtime = finished.first().map(|(blueprint, _)| blueprint.runtime.clone());
        let Some(runtime) = runtime.filter(|_| !self.stopping) else {
            return self.progress.send_modify(|progress| progress.all_ended = true);
        };
        let address = ctx.address();
        runtime.spawn(async move {
            for (blueprint, epoch) in finished {
                if let Err(error) = blueprint.sink.end_once(&blueprint.spec.name, epoch).await {
                    tracing::warn!(%error, "the end of the run was not stored: the next one takes it up");
                }
            }
            address.do_send(RunNoted);
        });
    }

    /// Asks the store what operators want.
    fn ask(&mut self, ctx: &Context<Self>) {
        if self.asking || self.stopping {
            return;
        }
        let Some(child) = self.children.values().next() else { return };
        let sink = Arc::clone(&child.blueprint.sink);
        let address = ctx.address();
        self.asking = true;
        child.blueprint.runtime.spawn(async move {
            address.do_send(Controlled(sink.controls().await));
        });
    }
}

/// A crashed actor cannot store its status itself.
fn store_status(blueprint: &Blueprint, state: State, error: String) {
    let (sink, name) = (Arc::clone(&blueprint.sink), blueprint.spec.name.clone());
    blueprint.runtime.spawn(async move {
        let _ = sink.note_state(&name, state, Some(error)).await;
    });
}

impl Actor for Overseer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Bounded by the number of connections: each has one actor that tells its end once.
        ctx.set_mailbox_capacity(1024);
        ctx.run_interval(self.controls_every, |overseer, ctx| overseer.ask(ctx));
    }
}
