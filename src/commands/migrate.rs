//! `dynamoi migrate`: the database's tables.

use clap::{Args, Subcommand};

use super::{Exit, source::ConfigFiles};

/// Brings the database's tables up to date, or tells how far they are.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi migrate up --config dynamoi.toml")]
pub struct Migrate {
    /// Which way.
    #[command(subcommand)]
    pub step: Step,
}

/// What to do with the tables.
#[derive(Debug, Subcommand)]
pub enum Step {
    /// Apply every step that is missing, each in a transaction.
    Up {
        #[command(flatten)]
        source: ConfigFiles,
    },
    /// List the steps, applied or not.
    Status {
        #[command(flatten)]
        source: ConfigFiles,
    },
}

// === impl Migrate ===

impl Migrate {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let (Step::Up { source } | Step::Status { source }) = &self.step;
        match source.load_without_secrets() {
            Ok(_) => std::future::ready(Exit::not_wired_yet("migrate")).await,
            Err(exit) => exit,
        }
    }
}
