//! What the provider itself said is gone: deleted, or, where readings of it stay, marked as removed.

use std::collections::BTreeMap;

use rows::{
    Table,
    ads::REMOVED,
    table::{Gone, Kind},
};
use sea_orm::{ConnectionTrait, DbErr, sea_query::ArrayType};

use super::{Scope, profiles};
use crate::{limits, sql::Sql, tables::storage, transaction::Transaction};

/// Takes them away; answers how many were there.
pub async fn apply(tx: &Transaction<'_>, scope: &Scope<'_>) -> Result<u64, DbErr> {
    let mut tables: BTreeMap<Table, Vec<&str>> = BTreeMap::new();
    for (table, id) in &scope.commit.tombstones {
        tables.entry(*table).or_default().push(id);
    }
    let mut gone = 0;
    for (table, ids) in tables {
        let (Kind::Objects { told_gone, .. }, Some(id)) = (table.description().kind, table.object_id())
        else {
            continue;
        };
        if told_gone == Gone::Blanked {
            gone += profiles::blank(tx, scope, &ids).await?;
            continue;
        }
        for chunk in ids.chunks(limits::KEYS_STATEMENT_MAX) {
            let keys = chunk.iter().map(|id| vec![(*id).into()]).collect();
            let sql = begun(Sql::new(tx.get_database_backend(), ""), scope, table, told_gone);
            let statement = sql.text(&format!(" AND {id} IN ")).keys(&[ArrayType::String], keys).done();
            gone += tx.execute_raw(statement).await?.rows_affected();
        }
    }
    Ok(gone)
}

/// The statement up to the ids.
fn begun(sql: Sql, scope: &Scope<'_>, table: Table, told_gone: Gone) -> Sql {
    let rows = storage(table).rows;
    let mut sql = if told_gone == Gone::Removed {
        sql.text(&format!("UPDATE {rows} SET status = "))
            .bind(REMOVED)
            .text(", digest = NULL, revision = revision + 1, observed_at = ")
            .bind(scope.observed_at)
            .text(" WHERE COALESCE(status, '') <> ")
            .bind(REMOVED)
            .text(" AND connection_id = ")
    } else {
        sql.text(&format!("DELETE FROM {rows} WHERE connection_id = "))
    };
    sql = sql.bind(scope.connection_id);
    if table.is_keyed_by("account_id") && !scope.commit.account_id.is_empty() {
        sql = sql.text(" AND account_id = ").bind(scope.commit.account_id.as_str());
    }
    if table.is_keyed_by("service") {
        // A tombstone is the service's own word: an integration that tells of several has none.
        sql = sql.text(" AND service = ").bind(scope.commit.integration.as_str());
    }
    sql
}
