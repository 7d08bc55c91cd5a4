//! Sums and what is made of them.

use rows::{Micros, money::RawSpend, snapshot::CampaignWindow};
use serde::Serialize;

use crate::insight::ratio;

/// Counts of one day; null = the source does not say. Amounts in millionths of the currency's major unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DayFigures {
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

/// Sums over days, and their ratios; null = the source does not say, or there is nothing to divide by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
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

// === impl DayFigures ===

impl From<CampaignWindow> for DayFigures {
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

// === impl Figures ===

impl Figures {
    /// Of all of these together: one currency.
    pub fn sum(windows: impl Iterator<Item = CampaignWindow>) -> Self {
        let sum = windows.reduce(CampaignWindow::plus).unwrap_or_default();
        let DayFigures {
            spend_micros,
            impressions,
            clicks,
            conversions_micros,
            conversion_value_micros,
            video_views,
        } = sum.into();
        let spend = sum.spend.map(|RawSpend(spend)| spend);
        let micros = |amount: Option<Micros>| amount.map(|amount| amount.0);
        Self {
            spend_micros,
            impressions,
            clicks,
            conversions_micros,
            conversion_value_micros,
            video_views,
            ctr: ratio::ctr(clicks, impressions),
            cpc_micros: micros(ratio::cpc(spend, clicks)),
            cpm_micros: micros(ratio::cpm(spend, impressions)),
            cost_per_conversion_micros: micros(ratio::cost_per_conversion(spend, sum.conversions)),
            roas: ratio::roas(sum.conversion_value, spend),
        }
    }

    /// The sums again.
    pub fn window(&self) -> CampaignWindow {
        CampaignWindow {
            impressions: self.impressions,
            clicks: self.clicks,
            conversions: self.conversions_micros.map(Micros),
            video_views: self.video_views,
            spend: self.spend_micros.map(|spend| RawSpend(Micros(spend))),
            conversion_value: self.conversion_value_micros.map(Micros),
        }
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
        assert_eq!((figures.spend_micros, figures.clicks), (Some(6_000_000), Some(10)));
        assert_eq!((figures.ctr, figures.cpc_micros), (Some(0.01), Some(600_000)));
        assert_eq!(figures.cpm_micros, Some(6_000_000));
        assert_eq!((figures.roas, figures.cost_per_conversion_micros), (None, None));
        assert_eq!(Figures::sum(std::iter::once(figures.window())), figures);
    }

    #[test]
    fn without_a_day_nothing_is_known() {
        assert_eq!(Figures::sum(std::iter::empty()), Figures::default());
    }
}
