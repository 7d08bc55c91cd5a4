//! A report on one link, as the settings describe it. Feature.fm publishes neither its path nor its fields, so that what is not
//! where the settings say is told, and never taken for nothing.

use std::collections::{BTreeMap, HashSet};

use rows::{
    Day, DayRange, Row,
    links::{LinkDimension, SmartLinkActivity},
};
use serde_json::Value;

use super::{
    endpoint,
    mapping::day_of,
    settings::{Analytics, Field},
};
use crate::{
    failure::Failure,
    integration::SetupError,
    page::Page,
    reading::{
        elements::{Named, Unreadable},
        wire::Count,
    },
    reports::countries::Country,
    session::Call,
};

/// The report, checked.
#[derive(Debug, Clone)]
pub struct Report {
    segments: Vec<String>,
    query: Vec<(String, String)>,
    /// JSON pointers.
    fields: BTreeMap<Field, String>,
    dimension: LinkDimension,
    /// IANA name of the zone of its days.
    pub time_zone: String,
}

/// Fields by which rows may be divided.
const PARTS: [(Field, LinkDimension); 3] = [
    (Field::Destination, LinkDimension::Destination),
    (Field::Country, LinkDimension::Country),
    (Field::Referrer, LinkDimension::Referrer),
];
/// Fields that are numbers.
const COUNTS: [Field; 4] = [Field::Visits, Field::UniqueVisitors, Field::Clicks, Field::PreSaves];
/// Those numbers of a row.
type Counts = [Option<i64>; COUNTS.len()];

/// The place of the link's id in the path.
const ID: &str = "{id}";
/// Those of the first and last day.
const DAYS: [&str; 2] = ["{from}", "{to}"];

// === impl Report ===

impl Report {
    /// Checks what the settings say; the first mistake is told.
    pub fn new(analytics: &Analytics) -> Result<Self, SetupError> {
        let Analytics { path, fields, time_zone } = analytics;
        let refuse = |key, problem| Err(SetupError::setting(format!("analytics.{key}"), problem));
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let segments: Vec<String> = plain.trim_start_matches('/').split('/').map(str::to_owned).collect();
        if plain.contains("://") || segments.iter().any(|part| matches!(part.as_str(), "" | "." | "..")) {
            return refuse("path", "expected a path below api_version such as smartlink/{id}/analytics");
        }
        if !path.contains(ID) {
            return refuse("path", "expected {id} in it: one link is asked for at a time");
        }
        let days = DAYS.map(|day| path.contains(day));
        if days[0] != days[1] || (!days[0] && !fields.contains_key(&Field::Date)) {
            return refuse(
                "path",
                "expected {from} and {to} in it, or fields.date: else it is not known of which day numbers are",
            );
        }
        if !fields.values().all(|pointer| pointer.is_empty() || pointer.starts_with('/')) {
            return refuse("fields", "expected JSON pointers such as /data or /stats/visits");
        }
        if !COUNTS.iter().any(|field| fields.contains_key(field)) {
            return refuse("fields", "expected one of visits, unique_visitors, clicks, pre_saves");
        }
        let mut parts = PARTS.iter().filter(|(field, _)| fields.contains_key(field));
        let (part, another) = (parts.next(), parts.next());
        if another.is_some() {
            return refuse("fields", "expected one of destination, country, referrer at most");
        }
        if ::rows::zone::zone(time_zone).is_none() {
            return refuse("time_zone", "expected an IANA name such as Europe/Berlin");
        }
        Ok(Self {
            segments,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            fields: fields.clone(),
            dimension: part.map_or(LinkDimension::Total, |(_, dimension)| *dimension),
            time_zone: time_zone.clone(),
        })
    }

    /// The request about a link and these days, below the segments `root`.
    pub fn call(&self, root: &[&str], link_id: &str, days: DayRange) -> Call {
        let (from, to) = (days.first.to_string(), days.last.to_string());
        let filled = |text: &String| text.replace(ID, link_id).replace(DAYS[0], &from).replace(DAYS[1], &to);
        let own: Vec<String> = self.segments.iter().map(filled).collect();
        let segments: Vec<&str> = root.iter().copied().chain(own.iter().map(String::as_str)).collect();
        let call = Call::get_at(&segments, endpoint::ANALYTICS);
        self.query.iter().fold(call, |call, (name, value)| call.query(name, filled(value)))
    }

