//! `GET /api/v1/campaigns`.

use std::collections::HashMap;

use jiff::Timestamp;
use rows::{
    Day,
    day::plus_days,
    figures::{self, CampaignFigures, CampaignWindow, Windows},
    money::{RawSpend, Spend},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Shared,
    kind::Kind,
    query::{Filter, Part, in_state},
    schema,
};
use crate::{
    audience::{Amount, Audience},
    insight::{figures::Figures, unread},
    telemetry::shown::{CampaignId, ShownCampaign, Slice, Wanted},
};

/// Campaigns as they stand: those that are active or have spent in 28 days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend", rename = "Campaigns")]
pub struct Campaigns<M = RawSpend> {
    /// When the answer was given.
    #[schemars(schema_with = "schema::instant")]
    pub at: Timestamp,
    /// How many fit the filter, on this answer or others.
    pub total: usize,
    /// The value of `after` for the next answer; null on the last.
    pub next: Option<String>,
    /// `raw`: spend is what the networks charged. `display`: it is what the tenant is shown of that.
    pub spend_basis: &'static str,
    /// By provider, account and id.
    pub campaigns: Vec<CampaignStatus<M>>,
}

/// A campaign as it stands. Null = not known; amounts are in millionths of the currency's major unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend", rename = "CampaignStatus")]
pub struct CampaignStatus<M = RawSpend> {
    /// The network.
    pub provider: String,
    /// Its account there.
    pub account_id: String,
    /// The network's id.
    pub campaign_id: String,
    /// The connection that reads it.
    pub connection: String,
    /// Whom it belongs to.
    pub tenant: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is optimised for.
    pub objective: Option<String>,
    /// What the advertiser asked for, in the network's words.
    pub status: Option<String>,
    /// What is really happening, in the network's words.
    pub effective_status: Option<String>,
    /// Whether it is in its learning phase.
    pub learning: Option<bool>,
    /// ISO 4217: the currency of every amount.
    pub currency: Option<String>,
    /// IANA zone of its days.
    pub time_zone: String,
    /// The current day there; `null` where the zone is not known.
    #[schemars(schema_with = "schema::day_or_null")]
    pub today: Option<Day>,
    /// Budget a day; null for tenants.
    pub daily_budget_micros: Option<Amount<RawSpend>>,
    /// Budget for its whole life; null for tenants.
    pub lifetime_budget_micros: Option<Amount<RawSpend>>,
    /// Spend against even spending of the budget until now; 1 = on plan. Null for tenants.
    pub pacing: Option<f64>,
    /// When it starts delivering.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub start_at: Option<Timestamp>,
    /// When it stops.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub end_at: Option<Timestamp>,
    /// When today was last read from the network.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub read_at: Option<Timestamp>,
    /// The configured marketing campaigns that it belongs to.
    pub marketing_campaigns: Vec<String>,
    /// Sums over windows of account days; null where not all days of a window have been read.
    pub windows: WindowStatuses<M>,
    /// Why a window is null: the days that it needs and that have not been read; null for one that is there.
    pub unread: UnreadWindows,
}

/// What each window still needs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnreadWindows {
    /// The current day.
    pub today: Option<Unread>,
    /// The day before.
    pub yesterday: Option<Unread>,
    /// Seven days, today the last.
    pub last_7_days: Option<Unread>,
    /// Twenty-eight days, today the last.
    pub last_28_days: Option<Unread>,
}

/// Days that have not been read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Unread {
    /// The earliest of them.
    #[schemars(schema_with = "schema::day")]
    pub from: Day,
    /// The latest of them.
    #[schemars(schema_with = "schema::day")]
    pub to: Day,
    /// How many there are.
    pub days: u32,
    /// The same in words, with what keeps them from being read, where that is known.
    pub reason: String,
}

/// The same figures over each window.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend", rename = "WindowStatuses")]
pub struct WindowStatuses<M = RawSpend> {
    /// The current day, so far.
    pub today: Option<WindowStatus<M>>,
    /// The day before.
    pub yesterday: Option<WindowStatus<M>>,
    /// Seven days, today the last.
    pub last_7_days: Option<WindowStatus<M>>,
    /// Twenty-eight days, today the last.
    pub last_28_days: Option<WindowStatus<M>>,
}

/// Sums over one window.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(bound = "M: Spend")]
#[schemars(bound = "M: Spend", rename = "WindowStatus")]
pub struct WindowStatus<M = RawSpend> {
    /// The first day.
    #[schemars(schema_with = "schema::day")]
    pub from: Day,
    /// The last day, included.
    #[schemars(schema_with = "schema::day")]
    pub to: Day,
    /// Whether the network may still change the numbers.
    pub provisional: bool,
    /// The sums, and their ratios.
    #[serde(flatten)]
    pub figures: Figures<M>,
}

// === impl Campaigns ===

