//! What tests do to the world. A control that finds nothing to change says so.

use jiff::civil::Date;

use super::errors::AdsError;
use super::numbers::Numbers;
use super::world::{Campaign, Level};
use super::{PAGE_LENGTH, SpotifyAds};
use crate::oauth::TokenServer;

impl SpotifyAds {
    /// The tokens of the app and of its user: lets them expire, be revoked, rotate.
    pub fn tokens(&mut self) -> &mut TokenServer {
        &mut self.tokens
    }

    /// Fixes a campaign's day anew: `change` sees the current numbers of each of its ads once, zeros for one without a row; the levels
    /// above follow. Returns how many were changed (four).
    pub fn restate(&mut self, campaign_id: &str, day: Date, mut change: impl FnMut(&mut Numbers)) -> usize {
        let now = self.time.now();
        let ads = self.world.accounts.iter().flat_map(|account| account.entities(Level::Ad));
        let mut changed = Vec::new();
        for entity in ads.filter(|entity| entity.parent().parent().id() == campaign_id) {
            let mut numbers = self.world.day(entity, day, now).unwrap_or_default();
            change(&mut numbers);
            changed.push(((entity.id().to_owned(), day), numbers));
        }
        let count = changed.len();
        self.world.restated.extend(changed);
        count
    }

    /// Lets a campaign's day vanish: its rows are left out from now on.
    pub fn vanish_day(&mut self, campaign_id: &str, day: Date) -> bool {
        self.campaign(campaign_id).is_some() && self.world.vanished.insert((campaign_id.to_owned(), day))
    }

    /// Forgets a campaign with all below it: neither lists nor reports know it any more.
    pub fn forget_campaign(&mut self, campaign_id: &str) -> bool {
        let is_known = self.campaign(campaign_id).is_some();
        for account in &mut self.world.accounts {
            account.campaigns.retain(|campaign| campaign.id != campaign_id);
        }
        is_known
    }

    /// Changes a campaign's name and status. What it delivers is not changed by it.
    pub fn change_campaign(&mut self, campaign_id: &str, name: &str, status: &str) -> bool {
        self.campaign(campaign_id).is_some_and(|campaign| {
            name.clone_into(&mut campaign.name);
            status.clone_into(&mut campaign.status);
            true
        })
    }

    /// Answers everything about an account, or a business, with this error, as with [`AdsError::forbidden`]; without one, as ever again.
    pub fn refuse_id(&mut self, id: &str, error: Option<AdsError>) {
        match error {
            Some(error) => self.world.refused.insert(id.to_owned(), error),
            None => self.world.refused.remove(id),
        };
    }

    /// Answers the next requests to the API whose path and query (`/v3/…/aggregate_reports?entity_type=AD&…`) contain `fragment` with
    /// these errors, one each, in this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<AdsError>) {
        self.script.add(fragment, errors);
    }

    /// Answers every request to the API whose path and query contain `fragment` with this error; without one, as ever again.
    pub fn refuse(&mut self, fragment: &str, error: Option<AdsError>) {
        self.script.refuse(fragment, error);
    }

    /// Puts at most this many elements on a page (at least one), or as many as the provider does.
    pub fn set_page_length(&mut self, length: Option<usize>) {
        self.page_length = length.unwrap_or(PAGE_LENGTH).clamp(1, PAGE_LENGTH);
    }

    /// Lets all continuation tokens given out so far expire.
    pub fn expire_continuations(&mut self) {
        self.generation += 1;
    }

    /// Holds the world's numbers at its present time, so that two runs read identical values. Tokens still expire by the clock.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world's numbers follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    fn campaign(&mut self, id: &str) -> Option<&mut Campaign> {
        let mut all = self.world.accounts.iter_mut().flat_map(|account| &mut account.campaigns);
        all.find(|campaign| campaign.id == id)
    }
}
