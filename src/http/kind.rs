//! Spend of one kind, and where what is made of it comes from: what is for operators cannot be made of what is for a tenant, nor
//! the other way round.

use futures::future::BoxFuture;
use jiff::Timestamp;
use rows::money::{DisplaySpend, RawSpend, Spend};
use store::read::CampaignKey;

use super::{DaysByCampaign, Shared};
use crate::{
    audience::Audience,
    telemetry::shown::{Shown, Wanted},
};

/// A kind of spend.
pub(super) trait Kind: Spend {
    /// The campaigns that are wanted, as this audience is shown them.
    fn campaigns(shared: &Shared, audience: &Audience, wanted: &Wanted, now: Timestamp) -> Shown<Self>;

    /// Their days.
    fn days<'a>(
        shared: &'a Shared,
        audience: &Audience,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DaysByCampaign<Self>, String>>;
}

impl Kind for RawSpend {
    fn campaigns(shared: &Shared, audience: &Audience, wanted: &Wanted, now: Timestamp) -> Shown {
        match audience {
            Audience::Operators => shared.campaigns.campaigns(wanted, now),
            Audience::Tenant(_) => Shown::default(),
        }
    }

    fn days<'a>(
        shared: &'a Shared,
        audience: &Audience,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DaysByCampaign, String>> {
        match audience {
            Audience::Operators => shared.days.days(campaigns, now),
            Audience::Tenant(_) => Box::pin(std::future::ready(Ok(DaysByCampaign::new()))),
        }
    }
}

impl Kind for DisplaySpend {
    fn campaigns(shared: &Shared, audience: &Audience, wanted: &Wanted, now: Timestamp) -> Shown<Self> {
        match audience {
            Audience::Operators => Shown::default(),
            Audience::Tenant(tenant) => shared.campaigns.campaigns_displayed(tenant, wanted, now),
        }
    }

    fn days<'a>(
        shared: &'a Shared,
        audience: &Audience,
        campaigns: Vec<CampaignKey>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<DaysByCampaign<Self>, String>> {
        match audience {
            Audience::Operators => Box::pin(std::future::ready(Ok(DaysByCampaign::new()))),
            Audience::Tenant(tenant) => shared.days.days_displayed(tenant.to_string(), campaigns, now),
        }
    }
}
