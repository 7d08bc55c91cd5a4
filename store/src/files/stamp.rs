//! The file that a daily row came from. It is no value of the row: no digest knows it, and no revision counts it.

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{limits, sql::Sql, transaction::Transaction};

/// Notes that these rows, by entity and day, came from this file.
pub async fn stamp(
    tx: &Transaction<'_>,
    facts: &str,
    file_id: i64,
    keys: &[Vec<Value>],
) -> Result<(), DbErr> {
    for chunk in keys.chunks(limits::KEYS_STATEMENT_MAX) {
        let statement = Sql::new(tx.get_database_backend(), &format!("UPDATE {facts} SET file_id = "))
            .bind(file_id)
            .at_facts(chunk)
            .text(" AND (file_id IS NULL OR file_id <> ")
            .bind(file_id)
            .text(")")
            .done();
        tx.execute_raw(statement).await?;
    }
    Ok(())
}
