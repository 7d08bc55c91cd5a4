//! Days and periods as reports write them. A layout names its forms, so that `03/04/2026` is never guessed.

use jiff::civil::Date;
use rows::{DayRange, day::plus_days};

/// A way to write a day or a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `2026-06-15`, `2026/06/15`, `2026.06.15`, `20260615`; a time behind it is left out.
    YearFirst,
    /// `6/15/2026`, `06/15/26`; a time behind it is left out.
    MonthFirst,
    /// `15.6.2026`, `15/06/2026`; a time behind it is left out.
    DayFirst,
    /// `2026-06`, `2026/06`, `202606`, `2026M6`, `06/2026`.
    Month,
    /// `April 2026`, `Apr-26`, `JUN-2026`.
    NamedMonth,
    /// `Q217`, `2017Q2`, `2017-Q2`, `Q2 2017`.
    Quarter,
    /// `JAN-FEB-18`: from the first to the last day of both.
    MonthSpan,
    /// `2026年6月`, `2026年6月15日`.
    Japanese,
    /// By a pattern such as `%d %B %Y` (see `jiff::fmt::strtime`); without a day it is a month.
    Pattern(String),
}

/// What all forms of a statement's own months are tried with.
pub const MONTHS: &[Format] =
    &[Format::Month, Format::NamedMonth, Format::YearFirst, Format::Quarter, Format::MonthSpan];

// === impl Format ===

impl Format {
    /// The days that the text names.
    pub fn read(&self, text: &str) -> Option<DayRange> {
        let text = text.trim();
        match self {
            Self::YearFirst => {
                let text = text.split(['T', ' ']).next()?;
                let in_three = || split(text).and_then(|[year, month, day]| date(year, month, day));
                compact_day(text).or_else(in_three).map(DayRange::day)
            }
            Self::MonthFirst | Self::DayFirst => {
                let text = text.split([',', ' ', 'T']).next()?;
                let [first, second, year] = split(text)?;
                let (month, day) = if *self == Self::MonthFirst { (first, second) } else { (second, first) };
                Some(DayRange::day(date(year, month, day)?))
            }
            Self::Month => read_month(text),
            Self::NamedMonth => {
                let (name, year) = text.split_once([' ', '-', ',', '/'])?;
                month(year_of(year.trim())?, month_named(name)?)
            }
            Self::Quarter => read_quarter(text),
            Self::MonthSpan => {
                let mut parts = text.split('-');
                let (first, last, year) = (parts.next()?, parts.next()?, parts.next()?);
                let year = year_of(year)?;
                let (first, last) = (month(year, month_named(first)?)?, month(year, month_named(last)?)?);
                parts.next().is_none().then(|| DayRange::new(first.first, last.last)).flatten()
            }
            Self::Japanese => {
                let (year, rest) = text.split_once('年')?;
                let (number, rest) = rest.split_once('月')?;
                match rest.strip_suffix('日') {
                    Some(day) => Some(DayRange::day(date(year, number, day)?)),
                    None if rest.is_empty() => month(year_of(year)?, digits(number)?),
                    None => None,
                }
            }
            Self::Pattern(pattern) => {
                let parsed = jiff::fmt::strtime::parse(pattern, text).ok()?;
                match (parsed.year(), parsed.month(), parsed.day()) {
                    (Some(year), Some(month), Some(day)) => {
                        Some(DayRange::day(Date::new(year, month, day).ok()?))
                    }
                    (Some(year), Some(number), None) => month(year, number),
                    _ => None,
                }
            }
        }
    }
}

/// The days that a text names in the first of these forms that fits.
pub fn read(text: &str, formats: &[Format]) -> Option<DayRange> {
    // No date is longer; what is, costs no work.
    if text.len() > 60 {
        return None;
    }
    formats.iter().find_map(|format| format.read(text))
}

/// `day`, `week`, `month`, `quarter`, or `period` for any other length.
pub fn granularity(range: DayRange) -> &'static str {
    let is_whole_months = range.first.day() == 1 && plus_days(range.last, 1).day() == 1;
    match range.len_days() {
        1 => "day",
        7 => "week",
        28..=31 if is_whole_months => "month",
        90..=92 if is_whole_months && range.first.month() % 3 == 1 => "quarter",
        _ => "period",
    }
}

