//! Files in a watched directory.

use std::{
    fs::{self, File, FileType, Metadata},
    io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use futures::future::BoxFuture;

use super::{
    limits::{DEPTH_MAX, FILES_MAX},
    names::is_left_alone,
    opened::OpenedFile,
    settings::Reading,
};
use crate::{
    failure::Failure,
    files::{FileSource, FoundFile, OpenFile},
    session::Session,
};

/// A directory, with its subfolders.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
    reading: Arc<Reading>,
}

/// What a path led to that was not opened.
#[derive(Debug)]
enum Closed {
    /// It is not there any more.
    Gone,
    /// It is there and cannot be read: why, and what to do.
    Unreadable(String),
}

// === impl Directory ===

impl Directory {
    /// The directory at `root`. Looks at nothing yet.
    pub fn new(root: PathBuf, reading: Arc<Reading>) -> Self {
        Self { root, reading }
    }

    /// Whether it is there and can be listed.
    pub async fn check(&self) -> Result<(), Failure> {
        let root = self.root.clone();
        blocking(move || fs::read_dir(&root).map(drop).map_err(|error| missing(&root, &error))).await
    }

    fn open_file(&self, path: &str) -> Result<OpenedFile, Closed> {
        let file = find(&self.root, path)?;
        OpenedFile::new(path, file, Arc::clone(&self.reading)).map_err(|error| unreadable(path, &error))
    }
}

impl FileSource for Directory {
    fn list<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Vec<FoundFile>, Failure>> {
        let root = self.root.clone();
        Box::pin(blocking(move || list(&root)))
    }

    fn open<'a>(
        &'a self,
        _: &'a Session,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn OpenFile>, Failure>> {
        let (directory, path) = (self.clone(), path.to_owned());
        Box::pin(blocking(move || match directory.open_file(&path) {
            Ok(opened) => Ok(Box::new(opened) as Box<dyn OpenFile>),
            Err(Closed::Gone) => Err(Failure::Gone { reason: format!("{path} is not there any more") }),
            Err(Closed::Unreadable(reason)) => Err(Failure::Permanent { reason }),
        }))
    }
}

/// Runs what waits for a disk, or for a server behind one, where it holds up nobody.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let ran = tokio::task::spawn_blocking(run).await;
    ran.unwrap_or_else(|_| {
        Err(Failure::Transient { reason: "the directory could not be looked at".to_owned() })
    })
}

