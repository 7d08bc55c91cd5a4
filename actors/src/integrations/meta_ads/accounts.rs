//! Ad accounts: which the token sees, and their description.

use serde_json::value::RawValue;

use super::{
    mapping::{self, Owner},
    paged_list,
    source::MetaAdsSource,
    use_case, wire,
};
use crate::{
    account::{Account, Accounts},
    failure::Failure,
    page::{Page, SnapshotReply, SnapshotRequest},
    reading::{
        accounts::{Called, Told},
        ads::Definitions,
    },
    session::{Call, Session},
};

const FIELDS: &str = "id,account_id,name,account_status,currency,timezone_name";
/// Accounts on one page.
const PAGE_SIZE: u32 = 100;

const CALLED: Called = Called { provider: "Meta", word: "ad account act_" };

/// The configured accounts, or all that the token sees.
pub async fn check(source: &MetaAdsSource, session: &Session) -> Result<Accounts, Failure> {
    if source.accounts.is_empty() {
        return visible(source, session).await;
    }
    let mut accounts = Accounts::default();
    for id in &source.accounts {
        // Asked for one by one: a token may read accounts that its user is not assigned to, and those are not listed.
        CALLED.add_asked(&mut accounts, id, named(source, session, id).await)?;
    }
    Ok(accounts)
}

/// Whose rows are read.
pub fn owner(account: &Account) -> Result<Owner, Failure> {
    Owner::of(account, CALLED, (), Definitions::default())
}

async fn named(source: &MetaAdsSource, session: &Session, id: &str) -> Result<Told, Failure> {
    refuse_other_than_digits(id)?;
    // The limit of one account is waited for by that one alone; a limit of all refuses the others before they are sent.
    let wire = fetch(session, id, call(source, id).without_patience()).await?;
    Ok(mapping::told(wire.account_id.0.clone(), wire))
}

/// The account as a row. What Meta does not say of it, or nobody knows, is unknown.
pub async fn page(
    source: &MetaAdsSource,
    session: &Session,
    request: SnapshotRequest<'_>,
) -> Result<SnapshotReply, Failure> {
    let id = &request.account.id;
    let wire = fetch(session, id, call(source, id)).await?;
    Ok(Page { rows: vec![mapping::told(id.clone(), wire).row()], ..Page::default() }.into())
}

async fn visible(source: &MetaAdsSource, session: &Session) -> Result<Accounts, Failure> {
    let call = source.get(&["me", "adaccounts"], use_case::MANAGEMENT).query("fields", FIELDS);
    let listed = paged_list::all(session, &call, PAGE_SIZE).await?;
    read(&listed)
        .or_grant("the token sees no ad account: assign ad accounts to its system user in Business settings")
}

/// The elements of the list, each on its own.
fn read(listed: &[Box<RawValue>]) -> Accounts {
    let mut accounts = Accounts { listed: true, ..Accounts::default() };
    for (index, raw) in listed.iter().enumerate() {
        match serde_json::from_str::<wire::AdAccount>(raw.get()) {
            Ok(wire) => accounts.add(&wire.account_id.0.clone(), to_account(wire)),
            Err(error) => {
                let place = format!("me/adaccounts, element {index}");
                let id = mapping::element_id(raw).unwrap_or_else(|| format!("unnamed-{index}"));
                accounts.add(&id, Err(Failure::malformed(&place, &error)));
            }
        }
    }
    accounts
}

fn call(source: &MetaAdsSource, id: &str) -> Call {
    source.get(&[&format!("act_{id}")], use_case::MANAGEMENT).query("fields", FIELDS).account(id)
}

async fn fetch(session: &Session, id: &str, call: Call) -> Result<wire::AdAccount, Failure> {
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

fn to_account(wire: wire::AdAccount) -> Result<Account, Failure> {
    CALLED.account(mapping::told(wire.account_id.0.clone(), wire))
}

#[cfg(test)]
mod tests {
    use rows::Currency;

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
        let long =
            format!(r#"{{"account_id":"7","timezone_name":"{}","currency":"USD"}}"#, "M".repeat(1 << 20));
        assert!(account(&long).unwrap_err().to_string().len() < 2_000, "a foreign text has a length");
    }

    #[test]
    fn what_is_not_said_may_be_known_from_before() {
        for json in [
            r#"{"account_id":"7"}"#,
            r#"{"account_id":"7","timezone_name":"UTC","currency":null}"#,
            r#"{"account_id":"7","timezone_name":"","currency":"USD"}"#,
        ] {
            let failure = account(json).unwrap_err();
            assert_eq!(failure.outcome(), "transient", "{json}");
            assert!(failure.to_string().contains("act_7"), "{failure}");
        }
    }

    #[test]
    fn one_element_of_the_list_does_not_take_the_others_with_it() {
        let listed = [
            r#"{"id":"act_1","account_id":"1","currency":"USD","timezone_name":"UTC"}"#,
            r#"{"id":"act_2","account_id":"2","currency":null,"timezone_name":"UTC"}"#,
            r#"{"id":"act_3","account_id":["3"],"currency":"USD","timezone_name":"UTC"}"#,
            "7",
            r#"{"id":"act_5","account_id":"5","currency":"USD","timezone_name":"Mars/Olympus"}"#,
            r#"{"id":"act_6","account_id":6,"currency":"EUR","timezone_name":"Europe/Kiev"}"#,
        ];
        let listed: Vec<_> =
            listed.iter().map(|raw| RawValue::from_string((*raw).to_owned()).unwrap()).collect();
        let found = read(&listed);
        assert!(found.listed);
        let usable: Vec<_> = found.usable.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(usable, ["1", "6"]);
        let unusable: Vec<_> =
            found.unusable.iter().map(|one| (one.id.as_str(), one.failure.outcome())).collect();
        let expected =
            [("2", "transient"), ("3", "transient"), ("unnamed-3", "transient"), ("5", "permanent")];
        assert_eq!(unusable, expected);
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
        let failure = hidden("42", Failure::Gone { reason: "Meta error 100/33".to_owned() });
        assert_eq!(failure.outcome(), "forbidden");
        assert!(failure.to_string().contains("act_42"), "{failure}");
        let passing = Failure::Transient { reason: "down".to_owned() };
        assert_eq!(hidden("42", passing.clone()), passing);
    }
}
