//! An integration whose provider answers whatever a test says, in the engine's own time.

use std::{sync::Arc, time::Duration};

use actors::{
    failure::{Failure, Wait},
    integration::{
        Account, Accounts, ConnectionSpec, Integration, Manifest, NoSettings, Setup, SetupError, Source,
    },
    observer::Silent,
    page::{DaysReply, Next, Page, SnapshotReply},
    reader::StreamOf,
    session::{
        Auth, Call, Meaning, Response, Session, Signal, Signature, Verdict,
        quota::{QuotaRule, Scope},
        transport::{RawResponse, Transport, TransportError},
    },
    stream::{DAILY, Days, FRESH, Feed, Relist, Snapshot, Tier},
};
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _, TryFutureExt as _};
use jiff::SignedDuration;
use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rows::{
    Clock, Currency, Day, DayRange, Row, Table,
    ads::{AdAccount, AdLevel, AdMetrics, AdPerformance},
    clock::SimulatedClock,
};
use url::Url;

use super::{drive::Driver, memory::MemorySink};

pub const OBJECTS: &str = "objects";
pub const EVENTS: &str = "events";
pub const NUMBERS: &str = "numbers";

/// Instead of a status: the answer is larger than is read.
pub const TOO_LARGE: u16 = 0;

/// What the provider answers.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// Ids of the page's rows.
    pub rows: Vec<String>,
    /// Where it says the next page is.
    pub next: Option<String>,
    /// Its count of the whole.
    pub total: Option<u64>,
    /// Every name is so long.
    pub name_bytes: usize,
}

impl Answer {
    /// A page of these rows, and perhaps another after it.
    pub fn page(rows: impl IntoIterator<Item = u64>, next: Option<&str>) -> Self {
        let rows = rows.into_iter().map(|row| row.to_string()).collect();
        Self { status: 200, rows, next: next.map(str::to_owned), ..Self::default() }
    }

    pub fn status(status: u16, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { status, headers, ..Self::default() }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Duration,
    /// `check` or a stream's name.
    pub what: String,
    pub cursor: Option<String>,
    /// The first and the last day, where days are asked for.
    pub days: Option<(Day, Day)>,
}

type Script = dyn FnMut(&Asked) -> Answer + Send;

/// A connection, its provider and a store.
pub struct Stage {
    pub clock: SimulatedClock,
    pub sink: MemorySink,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    pub driver: Driver,
}

impl Stage {
    /// The provider of these streams answers every request as `script` says.
    pub fn new(streams: &[&'static str], script: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let clock = SimulatedClock::new("2026-11-21T12:00:00Z".parse().unwrap());
        let sink = MemorySink::default();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let wire =
            Wire { clock: clock.clone(), asked: Arc::clone(&asked), script: Mutex::new(Box::new(script)) };
        let spec = ConnectionSpec {
            name: "puppet".to_owned(),
            integration: "puppet".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: jiff::civil::date(2026, 11, 12),
            base_url: "http://provider.invalid".parse().unwrap(),
            endpoints: std::collections::BTreeMap::new(),
            api_version: String::new(),
            credentials: std::collections::BTreeMap::new(),
            settings: serde_json::Value::Null,
            quotas: None,
            streams: std::collections::BTreeMap::new(),
        };
        let driver = Driver::new(
            spec,
            Arc::new(Puppet(streams.to_vec())),
            Arc::new(wire),
            Arc::new(clock.clone()),
            Arc::new(Silent),
            Arc::new(sink.clone()),
        );
        Self { clock, sink, asked, driver }
    }

    /// Requests so far; forgets them.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock())
    }
}

struct Wire {
    clock: SimulatedClock,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Mutex<Box<Script>>,
}

impl Transport for Wire {
    fn send<'a>(
        &'a self,
        _: &'a Url,
        call: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let said =
                |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            let day = |name: &str| said(name).map(|day| day.parse().unwrap());
            let asked = Asked {
                at: self.clock.elapsed(),
                what: call.path.trim_start_matches('/').to_owned(),
                cursor: said("cursor"),
                days: day("first").zip(day("last")),
            };
            self.asked.lock().push(asked.clone());
            self.clock.sleep(Duration::from_millis(20)).await;
            let answer = (self.script.lock())(&asked);
            if answer.status == TOO_LARGE {
                let host = "provider.invalid".to_owned();
                return Err(TransportError::TooLarge { host, limit: actors::limits::RESPONSE_BYTES_MAX });
            }
            let mut headers = HeaderMap::new();
            for (name, value) in &answer.headers {
                let Ok(value) = HeaderValue::try_from(value.as_str()) else { continue };
                headers.append(HeaderName::from_static(name), value);
            }
            let name = "n".repeat(answer.name_bytes);
            let rows: Vec<_> = answer.rows.iter().map(|id| serde_json::json!([id, name])).collect();
            let body = serde_json::json!({ "rows": rows, "next": answer.next, "total": answer.total });
            let body = Bytes::from(body.to_string());
            Ok(RawResponse { status: answer.status, headers, body })
        })
    }
}

