//! What is asked: HogQL, one query for one day. <https://posthog.com/docs/hogql>
//!
//! Texts are put together from constants alone; everything that is configured or was read stands in `values`, whose
//! `{placeholders}` PostHog fills. The one exception is the name of the revenue property, which is an identifier and is
//! checked letter by letter.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use rows::{
    Day,
    day::{plus_days, start_of},
};
use serde_json::{Map, Value, json};

use super::{
    endpoint,
    settings::{Plan, Project},
};
use crate::session::Call;

/// How far beyond a day's ends its filter by time reaches: a session lasts a day at most, so that its events may come
/// on the next one. What belongs to the day is decided by the session's day alone.
const GUARD: SignedDuration = SignedDuration::from_hours(24);
/// PostHog lets a query wait half a minute and run for ten seconds, and its edge gives up after more than a minute.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(90);

/// One query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Shown in PostHog's own log of queries.
    pub name: &'static str,
    /// HogQL with placeholders.
    text: String,
    /// What they stand for.
    values: Map<String, Value>,
    /// Rows that it gives at most.
    pub limit: u32,
}

/// Columns of a query, by the names under which they come back.
pub mod column {
    pub const GOAL: &str = "goal";
    pub const CAMPAIGN: &str = "campaign";
    pub const SOURCE: &str = "source";
    pub const MEDIUM: &str = "medium";
    pub const SESSIONS: &str = "sessions";
    pub const PAGE_VIEWS: &str = "page_views";
    pub const SESSION_SECONDS: &str = "session_seconds";
    pub const USERS: &str = "users";
    pub const CONVERSIONS: &str = "conversions";
    pub const CONVERTING_SESSIONS: &str = "converting_sessions";
    pub const REVENUE: &str = "revenue";

    /// What an origin is made of, in the order of pages.
    pub const ORIGIN: &[&str] = &[CAMPAIGN, SOURCE, MEDIUM];
    /// A goal's origin, in the order of pages.
    pub const GOAL_ORIGIN: &[&str] = &[GOAL, CAMPAIGN, SOURCE, MEDIUM];
}

/// What all visits of the day say.
const VISITS: &str = "count() AS sessions, ifNull(sum($pageview_count + $screen_count), 0) AS page_views, \
                      ifNull(sum($session_duration), 0) AS session_seconds, uniq(person_id) AS users";
/// What the goals' events of the day say.
const CONVERSIONS: &str = "count() AS conversions, uniq($session_id) AS converting_sessions";

// === impl Query ===

impl Query {
    /// The cheapest question that only a key with the right scope gets an answer to.
    pub fn probe() -> Self {
        let text = "SELECT 1 AS one LIMIT 1".to_owned();
        Self { name: "dynamoi_check", text, values: Map::new(), limit: 1 }
    }

    /// Visits of the whole day: one row. Another one would be seen.
    pub fn total_visits(plan: &Plan, day: Day) -> Self {
        Builder::new(plan, day).build(
            "dynamoi_sessions_total",
            &format!("SELECT {VISITS} FROM sessions WHERE {}", of_the_day("", "$start_timestamp")),
            2,
        )
    }

    /// Visits of the day by origin, beyond `after`.
    pub fn visits(plan: &Plan, day: Day, after: Option<&[String]>) -> Self {
        let mut builder = Builder::new(plan, day);
        let page = builder.page(column::ORIGIN, after);
        builder.build(
            "dynamoi_sessions",
            &format!(
                "SELECT {}, {VISITS} FROM sessions WHERE {} {page}",
                origin(""),
                of_the_day("", "$start_timestamp")
            ),
            plan.page_size,
        )
    }

    /// Conversions of the whole day: a row for each goal that was reached.
    pub fn total_conversions(plan: &Plan, day: Day) -> Self {
        let mut builder = Builder::new(plan, day);
        let goals = builder.goals(&plan.goals);
        // One row more than there are goals: a name that comes back in another form is seen.
        let limit = u32::try_from(plan.goals.len()).unwrap_or(u32::MAX - 1) + 1;
        builder.build(
            "dynamoi_conversions_total",
            &format!(
                "SELECT event AS goal, {CONVERSIONS} FROM events WHERE {goals} AND {} GROUP BY goal ORDER BY goal",
                of_the_day("session.", "timestamp")
            ),
            limit,
        )
    }

