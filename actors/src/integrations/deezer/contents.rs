//! What stands on a list, read page by page, and whether it stood still meanwhile.

use std::collections::BTreeSet;

use rows::quarantine::Quarantined;
use serde_json::value::RawValue;

use super::{
    mapping::{Place, added_at, asked_for},
    wire::{Entry, Identified, Listing},
};
use crate::{
    failure::Failure,
    reading::elements::{Unreadable, parse},
    session::{Call, Session},
};

/// Elements on one page: the most that Deezer gives.
const PAGE_LENGTH: u64 = 100;
/// Elements of one list that are read: several times of what Deezer lets a playlist hold.
pub const ENTRIES_MAX: u64 = 10_000;

/// A list, read once from its beginning to its end.
#[derive(Debug, Default)]
pub struct Contents {
    /// What was understood, in order. Positions count what was delivered, from 1: tracks that Deezer hides have none.
    pub places: Vec<Place>,
    /// What was not.
    pub quarantined: Vec<Quarantined>,
    /// Tracks of which an earlier place was not understood: a later one must not pass for the first.
    pub displaced: BTreeSet<String>,
    /// How many elements the list has, by its own account, hidden ones included.
    pub total: Option<u64>,
    /// How many elements were delivered.
    pub delivered: u64,
    /// Where pages tell it: the playlist's.
    pub checksum: Option<String>,
    /// The list changed between pages, or a page is missing: positions cannot be trusted.
    pub torn: bool,
    /// A page that is none, for people: nothing behind it was read.
    pub malformed: Option<String>,
}

/// Reads a list. Pages are asked for by index: `next` in the answers is an address, and not followed.
pub async fn read(session: &Session, list: &Call) -> Result<Contents, Failure> {
    let mut contents = Contents::default();
    let mut index = 0;
    loop {
        let page = list.clone().query("limit", PAGE_LENGTH.to_string()).query("index", index.to_string());
        let response = session.send(page).await?;
        let listing: Listing = match serde_json::from_slice(&response.body) {
            Ok(listing) => listing,
            Err(error) => {
                contents.torn = true;
                contents.malformed =
                    Some(format!("its page at index {index} is no list: {}", Unreadable::from(error)));
                return Ok(contents);
            }
        };
        contents.add(&listing, index, &list.path);
        index += PAGE_LENGTH;
        if index >= listing.total.min(ENTRIES_MAX) {
            return Ok(contents);
        }
    }
}

// === impl Contents ===

impl Contents {
    /// Takes the page that begins at `index`. It may hold less than the list has there: Deezer leaves out tracks that it does not
    /// show here, and counts them in `total` all the same. None at all on a page that should be full is a page that is missing.
    pub fn add(&mut self, listing: &Listing, index: u64, path: &str) {
        let Listing { data, total, checksum } = listing;
        let expected = total.saturating_sub(index).min(PAGE_LENGTH);
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.torn |= length > expected || (length == 0 && expected == PAGE_LENGTH);
        self.torn |= self.total.is_some_and(|before| before != *total);
        self.total = Some(*total);
        self.torn |= index > 0 && self.checksum != *checksum;
        self.checksum.clone_from(checksum);
        for raw in data {
            self.delivered += 1;
            let position = self.delivered;
            match place(raw, position) {
                Ok(place) => self.places.push(place),
                Err(why) => {
                    self.displaced.extend(serde_json::from_str(raw.get()).ok().map(|Identified { id }| id.0));
                    let place = format!("{path}, position {position}");
                    self.quarantined.push(why.set_aside(raw.get().as_bytes(), place, asked_for(path)));
                }
            }
        }
    }

    /// Whether it can be taken for the list: nothing moved, and at least half of what the list has was shown. Some hidden
    /// tracks are Deezer's way; most of them missing is no list.
    pub fn is_whole(&self) -> bool {
        let total = self.total.unwrap_or_default().min(ENTRIES_MAX);
        !self.torn && self.delivered.saturating_mul(2) >= total
    }

    /// Whether some track stands on it twice.
    pub fn has_doubles(&self) -> bool {
        let mut seen = BTreeSet::new();
        !self.places.iter().all(|place| seen.insert(place.entry.id.0.as_str()))
    }
}

fn place(raw: &RawValue, position: u64) -> Result<Place, Unreadable> {
    let entry: Entry = parse(raw)?;
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    Ok(Place { position, added_at: added_at(entry.time_add)?, entry })
}
