//! The one file that the process holds in memory, and what is done with it on a thread that may block.

use std::panic::{self, AssertUnwindSafe};

use rows::{DayRange, Row, files::FileFacts};
use tokio::sync::OwnedSemaphorePermit;

use crate::files::{FileRows, OpenFile, Refusal, Refused, Report};

/// What is held.
#[derive(Default)]
pub struct Hand {
    held: Option<Held>,
    /// The report of it that was read last.
    rows: Option<(String, Box<dyn FileRows>)>,
}

struct Held {
    path: String,
    version: String,
    file: Box<dyn OpenFile>,
    /// Until then nobody else of the process holds a file.
    turn: OwnedSemaphorePermit,
}

impl Hand {
    /// Whether it holds this one, as it was seen.
    pub fn holds(&self, path: &str, version: &str) -> bool {
        self.held.as_ref().is_some_and(|held| held.path == path && held.version == version)
    }

    /// Lets go of what it holds: another connection may hold one.
    pub fn let_go(&mut self) {
        self.rows = None;
        self.held = None;
    }

    /// Takes a file.
    pub fn take(&mut self, path: &str, version: &str, file: Box<dyn OpenFile>, turn: OwnedSemaphorePermit) {
        self.rows = None;
        self.held = Some(Held { path: path.to_owned(), version: version.to_owned(), file, turn });
    }

    /// The reports in it, by their content; `Err` of those of which not even that can be had.
    pub async fn reports(&mut self) -> Vec<Result<Report, (Option<String>, Refused)>> {
        let digested = self.on_a_thread(|file| {
            let members = file.members().into_iter().enumerate();
            let digest = |(place, member): (usize, Option<String>)| match file.digest(place) {
                Ok((sha256, size_bytes)) => Ok(Report { place, member, sha256, size_bytes }),
                Err(refused) => Err((member, refused)),
            };
            members.map(digest).collect()
        });
        digested.await.unwrap_or_else(|refused| vec![Err((None, refused))])
    }

    /// Reads a report, all of it; gives its rows at [`Hand::page`].
    pub async fn read(&mut self, report: &Report, period: Option<DayRange>) -> Result<(), Refused> {
        self.rows = None;
        let place = report.place;
        let rows = self.on_a_thread(move |file| file.read(place, period)).await??;
        if rows.facts().sha256 != report.sha256 {
            return Err(unreadable("it changed while it was read: it is read again once it stands still"));
        }
        self.rows = Some((report.sha256.clone(), rows));
        Ok(())
    }

    /// What is known of a report, if it is the one that was read last.
    pub fn facts(&self, sha256: &str) -> Option<&FileFacts> {
        self.rows.as_ref().filter(|(of, _)| of == sha256).map(|(_, rows)| rows.facts())
    }

    /// Rows of the report that was read last.
    pub fn page(&self, first: u64, count: usize) -> Result<Vec<Row>, Refused> {
        let Some((_, rows)) = &self.rows else { return Ok(Vec::new()) };
        // What is broken is not used again: the file is refused.
        let page = panic::catch_unwind(AssertUnwindSafe(|| rows.page(first, count)));
        page.map_err(|_| broken())
    }

    /// Works on the file. A reader that panics breaks this file, and no other.
    async fn on_a_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn OpenFile) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let Some(Held { path, version, mut file, turn }) = self.held.take() else {
            return Err(unreadable("it is not open"));
        };
        let worked = tokio::task::spawn_blocking(move || {
            let result = work(file.as_mut());
            (file, turn, result)
        });
        match worked.await {
            Ok((file, turn, result)) => {
                self.held = Some(Held { path, version, file, turn });
                Ok(result)
            }
            Err(error) if error.is_panic() => Err(broken()),
            Err(_) => Err(unreadable("the process ends")),
        }
    }
}

fn broken() -> Refused {
    let reason = "its reader broke on it: this is a bug, please report it with the file's first lines";
    Refused { reason: reason.to_owned(), kind: Refusal::Waits }
}

fn unreadable(reason: &str) -> Refused {
    Refused { reason: reason.to_owned(), kind: Refusal::Unreadable }
}
