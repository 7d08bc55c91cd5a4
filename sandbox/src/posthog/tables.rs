//! The tables `sessions` and `events` of a project, as they show at some time.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::hogql::{Bounds, Database, Refusal, Row, Value, Visit};
use super::world::{Event, Project, Shown, Visitor, person_uuid, utc_day};

/// Fields of sessions beside those that begin with `$entry_`.
const SESSION_FIELDS: [&str; 27] = [
    "session_id",
    "id",
    "session_id_v7",
    "distinct_id",
    "person_id",
    "$start_timestamp",
    "$end_timestamp",
    "$session_duration",
    "duration",
    "$pageview_count",
    "$autocapture_count",
    "$screen_count",
    "$is_bounce",
    "$num_uniq_urls",
    "$urls",
    "$entry_current_url",
    "$entry_pathname",
    "$entry_hostname",
    "$end_current_url",
    "$end_pathname",
    "$end_hostname",
    "$exit_current_url",
    "$exit_pathname",
    "$last_external_click_url",
    "$channel_type",
    "max_inserted_at",
    "$entry_referring_domain",
];

/// `$entry_utm_…` and the advertising ids that are always NULL here.
const ENTRY_FIELDS: [&str; 9] = [
    "$entry_utm_source",
    "$entry_utm_medium",
    "$entry_utm_campaign",
    "$entry_utm_term",
    "$entry_utm_content",
    "$entry_gclid",
    "$entry_gad_source",
    "$entry_fbclid",
    "$entry_ttclid",
];

const EVENT_FIELDS: [&str; 6] = ["event", "timestamp", "uuid", "person_id", "distinct_id", "$session_id"];

/// Fields that hold or may hold something personal: addresses of people and of pages with addresses in them.
const PERSONAL_FIELDS: [&str; 10] = [
    "distinct_id",
    "$urls",
    "$entry_current_url",
    "$end_current_url",
    "$exit_current_url",
    "$last_external_click_url",
    "properties.$current_url",
    "properties.$ip",
    "properties.email",
    "person.properties",
];

/// The tables.
pub(super) struct Tables<'w> {
    project: &'w Project,
    now: Timestamp,
    personal: RefCell<BTreeSet<String>>,
}

impl<'w> Tables<'w> {
    pub(super) fn new(project: &'w Project, now: Timestamp) -> Self {
        Self { project, now, personal: RefCell::new(BTreeSet::new()) }
    }

    /// The personal fields that were asked for.
    pub(super) fn personal(self) -> BTreeSet<String> {
        self.personal.into_inner()
    }

    fn note(&self, chain: &[String]) {
        let name = chain.join(".");
        let own = name.strip_prefix("session.").unwrap_or(&name);
        if PERSONAL_FIELDS.iter().any(|field| own == *field || own.starts_with(&format!("{field}."))) {
            self.personal.borrow_mut().insert(name.clone());
        }
    }
}

impl Database for Tables<'_> {
    fn has(&self, table: &str) -> bool {
        ["sessions", "events"].contains(&table)
    }

    fn knows(&self, table: &str, chain: &[String]) -> bool {
        self.note(chain);
        let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
        let session = |field: &str| SESSION_FIELDS.contains(&field) || ENTRY_FIELDS.contains(&field);
        match (table, chain.as_slice()) {
            ("sessions", [field]) | ("events", ["session", field]) => session(field),
            ("events", [field]) => EVENT_FIELDS.contains(field),
            ("events", ["properties", _] | ["person", "properties", _] | ["person", "id"]) => true,
            _ => false,
        }
    }

    fn time_field(&self, table: &str) -> &'static str {
        if table == "sessions" { "$start_timestamp" } else { "timestamp" }
    }

    fn scan(&self, table: &str, bounds: &Bounds, visit: &mut Visit<'_>) -> Result<(), Refusal> {
        let events = table == "events";
        // A session may be a day older than its last event.
        let begin = bounds.own.from.map(|from| utc_day(from) - i64::from(events));
        let begin = begin.into_iter().chain(bounds.session.from.map(utc_day)).max().unwrap_or(i64::MIN);
        let end = bounds.own.to.into_iter().chain(bounds.session.to).map(utc_day).min().unwrap_or(i64::MAX);
        if begin > end {
            return Ok(());
        }
        for session in self.project.sessions.range(begin..=end).flat_map(|(_, sessions)| sessions) {
            let Some(shown) = session.shown(self.now, self.project) else { continue };
            if events {
                let inside = shown.events.iter().filter(|event| bounds.own.holds(event.at));
                for event in inside {
                    visit(&EventRow::inside(shown, event, self.project))?;
                }
            } else if bounds.own.holds(shown.start()) {
                visit(&SessionRow { shown, project: self.project })?;
            }
        }
        if !events || bounds.session.from.is_some() || bounds.session.to.is_some() {
            // Events outside sessions have no session to begin within bounds.
            return Ok(());
        }
        for loose in self.project.loose.range(begin..=end).flat_map(|(_, loose)| loose) {
            if loose.event.at <= self.now && bounds.own.holds(loose.event.at) {
                let session_id = loose.session_id.as_deref();
                visit(&EventRow {
                    event: &loose.event,
                    visitor: &loose.visitor,
                    session_id,
                    shown: None,
                    project: self.project,
                })?;
            }
        }
        Ok(())
    }
}

