//! Where a value of the configuration was set, and what its key is called.

use std::{fmt, path::PathBuf};

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the defaults that are built in.
    Builtin,
    /// In a file.
    File {
        /// As named on the command line.
        path: PathBuf,
        /// Counted from 1; nothing when the whole file is meant.
        line: Option<usize>,
    },
    /// In an environment variable.
    Variable(String),
}

/// The path of a key, from the root: `connections`, `label-a-meta`, `accounts`, `0`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(pub Vec<String>);

// === impl Place ===

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("the built-in defaults"),
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

// === impl KeyPath ===

impl KeyPath {
    /// Of these keys.
    pub fn of<S: AsRef<str>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self(keys.into_iter().map(|key| key.as_ref().to_owned()).collect())
    }

    /// Of a JSON pointer.
    pub fn from_pointer(pointer: &str) -> Self {
        Self::of(pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")))
    }

    /// One level down.
    #[must_use]
    pub fn child(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }

    /// The keys as text, to match on.
    pub fn parts(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl fmt::Display for KeyPath {
    /// As in TOML, list items with their index: `connections.label-a.accounts[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, key) in self.0.iter().enumerate() {
            if depth > 0 && key.bytes().all(|byte| byte.is_ascii_digit()) {
                write!(f, "[{key}]")?;
                continue;
            }
            if depth > 0 {
                f.write_str(".")?;
            }
            let is_bare = !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if is_bare { f.write_str(key)? } else { write!(f, "{key:?}")? }
        }
        Ok(())
    }
}
