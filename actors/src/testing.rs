//! What the tests of integrations share: answers, a connection, a provider that plays a script.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use jiff::{Timestamp, civil::date};
use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rows::clock::SimulatedClock;
use url::Url;

use crate::{
    integration::{AnyIntegration, ConnectionSpec, Services, Source},
    observer::Silent,
    session::{
        Call, Link, LinkServices, Response, Signature,
        quota::QuotaRule,
        transport::{RawResponse, Transport, TransportError},
    },
};

/// An answer to a call of `endpoint` that has just arrived. Headers may be written on several lines.
pub fn response(
    endpoint: &'static str,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(&value.replace('\n', " ")).unwrap())
    });
    Response {
        status,
        headers: headers.collect::<HeaderMap>(),
        body: Bytes::copy_from_slice(body.as_ref()),
        endpoint,
        account: String::new(),
        received_at: Timestamp::UNIX_EPOCH,
    }
}

/// A connection of label A to this provider, from November 2026 on, with one secret.
pub fn spec(
    integration: &dyn AnyIntegration,
    secret: (&str, &str),
    settings: serde_json::Value,
) -> ConnectionSpec {
    let (name, value) = secret;
    ConnectionSpec {
        name: format!("label-a-{}", integration.manifest().id),
        integration: integration.manifest().id.to_owned(),
        tenant: "label-a".to_owned(),
        accounts: Vec::new(),
        accounts_exclude: Vec::new(),
        start_date: date(2026, 11, 1),
        base_url: integration.manifest().base_url.parse().unwrap(),
        endpoints: BTreeMap::new(),
        api_version: integration.manifest().api_version.to_owned(),
        credentials: BTreeMap::from([(name.to_owned(), value.into())]),
        settings,
        quotas: None,
        streams: BTreeMap::new(),
    }
}

/// What a source is connected with, at this instant.
pub fn services(now: Timestamp) -> Services {
    Services::alone(Arc::new(SimulatedClock::new(now)))
}

/// Answers calls in the order of its script, and remembers them.
pub struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<Call>>,
}

/// What is answered.
pub enum Answer {
    /// A status and a body.
    Body(u16, String),
    /// More than is read.
    TooLarge,
}

// === impl Scripted ===

impl Scripted {
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), calls: Mutex::default() })
    }

    /// Every call so far. Panics when the script was not played to its end.
    pub fn calls(&self) -> Vec<Call> {
        assert!(self.answers.lock().is_empty(), "not every answer was asked for");
        self.calls.lock().clone()
    }
}

impl Transport for Scripted {
    fn send<'a>(
        &'a self,
        _base: &'a Url,
        call: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        self.calls.lock().push(call.clone());
        let answer = match self.answers.lock().pop_front().expect("a call beyond the script") {
            Answer::Body(status, body) => {
                Ok(RawResponse { status, headers: HeaderMap::new(), body: body.into() })
            }
            Answer::TooLarge => Err(TransportError::TooLarge { host: "127.0.0.1".to_owned(), limit: 1 }),
        };
        std::future::ready(answer).boxed()
    }
}

/// The way of a source to whatever stands in for its provider, in the time of `clock`.
pub fn link(
    spec: ConnectionSpec,
    integration: &dyn AnyIntegration,
    source: Arc<dyn Source>,
    quotas: Vec<QuotaRule>,
    transport: Arc<dyn Transport>,
    clock: &SimulatedClock,
) -> Arc<Link> {
    let services = LinkServices::alone(transport, Arc::new(clock.clone()), Arc::new(Silent));
    Link::new(Arc::new(spec), integration.manifest().id, source, quotas, services)
}
