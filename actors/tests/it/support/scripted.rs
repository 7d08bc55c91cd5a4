//! Integrations added from outside that behave badly on purpose, over a wire that never leaves the process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actors::{
    failure::Failure,
    integration::{Account, Accounts, Integration, Manifest, NoSettings, Setup, SetupError, Source},
    page::{DaysReply, Page, SnapshotReply},
    reader::StreamOf,
    session::{
        Auth, Call, Meaning, Response, Session, Signature, Verdict,
        transport::{RawResponse, Transport, TransportError},
    },
    stream::{DAILY, Days, Snapshot, Tier},
};
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use jiff::SignedDuration;
use rows::{
    Currency, Day, DayRange, Row, Table,
    ads::{AdAccount, AdLevel, AdMetrics, AdPerformance},
};
use url::Url;

/// How a scripted source behaves when asked for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Good,
    Panics,
    Hangs,
    Garbage,
    /// Heeds no dates: every window holds a day of long ago as well.
    OtherDays,
    /// Its check gets no answer.
    Deaf,
}

/// An integration of one snapshot stream (and, when good, one of days).
#[derive(Debug)]
pub struct Scripted {
    pub id: &'static str,
    pub behaviour: Behaviour,
    /// Pages asked for.
    pub asked: AtomicU64,
    /// How often the snapshot is read.
    pub every: Duration,
}

impl Scripted {
    pub fn new(id: &'static str, behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self { id, behaviour, asked: AtomicU64::new(0), every: Duration::from_millis(50) })
    }
}

/// The handle that the engine takes.
#[derive(Debug)]
pub struct Handle(pub Arc<Scripted>);

impl Integration for Handle {
    type Settings = NoSettings;
    type Source = ScriptedSource;

    fn manifest(&self) -> Manifest {
        Manifest { id: self.0.id, base_url: "http://127.0.0.1:9", ..Manifest::BLANK }
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<ScriptedSource>> {
        let objects = Snapshot { every: self.0.every, vanishing: Some(Table::AdAccounts) };
        let numbers = Days {
            level: Some("campaign"),
            tiers: vec![Tier { days: 2, every: Duration::from_mins(15) }, Tier { days: 28, every: DAILY }],
            settling: SignedDuration::from_hours(72),
            window_days_max: 7,
            history_days_max: None,
        };
        vec![
            StreamOf::snapshot(
                "objects",
                &[Table::AdAccounts],
                objects,
                |source: &ScriptedSource, session, _| source.objects(session).boxed(),
            ),
            StreamOf::days(
                "numbers",
                &[Table::AdPerformanceDaily],
                numbers,
                |source: &ScriptedSource, session, request| source.numbers(session, request.days).boxed(),
            ),
        ]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<ScriptedSource, SetupError> {
        Ok(ScriptedSource(Arc::clone(&self.0)))
    }
}

/// What the engine asks.
#[derive(Debug)]
pub struct ScriptedSource(Arc<Scripted>);

impl ScriptedSource {
    /// What happens whenever a page is asked for.
    async fn behave(&self, session: &Session) -> Result<(), Failure> {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        match self.0.behaviour {
            Behaviour::Panics => panic!("planted"),
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Garbage => {
                session.json::<Vec<u32>>(Call::get("/garbage", "garbage")).await?;
            }
            Behaviour::Good | Behaviour::Deaf | Behaviour::OtherDays => {}
        }
        Ok(())
    }

    async fn objects(&self, session: &Session) -> Result<SnapshotReply, Failure> {
        self.behave(session).await?;
        let object = Row::AdAccount(AdAccount {
            account_id: "1".to_owned(),
            name: None,
            status: None,
            currency: None,
            time_zone: None,
        });
        Ok(Page { rows: vec![object], ..Page::default() }.into())
    }

    async fn numbers(&self, session: &Session, days: DayRange) -> Result<DaysReply, Failure> {
        self.behave(session).await?;
        let other = (self.0.behaviour == Behaviour::OtherDays).then(|| Day::constant(2020, 1, 1));
        let rows = days.days().chain(other).map(performance).collect();
        Ok(Page { rows, ..Page::default() }.into())
    }
}

impl Source for ScriptedSource {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, response: &Response) -> Verdict {
        if response.is_success() {
            return Meaning::Ok.into();
        }
        Meaning::Transient {
            reason: format!("status {}", response.status),
            wait: actors::failure::Wait::Unsaid,
        }
        .into()
    }

    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        if self.0.behaviour == Behaviour::Deaf {
            self.0.asked.fetch_add(1, Ordering::Relaxed);
            return Box::pin(std::future::pending());
        }
        let account = Account {
            id: "1".to_owned(),
            name: "one".to_owned(),
            currency: Currency::parse("USD").ok(),
            time_zone: "UTC".to_owned(),
        };
        Box::pin(std::future::ready(Ok(Accounts::one(account))))
    }
}

fn performance(date: Day) -> Row {
    Row::AdPerformance(AdPerformance {
        account_id: "1".to_owned(),
        level: AdLevel::Campaign,
        campaign_id: "10".to_owned(),
        ad_set_id: String::new(),
        ad_id: String::new(),
        date,
        currency: Currency::parse("USD").unwrap(),
        metrics: AdMetrics { impressions: Some(1), ..AdMetrics::default() },
        conversion_definition: None,
        view_definition: None,
    })
}

/// A wire that answers everything with the same body.
#[derive(Debug, Clone)]
pub struct Wire(pub &'static str);

impl Transport for Wire {
    fn send<'a>(
        &'a self,
        _: &'a Url,
        _: &'a Call,
        _: &'a Signature,
    ) -> BoxFuture<'a, Result<RawResponse, TransportError>> {
        let body = Bytes::from_static(self.0.as_bytes());
        Box::pin(std::future::ready(Ok(RawResponse {
            status: 200,
            headers: reqwest::header::HeaderMap::new(),
            body,
        })))
    }
}
