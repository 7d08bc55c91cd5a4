//! Days as catalogues write them, some of which are only a year, and points in time.

use jiff::Timestamp;
use rows::{Day, instant::said};

use super::elements::Unreadable;

/// Letters of `2026-11-21`.
const DAY_LENGTH: usize = 10;

/// `2001-03-07`. Where only the year or the month is told (`2001`, `2001-03`), or one of them is written with zeros, the day is
/// unknown. `field` is named where it is neither.
pub fn day_of(text: Option<&str>, field: &'static str) -> Result<Option<Day>, Unreadable> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = parts.iter().any(|part| part.bytes().all(|byte| byte == b'0'));
    if parts.iter().all(is_number) && (parts.len() < 3 || has_zeros) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Unreadable::Date(field))
}

/// The day that a text begins with, as it is written there: a time and a zone may follow. `field` is named where it begins with none.
pub fn day_written(text: &str, field: &'static str) -> Result<Day, Unreadable> {
    let day = text.trim().get(..DAY_LENGTH).and_then(|day| day.parse().ok());
    day.ok_or(Unreadable::Date(field))
}

/// `2026-11-20T12:00:00Z`. Nothing, and what a time cannot be, is unknown; `field` is named where it is no time.
pub fn instant(text: Option<&str>, field: &'static str) -> Result<Option<Timestamp>, Unreadable> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(said).map_err(|_| Unreadable::Time(field))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_told_whole_or_is_unknown() {
        assert_eq!(day_of(Some(" 2001-03-07 "), "released"), Ok(Some(date(2001, 3, 7))));
        for text in [None, Some(""), Some("2001"), Some("2001-03"), Some("0000-00-00"), Some("2001-03-00")] {
            assert_eq!(day_of(text, "released"), Ok(None), "{text:?}");
        }
        for text in ["last summer", "2017-13-01", "26-05-2017x", "-", "2001-", "2001-03-07-01"] {
            assert_eq!(day_of(Some(text), "released"), Err(Unreadable::Date("released")), "{text}");
        }
    }

    #[test]
    fn a_day_is_as_it_is_written() {
        for text in ["2026-03-07", " 2026-03-07T00:00:00+02:00 ", "2026-03-07 to 2026-03-08"] {
            assert_eq!(day_written(text, "date"), Ok(date(2026, 3, 7)), "{text}");
        }
        for text in ["", "2026-03", "someday soon", "åååååååååå", "7 March 2026"] {
            assert_eq!(day_written(text, "date"), Err(Unreadable::Date("date")), "{text}");
        }
    }

    #[test]
    fn a_time_is_told_or_is_unknown() {
        let noon = Some("2026-11-20T12:00:00Z".parse().unwrap());
        assert_eq!(instant(Some("2026-11-20T13:00:00+01:00"), "created_at"), Ok(noon));
        assert_eq!((instant(None, "created_at"), instant(Some(""), "created_at")), (Ok(None), Ok(None)));
        for text in ["today", "2026-11-20", "1795176000"] {
            assert_eq!(instant(Some(text), "created_at"), Err(Unreadable::Time("created_at")), "{text}");
        }
    }
}
