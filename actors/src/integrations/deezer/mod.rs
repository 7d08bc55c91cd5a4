//! Deezer: what it shows to everybody of tracks, albums, artists, playlists and charts.
//! <https://developers.deezer.com/api>

mod contents;
mod errors;
mod mapping;
mod settings;
mod source;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use rows::Table;

use self::{settings::Settings, source::DeezerSource};
use crate::{
    integration::{Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    reading::{catalogue, subjects::Subject},
    session::quota::{QuotaRule, Scope},
};

/// Public counters and playlists of Deezer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deezer;

/// How often is read. A day's reading is its last one, so that an hour is how early it can be; Deezer itself moves
/// ranks and fans about once a day.
const EVERY: Duration = Duration::from_hours(1);

/// Requests that Deezer's limit counts together: 50 in this time, by address.
const QUOTA_PERIOD: Duration = Duration::from_secs(5);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: wire::SERVICE,
    base_url: "https://api.deezer.com",
    // 50 requests in 5 seconds are allowed; ten are left to whatever else this address asks.
    rates: &[QuotaRule { scope: Scope::Ip, limit: 40.0, per: QUOTA_PERIOD, burst: 8 }],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl Deezer ===

impl Integration for Deezer {
    type Settings = Settings;
    type Source = DeezerSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<DeezerSource>> {
        catalogue::streams(settings.lists(), EVERY, tables)
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(settings.wanted().ok()?.names())
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<DeezerSource, SetupError> {
        DeezerSource::new(setup.spec, &setup.settings)
    }
}

/// What the stream of a kind fills.
const fn tables(subject: Subject) -> &'static [Table] {
    match subject {
        Subject::Track => &[Table::Tracks, Table::CounterReadingsDaily, Table::TrackPerformanceDaily],
        Subject::Album => &[Table::Albums, Table::CounterReadingsDaily],
        Subject::Artist => &[Table::Artists, Table::CounterReadingsDaily, Table::ArtistAudienceDaily],
        Subject::Playlist => &[Table::Playlists, Table::CounterReadingsDaily, Table::PlaylistPlacements],
        Subject::Chart => &[Table::Playlists, Table::PlaylistPlacements],
    }
}
