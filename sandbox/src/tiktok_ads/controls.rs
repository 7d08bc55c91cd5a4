//! What tests do to the world. Ids are taken as the provider writes them; a control that finds nothing to change says so.

use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;

use super::errors::TikTokError;
use super::numbers::{Counts, Progress};
use super::world::{Advertiser, Campaign, Status};
use super::{PAGE_ROWS, Surface, TikTokAds};

impl TikTokAds {
    /// Fixes a campaign's day anew: `change` sees the current numbers of each of its ads once; the levels above follow. Returns how many
    /// were changed.
    pub fn restate(&mut self, campaign_id: &str, day: Date, mut change: impl FnMut(&mut Counts)) -> usize {
        let Some((advertiser, campaign)) = self.find_campaign(campaign_id) else { return 0 };
        let Some(progress) = Progress::of(day, &advertiser.zone, self.time.now()) else { return 0 };
        let mut changed = Vec::new();
        for ad in campaign.groups.iter().flat_map(|group| &group.ads) {
            let mut counts = self.world.ad_day(campaign, ad, day, progress).unwrap_or_default();
            change(&mut counts);
            changed.push(((ad.id, day), counts));
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
        for advertiser in &mut self.world.advertisers {
            advertiser.campaigns.retain(|campaign| Some(campaign.id) != id);
        }
        id.is_some()
    }

    /// Changes a campaign's name and status. What it delivers is not changed by it.
    pub fn change_campaign(&mut self, campaign_id: &str, name: &str, status: Status) -> bool {
        let all = self.world.advertisers.iter_mut().flat_map(|advertiser| &mut advertiser.campaigns);
        let mut found = all.filter(|campaign| campaign.id.to_string() == campaign_id);
        found.next().is_some_and(|campaign| {
            name.clone_into(&mut campaign.name);
            campaign.status = status;
            true
        })
    }

    /// Moves an advertiser's days into another zone, which the provider itself never does. A name that nobody knows is told and not
    /// followed.
    pub fn set_time_zone(&mut self, advertiser_id: &str, name: &str) -> bool {
        let mut found = self.world.advertisers.iter_mut().filter(|advertiser| advertiser.id == advertiser_id);
        found.next().is_some_and(|advertiser| {
            if let Ok(zone) = TimeZoneDatabase::bundled().get(name) {
                advertiser.zone = zone;
            }
            name.clone_into(&mut advertiser.zone_name);
            true
        })
    }

    /// Answers everything about one advertiser with this error, as with [`TikTokError::permission`]; without one, as ever again.
    pub fn refuse_advertiser(&mut self, advertiser_id: &str, error: Option<TikTokError>) -> bool {
        let id = self.world.advertiser(advertiser_id).map(|advertiser| advertiser.id);
        id.is_some_and(|id| {
            match error {
                Some(error) => self.world.refused.insert(id, error),
                None => self.world.refused.remove(id),
            };
            true
        })
    }

    /// Answers the next requests whose path contains `fragment` with these errors, one each, in this order.
    pub fn fail_next(&mut self, fragment: &str, errors: Vec<TikTokError>) {
        self.script.add(fragment, errors);
    }

    /// Answers every request whose path contains `fragment` with this error; without one, as ever again.
    pub fn refuse(&mut self, fragment: &str, error: Option<TikTokError>) {
        self.script.refuse(fragment, error);
    }

    /// Takes a kind of call from the token's permissions, or gives it back.
    pub fn set_forbidden(&mut self, surface: Surface, forbidden: bool) {
        self.token.set_forbidden(surface, forbidden);
    }

    /// Accepts this token and no other.
    pub fn set_token(&mut self, token: &str) {
        self.token.replace(token);
    }

    /// The token stops working.
    pub fn expire_token(&mut self) {
        self.token.expire();
    }

    /// Puts this many rows on a page at most (at least one), or as many as the provider does.
    pub fn set_page_rows(&mut self, rows: Option<usize>) {
        self.page_rows = rows.unwrap_or(PAGE_ROWS).max(1);
    }

    /// Reports with more rows than this are refused as too much (40067).
    pub fn set_report_rows_max(&mut self, rows: Option<usize>) {
        self.report_rows_max = rows;
    }

    /// Refuses lists of `RESERVATION_TOP_VIEW`, or answers them again.
    pub fn refuse_top_view(&mut self, refused: bool) {
        self.top_view_refused = refused;
    }

    /// The next so many further pages show their list in another order than the first page did: what stood at its end now stands at its
    /// beginning, so that one row comes twice and another not at all.
    pub fn shift_pages(&mut self, pages: u32) {
        self.pages_to_shift = pages;
    }

    /// Holds the world's numbers at its present time, so that two runs read identical values.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world's numbers follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    fn find_campaign(&self, campaign_id: &str) -> Option<(&Advertiser, &Campaign)> {
        let of = |advertiser| move |campaign| (advertiser, campaign);
        let mut all = self
            .world
            .advertisers
            .iter()
            .flat_map(|advertiser: &Advertiser| advertiser.campaigns.iter().map(of(advertiser)));
        all.find(|(_, campaign): &(&Advertiser, &Campaign)| campaign.id.to_string() == campaign_id)
    }
}
