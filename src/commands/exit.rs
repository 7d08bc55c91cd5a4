//! How a command ended.

use std::{fmt::Display, process::ExitCode};

use super::output;

/// How a command ended, as its exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Bad usage or configuration.
    Usage,
    /// Ran, but some connection failed or did not finish.
    Incomplete,
}

// === impl Exit ===

impl Exit {
    /// Says on stderr what failed.
    pub fn failed(what: impl Display) -> Self {
        output::complain(format_args!("error: {what}"));
        Self::Failed
    }

    /// Says on stderr what was asked for wrongly.
    pub fn usage(what: impl Display) -> Self {
        output::complain(format_args!("error: {what}"));
        Self::Usage
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        })
    }
}
