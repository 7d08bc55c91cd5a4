//! What tests do to the world. Ids are taken as the provider writes them; a control that finds nothing to change says so.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::errors::AdsError;
use super::numbers::{Metrics, Progress};
use super::world::{Campaign, Customer, Status};
use super::{GoogleAds, PAGE_ROWS};
use crate::google::TokenEndpoint;
use crate::limit::{Limit, LimitCounts, Meter};

impl GoogleAds {
    /// The token endpoint: lets tokens expire, revokes them, sets their lifetime, tells how many there were.
    pub fn tokens(&mut self) -> &mut TokenEndpoint {
        &mut self.tokens
    }

    /// Fixes a campaign's day anew: `change` sees the current numbers of each of its ads once; the levels above follow. Returns how many
    /// were changed (four, or one for a campaign without ad groups).
    pub fn restate(&mut self, campaign_id: &str, day: Date, mut change: impl FnMut(&mut Metrics)) -> usize {
        let Some((customer, campaign)) = self.find_campaign(campaign_id) else { return 0 };
        let Some(progress) = Progress::of(day, &customer.zone, self.time.now()) else { return 0 };
        let mut changed = Vec::new();
        for unit in campaign.units() {
            let mut metrics = self.world.unit_day(campaign, unit, day, progress);
            change(&mut metrics);
            changed.push(((unit.0, day), metrics));
        }
        let count = changed.len();
        self.world.restated.extend(changed);
        count
    }

    /// Lets a campaign's day vanish: its rows are left out from now on.
    pub fn vanish_day(&mut self, campaign_id: &str, day: Date) -> bool {
        let id = self.find_campaign(campaign_id).map(|(_, campaign)| campaign.id);
        id.is_some_and(|id| self.world.vanished.insert((id, day)))
    }

    /// Forgets a campaign with all below it: neither lists nor numbers know it any more.
    pub fn forget_campaign(&mut self, campaign_id: &str) -> bool {
        let id = self.find_campaign(campaign_id).map(|(_, campaign)| campaign.id);
        for customer in &mut self.world.customers {
            customer.campaigns.retain(|campaign| Some(campaign.id) != id);
        }
        id.is_some()
    }

    /// Changes a campaign's name and status. What it delivers is not changed by it.
    pub fn change_campaign(&mut self, campaign_id: &str, name: &str, status: Status) -> bool {
        let all = self.world.customers.iter_mut().flat_map(|customer| &mut customer.campaigns);
        let mut found = all.filter(|campaign| campaign.id.to_string() == campaign_id);
        found.next().is_some_and(|campaign| {
            name.clone_into(&mut campaign.name);
            campaign.status = status;
            true
        })
    }

    /// Moves a customer's days into another zone, which the provider itself never does.
    pub fn set_time_zone(&mut self, customer_id: &str, name: &str) -> bool {
        let Ok(zone) = TimeZoneDatabase::bundled().get(name) else { return false };
        let mut found = self.world.customers.iter_mut().filter(|customer| customer.id == customer_id);
        found.next().is_some_and(|customer| {
            (customer.zone, customer.zone_name) = (zone, name.to_owned());
            true
        })
    }

    /// Answers everything about one customer with this error, as with [`AdsError::permission`]; without one, as ever again.
    pub fn refuse_customer(&mut self, customer_id: &str, error: Option<AdsError>) -> bool {
        let id = self.world.customer(customer_id).map(|customer| customer.id);
        id.is_some_and(|id| {
            match error {
                Some(error) => self.world.refused.insert(id, error),
                None => self.world.refused.remove(id),
            };
            true
        })
    }

    /// Answers the next requests to the API whose path or body contains `fragment` (`FROM ad_group_ad`) with these errors, one each, in
    /// this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<AdsError>) {
        self.script.add(fragment, errors);
    }

    /// Answers every request to the API whose path or body contains `fragment` with this error; without one, as ever again.
    pub fn refuse(&mut self, fragment: &str, error: Option<AdsError>) {
        self.script.refuse(fragment, error);
    }

    /// Admits this many operations in any 24 hours of the sandbox's clock, as of now; without a number, as many as come. Further pages of
    /// an answer and token requests are free.
    pub fn set_operations(&mut self, operations: Option<u32>) {
        let limit = |number| Limit::per(number, Duration::from_hours(24)).by_sandbox_clock();
        self.operations = operations.map(|number| Meter::new(limit(number)));
    }

    /// What came of the operations since their number was set.
    pub fn operations(&self) -> LimitCounts {
        self.operations.as_ref().map(Meter::counts).unwrap_or_default()
    }

    /// Puts this many rows on a page (at least one), or as many as the provider does.
    pub fn set_page_rows(&mut self, rows: Option<usize>) {
        self.page_rows = rows.unwrap_or(PAGE_ROWS).max(1);
    }

    /// Lets all page tokens given out so far expire.
    pub fn expire_page_tokens(&mut self) {
        self.page_generation += 1;
    }

    /// Holds the world's numbers at its present time, so that two runs read identical values. Tokens still expire by the clock.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world's numbers follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    fn find_campaign(&self, campaign_id: &str) -> Option<(&Customer, &Campaign)> {
        let all = self
            .world
            .customers
            .iter()
            .flat_map(|customer| customer.campaigns.iter().map(move |campaign| (customer, campaign)));
        all.into_iter().find(|(_, campaign)| campaign.id.to_string() == campaign_id)
    }
}