struct Puppet(Vec<&'static str>);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "puppet",
    base_url: "http://provider.invalid",
    rates: &[QuotaRule::per_second(Scope::App, 20.0, 5)],
    ..Manifest::BLANK
};

impl Integration for Puppet {
    type Settings = NoSettings;
    type Source = PuppetSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<PuppetSource>> {
        self.0.iter().map(|name| stream(name)).collect()
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<PuppetSource, SetupError> {
        Ok(PuppetSource)
    }
}

fn stream(name: &'static str) -> StreamOf<PuppetSource> {
    match name {
        OBJECTS => {
            let policy = Snapshot { every: FRESH, vanishing: Some(Table::AdAccounts) };
            StreamOf::snapshot(name, &[Table::AdAccounts], policy, move |_, session, request| {
                ask(session, name, request.cursor, None).map_ok(SnapshotReply::from).boxed()
            })
        }
        EVENTS => {
            let relist = Relist { days: Some(3), every: DAILY };
            let policy = Feed { every: FRESH, relist: Some(relist) };
            StreamOf::feed(name, &[Table::AdAccounts], policy, move |_, session, request| {
                let ended = |page: Page| {
                    let next = match page.next {
                        Next::End(_) => Next::End(Some("end".to_owned())),
                        next @ Next::More(_) => next,
                    };
                    Page { next, ..page }
                };
                ask(session, name, request.token, None).map_ok(ended).boxed()
            })
        }
        _ => {
            let policy = Days {
                level: Some("campaign"),
                tiers: vec![Tier { days: 2, every: FRESH }, Tier { days: 7, every: DAILY }],
                settling: SignedDuration::from_hours(48),
                window_days_max: 30,
                history_days_max: Some(30),
            };
            StreamOf::days(name, &[Table::AdPerformanceDaily], policy, move |_, session, request| {
                ask(session, name, request.cursor, Some(request.days)).map_ok(DaysReply::from).boxed()
            })
        }
    }
}

/// One page: of days, rows of each.
async fn ask(
    session: &Session,
    name: &str,
    cursor: Option<&str>,
    days: Option<DayRange>,
) -> Result<Page, Failure> {
    let call = Call::get(format!("/{name}"), "page");
    let call = cursor.iter().fold(call, |call, cursor| call.query("cursor", *cursor));
    let call = days.iter().fold(call, |call, days| {
        call.query("first", days.first.to_string()).query("last", days.last.to_string())
    });
    let body: serde_json::Value = session.json(call).await?;
    let mut rows = Vec::new();
    for row in body["rows"].as_array().into_iter().flatten() {
        let id = row[0].as_str().unwrap_or_default().to_owned();
        match days {
            Some(days) => rows.extend(days.days().map(|day| performance(&id, day))),
            None => rows.push(object(id, row[1].as_str().unwrap_or_default())),
        }
    }
    let next = body["next"].as_str().map_or(Next::End(None), |next| Next::More(next.to_owned()));
    Ok(Page { rows, total: body["total"].as_u64(), next, ..Page::default() })
}

struct PuppetSource;

impl Source for PuppetSource {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, response: &Response) -> Verdict {
        let number = |name| response.header(name).and_then(|text| text.parse::<f64>().ok());
        let mut signals = Vec::new();
        signals.extend(number("x-used").map(|ratio| Signal::Used { scope: Scope::App, ratio }));
        signals.extend(number("x-limit").map(|per_second| Signal::Limit { scope: Scope::App, per_second }));
        let hold = number("x-hold").and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        signals.extend(hold.map(|wait| Signal::Hold { scope: Scope::Account, wait }));
        let meaning = match response.status {
            200 => Meaning::Ok,
            429 => Meaning::RateLimited { scope: Scope::App, wait: Wait::Unsaid },
            400 => Meaning::Permanent { reason: "status 400".to_owned() },
            403 => Meaning::Forbidden { advice: "grant it".to_owned() },
            status => Meaning::Transient { reason: format!("status {status}"), wait: Wait::Unsaid },
        };
        Verdict { meaning, signals }
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(async move {
            session.send(Call::get("/check", "check")).await?;
            Ok(Accounts::one(Account {
                id: "1".to_owned(),
                name: "one".to_owned(),
                currency: Currency::parse("USD").ok(),
                time_zone: "America/New_York".to_owned(),
            }))
        })
    }
}

fn object(account_id: String, name: &str) -> Row {
    Row::AdAccount(AdAccount {
        account_id,
        name: Some(name.to_owned()),
        status: None,
        currency: None,
        time_zone: None,
    })
}

fn performance(id: &str, date: Day) -> Row {
    Row::AdPerformance(AdPerformance {
        account_id: "1".to_owned(),
        level: AdLevel::Campaign,
        campaign_id: id.to_owned(),
        ad_set_id: String::new(),
        ad_id: String::new(),
        date,
        currency: Currency::parse("USD").unwrap(),
        metrics: AdMetrics { impressions: Some(1), ..AdMetrics::default() },
        conversion_definition: None,
        view_definition: None,
    })
}
