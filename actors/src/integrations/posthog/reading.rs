//! A day, query by query. Each query is one page; what a later one needs of an earlier one travels in the cursor, which
//! stays in memory.
//!
//! Revenue comes first, because it is known from events and belongs into the rows of visits; then the day as a whole,
//! whose users are not the sum of anything; then its origins, in pages: behind the last row of the one before, never
//! by offset.

use std::borrow::Cow;

use jiff::Timestamp;
use rows::Day;
use serde::{Deserialize, Serialize};

use super::{
    answer::{Asking, Outcome, POLICY, undocumented},
    mapping::Mapping,
    query::{Query, column},
    revenue::Revenue,
    settings::Plan,
    wire::Table,
};
use crate::{
    failure::Failure,
    page::{DaysReply, DaysRequest, Next, Page, Pending},
    reading::{cursor, remote_job::Job},
    session::Session,
};

/// The reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Of visits: `sessions`.
    Visits,
    /// Of goals that were reached.
    Conversions,
}

/// Which query comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// Revenue by origin.
    Revenue { after: Option<Vec<String>> },
    /// The day as a whole.
    Total,
    /// The day by origin.
    Origins { after: Option<Vec<String>> },
}

/// A query that PostHog works on, and which of the day's it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Awaited {
    step: Step,
    working: Job,
}

/// Where a day's reading stands.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    step: Step,
    /// Queries of this day that PostHog has worked on by itself. A reading that goes on begins again at its first query
    /// and finds their answers here.
    awaited: Vec<Awaited>,
    /// What is known of revenue; nothing where it is not asked for.
    revenue: Option<Revenue>,
    /// Rows a page from here on, where pages of the configured size were too large to be read.
    page_size: Option<u32>,
}

/// One page of a day.
pub async fn page(
    plan: &Plan,
    session: &Session,
    report: Report,
    request: DaysRequest<'_>,
) -> Result<DaysReply, Failure> {
    let DaysRequest { account, days, cursor, resume, now, .. } = request;
    if days.first != days.last {
        // The engine makes single days of them.
        return Ok(DaysReply::Split { parts: Vec::new() });
    }
    let mut position = cursor::read(cursor)?.unwrap_or_else(|| Position::first(report, plan, resume));
    let asking = Asking { session, project: &plan.project, asked_after: Some(now) };
    loop {
        let query = position.step.query(report, &position.plan(plan), days.first);
        let table = match asking.answer(&query, position.working()).await {
            Ok(Outcome::Answered(table)) => table,
            Ok(Outcome::Working(working)) => {
                return Ok(position.pending(&working, session.agreed_now()).into());
            }
            Err(Failure::TooMuch { .. }) if position.step.is_paged() && query.limit > 1 => {
                position.ask_for_less(query.limit);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        return position.take(&table, &query, plan, &account.id, days.first, report).map(DaysReply::Page);
    }
}

// === impl Step ===

impl Step {
    fn query(&self, report: Report, plan: &Plan, day: Day) -> Query {
        match (self, report) {
            (Self::Revenue { after }, _) => Query::revenue(plan, day, after.as_deref()),
            (Self::Total, Report::Visits) => Query::total_visits(plan, day),
            (Self::Total, Report::Conversions) => Query::total_conversions(plan, day),
            (Self::Origins { after }, Report::Visits) => Query::visits(plan, day, after.as_deref()),
            (Self::Origins { after }, Report::Conversions) => Query::conversions(plan, day, after.as_deref()),
        }
    }

    /// What the rows are told apart by.
    const fn key(&self, report: Report) -> &'static [&'static str] {
        match (self, report) {
            (Self::Revenue { .. }, _) | (Self::Origins { .. }, Report::Visits) => column::ORIGIN,
            (Self::Origins { .. }, Report::Conversions) => column::GOAL_ORIGIN,
            (Self::Total, Report::Visits) => &[],
            (Self::Total, Report::Conversions) => &[column::GOAL],
        }
    }

    const fn numbers(&self, report: Report) -> &'static [&'static str] {
        match (self, report) {
            (Self::Revenue { .. }, _) => &[column::REVENUE],
            (_, Report::Visits) => {
                &[column::SESSIONS, column::PAGE_VIEWS, column::SESSION_SECONDS, column::USERS]
            }
            (_, Report::Conversions) => &[column::CONVERSIONS, column::CONVERTING_SESSIONS],
        }
    }

    /// Whether its rows come in pages.
    const fn is_paged(&self) -> bool {
        matches!(self, Self::Revenue { .. } | Self::Origins { .. })
    }

    /// What comes after it: the same behind this row, or the next one.
    fn next(&self, more: Option<Vec<String>>) -> Option<Self> {
        match (self, more) {
            (Self::Revenue { .. }, None) => Some(Self::Total),
            (Self::Revenue { .. }, after) => Some(Self::Revenue { after }),
            (Self::Total, _) => Some(Self::Origins { after: None }),
            (Self::Origins { .. }, None) => None,
            (Self::Origins { .. }, after) => Some(Self::Origins { after }),
        }
    }

    /// Behind which row the rest of this query's rows stands; nothing when these are all.
    fn more(&self, report: Report, table: &Table, query: &Query) -> Result<Option<Vec<String>>, Failure> {
        let limit = u64::from(query.limit);
        let count = table.rows.len() as u64;
        if count > limit {
            return Err(undocumented("more rows than were asked for"));
        }
        let kept_to = table.limit.map_or(limit, |kept_to| kept_to.min(limit));
        if count < kept_to && !table.has_more {
            return Ok(None);
        }
        let (Self::Revenue { after } | Self::Origins { after }) = self else {
            return Err(undocumented("more rows than a whole day has"));
        };
        let last = table.rows.last().and_then(|row| table.cells(row).ok()?.texts(self.key(report)).ok());
        let Some(last) = last else {
            return Err(undocumented("more rows follow, but nothing says behind which"));
        };
        if after.as_ref().is_some_and(|after| last <= *after) {
            return Err(undocumented("a page does not go on behind the one before"));
        }
        Ok(Some(last))
    }
}

