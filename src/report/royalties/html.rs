//! For reading and printing: one file that loads nothing.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rows::{Currency, Day, DayRange, Micros};

use super::{
    line::Amounts,
    question::Period,
    summary::{Groups, Shown},
    table::{amount, count, days, marked, money, nothing, quantity},
};
use crate::display::{STYLE, chart, text};

/// The whole report.
pub(super) fn print(shown: &Shown, period: &Period, now: Timestamp) -> String {
    let DayRange { first, last } = period.days;
    let range = format!("{} to {}", text::day_of_year(first), text::day_of_year(last));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Royalties, " (range) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header.top { h1.brand { "Royalties, " (range) } }
                    p.asof { "Made " (text::utc(now)) }
                    p.note {
                        "Sales whose period ends " (days(period)) ", of all statements that are loaded. Adjustments are part of the "
                        "sums; currencies are never added. What is not known is a dash, never a zero; " strong { "*" }
                        " is without lines of which it is not known."
                    }
                    @if shown.totals.is_empty() { p.empty { (nothing()) } }
                    (tiles(shown))
                    @for (place, (currency, _)) in shown.totals.iter().enumerate() { (months(shown, *currency, place)) }
                    (part("Services and stores", &["Service", "Store"], &shown.stores, |(service, store)| {
                        vec![service.clone(), store.clone()]
                    }))
                    (part("Countries", &["Country"], &shown.countries, |code| vec![country(code)]))
                    (part("Periods of sale", &["Period"], &shown.periods, |period| {
                        vec![format!("{} to {}", period.first, period.last)]
                    }))
                    (tracks(shown))
                }
                footer { p { "dynamoi " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    }
    .into_string()
}

fn tiles(shown: &Shown) -> Markup {
    html! {
        dl.tiles {
            @for (currency, amounts) in &shown.totals {
                div.tile.wide {
                    dt { "Revenue of " (count(amounts.lines)) @if amounts.lines == 1 { " line" } @else { " lines" } }
                    dd { (money(amounts.revenue.known(), *currency)) }
                    @if amounts.revenue.unknown() > 0 {
                        dd.fine { "without " (count(amounts.revenue.unknown())) " of which it is not known" }
                    }
                }
            }
        }
    }
}

/// Months from the first to the last with sales; longer periods are no month's.
fn months(shown: &Shown, currency: Option<Currency>, place: usize) -> Markup {
    let id = format!("r{place}");
    let code = currency.map_or_else(|| "no currency".to_owned(), |currency| currency.to_string());
    let by_month = shown.months.get(&currency);
    let first = by_month.and_then(|months| months.keys().next().copied());
    let last = by_month.and_then(|months| months.keys().next_back().copied());
    let revenue: Vec<Option<Micros>> = match (by_month, first, last) {
        (Some(by_month), Some(first), Some(last)) => each_month(first, last)
            .map(|month| by_month.get(&month)?.revenue.known()?.with_decimals(decimals(currency)))
            .collect(),
        _ => Vec::new(),
    };
    let others = shown.not_of_a_month.get(&currency);
    html! {
        section aria-labelledby=(format!("{id}-h")) {
            h2 id=(format!("{id}-h")) { "By month of sale, " (code) }
            @if let Some(first) = first { (chart::months(first, &revenue, currency, &id)) }
            @if let Some(others) = others {
                p.fine { "Not among the months, because their periods are not within one: " (money(others.revenue.known(), currency)) }
            }
        }
    }
}

fn each_month(first: Day, last: Day) -> impl Iterator<Item = Day> {
    let next = |month: &Day| month.last_of_month().tomorrow().ok();
    std::iter::successors(Some(first), next).take_while(move |month| *month <= last)
}

fn decimals(currency: Option<Currency>) -> u8 {
    currency.map_or(2, Currency::exponent)
}

fn part<K>(title: &str, heads: &[&str], groups: &Groups<K>, names: impl Fn(&K) -> Vec<String>) -> Markup {
    let others = || {
        let mut names = vec![String::new(); heads.len()];
        if let Some(name) = names.first_mut() {
            "all others".clone_into(name);
        }
        names
    };
    let sums = groups.sums.iter().map(|((key, currency), amounts)| (names(key), *currency, amounts));
    let rest = groups.others.iter().map(|(currency, amounts)| (others(), *currency, amounts));
    let rows: Vec<_> = sums.chain(rest).collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (title) " " span.count { (rows.len()) } }
                table.figures.visits {
                    caption.hidden { (title) }
                    thead { (head(heads)) }
                    tbody { @for (names, currency, amounts) in rows { (row(&names, currency, amounts)) } }
                }
            }
        }
    }
}

fn tracks(shown: &Shown) -> Markup {
    let heads: &[&str] = if shown.has_tenants {
        &["Track", "Artist", "ISRC", "Service", "Tenant"]
    } else {
        &["Track", "Artist", "ISRC", "Service"]
    };
    let number: usize = shown.tracks.values().map(|tracks| tracks.shown.len()).sum();
    let left_out: usize = shown.tracks.values().map(|tracks| tracks.left_out).sum();
    html! {
        @if number > 0 {
            section {
                h2 { "Tracks by service " span.count { (number) } }
                table.figures.visits {
                    caption.hidden { "Tracks by service" }
                    thead { (head(heads)) }
                    tbody {
                        @for track in shown.tracks.values().flat_map(|tracks| &tracks.shown) {
                            @let words = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
                            @let names = [
                                track.name().to_owned(),
                                words(&track.artist_name),
                                words(&track.isrc),
                                track.service.clone(),
                                track.tenant.clone(),
                            ];
                            (row(&names[..heads.len()], track.currency, &track.amounts))
                        }
                    }
                }
                @if left_out > 0 {
                    p.fine { (left_out) " more with less revenue: csv and json have all." }
                }
            }
        }
    }
}

fn head(names: &[&str]) -> Markup {
    html! {
        tr {
            @for name in names.iter().chain(&["Currency", "Quantity", "Revenue"]) { th scope="col" { (name) } }
        }
    }
}

fn row(names: &[String], currency: Option<Currency>, amounts: &Amounts) -> Markup {
    let code = currency.map(|currency| currency.to_string());
    html! {
        tr {
            @for (place, name) in names.iter().enumerate() {
                @if place == 0 { th scope="row" { (text::cut(name)) } } @else { td { (text::cut(name)) } }
            }
            td { (text::or_unknown(code)) }
            td { (marked(amounts.quantity, quantity)) }
            td { (marked(amounts.revenue, |sum| amount(sum, currency))) }
        }
    }
}

/// The code, or what its place stands for.
fn country(code: &str) -> String {
    match code {
        "" => "worldwide".to_owned(),
        "ZZ" => "not said".to_owned(),
        code => code.to_owned(),
    }
}
