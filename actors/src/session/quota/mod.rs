//! Quota: who may send when.

use std::time::Duration;

/// Whose limit it is, from narrow to wide: reserved in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One endpoint (or use case) of one account.
    Endpoint,
    /// One account at the provider (or the connection, where it has no accounts).
    Account,
    /// The credentials' project.
    Project,
    /// The provider's application: all connections of the integration.
    App,
    /// This machine's address: all connections to the host.
    Ip,
}

/// A steady rate for each member of a scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaRule {
    /// Whose limit.
    pub scope: Scope,
    /// Requests per `per`.
    pub limit: f64,
    /// The period that `limit` counts.
    pub per: Duration,
    /// Requests that may go back to back, at least 1.
    pub burst: u32,
}

// === impl Scope ===

impl Scope {
    /// As in configuration and labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Account => "account",
            Self::Project => "project",
            Self::App => "app",
            Self::Ip => "ip",
        }
    }
}

// === impl QuotaRule ===

impl QuotaRule {
    /// So many requests a second.
    pub const fn per_second(scope: Scope, limit: f64, burst: u32) -> Self {
        Self { scope, limit, per: Duration::from_secs(1), burst }
    }

    /// So many requests a minute.
    pub const fn per_minute(scope: Scope, limit: f64, burst: u32) -> Self {
        Self { scope, limit, per: Duration::from_mins(1), burst }
    }
}
