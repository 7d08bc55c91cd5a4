//! What a connection and its streams are doing, in the words that metrics, page and `status` share.

use serde::{Deserialize, Serialize};

/// A connection's state; where several hold, the first in this order is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Removed from the configuration or shut down.
    Stopped,
    /// Crashed too often; probed hourly.
    Parked,
    /// Its credentials were refused; probed hourly and at once when they change.
    NeedsReauth,
    /// By an operator.
    Paused,
    /// The provider, or the quota, said to wait.
    WaitingQuota,
    /// The provider is down, slow or answers nonsense.
    BackingOff,
    /// A cycle is running.
    Polling,
    /// Nothing is due.
    Idle,
    /// Not yet connected.
    Starting,
}

// === impl State ===

impl State {
    /// Every state, the worst first.
    pub const ALL: [Self; 9] = [
        Self::Stopped,
        Self::Parked,
        Self::NeedsReauth,
        Self::Paused,
        Self::WaitingQuota,
        Self::BackingOff,
        Self::Polling,
        Self::Idle,
        Self::Starting,
    ];

    /// As in labels: `needs_reauth`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Parked => "parked",
            Self::NeedsReauth => "needs_reauth",
            Self::Paused => "paused",
            Self::WaitingQuota => "waiting_quota",
            Self::BackingOff => "backing_off",
            Self::Polling => "polling",
            Self::Idle => "idle",
            Self::Starting => "starting",
        }
    }

    /// Reads the label's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
