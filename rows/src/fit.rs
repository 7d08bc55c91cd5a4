//! Rows as they may be kept: without U+0000, which PostgreSQL's text cannot hold, and with texts of a length that is
//! bounded. A row is known by what is left of its key, so that memory, fingerprints and tables agree; what cannot be kept
//! is set aside alone.

use foldhash::{HashMap, HashMapExt};

use crate::{
    Day, Micros, Row, Table,
    key::Fingerprint,
    limits::{TEXT_BYTES_MAX, WEB_ROWS_REMEMBERED_MAX, WEB_TWINS_MAX},
    quarantine::{Quarantined, sha256_hex},
    texts::Role,
};

/// Makes the rows of one reading fit, page by page.
#[derive(Debug, Clone, Default)]
pub struct Fitter {
    /// What was given so far of web analytics, by the cleaned key: rows that cleaning makes twins are added up.
    web: HashMap<(Table, Fingerprint, Day), Vec<Given>>,
}

/// What is left of a page.
#[derive(Debug, Clone, Default)]
pub struct Fitted {
    /// What can be kept. Where several rows have one key, the last is the whole of them.
    pub rows: Vec<Row>,
    /// What cannot.
    pub set_aside: Vec<Quarantined>,
    /// How long all texts of the rows are together, before they were cut.
    pub text_bytes: usize,
}

/// The numbers of a web row that can be added.
#[derive(Debug, Clone)]
struct Given {
    /// Of the key as the source has it: the same again is a correction, no twin.
    raw: Fingerprint,
    numbers: Numbers,
}

type Numbers = [Option<i64>; 4];

/// What is wrong with a row's texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    /// Something has to be changed.
    is_unfit: bool,
    /// U+0000 stands in its key.
    is_key_unclean: bool,
    /// The longest text of its key, in bytes, without U+0000; of an ordinary row 0.
    key_bytes: usize,
    text_bytes: usize,
}

/// A text of at most [`TEXT_BYTES_MAX`] bytes, with `…` where something is missing.
pub fn cut(mut text: String) -> String {
    const MARK: char = '…';
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX - MARK.len_utf8()));
        text.push(MARK);
    }
    text
}

/// A text without U+0000.
pub fn cleaned(text: &str) -> String {
    text.replace('\0', "")
}

/// What sets a row aside that was understood: its key, table and day are known, and nothing of it is repeated.
pub fn set_aside(row: &mut Row, reason: &'static str, detail: String, place: &str) -> Quarantined {
    let (table, day) = (row.table().name(), row.day());
    let mut key = format!("{reason} {table} {day:?}");
    row.each_text(&mut |role, place| {
        if role == Role::Key {
            key.push('\0');
            key.push_str(place.text().unwrap_or_default());
        }
    });
    Quarantined {
        reason,
        detail,
        place: place.to_owned(),
        hash: sha256_hex(key.as_bytes()),
        fields: vec![("table", table.to_owned())],
        day,
    }
}

// === impl Fitter ===

impl Fitter {
    /// Makes these rows fit. `place` says where they stood.
    pub fn fit(&mut self, rows: Vec<Row>, place: &str) -> Fitted {
        let mut fitted = Fitted { rows: Vec::with_capacity(rows.len()), ..Fitted::default() };
        // Rows whose key was cleaned, by their place, with what they were known by before.
        let mut raw_keys = HashMap::new();
        for mut row in rows {
            let look = look(&mut row);
            fitted.text_bytes += look.text_bytes;
            if look.key_bytes > TEXT_BYTES_MAX {
                let bytes = look.key_bytes;
                let detail =
                    format!("a text of its key has {bytes} bytes; at most {TEXT_BYTES_MAX} can be kept");
                fitted.set_aside.push(set_aside(&mut row, "key_too_long", detail, place));
                continue;
            }
            let raw = look.is_key_unclean.then(|| as_given(&mut row));
            if look.is_unfit {
                tidy(&mut row);
            }
            if numbers(&row).is_none() {
                raw_keys.extend(raw.map(|raw| (fitted.rows.len(), raw)));
            } else if let Err(detail) = self.add_up(&mut row, raw) {
                fitted.set_aside.push(set_aside(&mut row, "twin_key", detail, place));
                continue;
            }
            fitted.rows.push(row);
        }
        if !raw_keys.is_empty() {
            fitted.without_twins(&raw_keys, place);
        }
        fitted
    }

