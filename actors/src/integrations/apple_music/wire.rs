//! What Apple sends, field by field: only what becomes a column is named here. A field that is absent or null is unknown.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::reading::{
    elements::{Unreadable, object},
    wire::{Count, Id, Identified},
};

/// Apple Music in the rows' column `service`, and the integration's id.
pub const SERVICE: &str = "apple_music";

/// Resources, in which single objects come, too. Elements are read one by one, so that one can be wrong alone.
#[derive(Debug, Default, Deserialize)]
pub struct List<'a> {
    #[serde(borrow)]
    pub data: Vec<&'a RawValue>,
    /// A path with its query, where more follows.
    pub next: Option<String>,
}

/// An answer that should be a list: one of these.
#[derive(Debug, Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    next: Option<String>,
    #[serde(borrow)]
    results: Option<Results<'a>>,
    /// Of the errors only the one comes here that says that a list ends: see [`super::errors`].
    errors: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    songs: Vec<List<'a>>,
}

/// `{"errors": [{"id", "title", "detail", "status": "404", "code": "40400"}]}`
#[derive(Debug, Deserialize)]
pub struct Refusal {
    pub errors: Vec<RefusalBody>,
}

/// Its texts for people are not read: they may quote what was asked.
#[derive(Debug, Deserialize)]
pub struct RefusalBody {
    pub code: Id,
}

#[derive(Debug, Deserialize)]
pub struct Resource<A> {
    pub id: Id,
    pub attributes: A,
    #[serde(default)]
    pub relationships: Option<Relationships>,
}

/// What kind of resource it is: `songs`, `music-videos` …
#[derive(Debug, Deserialize)]
pub struct Kind {
    #[serde(rename = "type")]
    pub word: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Relationships {
    pub artists: Option<Related>,
    pub albums: Option<Related>,
    pub curator: Option<Related>,
}

#[derive(Debug, Deserialize)]
pub struct Related {
    pub data: Option<Vec<Identified>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Song {
    pub name: Option<String>,
    pub artist_name: Option<String>,
    pub isrc: Option<String>,
    /// Milliseconds.
    pub duration_in_millis: Option<Count>,
    /// `2017-05-26`, or `2017`.
    pub release_date: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Album {
    pub name: Option<String>,
    pub artist_name: Option<String>,
    pub upc: Option<String>,
    pub record_label: Option<String>,
    pub track_count: Option<Count>,
    /// As a song's.
    pub release_date: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Artist {
    pub name: Option<String>,
}

/// A playlist. The entries that come with it are only the first ones, and are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Playlist {
    pub name: Option<String>,
    pub curator_name: Option<String>,
    /// Changes with the contents.
    pub last_modified_date: Option<String>,
}

// === impl List ===

impl<'a> List<'a> {
    /// Reads a page of the chart of songs. A list of anything else is no empty chart.
    pub fn chart(body: &'a [u8]) -> Result<Self, Unreadable> {
        let Answer { results, errors, .. } = object(body)?;
        match (results, errors) {
            (Some(results), _) => results.songs.into_iter().next().ok_or(Unreadable::Missing("songs")),
            (None, Some(_)) => Ok(Self::default()),
            (None, None) => Err(Unreadable::Missing("results")),
        }
    }

    /// Reads an answer: resources, or Apple's word that nothing (more) is on the list.
    pub fn of(body: &'a [u8]) -> Result<Self, Unreadable> {
        let Answer { data, next, errors, .. } = object(body)?;
        match (data, errors) {
            (Some(data), _) => Ok(Self { data, next }),
            (None, Some(_)) => Ok(Self::default()),
            (None, None) => Err(Unreadable::Missing("data")),
        }
    }
}

// === impl Related ===

impl Related {
    /// The id of the first one.
    pub fn first(related: Option<Self>) -> Option<String> {
        Some(related?.data?.into_iter().next()?.id.0)
    }
}
