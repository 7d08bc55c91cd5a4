//! Report files: what artists, distributors and services let people download, read into checked rows.
//!
//! ```text
//! bytes ── container ── encoding ── records ── recognise ──┬─ statement ─┬─ rows, facts
//!            (gzip, zip)  (UTF-8)   (xlsx, too) (a layout)  ├─ timeline ──┤
//!                     └───────────── lines ─────────────────┴─ dsr ───────┘
//! ```
//!
//! This part knows no engine, no database and no network. A file is read as a whole, and twice (once for its hash and
//! encoding), before a row of it is given out: see [`report::read`]. What is no report, or not whole, is a
//! [`Refusal`](refusal::Refusal) in words for the person who put it there.
//!
//! Around it stand the places where files lie (`directory`, `storage`), what the engine is given of a file (`opened`), and
//! what becomes of its rows (`mapping`). Whether a file is loaded, waits or takes another's place is the engine's to decide.

pub mod archive;
pub mod codes;
pub mod container;
pub mod countries;
pub mod dates;
mod directory;
pub mod dsr;
pub mod encoding;
pub mod kind;
pub mod layout;
pub mod learn;
pub mod limits;
mod listing;
mod mapping;
mod names;
pub mod numbers;
mod opened;
pub mod recognise;
pub mod records;
pub mod refusal;
pub mod report;
pub mod row;
pub mod settings;
pub mod shipped;
mod source;
pub mod statement;
mod storage;
pub mod stores;
pub mod sums;
pub mod tally;
pub mod timeline;
pub mod unit;
pub mod xlsx;

#[cfg(test)]
mod tests;

use std::time::Duration;

use rows::Table;

use self::settings::{Place, Settings};
pub use self::source::FilesSource;
use crate::{
    integration::{ConnectionSpec, CredentialSpec, HostSpec, Integration, Services, SetupError},
    reader::StreamOf,
    session::quota::QuotaRule,
    stream::{FRESH, Files},
};

/// Files of any service that lets its reports be downloaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportFiles;

/// The first half of a key of the object store.
const ACCESS_KEY_ID: CredentialSpec = CredentialSpec {
    name: "access_key_id",
    required: false,
    help: "the id of a key that may list the bucket and read what is in it; it goes with secret_access_key",
};
/// The second one.
const SECRET_ACCESS_KEY: CredentialSpec = CredentialSpec {
    name: "secret_access_key",
    required: false,
    help: "the secret of the key that access_key_id names",
};
const CREDENTIALS: [CredentialSpec; 2] = [ACCESS_KEY_ID, SECRET_ACCESS_KEY];

/// The name of the object store's address.
const STORAGE_HOST: &str = "storage";
const HOSTS: [HostSpec; 1] = [HostSpec {
    name: STORAGE_HOST,
    url: storage::AMAZON,
    help: "the object store of settings.url: Amazon's in settings.region, or any that speaks S3's protocol",
}];

/// What files can fill.
const TABLES: [Table; 6] = [
    Table::RoyaltyStatements,
    Table::TrackPerformanceDaily,
    Table::ArtistAudienceDaily,
    Table::PlaylistPlacements,
    Table::ContentPerformanceDaily,
    Table::SmartLinkActivityDaily,
];

/// How often a directory is looked at: that costs next to none, and who puts a file there waits for it.
const WATCH: Duration = Duration::from_mins(1);

// === impl ReportFiles ===

impl Integration for ReportFiles {
    type Settings = Settings;
    type Source = FilesSource;

    fn id(&self) -> &'static str {
        "report_files"
    }

    /// It has no API. No request goes there.
    fn base_url(&self) -> &'static str {
        storage::AMAZON
    }

    fn hosts(&self) -> &'static [HostSpec] {
        &HOSTS
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<FilesSource>> {
        // Listing an object store is paid for.
        let every = match settings.place() {
            Ok(Place::Bucket { .. }) => FRESH,
            _ => WATCH,
        };
        vec![StreamOf::files("files", &TABLES, Files { every }, FilesSource::files)]
    }

    fn quotas(&self) -> Vec<QuotaRule> {
        Vec::new()
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &CREDENTIALS
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(vec![settings.place().ok()?.subject()])
    }

    fn sample(&self) -> &'static str {
        include_str!("sample.toml")
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn connect(
        &self,
        spec: &ConnectionSpec,
        settings: Settings,
        _: &Services,
    ) -> Result<FilesSource, SetupError> {
        FilesSource::new(spec, settings.watched()?)
    }
}
