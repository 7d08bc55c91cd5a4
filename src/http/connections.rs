//! `GET /api/v1/connections`: also what `dynamoi status` reads from a running daemon.

use actors::engine::condition::{Condition, StreamCondition};
use jiff::Timestamp;
use rows::{Day, state::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    query::{Filter, Part},
    schema,
};

/// Connections as they stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connections {
    /// When the answer was given.
    #[schemars(schema_with = "schema::instant")]
    pub at: Timestamp,
    /// How many fit the filter, on this answer or others.
    pub total: usize,
    /// The value of `after` for the next answer; null on the last.
    pub next: Option<String>,
    /// By name.
    pub connections: Vec<ConnectionStatus>,
}

/// A connection as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionStatus {
    /// Its configured name.
    pub connection: String,
    /// Its integration.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// The worst of its own state and its streams'.
    #[schemars(schema_with = "schema::state")]
    pub state: State,
    /// When a cycle last succeeded.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub last_success_at: Option<Timestamp>,
    /// The earliest `data_through` of its streams; null when one of them has none.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub data_through: Option<Timestamp>,
    /// Seconds since `data_through`.
    pub lag_seconds: Option<i64>,
    /// When something is due next.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub next_poll_at: Option<Timestamp>,
    /// How much of the fullest allowance is used; null when the provider has not told within the last hour.
    #[serde(default)]
    pub quota: Option<QuotaUsed>,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// By account and stream.
    pub streams: Vec<StreamStatus>,
}

/// How much of an allowance is used, by the provider's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaUsed {
    /// Whose allowance: `endpoint`, `account`, `project`, `app` or `ip`.
    pub scope: String,
    /// 1 = all of it.
    pub ratio: f64,
}

/// A stream of one account as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamStatus {
    /// Account; `""` where there are none.
    pub account_id: String,
    /// Stream.
    pub stream: String,
    /// State.
    #[schemars(schema_with = "schema::state")]
    pub state: State,
    /// End of the last day completely read.
    #[schemars(schema_with = "schema::instant_or_null")]
    pub data_through: Option<Timestamp>,
    /// Seconds since `data_through`.
    pub lag_seconds: Option<i64>,
    /// The last day whose numbers are final.
    #[schemars(schema_with = "schema::day_or_null")]
    pub settled_through: Option<Day>,
    /// What is wrong and what to do.
    pub error: Option<String>,
}

// === impl Connections ===

impl Connections {
    /// The part that is asked for, as it stands now. An error says what is wrong with the question.
    pub(super) fn now(shared: &Shared, filter: &Filter, part: &Part) -> Result<Self, String> {
        let (state, limit) = (filter.state()?, part.limit()?);
        let at = shared.clock.now();
        let mut wanted = shared.conditions.conditions();
        wanted.retain(|condition| filter.holds(condition, state));
        let total = wanted.len();
        let begin = part
            .after
            .as_deref()
            .map_or(0, |after| wanted.partition_point(|condition| condition.connection.as_str() <= after));
        let connections: Vec<_> = wanted[begin..]
            .iter()
            .take(limit)
            .map(|condition| {
                let quota = shared.quotas.used(&condition.connection);
                ConnectionStatus::new(condition, quota, at)
            })
            .collect();
        let is_last = begin + connections.len() == total;
        let next = connections.last().filter(|_| !is_last).map(|last| last.connection.clone());
        Ok(Self { at, total, next, connections })
    }
}

// === impl ConnectionStatus ===

impl ConnectionStatus {
    pub(super) fn new(condition: &Condition, quota: Option<QuotaUsed>, now: Timestamp) -> Self {
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
            quota,
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
