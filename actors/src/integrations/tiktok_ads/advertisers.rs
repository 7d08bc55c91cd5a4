//! Advertisers: which the token sees, and their description.

use std::collections::BTreeMap;

use rows::{Currency, zone::zone};
use serde_json::json;

use super::{endpoint, source::TikTokAdsSource, wire};
use crate::{
    account::{Account, Accounts},
    failure::Failure,
    reading::{elements, redact},
    session::Session,
};

/// Ids in one question.
const IDS_MAX: usize = 100;
/// Neither contact nor address: nobody's business.
const FIELDS: [&str; 5] = ["advertiser_id", "name", "status", "currency", "timezone"];
/// Longest text of TikTok's that is repeated.
const SHOWN_MAX: usize = 60;

/// What is known of each.
type Found = BTreeMap<String, Result<wire::Advertiser, Failure>>;

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
            Some(Ok(wire)) => account(wire),
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
pub async fn describe(
    source: &TikTokAdsSource,
    session: &Session,
    id: &str,
) -> Result<wire::Advertiser, Failure> {
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
    found.extend(list.rows.into_iter().map(|wire| (wire.advertiser_id.0.clone(), Ok(wire))));
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

/// Refuses what would make every later number wrong. What TikTok does not say now may be known from before; what it says and
/// nobody knows contradicts whatever was.
fn account(wire: wire::Advertiser) -> Result<Account, Failure> {
    let id = wire.advertiser_id.0;
    let refuse = |what: &str, found: Option<&str>| match found.filter(|found| !found.trim().is_empty()) {
        None => Failure::Transient {
            reason: format!("advertiser {id}: TikTok does not tell its {what}: it is read once that is told"),
        },
        Some(found) => Failure::Permanent {
            reason: format!(
                "advertiser {id}: {what} {:?} is not known: name it in `accounts_exclude`",
                redact::line(found, SHOWN_MAX)
            ),
        },
    };
    let time_zone = wire.timezone.as_deref().filter(|name| zone(name).is_some());
    let time_zone = time_zone.ok_or_else(|| refuse("time zone (IANA)", wire.timezone.as_deref()))?.to_owned();
    let code = wire.currency.as_deref();
    let currency = code.and_then(|code| Currency::parse(code).ok());
    let currency = Some(currency.ok_or_else(|| refuse("currency (ISO 4217)", code))?);
    Ok(Account { id, name: wire.name.unwrap_or_default(), currency, time_zone })
}

#[cfg(test)]
mod tests;
