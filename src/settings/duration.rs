//! Durations as configuration writes them: `15m`, `1h30m`, `1d`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// What is accepted, as a regular expression for the schema.
pub const PATTERN: &str = "^([0-9]+(ms|s|m|h|d|w))+$";

/// Units and their length in milliseconds. A day is 24 hours here; account days are the engine's business.
const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Reads a duration; nothing when the text is none or does not fit.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut milliseconds: u64 = 0;
    while !rest.is_empty() {
        let digits_end = rest.find(|symbol: char| !symbol.is_ascii_digit())?;
        let (count, after) = rest.split_at(digits_end);
        let unit_end = after.find(|symbol: char| symbol.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        milliseconds = milliseconds.checked_add(count.parse::<u64>().ok()?.checked_mul(*length)?)?;
        rest = next;
    }
    (!text.is_empty()).then(|| Duration::from_millis(milliseconds))
}

/// For serde.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("not a duration"))
}

/// For serde, optional.
pub fn deserialize_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_refused() {
        for (text, seconds) in
            [("15m", 900), ("6h", 21_600), ("1d", 86_400), ("1h30m", 5_400), ("2w", 1_209_600), ("0s", 0)]
        {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        for text in
            ["", "15", "m", "15 m", "-1h", "1.5h", "1y", "99999999999999999999s", "18446744073709551615w"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
