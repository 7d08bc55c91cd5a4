//! Deezer: what it shows to everybody of tracks, albums, artists, playlists and charts.
//! <https://developers.deezer.com/api>

mod contents;
mod errors;
mod mapping;
mod settings;
mod source;
mod subject;
mod wire;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use self::{
    settings::Settings,
    source::DeezerSource,
    subject::{SUBJECTS, Subject},
};
use crate::{
    integration::{ConnectionSpec, CredentialSpec, Integration, Services, SetupError, Source},
    session::quota::{QuotaRule, Scope},
    stream::{Kind, Snapshot, Stream},
};

/// Public counters and playlists of Deezer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deezer;

/// How often is read. A day's reading is its last one, so that an hour is how early it can be; Deezer itself moves
/// ranks and fans about once a day.
const EVERY: Duration = Duration::from_hours(1);

/// Requests that Deezer's limit counts together: 50 in this time, by address.
const QUOTA_PERIOD: Duration = Duration::from_secs(5);

// === impl Deezer ===

impl Integration for Deezer {
    fn id(&self) -> &'static str {
        wire::SERVICE
    }

    fn base_url(&self) -> &'static str {
        "https://api.deezer.com"
    }

    fn streams(&self) -> Vec<Stream> {
        SUBJECTS.iter().map(|subject| stream_of(*subject)).collect()
    }

    /// 50 requests in 5 seconds are allowed; ten are left to whatever else this address asks.
    fn quotas(&self) -> Vec<QuotaRule> {
        vec![QuotaRule { scope: Scope::Ip, limit: 40.0, per: QUOTA_PERIOD, burst: 8 }]
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &[]
    }

    fn settings_schema(&self) -> schemars::Schema {
        schemars::schema_for!(Settings)
    }

    fn subjects(&self, settings: &serde_json::Value) -> Option<Vec<String>> {
        // Settings that cannot be read are refused by `connect`, in its own words.
        let settings: Settings = serde_json::from_value(settings.clone()).ok()?;
        Some(settings.wanted().ok()?.names())
    }

    fn sample(&self) -> &'static str {
        include_str!("sample.toml")
    }

    fn connect(&self, spec: &ConnectionSpec, _: &Services) -> Result<Arc<dyn Source>, SetupError> {
        Ok(Arc::new(DeezerSource::new(spec)?))
    }
}

fn stream_of(subject: Subject) -> Stream {
    Stream {
        name: subject.stream(),
        tables: subject.tables(),
        enabled: true,
        kind: Kind::Snapshot(Snapshot { every: EVERY, vanishing: subject.vanishing() }),
    }
}
