//! The command line: one file per command.

mod account;
mod alive;
mod backfill;
mod check;
mod completions;
mod config;
mod connect;
mod control;
#[cfg(feature = "sandbox")]
mod demo;
mod discover;
mod exit;
mod files;
mod migrate;
mod output;
mod patience;
mod privacy;
mod report;
mod resting;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secrets;
mod source;
mod status;
mod users;

use clap::{Parser, Subcommand};

pub use exit::Exit;

/// An analytics worker for music marketing: polls ad networks, payments and streaming services into SQL and Prometheus.
#[derive(Debug, Parser)]
#[command(name = "dynamoi", version, disable_help_subcommand = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

#[cfg(feature = "sandbox")]
const EXAMPLES: &str = "\
Try it, without credentials or services:
  dynamoi demo

Run it:
  dynamoi config example > dynamoi.toml      then fill it in
  dynamoi check --config dynamoi.toml        configuration, credentials, database, providers
  dynamoi run --config dynamoi.toml          the daemon

Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 ran, but some connection failed or did not finish.";

#[cfg(not(feature = "sandbox"))]
const EXAMPLES: &str = "\
Run it:
  dynamoi config example > dynamoi.toml      then fill it in
  dynamoi check --config dynamoi.toml        configuration, credentials, database, providers
  dynamoi run --config dynamoi.toml          the daemon

Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 ran, but some connection failed or did not finish.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything against imitated providers: no credentials, no services.
    #[cfg(feature = "sandbox")]
    Demo(demo::Demo),
    /// Run the daemon.
    Run(run::Run),
    /// Check configuration, credentials, database, key store, erasure journal, cache and providers: one line each.
    Check(check::Check),
    /// Have a person let an application in, and store the credential that comes of it.
    Connect(connect::Connect),
    /// List the accounts and campaigns that a connection's credentials can see.
    Discover(discover::Discover),
    /// Read days of the past (again).
    Backfill(backfill::Backfill),
    /// Show every connection: state, last success, data through, lag, next poll.
    Status(status::Status),
    /// Stop polling a connection until it is resumed.
    Pause(control::Pause),
    /// Poll a paused connection again.
    Resume(control::Resume),
    /// Poll a connection now.
    Poll(control::Poll),
    /// Show what campaigns did over a range of days: as a table, CSV, JSON or a page.
    Report(report::Report),
    /// Serve every imitated provider at `http://ADDR/<integration>/…`.
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Sandbox),
    /// Print the configuration's schema, an example, or what holds after merging.
    Config(config::Config),
    /// Bring the database's tables up to date, or tell how far they are.
    Migrate(migrate::Migrate),
    /// Keep secrets and the key that seals them.
    Secrets(secrets::Secrets),
    /// Keep users, what they agreed to, and the policy's versions.
    Users(users::Users),
    /// Answer people's requests about their data, and show an auditor what was done.
    Privacy(privacy::Privacy),
    /// Show report files, and decide about those that wait.
    Files(files::Files),
    /// Print completions for a shell.
    Completions(completions::Completions),
}

/// Logs to stderr as configured. Only the program does this: a host that embeds the library has its own.
fn log(settings: &dynamoi::settings::Log) {
    use dynamoi::{
        settings::LogFormat,
        telemetry::logs::{self, Format},
    };

    let format = match settings.format {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    };
    if let Err(error) = logs::init(&settings.level, format) {
        output::complain(error);
    }
}

// === impl Command ===

impl Command {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self {
            #[cfg(feature = "sandbox")]
            Self::Demo(command) => command.run().await,
            Self::Run(command) => command.run().await,
            Self::Check(command) => command.run().await,
            Self::Connect(command) => Box::pin(command.run()).await,
            Self::Discover(command) => command.run().await,
            Self::Backfill(command) => command.run().await,
            Self::Status(command) => command.run().await,
            Self::Pause(command) => command.run().await,
            Self::Resume(command) => command.run().await,
            Self::Poll(command) => command.run().await,
            Self::Report(command) => command.run().await,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(command) => command.run().await,
            Self::Config(command) => command.run(),
            Self::Migrate(command) => command.run().await,
            Self::Secrets(command) => command.run().await,
            Self::Users(command) => command.run().await,
            Self::Privacy(command) => command.run().await,
            Self::Files(command) => command.run().await,
            Self::Completions(command) => command.run(),
        }
    }
}
