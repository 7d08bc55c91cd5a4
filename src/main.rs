//! `dynamoi`: reads the command line, runs one command, tells how it went.
// Futures of queries within futures of commands lie deeper than the compiler's default.
#![recursion_limit = "256"]

mod commands;
mod heap;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::{Cli, Exit};

fn main() -> ExitCode {
    heap::share_one();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    let cli = Cli::parse();
    // One provider for the process; a program that embeds the library chooses its own.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Exit::failed("TLS was set up twice").into();
    }
    Box::pin(cli.command.run()).await.into()
}
