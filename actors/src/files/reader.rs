//! What the engine reads a stream of files with.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{FileSource, seen::Seen};

/// Reads a stream of files: where they lie, and what was seen of them since the connection started.
pub struct FilesReader {
    source: Box<dyn HasFiles>,
    seen: Mutex<Seen>,
}

/// A process holds one file in memory at a time, whatever its connections find.
#[derive(Debug, Clone)]
pub struct OneFile(Arc<Semaphore>);

/// A source, and how its files are had from it.
trait HasFiles: Send + Sync {
    fn files(&self) -> &dyn FileSource;
}

struct Bound<S> {
    source: Arc<S>,
    files: FilesOf<S>,
}

/// How the place where files lie is had from a source.
pub type FilesOf<S> = for<'a> fn(&'a S) -> &'a (dyn FileSource + 'a);

// === impl FilesReader ===

impl FilesReader {
    pub(crate) fn new<S: Send + Sync + 'static>(source: Arc<S>, files: FilesOf<S>) -> Self {
        Self { source: Box::new(Bound { source, files }), seen: Mutex::default() }
    }

    /// Where the files lie.
    pub fn source(&self) -> &dyn FileSource {
        self.source.files()
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock()
    }
}

impl<S: Send + Sync> HasFiles for Bound<S> {
    fn files(&self) -> &dyn FileSource {
        (self.files)(&self.source)
    }
}

// === impl OneFile ===

impl OneFile {
    /// Waits for its turn; none where the process ends.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

impl Default for OneFile {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}
