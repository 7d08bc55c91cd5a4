//! PostHog: visits and conversions of a project, asked for in HogQL through the Query API.
//! <https://posthog.com/docs/api/queries>
//!
//! | file | what |
//! | --- | --- |
//! | `query.rs` | what is asked: the HogQL of each stream |
//! | `reading.rs` | a day, query by query: each is one page |
//! | `answer.rs` | one query's way there and back: at once, or when PostHog has it ready |
//! | `wire.rs` | what PostHog sends |
//! | `mapping.rs`, `revenue.rs` | from there to the project's rows |
//! | `errors.rs` | what an answer means |

mod answer;
mod errors;
mod mapping;
mod query;
mod reading;
mod revenue;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use jiff::SignedDuration;
use rows::Table;
use secrecy::SecretString;

use self::{
    answer::Asking,
    query::Query,
    reading::Report,
    settings::{Plan, Settings},
};
use crate::{
    failure::Failure,
    integration::{
        Account, Accounts, ConnectionSpec, CredentialSpec, Integration, Manifest, Setup, SetupError, Source,
    },
    reader::StreamOf,
    session::{
        Auth, Response, Session, Verdict,
        quota::{QuotaRule, Scope},
    },
    stream::{DAILY, Days, FRESH, QUARTER_DAY, Tier},
};

/// Endpoints, as quota and errors name them.
mod endpoint {
    pub const QUERY: &str = "query";
    pub const STATUS: &str = "query.status";
}

/// Queries an hour that a connection sends. Older organisations have 120 for each key, which may serve two projects.
const QUERIES_PER_HOUR: f64 = 60.0;
/// Queries that may go back to back after an hour without any.
const QUERIES_AT_ONCE: u32 = 40;
/// Events arrive late (telephones without a network), and sessions that began at a day's end go on.
const SETTLING: SignedDuration = SignedDuration::from_hours(48);

const API_KEY: CredentialSpec = CredentialSpec::required(
    "api_key",
    "a personal API key (phx_…) or project secret API key with the scope query:read for this project only, from \
     Settings > Personal API keys in PostHog",
);

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostHog;

/// One connected project.
#[derive(Debug)]
pub struct PostHogSource {
    key: SecretString,
    plan: Plan,
}

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "posthog",
    base_url: "https://us.posthog.com",
    credentials: &[API_KEY],
    // A connection's first days are there at once, then it goes at one query a minute: at most 100 in any hour, of 120 that
    // the oldest organisations have. Its two streams run at most two at once; PostHog runs three for a project, its
    // people's own among them.
    rates: &[QuotaRule {
        scope: Scope::Project,
        limit: QUERIES_PER_HOUR,
        per: Duration::from_hours(1),
        burst: QUERIES_AT_ONCE,
    }],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl PostHog ===

impl Integration for PostHog {
    type Settings = Settings;
    type Source = PostHogSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<PostHogSource>> {
        vec![
            report("sessions", Report::Visits, &[Table::WebAnalyticsDaily]),
            report("conversions", Report::Conversions, &[Table::WebConversionsDaily])
                .enabled(!settings.goals.is_empty()),
        ]
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        (!settings.project.is_empty()).then(|| vec![format!("project {}", settings.project)])
    }

    fn accounts_in(&self, settings: &Settings) -> Vec<String> {
        if settings.project.is_empty() { Vec::new() } else { vec![settings.project.clone()] }
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<PostHogSource, SetupError> {
        PostHogSource::new(setup.spec, &setup.settings)
    }
}

/// A day is four queries (five with revenue), so that today takes 16 to 20 an hour, and the days before it few.
fn report(name: &'static str, report: Report, tables: &'static [Table]) -> StreamOf<PostHogSource> {
    let tiers = vec![
        Tier { days: 1, every: FRESH },
        Tier { days: 3, every: QUARTER_DAY },
        Tier { days: 8, every: DAILY },
    ];
    let policy = Days { level: None, tiers, settling: SETTLING, window_days_max: 1, history_days_max: None };
    StreamOf::days(name, tables, policy, move |source: &PostHogSource, session, request| {
        reading::page(&source.plan, session, report, request).boxed()
    })
}

// === impl PostHogSource ===

impl PostHogSource {
    /// Checks what is configured. Sends nothing.
    fn new(spec: &ConnectionSpec, settings: &Settings) -> Result<Self, SetupError> {
        let plan = settings.plan()?;
        settings::check_host(&spec.base_url)?;
        if spec.accounts.iter().any(|account| *account != plan.project.id) {
            return Err(SetupError::Setting {
                key: "project".to_owned(),
                problem: "a connection reads this one project: leave `accounts` out".to_owned(),
            });
        }
        Ok(Self { key: spec.credential(&API_KEY)?, plan })
    }

    async fn check(&self, session: &Session) -> Result<Accounts, Failure> {
        let Plan { project, currency, time_zone, .. } = &self.plan;
        let asking = Asking { session, project, asked_after: None };
        match asking.answer(&Query::probe(), None).await {
            // Forbidden: a key that is known, but may not do this. Each stream tells what it lacks.
            Ok(_) | Err(Failure::Forbidden { .. }) => {}
            Err(failure) => return Err(failure),
        }
        Ok(Accounts::one(Account {
            id: project.id.clone(),
            // Its name would need another scope.
            name: format!("project {}", project.id),
            currency: *currency,
            time_zone: time_zone.clone(),
        }))
    }
}

impl Source for PostHogSource {
    fn auth(&self) -> Auth {
        Auth::Bearer(self.key.clone())
    }

    fn classify(&self, response: &Response) -> Verdict {
        errors::meaning(response).into()
    }

    fn check<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        self.check(session).boxed()
    }
}
