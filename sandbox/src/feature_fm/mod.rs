//! Feature.fm: smart links of a label's account, as its API for partners shows them.
//!
//! Links are recorded and documented; which path and fields analytics have is not known, so that the path served here is an invented one, for
//! clients whose settings name it. What deliberately makes a client's life hard: there is no list of links; answers come bare, or
//! wrapped in `data`; a custom domain without a scheme; two shapes of errors; a path that does not exist answers 404 as a link
//! does that is gone; days without visits have no row, and numbers that are not said are left out; ids above 2^53.

mod controls;
mod errors;
mod routes;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::errors::FeatureFmError;
pub use self::truth::{TruthActivity, TruthLink};
pub use self::world::{BIG, CUSTOM, FUTURE, NIGHT_DRIVE, RAIN, SHORT};

use self::world::World;
use crate::exchange::{Answer, Imitation, Request};
use crate::stage::{Credential, Script, ShownTime};

/// The account's key. It opens nothing else.
pub const API_KEY: &str = "sandbox-feature-fm-key";

/// The imitation and its world.
#[derive(Debug)]
pub struct FeatureFm {
    world: World,
    time: ShownTime,
    key: Credential<()>,
    script: Script<FeatureFmError>,
    /// Answers are wrapped in `data`.
    is_wrapped: bool,
}

impl FeatureFm {
    /// A label's links, with so many days on which they were visited; the same seed and day give the same ones.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: World::new(seed, days, now),
            time: ShownTime::new(now),
            key: Credential::new(API_KEY),
            script: Script::default(),
            is_wrapped: false,
        }
    }

    /// Lets the world show what the time knows.
    pub(super) fn follow_time(&mut self) {
        self.world.now = self.time.now();
    }
}

impl Imitation for FeatureFm {
    fn id(&self) -> &'static str {
        "feature_fm"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
        self.follow_time();
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        // For how long was never seen.
        FeatureFmError::manage(429, "Too many requests").answer()
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        FeatureFmError::manage(status, "Internal error").answer()
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
