//! Campaigns of one currency together.

use std::collections::BTreeMap;

use rows::{
    Currency,
    figures::CampaignWindow,
    money::{RawSpend, Spend},
};
use serde::Serialize;

use super::CampaignReport;
use crate::insight::figures::Figures;

/// Campaigns of one currency together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "M: Spend")]
pub struct Total<M = RawSpend> {
    /// ISO 4217; null where it is not known.
    pub currency: Option<Currency>,
    /// How many campaigns.
    pub campaigns: usize,
    /// Of how many the spend is not known: they are not in the sums.
    pub spend_unknown: usize,
    /// Of how many days are missing: the sums are of the days that were read.
    pub incomplete: usize,
    /// Sums and ratios of those whose spend is known; null where one of them does not say.
    #[serde(flatten)]
    pub figures: Figures<M>,
}

// === impl Total ===

impl<M: Spend> Total<M> {
    pub(super) fn by_currency<'a>(campaigns: impl IntoIterator<Item = &'a CampaignReport<M>>) -> Vec<Self> {
        let mut groups: BTreeMap<Option<Currency>, Vec<&CampaignReport<M>>> = BTreeMap::new();
        for campaign in campaigns {
            groups.entry(campaign.currency).or_default().push(campaign);
        }
        let totals = groups.into_iter().map(|(currency, group)| {
            let campaigns = group.len();
            let known: Vec<_> = group.into_iter().filter(|of| of.figures.counts.spend.is_some()).collect();
            let told = known.iter().filter(|of| !of.quiet).map(|of| of.figures.counts.into());
            let only_quiet = !known.is_empty() && known.iter().all(|of| of.quiet);
            Self {
                currency,
                campaigns,
                spend_unknown: campaigns - known.len(),
                incomplete: known.iter().filter(|of| of.incomplete).count(),
                figures: if only_quiet { CampaignWindow::QUIET.into() } else { Figures::sum(told) },
            }
        });
        totals.collect()
    }
}
