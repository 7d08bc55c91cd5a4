//! Spotify Ads: audio, video and display in Spotify, as Ads Manager sells them.
//! <https://developer.spotify.com/documentation/ads-api>
//!
//! | file | what |
//! | --- | --- |
//! | `wire.rs` | what Spotify sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `accounts.rs` | businesses and their ad accounts |
//! | `ad_sets.rs` | which campaign an ad set is in |
//! | `errors.rs` | what an answer means |

mod accounts;
mod ad_sets;
mod errors;
mod mapping;
mod settings;
mod source;
mod wire;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use ::rows::{Table, ads::AdLevel};
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{
    settings::Settings,
    source::{Object, SpotifyAdsSource},
};
use crate::{
    integration::{CredentialSpec, Integration, Manifest, Setup, SetupError},
    integrations::spotify_accounts,
    reader::StreamOf,
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, QUARTER_DAY, Snapshot, WEEKLY},
};

/// Spotify Ads.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpotifyAds;

/// The zone of all days: reports know no other, and accounts have none.
const TIME_ZONE: &str = "UTC";

/// Endpoints as quota and labels name them, beside those of objects.
mod endpoint {
    /// Businesses and ad accounts.
    pub const ACCOUNTS: &str = "accounts";
    pub const AD_SETS: &str = "ad_sets";
    /// Aggregate reports.
    pub const REPORT: &str = "report";
}

const CLIENT_ID: CredentialSpec = CredentialSpec::required(
    "client_id",
    "the Client ID of your app at developer.spotify.com/dashboard, which must be admitted to the Ads API",
);
const CLIENT_SECRET: CredentialSpec = CredentialSpec::required(
    "client_secret",
    "the Client secret of your app at developer.spotify.com/dashboard",
);
const REFRESH_TOKEN: CredentialSpec = CredentialSpec::required(
    "refresh_token",
    "of a user of Ads Manager who has let your app in. Spotify may replace it when it is used: the new one is kept",
);

/// Days in one report by campaign. Spotify takes 90, which would be many pages of 50 rows: one that breaks off is read anew.
const WINDOW_DAYS_MAX: u32 = 30;
/// Days in one report by ad, which has many more rows.
const AD_WINDOW_DAYS_MAX: u32 = 7;
/// Recent days are read again so often.
const EVERY: Duration = Duration::from_hours(1);
/// Detail is asked for less often than the truth.
const DETAIL_EVERY: Duration = Duration::from_hours(3);
/// New listeners count for 14 days after an ad was heard …
const LOOKBACK_DAYS: u32 = 14;
/// … and what is corrected later is found once a week.
const DEEP_DAYS: u32 = 30;
/// Nothing is published about when delivery and cost of a day are final.
const SETTLING: SignedDuration = SignedDuration::from_hours(72);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "spotify_ads",
    base_url: "https://api-partner.spotify.com/ads",
    api_version: "v3",
    hosts: &[spotify_accounts::TOKEN, spotify_accounts::AUTHORIZE],
    credentials: &[CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN],
    replaced_credentials: &[REFRESH_TOKEN.name],
    // The Ads API knows no scopes.
    consent: Some(spotify_accounts::consent(
        [&CLIENT_ID, &CLIENT_SECRET],
        &REFRESH_TOKEN,
        &[("response_type", "code")],
    )),
    // Spotify counts requests a second of a user through an app; how many it allows is not published.
    rates: &[QuotaRule::per_second(Scope::Project, 2.0, 5)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl SpotifyAds ===

impl Integration for SpotifyAds {
    type Settings = Settings;
    type Source = SpotifyAdsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &Settings) -> Vec<StreamOf<SpotifyAdsSource>> {
        vec![
            objects(Object::Account, &[Table::AdAccounts], None),
            objects(Object::Campaign, &[Table::AdCampaigns], Some(Table::AdCampaigns)),
            objects(Object::AdSet, &[Table::AdSets], Some(Table::AdSets)),
            objects(Object::Ad, &[Table::Ads], Some(Table::Ads)),
            report("performance", AdLevel::Campaign, EVERY, WINDOW_DAYS_MAX),
            report("ad_performance", AdLevel::Ad, DETAIL_EVERY, AD_WINDOW_DAYS_MAX),
        ]
    }

    /// Ids are UUIDs, which Spotify writes in small letters.
    fn account_id<'a>(&self, configured: &'a str) -> Cow<'a, str> {
        configured.trim().to_ascii_lowercase().into()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<SpotifyAdsSource, SetupError> {
        SpotifyAdsSource::new(setup.spec, &setup.settings)
    }
}

/// Objects move seldom.
fn objects(object: Object, tables: &'static [Table], vanishing: Option<Table>) -> StreamOf<SpotifyAdsSource> {
    let policy = Snapshot { every: QUARTER_DAY, vanishing };
    StreamOf::snapshot(object.name(), tables, policy, move |source: &SpotifyAdsSource, session, request| {
        source.objects(session, object, request).boxed()
    })
}

fn report(
    name: &'static str,
    level: AdLevel,
    fresh: Duration,
    window_days_max: u32,
) -> StreamOf<SpotifyAdsSource> {
    let tiers = [(2, fresh), (LOOKBACK_DAYS, DAILY), (DEEP_DAYS, WEEKLY)];
    let policy = Days { level: Some(level.as_str()), ..Days::new(tiers, SETTLING, window_days_max) };
    let tables = &[Table::AdPerformanceDaily];
    StreamOf::days(name, tables, policy, move |source: &SpotifyAdsSource, session, request| {
        source.report(session, level, request).boxed()
    })
}
