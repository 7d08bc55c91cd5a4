//! For a terminal: totals by currency, then tracks by service, most revenue first.

use std::fmt::Write;

use rows::{Currency, Decimal, decimal::Sum};

use super::{
    question::Period,
    summary::{Shown, TrackSum},
};
use crate::{
    display::text,
    report::grid::{Grid, UNKNOWN, cut, printable},
};

/// Columns of the terminal that an artist's name takes at most.
const ARTIST_MAX: usize = 24;
/// Columns of words: they stand to the left.
const WORDS: &[&str] = &["Track", "Artist", "ISRC", "Tenant", "Service"];
/// What leaves a table that does not fit, first to last.
const DISPENSABLE: &[&str] = &["ISRC", "Quantity", "Tenant", "Artist", "Service"];

/// The whole report, in a table not wider than `width`.
pub(super) fn print(shown: &Shown, period: &Period, width: Option<usize>) -> String {
    let mut out = format!(
        "Royalties of sales whose period ends {}. Adjustments are part of the sums; {UNKNOWN} is not known; * without \
         lines of which it is not known.\n\n",
        days(period)
    );
    if shown.totals.is_empty() {
        out.push_str(nothing());
        out.push('\n');
        return out;
    }
    for (currency, amounts) in &shown.totals {
        let mut without = String::new();
        if amounts.revenue.unknown() > 0 {
            let _ = write!(without, ", {} without an amount", count(amounts.revenue.unknown()));
        }
        let _ = writeln!(
            out,
            "Total: {} of {} {}{without}",
            money(amounts.revenue.known(), *currency),
            count(amounts.lines),
            if amounts.lines == 1 { "line" } else { "lines" }
        );
    }
    out.push('\n');
    grid(shown).write_to(&mut out, width);
    for (currency, tracks) in shown.tracks.iter().filter(|(_, tracks)| tracks.left_out > 0) {
        let code = currency.map_or_else(|| "no currency".to_owned(), |currency| currency.to_string());
        let _ = writeln!(
            out,
            "{} more with less revenue in {code}: csv and json have all.",
            text::count(i64::try_from(tracks.left_out).unwrap_or(i64::MAX))
        );
    }
    out
}

/// In words, which days.
pub(super) fn days(period: &Period) -> String {
    let Period { days, is_usual } = period;
    let usual = if *is_usual { " (the last twelve months that there are)" } else { "" };
    format!("from {} to {}{usual}", days.first, days.last)
}

/// What is said instead of nothing.
pub(super) const fn nothing() -> &'static str {
    "No statement that is loaded has sales whose period ends on these days."
}

fn grid(shown: &Shown) -> Grid {
    let heads = ["Track", "Artist", "ISRC", "Tenant", "Service", "Currency", "Quantity", "Revenue"];
    let mut rows = vec![heads.map(ToOwned::to_owned).to_vec()];
    rows.extend(shown.tracks.values().flat_map(|tracks| tracks.shown.iter().map(row)));
    if !shown.has_tenants {
        let place = heads.iter().position(|head| *head == "Tenant").unwrap_or_default();
        for row in &mut rows {
            drop(row.remove(place));
        }
    }
    Grid { rows, words: WORDS, dispensable: DISPENSABLE }
}

fn row(track: &TrackSum) -> Vec<String> {
    let artist = track.artist_name.as_deref().map_or_else(|| UNKNOWN.to_owned(), printable);
    vec![
        printable(track.name()),
        cut(&artist, ARTIST_MAX),
        track.isrc.as_deref().map_or_else(|| UNKNOWN.to_owned(), printable),
        printable(&track.tenant),
        printable(&track.service),
        track.currency.map_or_else(|| UNKNOWN.to_owned(), |currency| currency.to_string()),
        marked(track.amounts.quantity, quantity),
        marked(track.amounts.revenue, |sum| amount(sum, track.currency)),
    ]
}

/// What is known, with a mark where that is not all.
pub(super) fn marked(sum: Sum, shown: impl Fn(Decimal) -> String) -> String {
    let mark = if sum.unknown() > 0 { "*" } else { "" };
    sum.known().map_or_else(|| UNKNOWN.to_owned(), |known| format!("{}{mark}", shown(known)))
}

/// Rounded once, to the decimals that the currency has.
pub(super) fn amount(sum: Decimal, currency: Option<Currency>) -> String {
    let rounded = sum.with_decimals(currency.map_or(2, Currency::exponent));
    rounded.map_or_else(|| UNKNOWN.to_owned(), |rounded| text::amount(rounded, currency))
}

/// With its currency.
pub(super) fn money(sum: Option<Decimal>, currency: Option<Currency>) -> String {
    let code = currency.map_or_else(|| "(currency unknown)".to_owned(), |currency| currency.to_string());
    format!("{} {code}", sum.map_or_else(|| UNKNOWN.to_owned(), |sum| amount(sum, currency)))
}

/// How many, which may be fractional.
pub(super) fn quantity(sum: Decimal) -> String {
    sum.with_decimals(2).map_or_else(|| UNKNOWN.to_owned(), text::quantity)
}

/// How many lines.
pub(super) fn count(lines: u64) -> String {
    text::count(i64::try_from(lines).unwrap_or(i64::MAX))
}
