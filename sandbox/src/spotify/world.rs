//! What the imitation knows: artists, albums, tracks and playlists, and how their numbers move from day to day.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use jiff::Timestamp;

use super::controls::Change;
use super::seeding;
use crate::seed::Seed;

/// The market of the label: every other one gets the replacement of a track that has one.
pub const HOME_MARKET: &str = "US";

/// A kind of object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entity {
    Track,
    Album,
    Artist,
    Playlist,
}

/// A number of an object. Popularity is from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counter {
    /// `popularity` of a track.
    TrackPopularity,
    /// `popularity` of an artist.
    ArtistPopularity,
    /// `followers.total` of an artist.
    ArtistFollowers,
    /// `followers.total` of a playlist.
    PlaylistFollowers,
}

/// An artist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artist {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// An album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Album {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// `album_type`.
    pub kind: &'static str,
    /// The UPC.
    pub upc: String,
    /// The artist's id.
    pub artist_id: String,
    /// `2019`, `2019-05` or `2019-05-26`.
    pub release_date: String,
}

/// A track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ISRC, in small letters too; `None` where there is none.
    pub isrc: Option<String>,
    /// The artist's id.
    pub artist_id: String,
    /// The album's id.
    pub album_id: String,
    /// The place on the album, from 1.
    pub number: usize,
    /// The length.
    pub duration_ms: u64,
    /// The place of the track that is given for it outside the home market.
    pub(super) replacement: Option<usize>,
    /// False: may not be played outside the home market.
    pub(super) everywhere: bool,
}

/// A playlist.
#[derive(Debug)]
pub(super) struct Playlist {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) owner: &'static str,
    pub(super) public: Option<bool>,
    /// Whether the user, who does not own it, may edit it.
    pub(super) shared: bool,
    pub(super) entries: Vec<Entry>,
    /// Turned by one place every day.
    pub(super) daily: bool,
    /// Pages still to be read before each change.
    pub(super) stirs: Vec<(u32, Change)>,
}

/// A place on a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) content: Content,
    /// Seconds since 1970; 0 where nobody remembers, `None` on very old lists.
    pub(super) added: Option<i64>,
}

/// What stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Content {
    /// A track, by its place in the world; `null` once it is deleted.
    Track(usize),
    Episode,
    LocalFile,
    /// An entry whose track is `null`.
    NoTrack,
    /// `null` instead of an entry.
    Null,
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
    /// The ids of what was deleted.
    pub(super) gone: HashSet<String>,
    /// Counters that stay where a test has put them.
    pub(super) fixed: HashMap<(Counter, String), u64>,
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
            gone: HashSet::new(),
            fixed: HashMap::new(),
        };
        seeding::fill(&mut world);
        world
    }

    /// A counter today: around its own level, up one day and down another.
    pub(super) fn counter(&self, counter: Counter, id: &str) -> u64 {
        if let Some(fixed) = self.fixed.get(&(counter, id.to_owned())) {
            return *fixed;
        }
        let own = id.bytes().fold(self.seed.at(counter as u64), |chance, byte| chance.at(u64::from(byte)));
        let day = own.at(2).at(self.day.unsigned_abs());
        match counter {
            Counter::ArtistFollowers | Counter::PlaylistFollowers => {
                let level = own.at(1).between(200, 3_000_000);
                level + day.between(0, level / 50 + 3)
            }
            _ => own.at(1).between(0, 96) + day.between(0, 5),
        }
    }

    /// A playlist's entries in their order today.
    pub(super) fn entries(&self, playlist: &Playlist) -> Vec<Entry> {
        let shown = |entry: &Entry| match entry.content {
            Content::Track(track) if self.is_gone(&self.tracks[track].id) => {
                Entry { content: Content::NoTrack, ..*entry }
            }
            _ => *entry,
        };
        let mut entries: Vec<Entry> = playlist.entries.iter().map(shown).collect();
        if playlist.daily && !entries.is_empty() {
            let by = usize::try_from(self.day).unwrap_or(0) % entries.len();
            entries.rotate_left(by);
        }
        entries
    }

    /// Tells two states of a playlist's entries apart.
    pub(super) fn snapshot_id(&self, playlist: &Playlist) -> String {
        let mut hasher = DefaultHasher::new();
        self.entries(playlist).hash(&mut hasher);
        format!("AAAA{:016x}", hasher.finish())
    }

    /// The places of an album's tracks.
    pub(super) fn tracks_of(&self, album_id: &str) -> Vec<usize> {
        let own = |track: &Track| track.album_id == album_id && !self.is_gone(&track.id);
        (0..self.tracks.len()).filter(|place| own(&self.tracks[*place])).collect()
    }

    pub(super) fn is_gone(&self, id: &str) -> bool {
        self.gone.contains(id)
    }

    /// The place of the object with this id.
    pub(super) fn place(&self, entity: Entity, id: &str) -> Option<usize> {
        let place = match entity {
            Entity::Track => self.tracks.iter().position(|track| track.id == id),
            Entity::Album => self.albums.iter().position(|album| album.id == id),
            Entity::Artist => self.artists.iter().position(|artist| artist.id == id),
            Entity::Playlist => self.playlists.iter().position(|playlist| playlist.id == id),
        };
        place.filter(|_| !self.is_gone(id))
    }
}

/// The UTC day of a moment, counted from 1970.
pub(super) fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(86_400)
}
