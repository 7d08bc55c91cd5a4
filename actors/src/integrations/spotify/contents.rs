//! What stands on a playlist, read page by page, and whether it stood still meanwhile.

use std::collections::BTreeSet;

use ::rows::quarantine::Quarantined;
use serde_json::value::RawValue;

use super::{
    mapping::{Place, added_at, asked_for},
    wire::{Entry, Kind, Paging, Placed},
};
use crate::{
    failure::Failure,
    reading::{
        elements::{Unreadable, parse},
        wire::Asked,
    },
    session::{Call, Session},
};

/// Entries on one page: the most that Spotify gives.
const PAGE_LENGTH: u32 = 50;
/// Entries of one playlist that are read: twice what Spotify lets one hold.
pub const ENTRIES_MAX: i64 = 20_000;

/// A playlist's contents, read once from their beginning to their end.
#[derive(Debug, Default)]
pub struct Contents {
    /// Tracks, in order.
    pub places: Vec<Place>,
    /// What was not understood.
    pub quarantined: Vec<Quarantined>,
    /// Tracks of which an earlier place was not understood: a later one must not pass for the first.
    pub displaced: BTreeSet<String>,
    /// How many entries there are, by Spotify's own account.
    pub total: Option<i64>,
    /// How many pages were read.
    pub pages: u32,
    /// The list changed between pages, or a part of it is missing: positions cannot be trusted.
    pub torn: bool,
    /// A page that is none, for people: nothing behind it was read.
    pub malformed: Option<String>,
    delivered: i64,
}

/// Reads contents. `call` asks for them; pages are asked for by offset.
pub async fn read(session: &Session, call: Call) -> Result<Contents, Failure> {
    let mut contents = Contents::default();
    loop {
        let offset = contents.delivered.to_string();
        let part = call.clone().query("limit", PAGE_LENGTH.to_string()).query("offset", &*offset);
        let response = session.send(part).await?;
        match serde_json::from_slice(&response.body) {
            Ok(page) if contents.add(&page, &call.path) => {}
            Ok(_) => return Ok(contents),
            Err(error) => {
                contents.torn = true;
                let why = Unreadable::from(error);
                contents.malformed = Some(format!("its page at offset {offset} is no list: {why}"));
                return Ok(contents);
            }
        }
    }
}

// === impl Contents ===

impl Contents {
    /// Takes the next page; whether another one is to be asked for.
    pub fn add(&mut self, page: &Paging<'_>, path: &str) -> bool {
        let total = page.total.0;
        self.torn |= self.total.is_some_and(|before| before != total);
        self.total = Some(total);
        self.pages += 1;
        for raw in &page.items {
            self.delivered += 1;
            match place(raw, self.delivered) {
                Ok(place) => self.places.extend(place),
                Err(why) => {
                    self.displaced.extend(track_of(raw));
                    let place = format!("{path}, position {}", self.delivered);
                    self.quarantined.push(why.set_aside(raw.get().as_bytes(), place, asked_for(path)));
                }
            }
        }
        // More is said to follow where nothing can, or nothing where something is missing.
        let more = page.next.is_some();
        self.torn |= more == (self.delivered >= total) || (more && page.items.is_empty());
        more && !self.torn && self.delivered < ENTRIES_MAX
    }
}

/// The track in one place, counted from 1; none where there is none: entries that are null, episodes, local files.
fn place(raw: &RawValue, position: i64) -> Result<Option<Place>, Unreadable> {
    let Some((entry, content)) = content(raw)? else { return Ok(None) };
    let kind: Kind = parse(content)?;
    let is_local = entry.is_local == Some(true) || kind.is_local == Some(true);
    if is_local || kind.word.is_some_and(|word| word != "track") {
        return Ok(None);
    }
    Ok(Some(Place { position, added_at: added_at(entry.added_at.as_deref())?, track: parse(content)? }))
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
