//! A campaign as readers of the cache get it: the JSON that `docs/cache.md` promises.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use rows::{
    Micros,
    day::day_at,
    figures::{CampaignFigures, CampaignWindow},
    money::Basis,
    zone::zone,
};
use serde::Serialize;

use crate::audience::said;

/// Raised when a reader of the old form would misread the new one.
const SCHEMA: u32 = 1;

/// The whole value. `null` is "the source does not say".
#[derive(Debug, Serialize)]
pub struct CampaignValue<'a> {
    schema: u32,
    connection: &'a str,
    provider: &'a str,
    tenant: &'a str,
    account_id: &'a str,
    campaign_id: &'a str,
    name: Option<&'a str>,
    objective: Option<&'a str>,
    status: Option<&'a str>,
    effective_status: Option<&'a str>,
    currency: Option<&'a str>,
    time_zone: &'a str,
    today: Option<String>,
    spend_basis: &'static str,
    daily_budget: Option<Decimal>,
    lifetime_budget: Option<Decimal>,
    lifetime_spend: Option<Decimal>,
    learning: Option<bool>,
    start_at: Option<Timestamp>,
    end_at: Option<Timestamp>,
    windows: WindowValues,
    read_at: Option<Timestamp>,
    written_at: Option<Timestamp>,
}

/// A number with a fraction, exactly, twice.
#[derive(Debug, Serialize)]
struct Decimal {
    micros: i64,
    decimal: String,
}

#[derive(Debug, Serialize)]
struct WindowValues {
    today: Option<WindowValue>,
    yesterday: Option<WindowValue>,
    #[serde(rename = "7d")]
    last_7_days: Option<WindowValue>,
    #[serde(rename = "28d")]
    last_28_days: Option<WindowValue>,
}

#[derive(Debug, Serialize)]
struct WindowValue {
    impressions: Option<i64>,
    clicks: Option<i64>,
    conversions: Option<Decimal>,
    video_views: Option<i64>,
    spend: Option<Decimal>,
    conversion_value: Option<Decimal>,
}

/// What listeners are told.
#[derive(Debug, Serialize)]
pub struct ChangeValue<'a> {
    /// Where the value is, prefix included.
    pub key: &'a str,
    /// `updated` or `removed`.
    pub change: &'static str,
}

// === impl CampaignValue ===

impl<'a> CampaignValue<'a> {
    /// The campaign as it stands at `now`.
    pub fn of(campaign: &'a CampaignFigures, now: Timestamp) -> Self {
        let windows = &campaign.windows;
        Self {
            schema: SCHEMA,
            connection: &campaign.connection,
            provider: &campaign.provider,
            tenant: &campaign.tenant,
            account_id: &campaign.account_id,
            campaign_id: &campaign.campaign_id,
            name: campaign.name.as_deref(),
            objective: campaign.objective.as_deref(),
            status: campaign.status.as_deref(),
            effective_status: campaign.effective_status.as_deref(),
            currency: campaign.currency.as_ref().map(rows::Currency::as_str),
            time_zone: &campaign.time_zone,
            today: zone(&campaign.time_zone).map(|zone| day_at(now, &zone).to_string()),
            spend_basis: Basis::Raw.as_str(),
            daily_budget: campaign.daily_budget.map(Decimal::of),
            lifetime_budget: campaign.lifetime_budget.map(Decimal::of),
            lifetime_spend: campaign.lifetime_spend.map(|spend| Decimal::of(said(spend))),
            learning: campaign.learning,
            start_at: campaign.start_at,
            end_at: campaign.end_at,
            windows: WindowValues {
                today: windows.today.map(WindowValue::of),
                yesterday: windows.yesterday.map(WindowValue::of),
                last_7_days: windows.last_7_days.map(WindowValue::of),
                last_28_days: windows.last_28_days.map(WindowValue::of),
            },
            read_at: None,
            written_at: None,
        }
    }

    /// The bytes to store, and a number that differs when anything but the times of reading and writing does.
    pub fn bytes(
        mut self,
        campaign: &CampaignFigures,
        now: Timestamp,
    ) -> Result<(Vec<u8>, u64), serde_json::Error> {
        let mut hasher = DefaultHasher::new();
        serde_json::to_vec(&self)?.hash(&mut hasher);
        self.read_at = campaign.read_at;
        self.written_at = Some(now);
        Ok((serde_json::to_vec(&self)?, hasher.finish()))
    }
}

// === impl WindowValue ===

impl WindowValue {
    fn of(window: CampaignWindow) -> Self {
        Self {
            impressions: window.impressions,
            clicks: window.clicks,
            conversions: window.conversions.map(Decimal::of),
            video_views: window.video_views,
            spend: window.spend.map(|spend| Decimal::of(said(spend))),
            conversion_value: window.conversion_value.map(Decimal::of),
        }
    }
}

// === impl Decimal ===

impl Decimal {
    fn of(micros: Micros) -> Self {
        Self { micros: micros.0, decimal: micros.to_string() }
    }
}