// === impl Position ===

impl Position {
    /// The beginning of a day; `resume` is from an earlier [`Position::pending`].
    fn first(report: Report, plan: &Plan, resume: Option<&str>) -> Self {
        let revenue = (report == Report::Visits && plan.currency.is_some()).then(Revenue::default);
        let step = if revenue.is_some() { Step::Revenue { after: None } } else { Step::Total };
        // An unreadable one is from another version: everything is asked again.
        let awaited = resume.and_then(|resume| serde_json::from_str(resume).ok()).unwrap_or_default();
        Self { step, awaited, revenue, page_size: None }
    }

    /// The plan with pages of the size that can be read.
    fn plan<'a>(&self, plan: &'a Plan) -> Cow<'a, Plan> {
        match self.page_size {
            Some(page_size) => Cow::Owned(Plan { page_size, ..plan.clone() }),
            None => Cow::Borrowed(plan),
        }
    }

    /// A page of so many rows was too large: half of it is asked for. PostHog's own work on it is of no use.
    fn ask_for_less(&mut self, rows: u32) {
        self.page_size = Some((rows / 2).max(1));
        self.awaited.retain(|awaited| awaited.step != self.step);
    }

    fn working(&self) -> Option<&Job> {
        self.awaited.iter().find(|awaited| awaited.step == self.step).map(|awaited| &awaited.working)
    }

    fn pending(mut self, working: &Job, now: Timestamp) -> Pending {
        self.awaited.retain(|awaited| awaited.step != self.step);
        self.awaited.push(Awaited { step: self.step, working: working.clone() });
        working.pending(serde_json::json!(self.awaited).to_string(), now, &POLICY)
    }

    fn take(
        mut self,
        table: &Table,
        query: &Query,
        plan: &Plan,
        account_id: &str,
        date: Day,
        report: Report,
    ) -> Result<Page, Failure> {
        let (key, numbers) = (self.step.key(report), self.step.numbers(report));
        let lacking = table.lacks(key).or_else(|| table.lacks(numbers));
        if let Some(lacking) = lacking.filter(|_| !table.rows.is_empty()) {
            return Err(undocumented(&format!("the column {lacking} is missing")));
        }
        let more = self.step.more(report, table, query)?;
        let mut mapping =
            Mapping { account_id, date, currency: plan.currency, place: query.name, quarantined: Vec::new() };
        let revenue = &mut self.revenue;
        let rows = match (&self.step, report) {
            (Step::Revenue { .. }, _) => {
                mapping.revenue(table, revenue.get_or_insert_default());
                Vec::new()
            }
            (Step::Total, Report::Visits) => mapping.total_visits(table, revenue.as_ref())?,
            (Step::Total, Report::Conversions) => mapping.total_conversions(table),
            (Step::Origins { .. }, Report::Visits) => mapping.visits(table, revenue.as_mut()),
            (Step::Origins { .. }, Report::Conversions) => mapping.conversions(table),
        };
        let next = if let Some(step) = self.step.next(more) {
            self.step = step;
            cursor::next(Some(&self))
        } else {
            if let Some(revenue) = &self.revenue {
                mapping.revenue_alone(revenue);
            }
            Next::End(None)
        };
        Ok(Page { rows, quarantined: mapping.quarantined, next, ..Page::default() })
    }
}
