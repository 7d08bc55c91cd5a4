//! `dynamoi demo`: everything, without credentials or services.

use std::path::PathBuf;

use clap::Args;

use super::Exit;

/// The configuration that it runs.
#[expect(dead_code, reason = "for the demo's worker")]
pub const CONFIGURATION: &str = include_str!("../../config/demo.toml");

/// Runs imitated providers, the worker and its page on this machine. Needs no credentials, no database server, no network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi demo                                    then open http://127.0.0.1:9464/
  dynamoi demo --port 0 --data-dir /tmp/demo --days 30")]
pub struct Demo {
    /// Port of the page and of the metrics, on loopback; 0 = any that is free.
    #[arg(long, value_name = "N", default_value_t = 9464)]
    pub port: u16,
    /// Where its database goes; a temporary directory unless given.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Days of history.
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub days: u32,
}

// === impl Demo ===

impl Demo {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let _ = (self.port, self.data_dir, self.days);
        std::future::ready(Exit::not_wired_yet("demo")).await
    }
}