/// Everything that lies there. What cannot be looked into is in it, and says why when it is opened.
fn list(root: &Path) -> Result<Vec<FoundFile>, Failure> {
    let canonical = fs::canonicalize(root).map_err(|error| missing(root, &error))?;
    let mut found = Vec::new();
    let mut folders = vec![(canonical.clone(), String::new(), 0)];
    while let Some((folder, below, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(missing(root, &error)),
            Err(_) => {
                found.push(closed(&below));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if depth == 0 => return Err(missing(root, &error)),
                Err(_) => {
                    found.push(closed(&below));
                    break;
                }
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_left_alone(&name) {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth + 1 >= DEPTH_MAX => found.push(closed(&path)),
                Ok(kind) if kind.is_dir() => folders.push((entry.path(), path, depth + 1)),
                Ok(kind) => found.extend(file_at(&canonical, &entry.path(), kind, path)),
                Err(_) => found.push(closed(&path)),
            }
            if found.len() + folders.len() > FILES_MAX {
                return Err(Failure::Transient {
                    reason: format!(
                        "more than {FILES_MAX} files and folders lie below {}: move what is read into archives or elsewhere",
                        root.display()
                    ),
                });
            }
        }
    }
    Ok(found)
}

/// A file, or a link to one below the same directory; `None` for everything else that may stand in a directory.
fn file_at(root: &Path, at: &Path, kind: FileType, path: String) -> Option<FoundFile> {
    if kind.is_symlink() && !fs::canonicalize(at).is_ok_and(|target| target.starts_with(root)) {
        return None;
    }
    match fs::metadata(at) {
        Ok(metadata) if metadata.is_file() => {
            Some(FoundFile { path, size_bytes: metadata.len(), version: version(&metadata) })
        }
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(_) => Some(closed(&path)),
    }
}

/// What cannot be looked into.
fn closed(path: &str) -> FoundFile {
    FoundFile { path: path.to_owned(), size_bytes: 0, version: "closed".to_owned() }
}

/// Opens a file below `root`, wherever its parts may lead by now.
fn find(root: &Path, path: &str) -> Result<File, Closed> {
    let is_plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain {
        return Err(Closed::Unreadable(format!("{path}: a path that leads elsewhere")));
    }
    let full = root.join(path);
    let canonical = fs::canonicalize(&full);
    let canonical = match (canonical, fs::canonicalize(root)) {
        (Ok(canonical), Ok(root)) if canonical.starts_with(&root) => canonical,
        (Ok(_), Ok(_)) => {
            return Err(Closed::Unreadable(format!("{path}: it leads out of the watched directory")));
        }
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound && path.contains('\u{fffd}') => {
            return Err(Closed::Unreadable(format!(
                "{path}: its name is not valid Unicode, so that it cannot be named; rename it"
            )));
        }
        (Err(error), _) | (_, Err(error)) => return Err(unreadable(path, &error)),
    };
    let metadata = fs::metadata(&canonical).map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(match fs::read_dir(&canonical) {
            Err(error) => unreadable(path, &error),
            Ok(_) => Closed::Unreadable(format!(
                "{path}: folders are read {DEPTH_MAX} deep, and this one lies deeper; move it up"
            )),
        });
    }
    if !metadata.is_file() {
        return Err(Closed::Gone);
    }
    File::open(&canonical).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &io::Error) -> Closed {
    if error.kind() == io::ErrorKind::NotFound {
        return Closed::Gone;
    }
    let help =
        if error.kind() == io::ErrorKind::PermissionDenied { "; let the worker's user read it" } else { "" };
    Closed::Unreadable(format!("{path} cannot be read: {error}{help}"))
}

/// The whole directory cannot be looked at: nothing is said of any file.
fn missing(root: &Path, error: &io::Error) -> Failure {
    let root = root.display();
    Failure::Transient {
        reason: match error.kind() {
            io::ErrorKind::NotFound => format!(
                "the directory {root} is not there: make or mount it, or correct settings.directory; relative paths begin \
                 in the directory in which the worker is started"
            ),
            io::ErrorKind::PermissionDenied => {
                format!("the directory {root} cannot be listed: {error}; let the worker's user read it")
            }
            _ => format!("the directory {root} cannot be listed: {error}"),
        },
    }
}

/// When it was changed, how long it is, and which file it is: one that is put in another's place keeps neither.
fn version(metadata: &Metadata) -> String {
    let changed = metadata.modified().ok();
    let changed = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let nanos = changed.map_or(0, |since| since.as_nanos());
    format!("{nanos}-{}-{}", metadata.len(), inode(metadata))
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.ino()
}

