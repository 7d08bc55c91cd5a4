//! The listening server.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::from_fn,
    web::{Data, FormConfig, PayloadConfig},
};
use tokio::task::JoinHandle;

use super::{
    Shared, Sources,
    actions::Tokens,
    authentication::Gatekeeper,
    guard, routes,
    tls::{Certificate, TlsError},
};
use crate::settings::{Http, Tls};

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
    certificate: Option<Certificate>,
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
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It ended by itself.
    #[error("HTTP server: {0}")]
    Ended(#[from] io::Error),
}

/// Who is let in.
pub(super) struct Door {
    /// Everybody without one.
    pub gatekeeper: Option<Gatekeeper>,
    /// Whether names of this machine that others can own are refused.
    pub checks_host: bool,
}

/// Starts answering. Call it on a tokio runtime; it takes no signals.
pub fn serve(settings: &Http, sources: Sources) -> Result<Server, ServeError> {
    let listen = settings.listen;
    let gatekeeper = settings
        .authentication
        .as_ref()
        .map(|authentication| Gatekeeper::new(authentication, Arc::clone(&sources.clock)));
    let may_act = gatekeeper.is_some();
    // Who authenticates, here or in front, is not fooled by a name: a browser sends no password to another one.
    let checks_host = !may_act && !settings.allow_public;
    let door = Data::new(Door { gatekeeper, checks_host });
    let shared = Data::new(Shared { sources, tokens: Tokens::new(), may_act });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(PayloadConfig::new(0))
            .app_data(door.clone())
            .app_data(FormConfig::default().limit(guard::FORM_BYTES_MAX))
            .wrap(from_fn(guard::admit))
            .wrap(guard::security_headers())
            .configure(routes::configure)
    })
    .workers(WORKERS)
    .max_connections(CONNECTIONS_MAX)
    .client_request_timeout(HEADERS_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals();
    let certificate = settings.tls.as_ref().map(Certificate::read).transpose()?;
    let server = match &certificate {
        Some(certificate) => {
            let config = certificate.config()?;
            server.tls_handshake_timeout(HEADERS_TIMEOUT).bind_rustls_0_23(listen, config)
        }
        None => server.bind(listen),
    };
    let server = server.map_err(|error| ServeError::Bind { listen, error })?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    let server = server.run();
    Ok(Server { address, certificate, handle: server.handle(), task: tokio::spawn(server) })
}

// === impl Server ===

impl Server {
    /// Reads its certificate again, if it has one.
    pub fn renew_certificate(&self, files: &Tls) -> Result<(), TlsError> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.renew(files))
    }

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
