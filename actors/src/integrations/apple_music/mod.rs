//! Apple Music: songs, albums, artists, playlists and charts of its catalogue, and plays where the label has a key for them.
//! <https://developer.apple.com/documentation/applemusicapi>

mod analytics;
mod contents;
mod errors;
mod mapping;
mod settings;
mod songs;
mod source;
#[cfg(test)]
mod tests;
mod wire;

use futures::future::FutureExt as _;
use jiff::SignedDuration;
use rows::Table;

use self::{settings::Settings, source::AppleMusicSource};
use crate::{
    integration::{CredentialSpec, HostSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    reading::{catalogue, subjects::Subject},
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, QUARTER_DAY},
};

/// The catalogue, and the plays of a label's own artists.
#[derive(Debug, Clone, Copy, Default)]
pub struct AppleMusic;

/// Signs developer tokens.
const PRIVATE_KEY: CredentialSpec = CredentialSpec::required(
    "private_key",
    "the private key (.p8, with its line breaks) of a media identifier with MusicKit: developer.apple.com > Certificates, \
     Identifiers & Profiles > Keys",
);
/// Signs tokens of the Music Analytics API.
const ANALYTICS_KEY: CredentialSpec = CredentialSpec::optional(
    "analytics_key",
    "the private key (.p8) of the Music Analytics API, for the setting `analytics`: iTunes Connect > Users and Access > Keys",
);

/// Where plays are.
const ANALYTICS: HostSpec = HostSpec {
    name: "analytics",
    url: "https://musicanalytics.apple.com",
    help: "the Music Analytics API: plays, for labels that have a key",
};

/// Days of plays that are read again. How long they move is not published.
const LOOKBACK_DAYS: u32 = 14;
/// Days in one query: as many as the documented one has.
const WINDOW_DAYS_MAX: u32 = 28;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: wire::SERVICE,
    base_url: "https://api.music.apple.com",
    api_version: "v1",
    hosts: &[ANALYTICS],
    credentials: &[PRIVATE_KEY, ANALYTICS_KEY],
    // Apple publishes no numbers; ten requests a second to the catalogue are let through. Queries for plays are few, one after the other.
    rates: &[QuotaRule::per_second(Scope::Project, 10.0, 10)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl AppleMusic ===

impl Integration for AppleMusic {
    type Settings = Settings;
    type Source = AppleMusicSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<AppleMusicSource>> {
        let mut streams = catalogue::streams(settings.lists(), QUARTER_DAY, tables);
        streams.push(plays().enabled(settings.analytics.is_some()));
        streams
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(settings.wanted().ok()?.names())
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<AppleMusicSource, SetupError> {
        AppleMusicSource::new(setup.spec, &setup.settings)
    }
}

/// What the stream of a kind fills.
const fn tables(subject: Subject) -> &'static [Table] {
    match subject {
        Subject::Track => &[Table::Tracks],
        Subject::Album => &[Table::Albums],
        Subject::Artist => &[Table::Artists],
        Subject::Playlist | Subject::Chart => &[Table::Playlists, Table::PlaylistPlacements],
    }
}

fn plays() -> StreamOf<AppleMusicSource> {
    let tiers = [(4, QUARTER_DAY), (LOOKBACK_DAYS, DAILY)];
    let policy = Days::new(tiers, SignedDuration::from_hours(72), WINDOW_DAYS_MAX);
    let tables = &[Table::TrackPerformanceDaily];
    StreamOf::days("plays", tables, policy, |source: &AppleMusicSource, session, request| {
        source.plays(session, request).boxed()
    })
}
