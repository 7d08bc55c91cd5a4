//! What the imitation knows: artists, albums, tracks and playlists, and how their numbers move from day to day.

use std::collections::HashMap;

use jiff::Timestamp;

use super::controls::Change;
use super::seeding;
use crate::seed::Seed;

/// Ranks lie between zero and this.
const RANK_LIMIT: u64 = 1_000_000;

/// A kind of object, with the counter that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// Its counter is `rank`, 0 to 1,000,000.
    Track,
    /// Its counter is `fans`.
    Album,
    /// Its counter is `fans` (`nb_fan` in answers).
    Artist,
    /// Its counter is `fans`.
    Playlist,
}

/// An artist.
#[derive(Debug)]
pub(super) struct Artist {
    pub(super) id: u64,
    pub(super) name: String,
}

/// An album.
#[derive(Debug)]
pub(super) struct Album {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) upc: String,
    pub(super) artist: usize,
    pub(super) release_date: String,
}

/// A track.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: u64,
    pub(super) title: String,
    /// Empty where there is none.
    pub(super) isrc: String,
    pub(super) artist: usize,
    pub(super) album: usize,
    pub(super) seconds: u64,
    /// False: on lists, but not to be had by itself.
    pub(super) available: bool,
    /// True: nowhere any more.
    pub(super) deleted: bool,
}

/// A playlist.
#[derive(Debug)]
pub(super) struct Playlist {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    /// Id and name; of a person, some.
    pub(super) creator: (u64, String),
    pub(super) items: Vec<Item>,
    /// Turned by one place every day.
    pub(super) daily: bool,
    /// Pages still to be read before each change.
    pub(super) stirs: Vec<(u32, Change)>,
    pub(super) deleted: bool,
}

/// A track's place on a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// The track's place in the world.
    pub(super) track: usize,
    /// Seconds since 1970.
    pub(super) added: i64,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    /// The UTC day, counted from 1970.
    pub(super) day: i64,
    pub(super) artists: Vec<Artist>,
    pub(super) albums: Vec<Album>,
    pub(super) tracks: Vec<Track>,
    pub(super) playlists: Vec<Playlist>,
    /// Counters that stay where a test has put them.
    pub(super) fixed: HashMap<(Entity, u64), u64>,
}

impl World {
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        let mut world = Self {
            seed: Seed::new(seed),
            day: day_of(now),
            artists: Vec::new(),
            albums: Vec::new(),
            tracks: Vec::new(),
            playlists: Vec::new(),
            fixed: HashMap::new(),
        };
        seeding::fill(&mut world);
        world
    }

    /// A counter today: around its own level, up one day and down another.
    pub(super) fn counter(&self, entity: Entity, id: u64) -> u64 {
        if let Some(fixed) = self.fixed.get(&(entity, id)) {
            return *fixed;
        }
        let chance = self.seed.at(entity as u64).at(id);
        let level = match entity {
            Entity::Track => chance.at(1).between(1_000, RANK_LIMIT * 9 / 10),
            Entity::Album | Entity::Playlist => chance.at(1).between(10, 90_000),
            Entity::Artist => chance.at(1).between(500, 4_000_000),
        };
        let week = u64::try_from(self.day).unwrap_or(0) / 7;
        let steps = u64::try_from(self.day).unwrap_or(0) % 7;
        let drift = chance.at(2).at(week).between(0, level / 20 + 2);
        level + drift * steps / 7 + chance.at(3).at(week * 7 + steps).between(0, level / 50 + 3)
    }

    /// Tracks that are on lists, by falling rank.
    pub(super) fn ranked(&self, chosen: impl Fn(&Track) -> bool) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.tracks.len())
            .filter(|place| !self.tracks[*place].deleted && chosen(&self.tracks[*place]))
            .collect();
        places.sort_by_cached_key(|place| {
            let id = self.tracks[*place].id;
            (std::cmp::Reverse(self.counter(Entity::Track, id)), id)
        });
        places
    }

    /// A playlist's items in their order today.
    pub(super) fn items(&self, playlist: &Playlist) -> Vec<Item> {
        let mut items: Vec<Item> =
            playlist.items.iter().copied().filter(|item| !self.tracks[item.track].deleted).collect();
        if playlist.daily && !items.is_empty() {
            let by = usize::try_from(self.day).unwrap_or(0) % items.len();
            items.rotate_left(by);
        }
        items
    }

    /// Tells two states of a playlist's items apart.
    pub(super) fn checksum(&self, playlist: &Playlist) -> String {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        for item in self.items(playlist) {
            for part in [self.tracks[item.track].id, item.added.unsigned_abs()] {
                sum = (sum ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
            }
        }
        format!("{sum:016x}{:016x}", sum.rotate_left(31) ^ playlist.id)
    }

    pub(super) fn track(&self, id: u64) -> Option<usize> {
        self.tracks.iter().position(|track| track.id == id && !track.deleted)
    }

    pub(super) fn playlist(&self, id: u64) -> Option<usize> {
        self.playlists.iter().position(|playlist| playlist.id == id && !playlist.deleted)
    }
}

/// The UTC day of a moment, counted from 1970.
pub(super) fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(86_400)
}
