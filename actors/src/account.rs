//! Accounts at a provider, as a check finds them.

use rows::Currency;

use crate::failure::Failure;

/// An account at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The provider's id, without decoration.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Currency of its amounts, where it has one.
    pub currency: Option<Currency>,
    /// IANA name of the zone in which its days are counted.
    pub time_zone: String,
}

/// The accounts that a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Those that can be read.
    pub usable: Vec<Account>,
    /// Those that cannot be read now.
    pub unusable: Vec<Unusable>,
    /// The provider listed them: of one that was read before and is not among them, it must be said that it is missing.
    pub listed: bool,
}

/// An account that is there, or configured, and about which something stands in the way. [`Failure::Permanent`]: what the
/// provider says of it cannot be true of what was read before either, and it is not read. With every other failure, one
/// that was read before goes on being read as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The provider's id, without decoration.
    pub id: String,
    /// Why, and what to do.
    pub failure: Failure,
}

// === impl Account ===

impl Account {
    /// That of a connection without accounts: its id is `""`. `time_zone` is the zone in which its days are counted.
    pub fn sole(name: impl Into<String>, time_zone: impl Into<String>) -> Self {
        Self { id: String::new(), name: name.into(), currency: None, time_zone: time_zone.into() }
    }
}

// === impl Accounts ===

impl Accounts {
    /// One that can be read.
    pub fn one(account: Account) -> Self {
        Self { usable: vec![account], ..Self::default() }
    }

    /// Of a connection without accounts, which has asked the provider for something: it is enough that it answers. What it
    /// does not show is told by the stream that wants it.
    pub fn answered<T>(answer: Result<T, Failure>, account: Account) -> Result<Self, Failure> {
        match answer {
            Ok(_) | Err(Failure::Gone { .. } | Failure::Forbidden { .. }) => Ok(Self::one(account)),
            Err(failure) => Err(failure),
        }
    }

    /// Sorts one in.
    pub fn add(&mut self, id: &str, found: Result<Account, Failure>) {
        match found {
            Ok(account) => self.usable.push(account),
            Err(failure) => self.unusable.push(Unusable { id: id.to_owned(), failure }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_enough_that_the_provider_answers() {
        let check = |answer| Accounts::answered::<()>(answer, Account::sole("Deezer", "UTC"));
        let hidden = || Failure::Forbidden { advice: "not shown".to_owned() };
        for answer in [Ok(()), Err(Failure::Gone { reason: "gone".to_owned() }), Err(hidden())] {
            assert_eq!(check(answer), Ok(Accounts::one(Account::sole("Deezer", "UTC"))));
        }
        for failure in [
            Failure::Permanent { reason: "no such path".to_owned() },
            Failure::Transient { reason: "down".to_owned() },
            Failure::NeedsReauth { advice: "set it again".to_owned() },
        ] {
            assert_eq!(check(Err(failure.clone())), Err(failure));
        }
    }
}
