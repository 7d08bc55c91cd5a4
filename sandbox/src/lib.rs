//! Imitations of the providers that the worker polls. They are written from the providers' public
//! contracts and share no type with the clients, so that a mistake in one cannot hide in the other.
//!
//! [`Sandbox::start`] serves all of them over HTTP, each below its integration's id. Every imitation is a synchronous function of
//! its world ([`exchange::Imitation`]), so it can be tested, and its truth asked for, without a socket.

pub mod apple_music;
mod chaos;
mod clock;
pub mod consent;
pub mod deezer;
mod delivery;
pub mod exchange;
pub mod feature_fm;
pub mod google;
pub mod google_ads;
pub mod google_analytics;
mod limit;
mod log;
pub mod meta_ads;
pub mod oauth;
mod options;
pub mod posthog;
pub mod report_files;
mod seed;
mod server;
mod slot;
pub mod soundcharts;
pub mod spotify;
pub mod spotify_ads;
mod stage;
pub mod stripe;
pub mod tiktok_ads;
pub mod youtube;

pub use chaos::{Chaos, Fault, Hazard};
pub use clock::Start;
pub use limit::{Limit, LimitCounts, Measure, Window};
pub use log::Seen;
pub use options::{Options, Scale};
pub use server::Sandbox;

/// Every imitation there is, in the order of the listing at `/`. A new one is one line here.
pub fn imitations(options: &Options, now: jiff::Timestamp) -> Vec<Box<dyn exchange::Imitation>> {
    vec![
        Box::new(meta_ads::MetaAds::with_scale(options.seed, options.days, now, options.scale)),
        Box::new(stripe::Stripe::new(options.seed, options.days, now)),
        Box::new(posthog::PostHog::new(options.seed, options.days, now)),
        Box::new(deezer::Deezer::new(options.seed, now)),
        Box::new(spotify::Spotify::new(options.seed, now)),
        Box::new(google_ads::GoogleAds::new(options.seed, options.days, now)),
        Box::new(report_files::ReportFiles::new(options.seed, options.days, now)),
        Box::new(spotify_ads::SpotifyAds::new(options.seed, options.days, now)),
        Box::new(tiktok_ads::TikTokAds::new(options.seed, options.days, now)),
        Box::new(google_analytics::GoogleAnalytics::new(options.seed, options.days, now)),
        Box::new(apple_music::AppleMusic::new(options.seed, options.days, now)),
        Box::new(soundcharts::Soundcharts::new(options.seed, options.days, now)),
        Box::new(youtube::YouTube::new(options.seed, options.days, now)),
        Box::new(feature_fm::FeatureFm::new(options.seed, options.days, now)),
    ]
}
