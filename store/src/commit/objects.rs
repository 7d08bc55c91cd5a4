//! Objects: each row overwrites the one with its key.

use rows::{Row, row::TableRow};
use sea_orm::DbErr;

use super::Scope;
use crate::{
    transaction::{Bulk, Transaction},
    upsert::{Outcome, Steps, Stored, steps, upsert},
};

/// A table of objects.
pub trait Object: Stored {
    /// The rows that it is made of.
    type Of: TableRow;

    /// The row as stored; `observed_at` in seconds since 1970.
    fn model(connection_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model;
}

/// Writes the rows of one table.
pub async fn write<O: Object>(
    tx: &Transaction<'_>,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    upsert::<O>(tx, models::<O>(scope, rows), scope.expect).await
}

/// The same as steps of a statement that does more than that (PostgreSQL), behind the query `gate`.
pub fn steps_of<O: Object>(bulk: Bulk, gate: &str, scope: &Scope<'_>, rows: &[&Row]) -> Result<Steps, DbErr> {
    steps::<O>(bulk, gate, models::<O>(scope, rows), scope.expect)
}

fn models<O: Object>(scope: &Scope<'_>, rows: &[&Row]) -> Vec<O::Model> {
    let rows = rows.iter().filter_map(|row| row.only());
    rows.map(|row| O::model(scope.connection_id, row, scope.observed_at)).collect()
}
