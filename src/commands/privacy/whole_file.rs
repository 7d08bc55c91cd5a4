//! A file that appears under its name when all of it is written, or never. Nobody but its owner reads it, and what has the
//! name already stays.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{OpenOptionsExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, linkat};

/// Reading and writing, for the owner.
const MODE: u32 = 0o600;
/// So many that were killed may have left their files.
const NAMES_MAX: u32 = 1_000;

/// A file under way.
pub struct WholeFile {
    file: BufWriter<File>,
    path: PathBuf,
    /// Its name until then, on file systems where a file must have one.
    temporary: Option<PathBuf>,
}

// === impl WholeFile ===

impl WholeFile {
    /// Begins one in the directory in which it will be.
    pub fn begin(path: &Path) -> io::Result<Self> {
        // What cannot have that name in the end is refused before anything is done.
        if path.file_name().is_none() || path.as_os_str().as_bytes().ends_with(b"/") {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        match path.symlink_metadata() {
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let directory = directory_of(path);
        let (file, temporary) = if let Some(file) = unnamed(directory)? {
            (file, None)
        } else {
            let (file, temporary) = named(directory)?;
            (file, Some(temporary))
        };
        // Whatever the umask says.
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned(), temporary })
    }

    /// Everything is written: on disk.
    pub fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }

    /// Gives it its name, unless something has that meanwhile.
    pub fn publish(self) -> io::Result<()> {
        match &self.temporary {
            None => {
                let unnamed = format!("/proc/self/fd/{}", self.file.get_ref().as_raw_fd());
                linkat(CWD, &*unnamed, CWD, &self.path, AtFlags::SYMLINK_FOLLOW)?;
            }
            Some(temporary) => fs::hard_link(temporary, &self.path)?,
        }
        // The name, too.
        File::open(directory_of(&self.path))?.sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It may have gone by itself.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// A file without a name, where the file system has such: whoever is killed leaves nothing.
#[cfg(target_os = "linux")]
fn unnamed(directory: &Path) -> io::Result<Option<File>> {
    use rustix::{
        fs::{Mode, OFlags, open},
        io::Errno,
    };
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match open(directory, flags, Mode::from_raw_mode(MODE)) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// A file with a name of its own until then. In a container each process may have the number of one that was killed, which left
/// its file: the next name is taken then.
fn named(directory: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        let path = directory.join(format!(".dynamoi-{}-{number}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < NAMES_MAX => number += 1,
            opened => return opened.map(|file| (file, path)),
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_whole_or_not_at_all_and_takes_no_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("export.json");
        let count = || fs::read_dir(directory.path()).unwrap().count();
        // What can never be its name is refused before anything is written.
        for name in ["later/", "..", &*"x".repeat(300)] {
            assert!(WholeFile::begin(&directory.path().join(name)).is_err(), "{name}");
        }
        let mut file = WholeFile::begin(&path).unwrap();
        file.write_all(b"half").unwrap();
        file.finish().unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(count(), 0, "nothing is left of what was not published");
        let mut file = WholeFile::begin(&path).unwrap();
        file.write_all(b"whole").unwrap();
        file.finish().unwrap();
        file.publish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(WholeFile::begin(&path).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        // Somebody else was first.
        let other = directory.path().join("other.json");
        let file = WholeFile::begin(&other).unwrap();
        fs::write(&other, "theirs").unwrap();
        assert_eq!(file.publish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&other).unwrap(), count()), (b"theirs".to_vec(), 2));
    }

    /// Where a file must have a name.
    #[test]
    fn what_a_killed_one_has_left_stops_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let (first, left) = named(directory.path()).unwrap();
        let (mut file, temporary) = named(directory.path()).unwrap();
        assert_ne!(left, temporary);
        file.write_all(b"whole").unwrap();
        let path = directory.path().join("export.json");
        let whole =
            WholeFile { file: BufWriter::new(file), path: path.clone(), temporary: Some(temporary.clone()) };
        whole.publish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert!(!temporary.exists() && left.exists() && first.metadata().unwrap().len() == 0);
    }
}
