//! What tests do to the world. A control that finds nothing to change says so.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::errors::PostHogError;
use super::seeding::{self, event, uuid7, visitor};
use super::truth::day_of;
use super::world::{Project, Session, utc_day};
use super::{Asked, Key, PostHog, SCOPES};

/// A session to be added. The default is one page view of nobody's campaign in 1970.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// When it begins; it shows at once, however long ago that is.
    pub start: Timestamp,
    /// How long it lasts: a last page view ends it.
    pub seconds: u32,
    /// `utm_campaign`, where there is one.
    pub campaign: Option<String>,
    /// `utm_source`, where there is one.
    pub source: Option<String>,
    /// `utm_medium`, where there is one.
    pub medium: Option<String>,
    /// The domain that it came from, `$direct` for none.
    pub referring_domain: Option<String>,
    /// Goal events in it: name and revenue as decimal text. They happen at its end.
    pub goals: Vec<(String, Option<String>)>,
}

impl PostHog {
    /// Adds a session that arrives late; its id, unless there is no such project.
    pub fn add_session(&mut self, project_id: u32, new: NewSession) -> Option<String> {
        self.grow();
        self.made += 1;
        let chance = self.seed.at(u64::MAX).at(self.made);
        let end = new.start + SignedDuration::from_secs(i64::from(new.seconds));
        let mut events = vec![event(chance.at(1), "$pageview", new.start, None)];
        if new.seconds > 0 {
            events.push(event(chance.at(2), "$pageview", end, None));
        }
        for ((name, revenue), place) in new.goals.into_iter().zip(3..) {
            events.push(event(chance.at(place), &name, end, revenue));
        }
        let tag = |text: Option<String>| text.map(Arc::from);
        let session = Session {
            id: uuid7(chance, new.start),
            visitor: visitor(chance),
            lag: 0,
            campaign: tag(new.campaign),
            source: tag(new.source),
            medium: tag(new.medium),
            referring_domain: tag(new.referring_domain),
            events,
        };
        let id = session.id.to_string();
        self.project_mut(project_id)?.insert(session);
        Some(id)
    }

    /// Adds a goal event to a session, at its end. False: no such session.
    pub fn add_goal(&mut self, project_id: u32, session_id: &str, goal: &str, revenue: Option<&str>) -> bool {
        self.grow();
        self.made += 1;
        let chance = self.seed.at(u64::MAX).at(self.made);
        let Some(project) = self.project_mut(project_id) else {
            return false;
        };
        let mut sessions = project.sessions.values_mut().flatten();
        let Some(session) = sessions.find(|session| *session.id == *session_id) else {
            return false;
        };
        let end = session.events.last().map(|event| event.at).unwrap_or_default();
        session.events.push(event(chance, goal, end, revenue.map(str::to_owned)));
        true
    }

    /// Deletes a session with its events. False: no such session.
    pub fn delete_session(&mut self, project_id: u32, session_id: &str) -> bool {
        self.delete(project_id, |session, _| *session.id == *session_id) > 0
    }

    /// Deletes the sessions of a campaign (the empty text for none); how many.
    pub fn delete_campaign(&mut self, project_id: u32, campaign: &str) -> usize {
        self.delete(project_id, |session, _| session.campaign.as_deref().unwrap_or_default() == campaign)
    }

    /// Deletes the sessions that began on a day in the project's zone; how many.
    pub fn delete_day(&mut self, project_id: u32, day: Date) -> usize {
        self.delete(project_id, |session, zone| day_of(session.start(), zone) == day)
    }

    fn delete(&mut self, project_id: u32, chosen: impl Fn(&Session, &TimeZone) -> bool) -> usize {
        self.grow();
        let Some(project) = self.project_mut(project_id) else {
            return 0;
        };
        let zone = project.zone.clone();
        let count = |project: &Project| project.sessions.values().map(Vec::len).sum::<usize>();
        let before = count(project);
        for sessions in project.sessions.values_mut() {
            sessions.retain(|session| !chosen(session, &zone));
        }
        project.sessions.retain(|_, sessions| !sessions.is_empty());
        before - count(project)
    }

