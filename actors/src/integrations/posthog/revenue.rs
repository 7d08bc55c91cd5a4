//! Revenue of a day, between the queries that read it and the visits that it belongs to.

use std::collections::BTreeMap;

use rows::Micros;
use serde::{Deserialize, Serialize};

/// Revenue by origin, as far as it is not yet given to that origin's visits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revenue {
    /// By campaign, source and medium; nothing where the amount could not be read.
    #[serde(with = "pairs")]
    by_origin: BTreeMap<Vec<String>, Option<Micros>>,
    /// The origin of some amount could not be read.
    is_incomplete: bool,
}

// === impl Revenue ===

impl Revenue {
    /// Notes an origin's revenue; nothing = it could not be read.
    pub fn note(&mut self, origin: Vec<String>, amount: Option<Micros>) {
        self.by_origin.insert(origin, amount);
    }

    /// Notes that there is revenue whose origin could not be read.
    pub const fn note_lost(&mut self) {
        self.is_incomplete = true;
    }

    /// The whole day's; nothing when a part of it is unknown.
    pub fn total(&self) -> Option<Micros> {
        if self.is_incomplete {
            return None;
        }
        self.by_origin
            .values()
            .try_fold(Micros::ZERO, |sum, amount| sum.0.checked_add((*amount)?.0).map(Micros))
    }

    /// Takes out an origin's: zero where its visits brought none.
    pub fn take(&mut self, origin: &[String]) -> Option<Micros> {
        match self.by_origin.remove(origin) {
            Some(amount) => amount,
            None => (!self.is_incomplete).then_some(Micros::ZERO),
        }
    }

    /// Origins for which no visits were found.
    pub fn left(&self) -> impl Iterator<Item = &Vec<String>> {
        self.by_origin.keys()
    }
}

/// JSON has no lists as keys.
mod pairs {
    use std::collections::BTreeMap;

    use rows::Micros;
    use serde::{Deserialize as _, Deserializer, Serializer};

    type ByOrigin = BTreeMap<Vec<String>, Option<Micros>>;

    pub fn serialize<S: Serializer>(by_origin: &ByOrigin, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(by_origin)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByOrigin, D::Error> {
        Ok(Vec::<(Vec<String>, Option<Micros>)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(campaign: &str) -> Vec<String> {
        vec![campaign.to_owned(), "google".to_owned(), String::new()]
    }

    #[test]
    fn it_is_given_once_and_survives_the_cursor() {
        let mut revenue = Revenue::default();
        revenue.note(origin("a"), Some(Micros(5)));
        revenue.note(origin("b"), Some(Micros(7)));
        assert_eq!(revenue.total(), Some(Micros(12)));
        let text = serde_json::to_string(&revenue).unwrap();
        let mut revenue: Revenue = serde_json::from_str(&text).unwrap();
        assert_eq!(revenue.take(&origin("a")), Some(Micros(5)));
        assert_eq!(revenue.take(&origin("c")), Some(Micros::ZERO));
        assert_eq!(revenue.left().collect::<Vec<_>>(), [&origin("b")]);
    }

    #[test]
    fn what_is_unknown_makes_no_zero() {
        let mut revenue = Revenue::default();
        revenue.note(origin("a"), None);
        assert_eq!(revenue.total(), None);
        assert_eq!(revenue.take(&origin("a")), None);
        assert_eq!(revenue.take(&origin("b")), Some(Micros::ZERO));
        revenue.note_lost();
        assert_eq!((revenue.total(), revenue.take(&origin("b"))), (None, None));
        let mut huge = Revenue::default();
        huge.note(origin("a"), Some(Micros(i64::MAX)));
        huge.note(origin("b"), Some(Micros(1)));
        assert_eq!(huge.total(), None);
    }
}
