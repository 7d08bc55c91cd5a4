//! Rows that could not be understood, kept aside once each.

use jiff::Timestamp;
use rows::{quarantine::Quarantined, sink::Commit};
use sea_orm::{DbErr, EntityTrait, NotSet, Set, Value};

use super::erased::Erased;
use crate::{
    convert::{chrono_day, shortened, utc},
    entity::quarantined_row::{ActiveModel, Column, Entity},
    transaction::Transaction,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};

/// Keeps those of the commit, and those that the database `refused`; one that is known already is counted and gets the newer text.
pub async fn note(
    tx: &Transaction<'_>,
    commit: &Commit,
    refused: &[Quarantined],
    erased: &Erased,
    now: Timestamp,
) -> Result<(), DbErr> {
    for row in commit.quarantined.iter().chain(refused) {
        let once_more = OnConflict::columns([Column::Connection, Column::Stream, Column::Hash])
            .update_columns([Column::Reason, Column::Detail, Column::Place, Column::LastSeenAt])
            .value(Column::Occurrences, Expr::col((Entity, Column::Occurrences)).add(Value::from(1_i64)))
            .to_owned();
        let hash = erased.kept_hash(&commit.connection, &row.hash);
        Entity::insert(model(commit, row, hash, now))
            .on_conflict(once_more)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn model(commit: &Commit, row: &Quarantined, hash: String, now: Timestamp) -> ActiveModel {
    let fields: serde_json::Map<String, serde_json::Value> =
        row.fields.iter().map(|(name, value)| ((*name).to_owned(), shortened(value).into())).collect();
    ActiveModel {
        id: NotSet,
        connection: Set(commit.connection.clone()),
        stream: Set(commit.stream.clone()),
        hash: Set(hash),
        account_id: Set(commit.account_id.clone()),
        reason: Set(row.reason.to_owned()),
        detail: Set(shortened(&row.detail)),
        place: Set(shortened(&row.place)),
        fields: Set(serde_json::Value::Object(fields).to_string()),
        day: Set(row.day.map(chrono_day)),
        occurrences: Set(1),
        first_seen_at: Set(utc(now)),
        last_seen_at: Set(utc(now)),
    }
}
