//! How old somebody is, by the calendar of the tenant's zone.

use jiff::Timestamp;
use rows::{Day, day::day_at};

use super::PeopleError;

/// Whole years that a person must have lived to be served.
pub const YEARS_MIN: i16 = 13;
/// Nobody who signs up was born before this year: an earlier one is a slip.
const BORN_MIN: i16 = 1900;
/// Where a tenant names no zone: the one in which days begin last, so that nobody is taken for older than they are.
const ZONE_UNSAID: &str = "Etc/GMT+12";

/// What a person said of their age where no birth date is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgeStatement {
    /// At least 13.
    AtLeast13,
    /// At least 16.
    AtLeast16,
    /// At least 18.
    AtLeast18,
    /// Under 13: stored only of a user who was found to be, for as long as a legal hold forbids the erasure.
    Under13,
}

// === impl AgeStatement ===

impl AgeStatement {
    /// Every one that can be handed over.
    pub const ALL: [Self; 4] = [Self::AtLeast13, Self::AtLeast16, Self::AtLeast18, Self::Under13];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast13 => "at_least_13",
            Self::AtLeast16 => "at_least_16",
            Self::AtLeast18 => "at_least_18",
            Self::Under13 => "under_13",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|statement| statement.as_str() == text)
    }

    const fn years(self) -> i16 {
        match self {
            Self::Under13 => 0,
            Self::AtLeast13 => 13,
            Self::AtLeast16 => 16,
            Self::AtLeast18 => 18,
        }
    }
}

/// Today, where the tenant is.
pub fn today(now: Timestamp, zone: Option<&str>) -> Result<Day, PeopleError> {
    let name = zone.unwrap_or(ZONE_UNSAID);
    let zone = rows::zone::zone(name)
        .ok_or_else(|| PeopleError::Refused(format!("nobody here knows the tenant's time zone {name:?}")))?;
    Ok(day_at(now, &zone))
}

/// Whether somebody who was born on that day has lived so many years on this one. Whoever was born on 29 February is a year
/// older on 1 March of other years.
pub fn has_lived(born: Day, years: i16, today: Day) -> bool {
    (born.year() + years, born.month(), born.day()) <= (today.year(), today.month(), today.day())
}

/// Refuses who is too young, who says nothing of their age, and what contradicts itself.
pub fn check(born: Option<Day>, said: Option<AgeStatement>, today: Day) -> Result<(), PeopleError> {
    let refused = |reason: &str| Err(PeopleError::Refused(format!("{reason}: nothing was stored")));
    // A slip, and no reason to erase somebody.
    if born.is_some_and(|born| born > today) {
        return refused("birth_date lies in the future");
    }
    if said == Some(AgeStatement::Under13) || born.is_some_and(|born| !has_lived(born, YEARS_MIN, today)) {
        return Err(PeopleError::UnderAge);
    }
    match (born, said) {
        (None, None) => refused("birth_date or age_statement is needed, since nobody under 13 is served"),
        (Some(born), _) if born.year() < BORN_MIN => refused("birth_date is before 1900"),
        (Some(born), Some(said)) if !has_lived(born, said.years(), today) => {
            refused("age_statement says more years than birth_date")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_thirteenth_birthday_is_the_first_day() {
        let born = date(2013, 11, 29);
        assert!(!has_lived(born, 13, date(2026, 11, 28)));
        assert!(has_lived(born, 13, date(2026, 11, 29)));
        // Born on a day that the thirteenth year does not have.
        let leap = date(2012, 2, 29);
        assert!(!has_lived(leap, 13, date(2025, 2, 28)));
        assert!(has_lived(leap, 13, date(2025, 3, 1)));
    }

    #[test]
    fn both_ends_of_the_world_have_their_own_day() {
        let now: Timestamp = "2026-11-29T10:30:00Z".parse().unwrap();
        assert_eq!(today(now, Some("Pacific/Kiritimati")).unwrap(), date(2026, 11, 30));
        assert_eq!(today(now, Some("Etc/GMT-14")).unwrap(), date(2026, 11, 30));
        assert_eq!(today(now, None).unwrap(), date(2026, 11, 28), "the last place on earth");
        assert!(today(now, Some("Mars/Olympus")).is_err());
    }

    #[test]
    fn what_is_said_must_fit() {
        let today = date(2026, 11, 29);
        let ok = |born, said| check(born, said, today).is_ok();
        assert!(ok(Some(date(2000, 1, 1)), None) && ok(None, Some(AgeStatement::AtLeast13)));
        assert!(!ok(None, None) && !ok(Some(date(1899, 12, 31)), None));
        assert!(!ok(Some(date(2010, 11, 30)), Some(AgeStatement::AtLeast16)));
        assert!(ok(Some(date(2010, 11, 29)), Some(AgeStatement::AtLeast16)));
        for born in [None, Some(date(2000, 1, 1))] {
            assert!(matches!(check(born, Some(AgeStatement::Under13), today), Err(PeopleError::UnderAge)));
        }
        assert!(matches!(check(Some(today), None, today), Err(PeopleError::UnderAge)));
        // Nobody is erased for a slip.
        for slip in [date(2026, 11, 30), date(2990, 1, 1), date(9999, 12, 31)] {
            assert!(matches!(check(Some(slip), None, today), Err(PeopleError::Refused(_))), "{slip}");
        }
    }

    proptest! {
        /// Once somebody is old enough, they stay so.
        #[test]
        fn nobody_grows_younger(start in -20_000_i64..20_000, days in 0_i64..9_000) {
            let born = rows::day::plus_days(date(2000, 1, 1), start);
            let (day, next) = (rows::day::plus_days(born, days), rows::day::plus_days(born, days + 1));
            prop_assert!(!has_lived(born, YEARS_MIN, day) || has_lived(born, YEARS_MIN, next));
            prop_assert_eq!(has_lived(born, YEARS_MIN, day) && days < 4_748, false);
            prop_assert_eq!(!has_lived(born, YEARS_MIN, day) && days > 4_749, false);
        }
    }
}
