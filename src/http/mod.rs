//! The worker's HTTP side: metrics, health, a page, and the state of its connections and campaigns. It reads memory, but for
//! readiness, which asks whoever is needed, and the charts of one page. With authentication it also takes what operators
//! ask of connections.

mod actions;
mod answer;
mod authentication;
mod campaigns;
mod connections;
mod crowd;
mod encoding;
mod gate;
mod guard;
mod handlers;
mod host;
mod kind;
mod lane;
mod limits;
mod listener;
pub mod openapi;
pub(crate) mod page;
mod query;
mod reading;
mod refusals;
mod routes;
mod schema;
mod seat;
mod server;
pub mod tls;
mod users;
mod webhooks;

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use jiff::Timestamp;
use rows::{
    Clock,
    money::{DisplaySpend, RawSpend},
};
use store::read::{CampaignDays, CampaignKey};

pub use self::{
    actions::{Action, ActionError, Operator},
    campaigns::{CampaignStatus, Campaigns, Unread, UnreadWindows, WindowStatus, WindowStatuses},
    connections::{ConnectionAnswer, Connections, Quarantine, QuotaUsed, StreamAnswer},
    routes::{Route, routes},
    server::{ServeError, Server, serve},
    users::{PeopleOff, PeopleSource},
    webhooks::{Check, Webhooks},
};
use crate::telemetry::{
    Exposition,
    figures::StatusSource,
    series::SeriesSource,
    shown::{CampaignSource, SetAsideSource},
};

/// What the routes show, and whom they ask.
#[derive(Clone)]
pub struct Sources {
    /// The worker's name.
    pub name: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For operators' `/metrics`.
    pub exposition: Arc<Exposition>,
    /// For tenants' `/metrics`.
    pub series: Arc<dyn SeriesSource>,
    /// Connections.
    pub statuses: Arc<dyn StatusSource>,
    /// Campaigns.
    pub campaigns: Arc<dyn CampaignSource>,
    /// Rows that were set aside.
    pub set_aside: Arc<dyn SetAsideSource>,
    /// Campaigns by day, for the page's charts.
    pub days: Arc<dyn DaySource>,
    /// Quotas.
    pub quotas: Arc<dyn QuotaSource>,
    /// For `/readyz`.
    pub readiness: Arc<dyn Readiness>,
    /// For actions.
    pub operator: Arc<dyn Operator>,
    /// For providers that say themselves that there is news.
    pub webhooks: Arc<dyn Webhooks>,
    /// For users.
    pub people: Arc<dyn PeopleSource>,
}

/// What every route has.
struct Shared {
    sources: Sources,
    /// Tokens of the page's forms.
    tokens: actions::Tokens,
    /// Authentication is configured: actions are taken.
    may_act: bool,
    /// With clients.
    patience: seat::Patience,
    /// What was refused.
    refusals: Arc<refusals::Refusals>,
    /// Where pages and lists are made.
    lane: lane::Lane,
    /// Where answers about users are: what is imported there holds up no page.
    desk: lane::Lane,
}

/// Whether the worker can do its work.
pub trait Readiness: Send + Sync {
    /// What is missing, in words for an operator and without secrets; empty when ready.
    fn missing(&self) -> BoxFuture<'_, Vec<String>>;
}

/// How much of providers' allowances is used.
pub trait QuotaSource: Send + Sync {
    /// The fullest of a connection's, if its provider has told lately.
    fn used(&self, connection: &str) -> Option<QuotaUsed>;
}

/// Where campaigns' days come from.
pub trait DaySource: Send + Sync {
    /// The last 28 days of these campaigns; an error says why they cannot be read.
    fn days(
        &self,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<DaysByCampaign, String>>;

    /// The same of a tenant's campaigns, as it is shown them.
    fn days_displayed(
        &self,
        tenant: String,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<DaysByCampaign<DisplaySpend>, String>>;
}

/// Days by campaign; those of which nothing was ever read are left out.
pub type DaysByCampaign<M = RawSpend> = HashMap<CampaignKey, CampaignDays<M>>;

impl std::ops::Deref for Shared {
    type Target = Sources;

    fn deref(&self) -> &Sources {
        &self.sources
    }
}

#[cfg(test)]
mod tests;
