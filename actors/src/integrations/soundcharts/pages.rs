//! Lists, read from their first page to their last.

use rows::quarantine::Quarantined;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::wire::{Collection, Paging};
use crate::{
    failure::Failure,
    page::Next,
    reading::elements::{self, Elements, Named, Unreadable},
    session::{Call, Session},
};

/// Elements on one page: the most that Soundcharts gives.
const PAGE_LENGTH: usize = 100;
/// Elements of one list that are read: what a page of the engine may take, and a hundred requests.
pub const LENGTH_MAX: usize = 10_000;

/// A list.
#[derive(Debug)]
pub struct List<R> {
    /// What was understood, in the list's order.
    pub rows: Vec<R>,
    /// What was not.
    pub quarantined: Vec<Quarantined>,
    /// Its length changed from page to page: something may have slipped from one to the other unread.
    pub moved: bool,
    /// It is longer than what was read.
    pub cut: bool,
}

/// Reads the list that `call` asks for. Pages are asked for by offset: `next` is an address, and never followed.
pub async fn read<T: DeserializeOwned, R>(
    session: &Session,
    call: &Call,
    named: impl Fn(&RawValue) -> Named,
    map: impl Fn(T) -> Result<R, Unreadable>,
) -> Result<List<R>, Failure> {
    let mut list = List { rows: Vec::new(), quarantined: Vec::new(), moved: false, cut: false };
    let mut total = None;
    loop {
        let offset = list.length();
        let page = call.clone().query("offset", offset.to_string()).query("limit", PAGE_LENGTH.to_string());
        let body = session.send(page).await?.body;
        let (Elements { rows, quarantined }, paging) =
            elements::read::<Collection<T>, _>(&body, &call.path, &named, &map)?;
        list.rows.extend(rows);
        list.quarantined.extend(quarantined);
        let said = paging.total.map(|total| total.0);
        list.moved |= offset > 0 && total != said;
        total = said;

        let end = list.length();
        let next = (end > offset).then(|| end.to_string());
        if Next::after(goes_on(&paging, offset, end), next, None, &call.path)?.into_cursor().is_none() {
            return Ok(list);
        }
        if end >= LENGTH_MAX {
            list.cut = true;
            return Ok(list);
        }
    }
}

/// Whether more follows a page of these elements: it says so, or it is full and does not say that it is the last.
fn goes_on(paging: &Paging, offset: usize, end: usize) -> bool {
    let is_full = end - offset >= PAGE_LENGTH;
    let is_last = paging.total.is_some_and(|total| usize::try_from(total.0).is_ok_and(|total| total <= end));
    paging.next.as_ref().is_some_and(|next| !next.is_empty()) || (is_full && !is_last)
}

// === impl List ===

impl<R> List<R> {
    fn length(&self) -> usize {
        self.rows.len() + self.quarantined.len()
    }
}
