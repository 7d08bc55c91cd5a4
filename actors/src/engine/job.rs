//! What a connection's tasks do: a check, or a cycle and its record.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use rows::sink::CycleRecord;

use super::cycle::{self, Context, Outcome, Task};
use crate::{account::Accounts, failure::Failure, limits, observer::CycleFacts, session::quota::Urgency};

/// Asks which accounts there are, for no longer than the connection lives.
pub(super) async fn checked(context: &Context) -> Result<Accounts, Failure> {
    let session = context.link.session(Urgency::Fresh);
    let asked = context.link.source().check(&session);
    let asked = cycle::within(context.clock.as_ref(), &session, limits::CHECK_TIMEOUT, asked);
    tokio::select! {
        biased;
        () = context.stopping.cancelled() => {
            Err(Failure::Transient { reason: "the connection ends".to_owned() })
        }
        result = asked => result,
    }
}

/// Runs a cycle and records how it ended.
pub(super) async fn recorded(context: &Context, task: &Task, lateness: Duration) -> Outcome {
    let started_at = context.clock.now();
    let began = context.clock.elapsed();
    // The panic is noted here, where its stream is known, and goes on to the actor.
    let outcome = AssertUnwindSafe(cycle::run(context, task)).catch_unwind().await;
    let word = match &outcome {
        Ok(Outcome { result: Ok(done), .. }) => done.outcome(),
        Ok(Outcome { result: Err(error), .. }) => error.outcome(),
        Err(_) => "panicked",
    };
    context.observer.cycle(CycleFacts {
        connection: &context.spec.name,
        integration: context.integration,
        stream: task.stream.name,
        outcome: word,
        duration: context.clock.elapsed().saturating_sub(began),
        lateness,
    });
    let (pages, rows, error) = match &outcome {
        Ok(outcome) => (outcome.pages, outcome.rows, outcome.result.as_ref().err().map(ToString::to_string)),
        Err(_) => (0, 0, Some("the integration panicked: this is a bug".to_owned())),
    };
    let record = CycleRecord {
        connection: context.spec.name.clone(),
        account_id: task.account.id.clone(),
        stream: task.stream.name.to_owned(),
        outcome: word,
        started_at,
        finished_at: context.clock.now(),
        pages,
        rows,
        error,
    };
    if let Err(error) = context.sink.record_cycle(record).await {
        tracing::debug!(%error, "the cycle was not recorded");
    }
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
