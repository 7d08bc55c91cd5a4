//! Reading a list's elements: all at once where all are good, which takes half the time, else one by one, so that one that
//! cannot be read is set aside alone.

use std::{borrow::Cow, collections::BTreeMap};

use rows::{
    Day, Row,
    decimal::NumberError,
    money::MoneyError,
    quarantine::{Quarantined, sha256_hex},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::dates::day_written;
use crate::{failure::Failure, page::Page};

/// Why an element cannot become a row. Names fields and what was expected, never what was found: that may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not of the documented shape.
    #[error("not the documented shape ({0})")]
    Shape(String),
    /// A field is of another form than the one named.
    #[error("{0} is no {1}")]
    Form(&'static str, &'static str),
    /// A field without which there is no row.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An amount that is no decimal number, or too large for one.
    #[error("{0} is not a decimal number that fits")]
    Money(&'static str),
    /// Not a whole number of at least 0.
    #[error("{0} is not a whole number of at least 0")]
    Count(&'static str),
    /// A number beyond 64 bits.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// Not a day, or not exactly one.
    #[error("{0} is not the date of one day")]
    Date(&'static str),
    /// Not a point in time.
    #[error("{0} is not a time")]
    Time(&'static str),
    /// Amounts in another currency than the account's, or in none.
    #[error("{0} is not the account's currency")]
    Currency(&'static str),
    /// What is particular to one provider.
    #[error("{detail}")]
    Other {
        /// A short word for labels.
        reason: &'static str,
        /// What was expected.
        detail: String,
    },
}

/// What may be repeated of an element that cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Ids and the like, by name.
    pub fields: Vec<(&'static str, String)>,
    /// The day that it is dated: its window then deletes nothing.
    pub day: Option<Day>,
}

/// What came of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements<R> {
    /// What was understood, in the list's order.
    pub rows: Vec<R>,
    /// What was not.
    pub quarantined: Vec<Quarantined>,
}

/// The envelope in which a provider's lists come, generic over its elements.
pub trait Listing<'a>: Deserialize<'a> {
    /// What stands on it.
    type Element: Deserialize<'a>;
    /// The same envelope, with elements that are not read yet.
    type Unread: Listing<'a, Element = &'a RawValue, Tail = Self::Tail>;
    /// What the envelope says beside its elements: a cursor, a total.
    type Tail;

    /// Elements and the rest.
    fn into_parts(self) -> (Vec<Self::Element>, Self::Tail);
}

/// Longest text that can be an id and is repeated.
const ID_LENGTH_MAX: usize = 64;

/// Reads a list in an envelope `L`. `place` names it: a path, for people. `named` tells what may be repeated of an
/// element that cannot be read, and `map` makes its row.
pub fn read<'a, L: Listing<'a>, R>(
    body: &'a [u8],
    place: &str,
    named: impl Fn(&RawValue) -> Named,
    map: impl Fn(L::Element) -> Result<R, Unreadable>,
) -> Result<(Elements<R>, L::Tail), Failure> {
    if let Some(list) = at_once::<L>(body) {
        let (elements, tail) = list.into_parts();
        if let Ok(rows) = elements.into_iter().map(&map).collect() {
            return Ok((Elements { rows, quarantined: Vec::new() }, tail));
        }
    }
    let (elements, tail) = unread::<L::Unread>(body, place)?;
    Ok((each(elements, place, named, |raw| map(parse(raw)?)), tail))
}

/// A list's elements as they came, and what its envelope `L` says beside them.
pub fn unread<'a, L: Listing<'a, Element = &'a RawValue>>(
    body: &'a [u8],
    place: &str,
) -> Result<(Vec<&'a RawValue>, L::Tail), Failure> {
    Ok(answer::<L>(body, place)?.into_parts())
}

/// Reads an answer that is of no use where it is not whole. `place` names it, for people.
pub fn answer<'a, T: Deserialize<'a>>(body: &'a [u8], place: &str) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::undocumented(place, body, &error))
}

/// Reads elements one by one.
pub fn each<'a, R>(
    elements: impl IntoIterator<Item = &'a RawValue>,
    place: &str,
    named: impl Fn(&RawValue) -> Named,
    mut read: impl FnMut(&'a RawValue) -> Result<R, Unreadable>,
) -> Elements<R> {
    let elements = elements.into_iter();
    let mut read_so_far =
        Elements { rows: Vec::with_capacity(elements.size_hint().0), quarantined: Vec::new() };
    for (index, raw) in elements.enumerate() {
        match read(raw) {
            Ok(row) => read_so_far.rows.push(row),
            Err(why) => {
                let place = format!("{place}, element {index}");
                read_so_far.quarantined.push(why.set_aside(raw.get().as_bytes(), place, named(raw)));
            }
        }
    }
    read_so_far
}

/// The whole of an answer in one go; none where anything in it is not as expected. It is checked once as a whole: otherwise
/// each text in it is checked by itself.
pub fn at_once<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(body).ok()?).ok()
}

/// Reads an answer that is one object.
pub fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(body)?)
}

