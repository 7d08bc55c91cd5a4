//! `dynamoi status`: how every connection is doing.

use clap::Args;

use super::{Exit, source::ConfigFiles};

/// Shows every connection: state, last success, data through, lag, next poll. Asks the running daemon, else the database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi status --config dynamoi.toml
  dynamoi status --config dynamoi.toml --json | jq '.[] | select(.state == \"needs_reauth\")'")]
pub struct Status {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl Status ===

impl Status {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load_without_secrets() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let _ = (settings, self.json);
        std::future::ready(Exit::not_wired_yet("status")).await
    }
}
