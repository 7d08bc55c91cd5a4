//! Imitation of Spotify's Web API and of its token endpoint: the catalogue of a label and playlists, for an app in development
//! mode or with extended quota.
//!
//! What deliberately makes a client's life hard, because the provider does: fields and paths that an app in development mode
//! lacks, two shapes of playlists, entries that are null or no tracks, tracks that are given for others, one recording under
//! many ids, release dates of a year, playlists that change while they are read, tokens that expire and rotate, a quota that is
//! used up for hours, and fields that nobody knows.

mod controls;
mod errors;
mod render;
mod routes;
mod seeding;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::time::Duration;

use jiff::Timestamp;

pub use self::controls::Change;
pub use self::errors::SpotifyError;
pub use self::seeding::{
    EDITORIAL_PLAYLIST, EMPTY_PLAYLIST, FOREIGN_PLAYLIST, LONG_PLAYLIST, ODD_PLAYLIST, PRIVATE_PLAYLIST,
    SHARED_ISRC, SHARED_ISRC_TRACKS, SHARED_PLAYLIST, SHARED_UPC,
};
pub use self::truth::{TruthPlacement, TruthPlaylist, TruthReading};
pub use self::world::{Album, Artist, Counter, HOME_MARKET, Track};

use self::render::View;
use self::world::World;
use crate::consent::AUTHORIZE_PATH;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::{Limit, Meter, Verdict, whole_seconds};
use crate::oauth::TokenServer;
use crate::stage::{Script, ShownTime};

/// The app's id.
pub const CLIENT_ID: &str = "sandbox-spotify-client";
/// The app's secret at first.
pub const CLIENT_SECRET: &str = "sandbox-spotify-secret";
/// The user's refresh token at first.
pub const REFRESH_TOKEN: &str = "sandbox-spotify-refresh";
/// The user who has let the app in, and who owns playlists.
pub const USER: &str = "northbound.records";
/// The user's country: the market of every request with the user's token.
pub const USER_COUNTRY: &str = "DE";

/// Where tokens come from, below the imitation's root; the API is below `/v1`.
const TOKEN_PATH: &str = "/api/token";

/// A limit as the provider counts, in rolling windows of 30 seconds; their size is unpublished, this one is invented. It holds
/// when it is set: `sandbox.set_limit("spotify", Some(spotify::rate_limit()))`.
pub fn rate_limit() -> Limit {
    Limit::per(90, Duration::from_secs(30))
}

/// What the app may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything, in the shape of before February 2026.
    Extended,
    /// Few fields, no lists by ids, the entries of the user's own and shared playlists only, in the new shape.
    Development,
    /// As in development, but the old paths still answer, and in the old shape: entries of all playlists, lists by ids.
    Postponed,
}

/// Who reads, and for which market: what a client finds depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader<'m> {
    /// The app itself (client credentials), with the `market` of its requests.
    App(Option<&'m str>),
    /// The user (refresh token), always in [`USER_COUNTRY`].
    User,
}

/// The imitation and its world.
#[derive(Debug)]
pub struct Spotify {
    world: World,
    mode: Mode,
    time: ShownTime,
    script: Script<SpotifyError>,
    tokens: TokenServer,
    quota: Option<Meter>,
}

// === impl Reader ===

impl<'m> Reader<'m> {
    fn market(self) -> Option<&'m str> {
        match self {
            Self::App(market) => market,
            Self::User => Some(USER_COUNTRY),
        }
    }
}

// === impl Spotify ===

impl Spotify {
    /// A label's catalogue and an app in development mode; the same seed and day give the same numbers.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let client = (CLIENT_ID, CLIENT_SECRET);
        let scope = "playlist-read-collaborative playlist-read-private";
        Self {
            world: World::new(seed, now),
            mode: Mode::Development,
            time: ShownTime::new(now),
            script: Script::default(),
            tokens: TokenServer::new(client, REFRESH_TOKEN, scope, seed),
            quota: None,
        }
    }

    fn follow_time(&mut self) {
        self.world.day = world::day_of(self.time.now());
    }

    fn view<'v>(&'v self, reader: Reader<'v>, root: &'v str) -> View<'v> {
        View { world: &self.world, mode: self.mode, reader, root }
    }

    /// Counts a request to the API against the quota.
    fn spend_quota(&mut self, now: Timestamp) -> Result<(), SpotifyError> {
        let time = Duration::try_from(now.as_duration()).unwrap_or_default();
        match self.quota.as_mut().map(|meter| meter.judge(time)) {
            Some(Verdict::Refused { wait, .. }) => {
                Err(SpotifyError::quota_exceeded(Some(whole_seconds(wait))))
            }
            _ => Ok(()),
        }
    }
}

impl Imitation for Spotify {
    fn id(&self) -> &'static str {
        "spotify"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        if request.path == TOKEN_PATH {
            return self.tokens.answer(request);
        }
        if request.path == AUTHORIZE_PATH {
            return self.tokens.open(request);
        }
        match self.script.error(&request.path).map_or_else(|| self.respond(request), Err) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
        self.follow_time();
    }

    fn is_counted(&self, request: &Request) -> bool {
        request.path != TOKEN_PATH
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, wait: Duration) -> Answer {
        SpotifyError::rate_limited(Some(whole_seconds(wait))).answer()
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(whole_seconds(wait))
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        SpotifyError::server_error(status).answer()
    }

    fn expired(&self, request: &Request) -> Option<Answer> {
        (request.path != TOKEN_PATH).then(|| SpotifyError::token_expired().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