    /// Gives a row of web analytics the numbers of its twins, too: rows whose keys differ in what was cleaned away only.
    /// How many people they were together, nobody knows.
    fn add_up(&mut self, row: &mut Row, raw: Option<Fingerprint>) -> Result<(), String> {
        let (table, entity, day) = (row.table(), row.entity(), row.day());
        let (Some(own), Some(day)) = (numbers(row), day) else {
            return Ok(());
        };
        let key = (table, entity, day);
        if self.web.len() >= WEB_ROWS_REMEMBERED_MAX && !self.web.contains_key(&key) {
            return match raw {
                Some(_) => {
                    Err("its key holds U+0000, and it may have a twin among very many rows".to_owned())
                }
                None => Ok(()),
            };
        }
        let given = self.web.entry(key).or_default();
        let raw = raw.unwrap_or(entity);
        match given.iter().position(|given| given.raw == raw) {
            Some(known) => given[known].numbers = own,
            None if given.len() >= WEB_TWINS_MAX => {
                return Err(format!("more than {WEB_TWINS_MAX} keys differ from it in U+0000 only"));
            }
            None => given.push(Given { raw, numbers: own }),
        }
        if given.len() < 2 {
            return Ok(());
        }
        let sum = |place: usize| {
            let parts = given.iter().map(|given| given.numbers[place]);
            parts.reduce(|sum, part| sum?.checked_add(part?)).flatten()
        };
        let sums: Numbers = std::array::from_fn(sum);
        set_numbers(row, sums);
        Ok(())
    }
}

// === impl Fitted ===

impl Fitted {
    /// Of rows whose keys are equal now, and were not before, the first stays.
    fn without_twins(&mut self, raw_keys: &HashMap<usize, Fingerprint>, place: &str) {
        let mut first: HashMap<(Table, Fingerprint, Option<Day>), (Fingerprint, bool)> = HashMap::new();
        let mut index = 0;
        let set_aside_too = &mut self.set_aside;
        self.rows.retain_mut(|row| {
            let (entity, raw) = (row.entity(), raw_keys.get(&index));
            index += 1;
            let (was_cleaned, raw) = (raw.is_some(), raw.copied().unwrap_or(entity));
            let (first_raw, first_cleaned) =
                *first.entry((row.table(), entity, row.day())).or_insert((raw, was_cleaned));
            let is_twin = (was_cleaned || first_cleaned) && raw != first_raw && numbers(row).is_none();
            if is_twin {
                let detail = "without U+0000 its key is that of a row before it".to_owned();
                set_aside_too.push(set_aside(row, "twin_key", detail, place));
            }
            !is_twin
        });
    }
}

/// What a row is known by at its source.
fn as_given(row: &mut Row) -> Fingerprint {
    let mut key = Vec::new();
    row.each_text(&mut |role, place| {
        if role == Role::Key {
            key.push(place.text().unwrap_or_default().to_owned());
        }
    });
    Fingerprint::exact(&key.iter().map(String::as_str).collect::<Vec<_>>())
}

fn look(row: &mut Row) -> Look {
    let mut look = Look::default();
    row.each_text(&mut |role, place| {
        let Some(text) = place.text() else { return };
        let unclean = text.contains('\0');
        look.text_bytes += text.len();
        look.is_unfit |= unclean || text.len() > TEXT_BYTES_MAX;
        if role == Role::Key {
            look.is_key_unclean |= unclean;
            if look.is_unfit {
                look.key_bytes = look.key_bytes.max(text.bytes().filter(|byte| *byte != 0).count());
            }
        }
    });
    look
}

fn tidy(row: &mut Row) {
    row.each_text(&mut |_, place| {
        let Some(text) = place.text() else { return };
        if text.contains('\0') || text.len() > TEXT_BYTES_MAX {
            let tidied = cut(cleaned(text));
            place.put(tidied);
        }
    });
}

/// The numbers that can be added, of a row of web analytics.
fn numbers(row: &Row) -> Option<Numbers> {
    match row {
        Row::WebAnalytics(row) => {
            let revenue = row.revenue.map(|revenue| revenue.0);
            Some([row.page_views, row.sessions, row.session_seconds, revenue])
        }
        Row::WebConversions(row) => {
            Some([row.conversions.map(|count| count.0), row.converting_sessions, None, None])
        }
        _ => None,
    }
}

