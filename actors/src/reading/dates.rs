//! Days as catalogues write them, some of which are only a year.

use rows::Day;

use super::elements::Unreadable;

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
}
