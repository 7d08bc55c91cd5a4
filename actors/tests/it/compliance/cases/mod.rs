//! One file a provider.

pub mod apple_music;
pub mod busboards;
pub mod deezer;
pub mod feature_fm;
pub mod google_ads;
pub mod google_analytics;
pub mod meta_ads;
pub mod one_service;
pub mod posthog;
pub mod report_files;
pub mod soundcharts;
pub mod spotify;
pub mod spotify_ads;
pub mod spotify_development;
pub mod stripe;
pub mod stripe_plain;
pub mod tiktok_ads;
pub mod youtube;
