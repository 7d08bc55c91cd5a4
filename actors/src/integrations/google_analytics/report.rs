//! What is asked for, and what is read of it. A window of days takes several reports, one after the other, each in pages: the day as a whole, whose
//! users are not the sum of anything, then the day by where sessions came from. Goals are asked for in groups, since a report
//! has ten metrics at most.

use std::{fmt, ops::Range};

use rows::{DayRange, web::WebScope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{endpoint, mapping::Table, source::AnalyticsSource, wire};
use crate::{
    failure::Failure,
    page::{DaysReply, DaysRequest, Page},
    reading::{cursor, elements, notes::note, offsets::SoFar},
    session::Session,
};

/// Dimensions and metrics by Google's names.
pub mod field {
    pub const DATE: &str = "date";
    pub const CAMPAIGN: &str = "sessionCampaignName";
    pub const SOURCE: &str = "sessionSource";
    pub const MEDIUM: &str = "sessionMedium";
    pub const SESSIONS: &str = "sessions";
    pub const PAGE_VIEWS: &str = "screenPageViews";
    pub const DURATION: &str = "averageSessionDuration";
    pub const USERS: &str = "totalUsers";
    pub const REVENUE: &str = "purchaseRevenue";
    /// Of one key event: `keyEvents:sign_up`.
    pub const KEY_EVENTS: &str = "keyEvents";
    /// Of one key event: sessions with it, of all sessions.
    pub const KEY_EVENT_RATE: &str = "sessionKeyEventRate";
}

/// Dimensions of a report by origin.
pub const DIMENSIONS: &[&str] = &[field::DATE, field::CAMPAIGN, field::SOURCE, field::MEDIUM];
/// Metrics of sessions. All but the first can be left out.
pub const METRICS: [&str; 5] =
    [field::SESSIONS, field::PAGE_VIEWS, field::DURATION, field::USERS, field::REVENUE];
/// Goals in one report, of ten metrics: each takes two, and their sessions one.
const GOALS_PER_REPORT: usize = 4;
/// Rows of a page, half a kilobyte each.
const PAGE_ROWS: u64 = 25_000;

/// What a stream reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Sessions.
    Sessions,
    /// The goals.
    KeyEvents,
}

/// A page of one of a window's reports: the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which goals, by their places; none of sessions.
    pub goals: Range<usize>,
    /// Which rows.
    pub scope: WebScope,
    /// Rows of the report before this page.
    pub offset: u64,
}

/// A field's name for one goal.
pub fn of_goal(field: &str, goal: &str) -> String {
    format!("{field}:{goal}")
}

/// The dimensions of a scope.
fn dimensions(scope: WebScope) -> &'static [&'static str] {
    if scope == WebScope::Total { &DIMENSIONS[..1] } else { DIMENSIONS }
}

/// The metrics of these goals.
fn metrics_of(goals: &[String]) -> Vec<String> {
    let of_goal = |goal| [field::KEY_EVENTS, field::KEY_EVENT_RATE].map(|field| of_goal(field, goal));
    let of_goals = goals.iter().flat_map(|goal| of_goal(goal));
    std::iter::once(field::SESSIONS.to_owned()).chain(of_goals).collect()
}

/// A list of fields, as requests have it.
pub fn names<T: AsRef<str>>(fields: &[T]) -> Value {
    fields.iter().map(|field| json!({ "name": field.as_ref() })).collect()
}

// === impl Position ===

impl Position {
    /// Where a window begins. Of `goals` in all.
    pub fn first(subject: Subject, goals: usize) -> Self {
        let goals = if subject == Subject::Sessions { 0..0 } else { group(0, goals) };
        Self { goals, scope: WebScope::Total, offset: 0 }
    }

    /// The request. An int64 is a text; without an order, pages would overlap.
    pub fn request(&self, days: DayRange, metrics: &[String]) -> Value {
        let dimensions = dimensions(self.scope);
        let order: Value =
            dimensions.iter().map(|name| json!({ "dimension": { "dimensionName": name } })).collect();
        json!({
            "dateRanges": [{ "startDate": days.first.to_string(), "endDate": days.last.to_string() }],
            "dimensions": names(dimensions),
            "metrics": names(metrics),
            "orderBys": order,
            "limit": PAGE_ROWS.to_string(),
            "offset": self.offset.to_string(),
            "returnPropertyQuota": true,
        })
    }

    /// The same report from a later row on.
    #[must_use]
    pub fn at(&self, offset: u64) -> Self {
        Self { offset, ..self.clone() }
    }

    /// The report after this one; none after the last.
    pub fn next(&self, goals: usize) -> Option<Self> {
        match self.scope {
            WebScope::Total => Some(Self { scope: WebScope::Campaign, offset: 0, ..self.clone() }),
            WebScope::Campaign => self.next_goals(goals),
        }
    }

    /// The first report of the goals after these; none after the last.
    pub fn next_goals(&self, goals: usize) -> Option<Self> {
        let follows = self.goals.end < goals && !self.goals.is_empty();
        follows.then(|| Self { goals: group(self.goals.end, goals), scope: WebScope::Total, offset: 0 })
    }

    /// The first report of the first of these goals alone; none where it is alone.
    pub fn alone(&self) -> Option<Self> {
        let first = self.goals.start..self.goals.start + 1;
        (self.goals.len() > 1).then_some(Self { goals: first, scope: WebScope::Total, offset: 0 })
    }
}

