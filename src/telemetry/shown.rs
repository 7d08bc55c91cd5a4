//! Campaigns for a page or an API: a slice of what the publisher knows, without asking the database.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rows::{
    Currency, Day, Micros,
    figures::{CampaignFigures, SetAside, Windows},
    money::RawSpend,
};

use super::{
    Publisher,
    board::{Board, Campaign, day_in},
};

/// Which campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this integration.
    pub provider: Option<String>,
    /// Of these connections.
    pub connections: Option<BTreeSet<String>>,
    /// With this in their name or as their id, whatever the case.
    pub name: Option<String>,
    /// Which of them, and in which order.
    pub slice: Slice,
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slice {
    /// For programs: in the order of their keys, those behind a key.
    After {
        /// The last one seen.
        key: Option<CampaignId>,
        /// How many at most.
        limit: usize,
    },
    /// For people: active ones first, by tenant and name.
    Page {
        /// How many come before.
        offset: usize,
        /// How many at most.
        limit: usize,
    },
}

/// (provider, account, the network's id).
pub type CampaignId = (String, String, String);

/// A slice of the campaigns that are wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// In the order asked for.
    pub campaigns: Vec<ShownCampaign>,
    /// Of the whole list.
    pub total: usize,
    /// More come behind the slice.
    pub has_more: bool,
    /// What the whole list has spent in 28 days, where it is known.
    pub spend: BTreeMap<Currency, Micros>,
    /// How many of the whole list are not in `spend`, because it or its currency is not known.
    pub spend_unknown: usize,
}

/// A campaign as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownCampaign {
    /// What is known; windows that no longer hold are unknown.
    pub snapshot: CampaignFigures,
    /// The account's today; `None` when its zone is not known.
    pub today: Option<Day>,
    /// Spend against the plan; 1 = on plan.
    pub pacing: Option<f64>,
    /// Marketing campaigns that it belongs to.
    pub marketing_campaigns: Vec<String>,
}

/// Where campaigns come from.
pub trait CampaignSource: Send + Sync {
    /// Those that are wanted, as they stand at `now`.
    fn campaigns(&self, wanted: &Wanted, now: Timestamp) -> Shown;
}

/// Where is known what was set aside.
pub trait SetAsideSource: Send + Sync {
    /// A connection's, by account and stream.
    fn set_aside(&self, connection: &str) -> Vec<SetAside>;
}

impl SetAsideSource for Publisher {
    fn set_aside(&self, connection: &str) -> Vec<SetAside> {
        self.board().lock().set_aside_of(connection).to_vec()
    }
}

impl CampaignSource for Publisher {
    fn campaigns(&self, wanted: &Wanted, now: Timestamp) -> Shown {
        let board = self.board().lock();
        let mut all: Vec<&Campaign> =
            board.campaigns().filter(|campaign| wanted.holds(&campaign.snapshot)).collect();
        let (mut spend, mut spend_unknown) = (BTreeMap::new(), 0);
        for Campaign { snapshot, .. } in &all {
            let known = snapshot.windows.last_28_days.and_then(|window| window.spend).zip(snapshot.currency);
            match known {
                Some((RawSpend(Micros(micros)), currency)) => {
                    let sum = spend.entry(currency).or_insert(Micros::ZERO);
                    sum.0 = sum.0.saturating_add(micros);
                }
                None => spend_unknown += 1,
            }
        }
        let (total, offset, limit) = match &wanted.slice {
            Slice::After { key, limit } => {
                let offset = key.as_ref().map_or(0, |(provider, account, id)| {
                    let last = (provider.as_str(), account.as_str(), id.as_str());
                    all.partition_point(|campaign| campaign.key() <= last)
                });
                (all.len(), offset, *limit)
            }
            Slice::Page { offset, limit } => {
                all.sort_by_key(|campaign| {
                    let CampaignFigures { tenant, name, .. } = &campaign.snapshot;
                    (!campaign.is_active(), tenant.as_str(), name.as_deref(), campaign.key())
                });
                (all.len(), *offset, *limit)
            }
        };
        let campaigns: Vec<_> =
            all.into_iter().skip(offset).take(limit).map(|campaign| shown(&board, campaign, now)).collect();
        let has_more = offset.saturating_add(campaigns.len()) < total;
        Shown { campaigns, total, has_more, spend, spend_unknown }
    }
}

fn shown(board: &Board, campaign: &Campaign, now: Timestamp) -> ShownCampaign {
    let mut snapshot = campaign.snapshot.clone();
    let today = day_in(&snapshot.time_zone, now);
    let holds = today.is_some() && campaign.day == today;
    if !holds {
        snapshot.windows = Windows::default();
        snapshot.unread = Windows::default();
    }
    ShownCampaign {
        today,
        pacing: campaign.pacing.filter(|_| holds),
        marketing_campaigns: board.memberships(campaign),
        snapshot,
    }
}

// === impl Wanted ===

impl Wanted {
    /// Whether it is one of those, wherever the slice begins.
    pub fn holds(&self, snapshot: &CampaignFigures) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| *tenant == snapshot.tenant)
            && self.provider.as_ref().is_none_or(|provider| *provider == snapshot.provider)
            && self.connections.as_ref().is_none_or(|names| names.contains(&snapshot.connection))
            && self.name.as_ref().is_none_or(|wanted| is_named(snapshot, wanted))
    }
}

fn is_named(snapshot: &CampaignFigures, wanted: &str) -> bool {
    let within = |name: &str| name.to_lowercase().contains(&wanted.to_lowercase());
    snapshot.campaign_id == wanted || snapshot.name.as_deref().is_some_and(within)
}
