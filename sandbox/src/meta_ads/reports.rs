//! Asynchronous insights: report runs, their progress and their failures.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::errors::MetaError;
use super::insights::Scope;
use super::query::InsightsQuery;

/// The run ids begin here.
const FIRST_RUN_ID: u64 = 6_023_920_149_050;

/// A report that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct ReportRun {
    pub(crate) account_id: u64,
    pub(crate) query: InsightsQuery,
    pub(crate) scope: Scope,
    pub(crate) created_at: Timestamp,
    polls: u32,
    failure: Option<MetaError>,
}

/// All report runs, and how the next ones go.
#[derive(Debug)]
pub(crate) struct Reports {
    runs: BTreeMap<u64, ReportRun>,
    next_id: u64,
    /// Polls that find a run unfinished.
    pub(crate) unfinished_polls: u32,
    /// The first poll finds no such run.
    pub(crate) creation_race: bool,
    /// Runs that fail before the next one succeeds, and how.
    pub(crate) failures: Vec<MetaError>,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            next_id: FIRST_RUN_ID,
            unfinished_polls: 2,
            creation_race: false,
            failures: Vec::new(),
        }
    }
}

impl Reports {
    /// Takes a report in; `failure` when it is bound to fail.
    pub(crate) fn create(
        &mut self,
        account_id: u64,
        query: InsightsQuery,
        scope: Scope,
        now: Timestamp,
        failure: Option<MetaError>,
    ) -> Value {
        let scripted = (!self.failures.is_empty()).then(|| self.failures.remove(0));
        let failure = scripted.or(failure);
        let id = self.next_id;
        self.next_id += 1;
        self.runs.insert(id, ReportRun { account_id, query, scope, created_at: now, polls: 0, failure });
        json!({ "report_run_id": id.to_string() })
    }

    pub(crate) fn get(&self, id: u64) -> Option<&ReportRun> {
        self.runs.get(&id)
    }

    /// The run's account, whatever its state.
    pub(crate) fn account_of(&self, id: u64) -> Option<u64> {
        self.runs.get(&id).map(|run| run.account_id)
    }

    /// One look at a run, which lets it get on.
    pub(crate) fn poll(&mut self, id: u64) -> Result<Value, MetaError> {
        let (unfinished, race) = (self.unfinished_polls, self.creation_race);
        let run = self.runs.get_mut(&id).ok_or_else(|| MetaError::missing(&id.to_string()))?;
        run.polls = run.polls.saturating_add(1);
        if race && run.polls == 1 {
            return Err(MetaError::missing(&id.to_string()));
        }
        Ok(run.state(id, unfinished))
    }

    /// The run, when its rows can be read.
    pub(crate) fn finished(&self, id: u64) -> Result<&ReportRun, MetaError> {
        let run = self.get(id).ok_or_else(|| MetaError::missing(&id.to_string()))?;
        if run.polls > self.unfinished_polls && run.failure.is_none() {
            return Ok(run);
        }
        let message = "(#2601) Error accessing report job.";
        Err(MetaError::new(400, 2601, message).subcode(1_815_107).transient())
    }
}

impl ReportRun {
    /// Not started, started, running … and, for one poll, completed at 99 percent.
    fn state(&self, id: u64, unfinished: u32) -> Value {
        let done = self.polls > unfinished;
        let (status, percent) = if done && self.failure.is_some() {
            ("Job Failed", 42)
        } else if done {
            ("Job Completed", 100)
        } else if self.polls == unfinished && unfinished > 2 && self.failure.is_none() {
            ("Job Completed", 99)
        } else if self.polls == 1 {
            ("Job Not Started", 0)
        } else {
            ("Job Running", 100 * (self.polls - 1) / (unfinished + 1))
        };
        let mut state = json!({
            "id": id.to_string(),
            "account_id": self.account_id.to_string(),
            "async_status": status,
            "async_percent_completion": percent,
            "time_ref": self.created_at.as_second(),
            "is_running": !done,
        });
        if let Some((since, until)) = self.query.range() {
            state["date_start"] = since.to_string().into();
            state["date_stop"] = until.to_string().into();
        }
        if let (true, Some(failure)) = (done, &self.failure) {
            state["error_code"] = failure.code.into();
            state["error_message"] = failure.message.clone().into();
            state["error_user_title"] = "The report could not be made".into();
            state["error_user_msg"] = failure.message.clone().into();
            if let Some(subcode) = failure.subcode {
                state["error_subcode"] = subcode.into();
            }
        }
        state
    }
}
