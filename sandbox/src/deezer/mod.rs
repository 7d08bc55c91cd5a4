//! Imitation of Deezer's public API: the catalogue of a label, playlists and charts.
//!
//! No credentials. Errors come under status 200. What deliberately makes a client's life hard: ranks and fans that fall, lists whose
//! tracks carry no ISRC, playlists that change while they are read, a track twice on one playlist, tracks that are not
//! available, ids above 2^53, fields that are null and fields that nobody knows.

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
pub use self::errors::DeezerError;
pub use self::truth::{
    TruthAlbum, TruthArtist, TruthChartPlace, TruthPlacement, TruthPlaylist, TruthReading, TruthTrack,
};
pub use self::world::Entity;

use self::world::World;
use crate::exchange::{Answer, Imitation, Request};
use crate::limit::Limit;
use crate::stage::{Script, ShownTime};

/// The provider's own limit: 50 requests in 5 seconds from one address. It holds when it is set:
/// `sandbox.set_limit("deezer", Some(deezer::quota()))`.
pub fn quota() -> Limit {
    Limit::per(50, Duration::from_secs(5))
}

/// The imitation and its world.
#[derive(Debug)]
pub struct Deezer {
    world: World,
    time: ShownTime,
    script: Script<DeezerError>,
}

impl Deezer {
    /// A label's catalogue; the same seed and day give the same numbers.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self { world: World::new(seed, now), time: ShownTime::new(now), script: Script::default() }
    }

    /// Lets the world show what the time knows.
    pub(super) fn follow_time(&mut self) {
        self.world.day = world::day_of(self.time.now());
    }
}

impl Imitation for Deezer {
    fn id(&self) -> &'static str {
        "deezer"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        if let Some(error) = self.script.error(&request.path) {
            return error.answer();
        }
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
        // The provider does not say for how long.
        DeezerError::quota().answer()
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        Answer { status, ..DeezerError::busy().answer() }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
