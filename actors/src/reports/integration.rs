//! An integration that reads report files. All of them work alike; they differ by whose files they read.

use std::time::Duration;

use rows::Table;

use super::{
    settings::{Known, Place, Settings},
    source::FilesSource,
    storage,
};
use crate::{
    integration::{CredentialSpec, HostSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
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
pub(super) const ACCESS_KEY_ID: CredentialSpec = CredentialSpec::optional(
    "access_key_id",
    "the id of a key that may list the bucket and read what is in it; it goes with secret_access_key",
);
/// The second one.
pub(super) const SECRET_ACCESS_KEY: CredentialSpec =
    CredentialSpec::optional("secret_access_key", "the secret of the key that access_key_id names");

/// The name of the object store's address.
pub(super) const STORAGE_HOST: &str = "storage";
const STORAGE: HostSpec = HostSpec {
    name: STORAGE_HOST,
    url: storage::AMAZON,
    help: "the object store of settings.url: Amazon's in settings.region, or any that speaks S3's protocol",
};

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

    fn manifest(&self) -> Manifest {
        Manifest {
            id: self.id,
            // It has no API. No request goes there.
            base_url: storage::AMAZON,
            hosts: &[STORAGE],
            credentials: &[ACCESS_KEY_ID, SECRET_ACCESS_KEY],
            sample: self.sample,
            readme: self.readme,
            ..Manifest::BLANK
        }
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<FilesSource>> {
        // Listing an object store is paid for.
        let every = match settings.place() {
            Ok(Place::Bucket { .. }) => FRESH,
            _ => WATCH,
        };
        vec![StreamOf::files("files", &TABLES, Files { every }, FilesSource::files)]
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        // Settings that make no sense are refused by `connect`, in its own words.
        Some(vec![settings.place().ok()?.subject()])
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<FilesSource, SetupError> {
        FilesSource::new(setup.spec, setup.settings.watched(self.known)?)
    }
}
