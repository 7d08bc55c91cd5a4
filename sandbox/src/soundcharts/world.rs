//! What the imitation knows: songs, artists, playlists, and what was collected of them on which day.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::seed::Seed;

/// The songs' ids. The first is on more playlists than a page of ten holds, the second on two, the third on none; the second
/// has two versions, the fourth a counter above 2^53.
pub const SONGS: [&str; 4] = [
    "50a60000-5165-11e9-9375-549f35160001",
    "50a60000-5165-11e9-9375-549f35160002",
    "50a60000-5165-11e9-9375-549f35160003",
    "50a60000-5165-11e9-9375-549f35160004",
];
/// The artists' ids. The second one is liked, too.
pub const ARTISTS: [&str; 2] =
    ["a4715700-3c00-11e9-974f-549f35140001", "a4715700-3c00-11e9-974f-549f35140002"];
/// An ISRC that is answered with 410.
pub const BLACKLISTED_ISRC: &str = "QZNB20009999";

/// What is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Plays or views of a song, since ever.
    Plays,
    /// `followerCount` of an artist.
    Followers,
    /// `likeCount` of an artist.
    Likes,
    /// `listening` of an artist: listeners of a month, or views.
    Listening,
    /// Popularity of an artist, 0 to 100.
    Popularity,
}

/// A song.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Song {
    /// The id.
    pub id: &'static str,
    /// The name.
    pub name: &'static str,
    /// As it is credited.
    pub credit: &'static str,
    /// The ISRC.
    pub isrc: &'static str,
    /// The artist's id.
    pub artist_id: &'static str,
    /// The artist's name.
    pub artist_name: &'static str,
    /// The day of its release.
    pub released: Date,
    /// Its ISRC is shown as a text.
    pub(super) is_old: bool,
}

/// A place on a playlist, past or present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) platform: &'static str,
    pub(super) playlist: u64,
    pub(super) song: &'static str,
    pub(super) position: u64,
    pub(super) entered: Date,
    pub(super) exited: Option<Date>,
    /// It was seen there so many days ago.
    pub(super) age: i64,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: Seed,
    /// The first day of which anything is known.
    pub(super) first: Date,
    /// The UTC day that is shown.
    pub(super) today: Date,
    pub(super) songs: Vec<Song>,
    pub(super) entries: Vec<Entry>,
    /// What a test has put in place of what was collected; `None` where nothing was.
    pub(super) fixed: HashMap<(Metric, String, Date), Option<u64>>,
    /// Where ISRCs lead that a test has moved; `None`: nowhere.
    pub(super) moved: HashMap<String, Option<&'static str>>,
}

impl World {
    pub(super) fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        let today = day_of(now);
        let song = |place: usize, name, credit, isrc, released| {
            let second = place % 2;
            let artist_name = ["Velvet Static", "雨の駅"][second];
            let (id, artist_id) = (SONGS[place], ARTISTS[second]);
            Song { id, name, credit, isrc, artist_id, artist_name, released, is_old: place == 2 }
        };
        let songs = vec![
            song(0, "Paper Boats", "Velvet Static & Nora K.", "USUM71703861", jiff::civil::date(2026, 3, 27)),
            song(1, "夜行列車", "雨の駅", "JPAB02600001", jiff::civil::date(2025, 11, 7)),
            song(2, "Salt", "Velvet Static", "DEXX12600001", jiff::civil::date(2024, 7, 5)),
            song(3, "Second Sun, Part 2", "雨の駅", "JPAB02600002", jiff::civil::date(2026, 8, 14)),
        ];
        let mut world = Self {
            seed: Seed::new(seed),
            first: today.saturating_sub(i64::from(days).days()),
            today,
            songs,
            entries: Vec::new(),
            fixed: HashMap::new(),
            moved: HashMap::new(),
        };
        for place in 0..26_u64 {
            let left = place.is_multiple_of(9).then_some(2);
            world.enter("spotify", place, SONGS[0], left);
        }
        world.enter("spotify", 3, SONGS[1], None);
        world.enter("spotify", 30, SONGS[1], None);
        world.enter("spotify", 5, SONGS[3], Some(1));
        world.enter("deezer", 40, SONGS[0], None);
        world
    }

    /// A place on a playlist, that was left so many days ago.
    pub(super) fn enter(
        &mut self,
        platform: &'static str,
        playlist: u64,
        song: &'static str,
        left: Option<i64>,
    ) {
        let chance = self.seed.at(77).at(playlist);
        let age = i64::try_from(chance.at(1).between(0, 3)).unwrap_or(0);
        self.entries.push(Entry {
            platform,
            playlist,
            song,
            position: chance.at(2).between(1, 90),
            entered: self.today.saturating_sub((20 + age).days()),
            exited: left.map(|days| self.today.saturating_sub(days.days())),
            age,
        });
    }

    /// What was collected on a day; `None` where nothing was.
    pub(super) fn collected(&self, metric: Metric, platform: &str, id: &str, day: Date) -> Option<u64> {
        if let Some(fixed) = self.fixed.get(&(metric, id.to_owned(), day)) {
            return *fixed;
        }
        if day < self.first || day > self.today || (metric == Metric::Likes && id != ARTISTS[1]) {
            return None;
        }
        let texts = platform.bytes().chain(id.bytes());
        let own = texts.fold(self.seed.at(metric as u64), |chance, byte| chance.at(u64::from(byte)));
        let number = days_since_epoch(day);
        let today = own.at(number);
        if today.at(1).once_in(6) {
            return None;
        }
        Some(match metric {
            Metric::Plays => {
                let large =
                    if id == SONGS[3] { 9_007_199_254_740_993 } else { own.at(1).between(1_000, 90_000_000) };
                let pace = own.at(2).between(10, 40_000);
                large + (number - 18_000) * pace + today.at(2).between(0, pace)
            }
            Metric::Popularity => own.at(1).between(0, 96) + today.at(2).between(0, 5),
            _ => {
                let level = own.at(1).between(500, 3_000_000);
                level + today.at(2).between(0, level / 50 + 3)
            }
        })
    }

    /// Where an ISRC leads.
    pub(super) fn by_isrc(&self, isrc: &str) -> Option<&Song> {
        match self.moved.get(isrc) {
            Some(moved) => moved.and_then(|id| self.song(id)),
            None => self.songs.iter().find(|song| song.isrc == isrc),
        }
    }

    pub(super) fn song(&self, id: &str) -> Option<&Song> {
        self.songs.iter().find(|song| song.id == id)
    }

    /// How many people follow a playlist.
    pub(super) fn subscribers(&self, playlist: u64) -> u64 {
        self.seed.at(78).at(playlist).between(10, 900_000)
    }
}

/// A playlist's id.
pub(super) fn playlist_id(playlist: u64) -> String {
    format!("91a70000-b8b6-43d5-bd44-{playlist:012x}")
}

pub(super) fn playlist_name(playlist: u64) -> String {
    format!("Night Drive №{playlist} 🌙")
}

/// The UTC day of a moment.
pub(super) fn day_of(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

fn days_since_epoch(day: Date) -> u64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = day.duration_since(epoch).as_hours() / 24;
    u64::try_from(days).unwrap_or(0)
}
