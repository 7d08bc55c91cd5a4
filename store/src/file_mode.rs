//! Who may read a SQLite database's files. They hold payments and customers: unless a group was named, their owner alone.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, set_permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Who may read and write the files that are made. SQLite gives the log and the index beside a database its mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FileMode {
    /// Their owner alone.
    #[default]
    Owner,
    /// Their group, too. Whoever reads a database in WAL mode writes the index beside it.
    Group,
}

/// All that may be done with a file by anybody.
const PERMISSIONS: u32 = 0o777;

// === impl FileMode ===

impl FileMode {
    /// Of files.
    pub const fn of_files(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Group => 0o660,
        }
    }

    /// Of directories.
    pub const fn of_directories(self) -> u32 {
        match self {
            Self::Owner => 0o700,
            Self::Group => 0o770,
        }
    }

    /// Makes the directory and those above it that are missing. One that is there keeps its mode.
    pub(crate) fn make_directory(self, path: &Path) -> io::Result<()> {
        let mut missing: Vec<PathBuf> = Vec::new();
        for directory in path.ancestors().take_while(|path| !path.as_os_str().is_empty()) {
            if directory.exists() {
                break;
            }
            missing.push(directory.to_owned());
        }
        for directory in missing.iter().rev() {
            match DirBuilder::new().mode(self.of_directories()).create(directory) {
                // What the process's mask took away is given back.
                Ok(()) => set_permissions(directory, Permissions::from_mode(self.of_directories()))?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes the file if it is missing, before SQLite would. One that is there keeps its mode, and others who may read it
    /// are told of in the log.
    pub(crate) fn make_file(self, path: &Path) -> io::Result<()> {
        let is_new = self.create(path)?;
        if !is_new {
            self.complain(path);
        }
        Ok(())
    }

    /// Makes the file if it is missing; whether it was. One that is there keeps its mode.
    pub(crate) fn create(self, path: &Path) -> io::Result<bool> {
        match OpenOptions::new().write(true).create_new(true).mode(self.of_files()).open(path) {
            // What the process's mask took away is given back.
            Ok(file) => file.set_permissions(Permissions::from_mode(self.of_files())).map(|()| true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn complain(self, path: &Path) {
        let Ok(metadata) = File::open(path).and_then(|file| file.metadata()) else { return };
        let mode = metadata.permissions().mode() & PERMISSIONS;
        let wanted = self.of_files();
        if mode & !wanted != 0 {
            tracing::warn!(
                path = %path.display(),
                mode = %format_args!("{mode:04o}"),
                "others can read the database, which holds payments and customers: `chmod {wanted:04o}` it and the \
                 files beside it, or set database.file_mode"
            );
        }
    }
}
