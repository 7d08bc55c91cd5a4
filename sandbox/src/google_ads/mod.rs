//! Google Ads API, version 25: a tree of managers and customers, their campaigns, ad groups and ads, and daily numbers by GAQL.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: customers that are
//! reached through one manager only, through two, or through none; cancelled ones and one that is not for us in the lists; metrics that
//! a manager does not have; a campaign whose spend no ad group tells; one ad in two groups; zero is left out, and a row whose selected
//! metrics are all zero; int64 as text, fractions that are sometimes whole; ids above 2^53; cost that falls, conversions that come for
//! 30 days, rows that vanish; access tokens that expire.

mod controls;
mod errors;
mod fields;
mod gaql;
mod numbers;
mod routes;
mod search;
mod seeding;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::errors::AdsError;
pub use self::numbers::Metrics;
pub use self::truth::{Conversions, Level, TruthAd, TruthCampaign, TruthCustomer, TruthDay};
pub use self::world::{Budget, Status};

use self::world::World;
use crate::consent::AUTHORIZE_PATH;
use crate::exchange::{Answer, Imitation, Request};
use crate::google::{TOKEN_PATH, TokenEndpoint};
use crate::limit::{Limit, Meter, Verdict};
use crate::stage::{Script, ShownTime};

/// The scope that a token needs.
pub const SCOPE: &str = "https://www.googleapis.com/auth/adwords";

/// The developer token that is accepted by those who still send one.
pub const DEVELOPER_TOKEN: &str = "sandbox-developer-token";

/// The manager above all.
pub const ROOT: &str = "1112223333";
/// A manager below the root, also seen without it.
pub const SUB_MANAGER: &str = "2223334444";
/// A customer below the root: US dollars, Los Angeles.
pub const UNDER_ROOT: &str = "3334445555";
/// A customer below the manager below the root: euros, Berlin.
pub const UNDER_SUB_MANAGER: &str = "4445556666";
/// A cancelled customer below the root.
pub const CANCELLED: &str = "5556667777";
/// A customer without a manager: yen, Tokyo.
pub const DIRECT: &str = "6667778888";
/// A customer that its manager's list calls enabled, and that is not for us (403).
pub const FORBIDDEN: &str = "7778889999";
/// A cancelled customer without a manager, the first of the list.
pub const CLOSED_DOOR: &str = "8889990000";

/// What `listAccessibleCustomers` names: those that the credentials see without a manager.
const ACCESSIBLE: [&str; 4] = [CLOSED_DOOR, ROOT, SUB_MANAGER, DIRECT];

/// Rows of a page.
const PAGE_ROWS: usize = 10_000;

/// The provider's limit for a project with explorer access: 2,880 operations in any 24 hours. It holds when it is set:
/// `sandbox.set_limit("google_ads", Some(google_ads::quota()))`. Further pages of an answer and token requests are free.
pub fn quota() -> Limit {
    Limit::per(2_880, Duration::from_hours(24))
}

/// The imitation and its world.
#[derive(Debug)]
pub struct GoogleAds {
    world: World,
    time: ShownTime,
    tokens: TokenEndpoint,
    script: Script<AdsError>,
    page_rows: usize,
    /// Page tokens of an earlier generation have expired.
    page_generation: u64,
    answered: u64,
    /// The project's operations, where they are limited.
    operations: Option<Meter>,
}

impl GoogleAds {
    /// A label's tree with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            tokens: TokenEndpoint::new(&[SCOPE]),
            script: Script::default(),
            page_rows: PAGE_ROWS,
            page_generation: 0,
            answered: 0,
            operations: None,
        }
    }

    /// Counts an operation; gives how long to wait when there is none left.
    fn exhausted(&mut self, request: &Request) -> Option<Duration> {
        let operations = self.operations.as_mut().filter(|_| routes::is_operation(request))?;
        match operations.judge(Duration::try_from(request.now.as_duration()).unwrap_or_default()) {
            Verdict::Admitted(_) => None,
            Verdict::Refused { wait, .. } => Some(wait),
        }
    }

    /// `request-id` of the answer that is being made.
    fn request_id(&self) -> String {
        format!("sandbox-{:014}", self.answered)
    }
}

impl Imitation for GoogleAds {
    fn id(&self) -> &'static str {
        "google_ads"
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
        if let Some(wait) = self.exhausted(request) {
            return AdsError::quota("RESOURCE_EXHAUSTED", "DEVELOPER", Some(wait)).answer(&self.request_id());
        }
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body).with_header("request-id", self.request_id()),
            Err(error) => error.answer(&self.request_id()),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
    }

    fn is_counted(&self, request: &Request) -> bool {
        routes::is_operation(request)
    }

    fn limited(&self, request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        if request.path == TOKEN_PATH {
            return TokenEndpoint::broken(429);
        }
        let (code, scope) = if wait > Duration::from_hours(1) {
            ("RESOURCE_EXHAUSTED", "DEVELOPER")
        } else {
            ("RESOURCE_TEMPORARILY_EXHAUSTED", "ACCOUNT")
        };
        AdsError::quota(code, scope, Some(wait)).answer(&self.request_id())
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(errors::seconds(wait))
    }

    fn failed(&self, request: &Request, status: u16) -> Answer {
        if request.path == TOKEN_PATH {
            return TokenEndpoint::broken(status);
        }
        AdsError::internal(status).answer(&self.request_id())
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH)
            .then(|| AdsError::token("OAUTH_TOKEN_EXPIRED").answer(&self.request_id()))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
