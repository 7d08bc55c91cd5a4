//! Report files of a label, and an object store in which they lie.
//!
//! Files are written as their services and distributors write them: a byte order mark, semicolons and quotes, lines that end in bare
//! carriage returns, amounts with more decimals than money has, equal lines that both count. The store speaks as much of S3's protocol as
//! listing and getting need, and checks signatures by the published algorithm.

mod portals;
mod signature;
mod storage;
#[cfg(test)]
mod tests;
mod texts;
mod truth;
mod world;

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

pub use self::portals::Portal;
pub use self::truth::{TruthAudience, TruthPlays, TruthRoyalty, TruthStreams};
pub use self::world::{ARTISTS, TITLES};

use self::world::World;
use crate::exchange::{Answer, Imitation, Request};

/// The bucket.
pub const BUCKET: &str = "label-reports";

/// The key's id. It opens nothing else.
pub const ACCESS_KEY_ID: &str = "AKIASANDBOXOPENSNONE";

/// The key's secret.
pub const SECRET_ACCESS_KEY: &str = "sandbox/secret+access+key+that+opens+nothing";

/// The region that requests are signed for.
pub const REGION: &str = "us-east-1";

/// The files and the store.
#[derive(Debug)]
pub struct ReportFiles {
    world: World,
    /// Files that a test has put there, by their keys: over what the world writes.
    put: BTreeMap<String, Vec<u8>>,
    /// Objects on one page of a listing at most.
    page_size: usize,
    /// Whether whoever is not signed may read.
    is_public: bool,
}

impl ReportFiles {
    /// A label's files; the same seed and day give the same ones.
    pub fn new(seed: u64, days: u32, now: Timestamp) -> Self {
        Self { world: World::new(seed, days, now), put: BTreeMap::new(), page_size: 1_000, is_public: false }
    }

    /// Every file, by its path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = texts::files(&self.world);
        files.extend(self.put.iter().map(|(path, bytes)| (path.clone(), bytes.clone())));
        files
    }

    /// Writes every file below a directory, each whole before it has its name. What is there already as it is stays untouched.
    pub fn write_to(&self, directory: &Path) -> io::Result<()> {
        write(self.files(), directory)
    }

    /// The same with what the portal of a service lets people download.
    pub fn write_portal_to(&self, portal: Portal, directory: &Path) -> io::Result<()> {
        write(portals::files(&self.world, portal), directory)
    }

    /// Puts a file there.
    pub fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.put.insert(path.to_owned(), bytes.into());
    }

    /// The last monthly statement comes again with other figures, beside the first one: what is true is the later one.
    pub fn correct(&mut self) {
        self.world.corrections += 1;
    }

    /// Gives so many objects on one page of a listing.
    pub fn set_page_size(&mut self, objects: usize) {
        self.page_size = objects.max(1);
    }

    /// Lets everybody read the bucket, or only the key's owner.
    pub fn set_public(&mut self, public: bool) {
        self.is_public = public;
    }
}

impl Imitation for ReportFiles {
    fn id(&self) -> &'static str {
        "report_files"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.advance(request.now);
        self.respond(request)
    }

    fn advance(&mut self, now: Timestamp) {
        self.world.day = world::day_of(now);
    }

    fn limited(&self, _request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        storage::error(503, "SlowDown", "Please reduce your request rate.")
    }

    fn failed(&self, _request: &Request, status: u16) -> Answer {
        storage::error(status, "InternalError", "We encountered an internal error. Please try again.")
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

fn write(files: BTreeMap<String, Vec<u8>>, directory: &Path) -> io::Result<()> {
    for (path, bytes) in files {
        let path = directory.join(path);
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unfinished = path.with_file_name(format!("{name}.part"));
        fs::write(&unfinished, bytes)?;
        fs::rename(unfinished, path)?;
    }
    Ok(())
}
