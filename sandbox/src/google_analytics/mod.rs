//! Google Analytics 4: Data API and Admin API, version 1 beta. Three properties of music labels, asked for reports by day and by
//! where sessions came from.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: every value is a text,
//! some with an exponent; rows and counts are absent when there are none; rows in no order unless one is asked for; users that do not
//! add up; averages and rates in place of sums; campaigns that are `(not set)` until the day is over; numbers that move for two days;
//! rows that are withheld, rolled up or sampled, and metrics that are blocked and answered with zeros; tokens that run out; property
//! ids above 2^53; access tokens that expire; web pages where a path is wrong.

mod controls;
mod errors;
mod fields;
mod report;
mod routes;
mod seeding;
#[cfg(test)]
mod tests;
mod tokens;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::controls::Notes;
pub use self::errors::AnalyticsError;
pub use self::tokens::Pool;
pub use self::truth::{TruthProperty, TruthWebDay};
pub use self::world::{Goal, Numbers};

use self::world::World;
use crate::consent::AUTHORIZE_PATH;
use crate::exchange::{Answer, Imitation, Request};
use crate::google::{TOKEN_PATH, TokenEndpoint};
use crate::stage::{Script, ShownTime};

/// The scope that a token needs.
pub const SCOPE: &str = "https://www.googleapis.com/auth/analytics.readonly";

/// The label's site: euros, Berlin.
pub const SITE: &str = "9007199254740993";
/// Its shop: US dollars, Los Angeles.
pub const SHOP: &str = "345678901";
/// A property that is not for us (403).
pub const FORBIDDEN: &str = "456789012";

/// The key events of every property.
pub const GOALS: [&str; 5] = ["sign_up", "pre_save", "purchase", "generate_lead", "add_to_wishlist"];

/// Rows of an answer at most, whatever is asked for.
const ROWS_MAX: usize = 250_000;

/// The imitation and its world.
#[derive(Debug)]
pub struct GoogleAnalytics {
    world: World,
    time: ShownTime,
    tokens: TokenEndpoint,
    script: Script<AnalyticsError>,
    /// Rows of an answer at most.
    rows_max: usize,
    answered: u64,
    /// Requests that came although their property's tokens were used up.
    refused: u64,
}

impl GoogleAnalytics {
    /// The properties with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            tokens: TokenEndpoint::new(&[SCOPE]),
            script: Script::default(),
            rows_max: ROWS_MAX,
            answered: 0,
            refused: 0,
        }
    }
}

impl Imitation for GoogleAnalytics {
    fn id(&self) -> &'static str {
        "google_analytics"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
        self.answered += 1;
        if request.path == TOKEN_PATH {
            return self.tokens.answer(request);
        }
        if request.path == AUTHORIZE_PATH {
            return self.tokens.open(request);
        }
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    /// Limits are those of a property in the Data API.
    fn is_counted(&self, request: &Request) -> bool {
        request.path.contains(':')
    }

    fn limited(&self, request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        if request.path == TOKEN_PATH {
            return TokenEndpoint::broken(429);
        }
        AnalyticsError::exhausted(Pool::of_wait(wait)).answer()
    }

    /// The provider says which quota is used up, not for how long; its documentation says that.
    fn announced_wait(&self, wait: Duration) -> Duration {
        Pool::of_wait(wait).wait()
    }

    fn failed(&self, request: &Request, status: u16) -> Answer {
        if request.path == TOKEN_PATH {
            return TokenEndpoint::broken(status);
        }
        AnalyticsError::internal(status).answer()
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH).then(|| AnalyticsError::unauthenticated().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
