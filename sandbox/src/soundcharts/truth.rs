//! What is true in the world, for tests to compare with what a client made of it.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Soundcharts;
use super::world::{ARTISTS, Entry, Metric, SONGS, Song, playlist_id, playlist_name};

/// What was collected of a song or artist on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthReading {
    /// What.
    pub metric: Metric,
    /// The song's or artist's id.
    pub id: &'static str,
    /// The day.
    pub day: Date,
    /// The value.
    pub value: u64,
}

/// A song's present place on a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthEntry {
    /// The song's id.
    pub song_id: &'static str,
    /// The playlist's id.
    pub playlist_id: String,
    /// The place, from 1.
    pub position: u64,
    /// How many people follow the playlist.
    pub followers: u64,
    /// When it came there, in Unix seconds.
    pub added_at: i64,
    /// When it was last seen there.
    pub day: Date,
}

/// A playlist on which a song is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthPlaylist {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// How many songs it has.
    pub track_count: u64,
    /// How many people follow it.
    pub followers: u64,
}

impl Soundcharts {
    /// The day that is shown, UTC.
    pub fn truth_today(&self) -> Date {
        self.world.today
    }

    /// All songs.
    pub fn truth_songs(&self) -> Vec<Song> {
        self.world.songs.clone()
    }

    /// Everything that was collected on a platform.
    pub fn truth_readings(&self, platform: &str) -> Vec<TruthReading> {
        let of_artists = [Metric::Followers, Metric::Likes, Metric::Listening, Metric::Popularity];
        let songs = SONGS.into_iter().map(|id| (Metric::Plays, id));
        let artists = ARTISTS.into_iter().flat_map(|id| of_artists.map(|metric| (metric, id)));
        let mut readings = Vec::new();
        for (metric, id) in songs.chain(artists) {
            let mut day = self.world.first;
            while day <= self.world.today {
                let value = self.world.collected(metric, platform, id, day);
                readings.extend(value.map(|value| TruthReading { metric, id, day, value }));
                day = day.saturating_add(1.day());
            }
        }
        readings
    }

    /// Where songs are on a platform's playlists now.
    pub fn truth_entries(&self, platform: &str) -> Vec<TruthEntry> {
        let truth = |entry: &Entry| TruthEntry {
            song_id: entry.song,
            playlist_id: playlist_id(entry.playlist),
            position: entry.position,
            followers: self.world.subscribers(entry.playlist),
            added_at: entry.entered.duration_since(jiff::civil::date(1970, 1, 1)).as_secs()
                + 2 * 3_600
                + 15 * 60
                + 4,
            day: self.seen(entry),
        };
        self.present(platform).map(truth).collect()
    }

    /// Those playlists.
    pub fn truth_playlists(&self, platform: &str) -> Vec<TruthPlaylist> {
        let mut numbers: Vec<u64> = self.present(platform).map(|entry| entry.playlist).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let truth = |number| TruthPlaylist {
            id: playlist_id(number),
            name: playlist_name(number),
            track_count: 40 + number,
            followers: self.world.subscribers(number),
        };
        numbers.into_iter().map(truth).collect()
    }

    fn present(&self, platform: &str) -> impl Iterator<Item = &Entry> {
        self.world.entries.iter().filter(move |entry| entry.platform == platform && entry.exited.is_none())
    }
}
