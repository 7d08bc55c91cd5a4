//! Numbers and instants as people read them. What is unknown is a dash, never a zero.

use std::borrow::Cow;

use jiff::Timestamp;
use maud::{Markup, html};
use rows::{Currency, Day, Micros, zone::zone};

/// A dash that reads "unknown".
pub fn unknown() -> Markup {
    html! { span.unknown { span aria-hidden="true" { "–" } span.hidden { "unknown" } } }
}

/// What is known, or a dash.
pub fn or_unknown(text: Option<String>) -> Markup {
    text.map_or_else(unknown, |text| html! { (text) })
}

/// Characters of a name that are shown: people and visitors write novels.
const NAME_CHARS: usize = 80;

/// A name of usual length.
pub fn short(name: &str) -> Cow<'_, str> {
    shortened(name, NAME_CHARS)
}

/// A name of usual length, with all of it where the pointer rests.
pub fn cut(name: &str) -> Markup {
    match short(name) {
        Cow::Borrowed(name) => html! { (name) },
        Cow::Owned(short) => html! { span title=(name) { (short) } },
    }
}

/// The first so many characters, the last of them `…` where there are more.
pub fn shortened(text: &str, chars: usize) -> Cow<'_, str> {
    if text.chars().nth(chars).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    Cow::Owned(format!("{kept}…"))
}

/// `1,234,567`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1,234.50`: micros with so many decimals (0 to 6), rounded half away from zero.
pub fn decimal(amount: Micros, decimals: u8) -> String {
    let decimals = decimals.min(6);
    let divisor = 10_i128.pow(u32::from(6 - decimals));
    let factor = 10_i128.pow(u32::from(decimals));
    let scaled = (i128::from(amount.0.unsigned_abs()) + divisor / 2) / divisor;
    let whole = count(i64::try_from(scaled / factor).unwrap_or(i64::MAX));
    let sign = if amount.0 < 0 && scaled > 0 { "−" } else { "" };
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{:0width$}", scaled % factor, width = usize::from(decimals))
}

/// An amount in its currency's decimals, without its code.
pub fn amount(amount: Micros, currency: Option<Currency>) -> String {
    decimal(amount, currency.map_or(2, Currency::exponent))
}

/// A price of something small: at least two decimals.
pub fn price(amount: Micros, currency: Option<Currency>) -> String {
    decimal(amount, currency.map_or(2, Currency::exponent).max(2))
}

/// `1,234.50 EUR`.
pub fn money(sum: Micros, currency: Option<Currency>) -> String {
    let code = currency.map_or_else(|| "(currency unknown)".to_owned(), |currency| currency.to_string());
    format!("{} {code}", amount(sum, currency))
}

/// A number that may be fractional: `12` or `12.5`.
pub fn quantity(number: Micros) -> String {
    let text = decimal(number, 2);
    text.strip_suffix(".00").map_or(text.clone(), ToOwned::to_owned)
}

/// `1.25 %`.
pub fn percent(ratio: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", ratio * 100.0)
}

/// `24 Nov`.
pub fn day(day: Day) -> String {
    day.strftime("%-d %b").to_string()
}

/// `24 Nov 2026`.
pub fn day_of_year(day: Day) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// `3 min ago`, `in 2 h`, with the instant itself below.
pub fn instant(at: Option<Timestamp>, now: Timestamp) -> Markup {
    let Some(at) = at else { return unknown() };
    html! {
        time datetime=(machine(at)) {
            span.main { (relative(at, now)) }
            " "
            span.fine { (at.strftime("%-d %b %H:%M:%S UTC")) }
        }
    }
}

/// `24 Nov 2026, 09:12:31 UTC`.
pub fn utc(at: Timestamp) -> Markup {
    html! { time datetime=(machine(at)) { (at.strftime("%-d %b %Y, %H:%M:%S UTC")) } }
}

/// `10:12 Europe/Berlin (09:12 UTC)`; with its day where that is not `today`.
pub fn in_zone(at: Timestamp, zone_name: &str, today: Option<Day>) -> Markup {
    let Some(zone) = zone(zone_name) else { return utc(at) };
    let local = zone.to_datetime(at);
    let text = if Some(local.date()) == today {
        local.strftime("%H:%M").to_string()
    } else {
        local.strftime("%-d %b %H:%M").to_string()
    };
    html! {
        time datetime=(machine(at)) {
            (text) " " (zone_name)
            @if zone_name != "UTC" { " (" (at.strftime("%H:%M UTC")) ")" }
        }
    }
}

/// How long ago, or how long until.
fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let span = match seconds.unsigned_abs() {
        0..10 => return "now".to_owned(),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds @ 60..5_400 => format!("{} min", (seconds + 30) / 60),
        seconds @ 5_400..172_800 => format!("{} h", (seconds + 1_800) / 3_600),
        seconds => format!("{} d", (seconds + 43_200) / 86_400),
    };
    if seconds < 0 { format!("{span} ago") } else { format!("in {span}") }
}

fn machine(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_hand() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(-1_234_567)],
            ["0", "999", "1,000", "−1,234,567"]
        );
        assert_eq!(count(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!(decimal(Micros(1_234_565_000), 2), "1,234.57");
        assert_eq!(decimal(Micros(-5_000), 2), "−0.01");
        assert_eq!(decimal(Micros(-4_999), 2), "0.00", "no minus before nothing");
        assert_eq!(decimal(Micros(999_999), 0), "1");
        assert_eq!(decimal(Micros(1), 6), "0.000001");
        assert_eq!(quantity(Micros(12_000_000)), "12");
        assert_eq!(quantity(Micros(12_500_000)), "12.50");
        let yen = Currency::parse("JPY").ok();
        assert_eq!(
            (money(Micros(1_500_400_000), yen), price(Micros(34_500_000), yen)),
            ("1,500 JPY".to_owned(), "34.50".to_owned())
        );
        assert_eq!(percent(0.012_345, 2), "1.23 %");
    }

    #[test]
    fn a_long_name_is_cut_and_there_in_whole() {
        assert_eq!(cut("Night <Drive>").into_string(), "Night &lt;Drive&gt;");
        let long = format!("<{}>", "ü".repeat(100));
        let shown = cut(&long).into_string();
        assert_eq!(short(&long).chars().count(), NAME_CHARS);
        assert!(shown.starts_with("<span title=\"&lt;üüü"), "{shown}");
        assert!(
            shown.contains(&format!("{}&gt;\"", "ü".repeat(100))) && shown.ends_with("ü…</span>"),
            "{shown}"
        );
        assert_eq!((shortened("abc", 3), shortened("abcd", 3)), ("abc".into(), "ab…".into()));
    }

    #[test]
    fn time_is_told_by_its_distance() {
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        let of = |text: &str| relative(text.parse().unwrap(), now);
        assert_eq!(of("2026-11-24T08:57:00Z"), "3 min ago");
        assert_eq!(of("2026-11-24T09:00:05Z"), "now");
        assert_eq!(of("2026-11-24T11:00:00Z"), "in 2 h");
        assert_eq!(of("2026-11-21T09:00:00Z"), "3 d ago");
    }

    #[test]
    fn an_accounts_time_is_its_own() {
        let at: Timestamp = "2026-11-24T23:30:00Z".parse().unwrap();
        let today = Some(jiff::civil::date(2026, 11, 25));
        let text = in_zone(at, "Europe/Berlin", today).into_string();
        assert!(text.contains("00:30 Europe/Berlin (23:30 UTC)"), "{text}");
    }
}
