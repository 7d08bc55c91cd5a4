//! What campaign, payment, web, music and royalty series are rendered from, and the port through which it is read.

use std::{collections::BTreeSet, sync::Arc};

use actors::engine::status::{ConnectionStatus, Statuses};
use futures::future::BoxFuture;
use jiff::Timestamp;
pub use rows::figures::{
    ArtistFigures, CampaignFigures, CampaignWindow, CounterFigures, GoalFigures, GoalWindow, MusicFigures,
    PaymentFigures, PaymentWindow, PlaylistFigures, RoyaltyFigures, RoyaltyRevenue, SetAside, TrackFigures,
    Unread, WebFigures, WebWindow, Windows,
};

use crate::insight::NamePattern;

/// A configured marketing campaign and what belongs to it on the networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketingCampaign {
    /// Its configured name.
    pub campaign: String,
    /// Whose it is: only this tenant's campaigns can be members.
    pub tenant: String,
    /// Its members.
    pub members: Vec<Member>,
}

/// Campaigns of one network that belong to a marketing campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Integration.
    pub provider: String,
    /// Which of its campaigns.
    pub which: MemberRule,
}

/// How members are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRule {
    /// By the network's id.
    Id(String),
    /// By name.
    NameMatches(NamePattern),
}

// === impl MarketingCampaign ===

impl MarketingCampaign {
    /// Whether this campaign of a network belongs to it.
    pub fn holds(&self, tenant: &str, provider: &str, campaign_id: &str, name: Option<&str>) -> bool {
        self.tenant == tenant && self.members.iter().any(|member| member.is(provider, campaign_id, name))
    }
}

// === impl Member ===

impl Member {
    /// Whether it means this campaign of a network.
    pub fn is(&self, provider: &str, campaign_id: &str, name: Option<&str>) -> bool {
        self.provider == provider
            && match &self.which {
                MemberRule::Id(id) => id == campaign_id,
                MemberRule::NameMatches(pattern) => name.is_some_and(|name| pattern.matches(name)),
            }
    }
}

/// Whose campaigns are out of date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Touched {
    /// Nobody's.
    #[default]
    Nothing,
    /// These accounts', as (connection, account).
    Accounts(BTreeSet<(String, String)>),
    /// Everybody's.
    All,
}

/// Reading failed; what was read before stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FigureError(pub String);

/// Where snapshots come from.
pub trait FigureSource: Send + Sync {
    /// The campaigns of the touched accounts at `now` that are active or have spent in 28 days: what is not in the
    /// answer is no longer shown.
    fn campaigns(
        &self,
        touched: Touched,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<CampaignFigures>, FigureError>>;

    /// Payments of every connection at `now`.
    fn payments(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<PaymentFigures>, FigureError>>;

    /// Web analytics of every connection at `now`.
    fn web(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<WebFigures>, FigureError>>;

    /// What every connection last saw of streaming services, at `now`.
    fn music(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<MusicFigures>, FigureError>>;

    /// Royalties of every connection in its newest month of sales that is over at `now`.
    fn royalties(&self, now: Timestamp) -> BoxFuture<'_, Result<Vec<RoyaltyFigures>, FigureError>>;

    /// Rows that were set aside, of every connection.
    fn set_aside(&self) -> BoxFuture<'_, Result<Vec<SetAside>, FigureError>>;
}

/// Where connections' statuses come from: the engine's [`Statuses`].
pub trait StatusSource: Send + Sync {
    /// Every connection's, by name.
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>>;
}

impl StatusSource for Statuses {
    fn statuses(&self) -> Vec<Arc<ConnectionStatus>> {
        self.all()
    }
}

// === impl Touched ===

impl Touched {
    /// Adds an account.
    pub fn add(&mut self, connection: &str, account_id: &str) {
        if matches!(self, Self::Nothing) {
            *self = Self::Accounts(BTreeSet::new());
        }
        if let Self::Accounts(accounts) = self {
            accounts.insert((connection.to_owned(), account_id.to_owned()));
        }
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::All, _) | (_, Self::Nothing) => {}
            (Self::Accounts(mine), Self::Accounts(others)) => mine.extend(others),
            (_, other) => *self = other,
        }
    }

    /// Whether this account is touched.
    pub fn holds(&self, connection: &str, account_id: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Accounts(accounts) => {
                // A commit group touches a handful: comparing is cheaper than making a key to look up.
                accounts.iter().any(|(of, account)| of == connection && account == account_id)
            }
            Self::All => true,
        }
    }

    /// Whether a connection like this is touched; everybody's being touched says nothing of one.
    pub fn has_connection(&self, is_one: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Nothing | Self::All => false,
            Self::Accounts(accounts) => accounts.iter().any(|(connection, _)| is_one(connection)),
        }
    }

    /// Whether nothing is.
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}
