//! What a connection shows of itself, and what of that is stored.

use std::sync::Arc;

use actix::{AsyncContext, Context as ActorCtx};
use rows::{sink::StatusRecord, state::State};

use super::{BackfillUntold, Connection};
use crate::engine::poller::BackfillState;

impl Connection {
    /// Publishes the status, and stores it when it changed.
    pub(super) fn show(&mut self) {
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
        // Polling and idle take turns all day: only what lasts, and what is said or not said any more, is worth a write; the
        // rest is in the checkpoint.
        if is_new || (turned && !matches!(report.state, State::Polling | State::WaitingQuota)) {
            let sink = Arc::clone(&at_work.context.sink);
            self.say(async move {
                if let Err(error) = sink.report(report).await {
                    tracing::debug!(%error, "the connection's status was not stored");
                }
            });
        }
    }

    /// Stores how far requests for days are, where that has changed.
    pub(super) fn show_backfills(&mut self, ctx: &ActorCtx<Self>) {
        let Some(at_work) = &mut self.at_work else { return };
        let now = at_work.poller.backfills(at_work.context.link.agreed_now());
        let before = std::mem::replace(&mut at_work.backfills, now.iter().cloned().collect());
        for (id, state) in now {
            if before.get(&id) == Some(&state) {
                continue;
            }
            let (sink, address) = (Arc::clone(&self.blueprint.sink), ctx.address());
            self.say(async move {
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
}
