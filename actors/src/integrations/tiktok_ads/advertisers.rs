//! Advertisers: which the token sees, and their description.

use std::collections::BTreeMap;

use serde_json::json;

use super::{endpoint, mapping::CALLED, source::TikTokAdsSource, wire};
use crate::{
    account::Accounts,
    failure::Failure,
    reading::{accounts::Told, elements, wire::NumericId},
    session::Session,
};

/// Ids in one question.
const IDS_MAX: usize = 100;
/// Neither contact nor address: nobody's business.
const FIELDS: [&str; 5] = ["advertiser_id", "name", "status", "currency", "timezone"];
/// What is known of each.
type Found = BTreeMap<String, Result<Told, Failure>>;

/// The configured advertisers, or all that the token is for.
pub async fn check(source: &TikTokAdsSource, session: &Session) -> Result<Accounts, Failure> {
    let listed = source.wanted.is_empty();
    let mut ids = if listed { visible(source, session).await? } else { source.wanted.clone() };
    ids.retain(|id| !source.excluded.contains(id));
    let mut found = Found::new();
    for ids in ids.chunks(IDS_MAX) {
        ask(source, session, ids, &mut found).await?;
    }
    let mut accounts = Accounts { listed, ..Accounts::default() };
    let mut silent = None;
    for id in &ids {
        let account = match found.remove(id) {
            Some(Ok(told)) => CALLED.account(told),
            Some(Err(failure)) => {
                silent = silent.or_else(|| Some(failure.clone()).filter(is_passing));
                Err(failure)
            }
            None => Err(Failure::Transient {
                reason: format!("advertiser {id}: TikTok tells nothing of it, or nothing that can be read"),
            }),
        };
        accounts.add(id, account);
    }
    match silent {
        // There is nothing to be said of any.
        Some(failure) if accounts.usable.is_empty() => Err(failure),
        _ => Ok(accounts),
    }
}

/// One advertiser's description.
pub async fn describe(source: &TikTokAdsSource, session: &Session, id: &str) -> Result<Told, Failure> {
    let mut found = Found::new();
    information(source, session, std::slice::from_ref(&id.to_owned()), &mut found).await?;
    found.remove(id).unwrap_or_else(|| {
        Err(Failure::Transient { reason: format!("advertiser {id}: its description cannot be read") })
    })
}

async fn visible(source: &TikTokAdsSource, session: &Session) -> Result<Vec<String>, Failure> {
    let call = source.call(&["oauth2", "advertiser", "get"], endpoint::ADVERTISERS);
    let body = session.send(call).await?.body;
    let read = |wire: wire::Listed| Ok(wire.advertiser_id.0);
    let named = |_: &_| elements::Named::default();
    let (ids, _) = elements::read::<wire::Answer<_>, _>(&body, endpoint::ADVERTISERS, named, read)?;
    if ids.rows.is_empty() {
        let advice =
            "the token is for no advertiser: have the advertisers authorise the developer app".to_owned();
        return Err(Failure::Forbidden { advice });
    }
    Ok(ids.rows)
}

/// One id that is not for us fails all of a question: then each is asked for by itself.
async fn ask(
    source: &TikTokAdsSource,
    session: &Session,
    ids: &[String],
    found: &mut Found,
) -> Result<(), Failure> {
    match information(source, session, ids, found).await {
        Ok(()) => {}
        Err(failure @ Failure::NeedsReauth { .. }) => return Err(failure),
        Err(failure) if ids.len() > 1 && !is_passing(&failure) => {
            for id in ids.chunks(1) {
                Box::pin(ask(source, session, id, found)).await?;
            }
        }
        Err(failure) => found.extend(ids.iter().map(|id| (id.clone(), Err(failure.clone())))),
    }
    Ok(())
}

async fn information(
    source: &TikTokAdsSource,
    session: &Session,
    ids: &[String],
    found: &mut Found,
) -> Result<(), Failure> {
    let account = if let [id] = ids { id.as_str() } else { "" };
    let call = source
        .call(&["advertiser", "info"], endpoint::INFORMATION)
        .account(account)
        .query("advertiser_ids", json!(ids).to_string())
        .query("fields", json!(FIELDS).to_string());
    let body = session.send(call).await?.body;
    let named = |raw: &_| elements::Named::of(raw, &["advertiser_id"], "");
    let (list, _) =
        elements::read::<wire::Answer<wire::Advertiser>, _>(&body, endpoint::INFORMATION, named, Ok)?;
    found.extend(list.rows.into_iter().map(told).map(|told| (told.id.clone(), Ok(told))));
    Ok(())
}

/// Whether it says something of the moment, and nothing of an advertiser.
const fn is_passing(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Transient { .. }
            | Failure::RateLimited { .. }
            | Failure::OverBudget { .. }
            | Failure::Down { .. }
    )
}

fn told(wire: wire::Advertiser) -> Told {
    let wire::Advertiser { advertiser_id: NumericId(id), name, status, currency, timezone: time_zone } = wire;
    Told { id, name, status, currency, time_zone }
}

#[cfg(test)]
mod tests;
