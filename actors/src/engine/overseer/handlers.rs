//! What the overseer hears, and what it does about it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix::{AsyncContext, Handler};
use rows::{sink::Control, state::State};

use super::{Controlled, Overseer, RunNoted};
use crate::engine::{
    blueprint::Blueprint,
    messages::{
        Beat, BeginAnew, Controls, EndSystem, Ended, Fate, LookForControls, Run, Stop, StopAll,
        WebhookReceived, WebhookReceivedFor,
    },
};

impl Handler<Run> for Overseer {
    type Result = ();

    fn handle(&mut self, Run(blueprints): Run, ctx: &mut Self::Context) {
        let mut wanted: BTreeMap<String, Arc<Blueprint>> = blueprints
            .into_iter()
            .map(|blueprint| (blueprint.spec.name.clone(), Arc::new(blueprint)))
            .collect();
        for (name, child) in &mut self.children {
            let next = wanted.remove(name);
            if next.as_ref().is_some_and(|next| next.spec.same_as(&child.blueprint.spec)) {
                child.removed = false;
                continue;
            }
            child.removed = next.is_none();
            child.next = next;
            match &child.address {
                Some(address) => address.do_send(Stop),
                // Waiting to be rebuilt or parked: the new blueprint is tried at once.
                None => ctx.address().do_send(Ended {
                    connection: name.clone(),
                    generation: child.generation,
                    fate: Fate::Stopped,
                }),
            }
        }
        for blueprint in wanted.into_values() {
            self.adopt(blueprint, ctx);
        }
        self.rest(ctx);
    }
}

impl Handler<Ended> for Overseer {
    type Result = ();

    fn handle(&mut self, Ended { connection, generation, fate }: Ended, ctx: &mut Self::Context) {
        let Some(child) = self.children.get_mut(&connection) else { return };
        if child.generation != generation {
            return;
        }
        child.address = None;
        if child.removed || (self.stopping && !matches!(fate, Fate::Finished { .. })) {
            let gone = self.children.remove(&connection);
            if let Some(gone) = gone.filter(|gone| gone.removed) {
                gone.blueprint.statuses.remove(&connection);
                gone.blueprint.observer().status_changed(&connection);
            }
            return self.rest(ctx);
        }
        if let Some(next) = child.next.take() {
            // What a provider said about waiting was said to what is configured no more.
            if !next.spec.asks_as(&child.blueprint.spec) {
                next.services.quotas.lift(&connection, Duration::ZERO);
            }
            self.children.remove(&connection);
            return self.adopt(next, ctx);
        }
        match fate {
            Fate::Stopped => {}
            Fate::Finished { ok, epoch } => self.finish(&connection, ok, epoch, ctx),
            Fate::Crashed { reason } => self.crashed(&connection, reason, ctx),
            Fate::Unusable { error } => {
                let blueprint = &child.blueprint;
                blueprint.statuses.change(&connection, |status| {
                    status.state = State::Stopped;
                    status.error = Some(error.clone());
                });
                blueprint.observer().status_changed(&connection);
                if blueprint.once.is_some() {
                    self.finish(&connection, false, None, ctx);
                }
            }
        }
    }
}

impl Handler<StopAll> for Overseer {
    type Result = ();

    fn handle(&mut self, _: StopAll, ctx: &mut Self::Context) {
        self.stopping = true;
        self.children.retain(|_, child| child.address.is_some());
        for child in self.children.values() {
            if let Some(address) = &child.address {
                address.do_send(Stop);
            }
        }
        self.rest(ctx);
    }
}

impl Handler<RunNoted> for Overseer {
    type Result = ();

    fn handle(&mut self, _: RunNoted, _: &mut Self::Context) {
        self.progress.send_modify(|progress| progress.all_ended = true);
    }
}

impl Handler<Controlled> for Overseer {
    type Result = ();

    fn handle(&mut self, Controlled(result): Controlled, ctx: &mut Self::Context) {
        self.asking = false;
        if std::mem::take(&mut self.ask_again) {
            self.ask(ctx);
        }
        let controls = match result {
            Ok(controls) => controls,
            Err(error) => {
                tracing::debug!(%error, "cannot ask for operators' requests");
                return;
            }
        };
        let mut requests: BTreeMap<String, Controls> = controls
            .into_iter()
            .map(|Control { connection, paused, withheld, poll_requested_at, backfills }| {
                (connection, Controls { paused, withheld, poll_requested_at, backfills })
            })
            .collect();
        // What the store does not name has no request, or none any more.
        let before = std::mem::replace(&mut self.wished, requests.keys().cloned().collect());
        for name in before.union(&self.wished) {
            let Some(child) = self.children.get_mut(name) else { continue };
            let request = requests.remove(name).unwrap_or_default();
            if request != child.controls {
                child.controls = request.clone();
                if let Some(address) = &child.address {
                    address.do_send(request);
                }
            }
        }
    }
}

impl Handler<LookForControls> for Overseer {
    type Result = ();

    fn handle(&mut self, _: LookForControls, ctx: &mut Self::Context) {
        self.ask_again = self.asking;
        self.ask(ctx);
    }
}

impl Handler<BeginAnew> for Overseer {
    type Result = ();

    fn handle(&mut self, _: BeginAnew, _: &mut Self::Context) {
        for address in self.children.values().filter_map(|child| child.address.as_ref()) {
            address.do_send(BeginAnew);
        }
    }
}

impl Handler<WebhookReceivedFor> for Overseer {
    type Result = ();

    fn handle(&mut self, WebhookReceivedFor(connection): WebhookReceivedFor, _: &mut Self::Context) {
        let address = self.children.get(&connection).and_then(|child| child.address.as_ref());
        if let Some(address) = address {
            address.do_send(WebhookReceived);
        }
    }
}

impl Handler<Beat> for Overseer {
    type Result = ();

    /// That it is handled is the answer: all actors share this thread.
    fn handle(&mut self, _: Beat, _: &mut Self::Context) {}
}

impl Handler<EndSystem> for Overseer {
    type Result = ();

    fn handle(&mut self, _: EndSystem, _: &mut Self::Context) {
        actix::System::current().stop();
    }
}
