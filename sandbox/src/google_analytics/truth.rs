//! What is true in the world, for tests to compare with what a client made of it. Computed without reports.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::GoogleAnalytics;
use super::world::Numbers;

/// One property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthProperty {
    /// Its number.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// IANA name.
    pub time_zone: String,
    /// The day it is there now.
    pub today: Date,
    /// Whether it is for us.
    pub is_readable: bool,
}

/// What one campaign, source and medium, or all of them, brought to a property on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthWebDay {
    /// The property's day.
    pub day: Date,
    /// `total` (the next three are empty) or `campaign`.
    pub scope: &'static str,
    /// `sessionCampaignName`.
    pub campaign: String,
    /// `sessionSource`.
    pub source: String,
    /// `sessionMedium`.
    pub medium: String,
    /// All numbers, also those of key events that a client does not ask for.
    pub numbers: Numbers,
}

impl GoogleAnalytics {
    /// All properties.
    pub fn truth_properties(&self) -> Vec<TruthProperty> {
        let now = self.time.now();
        let properties = self.world.properties.iter();
        let truth = properties.map(|property| TruthProperty {
            id: property.id,
            name: property.name,
            currency: property.currency,
            time_zone: property.zone_name.clone(),
            today: property.today(now),
            is_readable: !property.is_forbidden,
        });
        truth.collect()
    }

    /// Every day of a property on which something happened, at the world's time, whatever its reports withhold: rows of both scopes.
    /// Empty for an unknown property.
    pub fn truth_web(&self, property_id: &str) -> Vec<TruthWebDay> {
        let now = self.time.now();
        let Some(property) = self.world.property(property_id) else { return Vec::new() };
        let today = property.today(now);
        let mut all = Vec::new();
        for day in property.first_day.series(1.day()).take_while(|day| *day <= today) {
            let mut places: BTreeMap<(&'static str, [&str; 3]), Vec<Numbers>> = BTreeMap::new();
            for ((campaign, source, medium), numbers) in self.world.shown(property, day, now) {
                places.entry(("total", ["", "", ""])).or_default().push(numbers.clone());
                places.entry(("campaign", [campaign, source, medium])).or_default().push(numbers);
            }
            all.extend(places.into_iter().map(|((scope, [campaign, source, medium]), numbers)| {
                TruthWebDay {
                    day,
                    scope,
                    campaign: campaign.to_owned(),
                    source: source.to_owned(),
                    medium: medium.to_owned(),
                    numbers: Numbers::together(&numbers),
                }
            }));
        }
        all
    }
}
