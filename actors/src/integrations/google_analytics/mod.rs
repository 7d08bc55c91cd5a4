//! Google Analytics 4: sessions and key events of a property, by day and by where the sessions came from.
//! <https://developers.google.com/analytics/devguides/reporting/data/v1/rest>
//!
//! | file | what |
//! | --- | --- |
//! | `report.rs` | what is asked for and read: the reports of a window, one after the other |
//! | `wire.rs` | what Google sends |
//! | `mapping.rs` | from there to the project's rows |
//! | `source.rs` | what is asked when connecting: the property itself, and which fields go together |
//! | `errors.rs` | what an answer means, and what it says the property has left |

mod errors;
mod mapping;
mod report;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use ::rows::Table;
use futures::future::FutureExt as _;
use jiff::SignedDuration;

use self::{report::Subject, settings::Settings, source::AnalyticsSource};
use super::google;
use crate::{
    integration::{HostSpec, Integration, Manifest, Setup, SetupError},
    reader::StreamOf,
    session::quota::{QuotaRule, Scope},
    stream::{DAILY, Days, QUARTER_DAY},
};

/// Endpoints, as quota and errors name them.
mod endpoint {
    pub const REPORT: &str = "report";
    pub const COMPATIBILITY: &str = "compatibility";
    pub const PROPERTY: &str = "property";
}

/// What access tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/analytics.readonly";
const CONSENT: &[(&str, &str)] = &google::offline(SCOPE);

/// Where the property is described.
const ADMIN: HostSpec = HostSpec {
    name: "admin",
    url: "https://analyticsadmin.googleapis.com",
    help: "the Admin API: name, time zone and currency of the property",
};

/// Days in one report: Google samples reports of very many events, and an answer of 25,000 rows is some 15 MB.
const WINDOW_DAYS_MAX: u32 = 7;
/// Google's processing is behind by hours on the day itself.
const EVERY: Duration = Duration::from_hours(1);
/// Attribution of a key event moves for up to 12 days.
const LOOKBACK_DAYS: u32 = 14;
/// Google's processing takes up to two days.
const SETTLING: SignedDuration = SignedDuration::from_hours(48);

/// The integration.
#[derive(Debug, Clone, Copy, Default)]
pub struct GoogleAnalytics;

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "google_analytics",
    base_url: "https://analyticsdata.googleapis.com",
    api_version: "v1beta",
    hosts: &[google::TOKEN, google::AUTHORIZE, ADMIN],
    credentials: &[google::SERVICE_ACCOUNT, google::CLIENT_ID, google::CLIENT_SECRET, google::REFRESH_TOKEN],
    consent: Some(google::consent(CONSENT)),
    // Google counts tokens of a property, and tells with every report how many are left; what it allows a second is not
    // published. Ten requests of a property may run at once, and its people's own are among them.
    rates: &[QuotaRule::per_second(Scope::Account, 2.0, 4)],
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
    ..Manifest::BLANK
};

// === impl GoogleAnalytics ===

impl Integration for GoogleAnalytics {
    type Settings = Settings;
    type Source = AnalyticsSource;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, settings: &Settings) -> Vec<StreamOf<AnalyticsSource>> {
        vec![
            reports("sessions", Subject::Sessions, &[Table::WebAnalyticsDaily]),
            reports("conversions", Subject::KeyEvents, &[Table::WebConversionsDaily])
                .enabled(!settings.goals.is_empty()),
        ]
    }

    fn subjects(&self, settings: &Settings) -> Option<Vec<String>> {
        settings.property().ok().map(|property| vec![format!("property {property}")])
    }

    fn accounts_in(&self, settings: &Settings) -> Vec<String> {
        settings.property().into_iter().collect()
    }

    fn connect(&self, setup: Setup<'_, Settings>) -> Result<AnalyticsSource, SetupError> {
        AnalyticsSource::new(setup.spec, &setup.settings)
    }
}

fn reports(name: &'static str, subject: Subject, tables: &'static [Table]) -> StreamOf<AnalyticsSource> {
    let tiers = [(1, EVERY), (3, QUARTER_DAY), (LOOKBACK_DAYS, DAILY)];
    let policy = Days::new(tiers, SETTLING, WINDOW_DAYS_MAX);
    StreamOf::days(name, tables, policy, move |source: &AnalyticsSource, session, request| {
        source.page(session, subject, request).boxed()
    })
}
