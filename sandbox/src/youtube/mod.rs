//! `YouTube`: Data API version 3 and Analytics API version 2. A label's channel with its videos, two channels of others, and playlists.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: counters are texts, and
//! left out where they are hidden or switched off; ids that nobody has are left out of lists without a word; playlists hold videos
//! that are deleted or private, and some of them twice; the newest days of a report are missing, and those of a report with money one
//! more; days on which nothing happened have no row; money needs a scope of its own; units of a day run out at midnight in California.

mod analytics;
mod controls;
mod errors;
mod routes;
mod seeding;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::controls::Change;
pub use self::errors::YouTubeError;
pub use self::truth::{TruthDay, TruthPlaylist, TruthReading};
pub use self::world::{Kind, Numbers};

use self::world::World;
use crate::consent::AUTHORIZE_PATH;
use crate::exchange::{Answer, Imitation, Request};
use crate::google::{TOKEN_PATH, TokenEndpoint};
use crate::stage::{Script, ShownTime};

/// The API key that is accepted.
pub const API_KEY: &str = "AIzaSandboxYouTubeKeyThatOpensNothing00";
/// The content owner that manages the label's channel.
pub const CONTENT_OWNER: &str = "SandboxLabel_Owner-01";

/// The channel of whoever has the refresh token.
pub const OWN: &str = "UCsandbox-label_00000001";
/// Another's channel.
pub const FOREIGN: &str = "UCsandbox-other_00000002";
/// One that hides its subscribers.
pub const SHY: &str = "UCsandbox-timid_00000003";

/// A playlist of three pages.
pub const LONG: &str = "PLsandbox-everything-we-made";
/// One with deleted and private videos, and videos that stand on it twice.
pub const MIXED: &str = "PLsandbox-twice_and_gone";
/// An unlisted one without entries.
pub const EMPTY: &str = "PLsandbox-empty";

/// Scopes that a token can have.
pub(crate) const SCOPES: &[&str] = &[
    "https://www.googleapis.com/auth/youtube.readonly",
    "https://www.googleapis.com/auth/yt-analytics.readonly",
];

/// The imitation and its world.
#[derive(Debug)]
pub struct YouTube {
    world: World,
    time: ShownTime,
    tokens: TokenEndpoint,
    key: String,
    script: Script<YouTubeError>,
    /// The token may see money.
    monetary: bool,
    /// Reports are refused to the token with this status where it may not see money.
    insufficient: u16,
    /// Ids for which a list as a whole is refused.
    poison: BTreeSet<String>,
    /// Units of a day, where they are counted.
    units_max: Option<u64>,
    units: (Date, u64),
    /// Requests that came although the day's units were used up.
    refused: u64,
}

impl YouTube {
    /// The channels with this many days of history before `now`.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            tokens: TokenEndpoint::new(SCOPES),
            key: API_KEY.to_owned(),
            script: Script::default(),
            monetary: true,
            insufficient: 403,
            poison: BTreeSet::new(),
            units_max: None,
            units: (Date::ZERO, 0),
            refused: 0,
        }
    }
}

impl Imitation for YouTube {
    fn id(&self) -> &'static str {
        "youtube"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.time.set(request.now);
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

    fn is_counted(&self, request: &Request) -> bool {
        request.path.starts_with("/youtube/")
    }

    fn limited(&self, request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        if request.path == TOKEN_PATH {
            TokenEndpoint::broken(429)
        } else {
            YouTubeError::too_fast().answer()
        }
    }

    fn failed(&self, request: &Request, status: u16) -> Answer {
        if request.path == TOKEN_PATH {
            return TokenEndpoint::broken(status);
        }
        YouTubeError::internal(status).answer()
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH).then(|| YouTubeError::unauthenticated().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
