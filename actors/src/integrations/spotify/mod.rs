//! Spotify: tracks, albums, artists and playlists, as far as this app may read them.
//! <https://developer.spotify.com/documentation/web-api>

mod codes;
mod contents;
mod errors;
mod mapping;
mod playlist;
mod search;
mod settings;
mod source;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use ::rows::Table;

use self::{settings::Settings, source::SpotifySource};
use crate::{
    integration::{CredentialSpec, Integration, Manifest, Setup, SetupError},
    integrations::spotify_accounts,
    reader::StreamOf,
    reading::{catalogue, subjects::Subject},
    session::quota::{QuotaRule, Scope},
    stream::QUARTER_DAY,
};

/// Catalogue, playlists and public numbers of Spotify.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spotify;

/// The app's id.
const CLIENT_ID: CredentialSpec =
    CredentialSpec::required("client_id", "the Client ID of your app at developer.spotify.com/dashboard");
/// The app's secret.
const CLIENT_SECRET: CredentialSpec = CredentialSpec::required(
    "client_secret",
    "the Client secret of your app at developer.spotify.com/dashboard",
);
/// A user's word for the app.
const REFRESH_TOKEN: CredentialSpec = CredentialSpec::optional(
    "refresh_token",
    "of a user who has let your app in (scopes playlist-read-private playlist-read-collaborative): in development mode \
     only the playlists of that user can be read",
);

/// What a user's playlists need.
const CONSENT: &[(&str, &str)] =
    &[("response_type", "code"), ("scope", "playlist-read-private playlist-read-collaborative")];

/// Spotify's limit counts requests of this time.
const QUOTA_PERIOD: Duration = Duration::from_secs(30);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: wire::SERVICE,
    base_url: "https://api.spotify.com",
    api_version: "v1",
    hosts: &[spotify_accounts::TOKEN, spotify_accounts::AUTHORIZE],
    credentials: &[CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN],
    consent: Some(spotify_accounts::consent([&CLIENT_ID, &CLIENT_SECRET], &REFRESH_TOKEN, CONSENT)),
    // The limit is an app's, and its size is not published.
    rates: &[QuotaRule { scope: Scope::Project, limit: 60.0, per: QUOTA_PERIOD, burst: 10 }],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl Spotify ===

impl Integration for Spotify {
    type Settings = Settings;
    type Source = SpotifySource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<SpotifySource>> {
        // A day's reading is its last one. Apps in development mode have some hundred calls a day.
        catalogue::streams(settings.lists(), QUARTER_DAY, tables)
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(settings.wanted().ok()?.names())
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<SpotifySource, SetupError> {
        SpotifySource::new(setup.spec, &setup.settings)
    }
}

/// What the stream of a kind fills.
const fn tables(subject: Subject) -> &'static [Table] {
    match subject {
        Subject::Track => &[Table::Tracks, Table::TrackPerformanceDaily],
        Subject::Album => &[Table::Albums],
        Subject::Artist => &[Table::Artists, Table::CounterReadingsDaily, Table::ArtistAudienceDaily],
        Subject::Playlist | Subject::Chart => {
            &[Table::Playlists, Table::CounterReadingsDaily, Table::PlaylistPlacements]
        }
    }
}
