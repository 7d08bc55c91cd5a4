//! What the tests of this folder share.

use std::sync::Arc;

use jiff::{Timestamp, civil::date};
use rows::{Currency, Day, DayRange, clock::SimulatedClock};

use super::{MetaAds, mapping::Owner, source::MetaAdsSource};
use crate::{
    failure::Failure,
    integration::{
        Account, AnyIntegration as _, Connected, ConnectionSpec, Integration as _, Services, Source,
    },
    page::{DaysReply, DaysRequest, SetPage, SnapshotReply, SnapshotRequest},
    reader::{BoundStream, Reader},
    reading::ads::Definitions,
    session::{Call, Response, Session, quota::Urgency},
    testing::{self, Answer, Scripted},
};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let account = "1234567890123456".to_owned();
    Response { account, ..testing::response("ads_insights", status, headers, body) }
}

pub fn spec(settings: serde_json::Value) -> ConnectionSpec {
    let accounts = vec!["act_1234567890123456".to_owned()];
    ConnectionSpec { accounts, ..testing::spec(&MetaAds, ("access_token", "EAAtoken"), settings) }
}

pub fn source(settings: serde_json::Value) -> MetaAdsSource {
    MetaAdsSource::new(&spec(settings.clone()), serde_json::from_value(settings).unwrap()).unwrap()
}

pub fn owner() -> Owner {
    let currency = Currency::parse("USD").unwrap();
    Owner {
        account_id: "1234567890123456".to_owned(),
        currency,
        counted: (),
        definitions: Definitions::default(),
    }
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
    testing::services(NOW)
}

/// A source against a scripted Meta.
pub struct Stage {
    pub source: Arc<dyn Source>,
    pub script: Arc<Scripted>,
    pub session: Session,
    streams: Vec<BoundStream>,
    account: Account,
}

impl Stage {
    pub fn new(settings: serde_json::Value, answers: &[(u16, &str)]) -> Self {
        let spec = spec(settings);
        let Connected { source, streams } = MetaAds.connected(&spec, &services()).unwrap();
        let answers = answers.iter().map(|(status, body)| Answer::Body(*status, (*body).to_owned()));
        let script = Scripted::new(answers);
        let clock = SimulatedClock::new(NOW);
        let link = testing::link(
            spec,
            &MetaAds,
            source.clone(),
            MetaAds.manifest().rates.to_vec(),
            script.clone(),
            &clock,
        );
        let account = Account {
            id: owner().account_id,
            name: "Label A".to_owned(),
            currency: Some(owner().currency),
            time_zone: "America/Los_Angeles".to_owned(),
        };
        Self { source, script, session: link.session(Urgency::Fresh), streams, account }
    }

    fn reader(&self, stream: &str) -> &Reader {
        self.streams.iter().find(|it| it.name == stream).unwrap().reader()
    }

    /// A page of days.
    pub async fn days(
        &self,
        stream: &str,
        (days, part): (DayRange, Option<&str>),
        cursor: Option<&str>,
        resume: Option<&str>,
    ) -> Result<DaysReply, Failure> {
        let Reader::Days(reader) = self.reader(stream) else { panic!("{stream} is not read by days") };
        let request = DaysRequest { account: &self.account, days, part, cursor, resume, now: NOW };
        reader.read(&self.session, request).await
    }

    /// A page of a set.
    pub async fn set(&self, stream: &str, cursor: Option<&str>) -> Result<SetPage, Failure> {
        let Reader::Snapshot(reader) = self.reader(stream) else { panic!("{stream} is no snapshot") };
        let request = SnapshotRequest { account: &self.account, cursor, resume: None, now: NOW };
        match reader.read(&self.session, request).await? {
            SnapshotReply::Page(set) => Ok(set),
            reply @ SnapshotReply::Pending(_) => panic!("{reply:?}"),
        }
    }

    /// Every call so far. Panics when the script was not played to its end.
    pub fn calls(&self) -> Vec<Call> {
        self.script.calls()
    }
}
