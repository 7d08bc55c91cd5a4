//! The HTTP server around the imitations, on a thread of its own.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::chaos::{Chaos, Fault};
use crate::clock::{Clock, pause};
use crate::delivery::deliver;
use crate::exchange::{Imitation, Request};
use crate::limit::{Limit, LimitCounts};
use crate::log::Seen;
use crate::options::Options;
use crate::slot::Slot;

/// The largest request body taken, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// A running sandbox. It stops when it is dropped.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<(ServerHandle, JoinHandle<()>)>,
}

/// What the server's workers and the tests both reach.
struct Shared {
    clock: Clock,
    slots: BTreeMap<&'static str, Mutex<Slot>>,
}

impl Sandbox {
    /// Starts every imitation there is. Fails when the address cannot be bound or the server's thread does not come up.
    pub fn start(options: Options) -> io::Result<Self> {
        let clock = Clock::new(options.start);
        let imitations = crate::imitations(&options, clock.now());
        Self::launch(options, clock, imitations)
    }

    /// Starts these imitations only, each under its own id.
    pub fn start_with(options: Options, imitations: Vec<Box<dyn Imitation>>) -> io::Result<Self> {
        let clock = Clock::new(options.start);
        Self::launch(options, clock, imitations)
    }

    fn launch(options: Options, clock: Clock, imitations: Vec<Box<dyn Imitation>>) -> io::Result<Self> {
        let Options { listen, seed, chaos, tick, .. } = options;
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let slots = imitations
            .into_iter()
            .zip(1_u64..)
            .map(|(imitation, place)| {
                let seed = seed.wrapping_add(place);
                (imitation.id(), Mutex::new(Slot::new(imitation, chaos.clone(), seed)))
            })
            .collect();
        let shared = Arc::new(Shared { clock, slots });
        let (ready, started) = mpsc::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || serve(listener, &served, tick, &ready))?;
        let handle =
            started.recv().map_err(|_| io::Error::other("the sandbox's server thread ended early"))??;
        Ok(Self { address, shared, server: Some((handle, thread)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of one imitation, without a trailing slash: what a connection's `base_url` is set to.
    pub fn url(&self, id: &str) -> String {
        format!("http://{}/{id}", self.address)
    }

    /// The ids of the imitations.
    pub fn ids(&self) -> Vec<&'static str> {
        self.shared.slots.keys().copied().collect()
    }

    /// The sandbox's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Stops the clock at `now` and lets every world move there.
    pub fn set_now(&self, now: Timestamp) {
        self.shared.clock.set(now);
        self.advance();
    }

    /// Moves the clock by whole days of 24 hours and lets every world move there.
    pub fn advance_days(&self, days: u32) {
        self.advance_by(Duration::from_secs(u64::from(days) * 86_400));
    }

    /// Moves the clock and lets every world move there.
    pub fn advance_by(&self, duration: Duration) {
        self.shared.clock.shift(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX));
        self.advance();
    }

    /// Lets every world move to the clock's time.
    pub fn advance(&self) {
        self.shared.advance();
    }

    /// The newest requests that an imitation saw, oldest first; empty for an unknown id. See also [`Sandbox::request_count`].
    pub fn requests(&self, id: &str) -> Vec<Seen> {
        self.on(id, |slot| slot.log.newest()).unwrap_or_default()
    }

    /// How many requests an imitation has seen.
    pub fn request_count(&self, id: &str) -> u64 {
        self.on(id, |slot| slot.log.total()).unwrap_or_default()
    }

    /// How many requests an imitation has seen at each path.
    pub fn request_paths(&self, id: &str) -> BTreeMap<String, u64> {
        self.on(id, |slot| slot.log.paths()).unwrap_or_default()
    }

    /// Forgets the requests seen.
    pub fn clear_requests(&self, id: &str) {
        self.on(id, |slot| slot.log.clear());
    }

    /// Reaches into an imitation; `None` for an unknown id. No request is answered meanwhile.
    pub fn with<R>(&self, id: &str, reach: impl FnOnce(&mut dyn Imitation) -> R) -> Option<R> {
        self.on(id, |slot| reach(slot.imitation.as_mut()))
    }

    /// Reaches into the world of this type; `None` when it is not served.
    pub fn with_world<T: Imitation + 'static, R>(&self, reach: impl FnOnce(&mut T) -> R) -> Option<R> {
        for slot in self.shared.slots.values() {
            let mut slot = slot.lock();
            if let Some(world) = slot.imitation.as_any_mut().downcast_mut::<T>() {
                return Some(reach(world));
            }
        }
        None
    }

