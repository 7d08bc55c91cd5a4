//! Lists that are asked for by offset and move while they are read. Each page is asked for from the last object of the page before: if
//! it does not begin with it, the list has moved, and an object may have been passed over.

use rows::Row;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    cursor,
    elements::{self, Elements, Named, Unreadable, parse},
    wire::Identified,
};
use crate::{
    failure::Failure,
    page::{Next, Page},
};

/// A page of such a list: the cursor.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Objects before it.
    pub offset: u64,
    /// The id of the object that it begins with, which stood at the end of the page before.
    before: Option<String>,
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
        let Elements { rows, quarantined } = elements::each(unread.copied(), place, named, read);
        let end = self.offset.saturating_add(objects.len() as u64);
        let next = objects.last().map(|last| match id(last) {
            // Of an object without an id it cannot be told whether it comes again.
            None => Self { offset: end, before: None },
            before => Self { offset: end.saturating_sub(1), before },
        });
        let next = next.as_ref().map(cursor::write);
        let next = Next::after(end < count, next, Some(&cursor::write(self)), place)?;
        Ok(Page { rows, quarantined, total, next, ..Page::default() })
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
}
