//! Rows of web and product analytics: aggregates by day, never a person. `None` is "the source does not say"; 0 is
//! "the source says zero". A visit counts on the day on which its session began.

use serde::{Deserialize, Serialize};

use crate::{
    Table,
    day::Day,
    key::Fingerprint,
    money::{Currency, Micros},
    row::TableRow,
};

/// Whether a row speaks of everything or of one campaign's part of it. The two are never added together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebScope {
    /// The whole property on that day; campaign, source and medium are `""`.
    Total,
    /// What came by one campaign, source and medium; each `""` where the source names none.
    Campaign,
}

/// Where visits came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebOrigin {
    /// The level at which the row speaks.
    pub scope: WebScope,
    /// `utm_campaign` as the source has it.
    pub campaign: String,
    /// `utm_source`, or what the source takes for it.
    pub source: String,
    /// `utm_medium`.
    pub medium: String,
}

/// Visits of one origin on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAnalytics {
    /// The project or property at the source.
    pub account_id: String,
    /// Where the visits came from.
    pub origin: WebOrigin,
    /// Day in the connection's zone.
    pub date: Day,
    /// Pages and screens seen in these sessions.
    pub page_views: Option<i64>,
    /// Sessions.
    pub sessions: Option<i64>,
    /// Length of all sessions together, in seconds.
    pub session_seconds: Option<i64>,
    /// Different people, as the source tells them apart. NOT additive over days or origins.
    pub users: Option<i64>,
    /// Revenue of the sessions, in `currency`; nothing where the source has none.
    pub revenue: Option<Micros>,
    /// Currency of `revenue`, from the configuration.
    pub currency: Option<Currency>,
}

/// How often one goal was reached by visits of one origin on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConversions {
    /// The project or property at the source.
    pub account_id: String,
    /// The goal, as configured.
    pub goal: String,
    /// Where the visits came from.
    pub origin: WebOrigin,
    /// Day in the connection's zone.
    pub date: Day,
    /// Times the goal was reached; may be fractional.
    pub conversions: Option<Micros>,
    /// Sessions that reached it at least once.
    pub converting_sessions: Option<i64>,
}

// === impl WebScope ===

impl WebScope {
    /// As stored: `total`, `campaign`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Campaign => "campaign",
        }
    }
}

// === impl WebOrigin ===

impl WebOrigin {
    /// Everything.
    pub const fn total() -> Self {
        Self { scope: WebScope::Total, campaign: String::new(), source: String::new(), medium: String::new() }
    }
}

// === rows ===

impl TableRow for WebAnalytics {
    fn table(&self) -> Table {
        Table::WebAnalyticsDaily
    }

    fn entity(&self) -> Fingerprint {
        entity(&self.account_id, "", &self.origin)
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

impl TableRow for WebConversions {
    fn table(&self) -> Table {
        Table::WebConversionsDaily
    }

    fn entity(&self) -> Fingerprint {
        entity(&self.account_id, &self.goal, &self.origin)
    }

    fn day(&self) -> Option<Day> {
        Some(self.date)
    }
}

/// Of an origin, with its goal (`""` for visits).
fn entity(account_id: &str, goal: &str, origin: &WebOrigin) -> Fingerprint {
    let WebOrigin { scope, campaign, source, medium } = origin;
    Fingerprint::of(&[account_id, goal, scope.as_str(), campaign, source, medium])
}
