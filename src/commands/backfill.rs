//! `dynamoi backfill`: days of the past.

use clap::Args;
use jiff::civil::Date;

use super::{
    Exit, output,
    source::{ConfigFiles, require_connection},
};

/// Reads days of the past again. It is a request in the database: a running daemon works it off at its lowest priority;
/// without one, this process does, with a progress bar. Rows that are there already are corrected, never doubled.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi backfill --config dynamoi.toml --connection label-a-meta --from 2026-01-01
  dynamoi backfill --config dynamoi.toml --connection label-a-meta --from 2026-01-01 --to 2026-03-31")]
pub struct Backfill {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub connection: String,
    /// The first day, such as 2026-01-31.
    #[arg(long, value_name = "DATE")]
    pub from: Date,
    /// The last day, included; yesterday unless given.
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
}

// === impl Backfill ===

impl Backfill {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        if let Some(to) = self.to.filter(|to| *to < self.from) {
            output::complain(format_args!(
                "error: no days to read\n  --to: expected a day that is not before --from ({}), found {to}",
                self.from
            ));
            return Exit::Usage;
        }
        let loaded = self.source.load();
        match loaded.and_then(|settings| require_connection(&settings, &self.connection)) {
            Ok(()) => std::future::ready(Exit::not_wired_yet("backfill")).await,
            Err(exit) => exit,
        }
    }
}
