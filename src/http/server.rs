//! The listening server.

use std::{io, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::from_fn,
    web::{Data, PayloadConfig},
};
use tokio::task::JoinHandle;

use super::{Shared, guard, routes};

/// Answers come from memory: one thread is plenty.
const WORKERS: usize = 1;
/// A few scrapers and people. More is a mistake or an attack, and waits.
const CONNECTIONS_MAX: usize = 256;
/// A client that does not finish its headers is cut off.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(5);
/// A client that does not read the end of its answer is cut off.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longer than the usual scrape interval, so that a scraper keeps its connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Seconds that answers under way get when the server stops.
const SHUTDOWN_SECONDS: u64 = 2;

/// A running server. It goes on until it is stopped or its runtime ends.
#[derive(Debug)]
pub struct Server {
    /// Where it really listens: with port 0 the system chose one.
    pub address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

/// The server could not start or failed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {listen}: {error}; choose another address in [http] listen")]
    Bind {
        /// Where it should listen.
        listen: SocketAddr,
        /// Why it cannot.
        error: io::Error,
    },
    /// It ended by itself.
    #[error("HTTP server: {0}")]
    Ended(#[from] io::Error),
}

/// Starts answering. Call it on a tokio runtime; it takes no signals.
pub fn serve(listen: SocketAddr, shared: Shared) -> Result<Server, ServeError> {
    let shared = Data::new(shared);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(PayloadConfig::new(0))
            .wrap(from_fn(guard::refuse_bodies))
            .wrap(guard::security_headers())
            .configure(routes::configure)
    })
    .workers(WORKERS)
    .max_connections(CONNECTIONS_MAX)
    .client_request_timeout(HEADERS_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .bind(listen)
    .map_err(|error| ServeError::Bind { listen, error })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    let server = server.run();
    Ok(Server { address, handle: server.handle(), task: tokio::spawn(server) })
}

// === impl Server ===

impl Server {
    /// Lets answers under way finish, then ends.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.handle.stop(true).await;
        self.ended().await
    }

    /// Returns when the server has ended, which it does not do by itself unless something is wrong.
    pub async fn ended(self) -> Result<(), ServeError> {
        match self.task.await {
            Ok(result) => Ok(result?),
            Err(failure) => Err(ServeError::Ended(io::Error::other(failure))),
        }
    }
}
