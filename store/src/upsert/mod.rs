//! Insert or overwrite, once for every table: unchanged rows are not touched.

mod expect;
mod postgres;
mod shape;
mod sqlite;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, Value,
};

use self::shape::{Record, Shape};
pub use self::{
    expect::{Expect, Expectations},
    postgres::{Steps, outcome},
};
use crate::transaction::{Bulk, Transaction};

/// A table whose rows are known by their natural key. By default the key is the primary key, the values are all other
/// columns, and each row counts its restatements (`revision`, `observed_at`).
pub trait Stored: EntityTrait<Model: IntoActiveModel<Self::ActiveModel> + Sync> {
    /// Whether a row has `revision` and `observed_at`.
    const REVISED: bool = true;
    /// Whether a row has a `digest` of its values, by which unchanged rows are known without sending them. It is the writer's
    /// own: whoever else changes a value must take the digest away.
    const DIGESTED: bool = Self::REVISED;

    /// The natural key.
    fn keys() -> Vec<Self::Column> {
        Self::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
    }

    /// What may change.
    fn values() -> Vec<Self::Column> {
        let keys: Vec<&str> = Self::keys().iter().map(IdenStatic::as_str).collect();
        Self::Column::iter()
            .filter(|column| {
                let name = column.as_str();
                !keys.contains(&name) && name != REVISION && name != OBSERVED_AT
            })
            .collect()
    }
}

const REVISION: &str = "revision";
const OBSERVED_AT: &str = "observed_at";
const DIGEST: &str = "digest";

/// What an upsert did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows inserted or changed.
    pub written: u64,
    /// Of these: changed.
    pub restated: u64,
}

/// Inserts what is new and overwrites what differs; a row that is there already, value for value, is not touched. Keys
/// must be unique within `models`. What is expected of them only chooses the way.
pub async fn upsert<E: Stored>(
    tx: &Transaction<'_>,
    models: Vec<E::Model>,
    expect: Expect,
) -> Result<Outcome, DbErr> {
    let shape = Shape::<E>::of();
    let backend = tx.get_database_backend();
    let mut records = records(&shape, models);
    if E::DIGESTED && expect == Expect::Unchanged {
        records = differing(tx, &shape, records).await?;
    }
    let mut outcome = Outcome::default();
    let mut records = records.into_iter();
    while records.len() > 0 {
        let rows = Shape::<E>::statement_rows(backend, shape.names.len(), records.len());
        let chunk: Vec<Record> = records.by_ref().take(rows).collect();
        let added = if expect == Expect::Added { add(tx, &shape, &chunk).await? } else { 0 };
        outcome.written += added;
        // Something was there already: all of it is done again, the careful way.
        if u64::try_from(chunk.len()).is_ok_and(|rows| rows != added) {
            let step = match backend {
                DbBackend::Postgres => postgres::write(tx, &shape, &chunk).await?,
                _ => sqlite::write(tx, &shape, &chunk).await?,
            };
            outcome.written += step.written;
            outcome.restated += step.restated;
        }
    }
    Ok(outcome)
}

/// The same as steps of a statement that does more than that (PostgreSQL), behind the query `gate`.
pub fn steps<E: Stored>(
    bulk: Bulk,
    gate: &str,
    models: Vec<E::Model>,
    expect: Expect,
) -> Result<Steps, DbErr> {
    let shape = Shape::<E>::of();
    let records = records(&shape, models);
    postgres::steps(bulk, gate, &shape, &records, expect)
}

/// In the order of the key: neighbours on disk are written together, and two writers cannot deadlock.
fn records<E: Stored>(shape: &Shape<E>, models: Vec<E::Model>) -> Vec<Record> {
    let mut records: Vec<Record> = models.into_iter().map(|model| shape.record(model)).collect();
    records.sort_unstable_by(|a, b| compare_keys(&a[..shape.keys], &b[..shape.keys]));
    records
}

/// Inserting alone is cheaper: nothing is compared, and no row answers.
async fn add<E: Stored>(tx: &Transaction<'_>, shape: &Shape<E>, records: &[Record]) -> Result<u64, DbErr> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::add(tx, shape, records).await,
        _ => sqlite::add(tx, shape, records).await,
    }
}

/// What is not there with the same digest.
async fn differing<E: Stored>(
    tx: &Transaction<'_>,
    shape: &Shape<E>,
    mut records: Vec<Record>,
) -> Result<Vec<Record>, DbErr> {
    let backend = tx.get_database_backend();
    let mut differing = Vec::new();
    while !records.is_empty() {
        let rows = Shape::<E>::statement_rows(backend, shape.keys + 2, records.len());
        let rest = records.split_off(rows);
        let places = match backend {
            DbBackend::Postgres => postgres::differing(tx, shape, &records).await?,
            _ => sqlite::differing(tx, shape, &records).await?,
        };
        for row in places {
            let place: i64 = row.try_get("", "place")?;
            let record = usize::try_from(place).ok().and_then(|place| records.get_mut(place));
            differing.extend(record.map(std::mem::take));
        }
        records = rest;
    }
    Ok(differing)
}

fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    let parts = a.iter().zip(b).map(|(a, b)| match (a, b) {
        (Value::BigInt(a), Value::BigInt(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::ChronoDate(a), Value::ChronoDate(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    parts.fold(Ordering::Equal, Ordering::then)
}