    /// What an answer says of a link on these days.
    pub fn read(&self, link_id: &str, days: DayRange, body: &[u8]) -> Result<Page, Failure> {
        let place = format!("{} of link {link_id}", endpoint::ANALYTICS);
        let answer: Value =
            serde_json::from_slice(body).map_err(|error| Failure::undocumented(&place, body, &error))?;
        let is_more =
            |value: &Value| value == &Value::Bool(true) || value.as_str().is_some_and(|it| !it.is_empty());
        if self.at(&answer, Field::More).is_some_and(is_more) {
            return Err(Failure::TooMuch { reason: format!("{place}: the answer says that more follows") });
        }
        let (mut sums, mut page) = (BTreeMap::<(Day, String), Counts>::new(), Page::default());
        let mut came: HashSet<String> = HashSet::new();
        for (index, element) in self.elements(&answer, &place)?.iter().enumerate() {
            let read = self.row(element, days).and_then(|row| {
                // Two rows of one day and part are added; one that comes twice to the letter is one.
                let is_new = came.insert(element.to_string());
                let twice =
                    || Unreadable::Other { reason: "twice", detail: "the same row came before".to_owned() };
                is_new.then_some(row).ok_or_else(twice)
            });
            match read {
                Ok((day, _, _)) if !days.contains(day) => {}
                Ok((day, part, counts)) => {
                    sums.entry((day, part)).and_modify(|sum| *sum = plus(*sum, counts)).or_insert(counts);
                }
                Err(why) => {
                    let named = Named {
                        fields: vec![("link", link_id.to_owned())],
                        day: self.day(element, days).ok(),
                    };
                    let (text, place) = (element.to_string(), format!("{place}, row {index}"));
                    page.quarantined.push(why.set_aside(text.as_bytes(), place, named));
                }
            }
        }
        let rows = sums.into_iter().map(|((date, part), counts)| {
            let [visits, unique_visitors, clicks, pre_saves] = counts;
            Row::SmartLinkActivity(SmartLinkActivity {
                visits,
                unique_visitors,
                clicks,
                pre_saves,
                ..SmartLinkActivity::of(link_id, self.dimension, part, date)
            })
        });
        page.rows = rows.collect();
        Ok(page)
    }

    /// What the settings say is there.
    fn at<'a>(&self, value: &'a Value, field: Field) -> Option<&'a Value> {
        value.pointer(self.fields.get(&field)?)
    }

    fn elements<'a>(&self, answer: &'a Value, place: &str) -> Result<&'a [Value], Failure> {
        let is_said = self.fields.contains_key(&Field::Rows);
        let found = if is_said { self.at(answer, Field::Rows) } else { answer.get("data").or(Some(answer)) };
        match found {
            Some(Value::Array(rows)) => Ok(rows),
            Some(row @ Value::Object(_)) => Ok(std::slice::from_ref(row)),
            _ => Err(Failure::Permanent {
                reason: format!(
                    "{place}: no rows where `analytics.fields.rows` says; look at an answer and mend it"
                ),
            }),
        }
    }

    fn row(&self, element: &Value, days: DayRange) -> Result<(Day, String, Counts), Unreadable> {
        let day = self.day(element, days)?;
        let text = |field| self.at(element, field).and_then(Value::as_str).unwrap_or_default().trim();
        let part = match self.dimension {
            LinkDimension::Total => String::new(),
            LinkDimension::Destination => text(Field::Destination).to_owned(),
            LinkDimension::Country => Country::read(text(Field::Country)).as_str().to_owned(),
            LinkDimension::Referrer => text(Field::Referrer).to_owned(),
        };
        let mut counts = Counts::default();
        for (count, field) in counts.iter_mut().zip(COUNTS) {
            *count = match self.at(element, field) {
                None | Some(Value::Null) => None,
                // From its own text, so that no digit is lost.
                Some(value) => {
                    let count = serde_json::from_str::<Count>(&value.to_string());
                    Some(count.map_err(|_| Unreadable::Count("a number"))?.0)
                }
            };
        }
        if counts == Counts::default() {
            return Err(Unreadable::Missing("every number that `analytics.fields` names"));
        }
        Ok((day, part, counts))
    }

    /// The row's own day, else the one that was asked for.
    fn day(&self, element: &Value, days: DayRange) -> Result<Day, Unreadable> {
        if !self.fields.contains_key(&Field::Date) {
            return Ok(days.first);
        }
        let text = self.at(element, Field::Date).and_then(Value::as_str);
        day_of(text, "date")?.ok_or(Unreadable::Missing("date"))
    }
}

/// Two rows of one day and part, as of two spellings of one country. A sum with an unknown part is unknown, and visitors of both may
/// be the same ones.
fn plus(one: Counts, other: Counts) -> Counts {
    let mut sum = Counts::default();
    for (at, field) in COUNTS.into_iter().enumerate() {
        let added = one[at].zip(other[at]).and_then(|(one, other)| one.checked_add(other));
        sum[at] = added.filter(|_| field != Field::UniqueVisitors);
    }
    sum
}