impl<M: Spend> Campaigns<M> {
    /// The part that is asked for, as it stands now. An error says what is wrong with the question.
    pub(super) fn now(
        shared: &Shared,
        audience: &Audience,
        filter: &Filter,
        part: &Part,
    ) -> Result<Self, String>
    where
        M: Kind,
    {
        let (state, limit) = (filter.state()?, part.limit()?);
        let key = part.after.as_deref().map(serde_json::from_str::<CampaignId>).transpose();
        let key = key.map_err(|_| "after: expected the `next` of an answer".to_owned())?;
        let at = shared.clock.now();
        let statuses = shared.statuses.statuses();
        let wanted = Wanted {
            tenant: filter.tenant().map(str::to_owned),
            provider: filter.provider().map(str::to_owned),
            connections: in_state(statuses.iter().map(AsRef::as_ref), state),
            name: filter.name().map(str::to_owned),
            slice: Slice::After { key, limit },
        };
        let shown = M::campaigns(shared, audience, &wanted, at);
        let next = shown.campaigns.last().filter(|_| shown.has_more).map(|last| {
            let CampaignFigures { provider, account_id, campaign_id, .. } = &last.snapshot;
            serde_json::json!([provider, account_id, campaign_id]).to_string()
        });
        let statuses: HashMap<&str, _> =
            statuses.iter().map(|status| (status.connection.as_str(), status)).collect();
        let campaigns = shown.campaigns.into_iter().map(|campaign| {
            let status = statuses.get(campaign.snapshot.connection.as_str());
            let streams = status.iter().flat_map(|status| &status.streams);
            let of_account = streams.filter(|stream| stream.account_id == campaign.snapshot.account_id);
            let settled_through = of_account.filter_map(|stream| stream.settled_through).min();
            let start_date = status.map(|status| status.start_date);
            CampaignStatus::new(campaign, settled_through, start_date)
        });
        Ok(Self {
            at,
            total: shown.total,
            next,
            spend_basis: M::BASIS.as_str(),
            campaigns: campaigns.collect(),
        })
    }
}

// === impl CampaignStatus ===

impl<M: Spend> CampaignStatus<M> {
    fn new(campaign: ShownCampaign<M>, settled_through: Option<Day>, start_date: Option<Day>) -> Self {
        let unread = UnreadWindows::new(&campaign.snapshot.unread, start_date);
        let windows = WindowStatuses::new(&campaign.snapshot.windows, campaign.today, settled_through);
        let ShownCampaign { snapshot, today, pacing, marketing_campaigns } = campaign;
        Self {
            provider: snapshot.provider,
            account_id: snapshot.account_id,
            campaign_id: snapshot.campaign_id,
            connection: snapshot.connection,
            tenant: snapshot.tenant,
            name: snapshot.name,
            objective: snapshot.objective,
            status: snapshot.status,
            effective_status: snapshot.effective_status,
            learning: snapshot.learning,
            currency: snapshot.currency.map(|currency| currency.to_string()),
            time_zone: snapshot.time_zone,
            today,
            daily_budget_micros: snapshot.daily_budget.map(RawSpend).map(Amount),
            lifetime_budget_micros: snapshot.lifetime_budget.map(RawSpend).map(Amount),
            pacing,
            start_at: snapshot.start_at,
            end_at: snapshot.end_at,
            read_at: snapshot.read_at,
            marketing_campaigns,
            windows,
            unread,
        }
    }
}

// === impl UnreadWindows ===

impl UnreadWindows {
    /// Of a connection that reads from this day on.
    fn new(windows: &Windows<figures::Unread>, start_date: Option<Day>) -> Self {
        let of = |unread: Option<figures::Unread>| {
            let unread = unread?;
            let figures::Unread { first, last, days } = unread;
            Some(Unread { from: first, to: last, days, reason: unread::why(unread, start_date) })
        };
        Self {
            today: of(windows.today),
            yesterday: of(windows.yesterday),
            last_7_days: of(windows.last_7_days),
            last_28_days: of(windows.last_28_days),
        }
    }
}

// === impl WindowStatuses ===

impl<M: Spend> WindowStatuses<M> {
    /// Of windows that end on `today` and of which `settled_through` is the last final day.
    pub(super) fn new(
        windows: &Windows<CampaignWindow<M>>,
        today: Option<Day>,
        settled_through: Option<Day>,
    ) -> Self {
        let of = |window: Option<CampaignWindow<M>>, back: i64, days: i64| {
            let to = plus_days(today?, -back);
            let provisional = settled_through.is_none_or(|settled| settled < to);
            Some(WindowStatus::new(window?, plus_days(to, 1 - days), to, provisional))
        };
        Self {
            today: of(windows.today, 0, 1),
            yesterday: of(windows.yesterday, 1, 1),
            last_7_days: of(windows.last_7_days, 0, 7),
            last_28_days: of(windows.last_28_days, 0, 28),
        }
    }
}

// === impl WindowStatus ===

impl<M: Spend> WindowStatus<M> {
    fn new(window: CampaignWindow<M>, from: Day, to: Day, provisional: bool) -> Self {
        Self { from, to, provisional, figures: window.into() }
    }
}
