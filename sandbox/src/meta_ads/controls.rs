//! What tests do to the world. Ids are taken as the provider writes them, accounts with or without `act_`; a control that finds
//! nothing to change says so.

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::delivery::{Counts, Progress};
use super::errors::MetaError;
use super::seeding::{ad_sets, next_campaign_id};
use super::world::{Account, Budget, Campaign, Status, account_number};
use super::{AccountFault, MetaAds, Permission, Surface};
use crate::seed::MILLION;

/// A campaign to be added.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// Its name.
    pub name: String,
    /// Its objective, in the provider's words.
    pub objective: String,
    /// What it spends a day, in minor units of the account's currency.
    pub daily_budget_minor: u64,
    /// Its first day.
    pub first_day: Date,
    /// Its only country.
    pub country: String,
}

impl MetaAds {
    /// Fixes a campaign's day anew: `change` sees each of its ads' current numbers once; the levels above follow. Returns how many
    /// ads' rows were changed (four in the label's own campaigns).
    pub fn restate(
        &mut self,
        account_id: &str,
        campaign_id: &str,
        day: Date,
        mut change: impl FnMut(&mut Counts),
    ) -> usize {
        let now = self.now();
        let Some((account, campaign)) = self.find_campaign(account_id, campaign_id) else {
            return 0;
        };
        let Some(progress) = Progress::of(day, &account.zone, now) else {
            return 0;
        };
        let ledger = self.ledger(account, now);
        let mut changed = Vec::new();
        for ad_set in &campaign.ad_sets {
            for ad in &ad_set.ads {
                let mut counts = ledger.ad_day((campaign, ad_set, ad), day, progress);
                change(&mut counts);
                changed.push(((ad.id, day), counts));
            }
        }
        let count = changed.len();
        self.edits.restated.extend(changed);
        count
    }

    /// Lets a campaign's day vanish: its rows are left out from now on.
    pub fn vanish_day(&mut self, account_id: &str, campaign_id: &str, day: Date) -> bool {
        let id = self.find_campaign(account_id, campaign_id).map(|(_, campaign)| campaign.id);
        id.is_some_and(|id| self.edits.vanished.insert((id, day)))
    }

    /// Undoes [`MetaAds::vanish_day`].
    pub fn bring_back_day(&mut self, account_id: &str, campaign_id: &str, day: Date) -> bool {
        let id = self.find_campaign(account_id, campaign_id).map(|(_, campaign)| campaign.id);
        id.is_some_and(|id| self.edits.vanished.remove(&(id, day)))
    }

    /// Removes a campaign with all below it: neither lists nor insights know it any more.
    pub fn remove_campaign(&mut self, account_id: &str, campaign_id: &str) -> bool {
        let Ok(id) = campaign_id.parse::<u64>() else {
            return false;
        };
        let Some(account) = self.find_account_mut(account_id) else {
            return false;
        };
        let before = account.campaigns.len();
        account.campaigns.retain(|campaign| campaign.id != id);
        account.campaigns.len() < before
    }

    /// Adds a running campaign with two ad sets of two ads each; its id, unless there is no such account.
    pub fn add_campaign(&mut self, account_id: &str, new: NewCampaign) -> Option<String> {
        let number = account_number(account_id)?;
        let (place, account) = (0_u64..).zip(&mut self.accounts).find(|(_, account)| account.id == number)?;
        let id = next_campaign_id(place, account);
        account.campaigns.push(Campaign {
            id,
            name: new.name,
            objective: new.objective,
            optimization_goal: "LINK_CLICKS".to_owned(),
            bid_strategy: "LOWEST_COST_WITHOUT_CAP".to_owned(),
            status: Status::Active,
            budget: Budget::Daily(new.daily_budget_minor),
            daily_minor: new.daily_budget_minor,
            first_day: new.first_day,
            last_day: None,
            countries: vec![(new.country, MILLION)],
            ad_sets: ad_sets(id),
        });
        Some(id.to_string())
    }

    /// Changes a campaign's status. What it delivers is not changed by it.
    pub fn set_status(&mut self, account_id: &str, campaign_id: &str, status: Status) -> bool {
        self.change_campaign(account_id, campaign_id, |campaign| campaign.status = status)
    }

    /// Changes a campaign's name.
    pub fn rename_campaign(&mut self, account_id: &str, campaign_id: &str, name: &str) -> bool {
        self.change_campaign(account_id, campaign_id, |campaign| {
            name.clone_into(&mut campaign.name);
        })
    }

    /// Lets the token expire: everything is answered with 190/463 until [`MetaAds::set_token`].
    pub fn expire_token(&mut self) {
        self.token.expire();
    }

    /// Accepts this token from now on, and no other.
    pub fn set_token(&mut self, token: &str) {
        self.token.replace(token);
    }