/// The period in a file's or folder's name: two days (`2026-05-01_2026-05-28`), or one month (`2026-05`, `202605`,
/// `May 2026`). `None` when the name says none or several.
pub fn in_name(name: &str) -> Option<DayRange> {
    let is_wordy = |c: char| !c.is_ascii_alphanumeric();
    let words: Vec<&str> = name.split(is_wordy).filter(|word| !word.is_empty()).take(100).collect();
    let (mut days, mut months) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < words.len() {
        let of = |count: usize| words.get(at..at + count);
        let by_three = of(3).and_then(|words| match words {
            [year, month, day] if year.len() == 4 => date(year, month, day),
            _ => None,
        });
        let by_two = of(2).and_then(|words| match words {
            [year, number] if is_year(year) && number.len() == 2 => month(year_of(year)?, digits(number)?),
            [name, year] if is_year(year) => month(year_of(year)?, month_named(name)?),
            [year, name] if is_year(year) => month(year_of(year)?, month_named(name)?),
            _ => None,
        });
        at += if let Some(day) = by_three {
            days.push(day);
            3
        } else if let Some(day) = compact_day(words[at]) {
            days.push(day);
            1
        } else if let Some(month) = by_two {
            months.push(month);
            2
        } else {
            months.extend(compact_month(words[at]));
            1
        };
    }
    months.dedup();
    match (&days[..], &months[..]) {
        ([first, last], _) => DayRange::new(*first, *last),
        ([] | [_], [month]) => Some(*month),
        _ => None,
    }
}

/// Three parts, separated by one of `-`, `/`, `.`.
fn split(text: &str) -> Option<[&str; 3]> {
    let separator = text.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let mut parts = text.split(separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// 1900 to 2199; of two digits, 2000 to 2099: no report is older.
fn year_of(text: &str) -> Option<i16> {
    let year: i16 = digits(text)?;
    match text.len() {
        2 => Some(2_000 + year),
        4 => (1_900..2_200).contains(&year).then_some(year),
        _ => None,
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.starts_with("20") && year_of(text).is_some()
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year_of(year)?, digits(month)?, digits(day)?).ok()
}

fn compact_day(text: &str) -> Option<Date> {
    let is_one = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| date(&text[..4], &text[4..6], &text[6..])).flatten()
}

fn compact_month(text: &str) -> Option<DayRange> {
    let is_one = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) && is_year(&text[..4]);
    is_one.then(|| month(year_of(&text[..4])?, digits(&text[4..])?)).flatten()
}

/// From its first to its last day.
fn month(year: i16, number: i8) -> Option<DayRange> {
    months(year, number, 1)
}

/// So many months, from the first day of this one.
pub(super) fn months(year: i16, number: i8, count: i8) -> Option<DayRange> {
    let first = Date::new(year, number, 1).ok()?;
    let last = Date::new(year, number.checked_add(count - 1)?, 1).ok()?;
    DayRange::new(first, last.last_of_month())
}

fn read_month(text: &str) -> Option<DayRange> {
    if let Some(month) = compact_month(text) {
        return Some(month);
    }
    let (first, second) = text.split_once(['-', '/', 'M', 'm', '.'])?;
    let (year, number) = if second.len() == 4 { (second, first) } else { (first, second) };
    (year.len() == 4 && number.len() <= 2).then(|| month(year_of(year)?, digits(number)?)).flatten()
}

fn read_quarter(text: &str) -> Option<DayRange> {
    let text = text.to_ascii_uppercase();
    let (before, after) = text.split_once('Q')?;
    let (number, year) = match before.trim_end_matches([' ', '-', '/']) {
        "" => (after.get(..1)?, after.get(1..)?.trim_start_matches([' ', '-', '/'])),
        year => (after, year),
    };
    let (number, year): (i8, i16) = (digits(number)?, year_of(year)?);
    (1..=4).contains(&number).then(|| months(year, number * 3 - 2, 3)).flatten()
}

