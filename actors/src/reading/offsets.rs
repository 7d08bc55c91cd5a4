//! Lists that are asked for by offset, and move while they are read.

use rows::Row;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    cursor,
    elements::{self, Named, Unreadable, parse},
    notes::incomplete,
    wire::{Count, Identified},
};
use crate::{
    failure::Failure,
    page::{Next, Page},
};

/// A page of a list of objects: the cursor. Each page is asked for from the last object of the page before: if it does not begin with
/// it, the list has moved, and an object may have been passed over.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Objects before it.
    pub offset: u64,
    /// The id of the object that it begins with, which stood at the end of the page before.
    before: Option<String>,
}

/// How far a list without ids is read.
#[derive(Debug, Clone, Copy)]
pub struct SoFar {
    /// Elements of the pages before.
    offset: u64,
    /// Elements of this one.
    came: u64,
    /// Elements of all.
    total: u64,
}

// === impl SoFar ===

impl SoFar {
    /// `counted` is how many elements there are on all pages, by the provider's count. Where it does not count, a full page
    /// (`page_length`) has a successor.
    pub fn new(offset: u64, came: usize, counted: Option<Count>, page_length: u64) -> Self {
        let came = came as u64;
        let at_least = offset + came + u64::from(came >= page_length);
        Self { offset, came, total: counted.map_or(at_least, |Count(counted)| counted.unsigned_abs()) }
    }

    /// Where the next page begins.
    pub const fn end(self) -> u64 {
        self.offset + self.came
    }

    /// Says on the page what is known of the whole list, and what follows: `more` of it, where `here` is this page's own position, or what
    /// comes `then`. `place` names it, for people, and `fields` what may be said of it.
    pub fn lead<P: Serialize>(
        self,
        page: &mut Page,
        [here, more]: [&P; 2],
        then: Option<&P>,
        place: &str,
        fields: Vec<(&'static str, String)>,
    ) -> Result<(), Failure> {
        let (end, total) = (self.end(), self.total);
        // A list of one page says nothing of what moved meanwhile.
        page.total = (total > self.came).then_some(total);
        // More is counted than there is: what came is stored, and nothing is deleted for what did not.
        let is_stuck = end < total && self.came == 0 && self.offset > 0;
        if is_stuck {
            page.quarantined.push(incomplete(place, &format!("{end} of {total} rows came"), fields));
        }
        page.next = if end >= total || is_stuck {
            cursor::next(then)
        } else {
            Next::after(true, Some(cursor::write(more)), Some(&cursor::write(here)), place)?
        };
        Ok(())
    }
}

// === impl Position ===

impl Position {
    /// The page here, each of its objects (`id`) on its own. `total` is how many there are on all pages, by the provider's count; `place`
    /// names the list, for people.
    pub fn page(
        &self,
        objects: &[&RawValue],
        total: Option<u64>,
        place: &str,
        named: impl Fn(&RawValue) -> Named,
        read: impl Fn(&RawValue) -> Result<Row, Unreadable>,
    ) -> Result<Page, Failure> {
        let nonsense = |what: &str| Failure::Transient { reason: format!("{place}: {what}") };
        let id = |raw: &&RawValue| parse(raw).ok().map(|Identified { id }| id.0);
        let is_next = self.before.is_none() || objects.first().and_then(id) == self.before;
        if !is_next {
            return Err(nonsense("the list moved while it was read: read again from the beginning"));
        }
        let count = total.ok_or_else(|| nonsense("the answer does not say how many there are"))?;
        // The first one was read before.
        let unread = objects.iter().skip(usize::from(self.before.is_some()));
        let read = elements::each(unread.copied(), place, named, read);
        let end = self.offset.saturating_add(objects.len() as u64);
        let next = objects.last().map(|last| match id(last) {
            // Of an object without an id it cannot be told whether it comes again.
            None => Self { offset: end, before: None },
            before => Self { offset: end.saturating_sub(1), before },
        });
        let next = next.as_ref().map(cursor::write);
        let next = Next::after(end < count, next, Some(&cursor::write(self)), place)?;
        Ok(Page { total, next, ..read.into() })
    }
}

#[cfg(test)]
mod tests {
    use rows::{Table, ads::AdAccount};

