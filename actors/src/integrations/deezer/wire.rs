//! What Deezer sends, field by field: only what becomes a column is named here.
//!
//! Numbers come as JSON numbers, in older answers as text. A field that is absent or null is unknown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::wire::{NumericId, Whole};

/// Deezer in the rows' column `service`, and the integration's id.
pub const SERVICE: &str = "deezer";

/// An answer's first question: is it an error? Errors come with status 200.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// Set where it is one.
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
}

/// `{"type": "Exception", "message": "Quota limit exceeded", "code": 4}`
#[derive(Debug, Deserialize)]
pub struct ApiError {
    /// Which.
    pub code: Whole,
}

/// A page of a list: tracks of a playlist or chart. Elements are read one by one, so that one can be wrong alone.
#[derive(Debug, Deserialize)]
pub struct Listing {
    /// The elements.
    pub data: Vec<Box<RawValue>>,
    /// How many elements the whole list has.
    pub total: u64,
    /// Of the playlist at this moment, where the answer tells it.
    pub checksum: Option<String>,
}

/// A track asked for by itself.
#[derive(Debug, Deserialize)]
pub struct Track {
    /// Id.
    pub id: NumericId,
    /// Title.
    pub title: Option<String>,
    /// ISRC.
    pub isrc: Option<String>,
    /// Length, in seconds.
    pub duration: Option<Whole>,
    /// Popularity by Deezer's own formula, 0 to 1 000 000.
    pub rank: Option<Whole>,
    /// `2001-03-07`; `0000-00-00` = unknown.
    pub release_date: Option<String>,
    /// Its first artist.
    pub artist: Option<Named>,
    /// Its album.
    pub album: Option<Named>,
}

/// An album.
#[derive(Debug, Deserialize)]
pub struct Album {
    /// Id.
    pub id: NumericId,
    /// Title.
    pub title: Option<String>,
    /// UPC.
    pub upc: Option<String>,
    /// Label.
    pub label: Option<String>,
    /// Fans.
    pub fans: Option<Whole>,
    /// Tracks.
    pub nb_tracks: Option<Whole>,
    /// As a track's.
    pub release_date: Option<String>,
    /// `album`, `single`, `ep` …
    pub record_type: Option<String>,
    /// Its first artist.
    pub artist: Option<Named>,
}

/// An artist.
#[derive(Debug, Deserialize)]
pub struct Artist {
    /// Id.
    pub id: NumericId,
    /// Name.
    pub name: Option<String>,
    /// Albums.
    pub nb_album: Option<Whole>,
    /// Fans.
    pub nb_fan: Option<Whole>,
}

/// A playlist. Its embedded `tracks` are only a first part, and are passed over.
#[derive(Debug, Deserialize)]
pub struct Playlist {
    /// Id.
    pub id: NumericId,
    /// Title.
    pub title: Option<String>,
    /// Whether everybody can see it.
    pub public: Option<bool>,
    /// Tracks.
    pub nb_tracks: Option<Whole>,
    /// Fans.
    pub fans: Option<Whole>,
    /// Changes with the contents.
    pub checksum: Option<String>,
    /// `2014-06-27 09:09:31`; the zone is not said.
    pub creation_date: Option<String>,
    /// Its owner.
    pub creator: Option<Named>,
}

/// A track on a list.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// The track's id.
    pub id: NumericId,
    /// Title.
    pub title: Option<String>,
    /// Its first artist.
    pub artist: Option<Named>,
    /// When it was added, in Unix seconds: on playlists only.
    pub time_add: Option<Whole>,
}

/// The least that a track on a list says.
#[derive(Debug, Deserialize)]
pub struct Identified {
    /// The track's id.
    pub id: NumericId,
}

/// Another object that is referred to.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// Id.
    pub id: Option<NumericId>,
    /// Name.
    pub name: Option<String>,
}

// === impl Named ===

impl Named {
    /// Id and name, each where it is said.
    pub fn parts(named: Option<Self>) -> (Option<String>, Option<String>) {
        let Some(Self { id, name }) = named else { return (None, None) };
        (id.map(|id| id.0), name)
    }
}
