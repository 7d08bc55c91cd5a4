//! The ways of SQLite.

use sea_orm::{DbBackend, DbErr, QueryResult, Value};

use super::{
    DIGEST, Outcome, Stored,
    shape::{Record, Shape, join, list, quoted},
};
use crate::transaction::{Bulk, Transaction};

const BACKEND: DbBackend = DbBackend::Sqlite;

/// Which of these records are not there with the same digest, by their place.
pub async fn differing<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Vec<QueryResult>, DbErr> {
    let keys = (1..).zip(shape.key_names());
    let incoming: Vec<String> =
        keys.map(|(number, name)| format!("column{number} AS \"{name}\", ")).collect();
    let incoming = incoming.concat();
    let (digest, place) = (shape.keys + 1, shape.keys + 2);
    let places: Vec<Value> = (0_i64..).zip(records).map(|(place, _)| place.into()).collect();
    let columns = shape.probed();
    let probes = records
        .iter()
        .zip(&places)
        .map(|(record, place)| columns.iter().filter_map(|at| record.get(*at)).chain([place]));
    let sql = Bulk::new(BACKEND, "SELECT i.place AS place FROM (SELECT ")
        .text(&format!("{incoming}column{digest} AS \"{DIGEST}\", column{place} AS place FROM (VALUES "))
        .tuples(place, probes)?
        .text(&format!(
            ")) AS i LEFT JOIN \"{}\" AS s ON {} WHERE s.\"{DIGEST}\" IS NOT i.\"{DIGEST}\"",
            shape.table,
            shape.same_key()
        ));
    tx.query_bulk(sql).await
}

/// Inserts what is not there yet; answers how many rows that were.
pub async fn add<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<u64, DbErr> {
    let sql = Bulk::new(BACKEND, "INSERT INTO ")
        .text(&format!("\"{}\" ({}) VALUES ", shape.table, list(&shape.names, quoted)))
        .tuples(shape.names.len(), records.iter())?
        .text(&format!(" ON CONFLICT ({}) DO NOTHING", list(shape.key_names(), quoted)));
    tx.execute_bulk(sql).await
}

/// Inserts and overwrites.
pub async fn write<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Outcome, DbErr> {
    let mut sql = Bulk::new(BACKEND, "INSERT INTO ")
        .text(&format!("\"{}\" AS t ({}) VALUES ", shape.table, list(&shape.names, quoted)))
        .tuples(shape.names.len(), records.iter())?
        .text(&shape.on_conflict());
    if shape.values > 0 {
        let differ =
            join(shape.value_names(), " OR ", |name| format!("t.\"{name}\" IS NOT excluded.\"{name}\""));
        let changed = Shape::<E>::changed("t", "excluded", &differ);
        sql = sql.text(&format!(" WHERE {changed}"));
    }
    let rows = tx.query_bulk(sql.text(Shape::<E>::returning())).await?;
    let mut outcome = Outcome::default();
    for row in rows {
        let revision: i64 = row.try_get("", "revision")?;
        outcome.written += 1;
        outcome.restated += u64::from(revision > 0);
    }
    Ok(outcome)
}