/// Where files have no number, time and length must do.
#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn paths(root: &Path) -> Vec<String> {
        let mut paths: Vec<_> = list(root).unwrap().into_iter().map(|file| file.path).collect();
        paths.sort();
        paths
    }

    fn directory(root: &Path) -> Directory {
        Directory::new(root.to_owned(), Arc::default())
    }

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn subfolders_are_read_and_what_is_hidden_or_half_written_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "a.csv",
            "2026/06/b.tsv.gz",
            "~$b.xlsx",
            ".hidden",
            ".git/c.csv",
            "d.csv.part",
            "e.TMP",
            "f.crdownload",
        ] {
            put(root.path(), path, "x");
        }
        assert_eq!(paths(root.path()), ["2026/06/b.tsv.gz", "a.csv"]);
    }

    #[test]
    fn no_link_leads_out() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(root.path(), "in/a.csv", "x");
        put(outside.path(), "secret.csv", "x");
        symlink(root.path().join("in/a.csv"), root.path().join("inside.csv")).unwrap();
        symlink(outside.path().join("secret.csv"), root.path().join("outside.csv")).unwrap();
        symlink(outside.path(), root.path().join("folder")).unwrap();
        symlink(root.path(), root.path().join("circle")).unwrap();
        assert_eq!(paths(root.path()), ["in/a.csv", "inside.csv"]);
        for path in ["outside.csv", "folder/secret.csv", "../a.csv", "/etc/passwd"] {
            let found = find(root.path(), path);
            assert!(matches!(found, Err(Closed::Unreadable(_))), "{path}: {found:?}");
        }
        assert!(find(root.path(), "inside.csv").is_ok());
    }

    #[test]
    fn what_cannot_be_looked_into_is_told_and_the_others_are_read() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "a.csv", "x");
        let deep = vec!["d"; DEPTH_MAX + 1].join("/");
        put(root.path(), &format!("{deep}/b.csv"), "x");
        let closed = vec!["d"; DEPTH_MAX].join("/");
        assert_eq!(paths(root.path()), ["a.csv".to_owned(), closed.clone()]);
        let Err(Closed::Unreadable(reason)) = find(root.path(), &closed) else { panic!() };
        assert!(reason.contains("deep"), "{reason}");

        put(root.path(), "locked/c.csv", "x");
        let locked = root.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // Whoever may read everything (root) is told nothing.
        if fs::read_dir(&locked).is_err() {
            assert!(paths(root.path()).contains(&"locked".to_owned()));
            let Err(Closed::Unreadable(reason)) = find(root.path(), "locked") else { panic!() };
            assert!(reason.contains("let the worker's user read it"), "{reason}");
        }
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn a_directory_that_is_gone_says_nothing_of_its_files() {
        let root = tempfile::tempdir().unwrap();
        let gone = root.path().join("unmounted");
        let Err(Failure::Transient { reason }) = list(&gone) else { panic!() };
        assert!(reason.contains("unmounted is not there"), "{reason}");
        assert!(matches!(find(root.path(), "gone.csv"), Err(Closed::Gone)));
    }

    #[test]
    fn a_version_moves_with_length_and_time_and_file() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "a.csv", "x");
        let before = list(root.path()).unwrap();
        assert_eq!(before, list(root.path()).unwrap());
        put(root.path(), "b.csv", "x");
        fs::rename(root.path().join("b.csv"), root.path().join("a.csv")).unwrap();
        assert_ne!(before[0].version, list(root.path()).unwrap()[0].version);
    }

    #[test]
    fn a_name_that_is_no_unicode_is_told() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

        let root = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(b"caf\xe9.csv");
        // Not every file system takes such a name.
        if fs::write(root.path().join(name), "x").is_ok() {
            let found = paths(root.path());
            let Err(Closed::Unreadable(reason)) = find(root.path(), &found[0]) else { panic!() };
            assert!(reason.contains("rename it"), "{reason}");
        }
    }

    #[test]
    fn a_file_opens_with_its_reports() {
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            "x/one-audience-timeline.csv",
            "date,listeners,streams,followers\n2026-06-01,5,9,2\n",
        );
        let mut opened = directory(root.path()).open_file("x/one-audience-timeline.csv").ok().unwrap();
        assert_eq!(opened.members(), [None]);
        let (sha256, size_bytes) = opened.digest(0).unwrap();
        assert_eq!((sha256.len(), size_bytes), (64, 50));
        let read = opened.read(0, None).unwrap();
        assert_eq!((read.facts().rows, read.facts().by_day), (1, true));
        assert_eq!(read.page(0, 10).len(), 1);
    }
}
