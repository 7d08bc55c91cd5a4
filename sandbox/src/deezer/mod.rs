//! Imitation of Deezer's public API: the catalogue of a label, playlists and charts.
//!
//! No credentials. Errors come under status 200. What deliberately makes a client's life hard: ranks and fans that fall, lists whose
//! tracks carry no ISRC, playlists that change while they are read, a track twice on one playlist, tracks that are not
//! available, ids above 2^53, fields that are null and fields that nobody knows.

mod controls;
mod errors;
mod genesis;
mod render;
mod routes;
#[cfg(test)]
mod tests;
mod truth;
mod world;

use std::any::Any;
use std::collections::VecDeque;
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

/// The provider's own limit: 50 requests in 5 seconds from one address. It holds when it is set:
/// `sandbox.set_limit("deezer", Some(deezer::quota()))`.
pub fn quota() -> Limit {
    Limit::per(50, Duration::from_secs(5))
}

/// The imitation and its world.
#[derive(Debug)]
pub struct Deezer {
    world: World,
    now: Timestamp,
    frozen: Option<Timestamp>,
    scripted: Vec<(String, VecDeque<DeezerError>)>,
    refused: Vec<(String, DeezerError)>,
}

impl Deezer {
    /// A label's catalogue; the same seed and day give the same numbers.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self { world: World::new(seed, now), now, frozen: None, scripted: Vec::new(), refused: Vec::new() }
    }

    /// The time whose knowledge the world shows.
    fn now(&self) -> Timestamp {
        self.frozen.unwrap_or(self.now)
    }

    /// The error that a test has asked for, for this path.
    fn next_scripted(&mut self, path: &str) -> Option<DeezerError> {
        let chosen = |(fragment, errors): &&mut (String, VecDeque<DeezerError>)| {
            path.contains(fragment.as_str()) && !errors.is_empty()
        };
        let scripted = self.scripted.iter_mut().find(chosen).and_then(|(_, errors)| errors.pop_front());
        scripted.or_else(|| {
            let refused = self.refused.iter().find(|(fragment, _)| path.contains(fragment.as_str()))?;
            Some(refused.1.clone())
        })
    }
}

impl Imitation for Deezer {
    fn id(&self) -> &'static str {
        "deezer"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.now = request.now;
        self.world.day = world::day_of(self.now());
        if let Some(error) = self.next_scripted(&request.path) {
            return error.answer();
        }
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(error) => error.answer(),
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.now = now;
        self.world.day = world::day_of(self.now());
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
