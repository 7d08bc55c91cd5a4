//! What stands on a playlist: which pages are asked for, and what an entry holds.

use serde_json::value::RawValue;

use super::{
    mapping,
    wire::{Entry, Kind, Paging, Placed},
};
use crate::{
    failure::Failure,
    reading::{
        contents::{self, Contents},
        elements::{Unreadable, object, parse},
        wire::Asked,
    },
    session::{Call, Session},
};

/// Entries on one page: the most that Spotify gives.
const PAGE_LENGTH: u32 = 50;

/// Reads contents. `call` asks for them; pages are asked for by offset.
pub async fn read(session: &Session, call: Call) -> Result<Contents, Failure> {
    let page = |offset: u64| {
        call.clone().query("limit", PAGE_LENGTH.to_string()).query("offset", offset.to_string())
    };
    contents::read(session, page(0), |contents, body| {
        Ok(add(contents, &object(body)?, &call.path).then(|| page(contents.delivered)))
    })
    .await
}

/// Takes the next page; whether another one is to be asked for.
pub fn add(contents: &mut Contents, page: &Paging<'_>, path: &str) -> bool {
    let total = u64::try_from(page.total.0).unwrap_or_default();
    contents.told(total);
    contents.extend(page.items.iter().copied(), path, place, track_of);
    // More is said to follow where nothing can, or nothing where something is missing.
    let more = page.next.is_some();
    contents.torn |= more == (contents.delivered >= total) || (more && page.items.is_empty());
    more && !contents.torn
}

/// The track in a place; none where there is none: entries that are null, episodes, local files.
fn place(raw: &RawValue) -> Result<Option<contents::Placed>, Unreadable> {
    let Some((entry, content)) = content(raw)? else { return Ok(None) };
    let kind: Kind = parse(content)?;
    let is_local = entry.is_local == Some(true) || kind.is_local == Some(true);
    if is_local || kind.word.is_some_and(|word| word != "track") {
        return Ok(None);
    }
    mapping::placed(parse(content)?, entry.added_at.as_deref()).map(Some)
}

/// An entry and what stands there, in either shape.
fn content(raw: &RawValue) -> Result<Option<(Entry<'_>, &RawValue)>, Unreadable> {
    let Some(entry) = parse::<Option<Entry<'_>>>(raw)? else { return Ok(None) };
    match (entry.item, entry.track) {
        (Asked::Said(content), _) | (_, Asked::Said(content)) => Ok(Some((entry, content))),
        (Asked::Absent, Asked::Absent) => Err(Unreadable::Missing("item")),
        _ => Ok(None),
    }
}

fn track_of(raw: &RawValue) -> Option<String> {
    let (_, content) = content(raw).ok()??;
    parse::<Placed>(content).ok().map(Placed::key)
}
