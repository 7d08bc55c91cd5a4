//! One connection: its credentials, its property, its goals; and what is asked when connecting: the property itself, and which fields
//! go together in it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;
use rows::Currency;
use serde_json::{Value, json};

use super::{
    ADMIN, SCOPE, endpoint, errors,
    report::{DIMENSIONS, METRICS, field, names},
    settings::Settings,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec, SetupError, Source},
    integrations::google,
    reading::elements,
    session::{Auth, Call, Credential, Response, Session, Verdict},
};

/// A large report takes a while.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The version of the Admin API, which is another one's.
const ADMIN_VERSION: &str = "v1beta";

/// A connected property.
#[derive(Debug)]
pub struct AnalyticsSource {
    credential: Arc<Credential>,
    version: String,
    pub(super) property: String,
    pub(super) goals: Vec<String>,
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

    /// The property, by the Admin API; where that is not for us, by what a report says of itself. Notes which metrics are to be left out.
    async fn found(&self, session: &Session) -> Result<Account, Failure> {
        let id = self.property.clone();
        let call = Call::get_at(&[ADMIN_VERSION, "properties", &id], endpoint::PROPERTY);
        let told: wire::Metadata = match session.json(call.host(ADMIN.name).account(&id)).await {
            Err(Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::Gone { .. }) => {
                let today = json!([{ "startDate": "today", "endDate": "today" }]);
                let body = json!({ "dateRanges": today, "metrics": names(&[field::SESSIONS]), "limit": "1" });
                let response = session.send(self.call("runReport", endpoint::REPORT, body)).await?;
                let report: wire::Report<'_> = elements::answer(&response.body, endpoint::REPORT)?;
                report.metadata
            }
            told => told?,
        };
        let time_zone = told.time_zone.ok_or_else(|| Failure::Transient {
            reason: format!("property {id}: Google does not say in which time zone its days are counted"),
        })?;
        let name = told.display_name.unwrap_or_else(|| format!("property {id}"));
        let currency = told.currency_code.and_then(|code| Currency::parse(&code).ok());
        self.compare(session).await?;
        Ok(Account { id, name, currency, time_zone })
    }

    /// Asks which fields go together: that changes with Google's versions. What does not go with the others is left out and
    /// unknown; without sessions, or without their origin, there is nothing to read.
    async fn compare(&self, session: &Session) -> Result<(), Failure> {
        let body = json!({
            "dimensions": names(DIMENSIONS),
            "metrics": names(&METRICS),
            "compatibilityFilter": "INCOMPATIBLE",
        });
        let call = self.call("checkCompatibility", endpoint::COMPATIBILITY, body);
        let answer: wire::Compatibility = match session.json(call).await {
            // It is not answered here: reports will tell.
            Err(Failure::Permanent { .. } | Failure::Gone { .. }) => return Ok(()),
            answer => answer?,
        };
        let needed = DIMENSIONS.iter().chain([&field::SESSIONS]);
        if let Some(field) = needed.copied().find(|field| answer.is_incompatible(field)) {
            let (property, others) = (&self.property, [DIMENSIONS, &METRICS].concat().join(", "));
            let reason = format!("property {property}: Google says that {field} does not go with {others}");
            return Err(Failure::Permanent { reason });
        }
        let left_out = METRICS.into_iter().filter(|metric| answer.is_incompatible(metric));
        *self.left_out.lock() = left_out.collect();
        Ok(())
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
        async { Accounts::of_one(&self.property, self.found(session).await) }.boxed()
    }
}
