//! What tests do to the world. A control that finds nothing to change says so.

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::errors::AnalyticsError;
use super::seeding::ORIGINS;
use super::tokens::Pool;
use super::world::{Numbers, Property};
use super::{GoogleAnalytics, ROWS_MAX};
use crate::google::TokenEndpoint;

/// What a property does to its reports, and says in `metadata`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is done or not, whatever the others")]
pub struct Notes {
    /// Rows of few people are withheld (`subjectToThresholding`).
    pub thresholded: bool,
    /// Rare origins are one row `(other)` (`dataLossFromOtherRow`).
    pub rolled_up: bool,
    /// Half of the events were read (`samplingMetadatas`); the numbers are the same.
    pub sampled: bool,
    /// The user may not see money: revenue is answered with zeros (`schemaRestrictionResponse`).
    pub revenue_is_blocked: bool,
    /// `checkCompatibility` calls this metric incompatible.
    pub incompatible_metric: Option<&'static str>,
    /// `checkCompatibility` calls all dimensions incompatible.
    pub dimensions_are_incompatible: bool,
}

impl GoogleAnalytics {
    /// The token endpoint: lets tokens expire, revokes them, sets their lifetime, tells how many there were.
    pub fn tokens(&mut self) -> &mut TokenEndpoint {
        &mut self.tokens
    }

    /// Fixes anew what each origin with this campaign brought to a property on a day; `change` sees the current numbers of each. Returns
    /// how many were changed.
    pub fn restate(
        &mut self,
        property_id: &str,
        campaign: &str,
        day: Date,
        mut change: impl FnMut(&mut Numbers),
    ) -> usize {
        let now = self.time.now();
        let Some(property) = self.world.property(property_id) else { return 0 };
        let mut changed = Vec::new();
        for place in places(campaign) {
            let Some(mut numbers) = self.world.known(property, place, day, now) else { return 0 };
            change(&mut numbers);
            changed.push(((property.id, place, day), numbers));
        }
        let count = changed.len();
        self.world.restated.extend(changed);
        count
    }

    /// Lets the rows of a campaign vanish from a property's day.
    pub fn vanish(&mut self, property_id: &str, campaign: &str, day: Date) -> bool {
        let Some(id) = self.world.property(property_id).map(|property| property.id) else { return false };
        let before = self.world.vanished.len();
        self.world.vanished.extend(places(campaign).map(|place| (id, place, day)));
        self.world.vanished.len() > before
    }

    /// Moves a property's days into another zone.
    pub fn set_time_zone(&mut self, property_id: &str, name: &str) -> bool {
        let Ok(zone) = TimeZoneDatabase::bundled().get(name) else { return false };
        self.change(property_id, |property| (property.zone, property.zone_name) = (zone, name.to_owned()))
    }

    /// What a property does to its reports.
    pub fn set_notes(&mut self, property_id: &str, notes: Notes) -> bool {
        self.change(property_id, |property| property.notes = notes)
    }

    /// Takes a property away from the user (403), or gives it back.
    pub fn forbid(&mut self, property_id: &str, is_forbidden: bool) -> bool {
        self.change(property_id, |property| property.is_forbidden = is_forbidden)
    }

    /// Leaves so much in a property's pool.
    pub fn leave_tokens(&mut self, property_id: &str, pool: Pool, left: u64) -> bool {
        let now = self.time.clock();
        self.change(property_id, |property| property.used.leave(pool, left, now))
    }

    /// How many requests came although their property's tokens were used up.
    pub fn refused_for_tokens(&self) -> u64 {
        self.refused
    }

    /// Answers the next requests to the APIs whose path or body contains `fragment` (`keyEvents:sign_up`) with these errors, one each,
    /// in this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<AnalyticsError>) {
        self.script.add(fragment, errors);
    }

    /// Answers every request to the APIs whose path or body contains `fragment` with this error; without one, as ever again.
    pub fn refuse(&mut self, fragment: &str, error: Option<AnalyticsError>) {
        self.script.refuse(fragment, error);
    }

    /// Puts at most this many rows into an answer (at least one), whatever its limit, or as many as the provider does.
    pub fn set_rows_max(&mut self, rows: Option<usize>) {
        self.rows_max = rows.unwrap_or(ROWS_MAX).max(1);
    }

    /// Holds the world's numbers at its present time, so that two runs read identical values. Tokens still expire by the clock.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world's numbers follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    fn change(&mut self, property_id: &str, change: impl FnOnce(&mut Property)) -> bool {
        let found = self.world.properties.iter_mut().find(|property| property.id == property_id);
        found.map(change).is_some()
    }
}

/// The origins with a campaign.
fn places(campaign: &str) -> impl Iterator<Item = usize> {
    let with = ORIGINS.iter().enumerate().filter(move |(_, origin)| origin.0 == campaign);
    with.map(|(place, _)| place)
}
