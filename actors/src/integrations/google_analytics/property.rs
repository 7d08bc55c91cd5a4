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
    session::{Call, Session},
};

/// The version of the Admin API, which is another one's.
const ADMIN_VERSION: &str = "v1beta";

impl AnalyticsSource {
    /// The property, as far as it can be read; and notes which metrics are to be left out.
    pub async fn check(&self, session: &Session) -> Result<Accounts, Failure> {
        let mut accounts = Accounts::default();
        let found = match self.described(session).await {
            Ok(account) => self.compare(session).await.map(|()| account),
            Err(failure) => Err(failure),
        };
        match found {
            Err(failure @ (Failure::Forbidden { .. } | Failure::Permanent { .. })) => {
                accounts.add(self.property(), Err(failure));
            }
            found => accounts.add(self.property(), Ok(found?)),
        }
        Ok(accounts)
    }

    /// By the Admin API; where that is not for us, by what a report says of itself.
    async fn described(&self, session: &Session) -> Result<Account, Failure> {
        let call = Call::get_at(&[ADMIN_VERSION, "properties", self.property()], endpoint::PROPERTY);
        let call = call.host(ADMIN.name).account(self.property());
        match session.json::<wire::Property>(call).await {
            Ok(property) => self.account(property.display_name, property.time_zone, property.currency_code),
            Err(Failure::Forbidden { .. } | Failure::Permanent { .. } | Failure::Gone { .. }) => {
                let today = json!([{ "startDate": "today", "endDate": "today" }]);
                let body = json!({ "dateRanges": today, "metrics": names(&[field::SESSIONS]), "limit": "1" });
                let response = session.send(self.call("runReport", endpoint::REPORT, body)).await?;
                let wire::Beside { metadata, .. } = response.json(endpoint::REPORT)?;
                self.account(None, metadata.time_zone, metadata.currency_code)
            }
            Err(failure) => Err(failure),
        }
    }

    fn account(
        &self,
        name: Option<String>,
        time_zone: Option<String>,
        currency: Option<String>,
    ) -> Result<Account, Failure> {
        let id = self.property().to_owned();
        let time_zone = time_zone.ok_or_else(|| Failure::Transient {
            reason: format!("property {id}: Google does not say in which time zone its days are counted"),
        })?;
        Ok(Account {
            name: name.unwrap_or_else(|| format!("property {id}")),
            currency: currency.and_then(|code| Currency::parse(&code).ok()),
            time_zone,
            id,
        })
    }

    /// Asks which fields go together: that changes with Google's versions. What does not go with the others is left out and
    /// unknown; without sessions, or without their origin, there is nothing to read.
    async fn compare(&self, session: &Session) -> Result<(), Failure> {
        let body = json!({
            "dimensions": names(DIMENSIONS),
            "metrics": names(&METRICS),
            "compatibilityFilter": "INCOMPATIBLE",
        });
        let answer: wire::Compatibility =
            match session.json(self.call("checkCompatibility", endpoint::COMPATIBILITY, body)).await {
                Ok(answer) => answer,
                // It is not answered here: reports will tell.
                Err(Failure::Permanent { .. } | Failure::Gone { .. }) => return Ok(()),
                Err(failure) => return Err(failure),
            };
        let is_incompatible = |field: &&&str| answer.incompatible().any(|name| name == **field);
        let needed = DIMENSIONS.iter().chain([&field::SESSIONS]).filter(is_incompatible);
        if let Some(field) = needed.copied().next() {
            return Err(Failure::Permanent {
                reason: format!(
                    "property {}: Google says that {field} does not go with {} and {}",
                    self.property(),
                    DIMENSIONS.join(", "),
                    METRICS.join(", ")
                ),
            });
        }
        self.leave_out(METRICS.iter().filter(is_incompatible).copied().collect());
        Ok(())
    }
}
