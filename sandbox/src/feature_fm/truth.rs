//! What is true, for tests to compare with what a client made of it.

use jiff::civil::Date;
use serde_json::Value;

use super::FeatureFm;
use super::routes::store_of;

/// Who made the links: in answers, and nobody's business.
pub(super) const MAKER: &str = "maker-of-links-4711";

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthLink {
    /// Id.
    pub id: &'static str,
    /// Title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// `ACTIVE` …
    pub status: String,
    /// `post_release`, `pre_release`.
    pub kind: &'static str,
    /// Id and name.
    pub artist: (&'static str, &'static str),
    /// Where it leads: JSON.
    pub stores: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Of pre-releases.
    pub released_on: Option<Date>,
}

/// A link's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TruthActivity {
    /// The link's id.
    pub link_id: &'static str,
    /// Day.
    pub date: Date,
    /// Visits.
    pub visits: u64,
    /// Different visitors.
    pub unique_visitors: u64,
    /// Clicks.
    pub clicks: u64,
    /// Pre-saves, where they are said.
    pub pre_saves: Option<u64>,
}

impl FeatureFm {
    /// Every link that is there.
    pub fn truth_links(&self) -> Vec<TruthLink> {
        let there = self.world.links.iter().filter(|link| !link.deleted);
        there
            .map(|link| {
                let scheme = if link.domain.starts_with("https://") { "" } else { "https://" };
                let stores: Value = link.stores.iter().map(|store| store_of(store, link)).collect();
                TruthLink {
                    id: link.id,
                    title: link.title.clone(),
                    url: format!("{scheme}{}/{}", link.domain, link.short_id),
                    status: link.status.clone(),
                    kind: link.kind,
                    artist: link.artist,
                    stores: stores.to_string(),
                    created_at: link.created_at,
                    released_on: link.release_date.and_then(|day| day.parse().ok()),
                }
            })
            .collect()
    }

    /// Every link's days, also of those that are gone.
    pub fn truth_activity(&self) -> Vec<TruthActivity> {
        let days = |link| {
            self.world.days().filter_map(move |date| {
                let day = self.world.activity(link, date)?;
                let (visits, unique_visitors, clicks) = (day.visits, day.unique_visitors, day.clicks);
                Some(TruthActivity {
                    link_id: link.id,
                    date,
                    visits,
                    unique_visitors,
                    clicks,
                    pre_saves: day.pre_saves,
                })
            })
        };
        self.world.links.iter().flat_map(days).collect()
    }

    /// The day that it is, where days are counted.
    pub fn today(&self) -> Date {
        self.world.today()
    }

    /// Texts about people that answers hold.
    pub fn personal(&self) -> Vec<String> {
        vec![MAKER.to_owned()]
    }
}
