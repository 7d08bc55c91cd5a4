//! What the imitation knows: a label's catalogue in several storefronts, playlists, charts, and how often songs are played.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::seeding::STOREFRONTS;
use crate::seed::Seed;

/// Songs of a chart.
const CHART_LENGTH: usize = 50;
/// One song in so many is played.
const PLAYED_EVERY: usize = 5;
/// Plays are told in steps of this.
const STEP: u64 = 50;

/// What is in the catalogue: an artist, an album or a song.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    /// The storefronts that have it.
    pub(super) storefronts: &'static [&'static str],
    /// ISRC or UPC.
    pub(super) code: Option<String>,
    /// The places of its artist and its album.
    pub(super) artist: usize,
    pub(super) album: usize,
    /// `2019-05-26`, `2019`.
    pub(super) release_date: String,
    pub(super) duration_millis: u64,
}

#[derive(Debug)]
pub(super) struct Playlist {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) storefronts: &'static [&'static str],
    pub(super) entries: Vec<Entry>,
    /// How often it was changed.
    pub(super) revision: i64,
    /// Pages still to be read before each change.
    pub(super) stirs: Vec<(u32, super::Change)>,
}

/// What stands in a place of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Song(usize),
    MusicVideo,
}

/// A song's plays in a storefront on a day: its place, the storefront's place, the day counted from 1970.
pub(super) type Place = (usize, usize, i64);

/// How often, by how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) plays: u64,
    pub(super) listeners: u64,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    /// The UTC day, counted from 1970.
    pub(super) day: i64,
    /// The first day with plays.
    pub(super) first_day: i64,
    pub(super) artists: Vec<Item>,
    pub(super) albums: Vec<Item>,
    pub(super) songs: Vec<Item>,
    pub(super) playlists: Vec<Playlist>,
    /// The ids of what was deleted everywhere.
    pub(super) gone: BTreeSet<String>,
    /// Plays that stay as a test has put them.
    pub(super) fixed: BTreeMap<Place, Counted>,
    /// Songs that moved to the top of every chart.
    pub(super) risen: Vec<usize>,
}

impl World {
    pub(super) fn has(&self, item: &Item, storefront: &str) -> bool {
        item.storefronts.contains(&storefront) && !self.gone.contains(&item.id)
    }

    /// A playlist that a storefront has.
    pub(super) fn playlist(&self, id: &str, storefront: &str) -> Option<&Playlist> {
        let found = self.playlists.iter().find(|playlist| playlist.id == id)?;
        (found.storefronts.contains(&storefront) && !self.gone.contains(id)).then_some(found)
    }

    /// A playlist's entries; deleted songs are not among them.
    pub(super) fn entries(&self, playlist: &Playlist) -> Vec<Entry> {
        let is_there = |entry: &&Entry| match entry {
            Entry::Song(song) => !self.gone.contains(&self.songs[*song].id),
            Entry::MusicVideo => true,
        };
        playlist.entries.iter().filter(is_there).copied().collect()
    }

    /// The places of the songs of a storefront's chart today.
    pub(super) fn chart(&self, storefront: &str) -> Vec<usize> {
        let own = storefront.bytes().fold(self.seed.at(7), |seed, byte| seed.at(u64::from(byte)));
        let today = own.at(self.day.unsigned_abs());
        let rank = |song: usize| {
            let risen = self.risen.iter().rev().position(|risen| *risen == song);
            (risen.unwrap_or(usize::MAX), today.at(song as u64).between(0, 1 << 40))
        };
        let mut songs: Vec<usize> =
            (0..self.songs.len()).filter(|song| self.has(&self.songs[*song], storefront)).collect();
        songs.sort_by_cached_key(|song| rank(*song));
        songs.truncate(CHART_LENGTH);
        songs
    }

    /// What was counted in a place, before it is rounded. Of yesterday a part is still missing; of today nothing is there.
    pub(super) fn counted(&self, place: Place) -> Counted {
        let (song, storefront, day) = place;
        if day < self.first_day || day >= self.day || !self.has(&self.songs[song], STOREFRONTS[storefront]) {
            return Counted::default();
        }
        if let Some(fixed) = self.fixed.get(&place) {
            return *fixed;
        }
        if song % PLAYED_EVERY != 0 {
            return Counted::default();
        }
        let own = self.seed.at(3).at(song as u64).at(storefront as u64);
        let level = own.between(0, 900);
        let mut plays = level + own.at(day.unsigned_abs()).between(0, level / 3 + 2);
        if day == self.day - 1 {
            plays -= plays / 50;
        }
        // A song that hardly anybody plays has days without a play.
        if level < 90 && own.at(day.unsigned_abs()).at(1).once_in(2) {
            return Counted::default();
        }
        Counted { plays, listeners: plays * 2 / 3 }
    }
}

impl Counted {
    pub(super) fn plus(self, other: Self) -> Self {
        Self { plays: self.plays + other.plays, listeners: self.listeners + other.listeners }
    }

    /// As told: in steps of 50, and listeners not at all where they are fewer.
    pub(super) fn told(self) -> (u64, Option<u64>) {
        let rounded = |count: u64| (count + STEP / 2) / STEP * STEP;
        (rounded(self.plays), (self.listeners >= STEP).then(|| rounded(self.listeners)))
    }
}

/// The UTC day of a moment, counted from 1970.
pub(super) fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(86_400)
}

/// `2026-11-21`.
pub(super) fn date_of(day: i64) -> String {
    Timestamp::from_second(day * 86_400).map(|at| at.to_string()[..10].to_owned()).unwrap_or_default()
}
