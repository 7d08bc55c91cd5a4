//! What Spotify sends, field by field: only what becomes a column is named here. Apps in development mode get fewer fields,
//! so that a field that is absent or null is unknown, whichever it is.

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::reading::wire::{Asked, Count, Id};

/// Spotify in the rows' column `service`, and the integration's id.
pub const SERVICE: &str = "spotify";

/// `{"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}`
#[derive(Debug, Deserialize)]
pub struct Refusal {
    pub error: RefusalBody,
}

/// What is refused, and why.
#[derive(Debug, Deserialize)]
pub struct RefusalBody {
    /// The status once more. Without it, the words are not those of the API.
    #[serde(rename = "status")]
    pub _status: Count,
    /// For people. Never repeated: it may quote what was asked.
    pub message: Option<String>,
    /// For programs; most errors have none.
    pub reason: Option<String>,
}

/// A part of a list. Elements are read one by one, so that one can be wrong alone; they can be `null`.
#[derive(Debug, Deserialize)]
pub struct Paging<'a> {
    #[serde(borrow)]
    pub items: Vec<&'a RawValue>,
    /// How many elements the whole list has.
    pub total: Count,
    /// An address, where more follows: never followed.
    pub next: Option<IgnoredAny>,
}

/// What a search found: one of both, as was asked for. Its albums lack most of their fields.
#[derive(Debug, Deserialize)]
pub struct Found<'a> {
    #[serde(borrow)]
    pub tracks: Option<Paging<'a>>,
    #[serde(borrow)]
    pub albums: Option<Paging<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct Track {
    /// Of the track that is given for the one asked for, where that one is not to be had in the market.
    pub id: Id,
    pub name: Option<String>,
    /// Milliseconds.
    pub duration_ms: Option<Count>,
    /// 0 to 100. Extended quota only.
    pub popularity: Option<Count>,
    pub external_ids: Option<Codes>,
    pub artists: Option<Vec<Named>>,
    pub album: Option<OfAlbum>,
    /// The track for which this one is given. Extended quota only.
    #[serde(default, deserialize_with = "linked")]
    pub linked_from: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub struct Album {
    pub id: Id,
    pub name: Option<String>,
    /// `album`, `single`, `compilation` …
    #[serde(rename = "album_type")]
    pub kind: Option<String>,
    pub total_tracks: Option<Count>,
    pub external_ids: Option<Codes>,
    /// Extended quota only.
    pub label: Option<String>,
    /// `2017-05-26`, `2017-05` or `2017`.
    pub release_date: Option<String>,
    /// `day`, `month` or `year`.
    pub release_date_precision: Option<String>,
    pub artists: Option<Vec<Named>>,
}

#[derive(Debug, Deserialize)]
pub struct Artist {
    pub id: Id,
    pub name: Option<String>,
    /// 0 to 100. Extended quota only.
    pub popularity: Option<Count>,
    /// Extended quota only.
    pub followers: Option<Followers>,
}

/// A playlist. The entries that come with it are only the first ones, and are passed over.
#[derive(Debug, Deserialize)]
pub struct Playlist {
    pub id: Id,
    pub name: Option<String>,
    /// Whether everybody can see it; null where that does not matter.
    pub public: Option<bool>,
    pub owner: Option<Owner>,
    /// Extended quota only.
    pub followers: Option<Followers>,
    /// Changes with the contents.
    pub snapshot_id: Option<String>,
    /// The contents as they are called since February 2026, where the app may read them.
    pub items: Option<Head>,
    /// The contents as they were called before, and still are with extended quota.
    pub tracks: Option<Head>,
}

/// Contents that come with a playlist.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// All entries, those that did not come too.
    pub total: Option<Count>,
}

/// A place on a playlist.
#[derive(Debug, Deserialize)]
pub struct Entry<'a> {
    /// `2026-08-01T10:00:00Z`; `1970-01-01T00:00:00Z` and null where nobody remembers.
    pub added_at: Option<String>,
    /// A file of the owner's.
    pub is_local: Option<bool>,
    /// What stands there, as it is called since February 2026; null where it is not to be had.
    #[serde(borrow, default)]
    pub item: Asked<&'a RawValue>,
    /// What stands there, as it was called before, and still is with extended quota.
    #[serde(borrow, default)]
    pub track: Asked<&'a RawValue>,
}

/// What kind of thing stands in a place.
#[derive(Debug, Deserialize)]
pub struct Kind {
    /// `track`, `episode` …
    #[serde(rename = "type")]
    pub word: Option<String>,
    /// A file of the owner's.
    pub is_local: Option<bool>,
}

/// A track on a playlist.
#[derive(Debug, Deserialize)]
pub struct Placed {
    /// As a track's.
    pub id: Id,
    pub name: Option<String>,
    pub artists: Option<Vec<Named>>,
    /// As a track's.
    #[serde(default, deserialize_with = "linked")]
    pub linked_from: Option<Id>,
}

/// An object that says its id, or nothing.
fn linked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    #[derive(Deserialize)]
    struct Linked {
        id: Option<Id>,
    }
    Ok(Option::<Linked>::deserialize(deserializer)?.and_then(|linked| linked.id))
}

/// Standard codes: tracks have the first, albums one of the others.
#[derive(Debug, Deserialize)]
pub struct Codes {
    pub isrc: Option<String>,
    pub upc: Option<String>,
    pub ean: Option<String>,
}

/// One of the artists of something; the first one comes first.
#[derive(Debug, Default, Deserialize)]
pub struct Named {
    pub id: Option<Id>,
    pub name: Option<String>,
}

/// The album of a track.
#[derive(Debug, Default, Deserialize)]
pub struct OfAlbum {
    pub id: Option<Id>,
    /// As an album's.
    pub release_date: Option<String>,
    /// As an album's.
    pub release_date_precision: Option<String>,
}

/// Whose a playlist is.
#[derive(Debug, Default, Deserialize)]
pub struct Owner {
    pub id: Option<Id>,
    /// The name under which everybody sees them.
    pub display_name: Option<String>,
}

/// `{"href": null, "total": 7}`
#[derive(Debug, Deserialize)]
pub struct Followers {
    pub total: Option<Count>,
}

/// The fields of an answer that an app may lack, as far as they are there.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    /// Of tracks and artists.
    pub popularity: Option<IgnoredAny>,
    /// Of artists and playlists.
    pub followers: Option<ShownTotal>,
}

#[derive(Debug, Deserialize)]
pub struct ShownTotal {
    pub total: Option<IgnoredAny>,
}

// === impl Placed ===

impl Placed {
    /// The id that it is kept under: that of the track for which it is given, where that is said.
    pub fn key(self) -> String {
        self.linked_from.map_or(self.id.0, |id| id.0)
    }
}
