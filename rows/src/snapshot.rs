//! Campaigns and payments as they stand: what metrics, pages and caches show of the tables.

use jiff::Timestamp;

use crate::{Currency, Micros, money::RawSpend};

/// The same figures over each window of an account's own days; `None` until the window has been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Windows<T> {
    /// The current day, so far.
    pub today: Option<T>,
    /// The day before.
    pub yesterday: Option<T>,
    /// Seven days, today the last.
    pub last_7_days: Option<T>,
    /// Twenty-eight days, today the last.
    pub last_28_days: Option<T>,
}

/// Sums of one campaign over one window; `None` is "the source does not say".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CampaignWindow {
    /// Times shown.
    pub impressions: Option<i64>,
    /// Clicks on the link.
    pub clicks: Option<i64>,
    /// Conversions by the configured definition; may be fractional.
    pub conversions: Option<Micros>,
    /// Views by the network's definition.
    pub video_views: Option<i64>,
    /// What the network charged, in the campaign's currency.
    pub spend: Option<RawSpend>,
    /// Value of the conversions, in the campaign's currency.
    pub conversion_value: Option<Micros>,
}

/// A campaign as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignSnapshot {
    /// The connection that reads it; series of a connection that is gone are gone.
    pub connection: String,
    /// Integration.
    pub provider: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Account at the network.
    pub account_id: String,
    /// The network's id.
    pub campaign_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is optimised for.
    pub objective: Option<String>,
    /// What the advertiser asked for.
    pub status: Option<String>,
    /// What is really happening.
    pub effective_status: Option<String>,
    /// Currency of every amount.
    pub currency: Option<Currency>,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// Budget a day.
    pub daily_budget: Option<Micros>,
    /// Budget for its whole life.
    pub lifetime_budget: Option<Micros>,
    /// Everything spent since it began, where all of that has been read.
    pub lifetime_spend: Option<RawSpend>,
    /// Whether it is in its learning phase.
    pub learning: Option<bool>,
    /// When it starts delivering.
    pub start_at: Option<Timestamp>,
    /// When it stops.
    pub end_at: Option<Timestamp>,
    /// When today was last read from the network, if known: pacing compares the spend with the time that had passed
    /// then.
    pub read_at: Option<Timestamp>,
    /// The sums.
    pub windows: Windows<CampaignWindow>,
}

/// Payments of one connection and currency over one window, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaymentWindow {
    /// Charged to customers.
    pub gross_minor: i64,
    /// Kept by the payment provider.
    pub fees_minor: i64,
    /// Given back to customers.
    pub refunds_minor: i64,
    /// What is left.
    pub net_minor: i64,
}

/// Payments of one connection and currency as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSnapshot {
    /// The connection that reads them.
    pub connection: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// Decimals of the currency's minor unit: 2 for cents, 0 for yen.
    pub exponent: u8,
    /// IANA name of the zone of its days; one that is not known counts as UTC.
    pub time_zone: String,
    /// The sums.
    pub windows: Windows<PaymentWindow>,
    /// Monthly recurring revenue.
    pub mrr: Option<Micros>,
}

// === impl Windows ===

impl<T> Windows<T> {
    /// Those that are known, each with its label.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, &T)> {
        [
            ("today", &self.today),
            ("yesterday", &self.yesterday),
            ("7d", &self.last_7_days),
            ("28d", &self.last_28_days),
        ]
        .into_iter()
        .filter_map(|(label, window)| Some((label, window.as_ref()?)))
    }
}