    /// Wants proof of this app secret on every call from now on.
    pub fn require_app_secret(&mut self, app_secret: &str) {
        self.app_secret = Some(app_secret.to_owned());
    }

    /// Refuses one kind of call for lack of permission (10, or 200 for insights).
    pub fn forbid(&mut self, surface: Surface) {
        self.token.set_forbidden(Permission::Surface(surface), true);
    }

    /// Undoes [`MetaAds::forbid`].
    pub fn allow(&mut self, surface: Surface) {
        self.token.set_forbidden(Permission::Surface(surface), false);
    }

    /// Refuses everything about one account for lack of permission (200), or allows it again.
    pub fn set_account_forbidden(&mut self, account_id: &str, forbidden: bool) {
        if let Some(number) = account_number(account_id) {
            self.token.set_forbidden(Permission::Account(number), forbidden);
        }
    }

    /// Describes an account wrongly, or (`None`) as it is.
    pub fn set_account_fault(&mut self, account_id: &str, fault: Option<AccountFault>) {
        let Some(number) = account_number(account_id) else { return };
        match fault {
            Some(fault) => drop(self.account_faults.insert(number, fault)),
            None => drop(self.account_faults.remove(&number)),
        }
    }

    /// Changes an account's currency (with its decimals: 0 or 2) and zone; `false` for an unknown account or zone.
    pub fn change_currency_and_zone(
        &mut self,
        account_id: &str,
        currency: &str,
        exponent: u32,
        zone: &str,
    ) -> bool {
        let Ok(time_zone) = TimeZoneDatabase::bundled().get(zone) else {
            return false;
        };
        let Some(account) = self.find_account_mut(account_id) else {
            return false;
        };
        currency.clone_into(&mut account.currency);
        account.exponent = exponent;
        zone.clone_into(&mut account.zone_name);
        account.zone = time_zone;
        true
    }

    /// Answers insights without rows, or with them again.
    pub fn shrink(&mut self, empty: bool) {
        self.insights_empty = empty;
    }

    /// Holds the world's numbers at its present time, so that two runs read identical values. Today stays today.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world's numbers follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    /// Answers the next requests whose path contains `fragment` with these errors, one each, in this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<MetaError>) {
        self.script.add(fragment, errors);
    }

    /// From this many rows on, insights are too much for a synchronous answer (100/1487534); `None` for no bound.
    pub fn set_sync_row_limit(&mut self, rows: Option<usize>) {
        self.sync_row_limit = rows;
    }

    /// From this many rows on, a report run fails (100/1487534); `None` for no bound.
    pub fn set_async_row_limit(&mut self, rows: Option<usize>) {
        self.async_row_limit = rows;
    }

    /// Cursors beyond this many rows are refused (100); `None` for no bound.
    pub fn set_cursor_limit(&mut self, rows: Option<usize>) {
        self.cursor_limit = rows;
    }

    /// How many polls find a report run unfinished (2 at first).
    pub fn set_report_polls(&mut self, polls: u32) {
        self.reports.unfinished_polls = polls;
    }

    /// Whether a fresh report run is unknown (100/33) at its first poll.
    pub fn set_creation_race(&mut self, race: bool) {
        self.reports.creation_race = race;
    }

    /// Lets the next report runs fail with these errors, one each.
    pub fn fail_next_reports(&mut self, errors: Vec<MetaError>) {
        self.reports.failures.extend(errors);
    }

    /// Reports this usage (percent) in every header, whatever the limit says; `None` ends it.
    pub fn report_usage(&mut self, percent: Option<f64>) {
        self.reported_usage = percent;
    }

    /// Whether insights leave out archived and deleted objects unless effective statuses are named (they do at first).
    pub fn set_archived_insights_hidden(&mut self, hidden: bool) {
        self.archived_insights_hidden = hidden;
    }

    fn find_campaign(&self, account_id: &str, campaign_id: &str) -> Option<(&Account, &Campaign)> {
        let number = account_number(account_id)?;
        let account = self.accounts.iter().find(|account| account.id == number)?;
        let id = campaign_id.parse::<u64>().ok()?;
        account.campaigns.iter().find(|campaign| campaign.id == id).map(|campaign| (account, campaign))
    }

    fn find_account_mut(&mut self, account_id: &str) -> Option<&mut Account> {
        let number = account_number(account_id)?;
        self.accounts.iter_mut().find(|account| account.id == number)
    }

    fn change_campaign(
        &mut self,
        account_id: &str,
        campaign_id: &str,
        change: impl FnOnce(&mut Campaign),
    ) -> bool {
        let Ok(id) = campaign_id.parse::<u64>() else {
            return false;
        };
        let account = self.find_account_mut(account_id);
        let campaign =
            account.and_then(|account| account.campaigns.iter_mut().find(|campaign| campaign.id == id));
        campaign.map(change).is_some()
    }
}
