//! `dynamoi check`: everything that must be right before it runs.

use clap::Args;

use super::{Exit, source::ConfigFiles};

/// Checks configuration, credentials, database, cache and providers, one line each. Polls and changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi check --config dynamoi.toml && systemctl reload dynamoi")]
pub struct Check {
    #[command(flatten)]
    pub source: ConfigFiles,
}

// === impl Check ===

impl Check {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.source.load() {
            Ok(_) => std::future::ready(Exit::not_wired_yet("check")).await,
            Err(exit) => exit,
        }
    }
}
