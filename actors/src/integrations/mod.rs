//! The catalogue: one folder per provider, one line each.

use std::sync::Arc;

use crate::integration::AnyIntegration;

pub mod deezer;
mod google;
pub mod google_ads;
pub mod google_analytics;
pub mod meta_ads;
pub mod posthog;
pub mod report_files;
pub mod spotify;
pub mod stripe;

/// Every integration that is built in.
pub fn catalogue() -> Vec<Arc<dyn AnyIntegration>> {
    vec![
        Arc::new(deezer::Deezer),
        Arc::new(google_ads::GoogleAds),
        Arc::new(google_analytics::GoogleAnalytics),
        Arc::new(meta_ads::MetaAds),
        Arc::new(posthog::PostHog),
        Arc::new(spotify::Spotify),
        Arc::new(stripe::Stripe),
    ]
}
