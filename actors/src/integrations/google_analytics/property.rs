//! What is asked when connecting: the property itself, and which fields go together in it.

use rows::Currency;
use serde_json::json;

use super::{
    ADMIN, endpoint,
    report::{DIMENSIONS, METRICS, field, names},
    source::AnalyticsSource,
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts},
    reading::elements,
    session::{Call, Session},
};

/// The version of the Admin API, which is another one's.
const ADMIN_VERSION: &str = "v1beta";

impl AnalyticsSource {
    /// The property, as far as it can be read; and notes which metrics are to be left out.
    pub async fn check(&self, session: &Session) -> Result<Accounts, Failure> {
        let found = async {
            let account = self.described(session).await?;
            self.compare(session).await?;
            Ok(account)
        };
        Accounts::of_one(&self.property, found.await)
    }

    /// By the Admin API; where that is not for us, by what a report says of itself.
    async fn described(&self, session: &Session) -> Result<Account, Failure> {
        let id = self.property.clone();
        let call = Call::get_at(&[ADMIN_VERSION, "properties", &id], endpoint::PROPERTY);
        let told = match session.json(call.host(ADMIN.name).account(&id)).await {
            Err(Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::Gone { .. }) => {
                let today = json!([{ "startDate": "today", "endDate": "today" }]);
                let body = json!({ "dateRanges": today, "metrics": names(&[field::SESSIONS]), "limit": "1" });
                let response = session.send(self.call("runReport", endpoint::REPORT, body)).await?;
                let report: wire::Report<'_> = elements::answer(&response.body, endpoint::REPORT)?;
                let wire::Metadata { time_zone, currency_code, .. } = report.metadata;
                wire::Property { display_name: None, time_zone, currency_code }
            }
            told => told?,
        };
        let time_zone = told.time_zone.ok_or_else(|| Failure::Transient {
            reason: format!("property {id}: Google does not say in which time zone its days are counted"),
        })?;
        let name = told.display_name.unwrap_or_else(|| format!("property {id}"));
        let currency = told.currency_code.and_then(|code| Currency::parse(&code).ok());
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
            let reason =
                format!("property {property}: Google says that {field} does not go with all of {others}");
            return Err(Failure::Permanent { reason });
        }
        let left_out = METRICS.into_iter().filter(|metric| answer.is_incompatible(metric));
        *self.left_out.lock() = left_out.collect();
        Ok(())
    }
}
