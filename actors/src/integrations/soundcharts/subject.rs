//! What is read of songs and artists: each subject is a stream of its own, and each target in it a request or a few.

use std::fmt;

use rows::Table;

use crate::reading::named_objects::Reference;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The songs themselves.
    Song,
    /// What is counted of songs.
    SongAudience,
    /// What is counted of artists.
    ArtistAudience,
    /// The playlists that songs are on.
    Playlists,
}

/// An object; on one platform, where it is not the same on all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub object: Reference,
    /// By Soundcharts' code; `""`: everywhere.
    pub platform: String,
}

/// All of them.
pub const SUBJECTS: [Subject; 4] =
    [Subject::Song, Subject::SongAudience, Subject::ArtistAudience, Subject::Playlists];

/// What Soundcharts counts of a song on a platform, in our words; none where that is no counter of ours.
pub fn song_counter(platform: &str) -> Option<&'static str> {
    Some(match platform {
        "spotify" | "soundcloud" | "audiomack" | "jiosaavn" | "anghami" | "line-music" | "lastfm" | "awa" => {
            "streams"
        }
        "youtube" => "views",
        "gaana" | "boomplay" | "melon" => "likes",
        _ => return None,
    })
}

/// A platform as our tables call services: `line_music`.
pub fn service(platform: &str) -> String {
    platform.replace('-', "_")
}

// === impl Subject ===

impl Subject {
    /// The stream's name.
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Song => "tracks",
            Self::SongAudience => "song_audience",
            Self::ArtistAudience => "artist_audience",
            Self::Playlists => "playlists",
        }
    }

    /// What is asked of a target, for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Song => "track",
            Self::SongAudience => "audience of track",
            Self::ArtistAudience => "audience of artist",
            Self::Playlists => "playlists of track",
        }
    }

    /// What its stream fills.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Song => &[Table::Tracks],
            Self::SongAudience => &[Table::CounterReadingsDaily],
            Self::ArtistAudience => &[Table::ArtistAudienceDaily, Table::CounterReadingsDaily],
            Self::Playlists => &[Table::PlaylistPlacements, Table::Playlists],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, platform } = self;
        if platform.is_empty() { object.fmt(f) } else { write!(f, "{object} on {platform}") }
    }
}