/// 1 to 12, by an English name or at least three letters of it.
fn month_named(text: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = text.trim().to_ascii_lowercase();
    let index = NAMES.iter().position(|full| name.len() >= 3 && full.starts_with(&name))?;
    i8::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn days(range: Option<DayRange>) -> String {
        range.map_or_else(|| "none".to_owned(), |range| format!("{} {}", range.first, range.last))
    }

    #[test]
    fn every_form_of_the_layouts_is_read() {
        for (format, text, expected) in [
            (Format::YearFirst, "2026-06-15", "2026-06-15 2026-06-15"),
            (Format::YearFirst, "2026/06/15", "2026-06-15 2026-06-15"),
            (Format::YearFirst, "2026-06-15T10:00:00Z", "2026-06-15 2026-06-15"),
            (Format::YearFirst, "20260615", "2026-06-15 2026-06-15"),
            (Format::MonthFirst, "10/15/2023 12:00:00 AM", "2023-10-15 2023-10-15"),
            (Format::MonthFirst, "4/12/14 5:21pm", "2014-04-12 2014-04-12"),
            (Format::DayFirst, "15.6.2026", "2026-06-15 2026-06-15"),
            (Format::Month, "2026-06", "2026-06-01 2026-06-30"),
            (Format::Month, "2017M9", "2017-09-01 2017-09-30"),
            (Format::Month, "202602", "2026-02-01 2026-02-28"),
            (Format::Month, "06/2026", "2026-06-01 2026-06-30"),
            (Format::NamedMonth, "April 2026", "2026-04-01 2026-04-30"),
            (Format::NamedMonth, "JUN-26", "2026-06-01 2026-06-30"),
            (Format::Quarter, "Q217", "2017-04-01 2017-06-30"),
            (Format::Quarter, "2017-Q4", "2017-10-01 2017-12-31"),
            (Format::MonthSpan, "JAN-FEB-18", "2018-01-01 2018-02-28"),
            (Format::Japanese, "2026年6月", "2026-06-01 2026-06-30"),
            (Format::Japanese, "2026年6月15日", "2026-06-15 2026-06-15"),
            (Format::Pattern("%d %B %Y".to_owned()), "15 June 2026", "2026-06-15 2026-06-15"),
            (Format::Pattern("%b %Y".to_owned()), "Jun 2026", "2026-06-01 2026-06-30"),
        ] {
            assert_eq!(days(format.read(text)), expected, "{format:?} {text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "2026-13", "2026-02-30", "31/12/2026", "Q517", "Q017", "n/a", "2026年", "１２", "0000-00-00"]
        {
            let all = [MONTHS, &[Format::MonthFirst, Format::Japanese]].concat();
            assert_eq!(read(text, &all), None, "{text}");
        }
    }

    #[test]
    fn a_name_says_its_period_or_not() {
        for (name, expected) in [
            ("Content 2026-05-01_2026-05-28 My channel", "2026-05-01 2026-05-28"),
            ("20260501-20260531_sales.csv", "2026-05-01 2026-05-31"),
            ("statement_2026-05.csv", "2026-05-01 2026-05-31"),
            ("202605_royalties.xlsx", "2026-05-01 2026-05-31"),
            ("Royalties May 2026.csv", "2026-05-01 2026-05-31"),
            ("songs-1year.csv", "none"),
            ("2026-05_2026-06.csv", "none"),
            ("DistroKid_1764288000123.tsv", "none"),
        ] {
            assert_eq!(days(in_name(name)), expected, "{name}");
        }
    }

    #[test]
    fn lengths_have_names() {
        let range = |first, last| DayRange::new(first, last).unwrap();
        for (first, last, expected) in [
            (date(2026, 6, 1), date(2026, 6, 1), "day"),
            (date(2026, 6, 1), date(2026, 6, 7), "week"),
            (date(2026, 2, 1), date(2026, 2, 28), "month"),
            (date(2026, 2, 2), date(2026, 3, 1), "period"),
            (date(2026, 4, 1), date(2026, 6, 30), "quarter"),
            (date(2026, 5, 1), date(2026, 7, 31), "period"),
        ] {
            assert_eq!(granularity(range(first, last)), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}", pattern in ".{0,10}") {
            let mut formats = [MONTHS, &[Format::MonthFirst, Format::DayFirst, Format::Japanese]].concat();
            formats.push(Format::Pattern(pattern));
            let _ = read(&text, &formats);
            let _ = in_name(&text);
        }
    }
}
