//! `--config`, and what comes out of it.

use std::path::PathBuf;

use actors::integrations::catalogue;
use clap::Args;
use dynamoi::{
    consent, load_settings,
    settings::{self, LogFormat, Mistakes, Settings},
};

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
    pub async fn load(&self) -> Result<Settings, Exit> {
        let settings = self.reload().await.map_err(|mistakes| refuse(&mistakes))?;
        settings.warnings().iter().for_each(output::warn);
        Ok(settings)
    }

    /// How its log is to be written, as far as a configuration that may have mistakes tells.
    pub fn log_format(&self) -> LogFormat {
        settings::log_format(&self.files, environment())
    }

    /// Loads it without secrets, for commands that ask the daemon or the database. Mistakes go to stderr.
    pub fn load_without_secrets(&self) -> Result<Settings, Exit> {
        Settings::load_without_secrets(&self.files, environment(), &catalogue())
            .map_err(|mistakes| refuse(&mistakes))
    }

    /// Loads it without secrets but the encryption key, for commands that keep secrets. Mistakes and warnings go to stderr.
    pub fn load_with_key_only(&self) -> Result<Settings, Exit> {
        let settings = Settings::load_with_key_only(&self.files, environment(), &catalogue())
            .map_err(|mistakes| refuse(&mistakes))?;
        settings.warnings().iter().for_each(output::warn);
        Ok(settings)
    }

    /// Loads it for who gets a credential that is still missing. Mistakes and warnings go to stderr.
    pub fn load_for_consent(&self) -> Result<Settings, Exit> {
        let settings = consent::load_settings(&self.files, environment(), &catalogue())
            .map_err(|mistakes| refuse(&mistakes))?;
        settings.warnings().iter().for_each(output::warn);
        Ok(settings)
    }

    /// Loads it without a word: for a reload, whose mistakes belong into the log.
    pub async fn reload(&self) -> Result<Settings, Mistakes> {
        load_settings(&self.files, environment(), &catalogue()).await
    }
}

fn refuse(mistakes: &Mistakes) -> Exit {
    output::complain(mistakes);
    let count = mistakes.len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    output::complain(format_args!("\n{count} {noun} in the configuration: nothing was done"));
    Exit::Usage
}

/// Refuses the name of a connection that is not configured.
pub fn require_connection(settings: &Settings, name: &str) -> Result<(), Exit> {
    if settings.connections.contains_key(name) {
        return Ok(());
    }
    output::complain(format_args!(
        "error: there is no connection `{name}`\n  --connection: expected {}",
        settings.expected_connection(name)
    ));
    Err(Exit::Usage)
}

/// The configured SQLite file, when it is not there yet: commands that only look must not make it.
pub fn missing_file(settings: &Settings) -> Option<PathBuf> {
    settings.database.missing_file()
}

/// The environment, without what is no Unicode: no name or value of ours is that.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
