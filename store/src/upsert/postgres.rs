//! The ways of PostgreSQL.

use sea_orm::{DbBackend, DbErr, QueryResult};

use super::{
    DIGEST, Expect, Outcome, Stored,
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
    tx.query_bulk(probe(Bulk::new(BACKEND, ""), "", shape, records)?).await
}

/// Inserts what is not there yet; answers how many rows that were.
pub async fn add<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<u64, DbErr> {
    tx.execute_bulk(insertion(Bulk::new(BACKEND, ""), "", shape, records)?).await
}

/// Inserts and overwrites.
pub async fn write<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Outcome, DbErr> {
    let bulk = overwriting(Bulk::new(BACKEND, "WITH "), "", shape, records)?;
    let bulk = bulk.text(&format!(" SELECT {WRITTEN} AS written, {RESTATED} AS restated"));
    let Some(row) = tx.query_bulk(bulk).await?.into_iter().next() else {
        return Ok(Outcome::default());
    };
    outcome(&row)
}

/// What a statement says that answers `written` and `restated`.
pub fn outcome(row: &QueryResult) -> Result<Outcome, DbErr> {
    let count = |name| row.try_get::<i64>("", name).map(|count| u64::try_from(count).unwrap_or_default());
    Ok(Outcome { written: count("written")?, restated: count("restated")? })
}

/// Steps of a statement that does more than one thing (`name AS (…), …`), and what they come to.
pub struct Steps {
    /// The statement so far.
    pub bulk: Bulk,
    /// Whether nothing of these rows is left to do, as a condition.
    pub done: String,
    /// How many rows were written, as an expression.
    pub written: &'static str,
    /// How many of them were there with other values, as an expression.
    pub restated: &'static str,
}

/// The steps for these records, the way that is cheapest if they are as expected, behind the query `gate`: without a row
/// of it, they do nothing.
pub fn steps<E: Stored>(
    bulk: Bulk,
    gate: &str,
    shape: &Shape<E>,
    records: &[Record],
    expect: Expect,
) -> Result<Steps, DbErr> {
    let gate = format!("{gate}, ");
    match expect {
        Expect::Added => {
            let bulk = insertion(bulk.text("added AS ("), &gate, shape, records)?;
            let mut bulk = bulk.text(" RETURNING 1)");
            let rows = bulk.mark(i64::try_from(records.len()).unwrap_or(i64::MAX))?;
            let done = format!("{ADDED} = {rows}");
            Ok(Steps { bulk, done, written: ADDED, restated: "0::bigint" })
        }
        Expect::Unchanged if E::DIGESTED => {
            let bulk = probe(bulk.text("differing AS ("), &gate, shape, records)?.text(")");
            let done = "NOT EXISTS (SELECT FROM differing)".to_owned();
            Ok(Steps { bulk, done, written: "0::bigint", restated: "0::bigint" })
        }
        Expect::Unchanged | Expect::Changed => {
            let bulk = overwriting(bulk, &gate, shape, records)?;
            Ok(Steps { bulk, done: "true".to_owned(), written: WRITTEN, restated: RESTATED })
        }
    }
}

const ADDED: &str = "(SELECT count(*) FROM added)";
const RESTATED: &str = "(SELECT count(*) FROM restated)";
const WRITTEN: &str = "(SELECT count(*) FROM added) + (SELECT count(*) FROM restated)";

/// The query behind [`differing`].
fn probe<E: Stored>(bulk: Bulk, gate: &str, shape: &Shape<E>, records: &[Record]) -> Result<Bulk, DbErr> {
    let probed = shape.probed().into_iter().map(|place| (place, shape.kinds[place].clone()));
    let (table, same_key) = (&shape.table, shape.same_key());
    let bulk = bulk.text(&format!("SELECT i.place - 1 AS place FROM {gate}")).unnest(probed, records)?;
    Ok(bulk.text(&format!(
        " WITH ORDINALITY AS i({}, \"{DIGEST}\", place) LEFT JOIN LATERAL (SELECT s.\"{DIGEST}\" FROM \"{table}\" AS s \
         WHERE {same_key} OFFSET 0) AS s ON true WHERE s.\"{DIGEST}\" IS DISTINCT FROM i.\"{DIGEST}\"",
        list(shape.key_names(), quoted)
    )))
}

