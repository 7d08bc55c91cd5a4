//! What a campaign counts, and the ratios that are made of it.

use rows::{
    Micros,
    figures::CampaignWindow,
    money::{RawSpend, Spend},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::ratio;
use crate::audience::Amount;

/// Counts over any days. Null = the source does not say; amounts are in millionths of the currency's major unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend")]
pub struct Counts<M = RawSpend> {
    /// What the network charged; in a tenant's answers what the tenant is shown of it.
    #[serde(rename = "spend_micros")]
    pub spend: Option<Amount<M>>,
    /// Times shown.
    pub impressions: Option<i64>,
    /// Clicks on the link.
    pub clicks: Option<i64>,
    /// Conversions by the configured definition, in millionths: they may be fractional.
    pub conversions_micros: Option<i64>,
    /// Value of the conversions.
    pub conversion_value_micros: Option<i64>,
    /// Views by the network's definition.
    pub video_views: Option<i64>,
}

/// Counts and their ratios, prices of the same kind as the spend. Null = the source does not say, or there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend")]
pub struct Figures<M = RawSpend> {
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts<M>,
    /// Clicks / impressions; 0.02 = 2 %.
    pub ctr: Option<f64>,
    /// Spend / clicks.
    #[serde(rename = "cpc_micros")]
    pub cpc: Option<Amount<M>>,
    /// Spend / impressions × 1000.
    #[serde(rename = "cpm_micros")]
    pub cpm: Option<Amount<M>>,
    /// Spend / conversions.
    #[serde(rename = "cost_per_conversion_micros")]
    pub cost_per_conversion: Option<Amount<M>>,
    /// Conversion value / spend; 2.0 means that each unit spent brought two.
    pub roas: Option<f64>,
}

// === impl Counts ===

impl<M: Spend> Default for Counts<M> {
    /// Nothing is known.
    fn default() -> Self {
        Self {
            spend: None,
            impressions: None,
            clicks: None,
            conversions_micros: None,
            conversion_value_micros: None,
            video_views: None,
        }
    }
}

impl<M: Spend> From<CampaignWindow<M>> for Counts<M> {
    fn from(window: CampaignWindow<M>) -> Self {
        Self {
            spend: window.spend.map(Amount),
            impressions: window.impressions,
            clicks: window.clicks,
            conversions_micros: window.conversions.map(|conversions| conversions.0),
            conversion_value_micros: window.conversion_value.map(|value| value.0),
            video_views: window.video_views,
        }
    }
}

impl<M: Spend> From<Counts<M>> for CampaignWindow<M> {
    fn from(counts: Counts<M>) -> Self {
        Self {
            impressions: counts.impressions,
            clicks: counts.clicks,
            conversions: counts.conversions_micros.map(Micros),
            video_views: counts.video_views,
            spend: counts.spend.map(|Amount(spend)| spend),
            conversion_value: counts.conversion_value_micros.map(Micros),
        }
    }
}

// === impl Figures ===

impl<M: Spend> Default for Figures<M> {
    /// Nothing is known.
    fn default() -> Self {
        CampaignWindow::<M>::default().into()
    }
}

impl<M: Spend> From<CampaignWindow<M>> for Figures<M> {
    fn from(window: CampaignWindow<M>) -> Self {
        let CampaignWindow { impressions, clicks, conversions, conversion_value, spend, .. } = window;
        let price = |of: &dyn Fn(Option<Micros>) -> Option<Micros>| {
            spend.and_then(|spend| spend.map(|micros| of(Some(micros)))).map(Amount)
        };
        Self {
            counts: window.into(),
            ctr: ratio::ctr(clicks, impressions),
            cpc: price(&|spend| ratio::cpc(spend, clicks)),
            cpm: price(&|spend| ratio::cpm(spend, impressions)),
            cost_per_conversion: price(&|spend| ratio::cost_per_conversion(spend, conversions)),
            roas: ratio::roas(conversion_value, spend.map(Spend::micros)),
        }
    }
}

impl<M: Spend> Figures<M> {
    /// Of all of these together, which must be in one currency: what one of them does not say is not known of all.
    pub fn sum(windows: impl Iterator<Item = CampaignWindow<M>>) -> Self {
        windows.reduce(CampaignWindow::plus).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_sums_and_not_sums_of_ratios() {
        let day = |spend, clicks, impressions| CampaignWindow {
            spend: Some(RawSpend(Micros(spend))),
            clicks: Some(clicks),
            impressions: Some(impressions),
            ..CampaignWindow::default()
        };
        let figures = Figures::sum([day(1_000_000, 1, 100), day(5_000_000, 9, 900)].into_iter());
        let amount = |micros| Some(Amount(RawSpend(Micros(micros))));
        assert_eq!((figures.counts.spend, figures.counts.clicks), (amount(6_000_000), Some(10)));
        assert_eq!((figures.ctr, figures.cpc), (Some(0.01), amount(600_000)));
        assert_eq!(figures.cpm, amount(6_000_000));
        assert_eq!((figures.roas, figures.cost_per_conversion), (None, None));
        assert_eq!(Figures::sum(std::iter::once(figures.counts.into())), figures);
    }

    #[test]
    fn without_a_day_nothing_is_known() {
        assert_eq!(Figures::<RawSpend>::sum(std::iter::empty()), Figures::default());
    }
}
