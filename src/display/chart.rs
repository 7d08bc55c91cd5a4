//! A campaign's spend by day, as a small picture: a bar a day, nothing where nothing is known.

use maud::{Markup, html};
use rows::{Currency, Micros, money::RawSpend};
use store::read::CampaignDays;

use super::text;

/// Width of a day in the picture's own units.
const STEP: usize = 10;
/// Width of a bar.
const BAR: usize = 7;
/// Height of the highest bar.
const HEIGHT: i64 = 48;
/// Height of a day without spend: seen, and no bar.
const ZERO: i64 = 1;
/// Height of the smallest bar.
const LEAST: i64 = 3;

/// The picture with its caption. `id` is unique on the page.
pub fn chart(days: &CampaignDays, currency: Option<Currency>, id: &str) -> Markup {
    let spend: Vec<Option<Micros>> =
        days.spend.iter().map(|spend| spend.map(|RawSpend(spend)| spend)).collect();
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
    let width = spend.len() * STEP;
    html! {
        figure.chart {
            svg viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img"
                aria-labelledby=(format!("{id}-t {id}-d"))
            {
                title id=(format!("{id}-t")) { "Spend by day, " (range) }
                desc id=(format!("{id}-d")) { (description) }
                @for (place, (day, spend)) in days.days.days().zip(&spend).enumerate() {
                    @if let Some(spend) = spend {
                        @let height = height(*spend, highest);
                        rect.soft[is_provisional(day)] x=(place * STEP) y=(HEIGHT - height) width=(BAR) height=(height) {
                            title { (text::day(day)) ": " (text::money(*spend, currency)) }
                        }
                    }
                }
            }
            figcaption {
                span { (text::day(days.days.first)) }
                span { "peak " (text::money(highest, currency)) }
                span { (text::day(days.days.last)) }
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
    use rows::DayRange;

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
    fn without_any_day_it_says_so() {
        let html = chart(&days(&[None, None]), None, "c0").into_string();
        assert!(html.contains("has been read yet") && !html.contains("<svg"));
    }
}
