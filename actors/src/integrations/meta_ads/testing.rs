//! What the tests of this folder share.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use futures::future::{BoxFuture, FutureExt as _};
use jiff::{Timestamp, civil::date};
use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use rows::{Clock, Currency, Day, DayRange, clock::SimulatedClock};
use url::Url;

use super::{MetaAds, mapping::Owner, source::MetaAdsSource};
use crate::{
    failure::Failure,
    integration::{Account, ConnectionSpec, Integration as _, Services, Source as _},
    observer::{Observer, Silent},
    page::{PageRequest, Reply, Span},
    session::{
        Call, Link, Response, Session, Signature, Surroundings,
        quota::Urgency,
        transport::{RawResponse, Transport, TransportError},
    },
};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let account = "1234567890123456".to_owned();
    Response { account, ..crate::testing::response("ads_insights", status, headers, body) }
}

pub fn spec(settings: serde_json::Value) -> ConnectionSpec {
    ConnectionSpec {
        name: "label-a-meta".to_owned(),
        integration: MetaAds.id().to_owned(),
        tenant: "label-a".to_owned(),
        accounts: vec!["act_1234567890123456".to_owned()],
        accounts_exclude: Vec::new(),
        start_date: day(1),
        base_url: MetaAds.base_url().parse().unwrap(),
        endpoints: BTreeMap::new(),
        api_version: MetaAds.api_version().to_owned(),
        credentials: BTreeMap::from([("access_token".to_owned(), "EAAtoken".into())]),
        settings,
        quotas: None,
        streams: BTreeMap::new(),
    }
}

pub fn source(settings: serde_json::Value) -> MetaAdsSource {
    MetaAdsSource::new(&spec(settings)).unwrap()
}

pub fn owner() -> Owner {
    Owner { account_id: "1234567890123456".to_owned(), currency: Currency::parse("USD").unwrap() }
}

pub fn day(of_november: i8) -> Day {
    date(2026, 11, of_november)
}

pub fn days(first: i8, last: i8) -> DayRange {
    DayRange::new(day(first), day(last)).unwrap()
}

pub fn parameter<'a, N: AsRef<str>>(parameters: &'a [(N, String)], name: &str) -> &'a str {
    let mut values = parameters.iter().filter(|(it, _)| it.as_ref() == name).map(|(_, value)| value.as_str());
    let value = values.next().unwrap_or_default();
    assert_eq!(values.next(), None, "{name} stands twice");
    value
}

pub fn services() -> Services {
    Services::alone(Arc::new(SimulatedClock::new(NOW)))
}

/// Answers calls in the order of its script, and remembers them.
pub struct Scripted {
    answers: Mutex<VecDeque<(u16, String)>>,
    calls: Mutex<Vec<Call>>,
}

impl Transport for Scripted {
    fn send<'a>(
        &'a self,
        _base: &'a Url,
        call: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        self.calls.lock().push(call.clone());
        let (status, body) = self.answers.lock().pop_front().expect("a call beyond the script");
        let answer = RawResponse { status, headers: HeaderMap::new(), body: body.into() };
        std::future::ready(Ok(answer)).boxed()
    }
}

/// A source against a scripted Meta.
pub struct Stage {
    pub source: Arc<MetaAdsSource>,
    pub script: Arc<Scripted>,
    pub session: Session,
    account: Account,
}

impl Stage {
    pub fn new(settings: serde_json::Value, answers: &[(u16, &str)]) -> Self {
        let spec = spec(settings);
        let source = Arc::new(MetaAdsSource::new(&spec).unwrap());
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned()));
        let script = Arc::new(Scripted { answers: Mutex::new(answers.collect()), calls: Mutex::default() });
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(NOW));
        let observer: Arc<dyn Observer> = Arc::new(Silent);
        let surroundings = Surroundings::alone(script.clone(), clock, observer);
        let link = Link::new(Arc::new(spec), MetaAds.id(), source.clone(), MetaAds.quotas(), surroundings);
        let account = Account {
            id: owner().account_id,
            name: "Label A".to_owned(),
            currency: Some(owner().currency),
            time_zone: "America/Los_Angeles".to_owned(),
        };
        Self { source, script, session: link.session(Urgency::Fresh), account }
    }

    pub async fn page(
        &self,
        stream: &str,
        span: Span,
        cursor: Option<String>,
        resume: Option<String>,
    ) -> Result<Reply, Failure> {
        let streams = MetaAds.streams();
        let stream = streams.iter().find(|it| it.name == stream).unwrap();
        let request = PageRequest { stream, account: &self.account, span, cursor, resume, now: NOW };
        self.source.page(&self.session, request).await
    }

    /// Every call so far. Panics when the script was not played to its end.
    pub fn calls(&self) -> Vec<Call> {
        assert!(self.script.answers.lock().is_empty(), "not every answer was asked for");
        self.script.calls.lock().clone()
    }
}
