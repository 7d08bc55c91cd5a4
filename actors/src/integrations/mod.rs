//! The catalogue: one folder per provider, one line each.

use std::sync::Arc;

use crate::{integration::AnyIntegration, reports::Reports};

pub mod amazon_music;
pub mod apple_music;
pub mod deezer;
pub mod feature_fm;
pub(crate) mod google;
pub mod google_ads;
pub mod google_analytics;
pub mod meta_ads;
pub mod pandora;
pub mod posthog;
pub mod report_files;
pub mod soundcharts;
pub mod spotify;
mod spotify_accounts;
pub mod spotify_ads;
pub mod stripe;
pub mod tiktok_ads;
pub mod youtube;

/// Every integration that is built in.
pub fn catalogue() -> Vec<Arc<dyn AnyIntegration>> {
    vec![
        Arc::new(amazon_music::AMAZON_MUSIC),
        Arc::new(apple_music::AppleMusic),
        Arc::new(deezer::Deezer),
        Arc::new(feature_fm::FeatureFm),
        Arc::new(google_ads::GoogleAds),
        Arc::new(google_analytics::GoogleAnalytics),
        Arc::new(meta_ads::MetaAds),
        Arc::new(pandora::PANDORA),
        Arc::new(posthog::PostHog),
        Arc::new(report_files::REPORT_FILES),
        Arc::new(soundcharts::Soundcharts),
        Arc::new(spotify::Spotify),
        Arc::new(spotify_ads::SpotifyAds),
        Arc::new(stripe::Stripe),
        Arc::new(tiktok_ads::TikTokAds),
        Arc::new(youtube::YouTube),
    ]
}

/// Those of them that read files.
pub const READING_FILES: [Reports; 3] =
    [amazon_music::AMAZON_MUSIC, pandora::PANDORA, report_files::REPORT_FILES];
