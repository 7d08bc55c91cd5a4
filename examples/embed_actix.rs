//! An actix-web server runs a worker beside its own routes. The worker has threads of its own, opens no port, and its
//! metrics stand beside the host's, on the host's own `/metrics`.
//!
//!     cargo run --example embed_actix

use std::{error::Error, io, net::SocketAddr, path::Path, sync::Arc};

use actix_web::{
    App, HttpResponse, HttpServer, Responder,
    dev::Server,
    web::{self, Data},
};
use dynamoi::{
    Worker,
    actors::integrations::catalogue,
    prometheus::{IntCounter, Registry, TextEncoder},
    settings::Settings,
    telemetry::{CONTENT_TYPE, Exposition},
};
use sandbox::{Options, Sandbox};
use tokio::runtime::{Builder, Handle};

/// What the host's routes know.
struct Host {
    registry: Registry,
    greetings: IntCounter,
    exposition: Arc<Exposition>,
}

#[actix_web::main]
#[expect(clippy::print_stdout, reason = "a program for people")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Stands in for the real provider.
    let provider = Sandbox::start(Options::default().days(30))?;
    let directory = tempfile::tempdir()?;
    // actix serves each request on one thread: the worker gets others, so that neither waits for the other.
    let threads =
        Builder::new_multi_thread().worker_threads(2).thread_name("dynamoi").enable_all().build()?;

    let registry = Registry::new();
    let worker = start(&provider, directory.path(), &registry, threads.handle()).await?;
    let (address, server) = serve(&registry, worker.exposition().clone())?;
    println!("The host: http://{address}/ and http://{address}/metrics. Ctrl-C ends it.");
    // actix listens to signals here, for the host.
    server.await?;

    worker.stop().await;
    // The runtime must outlive the worker, and must not be dropped inside another one.
    threads.shutdown_background();
    Ok(())
}

/// Starts the worker: on these threads, with its pipeline's metrics in this registry.
pub async fn start(
    provider: &Sandbox,
    directory: &Path,
    registry: &Registry,
    threads: &Handle,
) -> Result<Worker, Box<dyn Error>> {
    let files = [concat!(env!("CARGO_MANIFEST_DIR"), "/examples/embed.toml").into()];
    let settings = Settings::load(&files, environment(provider, directory), &catalogue())?;
    let builder = Worker::builder(settings).headless().registry(registry.clone()).runtime(threads.clone());
    Ok(builder.start().await?)
}

/// The host's own server.
pub fn serve(
    registry: &Registry,
    exposition: Arc<Exposition>,
) -> Result<(SocketAddr, Server), Box<dyn Error>> {
    let greetings = IntCounter::new("host_greetings_total", "How often the host said hello.")?;
    registry.register(Box::new(greetings.clone()))?;
    let host = Data::new(Host { registry: registry.clone(), greetings, exposition });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(host.clone())
            .route("/", web::get().to(greet))
            .route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    .bind("127.0.0.1:0")?;
    let address = server.addrs().first().copied().ok_or_else(|| io::Error::other("it has an address"))?;
    Ok((address, server.run()))
}

async fn greet(host: Data<Host>) -> impl Responder {
    host.greetings.inc();
    "hello\n"
}

/// The host's metrics and the worker's pipeline from the registry, then the campaigns, payments and connections, which the
/// worker keeps ready as text.
async fn metrics(host: Data<Host>) -> HttpResponse {
    match TextEncoder::new().encode_to_string(&host.registry.gather()) {
        Ok(text) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text + &host.exposition.prepared()),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// What a host would have in its environment: `std::env::vars()`, or whatever it keeps its secrets in.
fn environment(provider: &Sandbox, directory: &Path) -> impl Iterator<Item = (String, String)> {
    let database = format!("sqlite://{}", directory.join("dynamoi.db").display());
    [
        ("STRIPE_KEY", sandbox::stripe::SANDBOX_KEY.to_owned()),
        ("DYNAMOI__INTEGRATIONS__STRIPE__BASE_URL", provider.url("stripe")),
        ("DYNAMOI__DATABASE__URL", database),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}
