//! What can be named in the settings: each kind is a stream of its own.

use ::rows::Table;

use crate::reading::named_objects::Standard;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A track.
    Track,
    /// An album.
    Album,
    /// An artist.
    Artist,
    /// A playlist, with its contents.
    Playlist,
}

/// All of them.
pub const SUBJECTS: [Subject; 4] = [Subject::Track, Subject::Album, Subject::Artist, Subject::Playlist];

// === impl Subject ===

impl Subject {
    /// The stream's name, the key in the settings, and the segment of paths.
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Track => "tracks",
            Self::Album => "albums",
            Self::Artist => "artists",
            Self::Playlist => "playlists",
        }
    }

    /// The word for one: the endpoint that shows it, and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Album => "album",
            Self::Artist => "artist",
            Self::Playlist => "playlist",
        }
    }

    /// What its stream fills.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Track => &[Table::Tracks, Table::TrackPerformanceDaily],
            Self::Album => &[Table::Albums],
            Self::Artist => &[Table::Artists, Table::CounterReadingsDaily, Table::ArtistAudienceDaily],
            Self::Playlist => &[Table::Playlists, Table::CounterReadingsDaily, Table::PlaylistPlacements],
        }
    }

    /// Where the object itself is described.
    pub const fn table(self) -> Table {
        match self {
            Self::Track => Table::Tracks,
            Self::Album => Table::Albums,
            Self::Artist => Table::Artists,
            Self::Playlist => Table::Playlists,
        }
    }

    /// A track that is not on a playlist any more has no place on it today. Objects are named in the settings: one that
    /// was not seen may only have been taken out of them, so that Spotify's own word alone makes it `removed`.
    pub const fn vanishing(self) -> Option<Table> {
        match self {
            Self::Playlist => Some(Table::PlaylistPlacements),
            Self::Track | Self::Album | Self::Artist => None,
        }
    }

    /// The standard code by which one can be named instead of its id.
    pub const fn standard(self) -> Option<Standard> {
        match self {
            Self::Track => Some(Standard::Isrc),
            Self::Album => Some(Standard::Upc),
            Self::Artist | Self::Playlist => None,
        }
    }
}
