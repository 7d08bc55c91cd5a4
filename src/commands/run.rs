//! `dynamoi run`: the daemon.

use std::time::Duration;

use clap::Args;
use dynamoi::settings::parse_duration;

use super::{Exit, source::ConfigFiles};

/// Polls every connection until it is told to stop (SIGINT, SIGTERM). SIGHUP reads the configuration again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi run --config dynamoi.toml
  dynamoi run --config base.toml --config production.toml
  dynamoi run --config dynamoi.toml --once --max-wait 10m      from cron")]
pub struct Run {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Read every stream once, due or not, history to its end, and exit: 0 when all was read, 3 when not.
    #[arg(long)]
    pub once: bool,
    /// With --once: how long a connection may wait for its provider's quota or report before it counts as not finished,
    /// such as 90s, 10m, 1h.
    #[arg(long, value_name = "DURATION", requires = "once", value_parser = parse_duration)]
    pub max_wait: Option<Duration>,
}

// === impl Run ===

impl Run {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let _ = (settings, self.once, self.max_wait);
        std::future::ready(Exit::not_wired_yet("run")).await
    }
}
