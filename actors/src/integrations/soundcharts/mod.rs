//! Soundcharts: what it collects of songs and artists on streaming services. <https://developers.soundcharts.com>

mod credentials;
mod errors;
mod mapping;
mod pages;
mod settings;
mod source;
mod subject;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use ::rows::Table;
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{
    credentials::{API_KEY, APP_ID, CLIENT_ID, CLIENT_SECRET},
    settings::Settings,
    source::SoundchartsSource,
    subject::{SUBJECTS, Subject},
};
use crate::{
    integration::{HostSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::{
        oauth::TOKEN_HOST,
        quota::{QuotaRule, Scope},
    },
    stream::{DAILY, Days, Snapshot},
};

/// Counters and playlists as Soundcharts collects them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Soundcharts;

/// Days in one request: the most that Soundcharts takes.
const WINDOW_DAYS_MAX: u32 = 90;
/// So many days are read again: a request costs the same however many it asks for.
const LOOKBACK_DAYS: u32 = 30;
/// How often. A counter is collected once a day or less often, and comes up to a few days late.
const EVERY: Duration = Duration::from_hours(12);
/// Nothing is published about when a day's counters are final.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "soundcharts",
    base_url: "https://customer.api.soundcharts.com",
    hosts: &[HostSpec {
        name: TOKEN_HOST,
        url: "https://account.soundcharts.com/oauth/token",
        help: "the address from which access tokens are had",
    }],
    credentials: &[CLIENT_ID, CLIENT_SECRET, APP_ID, API_KEY],
    // Soundcharts asks for no more than 10,000 requests a minute; its own client sends five at once.
    rates: &[QuotaRule::per_second(Scope::Project, 5.0, 5)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl Soundcharts ===

impl Integration for Soundcharts {
    type Settings = Settings;
    type Source = SoundchartsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<SoundchartsSource>> {
        SUBJECTS.map(|subject| stream_of(subject, settings)).into()
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(settings.wanted().ok()?.names())
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<SoundchartsSource, SetupError> {
        SoundchartsSource::new(setup.spec, &setup.settings)
    }
}

/// Nothing is asked for where the settings name nothing.
fn stream_of(subject: Subject, settings: &Settings) -> StreamOf<SoundchartsSource> {
    let (name, tables) = (subject.stream(), subject.tables());
    let stream = match subject {
        Subject::Song | Subject::Playlists => {
            let vanishing = (subject == Subject::Playlists).then_some(Table::PlaylistPlacements);
            let policy = Snapshot { every: DAILY, vanishing };
            StreamOf::snapshot(name, tables, policy, move |source: &SoundchartsSource, session, request| {
                source.set(session, subject, request).boxed()
            })
        }
        Subject::SongAudience | Subject::ArtistAudience => {
            let policy = Days::new([(LOOKBACK_DAYS, EVERY)], SETTLING, WINDOW_DAYS_MAX);
            StreamOf::days(name, tables, policy, move |source: &SoundchartsSource, session, request| {
                source.days(session, subject, request).boxed()
            })
        }
    };
    stream.enabled(settings.wanted().is_ok_and(|wanted| !wanted.targets(subject).is_empty()))
}
