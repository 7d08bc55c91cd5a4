//! One query's way there and back. PostHog answers at once, or (status 202) works on the query by itself and has the
//! answer later.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    endpoint,
    query::Query,
    settings::Project,
    wire::{Answer, QueryStatus, Table},
};
use crate::{
    failure::Failure,
    reading::remote_job::{Job, Policy},
    session::{Call, Session},
};

/// How long queries are waited for that PostHog works on. Later than this their answers would be old readings, and PostHog
/// forgets them besides; it ends them itself.
pub const POLICY: Policy = Policy {
    pause_min: SignedDuration::from_secs(5),
    pause_max: SignedDuration::from_mins(1),
    unknown_max: SignedDuration::ZERO,
    begin_max: USEFUL_MAX,
    finish_max: USEFUL_MAX,
    useful_max: USEFUL_MAX,
};
const USEFUL_MAX: SignedDuration = SignedDuration::from_mins(20);
/// A look at a query is a matter of moments.
const STATUS_TIMEOUT: Duration = Duration::from_secs(30);

/// The way to a project.
pub struct Asking<'a> {
    /// The way to PostHog.
    pub session: &'a Session,
    /// Whose queries.
    pub project: &'a Project,
    /// When this reading began: an answer that was calculated before does not count.
    pub asked_after: Option<Timestamp>,
}

/// What comes of a query.
#[derive(Debug)]
pub enum Outcome {
    /// Its answer.
    Answered(Table),
    /// It is worked on.
    Working(Job),
}

// === impl Asking ===

impl Asking<'_> {
    /// Asks, or looks at what was asked before.
    pub async fn answer(&self, query: &Query, before: Option<&Job>) -> Result<Outcome, Failure> {
        if let Some(before) = before.filter(|before| POLICY.is_useful(before, self.session.agreed_now())) {
            match self.look(before).await {
                // PostHog has forgotten it.
                Err(Failure::Gone { .. }) => {}
                // The query's own end, and not that of the reading: it is asked again when it is of no use any more.
                Err(Failure::Permanent { reason }) => return Err(Failure::Transient { reason }),
                outcome => return outcome,
            }
        }
        self.ask(query).await
    }

    async fn ask(&self, query: &Query) -> Result<Outcome, Failure> {
        let asked_at = self.session.agreed_now();
        let answer: Answer = self.session.json(query.call(self.project)).await?;
        match answer.query_status {
            Some(status) if answer.results.is_none() => {
                let id = status.id.clone().filter(|_| !status.complete);
                match id.and_then(|id| Job::new(id, asked_at)) {
                    Some(job) => Ok(Outcome::Working(job)),
                    None => ended(status, asked_at),
                }
            }
            _ => taken(answer, self.asked_after),
        }
    }

    async fn look(&self, before: &Job) -> Result<Outcome, Failure> {
        let path = ["api", "projects", &self.project.id, "query", &before.id, ""];
        let call = Call::get_at(&path, endpoint::STATUS).account(&self.project.id);
        let answer: Answer = self.session.json(Call { timeout: Some(STATUS_TIMEOUT), ..call }).await?;
        match answer.query_status {
            Some(status) if status.complete || status.error => ended(status, before.asked_at),
            Some(_) => Ok(Outcome::Working(before.clone())),
            None => Err(undocumented("the status of a query says nothing about it")),
        }
    }
}

/// A query that has come to its end.
fn ended(status: QueryStatus, asked_at: Timestamp) -> Result<Outcome, Failure> {
    match status.results {
        Some(answer) if !status.error => taken(*answer, Some(asked_at)),
        _ if status.error => {
            Err(Failure::Transient { reason: "PostHog could not finish a query".to_owned() })
        }
        _ => Err(undocumented("a query came to its end without an answer")),
    }
}

/// An answer, unless it is an old one.
fn taken(answer: Answer, asked_after: Option<Timestamp>) -> Result<Outcome, Failure> {
    if let (Some(true), Some(asked_after)) = (answer.is_cached, asked_after)
        && answer.last_refresh.is_none_or(|at| at < asked_after)
    {
        let age = answer.last_refresh.map_or_else(
            || "of unknown age".to_owned(),
            |at| format!("calculated {} s before", asked_after.duration_since(at).as_secs()),
        );
        return Err(Failure::Transient {
            reason: format!(
                "PostHog answered from its cache, {age}, though a new calculation was asked for: not taken for a \
                 new reading"
            ),
        });
    }
    answer.table().map(Outcome::Answered).ok_or_else(|| undocumented("an answer without columns or rows"))
}

/// As passing as any other nonsense.
pub fn undocumented(what: &str) -> Failure {
    Failure::Transient { reason: format!("PostHog's answer does not have the documented shape: {what}") }
}
