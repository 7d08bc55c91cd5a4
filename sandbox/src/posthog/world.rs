//! What the imitation knows: projects, their sessions with their events, and events outside any session.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// One project.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) zone_name: String,
    pub(super) zone: TimeZone,
    /// By the UTC day of their start, counted from 1970.
    pub(super) sessions: BTreeMap<i64, Vec<Session>>,
    /// Events outside sessions, by their UTC day.
    pub(super) loose: BTreeMap<i64, Vec<Loose>>,
    /// Persons who turned out to be another.
    pub(super) merged: HashMap<u64, u64>,
    /// The first day that is still to be made up.
    pub(super) next_day: i64,
}

/// One session. It shows the events that have arrived.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: Arc<str>,
    pub(super) visitor: Visitor,
    /// Seconds between an event and its arrival.
    pub(super) lag: i64,
    pub(super) campaign: Option<Arc<str>>,
    pub(super) source: Option<Arc<str>>,
    pub(super) medium: Option<Arc<str>>,
    /// `$direct` where there was no referrer; `None` on phones.
    pub(super) referring_domain: Option<Arc<str>>,
    /// In the order of their times; the first begins the session.
    pub(super) events: Vec<Event>,
}

/// Who it was.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) person: u64,
    /// Personal: an e-mail address.
    pub(super) distinct_id: Arc<str>,
}

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) name: Arc<str>,
    pub(super) at: Timestamp,
    /// The property `revenue`, as text.
    pub(super) revenue: Option<Arc<str>>,
    pub(super) serial: u64,
}

/// An event outside any session.
#[derive(Debug, Clone)]
pub(super) struct Loose {
    pub(super) event: Event,
    pub(super) visitor: Visitor,
    /// An id of the customer's own making, which no session has.
    pub(super) session_id: Option<Arc<str>>,
}

/// A session as it shows at some time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'w> {
    pub(super) session: &'w Session,
    pub(super) person: u64,
    /// The events that have arrived, at least one.
    pub(super) events: &'w [Event],
}

impl Session {
    /// What has arrived of it; `None` when nothing has.
    pub(super) fn shown(&self, now: Timestamp, project: &Project) -> Option<Shown<'_>> {
        let arrived = now.checked_sub(SignedDuration::from_secs(self.lag)).unwrap_or(Timestamp::MIN);
        let count = self.events.partition_point(|event| event.at <= arrived);
        let events = self.events.get(..count).filter(|events| !events.is_empty())?;
        Some(Shown { session: self, person: project.person(self.visitor.person), events })
    }

    /// When it began.
    pub(super) fn start(&self) -> Timestamp {
        self.events.first().map(|event| event.at).unwrap_or_default()
    }
}

impl Shown<'_> {
    pub(super) fn start(&self) -> Timestamp {
        self.session.start()
    }

    pub(super) fn end(&self) -> Timestamp {
        self.events.last().map(|event| event.at).unwrap_or_default()
    }

    /// Whole seconds from start to end.
    pub(super) fn seconds(&self) -> i64 {
        self.end().as_second() - self.start().as_second()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|event| *event.name == *name).count()
    }
}

impl Project {
    /// Who a person is after all merges.
    pub(super) fn person(&self, person: u64) -> u64 {
        let mut person = person;
        while let Some(other) = self.merged.get(&person) {
            person = *other;
        }
        person
    }

    /// Puts a session in its place.
    pub(super) fn insert(&mut self, session: Session) {
        self.sessions.entry(utc_day(session.start())).or_default().push(session);
    }

    /// Puts an event outside sessions in its place.
    pub(super) fn insert_loose(&mut self, loose: Loose) {
        self.loose.entry(utc_day(loose.event.at)).or_default().push(loose);
    }
}

/// The UTC day of a moment, counted from 1970.
pub(super) fn utc_day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY)
}

/// A moment by its seconds since 1970.
pub(super) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// A person's id.
pub(super) fn person_uuid(person: u64) -> String {
    format!("0192d1aa-0000-5000-8000-{person:012x}")
}
