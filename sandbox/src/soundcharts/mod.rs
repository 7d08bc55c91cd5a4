//! Imitation of Soundcharts' API and of its token endpoint: songs of a label, their artists and the playlists that they are on, as
//! collected day by day.
//!
//! A pure function of seed and time. What deliberately makes a client's life hard, because the provider does: days that are left
//! out, or that come without a value; two versions of a song that share one counter; dates at midnight of a zone that turns with
//! summer; entries of playlists that are long past; ISRCs as objects and as texts, one of them blacklisted; counters above 2^53;
//! three lists of an artist that know different days; a month's quota that is used up.

mod controls;
mod errors;
mod render;
mod routes;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::errors::SoundchartsError;
pub use self::truth::{TruthEntry, TruthPlaylist, TruthReading};
pub use self::world::{ARTISTS, BLACKLISTED_ISRC, Metric, SONGS, Song};

use self::world::World;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::{Limit, whole_seconds};
use crate::oauth::{OAuthError, TokenServer};
use crate::stage::{Credential, Script, ShownTime};

/// The id of an API client, for access tokens.
pub const CLIENT_ID: &str = "sandbox-soundcharts-client";
/// Its secret.
pub const CLIENT_SECRET: &str = "sandbox-soundcharts-secret";
/// The app id of an older account.
pub const APP_ID: &str = "SANDBOX-API_1F2E3D4C";
/// Its API key at first.
pub const API_KEY: &str = "sandbox-soundcharts-key";

/// Where tokens come from, below the imitation's root; the API is below `/api`.
const TOKEN_PATH: &str = "/oauth/token";
/// What may be asked without being counted.
const USAGE_PATH: &str = "/api/v2/team/usage";
/// Elements of a page at most.
const PAGE_LENGTH: usize = 100;

/// The limit that Soundcharts recommends: `sandbox.set_limit("soundcharts", Some(soundcharts::rate_limit()))`.
pub fn rate_limit() -> Limit {
    Limit::per(10_000, Duration::from_mins(1))
}

/// The imitation and its world.
#[derive(Debug)]
pub struct Soundcharts {
    world: World,
    time: ShownTime,
    key: Credential<()>,
    tokens: TokenServer,
    script: Script<SoundchartsError>,
    /// Requests that are left of the month; `None` for no bound.
    quota: Option<u64>,
    page_length: usize,
}

impl Soundcharts {
    /// A label with this many days of history before `now`; the same seed and day give the same numbers.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: World::new(seed, days, now),
            time: ShownTime::new(now),
            key: Credential::new(API_KEY),
            tokens: TokenServer::new((CLIENT_ID, CLIENT_SECRET), "no user lets anybody in", "", seed),
            script: Script::default(),
            quota: None,
            page_length: PAGE_LENGTH,
        }
    }

    fn follow_time(&mut self) {
        self.world.today = world::day_of(self.time.now());
    }
}

impl Imitation for Soundcharts {
    fn id(&self) -> &'static str {
        "soundcharts"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        if request.path == TOKEN_PATH {
            let is_client = String::from_utf8_lossy(&request.body).contains("grant_type=client_credentials");
            return if is_client {
                self.tokens.answer(request)
            } else {
                OAuthError::invalid_grant().answer()
            };
        }
        let answer = match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        };
        match self.quota {
            Some(left) => answer.with_header("x-quota-remaining", left.to_string()),
            None => answer,
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
        self.follow_time();
    }

    fn is_counted(&self, request: &Request) -> bool {
        ![TOKEN_PATH, USAGE_PATH].contains(&&*request.path)
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        SoundchartsError::rate_limited(whole_seconds(wait)).answer()
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(whole_seconds(wait))
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        SoundchartsError::server_error(status).answer()
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH).then(|| SoundchartsError::unauthorized().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