/// Reads one element.
pub fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Unreadable> {
    Ok(serde_json::from_str(raw.get())?)
}

// === impl Elements ===

impl From<Elements<Row>> for Page {
    fn from(Elements { rows, quarantined }: Elements<Row>) -> Self {
        Self { rows, quarantined, ..Self::default() }
    }
}

/// Elements that say nothing are no rows.
impl From<Elements<Option<Row>>> for Page {
    fn from(Elements { rows, quarantined }: Elements<Option<Row>>) -> Self {
        Self { rows: rows.into_iter().flatten().collect(), quarantined, ..Self::default() }
    }
}

// === impl Unreadable ===

impl Unreadable {
    /// A short, bounded word for labels.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Shape(_) | Self::Form(..) => "malformed",
            Self::Missing(_) => "missing_field",
            Self::Money(_) => "money",
            Self::Count(_) => "count",
            Self::TooLarge(_) => "too_large",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::Currency(_) => "currency",
            Self::Other { reason, .. } => reason,
        }
    }

    /// Of a field's text that is no number, or too large a one.
    pub const fn number(field: &'static str, form: &'static str, error: NumberError) -> Self {
        match error {
            NumberError::NotNumber => Self::Form(field, form),
            NumberError::TooLarge => Self::TooLarge(field),
        }
    }

    /// Sets an element aside: `raw` is what was sent, known again by its hash, and stood at `place`.
    pub fn set_aside(&self, raw: &[u8], place: String, named: Named) -> Quarantined {
        let Named { fields, day } = named;
        Quarantined {
            reason: self.reason(),
            detail: self.to_string(),
            place,
            hash: sha256_hex(raw),
            fields,
            day,
        }
    }
}

impl From<serde_json::Error> for Unreadable {
    /// Kind and column only: the error's own text may quote the element.
    fn from(error: serde_json::Error) -> Self {
        Self::Shape(format!("{:?} error at column {}", error.classify(), error.column()))
    }
}

impl From<MoneyError> for Unreadable {
    fn from(error: MoneyError) -> Self {
        let detail = match error {
            MoneyError::NotDecimal(_) => "an amount is not a decimal number",
            MoneyError::TooLarge(_) => "an amount is too large for 64 bits",
            MoneyError::NotCurrency(_) => "a currency is not a three-letter code",
        };
        Self::Other { reason: "money", detail: detail.to_owned() }
    }
}

// === impl Named ===

impl Named {
    /// The fields of these names whose values look like ids (up to 64 letters, digits and `_-.:~`, with a digit among them),
    /// and the day that the field `day` begins with. Everything else stays unsaid.
    pub fn of(raw: &RawValue, ids: &[&'static str], day: &str) -> Self {
        let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        let text = |name: &str| fields.get(name).map(|value| value.get().trim_matches('"'));
        Self {
            fields: ids
                .iter()
                .filter_map(|name| Some((*name, text(name).filter(|text| is_id(text))?.to_owned())))
                .collect(),
            day: text(day).and_then(|text| day_written(text, "").ok()),
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() <= ID_LENGTH_MAX
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'~'))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Page<T> {
        data: Vec<T>,
        cursor: Option<String>,
    }

    impl<'a, T: Deserialize<'a>> Listing<'a> for Page<T> {
        type Element = T;
        type Unread = Page<&'a RawValue>;
        type Tail = Option<String>;

        fn into_parts(self) -> (Vec<T>, Self::Tail) {
            (self.data, self.cursor)
        }
    }

