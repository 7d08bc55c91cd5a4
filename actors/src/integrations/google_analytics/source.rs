//! One connection: its credentials, its property, its goals.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
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
    page::{DaysReply, DaysRequest, Page},
    reading::{cursor, elements, notes::note},
    session::{Auth, Call, Credential, Response, Session, Verdict},
};

/// A large report takes a while.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A connected property.
#[derive(Debug)]
pub struct AnalyticsSource {
    credential: Arc<Credential>,
    version: String,
    pub(super) property: String,
    goals: Vec<String>,
    /// Metrics that do not go with the others, as the last check found them.
    pub(super) left_out: Mutex<BTreeSet<&'static str>>,
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

    /// A method of the property: `runReport`.
    pub(super) fn call(&self, method: &str, endpoint: &'static str, body: Value) -> Call {
        let method = format!("{}:{method}", self.property);
        let call = Call::post_at(&[&self.version, "properties", &method], endpoint);
        call.account(&self.property).body(body).timeout(TIMEOUT)
    }

    /// One page of a window: of one of its reports.
    pub async fn page(
        &self,
        session: &Session,
        subject: Subject,
        request: DaysRequest<'_>,
    ) -> Result<DaysReply, Failure> {
        let DaysRequest { account, days, cursor, .. } = request;
        let position: Position =
            cursor::read(cursor)?.unwrap_or_else(|| Position::first(subject, self.goals.len()));
        let place = format!("property {}, {position} of {}..{}", self.property, days.first, days.last);
        let goals = self.goals.get(position.goals.clone()).unwrap_or_default();
        let metrics = match subject {
            Subject::Sessions => self.metrics(),
            Subject::KeyEvents => metrics_of(goals),
        };
        let call = self.call("runReport", endpoint::REPORT, position.request(days, &metrics));
        let body = match session.send(call).await {
            Ok(response) => response.body,
            // What is wrong is one of the goals: it takes none of the others with it.
            Err(Failure::Permanent { reason }) if !goals.is_empty() => {
                return self.without_a_goal(&position, &reason).map(DaysReply::from);
            }
            Err(failure) => return Err(failure),
        };
        let report: wire::Report<'_> = elements::answer(&body, &place)?;
        let so_far = position.so_far(&report);
        let table = Table::new(&self.property, position.scope, report, account.currency);
        // Only rows and their number are left out of a report in which there is nothing.
        if !table.has(dimensions(position.scope), &metrics) {
            let reason = format!("{place}: the answer lacks a column that was asked for");
            return Err(Failure::Transient { reason });
        }
        let mut page = match subject {
            Subject::Sessions => table.sessions(&place).into(),
            Subject::KeyEvents => Page::default(),
        };
        for goal in goals {
            page.absorb(table.conversions(goal, &place).into());
        }
        let (more, then) = (position.at(so_far.end()), position.next(self.goals.len()));
        so_far.lead(&mut page, [&position, &more], then.as_ref(), &place, self.fields())?;
        Ok(page.into())
    }

    /// What entries of the quarantine name.
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("property", self.property.clone())]
    }

    /// Metrics of sessions that go together.
    fn metrics(&self) -> Vec<String> {
        let left_out = self.left_out.lock();
        METRICS.iter().filter(|metric| !left_out.contains(*metric)).map(ToString::to_string).collect()
    }

    /// What follows where a report is refused because of a goal: the first of its goals alone; where it is alone, the others.
    fn without_a_goal(&self, position: &Position, reason: &str) -> Result<Page, Failure> {
        if let Some(alone) = position.alone() {
            return Ok(Page { next: cursor::next(Some(&alone)), ..Page::default() });
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
        let place = format!("property {}, goals", self.property);
        let mut fields = self.fields();
        fields.push(("goal", goal.clone()));
        let refused = note("refused", advice, &place, &goal, fields);
        let next = cursor::next(position.next_goals(self.goals.len()).as_ref());
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