struct SessionRow<'w> {
    shown: Shown<'w>,
    project: &'w Project,
}

impl Row for SessionRow<'_> {
    fn field(&self, chain: &[String]) -> Value {
        let Some(name) = chain.first() else {
            return Value::Null;
        };
        let Shown { session, person, events } = self.shown;
        let moment = |at| Value::Moment(at, self.project.zone.clone());
        let pages = || events.iter().filter(|event| *event.name == *"$pageview");
        match name.as_str() {
            "session_id" | "id" | "session_id_v7" => Value::Text(session.id.clone()),
            "distinct_id" => Value::Text(session.visitor.distinct_id.clone()),
            "person_id" => Value::text(&person_uuid(person)),
            "$start_timestamp" => moment(self.shown.start()),
            "$end_timestamp" => moment(self.shown.end()),
            "$session_duration" | "duration" => Value::Int(self.shown.seconds()),
            "$pageview_count" => Value::count(pages().count()),
            "$autocapture_count" => Value::count(self.shown.count("$autocapture")),
            "$screen_count" => Value::count(self.shown.count("$screen")),
            "$is_bounce" => match self.shown.count("$pageview") + self.shown.count("$screen") {
                0 => Value::Null,
                views => Value::Bool(views == 1 && self.shown.seconds() < 10),
            },
            "$num_uniq_urls" => Value::count(usize::from(pages().next().is_some())),
            "$urls" => Value::List(vec![Value::text(&url(&session.visitor))]),
            "$entry_current_url" | "$end_current_url" | "$exit_current_url" => {
                pages().next().map_or(Value::Null, |_| Value::text(&url(&session.visitor)))
            }
            "$entry_pathname" | "$end_pathname" | "$exit_pathname" => Value::text("/listen"),
            "$entry_hostname" | "$end_hostname" => Value::text("music.example"),
            "$channel_type" => Value::text(match (&session.medium, &session.referring_domain) {
                (Some(_), _) => "Paid Social",
                (None, Some(domain)) if **domain == *"$direct" => "Direct",
                (None, _) => "Unknown",
            }),
            "max_inserted_at" => {
                let lag = jiff::SignedDuration::from_secs(session.lag);
                self.shown.end().checked_add(lag).map_or(Value::Null, moment)
            }
            "$entry_referring_domain" => Value::optional(session.referring_domain.as_ref()),
            "$entry_utm_source" => Value::optional(session.source.as_ref()),
            "$entry_utm_medium" => Value::optional(session.medium.as_ref()),
            "$entry_utm_campaign" => Value::optional(session.campaign.as_ref()),
            _ => Value::Null,
        }
    }
}

struct EventRow<'w> {
    event: &'w Event,
    visitor: &'w Visitor,
    session_id: Option<&'w str>,
    shown: Option<Shown<'w>>,
    project: &'w Project,
}

impl<'w> EventRow<'w> {
    fn inside(shown: Shown<'w>, event: &'w Event, project: &'w Project) -> Self {
        let session = shown.session;
        Self { event, visitor: &session.visitor, session_id: Some(&session.id), shown: Some(shown), project }
    }

    fn property(&self, name: &str) -> Value {
        let session = self.shown.map(|shown| shown.session);
        match name {
            // A numeric property by its definition: what is no number is NULL.
            "revenue" => {
                let number = self.event.revenue.as_deref().and_then(|text| text.parse().ok());
                number.map_or(Value::Null, Value::Float)
            }
            "$session_id" => self.session_id.map_or(Value::Null, Value::text),
            "utm_campaign" | "$session_entry_utm_campaign" => {
                Value::optional(session.and_then(|session| session.campaign.as_ref()))
            }
            "utm_source" | "$session_entry_utm_source" => {
                Value::optional(session.and_then(|session| session.source.as_ref()))
            }
            "utm_medium" | "$session_entry_utm_medium" => {
                Value::optional(session.and_then(|session| session.medium.as_ref()))
            }
            "$current_url" if *self.event.name == *"$pageview" => Value::text(&url(self.visitor)),
            "$ip" => Value::text("203.0.113.7"),
            "email" => Value::Text(self.visitor.distinct_id.clone()),
            _ => Value::Null,
        }
    }
}

impl Row for EventRow<'_> {
    fn field(&self, chain: &[String]) -> Value {
        let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
        match chain.as_slice() {
            ["event"] => Value::Text(self.event.name.clone()),
            ["timestamp"] => Value::Moment(self.event.at, self.project.zone.clone()),
            ["uuid"] => Value::text(&format!("0192d1aa-0000-7000-8000-{:012x}", self.event.serial >> 16)),
            ["person_id"] | ["person", "id"] => {
                Value::text(&person_uuid(self.project.person(self.visitor.person)))
            }
            ["distinct_id"] | ["person", "properties", "email"] => {
                Value::Text(self.visitor.distinct_id.clone())
            }
            ["$session_id"] => self.session_id.map_or(Value::Null, Value::text),
            ["session", field] => match self.shown {
                Some(shown) => SessionRow { shown, project: self.project }.field(&[(*field).to_owned()]),
                None => Value::Null,
            },
            ["properties", name] => self.property(name),
            _ => Value::Null,
        }
    }
}

/// A page's address with a visitor's own in it, as badly made pages have them.
fn url(visitor: &Visitor) -> String {
    format!("https://music.example/listen?email={}", visitor.distinct_id.replace('@', "%40"))
}
