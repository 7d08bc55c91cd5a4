//! Integer ids for what daily facts speak of, resolved in bulk and remembered.

use std::collections::HashMap;

use rows::key::Fingerprint;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, IdenStatic, ModelTrait};

use crate::{
    limits,
    sql::Sql,
    upsert::{Stored, upsert},
};

/// A table that gives an integer id to a natural key.
pub trait Dimension: Stored {
    /// The id.
    fn id(model: &Self::Model) -> i64;

    /// Of everything in the row but the id.
    fn fingerprint(model: &Self::Model) -> Fingerprint;
}

/// Ids known so far. What a transaction learns counts only once that transaction is committed.
#[derive(Debug, Default)]
pub struct EntityIds {
    known: HashMap<Fingerprint, i64>,
    learned: HashMap<Fingerprint, i64>,
}

impl EntityIds {
    /// The id, if known.
    pub fn get(&self, fingerprint: Fingerprint) -> Option<i64> {
        let learned = self.learned.get(&fingerprint);
        learned.or_else(|| self.known.get(&fingerprint)).copied()
    }

    /// The transaction was committed.
    pub fn keep(&mut self) {
        if self.known.len() + self.learned.len() > limits::ENTITY_IDS_MAX {
            self.known.clear();
        }
        self.known.extend(self.learned.drain());
    }

    /// The transaction was not committed.
    pub fn discard(&mut self) {
        self.learned.clear();
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.known.clear();
        self.learned.clear();
    }
}

/// Makes the ids of all `models` known (their `id` is ignored); missing ones are inserted.
pub async fn resolve<D: Dimension>(
    tx: &DatabaseTransaction,
    ids: &mut EntityIds,
    models: impl Iterator<Item = D::Model>,
) -> Result<(), DbErr> {
    let missing: HashMap<Fingerprint, D::Model> = models
        .map(|model| (D::fingerprint(&model), model))
        .filter(|(fingerprint, _)| ids.get(*fingerprint).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<D::Model> = missing.into_values().collect();
    upsert::<D>(tx, &missing).await?;
    let keys = D::keys();
    let names: Vec<&str> = keys.iter().map(IdenStatic::as_str).collect();
    let kinds: Vec<_> = keys.iter().map(|key| D::Model::get_value_type(*key)).collect();
    let same_key: Vec<String> = names.iter().map(|name| format!("t.{name} = i.{name}")).collect();
    let same_key = same_key.join(" AND ");
    for chunk in missing.chunks(limits::KEYS_STATEMENT_MAX) {
        let wanted = chunk.iter().map(|model| keys.iter().map(|key| model.get(*key)).collect()).collect();
        let table = format!("{} t", D::default().table_name());
        let statement = Sql::new(tx.get_database_backend(), "SELECT t.*")
            .reading_keys(&names, &kinds, wanted, &table, &same_key)
            .done();
        for row in tx.query_all_raw(statement).await? {
            let model = D::Model::from_query_result(&row, "")?;
            ids.learned.insert(D::fingerprint(&model), D::id(&model));
        }
    }
    Ok(())
}
