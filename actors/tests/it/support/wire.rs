//! A wire that ends in an imitation within this process, in the engine's own time: no socket, no waiting.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actors::session::{
    Call, Method, Signature,
    transport::{RawResponse, Transport, TransportError},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rows::Clock;
use sandbox::exchange::{Answer, Imitation, Request};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::allowance::{Admission, Allowance};

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
    /// A JSON body's text; "" = none.
    pub body: String,
    /// Of the answer, if one came.
    pub status: Option<u16>,
    /// The answer said to wait this long.
    pub told: Option<Duration>,
}

/// Changes the body of an answer under way: path and body.
pub type Tamper = Box<dyn FnMut(&str, &mut serde_json::Value) + Send>;

struct Line {
    imitation: Box<dyn Imitation>,
    /// Mishaps for the next exchanges whose path holds the text.
    scripted: VecDeque<(String, Mishap)>,
    /// Chance of a mishap in any exchange.
    hazard: f64,
    random: StdRng,
    seen: Vec<Seen>,
    /// Headers for the next answer whose path holds the text, good or bad.
    next_headers: VecDeque<(String, Vec<(String, String)>)>,
    tamper: Option<Tamper>,
    /// How far the provider's clock, as its `Date` header shows it, is from ours; nothing = no such header.
    date_skew: Option<SignedDuration>,
    /// What the provider allows; nothing = everything.
    allowance: Option<Allowance>,
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
        let line = Line {
            imitation,
            scripted: VecDeque::new(),
            hazard: 0.0,
            random,
            seen: Vec::new(),
            next_headers: VecDeque::new(),
            tamper: None,
            date_skew: None,
            allowance: None,
        };
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

    /// Puts these headers on the next answer whose path holds `path`, whatever else befalls it.
    pub fn script_headers(&self, path: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.line.lock().next_headers.push_back((path.to_owned(), headers));
    }

    /// Changes every JSON body from now on.
    pub fn set_tamper(&self, tamper: impl FnMut(&str, &mut serde_json::Value) + Send + 'static) {
        self.line.lock().tamper = Some(Box::new(tamper));
    }

    pub fn end_tamper(&self) {
        self.line.lock().tamper = None;
    }

    /// Answers carry a `Date` header that is so far from our clock.
    pub fn set_date_skew(&self, skew: Option<SignedDuration>) {
        self.line.lock().date_skew = skew;
    }

    /// The provider allows only so much from now on.
    pub fn set_allowance(&self, allowance: Option<Allowance>) {
        self.line.lock().allowance = allowance;
    }

    /// What came of the allowance.
    pub fn allowance(&self) -> Option<Allowance> {
        self.line.lock().allowance.clone()
    }

    /// The time on this wire.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets the imitation's world move on to the present.
    pub fn advance(&self) {
        self.line.lock().imitation.advance(self.clock.now());
    }

