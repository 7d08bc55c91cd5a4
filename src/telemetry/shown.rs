//! Campaigns for a page or an API: a slice of what the publisher knows, without asking the database.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rows::{
    Currency, Day,
    figures::{CampaignFigures, SetAside, Windows},
    money::{DisplaySpend, RawSpend, Spend},
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

/// A slice of the campaigns that are wanted, with spend of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown<M = RawSpend> {
    /// In the order asked for.
    pub campaigns: Vec<ShownCampaign<M>>,
    /// Of the whole list.
    pub total: usize,
    /// More come behind the slice.
    pub has_more: bool,
    /// What the whole list has spent in 28 days, where it is known.
    pub spend: BTreeMap<Currency, M>,
    /// How many of the whole list are not in `spend`, because it or its currency is not known.
    pub spend_unknown: usize,
}

/// A campaign as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownCampaign<M = RawSpend> {
    /// What is known; windows that no longer hold are unknown.
    pub snapshot: CampaignFigures<M>,
    /// The account's today; `None` when its zone is not known.
    pub today: Option<Day>,
    /// Raw spend against the plan; 1 = on plan. Tenants are not shown it: with a budget that they know, it would tell the markup.
    pub pacing: Option<f64>,
    /// Marketing campaigns that it belongs to.
    pub marketing_campaigns: Vec<String>,
}

/// Where campaigns come from.
pub trait CampaignSource: Send + Sync {
    /// Those that are wanted, as they stand at `now`.
    fn campaigns(&self, wanted: &Wanted, now: Timestamp) -> Shown;

    /// Those of this tenant that are wanted, as it is shown them.
    fn campaigns_displayed(&self, tenant: &str, wanted: &Wanted, now: Timestamp) -> Shown<DisplaySpend>;
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
        let all = board.campaigns().filter(|campaign| wanted.holds(&campaign.snapshot)).collect();
        slice(all, wanted, |snapshot| snapshot.windows.last_28_days?.spend)
            .map(|campaign| shown(&board, campaign, now))
    }

    fn campaigns_displayed(&self, tenant: &str, wanted: &Wanted, now: Timestamp) -> Shown<DisplaySpend> {
        let board = self.board().lock();
        let all = board.campaigns_of(tenant).filter(|campaign| wanted.holds(&campaign.snapshot)).collect();
        let slice = slice(all, wanted, |snapshot| snapshot.display_spend.last_28_days);
        slice.map(|campaign| {
            let ShownCampaign { snapshot, today, marketing_campaigns, .. } = shown(&board, campaign, now);
            ShownCampaign { snapshot: snapshot.displayed(), today, pacing: None, marketing_campaigns }
        })
    }
}

/// Part of a list, with what holds of the whole of it.
struct Part<'a, M> {
    campaigns: Vec<&'a Campaign>,
    total: usize,
    has_more: bool,
    spend: BTreeMap<Currency, M>,
    spend_unknown: usize,
}

// === impl Part ===

impl<M: Spend> Part<'_, M> {
    fn map(self, campaign: impl FnMut(&Campaign) -> ShownCampaign<M>) -> Shown<M> {
        let Self { campaigns, total, has_more, spend, spend_unknown } = self;
        Shown {
            campaigns: campaigns.into_iter().map(campaign).collect(),
            total,
            has_more,
            spend,
            spend_unknown,
        }
    }
}

fn slice<'a, M: Spend>(
    mut all: Vec<&'a Campaign>,
    wanted: &Wanted,
    spend_of: impl Fn(&CampaignFigures) -> Option<M>,
) -> Part<'a, M> {
    let (mut spend, mut spend_unknown) = (BTreeMap::new(), 0);
    for Campaign { snapshot, .. } in &all {
        let sum = spend_of(snapshot).zip(snapshot.currency).and_then(|(more, currency)| {
            let sum = spend.get(&currency).copied().unwrap_or(M::ZERO);
            Some((currency, sum.plus(more)?))
        });
        match sum {
            Some((currency, sum)) => drop(spend.insert(currency, sum)),
            None => spend_unknown += 1,
        }
    }
    let total = all.len();
    let (offset, limit) = match &wanted.slice {
        Slice::After { key, limit } => {
            let offset = key.as_ref().map_or(0, |(provider, account, id)| {
                let last = (provider.as_str(), account.as_str(), id.as_str());
                all.partition_point(|campaign| campaign.key() <= last)
            });
            (offset, *limit)
        }
        Slice::Page { offset, limit } => {
            all.sort_by_key(|campaign| {
                let CampaignFigures { tenant, name, .. } = &campaign.snapshot;
                (!campaign.is_active(), tenant.as_str(), name.as_deref(), campaign.key())
            });
            (*offset, *limit)
        }
    };
    let campaigns: Vec<_> = all.into_iter().skip(offset).take(limit).collect();
    let has_more = offset.saturating_add(campaigns.len()) < total;
    Part { campaigns, total, has_more, spend, spend_unknown }
}

fn shown(board: &Board, campaign: &Campaign, now: Timestamp) -> ShownCampaign {
    let mut snapshot = campaign.snapshot.clone();
    let today = day_in(&snapshot.time_zone, now);
    let holds = today.is_some() && campaign.day == today;
    if !holds {
        snapshot.windows = Windows::default();
        snapshot.display_spend = Windows::default();
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
    pub fn holds<M>(&self, snapshot: &CampaignFigures<M>) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| *tenant == snapshot.tenant)
            && self.provider.as_ref().is_none_or(|provider| *provider == snapshot.provider)
            && self.connections.as_ref().is_none_or(|names| names.contains(&snapshot.connection))
            && self.name.as_ref().is_none_or(|wanted| is_named(snapshot, wanted))
    }
}

fn is_named<M>(snapshot: &CampaignFigures<M>, wanted: &str) -> bool {
    let within = |name: &str| name.to_lowercase().contains(&wanted.to_lowercase());
    snapshot.campaign_id == wanted || snapshot.name.as_deref().is_some_and(within)
}
