//! What a connection hears, and what it does about it. Handlers only pass messages on: they never block.

use std::sync::Arc;

use actix::{AsyncContext, Handler};
use rows::{
    sink::{Registration, SinkError},
    state::State,
};

use super::{BackfillUntold, Checked, Connection, CycleDone, Forgotten, Registered};
use crate::{
    engine::{
        messages::{BeginAnew, Controls, Fate, Stop, WebhookReceived},
        poller::{Key, Restated},
    },
    limits,
};

impl Handler<Registered> for Connection {
    type Result = ();

    fn handle(&mut self, Registered(result): Registered, ctx: &mut Self::Context) {
        match result {
            Ok(Registration { withheld: Some(reason), epoch, .. }) => {
                self.wait_for_consent(ctx, reason, epoch);
            }
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
                    status.state = State::Stopped;
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
        at_work.heed(controls);
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
