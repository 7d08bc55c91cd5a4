//! The figures of a campaign that people see, in their order.

use rows::{Currency, Micros, money::Spend};

use super::text;
use crate::{
    audience::{Amount, said},
    insight::figures::Figures,
};

/// One of them.
pub struct Figure<M> {
    /// Its name.
    pub label: &'static str,
    /// An amount: the currency stands with the label.
    pub in_currency: bool,
    /// Its value, where it is known.
    pub of: Of<M>,
}

/// Its value as text.
type Of<M> = fn(&Figures<M>, Option<Currency>) -> Option<String>;

// === impl Figures ===

impl<M: Spend> Figures<M> {
    /// All that are shown.
    pub(crate) const SHOWN: [Figure<M>; 10] = [
        amount("Spend", |figures, currency| Some(text::amount(micros(figures.counts.spend)?, currency))),
        number("Impressions", |figures, _| figures.counts.impressions.map(text::count)),
        number("Clicks", |figures, _| figures.counts.clicks.map(text::count)),
        number("CTR", |figures, _| figures.ctr.map(|ctr| text::percent(ctr, 2))),
        amount("CPC", |figures, currency| Some(text::price(micros(figures.cpc)?, currency))),
        amount("CPM", |figures, currency| Some(text::price(micros(figures.cpm)?, currency))),
        number("Video views", |figures, _| figures.counts.video_views.map(text::count)),
        number("Conversions", |figures, _| Some(text::quantity(Micros(figures.counts.conversions_micros?)))),
        amount("Cost / conv.", |figures, currency| {
            Some(text::price(micros(figures.cost_per_conversion)?, currency))
        }),
        number("ROAS", |figures, _| figures.roas.map(|roas| format!("{roas:.2}"))),
    ];
}

/// The amount, to be written now.
fn micros<M: Spend>(amount: Option<Amount<M>>) -> Option<Micros> {
    amount.map(|Amount(spend)| said(spend))
}

const fn amount<M>(label: &'static str, of: Of<M>) -> Figure<M> {
    Figure { label, in_currency: true, of }
}

const fn number<M>(label: &'static str, of: Of<M>) -> Figure<M> {
    Figure { label, in_currency: false, of }
}