    /// Finds out that the persons of a day's sessions (in the project's zone) are two and two the same: users fall, on other days
    /// too. How many persons went.
    pub fn merge_persons(&mut self, project_id: u32, day: Date) -> usize {
        self.grow();
        let now = self.now();
        let Some(project) = self.project_mut(project_id) else {
            return 0;
        };
        let sessions = project.sessions.values().flatten();
        let shown = sessions.filter_map(|session| session.shown(now, project));
        let of_day = shown.filter(|shown| day_of(shown.start(), &project.zone) == day);
        let persons: std::collections::BTreeSet<u64> = of_day.map(|shown| shown.person).collect();
        let persons: Vec<u64> = persons.into_iter().collect();
        let pairs = persons.chunks_exact(2).map(|pair| (pair[1], pair[0]));
        let pairs: Vec<(u64, u64)> = pairs.collect();
        project.merged.extend(pairs.iter().copied());
        pairs.len()
    }

    /// Adds a session of its own campaign (`bulk-000000` …) for each of so many at noon of a UTC day. False: no such project.
    pub fn crowd(&mut self, project_id: u32, day: Date, campaigns: u64) -> bool {
        self.grow();
        let noon = day.at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).map(|noon| noon.timestamp());
        match (self.project_mut(project_id), noon) {
            (Some(project), Ok(noon)) => {
                seeding::crowd(project, utc_day(noon), campaigns);
                true
            }
            _ => false,
        }
    }

    /// Changes a project's zone; `false` for an unknown project or zone.
    pub fn set_time_zone(&mut self, project_id: u32, zone: &str) -> bool {
        match (TimeZoneDatabase::bundled().get(zone), self.project_mut(project_id)) {
            (Ok(time_zone), Some(project)) => {
                project.zone = time_zone;
                zone.clone_into(&mut project.zone_name);
                true
            }
            _ => false,
        }
    }

    /// Lets a project's key expire: everything is answered with 401 until [`PostHog::set_key`].
    pub fn expire_key(&mut self, project_id: u32) {
        self.keys_of(project_id).for_each(|key| key.credential.expire());
    }

    /// Opens a project with this key from now on, and with no other.
    pub fn set_key(&mut self, project_id: u32, text: &str) {
        self.keys_of(project_id).for_each(|key| key.credential.replace(text));
    }

    /// What a project's key may do from now on: `query:read` and `project:read` at first.
    pub fn set_scopes(&mut self, project_id: u32, scopes: &[&str]) {
        for key in self.keys_of(project_id) {
            for scope in SCOPES {
                key.credential.set_forbidden(scope, !scopes.contains(&scope));
            }
        }
    }

    /// Answers the next requests with these errors, one each, in this order.
    pub fn fail_next(&mut self, errors: Vec<PostHogError>) {
        self.script.add("", errors);
    }

    /// How long a result is given again to requests that allow it (ten minutes at first, by the sandbox's clock).
    pub fn set_cache_time(&mut self, time: SignedDuration) {
        self.answers.fresh_for = time;
    }

    /// How many polls find an asynchronous query unfinished (2 at first).
    pub fn set_unfinished_polls(&mut self, polls: u32) {
        self.answers.unfinished_polls = polls;
    }

    /// Whether `hasMore` is null for queries with a LIMIT of their own; false at first.
    pub fn set_has_more_hidden(&mut self, hidden: bool) {
        self.has_more_hidden = hidden;
    }

    /// Whether decimals come as text; as numbers at first.
    pub fn set_decimals_as_text(&mut self, as_text: bool) {
        self.decimals_as_text = as_text;
    }

    /// Holds the world at its present time, so that two reads see the same.
    pub fn freeze(&mut self) {
        self.time.freeze();
    }

    /// Lets the world follow the clock again.
    pub fn thaw(&mut self) {
        self.time.thaw();
    }

    /// The newest queries, oldest first, up to a thousand.
    pub fn queries(&self) -> &[Asked] {
        &self.asked
    }

    /// The fields holding something personal that queries have asked for so far. A good client asks for none.
    pub fn personal_fields_asked(&self) -> Vec<String> {
        self.personal.iter().cloned().collect()
    }

    fn keys_of(&mut self, project_id: u32) -> impl Iterator<Item = &mut Key> {
        self.keys.iter_mut().filter(move |key| key.project == project_id)
    }

    fn project_mut(&mut self, project_id: u32) -> Option<&mut Project> {
        self.projects.iter_mut().find(|project| project.id == project_id)
    }
}
