//! The ways of SQLite.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Value};

use super::{
    DIGEST, Outcome, Stored,
    shape::{Record, Shape, join, list, quoted},
};
use crate::sql::Sql;

const BACKEND: DbBackend = DbBackend::Sqlite;

/// Which of these records are not there with the same digest, by their place.
pub async fn differing<E: Stored>(
    tx: &DatabaseTransaction,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Vec<QueryResult>, DbErr> {
    let keys = (1..).zip(shape.key_names());
    let incoming: Vec<String> =
        keys.map(|(number, name)| format!("column{number} AS \"{name}\", ")).collect();
    let incoming = incoming.concat();
    let (digest, place) = (shape.keys + 1, shape.keys + 2);
    let probes = (0_i64..).zip(records).map(|(place, record)| {
        let mut probe: Record = shape.probed().iter().filter_map(|at| record.get(*at).cloned()).collect();
        probe.push(Value::from(place));
        probe
    });
    let sql = Sql::new(BACKEND, "SELECT i.place AS place FROM (SELECT ")
        .text(&format!("{incoming}column{digest} AS \"{DIGEST}\", column{place} AS place FROM (VALUES "))
        .tuples(probes.collect())
        .text(&format!(
            ")) AS i LEFT JOIN \"{}\" AS s ON {} WHERE s.\"{DIGEST}\" IS NOT i.\"{DIGEST}\"",
            shape.table,
            shape.same_key()
        ));
    tx.query_all_raw(sql.done()).await
}

/// Inserts what is not there yet; answers how many rows that were.
pub async fn add<E: Stored>(
    tx: &DatabaseTransaction,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<u64, DbErr> {
    let sql = Sql::new(BACKEND, "INSERT INTO ")
        .text(&format!("\"{}\" ({}) VALUES ", shape.table, list(&shape.names, quoted)))
        .tuples(records.to_vec())
        .text(&format!(" ON CONFLICT ({}) DO NOTHING", list(shape.key_names(), quoted)));
    Ok(tx.execute_raw(sql.done()).await?.rows_affected())
}

/// Inserts and overwrites.
pub async fn write<E: Stored>(
    tx: &DatabaseTransaction,
    shape: &Shape<E>,
    records: Vec<Record>,
) -> Result<Outcome, DbErr> {
    let mut sql = Sql::new(BACKEND, "INSERT INTO ")
        .text(&format!("\"{}\" AS t ({}) VALUES ", shape.table, list(&shape.names, quoted)))
        .tuples(records)
        .text(&shape.on_conflict());
    if shape.values > 0 {
        let changed =
            join(shape.value_names(), " OR ", |name| format!("t.\"{name}\" IS NOT excluded.\"{name}\""));
        sql = sql.text(&format!(" WHERE {changed}"));
    }
    let rows = tx.query_all_raw(sql.text(Shape::<E>::returning()).done()).await?;
    let mut outcome = Outcome::default();
    for row in rows {
        let revision: i64 = row.try_get("", "revision")?;
        outcome.written += 1;
        outcome.restated += u64::from(revision > 0);
    }
    Ok(outcome)
}
