//! The figures that people see, in the order of the table and of the page.

use rows::{Currency, Micros};

use super::Figures;
use crate::http::page::text;

/// One figure.
pub struct Column {
    /// Its name.
    pub label: &'static str,
    /// An amount of the campaign's currency.
    pub in_currency: bool,
    /// Its value, where it is known.
    pub of: fn(&Figures, Option<Currency>) -> Option<String>,
}

/// All of them.
pub const COLUMNS: [Column; 10] = [
    amount("Spend", |figures, currency| Some(text::amount(Micros(figures.spend_micros?), currency))),
    number("Impressions", |figures, _| figures.impressions.map(text::count)),
    number("Clicks", |figures, _| figures.clicks.map(text::count)),
    number("CTR", |figures, _| figures.ctr.map(|ctr| text::percent(ctr, 2))),
    amount("CPC", |figures, currency| Some(text::price(Micros(figures.cpc_micros?), currency))),
    amount("CPM", |figures, currency| Some(text::price(Micros(figures.cpm_micros?), currency))),
    number("Video views", |figures, _| figures.video_views.map(text::count)),
    number("Conversions", |figures, _| Some(text::quantity(Micros(figures.conversions_micros?)))),
    amount("Cost / conv.", |figures, currency| {
        Some(text::price(Micros(figures.cost_per_conversion_micros?), currency))
    }),
    number("ROAS", |figures, _| figures.roas.map(|roas| format!("{roas:.2}"))),
];

type Of = fn(&Figures, Option<Currency>) -> Option<String>;

const fn amount(label: &'static str, of: Of) -> Column {
    Column { label, in_currency: true, of }
}

const fn number(label: &'static str, of: Of) -> Column {
    Column { label, in_currency: false, of }
}