/// Puts sums in their place. How many people they are of, nobody knows.
fn set_numbers(row: &mut Row, [first, second, third, fourth]: Numbers) {
    match row {
        Row::WebAnalytics(row) => {
            (row.page_views, row.sessions, row.session_seconds) = (first, second, third);
            row.revenue = fourth.map(Micros);
            row.users = None;
        }
        Row::WebConversions(row) => {
            row.conversions = first.map(Micros);
            row.converting_sessions = second;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        payments::Product,
        web::{WebAnalytics, WebConversions, WebOrigin, WebScope},
    };

    fn origin(campaign: &str) -> WebOrigin {
        let (source, medium) = ("google".to_owned(), "cpc".to_owned());
        WebOrigin { scope: WebScope::Campaign, campaign: campaign.to_owned(), source, medium }
    }

    fn visits(campaign: &str, sessions: i64) -> Row {
        Row::WebAnalytics(WebAnalytics {
            account_id: "1".to_owned(),
            origin: origin(campaign),
            date: date(2026, 11, 20),
            page_views: Some(sessions * 2),
            sessions: Some(sessions),
            session_seconds: None,
            users: Some(sessions),
            revenue: Some(Micros(sessions)),
            currency: None,
        })
    }

    fn product(id: &str, name: &str) -> Row {
        Row::Product(Product {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            active: None,
            default_price_id: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            updated_at: None,
            livemode: true,
        })
    }

    fn fit(rows: Vec<Row>) -> Fitted {
        Fitter::default().fit(rows, "here")
    }

    #[test]
    fn ordinary_rows_stay_as_they_are() {
        let rows = vec![visits("spring", 5), visits("", 1), product("p", "N"), product("p", "M")];
        let fitted = fit(rows.clone());
        assert_eq!((fitted.rows, fitted.set_aside), (rows, vec![]));
    }

    #[test]
    fn twins_of_web_rows_are_added_up_over_pages_and_their_people_are_unknown() {
        let mut fitter = Fitter::default();
        let first = fitter.fit(vec![visits("spring", 5), visits("\0", 1)], "page 1");
        assert_eq!(first.rows, [visits("spring", 5), visits("", 1)]);
        let second = fitter.fit(vec![visits("spring\0", 2), visits("\0spring", 1), visits("", 3)], "page 2");
        assert_eq!(second.set_aside, []);
        let twin = |row: &Row| match row {
            Row::WebAnalytics(row) => {
                (row.origin.campaign.clone(), row.sessions, row.page_views, row.session_seconds, row.users)
            }
            _ => panic!(),
        };
        let all = ("spring".to_owned(), Some(8), Some(16), None, None);
        assert_eq!(twin(&second.rows[1]), all);
        assert_eq!(twin(&second.rows[2]), (String::new(), Some(4), Some(8), None, None));
        // Read once more, in the same reading: nothing is counted twice, and a later number stands.
        let third = fitter.fit(vec![visits("spring\0", 2), visits("spring\0", 3)], "page 3");
        assert_eq!(twin(&third.rows[0]), all);
        assert_eq!(twin(&third.rows[1]).1, Some(9));
        assert_eq!(third.rows[0].entity(), visits("spring", 1).entity());
    }

    #[test]
    fn goals_are_added_up_too_and_an_unknown_stays_one() {
        let goal = |campaign: &str, conversions: Option<i64>| {
            Row::WebConversions(WebConversions {
                account_id: "1".to_owned(),
                goal: "signed_up".to_owned(),
                origin: origin(campaign),
                date: date(2026, 11, 20),
                conversions: conversions.map(Micros),
                converting_sessions: Some(2),
            })
        };
        let fitted =
            fit(vec![goal("a", Some(1)), goal("a\0", Some(2)), goal("b", None), goal("b\0", Some(2))]);
        let sums: Vec<_> = fitted
            .rows
            .iter()
            .map(|row| match row {
                Row::WebConversions(row) => (row.conversions, row.converting_sessions),
                _ => panic!(),
            })
            .collect();
        assert_eq!((sums[1], sums[3]), ((Some(Micros(3)), Some(4)), (None, Some(4))));
    }

    #[test]
    fn of_objects_that_become_equal_the_first_stays() {
        let fitted = fit(vec![
            product("p", "first"),
            product("p\0", "other"),
            product("q\0", "1"),
            product("q\0", "2"),
        ]);
        assert_eq!(fitted.rows, [product("p", "first"), product("q", "1"), product("q", "2")]);
        let [aside] = &fitted.set_aside[..] else { panic!("{:?}", fitted.set_aside) };
        assert_eq!((aside.reason, aside.place.as_str()), ("twin_key", "here"));
        assert!(!format!("{aside:?}").contains("other"), "{aside:?}");
    }

    #[test]
    fn a_long_text_is_cut_and_a_long_key_sets_its_row_aside() {
        let long = "ä".repeat(TEXT_BYTES_MAX);
        let whole = "ä".repeat(TEXT_BYTES_MAX / 2);
        let fitted = fit(vec![product("p", &long), product(&whole, "\0"), product(&long, "")]);
        let [Row::Product(cut), kept] = &fitted.rows[..] else { panic!() };
        let name = cut.name.as_deref().unwrap();
        assert!(name.len() <= TEXT_BYTES_MAX && name.len() > TEXT_BYTES_MAX - 4 && name.ends_with("ä…"));
        assert_eq!(*kept, product(&whole, ""));
        assert_eq!(fitted.set_aside[0].reason, "key_too_long");
        assert_eq!(fitted.set_aside.len(), 1);
        // Without U+0000 it may be short enough.
        assert_eq!(
            fit(vec![product(&format!("p{}", "\0".repeat(TEXT_BYTES_MAX)), "")]).rows,
            [product("p", "")]
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let rows =
            (0..=WEB_TWINS_MAX).map(|number| visits(&format!("a{}", "\0".repeat(number)), 1)).collect();
        let fitted = fit(rows);
        assert_eq!((fitted.rows.len(), fitted.set_aside.len()), (WEB_TWINS_MAX, 1));
    }
}
