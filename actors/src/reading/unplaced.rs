//! Rows by country whose country is not known. Several can stand for one campaign and day (numbers that no list of countries knows,
//! words for "unknown"), so that they are held back, added, and given once all pages have come.

use std::collections::BTreeMap;

use rows::{Day, ads::AdMetrics, quarantine::Quarantined};
use serde::{Deserialize, Serialize};

/// The country of what has none.
pub const UNKNOWN: &str = "ZZ";

/// What was held back of a window so far: part of a cursor. `None`: a part cannot be read, so that the sum is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Unplaced(BTreeMap<(String, Day), Option<AdMetrics>>);

/// JSON's keys are texts.
type Entry = (String, Day, Option<AdMetrics>);

// === impl Unplaced ===

impl Unplaced {
    /// Adds a row of this campaign and day.
    pub fn add(&mut self, campaign_id: String, date: Day, metrics: AdMetrics) {
        self.0
            .entry((campaign_id, date))
            .and_modify(|sum| *sum = sum.as_ref().map(|sum| sum.plus(&metrics)))
            .or_insert(Some(metrics));
    }

    /// A row was set aside. If it may have no country either, one of the sums is not known any more: `campaign` is the field by
    /// which its campaign is known, and `is_country` says whether a field and its value name a country.
    pub fn spoil(&mut self, row: &Quarantined, campaign: &str, is_country: impl Fn(&str, &str) -> bool) {
        let campaign = row.fields.iter().find(|(field, _)| *field == campaign);
        let has_country = row.fields.iter().any(|(field, value)| is_country(field, value));
        if let (Some((_, campaign)), Some(day), false) = (campaign, row.day, has_country) {
            self.0.insert((campaign.clone(), day), None);
        }
    }

    /// The sums that are known, by campaign and day.
    pub fn sums(self) -> impl Iterator<Item = (String, Day, AdMetrics)> {
        self.0.into_iter().filter_map(|((campaign, day), metrics)| Some((campaign, day, metrics?)))
    }
}

impl From<Vec<Entry>> for Unplaced {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(|(campaign, day, metrics)| ((campaign, day), metrics)).collect())
    }
}

impl From<Unplaced> for Vec<Entry> {
    fn from(Unplaced(sums): Unplaced) -> Self {
        sums.into_iter().map(|((campaign, day), metrics)| (campaign, day, metrics)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_november: i8) -> Day {
        jiff::civil::date(2026, 11, of_november)
    }

    fn shown(impressions: i64) -> AdMetrics {
        AdMetrics { impressions: Some(impressions), reach: Some(1), ..AdMetrics::default() }
    }

    fn set_aside(fields: &[(&'static str, &str)]) -> Quarantined {
        Quarantined {
            reason: "count",
            detail: String::new(),
            place: String::new(),
            hash: String::new(),
            fields: fields.iter().map(|(field, value)| (*field, (*value).to_owned())).collect(),
            day: Some(day(1)),
        }
    }

    #[test]
    fn rows_are_added_over_pages() {
        let mut first = Unplaced::default();
        first.add("7".to_owned(), day(1), shown(3));
        first.add("7".to_owned(), day(2), shown(5));
        let cursor = serde_json::to_string(&first).unwrap();
        let mut second: Unplaced = serde_json::from_str(&cursor).unwrap();
        assert_eq!(second, first);
        second.add("7".to_owned(), day(1), shown(4));
        let sums: Vec<_> = second.sums().map(|(_, day, sum)| (day, sum.impressions, sum.reach)).collect();
        // People are not added: the same one may be in both.
        assert_eq!(sums, [(day(1), Some(7), None), (day(2), Some(5), Some(1))]);
    }

    #[test]
    fn a_sum_with_a_part_that_cannot_be_read_is_not_given_and_what_does_not_fit_is_unknown() {
        let is_country = |field: &str, _: &str| field == "country";
        let mut all = Unplaced::default();
        all.add("7".to_owned(), day(1), shown(3));
        all.add("7".to_owned(), day(2), shown(i64::MAX));
        all.add("7".to_owned(), day(2), shown(1));
        all.spoil(&set_aside(&[("campaign", "7"), ("country", "US")]), "campaign", is_country);
        let known: Vec<_> = all.clone().sums().map(|(_, _, sum)| sum.impressions).collect();
        assert_eq!(known, [Some(3), None]);
        all.spoil(&set_aside(&[("campaign", "7")]), "campaign", is_country);
        all.add("7".to_owned(), day(1), shown(4));
        assert_eq!(all.sums().map(|(_, day, _)| day).collect::<Vec<_>>(), [day(2)]);
    }
}