fn group(start: usize, goals: usize) -> Range<usize> {
    start..(start + GOALS_PER_REPORT).min(goals)
}

/// For people.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goals, scope, offset } = self;
        write!(f, "{}/{}/{}/{offset}", goals.start, goals.end, scope.as_str())
    }
}

// === impl AnalyticsSource ===

impl AnalyticsSource {
    /// One page of a window: of one of its reports.
    pub async fn page(
        &self,
        session: &Session,
        subject: Subject,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let position = cursor::read(cursor)?.unwrap_or_else(|| Position::first(subject, self.goals.len()));
        let place = format!("property {}, {position} of {}..{}", self.property, days.first, days.last);
        let goals = self.goals.get(position.goals.clone()).unwrap_or_default();
        let metrics = match subject {
            Subject::Sessions => {
                let left_out = self.left_out.lock();
                METRICS.iter().filter(|metric| !left_out.contains(*metric)).map(ToString::to_string).collect()
            }
            Subject::KeyEvents => metrics_of(goals),
        };
        let call = self.call("runReport", endpoint::REPORT, position.request(days, &metrics));
        let response = match session.send(call).await {
            // What is wrong is one of the goals: it takes none of the others with it.
            Err(Failure::Permanent { reason }) if !goals.is_empty() => {
                return self.without_a_goal(&position, &reason);
            }
            response => response?,
        };
        let report: wire::Report<'_> = elements::answer(&response.body, &place)?;
        // Only rows and their number are left out of a report in which there is nothing.
        report.dimension_headers.require(dimensions(position.scope), &place)?;
        report.metric_headers.require(&metrics, &place)?;
        let so_far = SoFar::new(position.offset, report.rows.len(), report.row_count, PAGE_ROWS);
        let table = Table::new(&self.property, position.scope, report, account.currency);
        let mut page = match subject {
            Subject::Sessions => table.sessions(&place).into(),
            Subject::KeyEvents => Page::default(),
        };
        for goal in goals {
            page.absorb(table.conversions(goal, &place).into());
        }
        let property = ("property", self.property.clone());
        let (more, then) = (position.at(so_far.end()), position.next(self.goals.len()));
        so_far.lead(&mut page, [&position, &more], then.as_ref(), &place, vec![property])?;
        Ok(page.into())
    }

    /// What follows where a report is refused because of a goal: the first of its goals alone; where it is alone, the others.
    fn without_a_goal(&self, position: &Position, reason: &str) -> Result<DaysReply, Failure> {
        if let Some(alone) = position.alone() {
            return Ok(Page { next: cursor::next(Some(&alone)), ..Page::default() }.into());
        }
        let goal = self.goals.get(position.goals.start).cloned().unwrap_or_default();
        let advice = format!(
            "goal {goal} cannot be asked for: mark the event as a key event in Google Analytics (Admin > Events), or take it out of \
             `goals` ({reason})"
        );
        // Of the only goal, a window without rows would look as if nobody had reached it.
        if self.goals.len() == 1 {
            return Err(Failure::Permanent { reason: advice });
        }
        let fields = vec![("property", self.property.clone()), ("goal", goal.clone())];
        let refused = note("refused", advice, &format!("property {}, goals", self.property), &goal, fields);
        let next = cursor::next(position.next_goals(self.goals.len()).as_ref());
        Ok(Page { quarantined: vec![refused], next, ..Page::default() }.into())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_window_is_every_goal_as_a_whole_and_by_origin() {
        let mut position = Some(Position::first(Subject::KeyEvents, 9));
        let mut walked = Vec::new();
        while let Some(here) = position {
            assert_eq!(cursor::read(Some(&cursor::write(&here))), Ok(Some(here.clone())));
            walked.push(here.to_string());
            position = here.next(9);
        }
        assert_eq!(
            walked,
            [
                "0/4/total/0",
                "0/4/campaign/0",
                "4/8/total/0",
                "4/8/campaign/0",
                "8/9/total/0",
                "8/9/campaign/0"
            ]
        );
        let sessions = Position::first(Subject::Sessions, 9);
        let by_origin = sessions.next(9).unwrap();
        assert_eq!((by_origin.scope, by_origin.next(9)), (WebScope::Campaign, None));
    }

    #[test]
    fn a_group_that_is_refused_goes_on_goal_by_goal() {
        let group = Position::first(Subject::KeyEvents, 3).at(7);
        let alone = group.alone().unwrap();
        assert_eq!((alone.to_string(), alone.alone()), ("0/1/total/0".to_owned(), None));
        assert_eq!(alone.next_goals(3).unwrap().to_string(), "1/3/total/0");
    }

    #[test]
    fn a_request_has_an_order_and_at_most_ten_metrics() {
        let goals: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).into();
        let metrics = metrics_of(&goals);
        assert!(metrics.len() <= 10);
        let days = DayRange::new(date(2026, 11, 1), date(2026, 11, 7)).unwrap();
        let position = Position { goals: 0..4, scope: WebScope::Campaign, offset: 25_000 };
        let request = position.request(days, &metrics);
        assert_eq!(request["dateRanges"][0], json!({ "startDate": "2026-11-01", "endDate": "2026-11-07" }));
        assert_eq!((&request["offset"], &request["limit"]), (&json!("25000"), &json!("25000")));
        assert_eq!(request["orderBys"].as_array().unwrap().len(), 4);
        assert_eq!(request["metrics"][8], json!({ "name": "sessionKeyEventRate:d" }));
    }
}