/// The statement behind [`add`].
fn insertion<E: Stored>(bulk: Bulk, gate: &str, shape: &Shape<E>, records: &[Record]) -> Result<Bulk, DbErr> {
    let names = list(&shape.names, quoted);
    let keys = list(shape.key_names(), quoted);
    let bulk = bulk.text(&format!("INSERT INTO \"{}\" ({names}) SELECT i.* FROM {gate}", shape.table));
    Ok(bulk.unnest(shape.columns(), records)?.text(&format!(" AS i ON CONFLICT ({keys}) DO NOTHING")))
}

/// The steps behind [`write`]: `added` and `restated`, each with a row for each row.
fn overwriting<E: Stored>(
    bulk: Bulk,
    gate: &str,
    shape: &Shape<E>,
    records: &[Record],
) -> Result<Bulk, DbErr> {
    let names = list(&shape.names, quoted);
    let table = &shape.table;
    // Unchanged rows fall out here, before the conflict clause: a conflicting row is locked even when nothing changes.
    let first_key = shape.names[0];
    let mut changed = format!("s.\"{first_key}\" IS NULL");
    if shape.values > 0 {
        let stored = list(shape.value_names(), |name| format!("s.\"{name}\""));
        let incoming = list(shape.value_names(), |name| format!("i.\"{name}\""));
        let differ = format!("ROW({stored}) IS DISTINCT FROM ROW({incoming})");
        changed = format!("{changed} OR {}", Shape::<E>::changed("s", "i", &differ));
    }
    let same_key = shape.same_key();
    let compared = list(&shape.names, |name| format!("s.\"{name}\""));
    let incoming = list(&shape.names, |name| format!("i.\"{name}\""));
    // One look into the index a row: OFFSET keeps the planner from reading the whole table instead.
    let found = format!(
        " AS i({names}) LEFT JOIN LATERAL (SELECT s.ctid AS place, {compared} FROM \"{table}\" AS s WHERE {same_key} \
         OFFSET 0) AS s ON true WHERE {changed}"
    );
    if E::REVISED && shape.values > 0 {
        // The connection's row is locked: nobody else writes these keys. So what is not there is inserted without the cost
        // of a conflict clause, and what differs is updated where it was found.
        let overwritten = [shape.value_names(), Shape::<E>::derived()].concat();
        let set = list(&overwritten, |name| format!("\"{name}\" = n.\"{name}\""));
        let bulk = bulk
            .text(&format!("n AS MATERIALIZED (SELECT s.place AS place, {incoming} FROM {gate}"))
            .unnest(shape.columns(), records)?;
        return Ok(bulk
            .text(&found)
            .text(&format!(
                "), added AS (INSERT INTO \"{table}\" ({names}) SELECT {names} FROM n WHERE place IS NULL"
            ))
            .text(&format!(" RETURNING 1), restated AS (UPDATE \"{table}\" AS t SET {set}, "))
            .text("\"revision\" = t.\"revision\" + 1 FROM n WHERE t.ctid = n.place RETURNING 1)"));
    }
    let bulk = bulk
        .text(&format!(
            "overwritten AS (INSERT INTO \"{table}\" AS t ({names}) SELECT {incoming} FROM {gate}"
        ))
        .unnest(shape.columns(), records)?;
    let returning = Shape::<E>::returning().replace("\"revision\"", "t.\"revision\"");
    Ok(bulk.text(&found).text(&shape.on_conflict()).text(&returning).text(
        "), added AS (SELECT FROM overwritten WHERE revision = 0), \
         restated AS (SELECT FROM overwritten WHERE revision > 0)",
    ))
}
