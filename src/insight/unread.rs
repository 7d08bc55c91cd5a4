//! Why a window is not known, in words.

use rows::{Day, figures::Unread};

/// Which days have not been read. Days before the connection's `start_date` are not asked for: then a window becomes known
/// by itself as time goes on, or by an earlier date.
pub fn why(unread: Unread, start_date: Option<Day>) -> String {
    let Unread { first, last, days } = unread;
    let missing = match days {
        1 => format!("{first} has not been read"),
        _ => format!("{days} days from {first} to {last} have not been read"),
    };
    match start_date {
        Some(start) if first < start => format!("{missing}: the connection's start_date is {start}"),
        _ => format!("{missing} yet"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn it_says_what_is_missing_and_whether_that_will_come() {
        let day = |day| date(2026, 11, day);
        let some = Unread { first: day(1), last: day(19), days: 19 };
        let start = Some(day(20));
        assert_eq!(
            why(some, start),
            "19 days from 2026-11-01 to 2026-11-19 have not been read: the connection's start_date is 2026-11-20"
        );
        assert_eq!(why(some, Some(day(1))), "19 days from 2026-11-01 to 2026-11-19 have not been read yet");
        let one = Unread { first: day(24), last: day(24), days: 1 };
        assert_eq!(why(one, start), "2026-11-24 has not been read yet");
    }
}