    /// Sets or lifts an imitation's limit and starts its counts anew.
    pub fn set_limit(&self, id: &str, limit: Option<Limit>) {
        self.on(id, |slot| slot.set_limit(limit));
    }

    /// What came of the requests since the limit was set.
    pub fn limit_counts(&self, id: &str) -> LimitCounts {
        self.on(id, |slot| slot.limit_counts()).unwrap_or_default()
    }

    /// Sets an imitation's faults.
    pub fn set_chaos(&self, id: &str, chaos: Chaos) {
        self.on(id, |slot| slot.faults.set(chaos));
    }

    /// Faults for the next requests whose path (below the imitation's root) begins with `path_prefix`: one each, in this
    /// order, before any faults. Requests above the limit do not use one up.
    pub fn script(&self, id: &str, path_prefix: &str, faults: Vec<Fault>) {
        self.on(id, |slot| slot.add_script(path_prefix, faults));
    }

    /// Scripted faults that no request has met yet.
    pub fn script_left(&self, id: &str) -> usize {
        self.on(id, |slot| slot.script_left()).unwrap_or_default()
    }

    /// Takes back the scripted faults that no request has met yet.
    pub fn clear_script(&self, id: &str) {
        self.on(id, Slot::clear_script);
    }

    /// Stops serving and waits for the server's thread; open connections are closed.
    pub fn stop(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            // The command leaves at once; only waiting for its end would need a runtime, and the join does that.
            drop(handle.stop(false));
            if thread.join().is_err() {
                drop(handle);
            }
        }
    }

    fn on<R>(&self, id: &str, reach: impl FnOnce(&mut Slot) -> R) -> Option<R> {
        self.shared.slots.get(id).map(|slot| reach(&mut slot.lock()))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn advance(&self) {
        let now = self.clock.now();
        for slot in self.slots.values() {
            slot.lock().imitation.advance(now);
        }
    }

    /// What `/` shows.
    fn listing(&self) -> String {
        let mut text = String::from("dynamoi sandbox: imitated providers\n\n");
        for id in self.slots.keys() {
            text.push_str("  /");
            text.push_str(id);
            text.push('\n');
        }
        text
    }
}

/// The server's thread: runs until the handle it sends through `ready` is told to stop.
fn serve(
    listener: TcpListener,
    shared: &Arc<Shared>,
    tick: Option<Duration>,
    ready: &mpsc::Sender<io::Result<ServerHandle>>,
) {
    actix_web::rt::System::new().block_on(async {
        let data = web::Data::from(Arc::clone(shared));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .default_service(web::to(handle))
        })
        .workers(2)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener);
        let server = match server {
            Ok(server) => server.run(),
            Err(error) => {
                drop(ready.send(Err(error)));
                return;
            }
        };
        if let Some(every) = tick {
            let shared = Arc::clone(shared);
            actix_web::rt::spawn(async move {
                loop {
                    pause(every).await;
                    shared.advance();
                }
            });
        }
        drop(ready.send(Ok(server.handle())));
        // An error here is a worker's own end; whoever waits for an answer notices.
        drop(server.await);
    });
}

async fn handle(http: HttpRequest, body: Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let path = http.path().trim_start_matches('/');
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    if id.is_empty() {
        return HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(shared.listing());
    }
    let Some(slot) = shared.slots.get(id) else {
        return HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(shared.listing());
    };
    let request = request(&http, id, rest, &body, shared.clock.now());
    let gzip = request.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip"));
    let served = slot.lock().serve(&request, shared.clock.elapsed());
    deliver(served, gzip).await
}

fn request(http: &HttpRequest, id: &str, rest: &str, body: &Bytes, now: Timestamp) -> Request {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let host = http.headers().get(header::HOST).map_or_else(|| http.app_config().host().to_owned(), text);
    Request {
        method: http.method().as_str().to_owned(),
        path: format!("/{rest}"),
        query: url::form_urlencoded::parse(http.query_string().as_bytes()).into_owned().collect(),
        headers: http.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: body.to_vec(),
        now,
        root_url: format!("http://{host}/{id}"),
    }
}
