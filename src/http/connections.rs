//! `GET /api/v1/connections`: also what `dynamoi status` reads from a running daemon.

use actors::engine::condition::{Condition, StreamCondition};
use jiff::Timestamp;
use rows::{Day, state::State};
use serde::{Deserialize, Serialize};

use super::Shared;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// When it was given.
    pub at: Timestamp,
    /// Every connection, by name.
    pub connections: Vec<ConnectionStatus>,
}

/// A connection as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// Its configured name.
    pub connection: String,
    /// Its integration.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// The worst of its own state and its streams'.
    pub state: State,
    /// When a cycle last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// The earliest `data_through` of its streams; null when one of them has none.
    pub data_through: Option<Timestamp>,
    /// Seconds since `data_through`.
    pub lag_seconds: Option<i64>,
    /// When something is due next.
    pub next_poll_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// By account and stream.
    pub streams: Vec<StreamStatus>,
}

/// A stream of one account as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: String,
    /// State.
    pub state: State,
    /// End of the last day completely read.
    pub data_through: Option<Timestamp>,
    /// Seconds since `data_through`.
    pub lag_seconds: Option<i64>,
    /// The last day whose numbers are final.
    pub settled_through: Option<Day>,
    /// What is wrong and what to do.
    pub error: Option<String>,
}

// === impl Connections ===

impl Connections {
    /// Everything as it stands now.
    pub(super) fn now(shared: &Shared) -> Self {
        let at = shared.clock.now();
        let conditions = shared.conditions.conditions();
        Self {
            at,
            connections: conditions.iter().map(|condition| ConnectionStatus::new(condition, at)).collect(),
        }
    }
}

// === impl ConnectionStatus ===

impl ConnectionStatus {
    fn new(condition: &Condition, now: Timestamp) -> Self {
        // `None` is less than every instant, so that one stream without any decides.
        let data_through = condition.streams.iter().map(|stream| stream.data_through).min().flatten();
        Self {
            connection: condition.connection.clone(),
            integration: condition.integration.to_owned(),
            tenant: condition.tenant.clone(),
            state: condition.state,
            last_success_at: condition.last_success_at,
            data_through,
            lag_seconds: lag_seconds(data_through, now),
            next_poll_at: condition.next_poll_at,
            error: condition.error.clone(),
            streams: condition.streams.iter().map(|stream| StreamStatus::new(stream, now)).collect(),
        }
    }
}

// === impl StreamStatus ===

impl StreamStatus {
    fn new(stream: &StreamCondition, now: Timestamp) -> Self {
        Self {
            account_id: stream.account_id.clone(),
            stream: stream.stream.to_owned(),
            state: stream.state,
            data_through: stream.data_through,
            lag_seconds: lag_seconds(stream.data_through, now),
            settled_through: stream.settled_through,
            error: stream.error.clone(),
        }
    }
}

/// Never negative: a day that is read may end later than now.
fn lag_seconds(data_through: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    data_through.map(|through| now.duration_since(through).as_secs().max(0))
}
