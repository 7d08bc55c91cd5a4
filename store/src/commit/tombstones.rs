//! What the provider itself said is gone: deleted, or, where readings of it stay, marked as removed.

use std::collections::BTreeMap;

use rows::{
    Table,
    ads::REMOVED,
    sink::{Commit, SinkError},
};
use sea_orm::{ConnectionTrait, DbErr, sea_query::ArrayType};

use super::{Scope, profiles};
use crate::{
    limits,
    objects::{ObjectTable, Within, object_table},
    sql::Sql,
    transaction::Transaction,
};

/// Only objects can be deleted by id.
pub fn check(commit: &Commit) -> Result<(), SinkError> {
    match commit.tombstones.iter().find(|(table, _)| object_table(*table).is_none()) {
        Some((table, id)) => Err(SinkError::Refused(format!(
            "{} has daily rows: {id:?} cannot be deleted from it by id",
            table.name()
        ))),
        None => Ok(()),
    }
}

/// Takes them away; answers how many were there.
pub async fn apply(tx: &Transaction<'_>, scope: &Scope<'_>) -> Result<u64, DbErr> {
    let mut tables: BTreeMap<Table, Vec<&str>> = BTreeMap::new();
    for (table, id) in &scope.commit.tombstones {
        tables.entry(*table).or_default().push(id);
    }
    let mut gone = 0;
    for (table, ids) in tables {
        if table == Table::BillingProfiles {
            gone += profiles::blank(tx, scope, &ids).await?;
            continue;
        }
        let Some(object) = object_table(table) else {
            continue;
        };
        for chunk in ids.chunks(limits::KEYS_STATEMENT_MAX) {
            let keys = chunk.iter().map(|id| vec![(*id).into()]).collect();
            let sql = begun(Sql::new(tx.get_database_backend(), ""), scope, &object);
            let statement =
                sql.text(&format!(" AND {} IN ", object.id)).keys(&[ArrayType::String], keys).done();
            gone += tx.execute_raw(statement).await?.rows_affected();
        }
    }
    Ok(gone)
}

/// The statement up to the ids.
fn begun(sql: Sql, scope: &Scope<'_>, object: &ObjectTable) -> Sql {
    let ObjectTable { table, within, .. } = object;
    match within {
        // Its numbers of the past stay, so what they speak of does.
        Within::Service => sql
            .text(&format!("UPDATE {table} SET status = "))
            .bind(REMOVED)
            .text(", digest = NULL, revision = revision + 1, observed_at = ")
            .bind(scope.observed_at)
            .text(" WHERE COALESCE(status, '') <> ")
            .bind(REMOVED)
            .text(" AND connection_id = ")
            .bind(scope.connection_id)
            // A tombstone is the service's own word: an integration that tells of several has none.
            .text(" AND service = ")
            .bind(scope.commit.integration.as_str()),
        Within::Account if !scope.commit.account_id.is_empty() => sql
            .text(&format!("DELETE FROM {table} WHERE connection_id = "))
            .bind(scope.connection_id)
            .text(" AND account_id = ")
            .bind(scope.commit.account_id.as_str()),
        Within::Account | Within::Connection => {
            sql.text(&format!("DELETE FROM {table} WHERE connection_id = ")).bind(scope.connection_id)
        }
    }
}
