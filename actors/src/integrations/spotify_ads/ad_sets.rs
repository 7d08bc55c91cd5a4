//! The campaigns of ad sets: ads and their numbers name the ad set only. An ad set never changes its campaign.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{endpoint, source::SpotifyAdsSource, wire};
use crate::{failure::Failure, page::Page, reading::elements::Unreadable, session::Session};

/// Ad sets that are remembered at most. Beyond these, all are forgotten, and those that are needed are asked for again.
const REMEMBERED_MAX: usize = 100_000;

/// Tells the campaign of an ad set.
pub type CampaignOf<'a> = dyn Fn(&str) -> Result<String, Unreadable> + 'a;

/// The campaigns of the ad sets that were told so far.
#[derive(Debug, Default)]
pub struct AdSets {
    campaigns: Mutex<Arc<HashMap<String, String>>>,
    /// Held by whoever asks, so that nothing is asked twice.
    asking: tokio::sync::Mutex<()>,
}

// === impl AdSets ===

impl AdSets {
    /// Reads a page whose elements name ad sets: `read` is given what tells the campaign of one. Those of which it is not known are
    /// asked for, each by itself, and the page is read once more; an element whose ad set is told by nobody is set aside.
    pub async fn page(
        &self,
        source: &SpotifyAdsSource,
        session: &Session,
        account: &str,
        read: impl Fn(&CampaignOf<'_>) -> Result<Page, Failure>,
    ) -> Result<Page, Failure> {
        let (page, unknown) = self.attempt(&read);
        if unknown.is_empty() {
            return page;
        }
        let _alone = self.asking.lock().await;
        for ad_set in unknown {
            if self.campaigns.lock().contains_key(&ad_set) {
                continue; // whoever asked before has learnt it
            }
            let call = source.call(&["ad_accounts", account, "ad_sets", &ad_set], endpoint::AD_SETS, account);
            match session.json::<wire::AdSet>(call).await {
                Ok(told) if told.id.0 == ad_set => self.learn(told.id.0, told.campaign_id.0),
                // Another one's description, or none for us: this one's elements are set aside.
                Ok(_) | Err(Failure::Gone { .. } | Failure::Forbidden { .. } | Failure::Permanent { .. }) => {
                }
                Err(failure) => return Err(failure),
            }
        }
        self.attempt(&read).0
    }

    /// Remembers the campaign of an ad set.
    pub fn learn(&self, ad_set: String, campaign: String) {
        let mut campaigns = self.campaigns.lock();
        let campaigns = Arc::make_mut(&mut campaigns);
        if campaigns.len() >= REMEMBERED_MAX {
            campaigns.clear();
        }
        campaigns.insert(ad_set, campaign);
    }

    /// Reads with what is known, and tells which ad sets are not.
    fn attempt(
        &self,
        read: &impl Fn(&CampaignOf<'_>) -> Result<Page, Failure>,
    ) -> (Result<Page, Failure>, BTreeSet<String>) {
        let known = Arc::clone(&self.campaigns.lock());
        let unknown = Mutex::new(BTreeSet::new());
        let page = read(&|ad_set| {
            known.get(ad_set).cloned().ok_or_else(|| {
                unknown.lock().insert(ad_set.to_owned());
                Unreadable::Other { reason: "orphan", detail: "no ad set of its id is told".to_owned() }
            })
        });
        (page, unknown.into_inner())
    }
}
