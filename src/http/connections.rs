//! `GET /api/v1/connections`: also what `dynamoi status` reads from a running daemon.

use actors::{
    engine::status::{ConnectionStatus, StreamStatus},
    failure::Failure,
};
use jiff::Timestamp;
use rows::{Day, figures::SetAside, state::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    query::{Filter, Part},
    schema,
};
use crate::audience::Audience;

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
    pub connections: Vec<ConnectionAnswer>,
}

/// A connection as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectionStatus")]
pub struct ConnectionAnswer {
    /// Its configured name.
    pub connection: String,
    /// Its integration.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// The worst of its own state and its streams'.
    #[schemars(schema_with = "schema::state")]
    pub state: State,
    /// Whether an operator holds it, whatever its state is.
    #[serde(default)]
    pub paused: bool,
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
    /// How much of the fullest allowance is used; null when the provider has not told within the last hour, and for tenants.
    #[serde(default)]
    pub quota: Option<QuotaUsed>,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// Rows that could not be understood or stored, of all its streams: numbers that are missing. Null when there are none.
    #[serde(default)]
    pub quarantine: Option<Quarantine>,
    /// By account and stream.
    pub streams: Vec<StreamAnswer>,
}

/// Rows that were set aside, kept for 30 days after they were last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantine {
    /// How many there are.
    pub rows: u64,
    /// When the latest was last seen.
    #[schemars(schema_with = "schema::instant")]
    pub last_seen_at: Timestamp,
    /// Why the latest was set aside, in a word.
    pub reason: String,
    /// The same in a sentence.
    pub detail: String,
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
#[schemars(rename = "StreamStatus")]
pub struct StreamAnswer {
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
    /// Rows that could not be understood or stored. Null when there are none.
    #[serde(default)]
    pub quarantine: Option<Quarantine>,
}

// === impl Connections ===

impl Connections {
    /// The part that is asked for, as it stands now. An error says what is wrong with the question.
    pub(super) fn now(
        shared: &Shared,
        audience: &Audience,
        filter: &Filter,
        part: &Part,
    ) -> Result<Self, String> {
        let (state, limit) = (filter.state()?, part.limit()?);
        let at = shared.clock.now();
        let mut wanted = shared.statuses.statuses();
        wanted.retain(|status| audience.sees(&status.tenant) && filter.holds(status, state));
        let total = wanted.len();
        let begin = part
            .after
            .as_deref()
            .map_or(0, |after| wanted.partition_point(|status| status.connection.as_str() <= after));
        let connections: Vec<_> = wanted[begin..]
            .iter()
            .take(limit)
            .map(|status| ConnectionAnswer::new(status, shared, audience, at))
            .collect();
        let is_last = begin + connections.len() == total;
        let next = connections.last().filter(|_| !is_last).map(|last| last.connection.clone());
        Ok(Self { at, total, next, connections })
    }
}

// === impl ConnectionAnswer ===

impl ConnectionAnswer {
    pub(super) fn new(
        status: &ConnectionStatus,
        shared: &Shared,
        audience: &Audience,
        now: Timestamp,
    ) -> Self {
        let set_aside = shared.set_aside.set_aside(&status.connection);
        // `None` is less than every instant, so that one stream without any decides.
        let data_through = status.streams.iter().map(|stream| stream.data_through).min().flatten();
        Self {
            connection: status.connection.clone(),
            integration: status.integration.to_owned(),
            tenant: status.tenant.clone(),
            state: status.state,
            paused: status.paused,
            last_success_at: status.last_success_at,
            data_through,
            lag_seconds: lag_seconds(data_through, now),
            next_poll_at: status.next_poll_at,
            // An allowance may be shared with others: how much of it is used tells of them.
            quota: shared.quotas.used(&status.connection).filter(|_| *audience == Audience::Operators),
            error: told(status.error.as_deref(), audience),
            quarantine: Quarantine::of(&set_aside),
            streams: status
                .streams
                .iter()
                .map(|stream| StreamAnswer::new(stream, &set_aside, audience, now))
                .collect(),
        }
    }
}

// === impl StreamAnswer ===

impl StreamAnswer {
    fn new(stream: &StreamStatus, set_aside: &[SetAside], audience: &Audience, now: Timestamp) -> Self {
        let of_it = |one: &&SetAside| one.account_id == stream.account_id && one.stream == stream.stream;
        Self {
            account_id: stream.account_id.clone(),
            stream: stream.stream.to_owned(),
            state: stream.state,
            data_through: stream.data_through,
            lag_seconds: lag_seconds(stream.data_through, now),
            settled_through: stream.settled_through,
            error: told(stream.error.as_deref(), audience),
            quarantine: Quarantine::of(set_aside.iter().filter(of_it)),
        }
    }
}

// === impl Quarantine ===

impl Quarantine {
    /// All of these together; none where there are none.
    pub fn of<'a>(set_aside: impl IntoIterator<Item = &'a SetAside>) -> Option<Self> {
        set_aside.into_iter().fold(None, |all: Option<Self>, one| {
            let rows = all.as_ref().map_or(0, |all| all.rows).saturating_add(one.rows);
            match all {
                Some(all) if all.last_seen_at >= one.last_seen_at => Some(Self { rows, ..all }),
                _ => Some(Self {
                    rows,
                    last_seen_at: one.last_seen_at,
                    reason: one.reason.clone(),
                    detail: one.detail.clone(),
                }),
            }
        })
    }
}

/// What is wrong, as this audience may know it.
fn told(error: Option<&str>, audience: &Audience) -> Option<String> {
    Some(match audience {
        Audience::Operators => error?.to_owned(),
        Audience::Tenant(_) => Failure::without_usage(error?).into_owned(),
    })
}

/// Never negative: a day that is read may end later than now.
fn lag_seconds(data_through: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    data_through.map(|through| now.duration_since(through).as_secs().max(0))
}
