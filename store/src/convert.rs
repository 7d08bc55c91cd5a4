//! Between the worker's types and the columns'.

use jiff::Timestamp;
use rows::{Currency, Day, Micros};
use sea_orm::entity::prelude::{Date, DateTimeUtc};

/// Seconds since 1970.
pub fn seconds(instant: Timestamp) -> i64 {
    instant.as_second()
}

/// A day as the driver takes it. Both calendars are proleptic Gregorian and hold the years -9999 to 9999.
pub fn chrono_day(day: Day) -> Date {
    let (year, month, number) = (day.year(), day.month(), day.day());
    Date::from_ymd_opt(i32::from(year), u32::from(month.unsigned_abs()), u32::from(number.unsigned_abs()))
        .unwrap_or_default()
}

/// A day as the worker takes it; nothing for years beyond 9999, which the worker never writes.
pub fn day(date: Date) -> Option<Day> {
    use chrono::Datelike;
    Day::new(
        i16::try_from(date.year()).ok()?,
        i8::try_from(date.month()).ok()?,
        i8::try_from(date.day()).ok()?,
    )
    .ok()
}

/// An instant as the driver takes it, to the microsecond (what PostgreSQL keeps).
pub fn utc(instant: Timestamp) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_micros(instant.as_microsecond()).unwrap_or_default()
}

/// An instant as the worker takes it.
pub fn timestamp(instant: DateTimeUtc) -> Timestamp {
    Timestamp::from_microsecond(instant.timestamp_micros()).unwrap_or_default()
}

/// A list of ids as JSON text.
pub fn json_list(ids: &[String]) -> String {
    serde_json::Value::from(ids).to_string()
}

/// Decimals of a currency's minor unit by ISO 4217.
pub fn exponent_of(currency: Currency) -> u8 {
    currency.exponent()
}

/// Micros as minor units, rounded half away from zero.
pub fn minor_units(amount: Micros, exponent: u8) -> i64 {
    let divisor = 10_i64.pow(6 - u32::from(exponent.min(6)));
    let (whole, rest) = (amount.0 / divisor, amount.0 % divisor);
    whole + if rest.abs() * 2 >= divisor { rest.signum() } else { 0 }
}

/// At most so many characters of a text, without U+0000, which PostgreSQL's text cannot hold.
pub fn shortened(text: &str) -> String {
    text.chars().filter(|character| *character != '\0').take(crate::limits::TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn minor_units_are_rounded_half_away_from_zero() {
        assert_eq!(minor_units(Micros(8_325_000), 2), 833);
        assert_eq!(minor_units(Micros(-8_325_000), 2), -833);
        assert_eq!(minor_units(Micros(8_324_999), 2), 832);
        assert_eq!(minor_units(Micros(500_000), 0), 1);
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(minor_units(Micros(500_000_000), exponent_of(yen)), 500);
        assert_eq!(minor_units(Micros(1_000_000), 6), 1_000_000);
    }

    proptest! {
        #[test]
        fn days_and_instants_read_back(offset in -700_000_i64..2_900_000, micros in 0_i64..4_000_000_000_000_000) {
            let there = rows::day::plus_days(date(1970, 1, 1), offset);
            prop_assert_eq!(day(chrono_day(there)), Some(there));
            let instant = Timestamp::from_microsecond(micros).unwrap();
            prop_assert_eq!(timestamp(utc(instant)), instant);
        }
    }
}
