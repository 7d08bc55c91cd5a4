//! An integration that reads report files. All of them work alike; they differ by whose files they read.

use std::time::Duration;

use rows::Table;

use super::{
    settings::{Known, Place, Settings},
    source::FilesSource,
    storage,
};
use crate::{
    integration::{ConnectionSpec, CredentialSpec, HostSpec, Integration, Services, SetupError},
    reader::StreamOf,
    session::quota::QuotaRule,
    stream::{FRESH, Files},
};

/// What is particular to one integration that reads files.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// Its id.
    pub id: &'static str,
    /// What it knows of its files.
    pub known: Known,
    /// The commented example of its configuration.
    pub sample: &'static str,
    /// Facts about it.
    pub readme: &'static str,
}

/// The first half of a key of the object store.
pub(super) const ACCESS_KEY_ID: CredentialSpec = CredentialSpec {
    name: "access_key_id",
    required: false,
    help: "the id of a key that may list the bucket and read what is in it; it goes with secret_access_key",
};
/// The second one.
pub(super) const SECRET_ACCESS_KEY: CredentialSpec = CredentialSpec {
    name: "secret_access_key",
    required: false,
    help: "the secret of the key that access_key_id names",
};
const CREDENTIALS: [CredentialSpec; 2] = [ACCESS_KEY_ID, SECRET_ACCESS_KEY];

/// The name of the object store's address.
pub(super) const STORAGE_HOST: &str = "storage";
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

// === impl Reports ===

impl Integration for Reports {
    type Settings = Settings;
    type Source = FilesSource;

    fn id(&self) -> &'static str {
        self.id
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
        self.sample
    }

    fn readme(&self) -> &'static str {
        self.readme
    }

    fn connect(
        &self,
        spec: &ConnectionSpec,
        settings: Settings,
        _: &Services,
    ) -> Result<FilesSource, SetupError> {
        FilesSource::new(spec, settings.watched(self.known)?)
    }
}
