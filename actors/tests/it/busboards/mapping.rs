//! From Busboards' words to the project's rows.

use actors::{
    failure::Failure,
    integration::Account,
    reading::{
        elements::{Named, Unreadable},
        wire::{Asked, Count},
    },
};
use rows::{
    Currency, Row,
    ads::{AdCampaign, AdLevel, AdMetrics, AdPerformance},
    money::RawSpend,
};
use serde_json::value::RawValue;

use super::wire;

/// The account that a token is for.
pub fn account(advertiser: wire::Advertiser) -> Result<Account, Failure> {
    let malformed = |what: &str| Failure::Permanent { reason: format!("/v1/advertiser: {what}") };
    if rows::zone::zone(&advertiser.time_zone).is_none() {
        return Err(malformed("a time zone that this machine does not know"));
    }
    Ok(Account {
        id: advertiser.id.0,
        name: advertiser.name,
        currency: Some(Currency::parse(&advertiser.currency).map_err(|_| malformed("no currency"))?),
        time_zone: advertiser.time_zone,
    })
}

/// A campaign.
pub fn campaign(account: &Account, campaign: wire::Campaign) -> Result<Row, Unreadable> {
    let daily_budget = campaign.daily_budget.map(|budget| budget.micros("daily_budget")).transpose()?;
    Ok(Row::AdCampaign(AdCampaign {
        account_id: account.id.clone(),
        campaign_id: campaign.id.0,
        name: campaign.name,
        status: campaign.state.clone(),
        effective_status: campaign.state,
        objective: None,
        daily_budget,
        lifetime_budget: None,
        currency: account.currency,
        start_at: None,
        end_at: None,
        created_at: None,
        updated_at: None,
        learning: None,
    }))
}

/// A campaign on a day. What Busboards counts is `Some`, zero included; what it knows nothing of is `None`.
pub fn performance(account: &Account, currency: Currency, line: wire::Line) -> Result<Row, Unreadable> {
    let count = |count: Asked<Count>| count.or_zero(Count(0)).map(|Count(count)| count);
    Ok(Row::AdPerformance(AdPerformance {
        account_id: account.id.clone(),
        level: AdLevel::Campaign,
        campaign_id: line.campaign_id.0,
        ad_set_id: String::new(),
        ad_id: String::new(),
        date: line.day,
        currency,
        metrics: AdMetrics {
            impressions: count(line.views),
            clicks: count(line.scans),
            spend: Some(RawSpend(line.cost.micros("cost")?)),
            ..AdMetrics::default()
        },
        conversion_definition: None,
        view_definition: None,
    }))
}

/// What may be repeated of an element that cannot be read. Its day, too: its window then deletes nothing.
pub fn named(raw: &RawValue) -> Named {
    Named::of(raw, &["id", "campaign_id"], "day")
}
