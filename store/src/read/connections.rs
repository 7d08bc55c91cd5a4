//! Every connection's condition.

use std::collections::HashMap;

use jiff::Timestamp;
use rows::{Day, state::State};
use sea_orm::{EntityTrait, QueryOrder};

use crate::{
    Store, StoreError,
    convert::{day, timestamp},
    entity::{checkpoint, connection},
};

/// A connection as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The configured name.
    pub name: String,
    /// The integration's id.
    pub integration: String,
    /// Whom its data belongs to.
    pub tenant: String,
    /// What it was doing when last heard of; nothing for a word of another version.
    pub state: Option<State>,
    /// When a cycle last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// When it polls next.
    pub next_poll_at: Option<Timestamp>,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// An operator holds it.
    pub paused: bool,
    /// No longer in the configuration.
    pub removed: bool,
    /// The earliest of its streams; nothing while one has not read anything. Forbidden streams do not count.
    pub data_through: Option<Timestamp>,
    /// The earliest of those of its streams that settle.
    pub settled_through: Option<Day>,
    /// Its streams, by account and name.
    pub streams: Vec<StreamStatus>,
}

/// What has been read of one stream of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// Account; `""` where the connection has none.
    pub account_id: String,
    /// The stream's name.
    pub stream: String,
    /// IANA zone of its days.
    pub time_zone: String,
    /// End of the last day completely read, or when it was last read whole.
    pub data_through: Option<Timestamp>,
    /// The last settled day.
    pub settled_through: Option<Day>,
    /// Why the provider refuses it, and what to grant.
    pub forbidden: Option<String>,
}

impl Store {
    /// Every connection that was ever registered, by name.
    pub async fn connections(&self) -> Result<Vec<ConnectionStatus>, StoreError> {
        let connections =
            connection::Entity::find().order_by_asc(connection::Column::Name).all(&self.pools.read).await?;
        let checkpoints = checkpoint::Entity::find()
            .order_by_asc(checkpoint::Column::AccountId)
            .order_by_asc(checkpoint::Column::Stream)
            .all(&self.pools.read)
            .await?;
        let mut streams: HashMap<i64, Vec<StreamStatus>> = HashMap::new();
        for checkpoint in checkpoints {
            let of_connection = streams.entry(checkpoint.connection_id).or_default();
            of_connection.push(stream_status(checkpoint));
        }
        Ok(connections
            .into_iter()
            .map(|connection| {
                let streams = streams.remove(&connection.id).unwrap_or_default();
                connection_status(connection, streams)
            })
            .collect())
    }
}

fn stream_status(checkpoint: checkpoint::Model) -> StreamStatus {
    StreamStatus {
        account_id: checkpoint.account_id,
        stream: checkpoint.stream,
        time_zone: checkpoint.time_zone,
        data_through: checkpoint.data_through.map(timestamp),
        settled_through: checkpoint.settled_through.and_then(day),
        forbidden: checkpoint.forbidden,
    }
}

fn connection_status(connection: connection::Model, streams: Vec<StreamStatus>) -> ConnectionStatus {
    let counted = || streams.iter().filter(|stream| stream.forbidden.is_none());
    // `None` is the smallest: one stream that has read nothing makes it unknown.
    let data_through = counted().map(|stream| stream.data_through).min().flatten();
    let settled_through = counted().filter_map(|stream| stream.settled_through).min();
    ConnectionStatus {
        name: connection.name,
        integration: connection.integration,
        tenant: connection.tenant,
        state: State::parse(&connection.state),
        last_success_at: connection.last_success_at.map(timestamp),
        next_poll_at: connection.next_poll_at.map(timestamp),
        error: connection.error,
        paused: connection.paused,
        removed: connection.removed,
        data_through,
        settled_through,
        streams,
    }
}
