//! The campaigns of ad sets: ads and their numbers name the ad set only. An ad set never changes its campaign.

use std::collections::{BTreeMap, BTreeSet};

use super::{endpoint, source::SpotifyAdsSource, wire};
use crate::{
    failure::Failure,
    reading::{elements::Unreadable, memo::Memo},
    session::Session,
};

/// The campaigns of the ad sets that were told so far.
pub type AdSets = Memo<String, String, 100_000>;

/// Campaigns by their ad sets.
#[derive(Debug, Default)]
pub struct Campaigns(BTreeMap<String, String>);

impl SpotifyAdsSource {
    /// The campaigns of these ad sets. One that nobody tells of has none.
    pub async fn campaigns(
        &self,
        session: &Session,
        account: &str,
        ad_sets: impl Iterator<Item = String>,
    ) -> Result<Campaigns, Failure> {
        let mut campaigns = Campaigns::default();
        for ad_set in ad_sets.collect::<BTreeSet<_>>() {
            match self.ad_sets.get_or_ask(&ad_set, self.campaign_of(session, account, &ad_set)).await {
                Ok(campaign) => _ = campaigns.0.insert(ad_set, campaign),
                Err(Failure::Gone { .. } | Failure::Forbidden { .. } | Failure::Permanent { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(campaigns)
    }

    async fn campaign_of(&self, session: &Session, account: &str, ad_set: &str) -> Result<String, Failure> {
        let call = self.call(&["ad_accounts", account, "ad_sets", ad_set], endpoint::AD_SETS, account);
        let told: wire::AdSet = session.json(call).await?;
        let gone = || Failure::Gone { reason: format!("another ad set is told than {ad_set}") };
        (told.id.0 == ad_set).then_some(told.campaign_id.0).ok_or_else(gone)
    }
}

// === impl Campaigns ===

impl Campaigns {
    /// The campaign of an ad set. What names an ad set of none is set aside.
    pub fn of(&self, ad_set: &str) -> Result<String, Unreadable> {
        let orphan =
            || Unreadable::Other { reason: "orphan", detail: "no ad set of its id is told".to_owned() };
        self.0.get(ad_set).cloned().ok_or_else(orphan)
    }
}
