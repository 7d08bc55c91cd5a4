//! What is wrong with a configuration, told so that it can be put right at once. No secret gets in here.

use std::fmt;

use super::place::{KeyPath, Place};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What it is, in a few words.
    pub what: String,
    /// Where the key was set last.
    pub place: Place,
    /// The key.
    pub key: KeyPath,
    /// What belongs there; `""` when there is nothing to say.
    pub expected: String,
    /// What is there, without secrets.
    pub found: String,
    /// What to do.
    pub help: Option<String>,
}

/// All mistakes of a configuration, in the order of files and lines. Never empty as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

/// Something that works and is probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where the key was set last.
    pub place: Place,
    /// The key.
    pub key: KeyPath,
    /// What is the matter and what to do.
    pub message: String,
}

// === impl Mistakes ===

impl Mistakes {
    /// Notes one more. The same key is not reported twice in the same words.
    pub(super) fn push(&mut self, mistake: Mistake) {
        if !self.0.contains(&mistake) {
            self.0.push(mistake);
        }
    }

    /// Sorts by file and line.
    pub(super) fn sort(&mut self) {
        self.0.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

// === impl Mistake ===

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  --> {}", self.what, self.place)?;
        let expectation = match (self.expected.as_str(), self.found.as_str()) {
            ("", "") => String::new(),
            (expected, "") => format!("expected {expected}"),
            ("", found) => format!("found {found}"),
            (expected, found) => format!("expected {expected}, found {found}"),
        };
        match (self.key.0.is_empty(), expectation.is_empty()) {
            (true, true) => {}
            (true, false) => write!(f, "\n  {expectation}")?,
            (false, true) => write!(f, "\n  key {}", self.key)?,
            (false, false) => write!(f, "\n  key {}: {expectation}", self.key)?,
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

// === impl Warning ===

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warning: {}\n  --> {}\n  key {}", self.message, self.place, self.key)
    }
}
