//! Ad accounts: those that the settings name, or all of all businesses of whoever has let the app in.

use serde::de::DeserializeOwned;

use super::{TIME_ZONE, endpoint, mapping, source::SpotifyAdsSource, wire};
use crate::{
    failure::Failure,
    integration::Accounts,
    reading::{
        accounts::Told,
        elements::{self, Elements},
        wire::{Id, Identified, not_empty},
    },
    session::Session,
};

/// The configured accounts, or all there are. One that cannot be read, and a business that does not answer, stop no other.
pub async fn check(source: &SpotifyAdsSource, session: &Session) -> Result<Accounts, Failure> {
    if source.accounts.is_empty() {
        return listed(source, session).await;
    }
    let mut accounts = Accounts::default();
    for id in &source.accounts {
        mapping::CALLED.add_asked(&mut accounts, id, fetch(source, session, id).await)?;
    }
    Ok(accounts)
}

/// An account's description.
pub async fn fetch(source: &SpotifyAdsSource, session: &Session, id: &str) -> Result<Told, Failure> {
    // A limit of one is waited for by that one alone.
    session.json(source.call(&["ad_accounts", id], endpoint::ACCOUNTS, id)).await.map(told)
}

async fn listed(source: &SpotifyAdsSource, session: &Session) -> Result<Accounts, Failure> {
    let businesses = list(source, session, &["businesses"], |wire: Identified| wire).await?;
    let mut accounts = Accounts { listed: businesses.quarantined.is_empty(), ..Accounts::default() };
    for Identified { id: Id(business) } in businesses.rows {
        match list(source, session, &["businesses", &business, "ad_accounts"], told).await {
            Ok(found) => {
                let mine = found.rows.iter().map(|told| (told.id.clone(), business.clone()));
                source.businesses.lock().extend(mine);
                mapping::CALLED.add_listed(&mut accounts, found);
            }
            Err(failure @ Failure::NeedsReauth { .. }) => return Err(failure),
            Err(failure) => {
                // What was found in it before goes on.
                accounts.listed = false;
                let known = source.businesses.lock();
                let mine = known.iter().filter(|(_, of)| **of == business).map(|(id, _)| id);
                for id in mine.chain([&business]) {
                    accounts.add(id, Err(failure.clone()));
                }
            }
        }
    }
    accounts.or_grant(
        "whoever has let the app in sees no ad account: give them a role in one (AD_ACCOUNT_VIEWER is enough) in Spotify Ads Manager",
    )
}

/// A list that comes in one piece.
async fn list<T: DeserializeOwned, R>(
    source: &SpotifyAdsSource,
    session: &Session,
    path: &[&str],
    map: impl Fn(T) -> R,
) -> Result<Elements<R>, Failure> {
    let call = source.call(path, endpoint::ACCOUNTS, "");
    let place = call.path.clone();
    let body = session.send(call).await?.body;
    Ok(elements::read::<wire::List<T>, _>(&body, &place, mapping::named, |wire| Ok(map(wire)))?.0)
}

/// Its days are UTC, wherever it is.
fn told(wire: wire::AdAccount) -> Told {
    let wire::AdAccount { id, name, status, currency_code: currency } = wire;
    let (name, status) = (not_empty(name), not_empty(status));
    Told { id: id.0, name, status, currency, time_zone: Some(TIME_ZONE.to_owned()) }
}
