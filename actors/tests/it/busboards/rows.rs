//! From Busboards' words to the project's rows.

use std::fmt::Write as _;

use actors::{failure::Failure, integration::Account};
use rows::{
    Currency, Micros, Row,
    ads::{AdCampaign, AdLevel, AdMetrics, AdPerformance},
    money::{MoneyError, RawSpend},
    quarantine::Quarantined,
};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::wire;

/// Why an element cannot become a row.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Category and column only: the error's own text may quote the element.
    #[error("{:?} error at column {}", .0.classify(), .0.column())]
    Malformed(#[from] serde_json::Error),
    #[error("an amount is no decimal number")]
    Money(#[from] MoneyError),
}

/// The account that a token is for.
pub fn account(advertiser: wire::Advertiser) -> Result<Account, Failure> {
    let malformed = |what: &str| Failure::Permanent { reason: format!("/v1/advertiser: {what}") };
    if rows::zone::zone(&advertiser.time_zone).is_none() {
        return Err(malformed("a time zone that this machine does not know"));
    }
    Ok(Account {
        id: advertiser.id.to_string(),
        name: advertiser.name,
        currency: Some(Currency::parse(&advertiser.currency).map_err(|_| malformed("no currency"))?),
        time_zone: advertiser.time_zone,
    })
}

/// A campaign.
pub fn campaign(account: &Account, raw: &RawValue) -> Result<Row, Unreadable> {
    let campaign: wire::Campaign = serde_json::from_str(raw.get())?;
    Ok(Row::AdCampaign(AdCampaign {
        account_id: account.id.clone(),
        campaign_id: campaign.id.to_string(),
        name: campaign.name,
        status: campaign.state.clone(),
        effective_status: campaign.state,
        objective: None,
        daily_budget: campaign.daily_budget.as_deref().map(Micros::parse).transpose()?,
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
pub fn performance(account: &Account, currency: Currency, raw: &RawValue) -> Result<Row, Unreadable> {
    let line: wire::Line = serde_json::from_str(raw.get())?;
    Ok(Row::AdPerformance(AdPerformance {
        account_id: account.id.clone(),
        level: AdLevel::Campaign,
        campaign_id: line.campaign_id.to_string(),
        ad_set_id: String::new(),
        ad_id: String::new(),
        date: line.day,
        currency,
        metrics: AdMetrics {
            impressions: Some(line.views),
            clicks: Some(line.scans),
            spend: Some(RawSpend(Micros::parse(&line.cost)?)),
            ..AdMetrics::default()
        },
        conversion_definition: None,
        view_definition: None,
    }))
}

/// Reads every element; sets aside what cannot be read.
pub fn read_all(
    data: &[Box<RawValue>],
    place: &str,
    read: impl Fn(&RawValue) -> Result<Row, Unreadable>,
) -> (Vec<Row>, Vec<Quarantined>) {
    let (mut rows, mut quarantined) = (Vec::with_capacity(data.len()), Vec::new());
    for (index, raw) in data.iter().enumerate() {
        match read(raw) {
            Ok(row) => rows.push(row),
            Err(unreadable) => quarantined.push(quarantine(place, index, raw, &unreadable)),
        }
    }
    (rows, quarantined)
}

fn quarantine(place: &str, index: usize, raw: &RawValue, unreadable: &Unreadable) -> Quarantined {
    let named: wire::Named = serde_json::from_str(raw.get()).unwrap_or_default();
    let ids = [("id", named.id), ("campaign_id", named.campaign_id)];
    let hash = Sha256::digest(raw.get().as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    Quarantined {
        reason: match unreadable {
            Unreadable::Malformed(_) => "malformed",
            Unreadable::Money(_) => "money",
        },
        detail: unreadable.to_string(),
        place: format!("{place}, element {index}"),
        hash,
        fields: ids.into_iter().filter_map(|(name, id)| Some((name, id?.to_string()))).collect(),
        // Its window then deletes nothing.
        day: named.day,
    }
}
