//! Feature.fm: smart links that the settings name, and what happens on them where the settings say how that is asked for.
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Feature.fm sends of a link |
//! | `mapping.rs` | from there to a row |
//! | `analytics.rs` | a report that the settings describe: what is asked, and where in the answer is what |
//! | `errors.rs` | what an answer means |
//! | `source.rs` | one connection: which link is next |

mod analytics;
mod errors;
mod mapping;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod wire;

use futures::future::FutureExt as _;
use jiff::SignedDuration;
use rows::Table;

use self::{settings::Settings, source::FeatureFmSource};
use crate::{
    integration::{CredentialSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, FRESH, Snapshot},
};

/// Smart links of Feature.fm.
#[derive(Debug, Clone, Copy, Default)]
pub struct FeatureFm;

/// Endpoints, as quota and errors name them.
mod endpoint {
    pub const LINK: &str = "link";
    pub const ARTISTS: &str = "artists";
    pub const ANALYTICS: &str = "analytics";
}

/// The key of Feature.fm's API for partners.
const API_KEY: CredentialSpec = CredentialSpec::required(
    "api_key",
    "the API key of your Feature.fm account; Feature.fm gives one on request",
);

/// A link's title and stores are changed by hand, and seldom.
const LINKS_EVERY: std::time::Duration = FRESH.saturating_mul(4);
/// How long numbers move is not known: a week is read again once a day.
const LOOKBACK_DAYS: u32 = 8;
const SETTLING: SignedDuration = SignedDuration::from_hours(48);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "feature_fm",
    base_url: "https://api.feature.fm",
    api_version: "manage/v1",
    credentials: &[API_KEY],
    // Feature.fm publishes no limit.
    rates: &[QuotaRule::per_second(Scope::Project, 2.0, 4)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl FeatureFm ===

impl Integration for FeatureFm {
    type Settings = Settings;
    type Source = FeatureFmSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<FeatureFmSource>> {
        // Links are named in the settings: one that was not seen may only have been taken out of them.
        let links = Snapshot { every: LINKS_EVERY, vanishing: None };
        let tiers = [(2, FRESH.saturating_mul(4)), (LOOKBACK_DAYS, DAILY)];
        let activity = Days::new(tiers, SETTLING, settings.window_days_max());
        vec![
            StreamOf::snapshot(
                "links",
                &[Table::SmartLinks],
                links,
                |source: &FeatureFmSource, session, request| source.links(session, request).boxed(),
            ),
            StreamOf::days(
                "activity",
                &[Table::SmartLinkActivityDaily],
                activity,
                |source: &FeatureFmSource, session, request| source.activity(session, request).boxed(),
            )
            .enabled(settings.analytics.is_some()),
        ]
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        settings.subjects().ok()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<FeatureFmSource, SetupError> {
        FeatureFmSource::new(setup.spec, &setup.settings)
    }
}
