//! `dynamoi config`: what can be configured, and what is.

use actors::integrations::catalogue;
use clap::{Args, Subcommand};
use dynamoi::{reference, settings};

use super::{Exit, output, source::ConfigFiles};

/// The example that `config example` prints.
const EXAMPLE: &str = include_str!("../../config/production.example.toml");

/// Prints the configuration's schema, an example, or what holds after merging.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi config example > dynamoi.toml
  dynamoi config example stripe                   one integration's own part
  dynamoi config schema > schema.json             for an editor: put `#:schema ./schema.json` on the first line
  dynamoi config reference                        what every integration reads and needs
  dynamoi config show --config dynamoi.toml")]
pub struct Config {
    /// What to print.
    #[command(subcommand)]
    pub topic: Topic,
}

/// What can be printed.
#[derive(Debug, Subcommand)]
pub enum Topic {
    /// The JSON schema, with every integration that is built in.
    Schema,
    /// A commented example.
    Example {
        /// Only this integration's part.
        integration: Option<String>,
    },
    /// What every integration reads, needs and keeps to, as Markdown.
    Reference,
    /// What holds after all layers are merged, secrets hidden.
    Show {
        #[command(flatten)]
        source: ConfigFiles,
    },
}

// === impl Config ===

impl Config {
    /// Runs it to its end.
    pub fn run(self) -> Exit {
        match self.topic {
            Topic::Schema => output::print_data(&settings::schema_text(&catalogue())),
            Topic::Example { integration: None } => output::print_data(EXAMPLE),
            Topic::Example { integration: Some(id) } => example(&id),
            Topic::Reference => output::print_data(&reference::integrations(&catalogue())),
            Topic::Show { source } => match source.load_without_secrets() {
                Ok(settings) => output::print_data(&settings.show()),
                Err(exit) => exit,
            },
        }
    }
}

fn example(id: &str) -> Exit {
    let integrations = catalogue();
    if let Some(integration) = integrations.iter().find(|integration| integration.manifest().id == id) {
        return output::print_data(integration.manifest().sample);
    }
    let ids: Vec<_> = integrations.iter().map(|integration| integration.manifest().id).collect();
    output::complain(format_args!(
        "error: integration `{id}` is not built in\n  help: these are: {}",
        if ids.is_empty() { "none in this build".to_owned() } else { ids.join(", ") }
    ));
    Exit::Usage
}
