//! `dynamoi sandbox`: the imitated providers alone.

use std::net::SocketAddr;

use clap::Args;

use super::Exit;

/// Serves every imitated provider at `http://ADDR/<integration>/…`: for trying things out, and for other programs' tests.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi sandbox --listen 127.0.0.1:9470
  DYNAMOI__INTEGRATIONS__META_ADS__BASE_URL=http://127.0.0.1:9470/meta_ads dynamoi run --config dynamoi.toml")]
pub struct Sandbox {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// The same seed makes the same worlds.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What goes wrong, and how often.
    #[arg(long, value_name = "PROFILE")]
    pub chaos: Option<String>,
}

// === impl Sandbox ===

impl Sandbox {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let _ = (self.listen, self.seed, self.chaos);
        std::future::ready(Exit::not_wired_yet("sandbox")).await
    }
}
