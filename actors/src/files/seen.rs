//! What earlier looks saw of a connection's files: enough not to read again what has not changed. It is lost with the
//! connection's start; then files are read once for their hashes, by which the store knows them.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::FoundFile;
use crate::limits;

/// What was seen since the connection started.
#[derive(Debug, Default)]
pub struct Seen {
    files: HashMap<String, Sighting>,
    /// Reports that were met. One of no known layout is read once a start: settings may have taught it since the last one.
    tried: HashSet<String>,
}

#[derive(Debug)]
struct Sighting {
    size_bytes: u64,
    version: String,
    /// Since when it stands still, by the clock's `elapsed`.
    since: Duration,
    /// What is in it, once that is known.
    reports: Option<Vec<Report>>,
}

/// A report in a file, known by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its place in the file.
    pub place: usize,
    /// Its path in the archive; `None` for a file that is no archive.
    pub member: Option<String>,
    /// SHA-256 of its content, unpacked.
    pub sha256: String,
    /// Bytes, unpacked.
    pub size_bytes: u64,
}

/// What lies there.
#[derive(Debug, Default)]
pub struct Look {
    /// Files that stand still, in the order of their paths.
    pub still: Vec<FoundFile>,
    /// Those that may still grow.
    pub growing: Vec<FoundFile>,
}

// === impl Seen ===

impl Seen {
    /// Notes what lies there now, and forgets what does not any more.
    pub fn look(&mut self, mut found: Vec<FoundFile>, now: Duration) -> Look {
        found.sort();
        found.dedup_by(|one, other| one.path == other.path);
        let mut before = std::mem::take(&mut self.files);
        let mut look = Look::default();
        for file in found {
            let sighting = before
                .remove(&file.path)
                .filter(|seen| seen.size_bytes == file.size_bytes && seen.version == file.version)
                .unwrap_or_else(|| Sighting {
                    size_bytes: file.size_bytes,
                    version: file.version.clone(),
                    since: now,
                    reports: None,
                });
            let stands_still = now.saturating_sub(sighting.since) >= limits::FILE_STILL_FOR;
            self.files.insert(file.path.clone(), sighting);
            if stands_still { look.still.push(file) } else { look.growing.push(file) }
        }
        look
    }

    /// What is in a file, if it is known.
    pub fn reports(&self, file: &FoundFile) -> Option<Vec<Report>> {
        self.files.get(&file.path)?.reports.clone()
    }

    /// Notes what is in a file.
    pub fn know(&mut self, file: &FoundFile, reports: Vec<Report>) {
        if let Some(sighting) = self.files.get_mut(&file.path)
            && sighting.version == file.version
        {
            sighting.reports = Some(reports);
        }
    }

    /// Whether it is the first time since the start that it is thought of reading a report.
    pub fn try_once(&mut self, sha256: &str) -> bool {
        self.tried.insert(sha256.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, version: &str) -> FoundFile {
        FoundFile { path: path.to_owned(), size_bytes: 1, version: version.to_owned() }
    }

    fn paths(files: &[FoundFile]) -> Vec<&str> {
        files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn a_file_is_still_when_two_looks_apart_saw_the_same() {
        let mut seen = Seen::default();
        let second = Duration::from_secs;
        let look = seen.look(vec![file("b", "1"), file("a", "1")], second(0));
        assert_eq!((paths(&look.still), paths(&look.growing)), (vec![], vec!["a", "b"]));
        let look = seen.look(vec![file("a", "1"), file("b", "2")], second(4));
        assert_eq!(paths(&look.still), [""; 0], "not for long enough");
        let look = seen.look(vec![file("a", "1"), file("b", "2")], second(5));
        assert_eq!((paths(&look.still), paths(&look.growing)), (vec!["a"], vec!["b"]));
        let larger = FoundFile { size_bytes: 2, ..file("a", "1") };
        assert_eq!(paths(&seen.look(vec![larger, file("b", "2")], second(9)).still), ["b"]);
    }

    #[test]
    fn what_is_in_a_file_is_known_until_it_changes_or_goes() {
        let mut seen = Seen::default();
        let report = Report { place: 0, member: None, sha256: "aa".to_owned(), size_bytes: 1 };
        seen.look(vec![file("a", "1")], Duration::ZERO);
        seen.know(&file("a", "1"), vec![report.clone()]);
        assert_eq!(seen.reports(&file("a", "1")), Some(vec![report.clone()]));
        seen.look(vec![file("a", "2")], Duration::ZERO);
        assert_eq!(seen.reports(&file("a", "2")), None);
        seen.know(&file("a", "1"), vec![report.clone()]);
        assert_eq!(seen.reports(&file("a", "2")), None, "that was the one before");
        seen.know(&file("a", "2"), vec![report]);
        seen.look(vec![], Duration::ZERO);
        seen.look(vec![file("a", "2")], Duration::ZERO);
        assert_eq!(seen.reports(&file("a", "2")), None);
        assert!(seen.try_once("aa") && !seen.try_once("aa"));
    }
}
