//! Imitation of the Apple Music API and of the Music Analytics API: the catalogue of a label in three storefronts, playlists,
//! charts, and plays by song, storefront and day.
//!
//! What deliberately makes a client's life hard, because the provider does: objects that only some storefronts have and that are
//! called otherwise in another, lists by ids that leave out what is not there, music videos between songs, lists that end with a 404 or
//! are empty with one, links that are paths, playlists that change while they are read, a 401 without a body, a 429 without a word
//! about when, plays that are rounded and do not add up, listeners that are not told, and fields that nobody knows.

mod analytics;
mod controls;
mod errors;
mod keys;
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
pub use self::errors::MusicError;
pub use self::keys::{ANALYTICS_KEY, ANALYTICS_KEY_ID, DEMO_KEY, ISSUER_ID, KEY_ID, TEAM_ID};
pub use self::seeding::{
    BIG_SONG, EMPTY_PLAYLIST, GERMAN_PLAYLIST, LONG_PLAYLIST, ODD_PLAYLIST, SHARED_ISRC, STOREFRONTS,
};
pub use self::truth::{TruthAlbum, TruthArtist, TruthPlaylist, TruthPlays, TruthSong};

use self::keys::Keys;
use self::world::World;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::Limit;
use crate::stage::{Script, ShownTime};

/// Where the Music Analytics API is, below the imitation's root; the catalogue is below `/v1`.
pub const ANALYTICS_PATH: &str = "/analytics";

/// A limit. Its size is unpublished, this one is invented; it holds when it is set:
/// `sandbox.set_limit("apple_music", Some(apple_music::rate_limit()))`.
pub fn rate_limit() -> Limit {
    Limit::per_second(20)
}

/// The imitation and its world.
#[derive(Debug)]
pub struct AppleMusic {
    world: World,
    time: ShownTime,
    script: Script<MusicError>,
    keys: Keys,
    analytics_keys: Keys,
    reports_empty: bool,
    /// Stands at the end of every report.
    odd_line: Option<String>,
}

// === impl AppleMusic ===

impl AppleMusic {
    /// A label's catalogue, with plays of this many days before `now`; the same seed and day give the same numbers.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self {
            world: seeding::world(seed, days, now),
            time: ShownTime::new(now),
            script: Script::default(),
            keys: Keys::of_developer(),
            analytics_keys: Keys::of_analytics(),
            reports_empty: false,
            odd_line: None,
        }
    }

    fn follow_time(&mut self) {
        self.world.day = world::day_of(self.time.now());
    }
}

impl Imitation for AppleMusic {
    fn id(&self) -> &'static str {
        "apple_music"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        let scripted = self.script.error(&request.path);
        scripted.map_or_else(|| self.respond(request), Err).unwrap_or_else(|error| error.answer())
    }

    fn advance(&mut self, now: Timestamp) {
        self.time.set(now);
        self.follow_time();
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        MusicError::rate_limited().answer()
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        MusicError::server_error(status).answer()
    }

    fn expired(&self, _request: &Request) -> Option<Answer> {
        Some(MusicError::unauthorised().answer())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
