//! Daily rows: resolve what they speak of, then upsert by (entity, day).

use rows::{Row, row::TableRow};
use sea_orm::{DbErr, EntityTrait};

use super::Scope;
use crate::{
    convert::chrono_day,
    dimension::{Dimension, EntityIds, ids_of},
    files::stamp,
    transaction::Transaction,
    upsert::{Outcome, Stored, upsert},
};

/// A table of daily facts.
pub trait Daily: Stored {
    /// The rows that it is made of.
    type Of: TableRow;
    /// The table of what they speak of.
    type Entity: Dimension;

    /// What the row speaks of, not numbered yet.
    fn entity(scope: &Scope<'_>, row: &Self::Of) -> <Self::Entity as EntityTrait>::Model;

    /// The row as a fact about the entity of this number.
    fn fact(entity_id: i64, row: &Self::Of, observed_at: i64) -> Self::Model;
}

/// Upserts the rows under the ids of what they speak of.
pub async fn write<F: Daily>(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    scope: &Scope<'_>,
    rows: &[&Row],
) -> Result<Outcome, DbErr> {
    let rows = rows.iter().filter_map(|row| row.only());
    let rows: Vec<(&F::Of, _)> = rows.map(|row| (row, F::entity(scope, row))).collect();
    let fingerprint = |(_, entity): &(_, _)| F::Entity::fingerprint(entity);
    let entities = ids_of::<F::Entity, _>(tx, ids, &rows, fingerprint, |(_, entity)| entity.clone()).await?;
    let facts = rows.iter().zip(&entities).map(|((row, _), id)| F::fact(*id, row, scope.observed_at));
    let outcome = upsert::<F>(tx, facts.collect(), scope.expect).await?;
    if let Some(file_id) = scope.file_id {
        let keys = rows
            .iter()
            .zip(&entities)
            .filter_map(|((row, _), id)| Some(vec![(*id).into(), chrono_day(row.day()?).into()]));
        stamp(tx, F::default().table_name(), file_id, &keys.collect::<Vec<_>>()).await?;
    }
    Ok(outcome)
}
