//! Imitation of PostHog's Query API: two projects of music labels, asked in HogQL.
//!
//! Queries are carried out over the events and sessions of the world, so that any sensible text is answered truthfully; what
//! is not understood is refused with 400. What deliberately makes a client's life hard, because the provider does: 100 rows
//! without a LIMIT, 50,000 at most with one, results by position, results that are kept and given again, sessions that begin on one
//! day and convert on the next, sessions that arrive days late, persons who are merged, events of servers without a session, hostile
//! campaign names, and personal data in fields that nobody needs.

mod answers;
mod controls;
mod errors;
mod hogql;
mod routes;
mod seeding;
mod tables;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

pub use self::controls::NewSession;
pub use self::errors::PostHogError;
pub use self::seeding::{EU_PROJECT, PRE_SAVE, PURCHASE, SIGN_UP, US_PROJECT};
pub use self::truth::{SessionFilter, TruthConversions, TruthProject, TruthServerSide, TruthWebDay};

use self::answers::Answers;
use self::world::Project;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::whole_seconds;
use crate::seed::Seed;
use crate::stage::{Credential, Script, ShownTime};

/// The key of the project in the United States at first.
pub const US_KEY: &str = "phx_sandbox_us";
/// The key of the project in the European Union at first.
pub const EU_KEY: &str = "phx_sandbox_eu";

/// Days of sessions before now, at least.
const HISTORY_DAYS: u32 = 120;

/// Queries kept for [`PostHog::queries`].
const ASKED_KEPT: usize = 1_000;

/// A query that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Where.
    pub project_id: u32,
    /// Its text.
    pub query: String,
    /// What filled its placeholders: an object.
    pub values: serde_json::Value,
}

/// The scopes that calls ask for. A key has both at first.
const SCOPES: [&str; 2] = ["query:read", "project:read"];

/// A key, which opens one project.
#[derive(Debug)]
struct Key {
    project: u32,
    credential: Credential<&'static str>,
}

/// The imitation and its world.
#[derive(Debug)]
pub struct PostHog {
    seed: Seed,
    began: Timestamp,
    time: ShownTime,
    projects: Vec<Project>,
    keys: Vec<Key>,
    answers: Answers,
    asked: Vec<Asked>,
    personal: BTreeSet<String>,
    script: Script<PostHogError>,
    has_more_hidden: bool,
    decimals_as_text: bool,
    made: u64,
}

impl PostHog {
    /// Two projects with this many days of history before `now`, at least 120. They are made up when they are first looked at.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        let key = |text: &str, project| Key { project, credential: Credential::new(text) };
        Self {
            seed: Seed::new(seed),
            began: now,
            time: ShownTime::new(now),
            projects: seeding::projects(days.max(HISTORY_DAYS), now),
            keys: vec![key(US_KEY, US_PROJECT), key(EU_KEY, EU_PROJECT)],
            answers: Answers::default(),
            asked: Vec::new(),
            personal: BTreeSet::new(),
            script: Script::default(),
            has_more_hidden: false,
            decimals_as_text: false,
            made: 0,
        }
    }

    /// The time whose knowledge the world shows.
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// Makes up the days that have come.
    fn grow(&mut self) {
        let now = self.now();
        for project in &mut self.projects {
            seeding::grow(project, self.seed, self.began, now);
        }
    }
}

impl Imitation for PostHog {
    fn id(&self) -> &'static str {
        "posthog"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
        self.grow();
        if let Some(error) = self.script.error(&request.path) {
            return error.answer();
        }
        self.respond(request).unwrap_or_else(|error| error.answer())
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        PostHogError::throttled(whole_seconds(wait)).answer()
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(whole_seconds(wait))
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        match status {
            504 | 524 => PostHogError::gateway_timeout().under(status).answer(),
            _ => PostHogError::server_error().under(status).answer(),
        }
    }

    fn expired(&self, _request: &Request) -> Option<Answer> {
        Some(PostHogError::wrong_key().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
