//! What Feature.fm sends of a smart link, field by field: only what becomes a column is named here. Who made a link is not.
//!
//! A field that is absent or null is unknown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::reading::{
    elements::Unreadable,
    wire::{Id, Whole},
};

/// An answer that is wrapped, as documented; recorded ones are not.
#[derive(Debug, Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// A smart link.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link<'a> {
    /// Id.
    pub id: Id,
    /// Title.
    pub title: Option<String>,
    /// `https://ffm.to`; of custom ones it may be the host alone.
    pub domain: Option<String>,
    /// What follows the domain.
    pub short_id: Option<Id>,
    /// `ACTIVE` …
    pub status: Option<String>,
    /// `post_release`, `pre_release` …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The artist's id.
    pub artist_id: Option<Id>,
    /// The artist.
    pub artist: Option<Artist>,
    /// Where it leads.
    #[serde(borrow)]
    pub stores: Option<&'a RawValue>,
    /// When it was made: milliseconds since 1970.
    pub created_at: Option<Whole>,
    /// Of pre-releases. Its form was not seen.
    pub release_date: Option<String>,
}

/// Whose link it is.
#[derive(Debug, Deserialize)]
pub struct Artist {
    /// Id.
    pub id: Option<Id>,
    /// Name.
    pub name: Option<String>,
}

/// A link in either form.
pub fn link(body: &[u8]) -> Result<Link<'_>, Unreadable> {
    let wrapped = serde_json::from_slice::<Wrapped<'_>>(body)?;
    Ok(match wrapped.data.filter(|data| data.get().starts_with('{')) {
        Some(data) => serde_json::from_str(data.get())?,
        None => serde_json::from_slice(body)?,
    })
}
