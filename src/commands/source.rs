//! `--config`, and what comes out of it.

use std::path::PathBuf;

use actors::integrations::catalogue;
use clap::Args;
use dynamoi::settings::{Mistakes, Settings};

use super::{Exit, output};

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub struct ConfigFiles {
    /// Configuration file, TOML. Repeat it to lay files over each other: later ones win, and the environment
    /// (`DYNAMOI__SECTION__KEY`) wins over all.
    #[arg(long = "config", value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

// === impl ConfigFiles ===

impl ConfigFiles {
    /// Loads it. Mistakes go to stderr, and so do warnings.
    pub fn load(&self) -> Result<Settings, Exit> {
        let settings = self.reload().map_err(|mistakes| {
            output::complain(&mistakes);
            let count = mistakes.len();
            output::complain(format_args!(
                "\n{count} {} in the configuration: nothing was started",
                if count == 1 { "mistake" } else { "mistakes" }
            ));
            Exit::Usage
        })?;
        settings.warnings().iter().for_each(output::complain);
        Ok(settings)
    }

    /// Loads it for one connection, which must be there.
    pub fn load_connection(&self, name: &str) -> Result<Settings, Exit> {
        let settings = self.load()?;
        if settings.connections.contains_key(name) {
            return Ok(settings);
        }
        output::complain(format_args!(
            "error: there is no connection `{name}`\n  --connection: expected {}",
            settings.expected_connection(name)
        ));
        Err(Exit::Usage)
    }

    /// Loads it without a word: for a reload, whose mistakes belong into the log.
    pub fn reload(&self) -> Result<Settings, Mistakes> {
        Settings::load(&self.files, environment(), &catalogue())
    }
}

/// The environment, without what is no Unicode: no name or value of ours is that.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
