//! Integer ids for what daily facts speak of, resolved in bulk and remembered.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use foldhash::{HashMap, HashMapExt};
use rows::key::Fingerprint;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, IdenStatic, ModelTrait};

use crate::{
    limits,
    sql::Sql,
    transaction::Transaction,
    upsert::{Expect, Stored, upsert},
};

/// A table that gives an integer id to a natural key.
pub trait Dimension: Stored {
    /// The id.
    fn id(model: &Self::Model) -> i64;

    /// Of everything in the row but the id.
    fn fingerprint(model: &Self::Model) -> Fingerprint;
}

/// Ids known so far. What a transaction learns counts only once that transaction is committed.
#[derive(Debug)]
pub struct EntityIds {
    known: HashMap<Fingerprint, i64>,
    learned: HashMap<Fingerprint, i64>,
    /// The numbers of connections, by name. No connection ever loses its number.
    connections: HashMap<String, i64>,
    /// Set by others of this process who delete entities, or who take a connection over from another worker, while they
    /// hold that connection's row lock. Facts carry no foreign keys: this, and the epoch between workers, keeps them whole.
    stale: Arc<AtomicBool>,
}

impl EntityIds {
    /// Nothing is known yet.
    pub fn new(stale: Arc<AtomicBool>) -> Self {
        Self { known: HashMap::new(), learned: HashMap::new(), connections: HashMap::new(), stale }
    }

    /// For one transaction apart from the writer's.
    pub fn alone() -> Self {
        Self::new(Arc::default())
    }

    /// Forgets what others have deleted. To be called once the connection's row lock is held.
    pub fn refresh(&mut self) {
        if self.stale.swap(false, Ordering::AcqRel) {
            self.clear();
        }
    }

    /// The id, if known.
    pub fn get(&self, fingerprint: Fingerprint) -> Option<i64> {
        let learned = self.learned.get(&fingerprint);
        learned.or_else(|| self.known.get(&fingerprint)).copied()
    }

    /// The connection's number, if known.
    pub fn connection(&self, name: &str) -> Option<i64> {
        self.connections.get(name).copied()
    }

    /// The connection's number, as it is stored for good.
    pub fn know_connection(&mut self, name: &str, id: i64) {
        self.connections.insert(name.to_owned(), id);
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
        self.connections.clear();
    }
}

/// The ids of what the rows speak of, in the rows' order; what is not there yet is inserted. `fingerprint` must be that of
/// `model`, whose `id` is ignored: models are made only of what is not known.
pub async fn ids_of<D: Dimension, R>(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    rows: &[R],
    fingerprint: impl Fn(&R) -> Fingerprint,
    model: impl Fn(&R) -> D::Model,
) -> Result<Vec<i64>, DbErr> {
    let keys: Vec<Fingerprint> = rows.iter().map(fingerprint).collect();
    let unknown = keys.iter().zip(rows).filter(|(key, _)| ids.get(**key).is_none());
    let missing: HashMap<Fingerprint, D::Model> = unknown.map(|(key, row)| (*key, model(row))).collect();
    if !missing.is_empty() {
        resolve::<D>(tx, ids, missing.into_values().collect()).await?;
    }
    let found = keys.iter().map(|key| {
        ids.get(*key).ok_or_else(|| {
            DbErr::RecordNotFound(format!("no id was given to a row of {}", D::default().table_name()))
        })
    });
    found.collect()
}

async fn resolve<D: Dimension>(
    tx: &Transaction<'_>,
    ids: &mut EntityIds,
    missing: Vec<D::Model>,
) -> Result<(), DbErr> {
    upsert::<D>(tx, missing.clone(), Expect::Changed).await?;
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
