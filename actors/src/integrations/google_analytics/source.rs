//! One connection: its credentials, its property, its goals.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use rows::quarantine::{Quarantined, sha256_hex};
use serde_json::Value;

use super::{
    ADMIN, SCOPE, endpoint, errors,
    mapping::Table,
    report::{METRICS, Position, Subject, dimensions, metrics_of},
    settings::Settings,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Accounts, ConnectionSpec, SetupError, Source},
    integrations::google,
    page::{DaysReply, DaysRequest, Next, Page},
    session::{Auth, Call, Credential, Response, Session, Verdict},
};

/// A large report takes a while.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A connected property.
#[derive(Debug)]
pub struct AnalyticsSource {
    credential: Arc<Credential>,
    version: String,
    property: String,
    goals: Vec<String>,
    /// Metrics that do not go with the others, as the last check found them.
    left_out: Mutex<BTreeSet<&'static str>>,
}

// === impl AnalyticsSource ===

impl AnalyticsSource {
    /// Checks what is configured. Sends nothing.
    pub fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        let property = settings.property()?;
        if spec.accounts.iter().any(|account| *account != property) {
            spec.refuse_accounts("property", "a connection reads this one property")?;
        }
        Ok(Self {
            credential: google::credential(spec, SCOPE)?,
            version: spec.api_version.clone(),
            goals: settings.goals()?,
            property,
            left_out: Mutex::default(),
        })
    }

    pub(super) fn property(&self) -> &str {
        &self.property
    }

    pub(super) fn leave_out(&self, metrics: BTreeSet<&'static str>) {
        *self.left_out.lock() = metrics;
    }

    /// A method of the property: `runReport`.
    pub(super) fn call(&self, method: &str, endpoint: &'static str, body: Value) -> Call {
        let method = format!("{}:{method}", self.property);
        let mut call =
            Call::post_at(&[&self.version, "properties", &method], endpoint).account(&self.property);
        call.body = Some(body);
        call.timeout = Some(TIMEOUT);
        call
    }

    /// One page of a window: of one of its reports.
    pub async fn page(
        &self,
        session: &Session,
        subject: Subject,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let position = match request.cursor.map(str::parse) {
            None => Position::first(subject, self.goals.len()),
            Some(Ok(position)) => position,
            Some(Err(())) => {
                return Err(Failure::Permanent { reason: "a cursor of another form".to_owned() });
            }
        };
        let place = format!(
            "property {}, {position} of {}..{}",
            self.property, request.days.first, request.days.last
        );
        let goals = self.goals.get(position.goals.clone()).unwrap_or_default();
        let metrics = match subject {
            Subject::Sessions => self.metrics(),
            Subject::KeyEvents => metrics_of(goals),
        };
        let body = position.request(request.days, &metrics);
        let body = match session.send(self.call("runReport", endpoint::REPORT, body)).await {
            Ok(response) => response.body,
            // What is wrong is one of the goals: it takes none of the others with it.
            Err(Failure::Permanent { reason }) if !goals.is_empty() => {
                return self.without_a_goal(&position, &reason).map(DaysReply::from);
            }
            Err(failure) => return Err(failure),
        };
        let report: wire::Report<'_> =
            serde_json::from_slice(&body).map_err(|error| Failure::undocumented(&place, &body, &error))?;
        let came = report.rows.len() as u64;
        let counted = report.row_count.and_then(|count| u64::try_from(count.0).ok());
        let table = Table::new(&self.property, position.scope, report, request.account.currency);
        // Only rows and their number are left out of a report in which there is nothing.
        if !table.has(dimensions(position.scope), &metrics) {
            let reason = format!("{place}: the answer lacks a column that was asked for");
            return Err(Failure::Transient { reason });
        }
        let mut page = Page::default();
        if subject == Subject::Sessions {
            let read = table.sessions(&place);
            (page.rows, page.quarantined) = (read.rows, read.quarantined);
        }
        for goal in goals {
            let read = table.conversions(goal, &place);
            page.rows.extend(read.rows.into_iter().flatten());
            page.quarantined.extend(read.quarantined);
        }
        let (total, end) = (position.total(counted, came), position.offset + came);
        // Reports of one page have another number of rows each, and say nothing of what moved meanwhile.
        page.total = (total > came).then_some(total);
        page.next = if end < total && came == 0 && position.offset > 0 {
            // More is counted than there is: what came is stored, and nothing is deleted for what did not.
            page.quarantined.push(incomplete(&self.property, &place, end, total));
            follow(position.next(self.goals.len()))
        } else if end < total {
            Next::after(true, Some(position.at(end).to_string()), Some(&position.to_string()), &place)?
        } else {
            follow(position.next(self.goals.len()))
        };
        Ok(page.into())
    }

    /// Metrics of sessions that go together.
    fn metrics(&self) -> Vec<String> {
        let left_out = self.left_out.lock();
        METRICS
            .iter()
            .filter(|metric| !left_out.contains(*metric))
            .map(|metric| (*metric).to_owned())
            .collect()
    }

    /// What follows where a report is refused because of a goal: the first of its goals alone; where it is alone, the others.
    fn without_a_goal(&self, position: &Position, reason: &str) -> Result<Page, Failure> {
        if let Some(alone) = position.alone() {
            return Ok(Page { next: follow(Some(alone)), ..Page::default() });
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
        let refused = Quarantined {
            reason: "refused",
            detail: advice,
            place: format!("property {}, goals", self.property),
            hash: sha256_hex(goal.as_bytes()),
            fields: vec![("property", self.property.clone()), ("goal", goal)],
            day: None,
        };
        let next = follow(position.next_goals(self.goals.len()));
        Ok(Page { quarantined: vec![refused], next, ..Page::default() })
    }
}

impl Source for AnalyticsSource {
    fn auth(&self) -> Auth {
        Auth::token(Arc::clone(&self.credential))
    }

    fn auth_at(&self, host: &'static str) -> Auth {
        if host == ADMIN.name { self.auth() } else { Auth::None }
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::classify(response)
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Self::check(self, session).boxed()
    }
}

/// The same entry every time.
fn incomplete(property: &str, place: &str, came: u64, total: u64) -> Quarantined {
    Quarantined {
        reason: "incomplete",
        detail: format!("{came} of {total} rows came: nothing is deleted for what is missing"),
        place: place.to_owned(),
        hash: sha256_hex(format!("incomplete\n{place}").as_bytes()),
        fields: vec![("property", property.to_owned())],
        day: None,
    }
}

/// The page at this position, or the end.
fn follow(position: Option<Position>) -> Next {
    position.map_or(Next::End(None), |position| Next::More(position.to_string()))
}
