//! Whose limit it is.

/// Whose limit it is, from narrow to wide: reserved in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One endpoint (or use case) of one account.
    Endpoint,
    /// One account at the provider (or the connection, where it has no accounts).
    Account,
    /// The credentials' project: for rates the connection, for budgets all connections that the provider counts together.
    Project,
    /// The provider's application: all connections of the integration.
    App,
    /// This machine's address: all connections to the host.
    Ip,
}

// === impl Scope ===

impl Scope {
    /// Every scope, from narrow to wide.
    pub const ALL: [Self; 5] = [Self::Endpoint, Self::Account, Self::Project, Self::App, Self::Ip];

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