    /// Conversions of the day by goal and origin, beyond `after`.
    pub fn conversions(plan: &Plan, day: Day, after: Option<&[String]>) -> Self {
        let mut builder = Builder::new(plan, day);
        let goals = builder.goals(&plan.goals);
        let page = builder.page(column::GOAL_ORIGIN, after);
        builder.build(
            "dynamoi_conversions",
            &format!(
                "SELECT event AS goal, {}, {CONVERSIONS} FROM events WHERE {goals} AND {} {page}",
                origin("session."),
                of_the_day("session.", "timestamp")
            ),
            plan.page_size,
        )
    }

    /// Revenue of the day's visits by origin, beyond `after`.
    pub fn revenue(plan: &Plan, day: Day, after: Option<&[String]>) -> Self {
        let mut builder = Builder::new(plan, day);
        let goals = builder.goals(&plan.goals);
        let page = builder.page(column::ORIGIN, after);
        // As text, or a property that PostHog takes for a number would go through a float; the sum is a decimal, and
        // comes back as text for the same reason.
        let amount = format!("toDecimal(toString(properties.{}), 6)", plan.revenue_property.as_str());
        builder.build(
            "dynamoi_revenue",
            &format!(
                "SELECT {}, toString(sum({amount})) AS revenue FROM events WHERE {goals} AND {} {page}",
                origin("session."),
                of_the_day("session.", "timestamp")
            ),
            plan.page_size,
        )
    }

    /// The request. `force_blocking`: an answer from PostHog's cache would be an old reading in a new one's place.
    pub fn call(&self, project: &Project) -> Call {
        let body = json!({
            "query": { "kind": "HogQLQuery", "query": self.text, "values": self.values },
            "refresh": "force_blocking",
            "name": self.name,
        });
        let path = ["api", "projects", &project.id, "query", ""];
        let call = Call::post_at(&path, endpoint::QUERY).account(&project.id);
        Call { body: Some(body), timeout: Some(TIMEOUT), ..call }
    }
}

/// Where a visit came from. `table` is `""` among sessions and `session.` among events.
fn origin(table: &str) -> String {
    format!(
        "coalesce({table}$entry_utm_campaign, '') AS campaign, \
         coalesce(nullIf(coalesce({table}$entry_utm_source, {table}$entry_referring_domain, ''), '$direct'), \
         '(direct)') AS source, \
         coalesce({table}$entry_utm_medium, '') AS medium"
    )
}

/// Sessions that began on the day, in the connection's zone. The bounds on `time` only spare PostHog the other days.
fn of_the_day(table: &str, time: &str) -> String {
    format!(
        "{time} >= toDateTime({{from}}) AND {time} < toDateTime({{to}}) AND \
         toDate(toTimeZone({table}$start_timestamp, {{zone}})) = toDate({{day}})"
    )
}

/// A query in the making.
struct Builder {
    values: Map<String, Value>,
}

// === impl Builder ===

impl Builder {
    fn new(plan: &Plan, day: Day) -> Self {
        let guarded = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap_or(at).to_string();
        let begin = start_of(day, &plan.zone);
        let end = start_of(plus_days(day, 1), &plan.zone);
        let mut builder = Self { values: Map::new() };
        builder.set("from", guarded(begin, -GUARD));
        builder.set("to", guarded(end, GUARD));
        builder.set("zone", plan.time_zone.clone());
        builder.set("day", day.to_string());
        builder
    }

    fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), Value::String(value));
    }

    /// The goals' events.
    fn goals(&mut self, goals: &[String]) -> String {
        let mut names = Vec::with_capacity(goals.len());
        for (index, goal) in goals.iter().enumerate() {
            let name = format!("goal_{index}");
            names.push(format!("{{{name}}}"));
            self.set(&name, goal.clone());
        }
        match names.as_slice() {
            [only] => format!("event = {only}"),
            several => format!("event IN ({})", several.join(", ")),
        }
    }

    /// Groups by the columns, and gives what stands after the last page's last row.
    fn page(&mut self, columns: &[&str], after: Option<&[String]>) -> String {
        let columns = columns.join(", ");
        let mut text = format!("GROUP BY {columns}");
        if let Some(after) = after {
            let mut names = Vec::with_capacity(after.len());
            for (index, value) in after.iter().enumerate() {
                let name = format!("after_{index}");
                names.push(format!("{{{name}}}"));
                self.set(&name, value.clone());
            }
            let _ = write!(text, " HAVING ({columns}) > ({})", names.join(", "));
        }
        let _ = write!(text, " ORDER BY {columns}");
        text
    }

    /// Without LIMIT, PostHog gives a hundred rows and says nothing.
    fn build(self, name: &'static str, text: &str, limit: u32) -> Query {
        Query { name, text: format!("{text} LIMIT {limit}"), values: self.values, limit }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::integrations::posthog::settings::Settings;

    fn plan(zone: &str) -> Plan {
        let settings = Settings {
            project: "12345".to_owned(),
            goals: vec!["signed_up".to_owned(), "o'hara\") --".to_owned()],
            time_zone: zone.to_owned(),
            currency: Some("EUR".to_owned()),
            page_size: 25,
            ..Settings::default()
        };
        settings.plan().unwrap()
    }

    fn all(plan: &Plan, after: Option<&[String]>) -> [Query; 5] {
        let day = date(2026, 10, 25);
        [
            Query::total_visits(plan, day),
            Query::visits(plan, day, after),
            Query::total_conversions(plan, day),
            Query::conversions(plan, day, after),
            Query::revenue(plan, day, after),
        ]
    }

    #[test]
    fn every_query_has_a_limit_and_a_name_of_its_own() {
        let plan = plan("UTC");
        let mut names = std::collections::BTreeSet::new();
        for query in all(&plan, None).into_iter().chain([Query::probe()]) {
            assert!(query.text.ends_with(&format!(" LIMIT {}", query.limit)), "{}", query.text);
            assert!(names.insert(query.name));
        }
    }

    #[test]
    fn what_was_configured_or_read_stands_beside_the_text() {
        let plan = plan("Europe/Berlin");
        let after = ["'; DROP".to_owned(), "night-drive".to_owned(), "{zone}".to_owned(), String::new()];
        for query in all(&plan, Some(&after)) {
            for foreign in ["signed_up", "hara", "DROP", "night-drive", "Berlin", "2026"] {
                assert!(!query.text.contains(foreign), "{foreign} in {}", query.text);
            }
            for placeholder in query.text.split('{').skip(1) {
                let name = placeholder.split('}').next().unwrap();
                assert!(query.values.contains_key(name), "{name} is not filled in {}", query.text);
            }
        }
    }

    #[test]
    fn the_guard_reaches_a_day_beyond_a_day_of_25_hours() {
        let query = Query::total_visits(&plan("Europe/Berlin"), date(2026, 10, 25));
        assert_eq!(query.values["from"], "2026-10-23T22:00:00Z");
        assert_eq!(query.values["to"], "2026-10-26T23:00:00Z");
        assert_eq!(query.values["day"], "2026-10-25");
        assert_eq!(query.values["zone"], "Europe/Berlin");
    }

    #[test]
    fn a_page_goes_on_behind_the_last_row() {
        let plan = plan("UTC");
        let day = date(2026, 11, 20);
        assert!(!Query::visits(&plan, day, None).text.contains("HAVING"));
        let after = ["night-drive".to_owned(), "google".to_owned(), String::new()];
        let query = Query::visits(&plan, day, Some(&after));
        assert!(
            query
                .text
                .contains("HAVING (campaign, source, medium) > ({after_0}, {after_1}, {after_2}) ORDER BY"),
            "{}",
            query.text
        );
        assert_eq!(query.values["after_0"], "night-drive");
        assert_eq!(query.values["after_2"], "");
    }

    #[test]
    fn one_goal_is_compared_and_several_are_listed() {
        let mut plan = plan("UTC");
        let day = date(2026, 11, 20);
        assert!(Query::total_conversions(&plan, day).text.contains("event IN ({goal_0}, {goal_1}) AND"));
        plan.goals.truncate(1);
        assert!(Query::total_conversions(&plan, day).text.contains("event = {goal_0} AND"));
    }

    #[test]
    fn the_request_asks_for_no_cached_answer() {
        let plan = plan("UTC");
        let call = Query::probe().call(&plan.project);
        assert_eq!(call.path, "/api/projects/12345/query/");
        let body = call.body.unwrap();
        assert_eq!(body["refresh"], "force_blocking");
        assert_eq!(body["query"]["kind"], "HogQLQuery");
    }
}
