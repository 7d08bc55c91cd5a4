//! What Soundcharts sends: only the fields that are used.
#![expect(clippy::struct_field_names, reason = "fields are called as Soundcharts calls them")]

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Listing,
    wire::{Count, Id},
};

/// A single object.
#[derive(Debug, Deserialize)]
pub struct Single<T> {
    pub object: T,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Collection<T> {
    items: Vec<T>,
    page: Option<Paging>,
}

/// What a page says of its list.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    /// The address of the page that follows; null on the last one.
    pub next: Option<String>,
    /// How many elements the whole list has.
    pub total: Option<Count>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Song {
    pub uuid: Id,
    pub name: Option<String>,
    pub isrc: Option<IsrcOf>,
    /// All artists in one text, as they are credited.
    pub credit_name: Option<String>,
    pub artists: Option<Vec<Artist>>,
    /// `2019-03-29T00:00:00+01:00`
    pub release_date: Option<String>,
}

/// The least that a song says.
#[derive(Debug, Deserialize)]
pub struct Identified {
    pub uuid: Id,
}

/// An ISRC: an object since version 2.25, a text before.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum IsrcOf {
    Text(String),
    Object { value: Option<String> },
}

#[derive(Debug, Deserialize)]
pub struct Artist {
    pub uuid: Option<Id>,
    pub name: Option<String>,
}

/// A song's counter on one day.
#[derive(Debug, Deserialize)]
pub struct SongDay {
    /// `2024-01-12T00:00:00+00:00`, at midnight of some zone.
    pub date: String,
    /// By version of the song on the platform.
    pub plots: Vec<Plot>,
}

#[derive(Debug, Deserialize)]
pub struct Plot {
    pub value: Option<Count>,
}

/// What is told of an artist's day, by the list that it stands on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtistDay {
    /// As a song's.
    pub date: String,
    /// Of the audience: followers, subscribers, fans, as the platform calls them.
    pub follower_count: Option<Count>,
    /// Of the audience.
    pub like_count: Option<Count>,
    /// Of everything else.
    pub value: Option<Count>,
}

/// A song's place on a playlist, as it was last seen.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub playlist: Playlist,
    /// From 1.
    pub position: Option<Count>,
    pub entry_date: Option<String>,
    /// Set once it is not there any more.
    pub exit_date: Option<String>,
    /// When it was seen there.
    pub position_date: String,
    pub song: Option<Placed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Playlist {
    pub uuid: Id,
    pub name: Option<String>,
    pub latest_track_count: Option<Count>,
    pub latest_subscriber_count: Option<Count>,
}

/// The song as a playlist shows it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    pub name: Option<String>,
    pub credit_name: Option<String>,
}

/// Every answer has a list of errors, which is empty where there are none.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    pub errors: Vec<RefusalError>,
}

#[derive(Debug, Deserialize)]
pub struct RefusalError {
    pub message: Option<String>,
}

// === impl Collection ===

impl<'a, T: Deserialize<'a>> Listing<'a> for Collection<T> {
    type Element = T;
    type Unread = Collection<&'a RawValue>;
    type Tail = Paging;

    fn into_parts(self) -> (Vec<T>, Paging) {
        (self.items, self.page.unwrap_or_default())
    }
}
