//! The engine and its integrations without a database: supervision, the compliance suite, the scenario simulator.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests: a panic is the report")]

mod accounts;
mod apple_music;
mod arbitrary;
mod busboards;
mod compliance;
mod deezer;
mod engine;
mod feature_fm;
mod google_ads;
mod google_analytics;
mod google_operations;
mod hostile;
mod one_service;
mod simulator;
mod soundcharts;
mod spotify;
mod spotify_ads;
mod support;
mod texts;
mod tiktok_ads;
mod tokens;
mod youtube;
