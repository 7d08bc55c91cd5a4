//! What a campaign counts, and the ratios that are made of it.

use rows::{Micros, figures::CampaignWindow, money::RawSpend};
use schemars::JsonSchema;
use serde::Serialize;

use super::ratio;

/// Counts over any days. Null = the source does not say; amounts are in millionths of the currency's major unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// What the network charged.
    pub spend_micros: Option<i64>,
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

/// Counts and their ratios. Null = the source does not say, or there is nothing to divide by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// Clicks / impressions; 0.02 = 2 %.
    pub ctr: Option<f64>,
    /// Spend / clicks.
    pub cpc_micros: Option<i64>,
    /// Spend / impressions × 1000.
    pub cpm_micros: Option<i64>,
    /// Spend / conversions.
    pub cost_per_conversion_micros: Option<i64>,
    /// Conversion value / spend; 2.0 means that each unit spent brought two.
    pub roas: Option<f64>,
}

// === impl Counts ===

impl From<CampaignWindow> for Counts {
    fn from(window: CampaignWindow) -> Self {
        Self {
            spend_micros: window.spend.map(|RawSpend(spend)| spend.0),
            impressions: window.impressions,
            clicks: window.clicks,
            conversions_micros: window.conversions.map(|conversions| conversions.0),
            conversion_value_micros: window.conversion_value.map(|value| value.0),
            video_views: window.video_views,
        }
    }
}

impl From<Counts> for CampaignWindow {
    fn from(counts: Counts) -> Self {
        Self {
            impressions: counts.impressions,
            clicks: counts.clicks,
            conversions: counts.conversions_micros.map(Micros),
            video_views: counts.video_views,
            spend: counts.spend_micros.map(|spend| RawSpend(Micros(spend))),
            conversion_value: counts.conversion_value_micros.map(Micros),
        }
    }
}

// === impl Figures ===

impl From<CampaignWindow> for Figures {
    fn from(window: CampaignWindow) -> Self {
        let CampaignWindow { impressions, clicks, conversions, conversion_value, .. } = window;
        let spend = window.spend.map(|RawSpend(spend)| spend);
        let micros = |amount: Option<Micros>| amount.map(|amount| amount.0);
        Self {
            counts: window.into(),
            ctr: ratio::ctr(clicks, impressions),
            cpc_micros: micros(ratio::cpc(spend, clicks)),
            cpm_micros: micros(ratio::cpm(spend, impressions)),
            cost_per_conversion_micros: micros(ratio::cost_per_conversion(spend, conversions)),
            roas: ratio::roas(conversion_value, spend),
        }
    }
}

impl Figures {
    /// Of all of these together, which must be in one currency: what one of them does not say is not known of all.
    pub fn sum(windows: impl Iterator<Item = CampaignWindow>) -> Self {
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
        assert_eq!((figures.counts.spend_micros, figures.counts.clicks), (Some(6_000_000), Some(10)));
        assert_eq!((figures.ctr, figures.cpc_micros), (Some(0.01), Some(600_000)));
        assert_eq!(figures.cpm_micros, Some(6_000_000));
        assert_eq!((figures.roas, figures.cost_per_conversion_micros), (None, None));
        assert_eq!(Figures::sum(std::iter::once(figures.counts.into())), figures);
    }

    #[test]
    fn without_a_day_nothing_is_known() {
        assert_eq!(Figures::sum(std::iter::empty()), Figures::default());
    }
}
