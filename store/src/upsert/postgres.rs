//! The ways of PostgreSQL.

use sea_orm::{DbBackend, DbErr, QueryResult};

use super::{
    DIGEST, Outcome, Stored,
    shape::{Record, Shape, list, quoted},
};
use crate::transaction::{Bulk, Transaction};

const BACKEND: DbBackend = DbBackend::Postgres;

/// Which of these records are not there with the same digest, by their place.
pub async fn differing<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Vec<QueryResult>, DbErr> {
    let probed = shape.probed().into_iter().map(|place| (place, shape.kinds[place].clone()));
    let (table, same_key) = (&shape.table, shape.same_key());
    let sql = Bulk::new(BACKEND, "SELECT i.place - 1 AS place FROM ")
        .unnest(probed, records)?
        .text(&format!(
            " WITH ORDINALITY AS i({}, \"{DIGEST}\", place) LEFT JOIN LATERAL (SELECT s.\"{DIGEST}\" FROM \"{table}\" AS s \
             WHERE {same_key} OFFSET 0) AS s ON true WHERE s.\"{DIGEST}\" IS DISTINCT FROM i.\"{DIGEST}\"",
            list(shape.key_names(), quoted)
        ));
    tx.query_bulk(sql).await
}

/// Inserts what is not there yet; answers how many rows that were.
pub async fn add<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<u64, DbErr> {
    let names = list(&shape.names, quoted);
    let sql = Bulk::new(BACKEND, &format!("INSERT INTO \"{}\" ({names}) SELECT * FROM ", shape.table))
        .unnest(shape.columns(), records)?
        .text(&format!(" ON CONFLICT ({}) DO NOTHING", list(shape.key_names(), quoted)));
    tx.execute_bulk(sql).await
}

/// Inserts and overwrites.
pub async fn write<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Outcome, DbErr> {
    let names = list(&shape.names, quoted);
    let table = &shape.table;
    // Unchanged rows fall out here, before the conflict clause: a conflicting row is locked even when nothing changes.
    let first_key = shape.names[0];
    let mut changed = format!("s.\"{first_key}\" IS NULL");
    if shape.values > 0 {
        let stored = list(shape.value_names(), |name| format!("s.\"{name}\""));
        let incoming = list(shape.value_names(), |name| format!("i.\"{name}\""));
        changed = format!("{changed} OR ROW({stored}) IS DISTINCT FROM ROW({incoming})");
    }
    let same_key = shape.same_key();
    let compared = list(&shape.names[..shape.keys + shape.values], |name| format!("s.\"{name}\""));
    let incoming = list(&shape.names, |name| format!("i.\"{name}\""));
    // One look into the index a row: OFFSET keeps the planner from reading the whole table instead.
    let found = format!(
        " AS i({names}) LEFT JOIN LATERAL (SELECT s.ctid AS place, {compared} FROM \"{table}\" AS s WHERE {same_key} \
         OFFSET 0) AS s ON true WHERE {changed}"
    );
    let sql = if E::REVISED && shape.values > 0 {
        // The connection's row is locked: nobody else writes these keys. So what is not there is inserted without the cost
        // of a conflict clause, and what differs is updated where it was found.
        let overwritten = [shape.value_names(), Shape::<E>::derived()].concat();
        let set = list(&overwritten, |name| format!("\"{name}\" = n.\"{name}\""));
        Bulk::new(BACKEND, "WITH n AS MATERIALIZED (SELECT s.place AS place, ")
            .text(&format!("{incoming} FROM "))
            .unnest(shape.columns(), records)?
            .text(&found)
            .text(&format!("), added AS (INSERT INTO \"{table}\" ({names}) SELECT {names} FROM n WHERE place IS NULL"))
            .text(&format!(" RETURNING 1), restated AS (UPDATE \"{table}\" AS t SET {set}, "))
            .text("\"revision\" = t.\"revision\" + 1 FROM n WHERE t.ctid = n.place")
            .text(" RETURNING 1) SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM restated) AS written,")
            .text(" (SELECT count(*) FROM restated) AS restated")
    } else {
        Bulk::new(BACKEND, "WITH written AS (INSERT INTO ")
            .text(&format!("\"{table}\" AS t ({names}) SELECT {incoming} FROM "))
            .unnest(shape.columns(), records)?
            .text(&found)
            .text(&shape.on_conflict())
            .text(&Shape::<E>::returning().replace("\"revision\"", "t.\"revision\""))
            .text(
                ") SELECT count(*) AS written, count(*) FILTER (WHERE revision > 0) AS restated FROM written",
            )
    };
    let Some(row) = tx.query_bulk(sql).await?.into_iter().next() else {
        return Ok(Outcome::default());
    };
    let count = |value: i64| u64::try_from(value).unwrap_or_default();
    Ok(Outcome { written: count(row.try_get("", "written")?), restated: count(row.try_get("", "restated")?) })
}
