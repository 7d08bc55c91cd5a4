//! YouTube: public counters of channels and videos, playlists and what stands on them, and a channel's own analytics.
//! <https://developers.google.com/youtube/v3/docs>, <https://developers.google.com/youtube/analytics>
//!
//! | file | what |
//! | --- | --- |
//! | `counters.rs` | public counters, fifty objects a request |
//! | `playlist.rs` | a playlist and its entries |
//! | `report.rs` | what Analytics is asked, content by content |
//! | `wire.rs`, `mapping.rs` | what Google sends, and the rows that it becomes |
//! | `errors.rs` | what an answer means |

mod counters;
mod errors;
mod mapping;
mod playlist;
mod report;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use ::rows::{
    Table,
    budget::{Period, Resets, Term},
    music::MusicEntity,
    zone::zone,
};
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{counters::method, report::Subject, settings::Settings, source::YouTubeSource};
use super::google;
use crate::{
    integration::{CredentialSpec, HostSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::quota::{BudgetRule, QuotaRule, Scope},
    stream::{DAILY, Days, QUARTER_DAY, Snapshot, Tier},
};

/// Endpoints, as quota and errors name them: of the Data API, its methods.
mod endpoint {
    pub const CHANNELS: &str = "channels";
    pub const VIDEOS: &str = "videos";
    pub const PLAYLISTS: &str = "playlists";
    pub const PLAYLIST_ITEMS: &str = "playlistItems";
    pub const REPORT: &str = "reports";
    /// Of money, for which another scope is needed.
    pub const REVENUE: &str = "reports.revenue";
}

const API_KEY: CredentialSpec = CredentialSpec {
    name: "api_key",
    required: false,
    help: "an API key with the YouTube Data API v3, for what everybody can see: Google Cloud console > APIs & Services > \
           Credentials. Or set client_id, client_secret and refresh_token",
};

/// Where a channel's own numbers are asked for.
const ANALYTICS: HostSpec = HostSpec {
    name: "analytics",
    url: "https://youtubeanalytics.googleapis.com",
    help: "the YouTube Analytics API: a channel's own numbers by day",
};

/// What a person is asked for. They may leave money out.
const SCOPES: &str = "https://www.googleapis.com/auth/youtube.readonly https://www.googleapis.com/auth/yt-analytics.readonly \
                      https://www.googleapis.com/auth/yt-analytics-monetary.readonly";
const CONSENT: &[(&str, &str)] = &google::offline(SCOPES);

/// Units that Google grants a Cloud project for a day of California. Every page of a list costs one.
const UNITS_PER_DAY: u64 = 10_000;
/// Counters move all the time; a day's reading is its last one.
const EVERY: Duration = Duration::from_hours(1);
/// Numbers of a day move for about a week.
const LOOKBACK_DAYS: u32 = 8;
/// Revenue is an estimate until the month is settled.
const REVENUE_LOOKBACK_DAYS: u32 = 45;
/// After that, what is stored of a day has been read again as often as it will be.
const SETTLING: SignedDuration = SignedDuration::from_hours(24 * 7);
const REVENUE_SETTLING: SignedDuration = SignedDuration::from_hours(24 * 44);
/// Days in one report of a line a day.
const WINDOW_DAYS_MAX: u32 = 90;
/// Days in one window by country: each is a request.
const COUNTRY_DAYS_MAX: u32 = 8;

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct YouTube;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: wire::SERVICE,
    base_url: "https://youtube.googleapis.com",
    api_version: "v3",
    hosts: &[google::TOKEN, google::AUTHORIZE, ANALYTICS],
    credentials: &[API_KEY, google::CLIENT_ID, google::CLIENT_SECRET, google::REFRESH_TOKEN],
    consent: Some(google::consent(CONSENT)),
    // What Google allows a second is not published; this is known to go.
    rates: &[QuotaRule::per_second(Scope::Account, 5.0, 10)],
    // Granted to the Cloud project, from midnight to midnight in California. Analytics costs none of it.
    budgets: || {
        let resets = zone(google::PACIFIC).map_or(Resets::Rolling, Resets::Zone);
        let term = Term { per: Period::Day, resets };
        vec![BudgetRule { scope: Scope::Project, limit: UNITS_PER_DAY, term, unit: "units" }]
    },
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl YouTube ===

impl Integration for YouTube {
    type Settings = Settings;
    type Source = YouTubeSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<YouTubeSource>> {
        let moving = || vec![Tier { days: LOOKBACK_DAYS, every: QUARTER_DAY }];
        let daily = vec![Tier { days: LOOKBACK_DAYS, every: DAILY }];
        let money = vec![
            Tier { days: LOOKBACK_DAYS, every: QUARTER_DAY },
            Tier { days: REVENUE_LOOKBACK_DAYS, every: 7 * DAILY },
        ];
        vec![
            counters(MusicEntity::Channel, &settings.channels),
            counters(MusicEntity::Video, &settings.videos),
            playlists(&settings.playlists),
            reports(Subject::Totals, moving(), settings, WINDOW_DAYS_MAX),
            reports(Subject::TrafficSources, moving(), settings, WINDOW_DAYS_MAX),
            reports(Subject::Countries, daily, settings, COUNTRY_DAYS_MAX),
            reports(Subject::Revenue, money, settings, WINDOW_DAYS_MAX).enabled(settings.revenue),
        ]
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(settings.wanted().ok()?.names())
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<YouTubeSource, SetupError> {
        YouTubeSource::new(setup.spec, &setup.settings)
    }
}

fn counters(entity: MusicEntity, named: &[String]) -> StreamOf<YouTubeSource> {
    let policy = Snapshot { every: EVERY, vanishing: None };
    let tables = &[Table::CounterReadingsDaily];
    StreamOf::snapshot(method(entity), tables, policy, move |source: &YouTubeSource, session, request| {
        source.counters(session, entity, request).boxed()
    })
    .enabled(!named.is_empty())
}

fn playlists(named: &[String]) -> StreamOf<YouTubeSource> {
    let policy = Snapshot { every: EVERY, vanishing: Some(Table::PlaylistPlacements) };
    let tables = &[Table::Playlists, Table::PlaylistPlacements];
    StreamOf::snapshot(endpoint::PLAYLISTS, tables, policy, |source: &YouTubeSource, session, request| {
        source.playlist(session, request).boxed()
    })
    .enabled(!named.is_empty())
}

fn reports(
    subject: Subject,
    tiers: Vec<Tier>,
    settings: &Settings,
    window_days_max: u32,
) -> StreamOf<YouTubeSource> {
    // A day's row holds both: as long as its revenue moves, it does.
    let has_money = settings.revenue && matches!(subject, Subject::Totals | Subject::Revenue);
    let settling = if has_money { REVENUE_SETTLING } else { SETTLING };
    let policy = Days { level: None, tiers, settling, window_days_max, history_days_max: None };
    let tables = &[Table::ContentPerformanceDaily];
    StreamOf::days(subject.stream(), tables, policy, move |source: &YouTubeSource, session, request| {
        source.report(session, subject, request).boxed()
    })
}
