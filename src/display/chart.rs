//! Amounts by day or month, as a small picture: a bar each, nothing where nothing is known.

use jiff::ToSpan;
use maud::{Markup, html};
use rows::{Currency, Day, Micros, money::Spend};
use store::read::CampaignDays;

use super::text;
use crate::audience::said;

/// Width of a day or month in the picture's own units.
const STEP: usize = 10;
/// Width of a bar.
const BAR: usize = 7;
/// Height of the highest bar.
const HEIGHT: i64 = 48;
/// Height of one without an amount, or with less: seen, and no bar.
const ZERO: i64 = 1;
/// Height of the smallest bar.
const LEAST: i64 = 3;

/// One bar.
struct Bar {
    /// Which day or month.
    name: String,
    /// None where it is not known.
    amount: Option<Micros>,
    /// It may still change.
    is_soft: bool,
}

/// What stands around the bars.
struct Frame<'a> {
    /// Unique on the page.
    id: &'a str,
    title: String,
    description: String,
    /// Below the first and the last bar.
    ends: [String; 2],
}

/// A campaign's spend by day. `id` is unique on the page.
pub fn chart<M: Spend>(days: &CampaignDays<M>, currency: Option<Currency>, id: &str) -> Markup {
    let spend: Vec<Option<Micros>> = days.spend.iter().map(|spend| spend.map(said)).collect();
    let range = format!("{} to {}", text::day(days.days.first), text::day_of_year(days.days.last));
    let known = spend.iter().flatten().count();
    if known == 0 {
        return html! { p.empty { "No day from " (range) " has been read yet." } };
    }
    let highest = spend.iter().flatten().max().copied().unwrap_or(Micros::ZERO);
    let highest_day =
        days.days.days().zip(&spend).find(|(_, spend)| **spend == Some(highest)).map(|(day, _)| day);
    let is_provisional = |day| days.settled_through.is_none_or(|settled| day > settled);
    let provisional = days.days.days().filter(|day| is_provisional(*day)).count();
    let description = format!(
        "Highest {} on {}. {known} of {} days known, the last {provisional} provisional.",
        text::money(highest, currency),
        highest_day.map(text::day).unwrap_or_default(),
        spend.len(),
    );
    let bars: Vec<Bar> = days
        .days
        .days()
        .zip(&spend)
        .map(|(day, spend)| Bar { name: text::day(day), amount: *spend, is_soft: is_provisional(day) })
        .collect();
    let ends = [text::day(days.days.first), text::day(days.days.last)];
    let frame = Frame { id, title: format!("Spend by day, {range}"), description, ends };
    picture(&bars, highest, currency, &frame)
}

/// Revenue by month, from the month of `first` on; nothing where no sale of a month is known. `id` is unique on the page.
pub fn months(first: Day, revenue: &[Option<Micros>], currency: Option<Currency>, id: &str) -> Markup {
    let name = |place: usize| {
        let later = i32::try_from(place).unwrap_or(i32::MAX).months();
        first.saturating_add(later).strftime("%b %Y").to_string()
    };
    let Some((highest, at)) = revenue
        .iter()
        .enumerate()
        .filter_map(|(place, amount)| Some(((*amount)?, place)))
        .max_by_key(|(amount, _)| *amount)
    else {
        return html! {};
    };
    let known = revenue.iter().flatten().count();
    let description = format!(
        "Highest {} in {}. {known} of {} months with sales.",
        text::money(highest, currency),
        name(at),
        revenue.len()
    );
    let bars: Vec<Bar> = revenue
        .iter()
        .enumerate()
        .map(|(place, amount)| Bar { name: name(place), amount: *amount, is_soft: false })
        .collect();
    let ends = [name(0), name(revenue.len().saturating_sub(1))];
    let title = format!("Revenue by month of sale, {} to {}", ends[0], ends[1]);
    picture(&bars, highest, currency, &Frame { id, title, description, ends })
}

fn picture(bars: &[Bar], highest: Micros, currency: Option<Currency>, frame: &Frame<'_>) -> Markup {
    let Frame { id, title, description, ends: [first, last] } = frame;
    let width = bars.len() * STEP;
    html! {
        figure.chart {
            svg viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img"
                aria-labelledby=(format!("{id}-t {id}-d"))
            {
                title id=(format!("{id}-t")) { (title) }
                desc id=(format!("{id}-d")) { (description) }
                @for (place, bar) in bars.iter().enumerate() {
                    @if let Some(amount) = bar.amount {
                        @let height = height(amount, highest);
                        rect.soft[bar.is_soft] x=(place * STEP) y=(HEIGHT - height) width=(BAR) height=(height) {
                            title { (bar.name) ": " (text::money(amount, currency)) }
                        }
                    }
                }
            }
            figcaption {
                span { (first) }
                span { "peak " (text::money(highest, currency)) }
                span { (last) }
            }
        }
    }
}

fn height(spend: Micros, highest: Micros) -> i64 {
    if spend.0 <= 0 || highest.0 <= 0 {
        return ZERO;
    }
    let scaled = i128::from(spend.0) * i128::from(HEIGHT) / i128::from(highest.0);
    i64::try_from(scaled).unwrap_or(HEIGHT).max(LEAST)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rows::{DayRange, money::RawSpend};

    use super::*;

    fn days(spend: &[Option<i64>]) -> CampaignDays {
        let first = date(2026, 11, 1);
        let last = rows::day::plus_days(first, i64::try_from(spend.len()).unwrap() - 1);
        CampaignDays {
            days: DayRange::new(first, last).unwrap(),
            spend: spend.iter().map(|spend| spend.map(|micros| RawSpend(Micros(micros)))).collect(),
            settled_through: Some(date(2026, 11, 2)),
        }
    }

    #[test]
    fn an_unknown_day_is_a_gap_and_a_quiet_one_is_not() {
        let series = days(&[Some(2_000_000), None, Some(0), Some(1_000_000)]);
        let html = chart(&series, Currency::parse("EUR").ok(), "c0").into_string();
        assert_eq!(html.matches("<rect").count(), 3);
        assert!(html.contains(r#"x="0" y="0" width="7" height="48"><title>1 Nov: 2.00 EUR"#), "{html}");
        assert!(!html.contains(r#"x="10""#), "{html}");
        assert!(html.contains(r#"x="20" y="47" width="7" height="1"><title>3 Nov: 0.00 EUR"#), "{html}");
        assert!(html.contains("3 of 4 days known, the last 2 provisional"), "{html}");
        assert_eq!(html.matches(r#"class="soft""#).count(), 2);
    }

    #[test]
    fn a_month_without_sales_is_a_gap_and_one_that_was_taken_back_is_not() {
        let revenue = [Some(Micros(2_000_000)), None, Some(Micros(-500_000))];
        let html = months(date(2026, 11, 1), &revenue, Currency::parse("EUR").ok(), "r0").into_string();
        assert_eq!(html.matches("<rect").count(), 2);
        assert!(html.contains(r#"x="0" y="0" width="7" height="48"><title>Nov 2026: 2.00 EUR"#), "{html}");
        assert!(html.contains(r#"x="20" y="47" width="7" height="1"><title>Jan 2027: −0.50 EUR"#), "{html}");
        assert!(html.contains("Highest 2.00 EUR in Nov 2026. 2 of 3 months with sales."), "{html}");
        assert_eq!(months(date(2026, 11, 1), &[None], None, "r0").into_string(), "");
    }

    #[test]
    fn without_any_day_it_says_so() {
        let html = chart(&days(&[None, None]), None, "c0").into_string();
        assert!(html.contains("has been read yet") && !html.contains("<svg"));
    }
}
