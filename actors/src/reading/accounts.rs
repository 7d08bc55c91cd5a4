//! Accounts that credentials see: what a provider says of each, as far as it is believed. What would make every later number wrong
//! (a currency that nobody knows, a zone in which no day can be told) is refused.

use rows::{Currency, Row, ads::AdAccount, quarantine::Quarantined, zone::zone};

use super::{elements::Elements, names::name};
use crate::{
    account::{Account, Accounts},
    failure::Failure,
};

/// What an account's amounts are in.
pub const CURRENCY: &str = "currency (ISO 4217)";
/// What its days are counted in.
pub const TIME_ZONE: &str = "time zone (IANA)";

/// How accounts are called, for people.
#[derive(Debug, Clone, Copy)]
pub struct Called {
    /// Who tells of them: `TikTok`.
    pub provider: &'static str,
    /// What an id is written behind: `advertiser `.
    pub word: &'static str,
}

/// An account as its provider describes it.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Its id, without decoration.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The provider's word for its state.
    pub status: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// IANA.
    pub time_zone: Option<String>,
}

// === impl Told ===

impl Told {
    /// As a row. What nobody knows is unknown.
    pub fn row(self) -> Row {
        Row::AdAccount(AdAccount {
            account_id: self.id,
            name: self.name,
            status: self.status,
            currency: self.currency.and_then(|code| Currency::parse(&code).ok()),
            time_zone: self.time_zone.filter(|name| zone(name).is_some()),
        })
    }
}

// === impl Called ===

impl Called {
    /// An account, if it can be read. What is not said now may be known from before; what is said and nobody knows contradicts
    /// whatever was.
    pub fn account(self, told: Told) -> Result<Account, Failure> {
        let Told { id, name, currency, time_zone, .. } = told;
        let known = time_zone.as_deref().filter(|name| zone(name).is_some()).map(str::to_owned);
        let time_zone = known.ok_or_else(|| self.refuse(&id, TIME_ZONE, time_zone.as_deref()))?;
        let known = currency.as_deref().and_then(|code| Currency::parse(code).ok());
        let known = known.ok_or_else(|| self.refuse(&id, CURRENCY, currency.as_deref()))?;
        Ok(Account { id, name: name.unwrap_or_default(), currency: Some(known), time_zone })
    }

    /// What a provider does not say of an account.
    pub fn unsaid(self, id: &str, what: &str) -> Failure {
        let Self { provider, word } = self;
        let reason = format!(
            "{word}{id}: {provider} does not tell its {what}: it is read once that is told; or name it in `accounts_exclude`"
        );
        Failure::Transient { reason }
    }

    fn refuse(self, id: &str, what: &str, said: Option<&str>) -> Failure {
        let Self { provider, word } = self;
        let Some(said) = said.filter(|said| !said.trim().is_empty()) else { return self.unsaid(id, what) };
        // Anything else is no name of a zone or a currency that anybody could have.
        let said = name(said, "/_+-").map_or_else(String::new, |said| format!(" {said:?}"));
        let reason = format!(
            "{word}{id}: {what}{said} is not known: correct it at {provider}, or name the account in `accounts_exclude`"
        );
        Failure::Permanent { reason }
    }

    /// Sorts in one that was asked about by itself. Credentials that are refused are refused for all.
    pub fn add_asked(
        self,
        accounts: &mut Accounts,
        id: &str,
        told: Result<Told, Failure>,
    ) -> Result<(), Failure> {
        let found = match told {
            Ok(told) => self.account(told),
            Err(failure @ Failure::NeedsReauth { .. }) => return Err(failure),
            Err(Failure::Gone { reason }) => Err(Failure::Forbidden {
                advice: format!("there is no {}{id}: correct `accounts` ({reason})", self.word),
            }),
            Err(failure) => Err(failure),
        };
        accounts.add(id, found);
        Ok(())
    }

    /// Sorts in those of a list. One whose description cannot be read is known by its id, or where it has none by its place.
    pub fn add_listed(self, accounts: &mut Accounts, listed: Elements<Told>) {
        for Quarantined { fields, place, detail, .. } in listed.quarantined {
            let id = fields.into_iter().next().map_or(place, |(_, id)| id);
            let reason = format!("{}{id}: its description cannot be read ({detail})", self.word);
            accounts.add(&id, Err(Failure::Transient { reason }));
        }
        for told in listed.rows {
            accounts.add(&told.id.clone(), self.account(told));
        }
    }
}

// === impl Accounts ===

impl Accounts {
    /// Of a connection that reads one account: what is not permitted, or cannot be, is told of it; with any other failure nothing can be
    /// said.
    pub fn of_one(id: &str, found: Result<Account, Failure>) -> Result<Self, Failure> {
        let mut accounts = Self::default();
        match found {
            Err(Failure::Forbidden { .. } | Failure::Permanent { .. }) | Ok(_) => accounts.add(id, found),
            Err(failure) => return Err(failure),
        }
        Ok(accounts)
    }