    use super::*;

    fn page(position: &Position, objects: &str, total: Option<u64>) -> Result<Page, Failure> {
        let objects: Vec<&RawValue> = serde_json::from_str(objects).unwrap();
        position.page(
            &objects,
            total,
            "/ads",
            |_| Named::default(),
            |raw| {
                let Identified { id } = parse(raw)?;
                let account_id = id.0;
                Ok(Row::AdAccount(AdAccount {
                    account_id,
                    name: None,
                    status: None,
                    currency: None,
                    time_zone: None,
                }))
            },
        )
    }

    fn next(page: Page) -> Position {
        cursor::read(page.next.into_cursor().as_deref()).unwrap().unwrap()
    }

    #[test]
    fn a_page_begins_with_the_last_object_of_the_one_before_which_is_read_once() {
        let first = page(&Position::default(), r#"[{"id":"a"},{"id":"b"}]"#, Some(4)).unwrap();
        assert_eq!((first.rows.len(), first.total), (2, Some(4)));
        let second = next(first);
        assert_eq!(second, Position { offset: 1, before: Some("b".to_owned()) });
        let second = page(&second, r#"[{"id":"b"},{"id":"c"},7]"#, Some(4)).unwrap();
        assert_eq!((second.rows.len(), second.quarantined.len(), second.next), (1, 1, Next::End(None)));
        assert_eq!(second.rows[0].table(), Table::AdAccounts);
    }

    #[test]
    fn after_an_object_without_an_id_the_list_goes_on_behind_it() {
        let first = page(&Position::default(), r#"[{"id":"a"},{}]"#, Some(3)).unwrap();
        assert_eq!(next(first), Position { offset: 2, before: None });
    }

    #[test]
    fn a_list_that_moved_does_not_say_its_length_or_does_not_end_is_not_read() {
        let position = Position { offset: 1, before: Some("b".to_owned()) };
        for (objects, total) in [
            (r#"[{"id":"a"}]"#, Some(9)),
            ("[]", Some(9)),
            (r#"[{"id":"b"},{"id":"c"}]"#, None),
            (r#"[{"id":"b"}]"#, Some(9)),
        ] {
            assert_eq!(page(&position, objects, total).unwrap_err().outcome(), "transient", "{objects}");
        }
    }

    fn led(offset: u64, came: usize, counted: Option<i64>) -> Result<Page, Failure> {
        let mut page = Page::default();
        let so_far = SoFar::new(offset, came, counted.map(Count), 10);
        let then = "then".to_owned();
        so_far.lead(
            &mut page,
            [&offset.to_string(), &so_far.end().to_string()],
            Some(&then),
            "/rows",
            Vec::new(),
        )?;
        Ok(page)
    }

    #[test]
    fn a_list_goes_on_until_all_that_is_counted_has_come() {
        let next = |page: Page| page.next.into_cursor().unwrap();
        assert_eq!(next(led(0, 10, Some(25)).unwrap()), r#""10""#);
        assert_eq!(next(led(20, 5, Some(25)).unwrap()), r#""then""#);
        assert_eq!(
            (led(0, 5, Some(5)).unwrap().total, led(20, 5, Some(25)).unwrap().total),
            (None, Some(25))
        );
        // Without a count, a full page is not the last.
        assert_eq!(next(led(10, 10, None).unwrap()), r#""20""#);
        assert_eq!(next(led(10, 3, None).unwrap()), r#""then""#);
    }

    #[test]
    fn more_that_is_counted_than_there_is_ends_the_list_and_is_told() {
        let page = led(20, 0, Some(25)).unwrap();
        assert_eq!((page.next, page.quarantined.len()), (Next::More(r#""then""#.to_owned()), 1));
        assert_eq!(page.quarantined[0].detail, "20 of 25 rows came: nothing is deleted for what is missing");
        assert_eq!(led(0, 0, Some(25)).unwrap_err().outcome(), "transient", "of nothing, nothing is deleted");
    }
}
