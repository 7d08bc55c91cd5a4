//! What can be named in the settings: each kind is a stream of its own.

use rows::Table;

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
    /// The tracks of a genre's chart.
    Chart,
}

/// All of them.
pub const SUBJECTS: [Subject; 5] =
    [Subject::Track, Subject::Album, Subject::Artist, Subject::Playlist, Subject::Chart];

// === impl Subject ===

impl Subject {
    /// The stream's name, and the key in the settings.
    pub const fn stream(self) -> &'static str {
        match self {
            Self::Track => "tracks",
            Self::Album => "albums",
            Self::Artist => "artists",
            Self::Playlist => "playlists",
            Self::Chart => "charts",
        }
    }

    /// The word for one, in paths and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Album => "album",
            Self::Artist => "artist",
            Self::Playlist => "playlist",
            Self::Chart => "chart",
        }
    }

    /// What its stream fills.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Track => &[Table::Tracks, Table::CounterReadingsDaily, Table::TrackPerformanceDaily],
            Self::Album => &[Table::Albums, Table::CounterReadingsDaily],
            Self::Artist => &[Table::Artists, Table::CounterReadingsDaily, Table::ArtistAudienceDaily],
            Self::Playlist => &[Table::Playlists, Table::CounterReadingsDaily, Table::PlaylistPlacements],
            Self::Chart => &[Table::Playlists, Table::PlaylistPlacements],
        }
    }

    /// Where the object itself is described.
    pub const fn table(self) -> Table {
        match self {
            Self::Track => Table::Tracks,
            Self::Album => Table::Albums,
            Self::Artist => Table::Artists,
            Self::Playlist | Self::Chart => Table::Playlists,
        }
    }

    /// Whether tracks stand on it.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Playlist | Self::Chart)
    }

    /// A track that is not on a playlist any more has no place on it today. Objects are named in the settings: one that
    /// was not seen may only have been taken out of them, so that Deezer's own word alone makes it `removed`.
    pub const fn vanishing(self) -> Option<Table> {
        match self {
            Self::Playlist | Self::Chart => Some(Table::PlaylistPlacements),
            Self::Track | Self::Album | Self::Artist => None,
        }
    }

    /// The standard code by which one can be named instead of its id, in the settings and in paths.
    pub const fn standard(self) -> Option<Standard> {
        match self {
            Self::Track => Some(Standard::Isrc),
            Self::Album => Some(Standard::Upc),
            Self::Artist | Self::Playlist | Self::Chart => None,
        }
    }
}
