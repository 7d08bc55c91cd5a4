//! What snapshots of web analytics and streaming services are made of: the streams that read them, sums over windows, and
//! the rows of a stream's last day.

use std::collections::{BTreeMap, HashMap};

use rows::{Day, checkpoint::Checkpoint, figures::Windows};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value, sea_query::ArrayType};

use super::{
    sums::Connection,
    tally::{Tallies, add, by_band, grouped, tallied, within},
};
use crate::{StoreError, convert::chrono_day, limits, sql::Sql};

/// A stream of an account of a connection: connection's number, account, name.
pub type StreamKey = (i64, String, String);

/// The columns of a [`StreamKey`], their types, and how they find entities `e`.
const STREAM_KEY: [&str; 3] = ["connection_id", "account_id", "stream"];
const STREAM_KINDS: [ArrayType; 3] = [ArrayType::BigInt, ArrayType::String, ArrayType::String];
const OF_STREAM: &str =
    "e.connection_id = i.connection_id AND e.account_id = i.account_id AND e.stream = i.stream";

/// Facts `f` and what they speak of, `e`.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub entities: &'static str,
    pub table: &'static str,
    /// Further words about `e`, beginning with ` AND`; empty for all.
    pub condition: &'static str,
}

/// Sums of one group over the four windows.
#[derive(Debug)]
pub struct Sums {
    pub stream: StreamKey,
    /// The columns grouped by.
    pub group: Vec<String>,
    /// The columns that were asked for, in their order.
    pub windows: [Tallies; 4],
}

/// The checkpoints of the streams that these facts come from, for connections that are configured.
pub async fn checkpoints(
    database: &impl ConnectionTrait,
    connections: &HashMap<i64, Connection>,
    of: Facts,
) -> Result<BTreeMap<StreamKey, Checkpoint>, StoreError> {
    let Facts { entities, condition, .. } = of;
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT i.connection_id, i.account_id, i.stream, i.memory FROM ledger i WHERE EXISTS (SELECT 1 FROM ",
    )
    .text(&format!("{entities} e WHERE {OF_STREAM}{condition})"))
    .done();
    let mut checkpoints = BTreeMap::new();
    for row in database.query_all_raw(statement).await? {
        let key = stream_of(&row)?;
        if !connections.contains_key(&key.0) {
            continue;
        }
        let memory: String = row.try_get("", "memory")?;
        let checkpoint = serde_json::from_str(&memory).map_err(|error| {
            StoreError::Unreadable(format!("checkpoint of account {:?}, stream {:?}: {error}", key.1, key.2))
        })?;
        checkpoints.insert(key, checkpoint);
    }
    Ok(checkpoints)
}

/// Adds up columns of facts over the windows that end with `today`, by stream and `group` (columns of `e`).
pub async fn sums(
    database: &impl ConnectionTrait,
    of: Facts,
    group: &[&str],
    columns: &[&str],
    today: Day,
    streams: &[&StreamKey],
) -> Result<Vec<Sums>, DbErr> {
    let keys: Vec<&str> = STREAM_KEY.iter().chain(group).copied().collect();
    let mut found: BTreeMap<(StreamKey, Vec<String>), [Tallies; 4]> = BTreeMap::new();
    for streams in streams.chunks(limits::KEYS_STATEMENT_MAX) {
        let sql = by_band(Sql::new(database.get_database_backend(), ""), today)
            .text(&format!(", e.{}", keys.join(", e.")))
            .text(&tallied(columns));
        let statement = within(joined(sql, of, streams), today).text(&grouped(keys.len())).done();
        for row in database.query_all_raw(statement).await? {
            let group = group.iter().map(|column| row.try_get("", column)).collect::<Result<_, _>>()?;
            add(found.entry((stream_of(&row)?, group)).or_default(), &row, columns)?;
        }
    }
    Ok(found.into_iter().map(|((stream, group), windows)| Sums { stream, group, windows }).collect())
}

/// The facts of each stream's own day, with `columns` and the stream.
pub async fn rows_of_day(
    database: &impl ConnectionTrait,
    of: Facts,
    columns: &str,
    days: &BTreeMap<StreamKey, Day>,
) -> Result<Vec<QueryResult>, DbErr> {
    let mut by_day: BTreeMap<Day, Vec<&StreamKey>> = BTreeMap::new();
    for (stream, day) in days {
        by_day.entry(*day).or_default().push(stream);
    }
    let mut found = Vec::new();
    for (day, streams) in by_day {
        for streams in streams.chunks(limits::KEYS_STATEMENT_MAX) {
            let select = format!("SELECT e.connection_id, e.account_id, e.stream, {columns}");
            let sql = Sql::new(database.get_database_backend(), &select);
            let statement = joined(sql, of, streams).text(" WHERE f.date = ").bind(chrono_day(day)).done();
            found.extend(database.query_all_raw(statement).await?);
        }
    }
    Ok(found)
}

/// These streams' facts `f`, joined to what they speak of.
pub fn joined(sql: Sql, of: Facts, streams: &[&StreamKey]) -> Sql {
    let Facts { entities, table, condition } = of;
    let key = |(connection, account, stream): &&StreamKey| -> Vec<Value> {
        vec![(*connection).into(), account.as_str().into(), stream.as_str().into()]
    };
    sql.reading_keys(
        &STREAM_KEY,
        &STREAM_KINDS,
        streams.iter().map(key).collect(),
        &format!("{entities} e"),
        &format!("{OF_STREAM}{condition}"),
    )
    .text(&format!(" JOIN {table} f ON f.entity_id = e.id"))
}

/// The stream that a row comes from.
pub fn stream_of(row: &QueryResult) -> Result<StreamKey, DbErr> {
    Ok((row.try_get("", "connection_id")?, row.try_get("", "account_id")?, row.try_get("", "stream")?))
}

/// The last day of which a stream has read anything.
pub fn last_day(checkpoint: &Checkpoint) -> Option<Day> {
    checkpoint.reach().ends.map(|(_, last)| last)
}

/// The windows that are known.
pub fn windows<T>(known: [bool; 4], value: impl Fn(usize) -> T) -> Windows<T> {
    Windows::of(|number| known[number].then(|| value(number)))
}

/// The sum of a column over a window, of which there may be no row: a source leaves out what did not happen, so that a
/// day that was read and has no row is a day of zeros; but not where it has not said this number in 28 days.
pub fn sum_or_zero(windows: &[Tallies; 4], number: usize, column: usize) -> Option<i64> {
    let [.., longest] = windows;
    if windows[number].rows > 0 {
        return windows[number].sum(column);
    }
    (longest.rows == 0 || longest.is_said(column)).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_zero_only_for_what_is_said_at_all() {
        let one = || Tallies::of(&[&[Some(2), None]]);
        let windows = [Tallies::default(), one(), one(), one()];
        assert_eq!(sum_or_zero(&windows, 0, 0), Some(0));
        assert_eq!(sum_or_zero(&windows, 0, 1), None);
        assert_eq!(sum_or_zero(&windows, 1, 0), Some(2));
        assert_eq!(sum_or_zero(&windows, 1, 1), None);
        assert_eq!(sum_or_zero(&<[Tallies; 4]>::default(), 3, 0), Some(0));
    }
}