    #[derive(Debug, Clone, Copy, Deserialize)]
    struct Line {
        id: u64,
        views: i64,
    }

    fn named(raw: &RawValue) -> Named {
        Named::of(raw, &["id", "name"], "day")
    }

    fn line(line: Line) -> Result<(u64, i64), Unreadable> {
        if line.views < 0 { Err(Unreadable::Count("views")) } else { Ok((line.id, line.views)) }
    }

    type Lines = (Elements<(u64, i64)>, Option<String>);

    fn lines(body: &str) -> Result<Lines, Failure> {
        read::<Page<Line>, _>(body.as_bytes(), "/v1/lines", named, line)
    }

    #[test]
    fn a_good_list_is_read_in_order() {
        let (read, cursor) =
            lines(r#"{"data":[{"id":1,"views":5},{"id":2,"views":0}],"cursor":"c"}"#).unwrap();
        assert_eq!(read, Elements { rows: vec![(1, 5), (2, 0)], quarantined: Vec::new() });
        assert_eq!(cursor.as_deref(), Some("c"));
    }

    #[test]
    fn a_bad_element_is_set_aside_alone_and_says_nothing_of_itself() {
        let bad = r#"{"id":2,"day":"2026-11-21","views":"Jane Doe","name":"Jane Doe"}"#;
        let (read, _) =
            lines(&format!(r#"{{"data":[{{"id":1,"views":5}},{bad},{{"id":3,"views":-1}},7]}}"#)).unwrap();
        assert_eq!(read.rows, [(1, 5)]);
        let [shape, count, number] = &read.quarantined[..] else { panic!("{read:?}") };
        assert_eq!((shape.reason, &*shape.place), ("malformed", "/v1/lines, element 1"));
        assert_eq!(shape.fields, [("id", "2".to_owned())]);
        assert_eq!(shape.day, Some(date(2026, 11, 21)));
        assert_eq!(shape.hash, sha256_hex(bad.as_bytes()));
        assert_eq!((count.reason, &*count.detail), ("count", "views is not a whole number of at least 0"));
        assert_eq!((number.reason, number.fields.len(), number.day), ("malformed", 0, None));
        assert!(!format!("{read:?}").contains("Jane"));
    }

    #[test]
    fn what_is_no_list_is_a_failure_and_no_end() {
        for body in ["", "{}", "[]", r#"{"data":[{"id":1"#, r#"{"data":null}"#] {
            assert_eq!(lines(body).unwrap_err().outcome(), "transient", "{body}");
        }
        assert!(lines("<html>").unwrap_err().to_string().contains("web page"));
    }

    #[test]
    fn only_what_looks_like_an_id_is_repeated() {
        let raw = r#"{"id":"cus_1","name":"ada","day":"someday"}"#;
        let raw = serde_json::from_str::<&RawValue>(raw).unwrap();
        assert_eq!(named(raw), Named { fields: vec![("id", "cus_1".to_owned())], day: None });
        let time = RawValue::from_string(r#"{"day":"2026-11-21T00:00:00Z"}"#.to_owned()).unwrap();
        assert_eq!(named(&time).day, Some(date(2026, 11, 21)));
        let long = RawValue::from_string(format!(r#"{{"id":"{}"}}"#, "1".repeat(65))).unwrap();
        assert_eq!(named(&long), Named::default());
    }

    proptest! {
        #[test]
        fn every_element_is_a_row_or_set_aside(elements in prop::collection::vec(
            prop_oneof![Just("7"), Just("null"), Just(r#"{"id":1,"views":2}"#), Just(r#"{"id":"x"}"#), Just("[[]]")],
            0..20,
        )) {
            let (read, _) = lines(&format!(r#"{{"data":[{}]}}"#, elements.join(","))).unwrap();
            prop_assert_eq!(read.rows.len() + read.quarantined.len(), elements.len());
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Page<Line>, _>(&bytes, "/", named, line);
        }
    }
}
