//! What snapshots of web analytics and streaming services are made of: the streams that read them, sums over windows, and
//! the rows of a stream's last day.

use std::collections::{BTreeMap, HashMap};

use rows::{
    Day,
    ledger::{Ledger, Progress},
    snapshot::Windows,
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value, sea_query::ArrayType};

use super::{campaigns::is_read, sums::Connection, window_days};
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
    /// How many rows each window had, and the sum of each column.
    pub windows: [(i64, Vec<Option<i64>>); 4],
}

/// The ledgers of the streams that these facts come from, for connections that are configured.
pub async fn ledgers(
    database: &impl ConnectionTrait,
    connections: &HashMap<i64, Connection>,
    of: Facts,
) -> Result<BTreeMap<StreamKey, Ledger>, StoreError> {
    let Facts { entities, condition, .. } = of;
    let statement = Sql::new(
        database.get_database_backend(),
        "SELECT i.connection_id, i.account_id, i.stream, i.memory FROM ledger i WHERE EXISTS (SELECT 1 FROM ",
    )
    .text(&format!("{entities} e WHERE {OF_STREAM}{condition})"))
    .done();
    let mut ledgers = BTreeMap::new();
    for row in database.query_all_raw(statement).await? {
        let key = stream_of(&row)?;
        if !connections.contains_key(&key.0) {
            continue;
        }
        let memory: String = row.try_get("", "memory")?;
        let ledger = serde_json::from_str(&memory).map_err(|error| {
            StoreError::Unreadable(format!("ledger of account {:?}, stream {:?}: {error}", key.1, key.2))
        })?;
        ledgers.insert(key, ledger);
    }
    Ok(ledgers)
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
    let windows = window_days(today);
    let [.., longest] = windows;
    let keys: Vec<&str> = STREAM_KEY.iter().chain(group).copied().collect();
    let keys = format!("e.{}", keys.join(", e."));
    let mut found = Vec::new();
    for streams in streams.chunks(limits::KEYS_STATEMENT_MAX) {
        let mut sql = Sql::new(database.get_database_backend(), &format!("SELECT {keys}"));
        for (number, days) in windows.iter().enumerate() {
            let within = |sql: Sql| {
                sql.text(" CASE WHEN f.date BETWEEN ")
                    .bind(chrono_day(days.first))
                    .text(" AND ")
                    .bind(chrono_day(days.last))
                    .text(" THEN ")
            };
            sql = within(sql.text(", COUNT(")).text(&format!("1 END) AS rows_{number}"));
            for column in columns {
                sql = within(sql.text(", CAST(SUM("))
                    .text(&format!("f.{column} END) AS bigint) AS {column}_{number}"));
            }
        }
        let statement = joined(sql, of, streams)
            .text(" WHERE f.date BETWEEN ")
            .bind(chrono_day(longest.first))
            .text(" AND ")
            .bind(chrono_day(longest.last))
            .text(&format!(" GROUP BY {keys}"))
            .done();
        for row in database.query_all_raw(statement).await? {
            found.push(sums_of(&row, group, columns)?);
        }
    }
    Ok(found)
}

fn sums_of(row: &QueryResult, group: &[&str], columns: &[&str]) -> Result<Sums, DbErr> {
    let window = |number: usize| {
        let values = columns.iter().map(|column| row.try_get("", &format!("{column}_{number}")));
        Ok::<_, DbErr>((row.try_get("", &format!("rows_{number}"))?, values.collect::<Result<_, _>>()?))
    };
    Ok(Sums {
        stream: stream_of(row)?,
        group: group.iter().map(|column| row.try_get("", column)).collect::<Result<_, _>>()?,
        windows: [window(0)?, window(1)?, window(2)?, window(3)?],
    })
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
pub fn last_day(ledger: &Ledger) -> Option<Day> {
    ledger.reach().ends.map(|(_, last)| last)
}

/// Which of the four windows that end with `today` have been read.
pub fn known_windows(ledger: &Ledger, today: Day) -> [bool; 4] {
    match &ledger.progress {
        Progress::Days(days) => window_days(today).map(|window| is_read(days, window, today)),
        // What a set shows is of the moment, not of a day.
        Progress::Feed(_) | Progress::Snapshot(_) => [false; 4],
    }
}

/// The windows that are known.
pub fn windows<T>(known: [bool; 4], value: impl Fn(usize) -> T) -> Windows<T> {
    let window = |number: usize| known[number].then(|| value(number));
    Windows { today: window(0), yesterday: window(1), last_7_days: window(2), last_28_days: window(3) }
}

/// The sum of a column over a window, of which there may be no row: a source leaves out what did not happen, so that a
/// day that was read and has no row is a day of zeros; but not where it has not said this number in 28 days.
pub fn sum_or_zero(windows: &[(i64, Vec<Option<i64>>); 4], number: usize, column: usize) -> Option<i64> {
    let of = |number: usize| windows[number].1.get(column).copied().flatten();
    let (rows, _) = windows[number];
    if rows > 0 {
        return of(number);
    }
    (windows[3].0 == 0 || of(3).is_some()).then_some(0)
}

/// Adds what is said: nothing only where neither says anything.
pub fn plus(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_zero_only_for_what_is_said_at_all() {
        let windows =
            [(0, vec![None, None]), (1, vec![Some(2), None]), (1, vec![]), (1, vec![Some(2), None])];
        assert_eq!(sum_or_zero(&windows, 0, 0), Some(0));
        assert_eq!(sum_or_zero(&windows, 0, 1), None);
        assert_eq!(sum_or_zero(&windows, 1, 0), Some(2));
        assert_eq!(sum_or_zero(&windows, 1, 1), None);
        let nothing: [_; 4] = std::array::from_fn(|_| (0, vec![]));
        assert_eq!(sum_or_zero(&nothing, 3, 0), Some(0));
        assert_eq!((plus(None, None), plus(None, Some(1)), plus(Some(1), Some(2))), (None, Some(1), Some(3)));
    }
}
