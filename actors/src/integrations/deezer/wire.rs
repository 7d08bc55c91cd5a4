//! What Deezer sends, field by field: only what becomes a column is named here.
//!
//! Numbers come as JSON numbers, in older answers as text; both are taken, never through a float. A field that is absent
//! or null is unknown.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

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
    pub code: Count,
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
    pub id: Id,
    /// Title.
    pub title: Option<String>,
    /// ISRC.
    pub isrc: Option<String>,
    /// Length, in seconds.
    pub duration: Option<Count>,
    /// Popularity by Deezer's own formula, 0 to 1 000 000.
    pub rank: Option<Count>,
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
    pub id: Id,
    /// Title.
    pub title: Option<String>,
    /// UPC.
    pub upc: Option<String>,
    /// Label.
    pub label: Option<String>,
    /// Fans.
    pub fans: Option<Count>,
    /// Tracks.
    pub nb_tracks: Option<Count>,
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
    pub id: Id,
    /// Name.
    pub name: Option<String>,
    /// Albums.
    pub nb_album: Option<Count>,
    /// Fans.
    pub nb_fan: Option<Count>,
}

/// A playlist. Its embedded `tracks` are only a first part, and are passed over.
#[derive(Debug, Deserialize)]
pub struct Playlist {
    /// Id.
    pub id: Id,
    /// Title.
    pub title: Option<String>,
    /// Whether everybody can see it.
    pub public: Option<bool>,
    /// Tracks.
    pub nb_tracks: Option<Count>,
    /// Fans.
    pub fans: Option<Count>,
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
    pub id: Id,
    /// Title.
    pub title: Option<String>,
    /// Its first artist.
    pub artist: Option<Named>,
    /// When it was added, in Unix seconds: on playlists only.
    pub time_add: Option<Count>,
}

/// The least that a track on a list says.
#[derive(Debug, Deserialize)]
pub struct Identified {
    /// The track's id.
    pub id: Id,
}

/// Another object that is referred to.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// Id.
    pub id: Option<Id>,
    /// Name.
    pub name: Option<String>,
}

/// An id: exactly the digits that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

/// A count, or seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub i64);

/// Digits of the longest number that is an id: those of 2^64, and a sign.
const ID_LENGTH_MAX: usize = 21;

// === impl Named ===

impl Named {
    /// Id and name, each where it is said.
    pub fn parts(named: Option<Self>) -> (Option<String>, Option<String>) {
        let Some(Self { id, name }) = named else { return (None, None) };
        (id.map(|id| id.0), name)
    }
}

// === impl Id ===

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let digits = whole_number(raw).filter(|digits| digits.len() <= ID_LENGTH_MAX);
        digits
            .map(|digits| Self(digits.to_owned()))
            .ok_or_else(|| D::Error::custom("an id is no whole number"))
    }
}

// === impl Count ===

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let count = whole_number(raw).and_then(|digits| digits.parse().ok());
        count.map(Self).ok_or_else(|| D::Error::custom("a count is no whole number below 2^63"))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The digits of a JSON number or of a text, with their sign; nothing for everything else.
fn whole_number(raw: &RawValue) -> Option<&str> {
    let text = raw.get();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}
