//! The listening server.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    thread,
};

use actix_http::HttpService;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, map_config};
use actix_web::{
    App,
    dev::AppConfig,
    middleware::from_fn,
    web::{Data, PayloadConfig},
};
use rows::{Clock, clock::SystemClock};
use tokio::{net::TcpSocket, runtime::Handle, sync::oneshot, task::LocalSet};
use tokio_rustls::TlsAcceptor;

use super::{
    Shared, Sources,
    actions::Tokens,
    authentication::Gatekeeper,
    crowd::Crowd,
    guard,
    host::Hosts,
    lane::Lane,
    limits::{BACKLOG, DISCONNECT_TIME, PIECE_BYTES},
    listener::{Listener, Visit},
    refusals::Refusals,
    routes,
    seat::Patience,
    tls::Certificate,
};
use crate::{
    certificate::CertificateError,
    settings::{Http, Tls, Token},
};

/// A running server. It goes on until it is stopped or dropped.
pub struct Server {
    /// Where it really listens: with port 0 the system chose one.
    pub address: SocketAddr,
    certificate: Option<Certificate>,
    gatekeeper: Option<Arc<Gatekeeper>>,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<io::Result<()>>,
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
    Tls(#[from] CertificateError),
    /// It ended by itself.
    #[error("HTTP server: {0}")]
    Ended(#[from] io::Error),
}

/// Who is let in.
pub(super) struct Door {
    /// Everybody without one.
    pub gatekeeper: Option<Arc<Gatekeeper>>,
    /// The names that are answered to.
    pub hosts: Hosts,
    pub refusals: Arc<Refusals>,
}

/// What the server's thread begins with.
struct Opening {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    door: Data<Door>,
    shared: Data<Shared>,
}

/// Starts answering, on a thread of its own: whatever else the worker does, it answers. Call it on a tokio runtime, on
/// which pages are made.
pub fn serve(settings: &Http, sources: Sources) -> Result<Server, ServeError> {
    serve_with(settings, sources, Patience::default())
}

/// As [`serve`], with clients that may take so long.
pub(super) fn serve_with(
    settings: &Http,
    sources: Sources,
    patience: Patience,
) -> Result<Server, ServeError> {
    let listen = settings.listen;
    let certificate = settings.tls.as_ref().map(Certificate::read).transpose()?;
    let tls = certificate.as_ref().map(Certificate::config).transpose()?;
    let socket = bind(listen).map_err(|error| ServeError::Bind { listen, error })?;
    let address = socket.local_addr()?;
    let gatekeeper = settings
        .authentication
        .as_ref()
        .map(|authentication| Gatekeeper::new(authentication, &settings.tokens, Arc::clone(&sources.clock)))
        .map(Arc::new);
    let may_act = gatekeeper.is_some();
    let refusals = Arc::new(Refusals::new(sources.exposition.metrics().clone(), sources.clock.clone()));
    let lane = || Lane::new(Handle::current(), refusals.clone());
    let (lane, desk) = (lane(), lane());
    let door = Data::new(Door {
        gatekeeper: gatekeeper.clone(),
        hosts: Hosts::of(settings),
        refusals: refusals.clone(),
    });
    let shared =
        Data::new(Shared { sources, tokens: Tokens::new(), may_act, patience, refusals, lane, desk });
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let (stop, stopped) = oneshot::channel();
    let (done, ended) = oneshot::channel();
    let opening = Opening { socket, tls, door, shared };
    thread::Builder::new().name("http".to_owned()).spawn(move || {
        // Nobody may be left to hear of it.
        let _ = done.send(run(opening, stopped));
    })?;
    Ok(Server { address, certificate, gatekeeper, stop, ended })
}

fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)?.into_std()
}

fn run(opening: Opening, stopped: oneshot::Receiver<()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, listen(opening, stopped))
}

async fn listen(opening: Opening, stopped: oneshot::Receiver<()>) -> io::Result<()> {
    let Opening { socket, tls, door, shared } = opening;
    let socket = tokio::net::TcpListener::from_std(socket)?;
    // Connections live in real time, whatever the worker's clock says.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let refusals = shared.refusals.clone();
    let patience = shared.patience;
    let crowd = Rc::new(Crowd::new(patience, clock.clone(), refusals.clone()));
    let app = App::new()
        .app_data(shared)
        .app_data(crowd.clone())
        .app_data(PayloadConfig::new(0))
        .app_data(routes::question())
        .app_data(door)
        .wrap(from_fn(guard::admit))
        .wrap(guard::security_headers())
        .configure(routes::configure);
    let app = map_config(app.into_factory(), |()| AppConfig::default())
        .map_err(|error: actix_web::Error| error.error_response());
    let service = HttpService::build()
        .keep_alive(patience.idle)
        .client_request_timeout(patience.head)
        .client_disconnect_timeout(DISCONNECT_TIME)
        .h1_write_buffer_size(PIECE_BYTES)
        .on_connect_ext(|gate: &super::gate::Gate, data| {
            data.insert(gate.seat().clone());
        })
        .h1(app);
    let service = ServiceFactory::<Visit>::new_service(&service, ()).await;
    let service = service.map_err(|()| io::Error::other("its routes could not be set up"))?;
    Listener { socket, tls, crowd, refusals, clock }.run(service, stopped).await;
    Ok(())
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

// === impl Server ===

impl Server {
    /// Reads its certificate again, if it has one.
    pub fn renew_certificate(&self, files: &Tls) -> Result<(), CertificateError> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.renew(files))
    }

    /// From now on these tokens see one tenant's each, and no others.
    pub fn use_tokens(&self, tokens: &BTreeMap<String, Token>) {
        if let Some(gatekeeper) = &self.gatekeeper {
            gatekeeper.use_tokens(tokens);
        }
    }

    /// Lets answers under way finish, then ends.
    pub async fn stop(self) -> Result<(), ServeError> {
        let Self { stop, ended, .. } = self;
        // It may have ended already.
        let _ = stop.send(());
        match ended.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(ServeError::Ended(io::Error::other("its thread has crashed"))),
        }
    }
}
