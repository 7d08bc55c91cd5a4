//! A wire that ends in an imitation within this process, in the engine's own time: no socket, no waiting.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actors::session::{
    Auth, Call, Method,
    transport::{RawResponse, Transport, TransportError},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rows::Clock;
use sandbox::exchange::{Answer, Imitation, Request};
use secrecy::ExposeSecret;
use url::Url;

/// What can go wrong with one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The provider's own error under this status.
    Status(u16),
    /// The provider's words for too many requests, although nothing was counted.
    Limited,
    /// The body breaks off.
    Truncated,
    /// The body is no JSON.
    Garbage,
    /// No answer within the time.
    Hangs,
    /// No connection.
    Refused,
    /// A page full of the provider's HTML.
    Html,
}

/// One exchange that was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Duration,
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub status: Option<u16>,
}

struct Line {
    imitation: Box<dyn Imitation>,
    /// Mishaps for the next exchanges whose path holds the text.
    scripted: VecDeque<(String, Mishap)>,
    /// Chance of a mishap in any exchange.
    hazard: f64,
    random: StdRng,
    seen: Vec<Seen>,
    /// Extra headers on every good answer.
    extra_headers: Vec<(String, String)>,
}

/// The wire.
#[derive(Clone)]
pub struct ImitationWire {
    line: Arc<Mutex<Line>>,
    clock: Arc<dyn Clock>,
}

impl ImitationWire {
    pub fn new(imitation: Box<dyn Imitation>, clock: Arc<dyn Clock>, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        let (scripted, seen, extra_headers) = (VecDeque::new(), Vec::new(), Vec::new());
        let line = Line { imitation, scripted, hazard: 0.0, random, seen, extra_headers };
        Self { line: Arc::new(Mutex::new(line)), clock }
    }

    /// The imitation's world, as its own type.
    pub fn world<W: 'static, T>(&self, with: impl FnOnce(&mut W) -> T) -> T {
        let mut line = self.line.lock();
        with(line.imitation.as_any_mut().downcast_mut().expect("the imitation is of another type"))
    }

    pub fn script(&self, path: &str, mishaps: impl IntoIterator<Item = Mishap>) {
        self.line.lock().scripted.extend(mishaps.into_iter().map(|mishap| (path.to_owned(), mishap)));
    }

    pub fn set_hazard(&self, hazard: f64) {
        self.line.lock().hazard = hazard;
    }

    pub fn add_header(&self, name: &str, value: &str) {
        self.line.lock().extra_headers.push((name.to_owned(), value.to_owned()));
    }

    /// What was sent so far; forgets it.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.line.lock().seen)
    }

    pub fn requests(&self) -> usize {
        self.line.lock().seen.len()
    }
}

impl Line {
    fn mishap(&mut self, path: &str) -> Option<Mishap> {
        if let Some(at) = self.scripted.iter().position(|(part, _)| path.contains(part.as_str())) {
            return self.scripted.remove(at).map(|(_, mishap)| mishap);
        }
        if self.random.random::<f64>() >= self.hazard {
            return None;
        }
        Some(match self.random.random_range(0..7) {
            0 => Mishap::Status(500),
            1 => Mishap::Status(503),
            2 => Mishap::Truncated,
            3 => Mishap::Garbage,
            4 => Mishap::Hangs,
            5 => Mishap::Html,
            _ => Mishap::Refused,
        })
    }
}

impl Transport for ImitationWire {
    fn send<'a>(
        &'a self,
        base: &'a Url,
        call: &'a Call,
        auth: &'a Auth,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let latency = Duration::from_micros(self.line.lock().random.random_range(300..40_000));
            self.clock.sleep(latency).await;
            let request = request(base, call, auth, self.clock.as_ref());
            let host = "imitation".to_owned();
            let (result, wait) = {
                let mut line = self.line.lock();
                let mishap = line.mishap(&call.path);
                let answered = |answer: Answer| raw(answer, &[]);
                let result = match mishap {
                    None => {
                        let answer = line.imitation.answer(&request);
                        raw(answer, &line.extra_headers)
                    }
                    Some(Mishap::Status(status)) => answered(line.imitation.failed(&request, status)),
                    Some(Mishap::Limited) => {
                        answered(line.imitation.limited(&request, 100.0, Duration::from_secs(1)))
                    }
                    Some(Mishap::Truncated) => {
                        Err(TransportError::Broken { host: host.clone(), reason: "end of file".to_owned() })
                    }
                    Some(Mishap::Garbage) => Ok(RawResponse {
                        status: 200,
                        headers: HeaderMap::new(),
                        body: Bytes::from_static(b"{\"data\": ["),
                    }),
                    Some(Mishap::Html) => Ok(RawResponse {
                        status: 502,
                        headers: HeaderMap::new(),
                        body: Bytes::from_static(b"<html><body>Bad gateway</body></html>"),
                    }),
                    Some(Mishap::Hangs) => {
                        Err(TransportError::TimedOut { host: host.clone(), limit: Duration::from_secs(30) })
                    }
                    Some(Mishap::Refused) => {
                        Err(TransportError::Unreachable { host: host.clone(), reason: "refused".to_owned() })
                    }
                };
                line.seen.push(Seen {
                    at: self.clock.elapsed(),
                    method: call.method,
                    path: call.path.clone(),
                    query: call.query.clone(),
                    headers: request.headers.clone(),
                    status: result.as_ref().ok().map(|answer| answer.status),
                });
                let wait = if mishap == Some(Mishap::Hangs) { Duration::from_secs(30) } else { latency };
                (result, wait)
            };
            self.clock.sleep(wait).await;
            result
        })
    }
}

fn request(base: &Url, call: &Call, auth: &Auth, clock: &dyn Clock) -> Request {
    let mut headers: Vec<(String, String)> =
        call.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    match auth {
        Auth::None => {}
        Auth::Bearer(token) => {
            headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose_secret())))
        }
        Auth::Signer(signer) => headers.extend(
            signer(call)
                .into_iter()
                .map(|(name, value)| (name.to_lowercase(), value.expose_secret().to_owned())),
        ),
    }
    let body = match &call.body {
        Some(body) => body.to_string().into_bytes(),
        None => url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&call.form)
            .finish()
            .into_bytes(),
    };
    Request {
        method: match call.method {
            Method::Get => "GET".to_owned(),
            Method::Post => "POST".to_owned(),
        },
        path: call.path.clone(),
        query: call.query.clone(),
        headers,
        body,
        now: clock.now(),
        root_url: base.as_str().trim_end_matches('/').to_owned(),
    }
}

fn raw(answer: Answer, extra: &[(String, String)]) -> Result<RawResponse, TransportError> {
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers.iter().chain(extra) {
        headers.append(
            HeaderName::try_from(name.as_str()).unwrap(),
            HeaderValue::try_from(value.as_str()).unwrap(),
        );
    }
    Ok(RawResponse { status: answer.status, headers, body: Bytes::from(answer.body) })
}
