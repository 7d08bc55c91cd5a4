//! A program with a tokio runtime runs a worker beside its own work: with an integration of its own, and with the worker's
//! page and metrics on a port of theirs.
//!
//!     cargo run --example embed_tokio

use std::{error::Error, path::Path, sync::Arc};

use dynamoi::{Worker, actors::integrations::catalogue, settings::Settings};
use sandbox::{Options, Sandbox};

mod street_team;

use street_team::StreetTeam;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a program for people")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Stands in for the real provider.
    let provider = Sandbox::start(Options::default().days(30))?;
    let directory = tempfile::tempdir()?;

    let worker = start(&provider, directory.path()).await?;
    let address = worker.http_address().ok_or("it was not started headless")?;
    println!("The worker: http://{address}/ and http://{address}/metrics");

    // Signals are the host's business, as are logs, panics and TLS: the worker touches none of them.
    println!("The host does its own work. Ctrl-C ends it.");
    tokio::signal::ctrl_c().await?;
    worker.stop().await;
    println!("The worker has ended, and the host could go on.");
    Ok(())
}

/// Starts the worker.
pub async fn start(provider: &Sandbox, directory: &Path) -> Result<Worker, Box<dyn Error>> {
    let posters = ["Night Drive, Kreuzberg", "Night Drive, Altona"].map(str::to_owned);
    let ours = Arc::new(StreetTeam(Arc::from(posters)));
    // Settings are checked against everything that they may name: what is built in, and ours.
    let mut integrations = catalogue();
    integrations.push(ours.clone());
    let files = [concat!(env!("CARGO_MANIFEST_DIR"), "/examples/embed.toml").into()];
    let settings = Settings::load(&files, environment(provider, directory), &integrations)?;

    Ok(Worker::builder(settings).integration(ours).start().await?)
}

/// What a host would have in its environment: `std::env::vars()`, or whatever it keeps its secrets in.
fn environment(provider: &Sandbox, directory: &Path) -> impl Iterator<Item = (String, String)> {
    let database = format!("sqlite://{}", directory.join("dynamoi.db").display());
    [
        ("STRIPE_KEY", sandbox::stripe::SANDBOX_KEY.to_owned()),
        ("DYNAMOI__INTEGRATIONS__STRIPE__BASE_URL", provider.url("stripe")),
        ("DYNAMOI__DATABASE__URL", database),
        ("DYNAMOI__CONNECTIONS__POSTERS__INTEGRATION", "street_team".to_owned()),
        ("DYNAMOI__CONNECTIONS__POSTERS__TENANT", "label-a".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}
