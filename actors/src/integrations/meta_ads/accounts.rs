//! Ad accounts: which the token sees, and their description.

use ::rows::{Currency, Row, zone::zone};

use super::{
    edge, rows as mapping,
    source::MetaAdsSource,
    use_case,
    wire::{self, Scalar},
};
use crate::{
    failure::Failure,
    integration::Account,
    session::{Call, Session},
};

const FIELDS: &str = "id,account_id,name,account_status,currency,timezone_name";
/// Accounts on one page.
const PAGE_SIZE: u32 = 100;

/// The configured accounts, or all that the token sees.
pub async fn check(source: &MetaAdsSource, session: &Session) -> Result<Vec<Account>, Failure> {
    if source.accounts.is_empty() {
        return visible(source, session).await;
    }
    let mut accounts = Vec::with_capacity(source.accounts.len());
    for configured in &source.accounts {
        refuse_other_than_digits(configured)?;
        // Asked for one by one: a token may read accounts that its user is not assigned to, and those are not listed.
        accounts.push(to_account(fetch(source, session, configured).await?)?);
    }
    Ok(accounts)
}

/// The account as a row.
pub async fn describe(source: &MetaAdsSource, session: &Session, account: &Account) -> Result<Row, Failure> {
    let wire = fetch(source, session, &account.id).await?;
    let status = wire.account_status.clone();
    Ok(mapping::account(&to_account(wire)?, status.as_ref()))
}

async fn visible(source: &MetaAdsSource, session: &Session) -> Result<Vec<Account>, Failure> {
    let call = Call::get(source.path("me/adaccounts"), use_case::MANAGEMENT).query("fields", FIELDS);
    let place = call.path.clone();
    let listed = edge::all(session, &call, PAGE_SIZE).await?;
    if listed.is_empty() {
        return Err(Failure::Forbidden {
            advice:
                "the token sees no ad account: assign ad accounts to its system user in Business settings"
                    .to_owned(),
        });
    }
    listed
        .iter()
        .map(|raw| {
            let wire = serde_json::from_str(raw.get()).map_err(|error| Failure::malformed(&place, &error))?;
            to_account(wire)
        })
        .collect()
}

async fn fetch(source: &MetaAdsSource, session: &Session, id: &str) -> Result<wire::AdAccount, Failure> {
    let call = Call::get(source.path(&format!("act_{id}")), use_case::MANAGEMENT)
        .query("fields", FIELDS)
        .account(id);
    session.json(call).await.map_err(|failure| hidden(id, failure))
}

/// An id becomes part of a path, and whatever is no number is a mistake anyway.
fn refuse_other_than_digits(id: &str) -> Result<(), Failure> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Failure::Permanent {
        reason: format!(
            "accounts: {id:?} is not an ad account: expected digits, with or without \"act_\" before them"
        ),
    })
}

/// What "does not exist" and "not permitted" mean for a configured account.
fn hidden(id: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Gone { reason } | Failure::Forbidden { advice: reason } => Failure::Forbidden {
            advice: format!(
                "the token does not see ad account act_{id}: assign the account to the token's system user in Business \
                 settings, or correct `accounts` ({reason})"
            ),
        },
        other => other,
    }
}

/// Refuses what would make every later number wrong: a zone in which no day can be told, an unknown currency.
fn to_account(wire: wire::AdAccount) -> Result<Account, Failure> {
    let Scalar(id) = wire.account_id;
    let refuse = |what: &str, found: Option<&str>| Failure::Permanent {
        reason: format!("ad account act_{id}: {what} {:?} is not known", found.unwrap_or_default()),
    };
    let said = wire.timezone_name.as_deref();
    let time_zone =
        said.filter(|name| zone(name).is_some()).ok_or_else(|| refuse("time zone (IANA)", said))?.to_owned();
    let code = wire.currency.as_deref();
    let currency = code
        .and_then(|code| Currency::parse(code).ok())
        .ok_or_else(|| refuse("currency (ISO 4217)", code))?;
    let name = wire.name.unwrap_or_default();
    Ok(Account { id, name, currency: Some(currency), time_zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(json: &str) -> Result<Account, Failure> {
        to_account(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_account_is_known_without_its_decoration() {
        let sample = r#"{"id":"act_1234567890123456","account_id":"1234567890123456","name":"Label A",
            "account_status":1,"currency":"USD","timezone_id":1,"timezone_name":"America/Los_Angeles"}"#;
        assert_eq!(
            account(sample),
            Ok(Account {
                id: "1234567890123456".to_owned(),
                name: "Label A".to_owned(),
                currency: Some(Currency::parse("USD").unwrap()),
                time_zone: "America/Los_Angeles".to_owned(),
            })
        );
    }

    #[test]
    fn unknown_zones_and_currencies_are_refused_by_name() {
        for (zone, currency, named) in [("Mars/Olympus", "USD", "Mars/Olympus"), ("UTC", "DOLLAR", "DOLLAR")]
        {
            let json = format!(r#"{{"account_id":"7","timezone_name":"{zone}","currency":"{currency}"}}"#);
            let failure = account(&json).unwrap_err();
            assert_eq!(failure.outcome(), "permanent");
            assert!(
                failure.to_string().contains(named) && failure.to_string().contains("act_7"),
                "{failure}"
            );
        }
        assert_eq!(account(r#"{"account_id":"7"}"#).unwrap_err().outcome(), "permanent");
    }

    #[test]
    fn an_account_id_is_a_number() {
        assert_eq!(refuse_other_than_digits("1234567890123456"), Ok(()));
        for id in ["", "me/adaccounts", "12 3"] {
            assert_eq!(refuse_other_than_digits(id).unwrap_err().outcome(), "permanent", "{id}");
        }
    }

    #[test]
    fn a_hidden_account_is_named_with_what_to_do() {
        let failure = hidden("42", Failure::Gone { reason: "Meta error 100/33: Unsupported get".to_owned() });
        assert_eq!(failure.outcome(), "forbidden");
        assert!(failure.to_string().contains("act_42"), "{failure}");
        let passing = Failure::Transient { reason: "down".to_owned() };
        assert_eq!(hidden("42", passing.clone()), passing);
    }
}
