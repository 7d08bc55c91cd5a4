//! What the provider itself said is gone.

use std::collections::BTreeMap;

use rows::{
    Table,
    sink::{Commit, SinkError},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, sea_query::ArrayType};

use super::{Scope, profiles};
use crate::{limits, objects::object_table, sql::Sql};

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

/// Deletes them; answers how many were there.
pub async fn apply(tx: &DatabaseTransaction, scope: &Scope<'_>) -> Result<u64, DbErr> {
    let mut tables: BTreeMap<Table, Vec<&str>> = BTreeMap::new();
    for (table, id) in &scope.commit.tombstones {
        tables.entry(*table).or_default().push(id);
    }
    let mut deleted = 0;
    for (table, ids) in tables {
        if table == Table::BillingProfiles {
            deleted += profiles::blank(tx, scope, &ids).await?;
            continue;
        }
        let Some(object) = object_table(table) else {
            continue;
        };
        for chunk in ids.chunks(limits::KEYS_STATEMENT_MAX) {
            let keys = chunk.iter().map(|id| vec![(*id).into()]).collect();
            let mut sql = Sql::new(tx.get_database_backend(), "DELETE FROM ")
                .text(&format!("{} WHERE connection_id = ", object.table))
                .bind(scope.connection_id);
            if object.has_account && !scope.commit.account_id.is_empty() {
                sql = sql.text(" AND account_id = ").bind(scope.commit.account_id.as_str());
            }
            let statement =
                sql.text(&format!(" AND {} IN ", object.id)).keys(&[ArrayType::String], keys).done();
            deleted += tx.execute_raw(statement).await?.rows_affected();
        }
    }
    Ok(deleted)
}
