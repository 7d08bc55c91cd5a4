//! Ad accounts: those that the settings name, or all of all businesses of whoever has let the app in.

use std::collections::BTreeMap;

use ::rows::{Currency, Row};
use parking_lot::Mutex;

use super::{TIME_ZONE, endpoint, mapping, source::SpotifyAdsSource, wire};
use crate::{
    failure::Failure,
    integration::{Account, Accounts},
    reading::elements::{self, Elements},
    session::Session,
};

/// Which business an account was found in.
#[derive(Debug, Default)]
pub struct Businesses(Mutex<BTreeMap<String, String>>);

/// The configured accounts, or all there are. One that cannot be read, and a business that does not answer, stop no other.
pub async fn check(source: &SpotifyAdsSource, session: &Session) -> Result<Accounts, Failure> {
    let accounts = if source.accounts.is_empty() {
        listed(source, session).await?
    } else {
        let mut accounts = Accounts::default();
        for id in &source.accounts {
            let found = fetch(source, session, id).await.map_err(|failure| unseen(id, failure));
            if let Err(failure @ Failure::NeedsReauth { .. }) = found {
                return Err(failure);
            }
            accounts.add(id, found.and_then(to_account));
        }
        accounts
    };
    if accounts.usable.is_empty() && accounts.unusable.is_empty() {
        return Err(Failure::Forbidden {
            advice: "whoever has let the app in sees no ad account: give them a role in one (AD_ACCOUNT_VIEWER is enough) in \
                     Spotify Ads Manager"
                .to_owned(),
        });
    }
    Ok(accounts)
}

/// The account as a row.
pub async fn describe(source: &SpotifyAdsSource, session: &Session, id: &str) -> Result<Row, Failure> {
    fetch(source, session, id).await.map(mapping::account)
}

async fn fetch(source: &SpotifyAdsSource, session: &Session, id: &str) -> Result<wire::AdAccount, Failure> {
    // A limit of one is waited for by that one alone.
    session.json(source.call(&["ad_accounts", id], endpoint::ACCOUNTS, id)).await
}

async fn listed(source: &SpotifyAdsSource, session: &Session) -> Result<Accounts, Failure> {
    let businesses = list::<wire::Business>(source, session, &["businesses"]).await?;
    let mut accounts = Accounts { listed: businesses.quarantined.is_empty(), ..Accounts::default() };
    for wire::Business { id: business } in businesses.rows {
        let path = ["businesses", business.0.as_str(), "ad_accounts"];
        match list::<wire::AdAccount>(source, session, &path).await {
            Ok(found) => {
                for set_aside in found.quarantined {
                    let named = set_aside.fields.into_iter().find(|(name, _)| *name == "id");
                    let id = named.map_or_else(|| set_aside.place.clone(), |(_, id)| id);
                    let reason =
                        format!("ad account {id}: its description cannot be read ({})", set_aside.detail);
                    accounts.add(&id, Err(Failure::Transient { reason }));
                }
                for wire in found.rows {
                    let id = wire.id.0.clone();
                    source.businesses.0.lock().insert(id.clone(), business.0.clone());
                    accounts.add(&id, to_account(wire));
                }
            }
            Err(failure @ Failure::NeedsReauth { .. }) => return Err(failure),
            Err(failure) => {
                // What was found in it before goes on.
                accounts.listed = false;
                let known = source.businesses.0.lock().clone();
                let mine = known.into_iter().filter(|(_, of)| *of == business.0).map(|(id, _)| id);
                for id in mine.chain([business.0.clone()]) {
                    accounts.add(&id, Err(failure.clone()));
                }
            }
        }
    }
    Ok(accounts)
}

/// A list that comes in one piece.
async fn list<T: serde::de::DeserializeOwned>(
    source: &SpotifyAdsSource,
    session: &Session,
    path: &[&str],
) -> Result<Elements<T>, Failure> {
    let call = source.call(path, endpoint::ACCOUNTS, "");
    let place = call.path.clone();
    let body = session.send(call).await?.body;
    Ok(elements::read::<wire::List<T>, _>(&body, &place, mapping::named, Ok)?.0)
}

/// What "does not exist" and "not permitted" mean for a configured account.
fn unseen(id: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Gone { reason } => Failure::Forbidden {
            advice: format!("there is no ad account {id}: correct `accounts` ({reason})"),
        },
        other => other,
    }
}

/// Refuses what would make every amount wrong.
fn to_account(wire: wire::AdAccount) -> Result<Account, Failure> {
    let id = wire.id.0;
    let code = wire.currency_code.filter(|code| !code.is_empty());
    let currency = match code.map(|code| Currency::parse(&code)) {
        Some(Ok(currency)) => currency,
        Some(Err(_)) => {
            return Err(Failure::Permanent {
                reason: format!(
                    "ad account {id}: its currency is no code of three letters: name it in `accounts_exclude`"
                ),
            });
        }
        None => {
            return Err(Failure::Transient {
                reason: format!(
                    "ad account {id}: Spotify does not tell its currency: it is read once that is told; or name it in \
                     `accounts_exclude`"
                ),
            });
        }
    };
    let name = wire.name.unwrap_or_default();
    Ok(Account { id, name, currency: Some(currency), time_zone: TIME_ZONE.to_owned() })
}
