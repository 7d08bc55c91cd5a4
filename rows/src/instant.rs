//! Instants as providers write them. Some stand for "none", and are no instants at all.

use jiff::Timestamp;

/// Nothing that is read here is older: an instant before the end of the first day of 1970, anywhere on earth, is a zero or a
/// minus one that somebody has formatted (`1969-12-31T15:59:59-0800`).
const FIRST_SECOND: i64 = 2 * 86_400;
/// The last second of 32 bits, signed and unsigned: somebody's "for ever".
const LAST_SECONDS: [i64; 2] = [i32::MAX as i64, u32::MAX as i64];
/// The first second of the year 9000: nobody plans so far ahead, and `9999-12-31` is another "for ever".
const FAR_FUTURE_SECOND: i64 = 221_845_392_000;

/// The instant, unless it stands for "none".
pub fn said(instant: Timestamp) -> Option<Timestamp> {
    let second = instant.as_second();
    let is_sentinel = second < FIRST_SECOND || LAST_SECONDS.contains(&second) || second >= FAR_FUTURE_SECOND;
    (!is_sentinel).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_none_is_no_instant() {
        for text in [
            "1969-12-31T15:59:59-08:00",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00-08:00",
            "1970-01-01T23:59:59-12:00",
            "0001-01-01T00:00:00Z",
            "2038-01-19T03:14:07Z",
            "2106-02-07T06:28:15Z",
            "9999-12-30T00:00:00Z",
        ] {
            assert_eq!(said(text.parse().unwrap()), None, "{text}");
        }
        for text in
            ["1970-01-03T00:00:00Z", "2026-11-28T10:00:00Z", "2038-01-19T03:14:08Z", "8999-12-31T00:00:00Z"]
        {
            assert!(said(text.parse().unwrap()).is_some(), "{text}");
        }
    }
}
