//! Lists, read from their first page to their last.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::wire::{Collection, Paging};
use crate::{
    failure::Failure,
    page::Next,
    reading::{
        elements::{self, Elements, Named, Unreadable},
        named_objects::unread,
    },
    session::{Call, Session},
};

/// Elements on one page: the most that Soundcharts gives.
const PAGE_LENGTH: usize = 100;
/// Pages of one list that are read. Each costs a request of the month's.
const PAGES_MAX: usize = 100;

/// Reads the list that `call` asks for: what was understood, in its order; what was not, and what may have been missed; and for people, where
/// it is longer than what was read. Pages are asked for by offset: `next` is an address, and never followed.
pub async fn read<T: DeserializeOwned, R>(
    session: &Session,
    call: &Call,
    named: impl Fn(&RawValue) -> Named,
    map: impl Fn(T) -> Result<R, Unreadable>,
) -> Result<(Elements<R>, Option<String>), Failure> {
    let place = &call.path;
    let mut list = Elements { rows: Vec::new(), quarantined: Vec::new() };
    let (mut total, mut has_moved) = (None, false);
    for _ in 0..PAGES_MAX {
        let offset = list.rows.len() + list.quarantined.len();
        let page = call.clone().query("offset", offset.to_string()).query("limit", PAGE_LENGTH.to_string());
        let body = session.send(page).await?.body;
        let (read, paging) = elements::read::<Collection<T>, _>(&body, place, &named, &map)?;
        list.rows.extend(read.rows);
        list.quarantined.extend(read.quarantined);
        let said = paging.total.map(|total| total.0);
        has_moved |= offset > 0 && total != said;
        total = said;

        let end = list.rows.len() + list.quarantined.len();
        let next = (end > offset).then(|| end.to_string());
        if Next::after(goes_on(&paging, offset, end), next, None, place)?.into_cursor().is_none() {
            if has_moved {
                // Something may have slipped from one page to the other unread.
                let detail = "its length changed while it was read: nothing is taken off it".to_owned();
                list.quarantined.push(unread("moved", detail, place));
            }
            return Ok((list, None));
        }
    }
    let detail = format!("it has more than {PAGES_MAX} pages: only the first were read");
    let lacking = format!("{place}: {detail}");
    list.quarantined.push(unread("too_long", detail, place));
    Ok((list, Some(lacking)))
}

/// Whether more follows a page of these elements: it says so, or it is full and does not say that it is the last.
fn goes_on(paging: &Paging, offset: usize, end: usize) -> bool {
    let is_full = end - offset >= PAGE_LENGTH;
    let is_last = paging.total.is_some_and(|total| usize::try_from(total.0).is_ok_and(|total| total <= end));
    paging.next.as_ref().is_some_and(|next| !next.is_empty()) || (is_full && !is_last)
}
