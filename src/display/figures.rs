//! The figures of a campaign that people see, in their order.

use rows::{Currency, Micros};

use super::text;
use crate::insight::figures::Figures;

/// One of them.
pub struct Figure {
    /// Its name.
    pub label: &'static str,
    /// An amount: the currency stands with the label.
    pub in_currency: bool,
    /// Its value, where it is known.
    pub of: fn(&Figures, Option<Currency>) -> Option<String>,
}

/// All of them.
pub const FIGURES: [Figure; 10] = [
    amount("Spend", |figures, currency| Some(text::amount(Micros(figures.counts.spend_micros?), currency))),
    number("Impressions", |figures, _| figures.counts.impressions.map(text::count)),
    number("Clicks", |figures, _| figures.counts.clicks.map(text::count)),
    number("CTR", |figures, _| figures.ctr.map(|ctr| text::percent(ctr, 2))),
    amount("CPC", |figures, currency| Some(text::price(Micros(figures.cpc_micros?), currency))),
    amount("CPM", |figures, currency| Some(text::price(Micros(figures.cpm_micros?), currency))),
    number("Video views", |figures, _| figures.counts.video_views.map(text::count)),
    number("Conversions", |figures, _| Some(text::quantity(Micros(figures.counts.conversions_micros?)))),
    amount("Cost / conv.", |figures, currency| {
        Some(text::price(Micros(figures.cost_per_conversion_micros?), currency))
    }),
    number("ROAS", |figures, _| figures.roas.map(|roas| format!("{roas:.2}"))),
];

type Of = fn(&Figures, Option<Currency>) -> Option<String>;

const fn amount(label: &'static str, of: Of) -> Figure {
    Figure { label, in_currency: true, of }
}

const fn number(label: &'static str, of: Of) -> Figure {
    Figure { label, in_currency: false, of }
}
