//! Answers that are kept: results that a later request may get again, and queries that run on after their request.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::errors::PostHogError;

/// Queries of one project that may run at once.
pub(super) const CONCURRENT: usize = 3;

/// What is kept.
#[derive(Debug)]
pub(super) struct Answers {
    results: HashMap<String, Kept>,
    running: HashMap<String, Running>,
    started: u64,
    /// How long a result counts as fresh.
    pub(super) fresh_for: SignedDuration,
    /// How many polls find a query unfinished.
    pub(super) unfinished_polls: u32,
}

#[derive(Debug)]
struct Kept {
    body: Value,
    at: Timestamp,
}

/// An asynchronous query.
#[derive(Debug)]
struct Running {
    project: u32,
    polls_left: u32,
    started: Timestamp,
    outcome: Result<Value, PostHogError>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            results: HashMap::new(),
            running: HashMap::new(),
            started: 0,
            fresh_for: SignedDuration::from_mins(10),
            unfinished_polls: 2,
        }
    }
}

impl Answers {
    /// A fresh result that is kept under this key, marked as such.
    pub(super) fn cached(&self, key: &str, now: Timestamp) -> Option<Value> {
        let kept = self.results.get(key).filter(|kept| now.duration_since(kept.at) <= self.fresh_for)?;
        let mut body = kept.body.clone();
        body["is_cached"] = true.into();
        Some(body)
    }

    /// Keeps a result and tells in it that it is new.
    pub(super) fn keep(&mut self, key: &str, mut body: Value, now: Timestamp) -> Value {
        let later = |duration| now.checked_add(duration).unwrap_or(now).to_string();
        body["is_cached"] = false.into();
        body["last_refresh"] = now.to_string().into();
        body["cache_key"] = format!("cache_{:016x}", digest(key)).into();
        body["cache_target_age"] = later(self.fresh_for).into();
        body["next_allowed_client_refresh"] = later(SignedDuration::from_mins(1)).into();
        self.results.insert(key.to_owned(), Kept { body: body.clone(), at: now });
        body
    }

    /// Lets a query run on; its status. Refused while too many of the project's run.
    pub(super) fn start(
        &mut self,
        project: u32,
        outcome: Result<Value, PostHogError>,
        now: Timestamp,
    ) -> Result<Value, PostHogError> {
        let busy = |running: &&Running| running.project == project && running.polls_left > 0;
        if self.running.values().filter(busy).count() >= CONCURRENT {
            return Err(PostHogError::too_many_concurrent());
        }
        self.started += 1;
        let id = format!("{:032x}", digest(&format!("{project} {}", self.started)));
        let running = Running { project, polls_left: self.unfinished_polls + 1, started: now, outcome };
        let status = running.status(&id, now);
        self.running.insert(id, running);
        Ok(status)
    }

    /// What has become of a query: its status and the status code.
    pub(super) fn poll(
        &mut self,
        project: u32,
        id: &str,
        now: Timestamp,
    ) -> Result<(u16, Value), PostHogError> {
        let running = self.running.get_mut(id).filter(|running| running.project == project);
        let running = running.ok_or_else(|| PostHogError::no_query(id))?;
        running.polls_left = running.polls_left.saturating_sub(1);
        let code = match &running.outcome {
            _ if running.polls_left > 0 => 202,
            Ok(_) => 200,
            Err(_) => 400,
        };
        Ok((code, running.status(id, now)))
    }

    /// Ends a query.
    pub(super) fn cancel(&mut self, project: u32, id: &str) -> Result<(), PostHogError> {
        if self.running.get(id).is_none_or(|running| running.project != project) {
            return Err(PostHogError::no_query(id));
        }
        self.running.remove(id);
        Ok(())
    }
}

impl Running {
    fn status(&self, id: &str, now: Timestamp) -> Value {
        let complete = self.polls_left == 0;
        let error = self.outcome.as_ref().err().filter(|_| complete);
        json!({ "query_status": {
            "id": id,
            "team_id": self.project,
            "complete": complete,
            "error": error.is_some(),
            "error_message": error.map(PostHogError::detail),
            "query_async": true,
            "start_time": self.started.to_string(),
            "pickup_time": self.started.to_string(),
            "end_time": complete.then(|| now.to_string()),
            "expiration_time": null,
            "query_progress": null,
            "results": self.outcome.as_ref().ok().filter(|_| complete),
            "task_id": id,
            "labels": null,
        }})
    }
}

/// FNV-1a: tells keys apart, keeps no secrets.
fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
