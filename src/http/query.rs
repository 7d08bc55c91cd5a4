//! What a request for a list may ask: `?tenant=…&provider=…&state=…`, and which part of it.

use std::collections::BTreeSet;

use actors::engine::status::ConnectionStatus;
use rows::state::State;
use serde::Deserialize;

/// Items that an answer of the API holds unless told.
pub(super) const LIMIT: usize = 100;
/// Most items of an answer.
pub(super) const LIMIT_MAX: usize = 1_000;

/// A filter. An empty text is none: forms send those.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    pub tenant: String,
    pub provider: String,
    pub state: String,
    /// Of campaigns: text in their name, or their id.
    pub name: String,
}

/// Which part of a list a program wants.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    /// `next` of the answer before.
    pub after: Option<String>,
    pub limit: Option<usize>,
}

// === impl Filter ===

impl Filter {
    /// The state that is asked for; an error names those that there are.
    pub fn state(&self) -> Result<Option<State>, String> {
        if self.state.is_empty() {
            return Ok(None);
        }
        let state = State::parse(&self.state).ok_or_else(|| {
            let known: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
            format!("state: expected one of {}", known.join(", "))
        });
        state.map(Some)
    }

    /// The tenant, if one is asked for.
    pub fn tenant(&self) -> Option<&str> {
        Some(self.tenant.as_str()).filter(|tenant| !tenant.is_empty())
    }

    /// The integration, if one is asked for.
    pub fn provider(&self) -> Option<&str> {
        Some(self.provider.as_str()).filter(|provider| !provider.is_empty())
    }

    /// What campaigns are to be called, if that is asked.
    pub fn name(&self) -> Option<&str> {
        Some(self.name.trim()).filter(|name| !name.is_empty())
    }

    /// Whether it asks for anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this connection is asked for.
    pub fn holds(&self, status: &ConnectionStatus, state: Option<State>) -> bool {
        self.tenant().is_none_or(|tenant| tenant == status.tenant)
            && self.provider().is_none_or(|provider| provider == status.integration)
            && state.is_none_or(|state| state == status.state)
    }
}

/// The connections whose campaigns are asked for: all, unless a state is.
pub(super) fn in_state<'a>(
    statuses: impl Iterator<Item = &'a ConnectionStatus>,
    state: Option<State>,
) -> Option<BTreeSet<String>> {
    state.map(|state| {
        let of_state = statuses.filter(|status| status.state == state);
        of_state.map(|status| status.connection.clone()).collect()
    })
}

// === impl Part ===

impl Part {
    /// How many items; an error tells how many there may be.
    pub fn limit(&self) -> Result<usize, String> {
        match self.limit {
            None => Ok(LIMIT),
            Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(format!("limit: expected a number from 1 to {LIMIT_MAX}")),
        }
    }
}
