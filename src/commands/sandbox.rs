//! `dynamoi sandbox`: the imitated providers alone.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use sandbox::{
    Chaos, Options,
    report_files::{self, ReportFiles},
};

use super::{Exit, output, run::Signals};

/// Serves every imitated provider at `http://ADDR/<integration>/…`: for trying things out, and for other programs' tests.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi sandbox --listen 127.0.0.1:9470
  dynamoi sandbox --listen 127.0.0.1:9470 --seed 7 --chaos storm
  dynamoi sandbox --listen 127.0.0.1:9470 --reports /tmp/reports
  DYNAMOI__INTEGRATIONS__META_ADS__BASE_URL=http://127.0.0.1:9470/meta_ads dynamoi run --config dynamoi.toml")]
pub struct Sandbox {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// The same seed makes the same worlds.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What goes wrong, and how often.
    #[arg(long, value_name = "PROFILE", default_value = "none", value_parser = clap::builder::PossibleValuesParser::new(Chaos::names()))]
    pub chaos: String,
    /// Also writes the label's report files into this directory, for `settings.directory`; an object store serves them too.
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
}

/// How often the imitated worlds move by themselves.
const TICK: Duration = Duration::from_secs(5);

// === impl Sandbox ===

impl Sandbox {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return Exit::failed(format_args!("cannot listen to signals: {error}")),
        };
        let chaos = Chaos::profile(&self.chaos).unwrap_or_default();
        let options = Options::default().listen(self.listen).seed(self.seed).chaos(chaos).tick(TICK);
        let mut sandbox = match sandbox::Sandbox::start(options) {
            Ok(sandbox) => sandbox,
            Err(error) => return Exit::failed(format_args!("cannot listen on {}: {error}", self.listen)),
        };
        if let Some(directory) = &self.reports {
            let written = sandbox.with_world(|world: &mut ReportFiles| world.write_to(directory)).transpose();
            if let Err(error) = written {
                return Exit::failed(format_args!("cannot write into {}: {error}", directory.display()));
            }
        }
        for id in sandbox.ids() {
            output::print(&format!("{id:<12} {}\n", sandbox.url(id)));
        }
        output::print(&format!(
            "\nmeta_ads token {}\nstripe key     {}\nposthog keys   {} (project {}), {} (project {})\n\
             report files   s3://{} at endpoints.storage = the address above, access_key_id {}, secret_access_key {}\n",
            sandbox::meta_ads::TOKEN,
            sandbox::stripe::SANDBOX_KEY,
            sandbox::posthog::US_KEY,
            sandbox::posthog::US_PROJECT,
            sandbox::posthog::EU_KEY,
            sandbox::posthog::EU_PROJECT,
            report_files::BUCKET,
            report_files::ACCESS_KEY_ID,
            report_files::SECRET_ACCESS_KEY,
        ));
        signals.stop().await;
        sandbox.stop();
        Exit::Done
    }
}
