//! What stands on a list: which pages are asked for, and whether what came can be taken for the list.

use serde_json::value::RawValue;

use super::{
    mapping::placed,
    wire::{Entry, Identified, Listing},
};
use crate::{
    failure::Failure,
    reading::{
        contents::{self, Contents, ENTRIES_MAX},
        elements::{object, parse},
    },
    session::{Call, Session},
};

/// Elements on one page: the most that Deezer gives.
const PAGE_LENGTH: u64 = 100;

/// Reads a list. Pages are asked for by index: `next` in the answers is an address, and not followed.
pub async fn read(session: &Session, list: &Call) -> Result<Contents, Failure> {
    let page =
        |index: u64| list.clone().query("limit", PAGE_LENGTH.to_string()).query("index", index.to_string());
    let mut index = 0;
    let read = contents::read(session, page(index), |contents, body| {
        let listing: Listing = object(body)?;
        add(contents, &listing, index, &list.path);
        index += PAGE_LENGTH;
        Ok((index < listing.total).then(|| page(index)))
    });
    let mut contents = read.await?;
    contents.torn |= !is_whole(&contents);
    Ok(contents)
}

/// Takes the page that begins at `index`. It may hold less than the list has there: Deezer leaves out tracks that it does not
/// show here, and counts them in `total` all the same. None at all on a page that should be full is a page that is missing.
pub fn add(contents: &mut Contents, listing: &Listing, index: u64, path: &str) {
    let Listing { data, total, checksum } = listing;
    let expected = total.saturating_sub(index).min(PAGE_LENGTH);
    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
    contents.torn |= length > expected || (length == 0 && expected == PAGE_LENGTH);
    contents.told(*total);
    contents.marked(checksum.as_deref());
    let place = |raw: &RawValue| parse::<Entry>(raw).and_then(placed).map(Some);
    let track_of = |raw: &RawValue| parse::<Identified>(raw).ok().map(|track| track.id.0);
    contents.extend(data.iter().map(Box::as_ref), path, place, track_of);
}

/// Whether it can be taken for the list: nothing moved, and at least half of what the list has was shown. Some hidden
/// tracks are Deezer's way; most of them missing is no list.
pub fn is_whole(contents: &Contents) -> bool {
    let total = contents.total.unwrap_or_default().min(ENTRIES_MAX);
    !contents.torn && contents.delivered.saturating_mul(2) >= total
}
