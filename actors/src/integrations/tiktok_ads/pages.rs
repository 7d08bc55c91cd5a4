//! Numbered pages. TikTok makes each anew, so that rows shift while a list is read: one comes twice, another not at all. What is
//! noticed of it ends the reading, which begins again.

use std::collections::HashSet;

use ::rows::quarantine::Quarantined;
use serde::{Deserialize, Serialize};

use super::{
    errors::PARTIAL,
    mapping::{self, Keyed},
    wire,
};
use crate::{
    failure::Failure,
    page::Page,
    reading::{
        cursor,
        elements::{self, Unreadable},
        notes::incomplete,
        unplaced::Unplaced,
        wire::Count,
    },
    session::{Call, Session},
};

/// Elements of a page: the most that there are.
const PAGE_SIZE: u32 = 1_000;

/// Where a reading is, and what came so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Of several lists that are read one after the other.
    pub list: usize,
    /// From 1 on.
    page: i64,
    /// Elements of all pages, as the first one told.
    total: Option<i64>,
    /// What those that came are known by.
    seen: Vec<u64>,
    /// Those that came and cannot be read.
    set_aside: usize,
    /// Rows of no country, added so far.
    pub unplaced: Unplaced,
}

/// One page, read.
#[derive(Debug)]
pub struct Read<R> {
    pub rows: Vec<R>,
    pub quarantined: Vec<Quarantined>,
    /// Elements of all pages.
    pub total: i64,
    /// Where the next one is; none after the last.
    pub next: Option<Cursor>,
}

/// Asks for the page at the cursor, and reads it: an element that cannot be read is set aside.
pub async fn read<T, R>(
    session: &Session,
    call: Call,
    cursor: Cursor,
    map: impl Fn(T) -> Result<Keyed<R>, Unreadable>,
) -> Result<Read<R>, Failure>
where
    T: for<'a> Deserialize<'a>,
{
    let place = format!("{}, advertiser {}", call.endpoint, call.account);
    let call = call.query("page", cursor.page.to_string()).query("page_size", PAGE_SIZE.to_string());
    cursor.take(&session.send(call).await?.body, &place, map)
}

// === impl Cursor ===

impl Default for Cursor {
    fn default() -> Self {
        Self { list: 0, page: 1, total: None, seen: Vec::new(), set_aside: 0, unplaced: Unplaced::default() }
    }
}

impl Cursor {
    /// The beginning of the next list.
    pub fn next_list(list: usize) -> Self {
        Self { list: list + 1, ..Self::default() }
    }

    fn take<T, R>(
        mut self,
        body: &[u8],
        place: &str,
        map: impl Fn(T) -> Result<Keyed<R>, Unreadable>,
    ) -> Result<Read<R>, Failure>
    where
        T: for<'a> Deserialize<'a>,
    {
        let (elements, tail) = elements::read::<wire::Answer<T>, _>(body, place, mapping::named, map)?;
        let nonsense = |what: &str| Failure::Transient { reason: format!("{place}: {what}") };
        let Some(wire::PageInfo { total_number: Count(total), total_page: Count(pages) }) = tail.page_info
        else {
            return Err(nonsense("page_info is missing: nothing says whether more follows"));
        };
        let moved = |how: &str| {
            nonsense(&format!("rows moved while they were read ({how}): read again from the beginning"))
        };
        if self.total.is_some_and(|before| before != total) {
            return Err(moved("their number changed"));
        }
        // Twice on one page is twice in the report: nothing can have moved within an answer.
        let before: HashSet<u64> = self.seen.iter().copied().collect();
        if elements.rows.iter().any(|(key, _)| before.contains(key)) {
            return Err(moved("one came twice"));
        }
        let mut quarantined = elements.quarantined;
        let more = self.page < pages;
        if more && elements.rows.is_empty() && quarantined.is_empty() {
            return Err(nonsense("a page without elements says that more follow"));
        }
        self.total = Some(total);
        self.seen.extend(elements.rows.iter().map(|(key, _)| *key));
        self.set_aside += quarantined.len();
        let came = self.seen.len() + self.set_aside;
        if !more && i64::try_from(came).ok() != Some(total) {
            quarantined.push(incomplete(place, &format!("{came} of {total} elements came"), Vec::new()));
        }
        if tail.code == PARTIAL {
            let what = format!("TikTok answered in part (code {PARTIAL})");
            quarantined.push(incomplete(place, &what, Vec::new()));
        }
        let rows = elements.rows.into_iter().map(|(_, row)| row).collect();
        self.page += 1;
        Ok(Read { rows, quarantined, total, next: more.then_some(self) })
    }
}

// === impl Read ===

impl<R> Read<R> {
    /// As the engine takes it.
    pub fn into_page(self, row: impl Fn(R) -> ::rows::Row) -> Page {
        Page {
            rows: self.rows.into_iter().map(row).collect(),
            quarantined: self.quarantined,
            next: cursor::next(self.next.as_ref()),
            ..Page::default()
        }
    }
}

#[cfg(test)]
mod tests;
