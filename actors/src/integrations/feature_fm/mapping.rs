//! From Feature.fm's words to a row.

use jiff::Timestamp;
use rows::{Day, instant::said, limits::TEXT_BYTES_MAX, links::SmartLink};
use serde_json::value::RawValue;

use super::wire::{self, Artist};
use crate::reading::{
    dates::day_written,
    elements::Unreadable,
    wire::{Id, Whole},
};

/// A link, and what of it could not be read: that is unknown then.
pub fn link(link: wire::Link<'_>) -> Result<(SmartLink, Vec<Unreadable>), Unreadable> {
    let (stores, released_on) = (stores(link.stores), day_of(link.release_date.as_deref(), "releaseDate"));
    let unread = stores.as_ref().err().into_iter().chain(released_on.as_ref().err()).cloned().collect();
    let (id, artist_name) = link.artist.map_or((None, None), |Artist { id, name }| (id, name));
    let row = SmartLink {
        link_id: link.id.0,
        title: link.title,
        url: url(link.domain.as_deref(), link.short_id.as_ref()),
        status: link.status,
        kind: link.kind,
        artist_id: link.artist_id.or(id).map(|id| id.0),
        artist_name,
        stores: stores.unwrap_or_default(),
        // Feature.fm tells neither.
        isrc: None,
        upc: None,
        created_at: time_of(link.created_at)?,
        released_on: released_on.unwrap_or_default(),
    };
    Ok((row, unread))
}

/// The day that a text begins with.
pub fn day_of(text: Option<&str>, field: &'static str) -> Result<Option<Day>, Unreadable> {
    let said = text.map(str::trim).filter(|text| !text.is_empty());
    said.map(|text| day_written(text, field)).transpose()
}

fn url(domain: Option<&str>, short_id: Option<&Id>) -> Option<String> {
    let domain =
        domain.map(|domain| domain.trim().trim_end_matches('/')).filter(|domain| !domain.is_empty())?;
    let scheme = if domain.contains("://") { "" } else { "https://" };
    Some(format!("{scheme}{domain}/{}", short_id?.0))
}

/// The list as it came. Cut off it would be no JSON any more.
fn stores(stores: Option<&RawValue>) -> Result<Option<String>, Unreadable> {
    let Some(text) = stores.map(RawValue::get) else { return Ok(None) };
    match text {
        "null" => Ok(None),
        _ if !text.starts_with('[') => Err(Unreadable::Form("stores", "list")),
        _ if text.len() > TEXT_BYTES_MAX => Err(Unreadable::TooLarge("stores")),
        _ => Ok(Some(text.to_owned())),
    }
}

fn time_of(milliseconds: Option<Whole>) -> Result<Option<Timestamp>, Unreadable> {
    let Some(Whole(milliseconds)) = milliseconds else { return Ok(None) };
    Timestamp::from_millisecond(milliseconds).map(said).map_err(|_| Unreadable::Time("createdAt"))
}