    /// These, if there are any: credentials that see none are told what to grant.
    pub fn or_grant(self, advice: &str) -> Result<Self, Failure> {
        if self.usable.is_empty() && self.unusable.is_empty() {
            return Err(Failure::Forbidden { advice: advice.to_owned() });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::elements::{Named, Unreadable};

    const CALLED: Called = Called { provider: "Spotify", word: "ad account " };

    fn told(currency: &str, time_zone: &str) -> Told {
        let said = |text: &str| Some(text.to_owned()).filter(|text| text != "null");
        Told { id: "7".to_owned(), currency: said(currency), time_zone: said(time_zone), ..Told::default() }
    }

    #[test]
    fn what_nobody_knows_is_refused_and_what_is_not_said_may_be_known_from_before() {
        let account = CALLED.account(told("EUR", "Europe/Berlin")).unwrap();
        assert_eq!((&*account.id, &*account.time_zone), ("7", "Europe/Berlin"));
        assert_eq!(account.currency, Some(Currency::parse("EUR").unwrap()));
        for (currency, zone, outcome, says) in [
            ("null", "UTC", "transient", "does not tell its currency"),
            ("", "UTC", "transient", "does not tell its currency"),
            ("EUR", " ", "transient", "does not tell its time zone"),
            ("EUR", "null", "transient", "does not tell its time zone"),
            ("DOLLAR", "UTC", "permanent", r#"currency (ISO 4217) "DOLLAR" is not known"#),
            ("EUR", "Mars/Olympus", "permanent", r#""Mars/Olympus" is not known"#),
        ] {
            let failure = CALLED.account(told(currency, zone)).unwrap_err();
            let text = failure.to_string();
            assert_eq!(failure.outcome(), outcome, "{text}");
            assert!(text.starts_with("ad account 7: ") && text.contains(says), "{text}");
            assert!(text.contains("accounts_exclude"), "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_is_unknown_in_a_row() {
        let row = |currency, zone| match told(currency, zone).row() {
            Row::AdAccount(row) => (row.currency, row.time_zone),
            other => panic!("{other:?}"),
        };
        assert_eq!(row("DOLLAR", "Mars/Olympus"), (None, None));
        assert_eq!(row("EUR", "UTC"), (Currency::parse("EUR").ok(), Some("UTC".to_owned())));
    }

    #[test]
    fn a_text_of_the_providers_is_shown_in_part_and_without_secrets() {
        let text = CALLED.account(told(&"ada@example.com ".repeat(100), "UTC")).unwrap_err().to_string();
        assert!(text.len() < 400 && !text.contains("ada@"), "{text}");
    }

    fn outcomes(accounts: &Accounts) -> Vec<(&str, &'static str)> {
        accounts.unusable.iter().map(|one| (&*one.id, one.failure.outcome())).collect()
    }

    #[test]
    fn one_account_stops_no_other_but_refused_credentials_are_refused_for_all() {
        let mut accounts = Accounts::default();
        let gone = Failure::Gone { reason: "no such".to_owned() };
        assert_eq!(CALLED.add_asked(&mut accounts, "1", Err(gone)), Ok(()));
        assert_eq!(CALLED.add_asked(&mut accounts, "7", Ok(told("EUR", "UTC"))), Ok(()));
        let refused = Failure::NeedsReauth { advice: "anew".to_owned() };
        assert_eq!(CALLED.add_asked(&mut accounts, "2", Err(refused.clone())), Err(refused));
        assert_eq!((accounts.usable.len(), outcomes(&accounts)), (1, vec![("1", "forbidden")]));
    }

    #[test]
    fn one_element_of_a_list_does_not_take_the_others_with_it() {
        let aside = |fields| {
            Unreadable::Missing("currency").set_aside(
                b"{}",
                "element 1".to_owned(),
                Named { fields, day: None },
            )
        };
        let quarantined = vec![aside(vec![("id", "8".to_owned())]), aside(Vec::new())];
        let mut accounts = Accounts::default();
        CALLED.add_listed(
            &mut accounts,
            Elements { rows: vec![told("EUR", "UTC"), told("EURO", "UTC")], quarantined },
        );
        assert_eq!(accounts.usable.len(), 1);
        assert_eq!(outcomes(&accounts), [("8", "transient"), ("element 1", "transient"), ("7", "permanent")]);
    }

    #[test]
    fn the_one_account_of_a_connection_is_told_what_to_do_or_waited_for() {
        let forbidden = Failure::Forbidden { advice: "grant it".to_owned() };
        assert_eq!(outcomes(&Accounts::of_one("7", Err(forbidden)).unwrap()), [("7", "forbidden")]);
        let down = Failure::Transient { reason: "down".to_owned() };
        assert_eq!(Accounts::of_one("7", Err(down.clone())), Err(down));
        let accounts = Accounts::of_one("7", CALLED.account(told("EUR", "UTC"))).unwrap();
        assert_eq!(accounts.usable.len(), 1);
        assert_eq!(accounts.clone().or_grant("grant it"), Ok(accounts));
        assert_eq!(Accounts::default().or_grant("grant it").unwrap_err().outcome(), "forbidden");
    }
}