    /// What was sent so far; forgets it.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.line.lock().seen)
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a provider that refuses wants to be left alone.
const REFUSAL: Duration = Duration::from_secs(1);

impl Line {
    /// The answer, and how long it told to wait.
    fn exchange(
        &mut self,
        request: &Request,
        mishap: Option<Mishap>,
        now: Duration,
    ) -> (Result<RawResponse, TransportError>, Option<Duration>) {
        let host = || "imitation".to_owned();
        let page = |status, body: &str| Answer { status, headers: Vec::new(), body: body.into() };
        let mut told = None;
        let mut answer = match mishap {
            None => match self.allowance.as_mut().map(|allowance| allowance.judge(now)) {
                Some(Admission::Refused { wait }) => {
                    told = Some(self.imitation.announced_wait(wait));
                    self.imitation.limited(request, 100.0, wait)
                }
                admission => {
                    let mut answer = self.imitation.answer(request);
                    if let Some(Admission::Admitted { percent }) = admission {
                        answer.headers.extend(self.imitation.usage_headers(request, percent));
                    }
                    answer
                }
            },
            Some(Mishap::Status(status)) => self.imitation.failed(request, status),
            Some(Mishap::Limited) => {
                told = Some(self.imitation.announced_wait(REFUSAL));
                self.imitation.limited(request, 100.0, REFUSAL)
            }
            Some(Mishap::Garbage) => page(200, "{\"data\": ["),
            Some(Mishap::Html) => page(502, "<html><body>Bad gateway</body></html>"),
            Some(Mishap::Truncated) => {
                return (
                    Err(TransportError::Broken { host: host(), reason: "end of file".to_owned() }),
                    told,
                );
            }
            Some(Mishap::Hangs) => {
                return (Err(TransportError::TimedOut { host: host(), limit: TIMEOUT }), told);
            }
            Some(Mishap::Refused) => {
                let reason = "refused".to_owned();
                return (Err(TransportError::Unreachable { host: host(), reason }), told);
            }
        };
        if let Some(at) = self.next_headers.iter().position(|(path, _)| request.path.contains(path.as_str()))
        {
            answer.headers.extend(self.next_headers.remove(at).into_iter().flat_map(|(_, headers)| headers));
        }
        if let Some(skew) = self.date_skew {
            answer.headers.push(("date".to_owned(), http_date(request.now, skew)));
        }
        if let Some(tamper) = &mut self.tamper
            && let Ok(mut body) = serde_json::from_slice(&answer.body)
        {
            tamper(&request.path, &mut body);
            answer.body = body.to_string().into_bytes();
        }
        (Ok(raw(answer)), told)
    }

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
        signature: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let latency = Duration::from_micros(self.line.lock().random.random_range(300..40_000));
            self.clock.sleep(latency).await;
            let request = request(base, call, signature, self.clock.as_ref());
            let (result, wait) = {
                let mut line = self.line.lock();
                let now = self.clock.elapsed();
                let mishap = line.mishap(&request.path);
                let (result, told) = line.exchange(&request, mishap, now);
                line.seen.push(Seen {
                    at: now,
                    method: call.method,
                    path: request.path.clone(),
                    query: call.query.clone(),
                    body: call.body.as_ref().map(ToString::to_string).unwrap_or_default(),
                    status: result.as_ref().ok().map(|answer| answer.status),
                    told,
                });
                let wait = if mishap == Some(Mishap::Hangs) { TIMEOUT } else { latency };
                (result, wait)
            };
            self.clock.sleep(wait).await;
            result
        })
    }
}

fn request(base: &Url, call: &Call, signature: &Signature, clock: &dyn Clock) -> Request {
    let mut headers: Vec<(String, String)> =
        call.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    let mut query = call.query.clone();
    let plain =
        |(name, value): &(&str, SecretString)| (name.to_lowercase(), value.expose_secret().to_owned());
    headers.extend(signature.headers.iter().map(plain));
    query.extend(signature.query.iter().map(plain));
    let form = call.form.iter().cloned().chain(signature.form.iter().map(plain));
    let body = match &call.body {
        Some(body) => body.to_string().into_bytes(),
        None => url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes(),
    };
    if call.body.is_none() && !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    }
    Request {
        method: match call.method {
            Method::Get => "GET".to_owned(),
            Method::Post => "POST".to_owned(),
        },
        // Below the root of its host: a further host has one of its own.
        path: format!("{}{}", base.path().trim_end_matches('/'), call.path),
        query,
        headers,
        body,
        now: clock.now(),
        root_url: base.as_str().trim_end_matches('/').to_owned(),
    }
}

fn raw(answer: Answer) -> RawResponse {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        headers.append(
            HeaderName::try_from(name.as_str()).unwrap(),
            HeaderValue::try_from(value.as_str()).unwrap(),
        );
    }
    RawResponse { status: answer.status, headers, body: Bytes::from(answer.body) }
}

fn http_date(now: Timestamp, skew: SignedDuration) -> String {
    let at = now.checked_add(skew).unwrap();
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
}
