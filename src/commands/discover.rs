//! `dynamoi discover`: what credentials can see.

use clap::Args;

use super::{
    Exit,
    source::{ConfigFiles, require_connection},
};

/// Lists the accounts and campaigns that a connection's credentials can see: what to write into `accounts`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dynamoi discover --config dynamoi.toml --connection label-a-meta")]
pub struct Discover {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// The connection's name.
    #[arg(long, value_name = "NAME")]
    pub connection: String,
}

// === impl Discover ===

impl Discover {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let loaded = self.source.load();
        match loaded.and_then(|settings| require_connection(&settings, &self.connection)) {
            Ok(()) => std::future::ready(Exit::not_wired_yet("discover")).await,
            Err(exit) => exit,
        }
    }
}
