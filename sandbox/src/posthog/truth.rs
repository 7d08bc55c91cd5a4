//! What is true in the world, computed without HogQL: for tests to compare with what a client made of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::PostHog;
use super::world::{Project, Shown};

/// One project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthProject {
    /// Its number.
    pub project_id: u32,
    /// IANA name.
    pub time_zone: String,
}

/// Sessions that began on a day, of one campaign, source and medium or of all.
///
/// NULL is the empty text. The source is the campaign's own or else the referring domain, with `(direct)` for `$direct`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthWebDay {
    /// The project.
    pub project_id: u32,
    /// The day on which the sessions began, in the zone that was asked for.
    pub day: Date,
    /// `total` (the next three are empty) or `campaign`.
    pub scope: &'static str,
    /// The campaign.
    pub campaign: String,
    /// The source.
    pub source: String,
    /// The medium.
    pub medium: String,
    /// Sessions.
    pub sessions: u64,
    /// Web pages and screens.
    pub page_views: u64,
    /// From each session's first event to its last, in whole seconds.
    pub session_seconds: i64,
    /// Different persons. They do not add up.
    pub users: u64,
}

/// Goal events in sessions that began on a day, of one campaign, source and medium or of all. Keys as in [`TruthWebDay`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthConversions {
    /// The project.
    pub project_id: u32,
    /// The goal's event.
    pub goal: String,
    /// The day on which the sessions began, whenever the goal was reached.
    pub day: Date,
    /// `total` or `campaign`.
    pub scope: &'static str,
    /// The campaign.
    pub campaign: String,
    /// The source.
    pub source: String,
    /// The medium.
    pub medium: String,
    /// Events.
    pub conversions: u64,
    /// Sessions with at least one.
    pub converting_sessions: u64,
    /// Different persons who converted.
    pub converting_users: u64,
    /// The sum of the events' revenue in millionths; `None` when no event carried a number.
    pub revenue_micros: Option<i64>,
}

/// Goal events without a session, on the day of the event itself: nothing in [`TruthConversions`] holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthServerSide {
    /// The project.
    pub project_id: u32,
    /// The day, in the zone that was asked for.
    pub day: Date,
    /// Events.
    pub conversions: u64,
    /// The sum of their revenue in millionths.
    pub revenue_micros: Option<i64>,
}

/// Which session a row belongs to: day, scope, campaign, source, medium.
type Place = (Date, &'static str, String, String, String);

/// Picks sessions for [`PostHog::session_ids`].
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Began on this day in the project's zone.
    pub day: Option<Date>,
    /// Of this campaign; the empty text for none.
    pub campaign: Option<String>,
}

impl PostHog {
    /// The projects.
    pub fn truth_projects(&self) -> Vec<TruthProject> {
        let truth =
            |project: &Project| TruthProject { project_id: project.id, time_zone: project.zone_name.clone() };
        self.projects.iter().map(truth).collect()
    }

    /// Every day of a project with sessions, at the world's clock: rows of both scopes, in the order of their keys. Days are those of
    /// `zone` (an IANA name), by default the project's own. Empty for an unknown project or zone.
    pub fn truth_web(&mut self, project_id: u32, zone: Option<&str>) -> Vec<TruthWebDay> {
        let mut days: BTreeMap<Place, (TruthWebDay, BTreeSet<u64>)> = BTreeMap::new();
        self.each_session(project_id, zone, |place, shown| {
            let (day, scope, campaign, source, medium) = place.clone();
            let (row, users) = days.entry(place).or_insert_with(|| {
                let row = TruthWebDay {
                    project_id,
                    day,
                    scope,
                    campaign,
                    source,
                    medium,
                    sessions: 0,
                    page_views: 0,
                    session_seconds: 0,
                    users: 0,
                };
                (row, BTreeSet::new())
            });
            row.sessions += 1;
            row.page_views += (shown.count("$pageview") + shown.count("$screen")) as u64;
            row.session_seconds += shown.seconds();
            users.insert(shown.person);
            row.users = users.len() as u64;
        });
        days.into_values().map(|(row, _)| row).collect()
    }

