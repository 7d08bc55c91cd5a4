//! What Google numbers, and is no country: several such numbers can stand for one campaign and day, so that their rows are
//! added, and given once all of them have come.

use std::collections::BTreeMap;

use ::rows::{Day, quarantine::Quarantined};
use serde::{Deserialize, Serialize};

use super::{
    criteria::of_criterion,
    mapping::{CAMPAIGN, CRITERION, InCountry, Numbers},
};
use crate::failure::Failure;

/// Where the reading of a window is, and what of it is still to be given.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The next page.
    pub token: String,
    unplaced: Vec<(String, Day, Option<Numbers>)>,
}

/// Rows without a country, by campaign and day. None: a part of them cannot be read, so that the sum is not known.
#[derive(Debug, Default)]
pub struct Unplaced(BTreeMap<(String, Day), Option<Numbers>>);

// === impl Position ===

impl Position {
    /// Of our own cursor.
    pub fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let parse =
            |cursor| serde_json::from_str(cursor).map_err(|error| Failure::malformed("cursor", &error));
        cursor.map_or_else(|| Ok(Self::default()), parse)
    }

    /// What is still to be given.
    pub fn unplaced(&mut self) -> Unplaced {
        let taken = std::mem::take(&mut self.unplaced).into_iter();
        Unplaced(taken.map(|(campaign, day, numbers)| ((campaign, day), numbers)).collect())
    }

    /// The cursor of the next page.
    pub fn cursor(token: String, Unplaced(unplaced): Unplaced) -> String {
        let unplaced = unplaced.into_iter().map(|((campaign, day), numbers)| (campaign, day, numbers));
        serde_json::json!(Self { token, unplaced: unplaced.collect() }).to_string()
    }
}

// === impl Unplaced ===

impl Unplaced {
    /// Adds a row.
    pub fn add(&mut self, row: InCountry) {
        let sum = self.0.entry((row.campaign_id, row.date)).or_insert(Some(Numbers::ZERO));
        *sum = sum.and_then(|sum| sum.plus(row.numbers));
    }

    /// A row cannot be read: if it has no country either, one of the sums is not known any more.
    pub fn spoil(&mut self, row: &Quarantined) {
        let field = |name| row.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
        let criterion = field(CRITERION).and_then(|criterion| criterion.parse().ok());
        if let (Some(campaign_id), Some(day), None) =
            (field(CAMPAIGN), row.day, criterion.and_then(of_criterion))
        {
            self.0.insert((campaign_id.clone(), day), None);
        }
    }

    /// The sums that are known.
    pub fn rows(self) -> impl Iterator<Item = InCountry> {
        self.0.into_iter().filter_map(|((campaign_id, date), numbers)| {
            Some(InCountry { campaign_id, date, country: None, numbers: numbers? })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_november: i8) -> Day {
        jiff::civil::date(2026, 11, of_november)
    }

    fn unplaced(day_of: i8, impressions: i64) -> InCountry {
        let numbers = Numbers { impressions, ..Numbers::ZERO };
        InCountry { campaign_id: "7".to_owned(), date: day(day_of), country: None, numbers }
    }

    fn quarantined(criterion: &str) -> Quarantined {
        Quarantined {
            reason: "count",
            detail: String::new(),
            place: String::new(),
            hash: String::new(),
            fields: vec![(CAMPAIGN, "7".to_owned()), (CRITERION, criterion.to_owned())],
            day: Some(day(1)),
        }
    }

    #[test]
    fn rows_without_a_country_are_added_over_pages() {
        let mut first = Unplaced::default();
        first.add(unplaced(1, 3));
        first.add(unplaced(2, 5));
        let cursor = Position::cursor("next".to_owned(), first);
        let mut position = Position::parse(Some(&cursor)).unwrap();
        let mut second = position.unplaced();
        second.add(unplaced(1, 4));
        assert_eq!(position.token, "next");
        let sums: Vec<_> = second.rows().map(|row| (row.date, row.numbers.impressions)).collect();
        assert_eq!(sums, [(day(1), 7), (day(2), 5)]);
        assert_eq!(Position::parse(None), Ok(Position::default()));
        assert_eq!(Position::parse(Some("next")).unwrap_err().outcome(), "transient");
    }

    #[test]
    fn a_sum_with_a_part_that_cannot_be_read_or_does_not_fit_is_not_given() {
        let mut all = Unplaced::default();
        all.add(unplaced(1, 3));
        all.add(unplaced(2, i64::MAX));
        all.add(unplaced(2, 1));
        all.spoil(&quarantined("2840"));
        assert_eq!(all.0[&("7".to_owned(), day(1))].map(|numbers| numbers.impressions), Some(3));
        all.spoil(&quarantined("2999"));
        all.add(unplaced(1, 4));
        assert_eq!(all.rows().count(), 0);
    }
}