    /// Every day of a project on which sessions began that reached the goal (an event's name); see [`PostHog::truth_web`].
    pub fn truth_conversions(
        &mut self,
        project_id: u32,
        goal: &str,
        zone: Option<&str>,
    ) -> Vec<TruthConversions> {
        let mut days: BTreeMap<Place, (TruthConversions, BTreeSet<u64>)> = BTreeMap::new();
        self.each_session(project_id, zone, |place, shown| {
            let events = || shown.events.iter().filter(|event| *event.name == *goal);
            let count = events().count() as u64;
            if count == 0 {
                return;
            }
            let (day, scope, campaign, source, medium) = place.clone();
            let (row, users) = days.entry(place).or_insert_with(|| {
                let row = TruthConversions {
                    project_id,
                    goal: goal.to_owned(),
                    day,
                    scope,
                    campaign,
                    source,
                    medium,
                    conversions: 0,
                    converting_sessions: 0,
                    converting_users: 0,
                    revenue_micros: None,
                };
                (row, BTreeSet::new())
            });
            row.conversions += count;
            row.converting_sessions += 1;
            for micros in events().filter_map(|event| micros(event.revenue.as_deref()?)) {
                row.revenue_micros = Some(row.revenue_micros.unwrap_or(0) + micros);
            }
            users.insert(shown.person);
            row.converting_users = users.len() as u64;
        });
        days.into_values().map(|(row, _)| row).collect()
    }

    /// Goal events that belong to no session, by their own day.
    pub fn truth_server_side(
        &mut self,
        project_id: u32,
        goal: &str,
        zone: Option<&str>,
    ) -> Vec<TruthServerSide> {
        self.grow();
        let now = self.now();
        let Some((project, zone)) = self.project_in(project_id, zone) else {
            return Vec::new();
        };
        let mut days: BTreeMap<Date, TruthServerSide> = BTreeMap::new();
        let events = project.loose.values().flatten().map(|loose| &loose.event);
        for event in events.filter(|event| *event.name == *goal && event.at <= now) {
            let day = day_of(event.at, &zone);
            let empty = TruthServerSide { project_id, day, conversions: 0, revenue_micros: None };
            let row = days.entry(day).or_insert(empty);
            row.conversions += 1;
            if let Some(micros) = event.revenue.as_deref().and_then(micros) {
                row.revenue_micros = Some(row.revenue_micros.unwrap_or(0) + micros);
            }
        }
        days.into_values().collect()
    }

    /// The ids of the sessions that show now, in the order of their start days.
    pub fn session_ids(&mut self, project_id: u32, filter: &SessionFilter) -> Vec<String> {
        self.grow();
        let now = self.now();
        let Some((project, zone)) = self.project_in(project_id, None) else {
            return Vec::new();
        };
        let wanted = |shown: &Shown<'_>| {
            filter.day.is_none_or(|day| day == day_of(shown.start(), &zone))
                && filter.campaign.as_ref().is_none_or(|campaign| {
                    shown.session.campaign.as_deref().unwrap_or_default() == campaign.as_str()
                })
        };
        let sessions = project.sessions.values().flatten().filter_map(|session| session.shown(now, project));
        sessions.filter(wanted).map(|shown| shown.session.id.to_string()).collect()
    }

    /// Shows every session twice: for its campaign's row and for the day's total.
    fn each_session(
        &mut self,
        project_id: u32,
        zone: Option<&str>,
        mut visit: impl FnMut(Place, &Shown<'_>),
    ) {
        self.grow();
        let now = self.now();
        let Some((project, zone)) = self.project_in(project_id, zone) else {
            return;
        };
        for session in project.sessions.values().flatten() {
            let Some(shown) = session.shown(now, project) else { continue };
            let day = day_of(shown.start(), &zone);
            let text = |text: Option<&std::sync::Arc<str>>| text.map(ToString::to_string).unwrap_or_default();
            let source = match text(session.source.as_ref().or(session.referring_domain.as_ref())) {
                source if source == "$direct" => "(direct)".to_owned(),
                source => source,
            };
            let campaign = text(session.campaign.as_ref());
            visit((day, "campaign", campaign, source, text(session.medium.as_ref())), &shown);
            visit((day, "total", String::new(), String::new(), String::new()), &shown);
        }
    }

    fn project_in(&self, project_id: u32, zone: Option<&str>) -> Option<(&Project, TimeZone)> {
        let project = self.projects.iter().find(|project| project.id == project_id)?;
        let zone = match zone {
            Some(zone) => TimeZoneDatabase::bundled().get(zone).ok()?,
            None => project.zone.clone(),
        };
        Some((project, zone))
    }
}

pub(super) fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned_datetime(zone.clone()).date()
}

/// Decimal text in millionths; `None` where it is no number.
fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<6}");
    let fraction: i64 = digits.get(..6)?.parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}
